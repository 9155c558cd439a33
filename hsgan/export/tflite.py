"""TFLite: one conversion to float32, and from it the other precisions, each with the same three signatures.

One image at a time, rgb float32 [1, h, w, 3]; h and w are free: the input is resized to the image. Inputs and outputs
are float32 in every precision.

What is quantized (`ai-edge-quantizer`): convolutions everywhere; in the stages of a `HSGANNet` also what stands between
them, so that a stage runs in integers from end to end. Closed forms, projections and the estimate between the stages
stay float32: eight bits would cost them more than they save.
"""

import contextlib
import io
import logging
import tempfile
import warnings

import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from hsgan.errors import HsganError
from hsgan.networks.base import ReconstructionNetwork
from hsgan.reconstruct.forward import portable_forward_of, reconstruct_whole

PRECISIONS = ("float32", "float16", "dynamic", "int8", "int16x8")
CALIBRATED = {"int8": 8, "int16x8": 16}  # bits of the activations
_STAGES = ".*stage_.*"
_KERNEL_AXES = 4  # rows, columns, channels in and out: no other weights have so many
_NOT_IN_TFLITE = {"Cholesky", "MatrixTriangularSolve"}


def precisions_of(network: ReconstructionNetwork) -> tuple[str, ...]:
    """Returns the precisions that differ for a network: only kernels of convolutions are stored otherwise.

    A network that has none (`hsgan.networks.mixture_net.MixtureNet`) is float32 alone.
    """
    convolutions = any(len(weight.shape) == _KERNEL_AXES for weight in network.weights)
    return PRECISIONS if convolutions else PRECISIONS[:1]


def convert(network: ReconstructionNetwork) -> bytes:
    """Returns the float32 TFLite model of a network, bytes.

    Raises:
      HsganError: the network has operations that TFLite has not.
    """
    forward = portable_forward_of(network)
    signatures = _signatures(forward, network)
    functions = {name: _frozen(function) for name, function in signatures.items()}
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(tf.Module(), folder, signatures=functions)
        return tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(functions)).convert()


def quantize(model: bytes, precision: str, calibration: dict[str, list[dict[str, np.ndarray]]] | None) -> bytes:
    """Returns a float32 TFLite model (bytes) in another precision.

    Args:
      model: of `convert`. precision: name in `PRECISIONS`.
      calibration: {signature: [{input: array}]} of real images; for the names in `CALIBRATED`.
    """
    from ai_edge_quantizer import qtyping, quantizer

    if precision == "float32":
        return model
    operations = qtyping.TFLOperationName
    convolutions = (operations.CONV_2D, operations.DEPTHWISE_CONV_2D)
    work = quantizer.Quantizer(bytearray(model))
    for operation in convolutions:
        if precision == "float16":
            halves = qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
            config = qtyping.OpQuantizationConfig(
                weight_tensor_config=halves, compute_precision=qtyping.ComputePrecision.FLOAT, explicit_dequantize=True
            )
            work.update_quantization_recipe(".*", operation, config, quantizer.AlgorithmName.FLOAT_CASTING)
        elif precision == "dynamic":
            work.add_dynamic_config(".*", operation, num_bits=8)
        else:
            work.add_static_config(".*", operation, CALIBRATED[precision], weight_num_bits=8)
    if precision in CALIBRATED:
        for operation in (operations.ADD, operations.SUB, operations.MUL, operations.MEAN):
            work.add_static_config(_STAGES, operation, CALIBRATED[precision], weight_num_bits=8)
    with _quiet():
        ranges = _ranges(model, work.get_quantization_recipe(), calibration) if precision in CALIBRATED else None
        return bytes(work.quantize(ranges, enable_progress_bar=False, enable_progress_report=False).quantized_model)


def _ranges(model, recipe, calibration):
    """Returns the smallest and largest value of every tensor over all calibration images.

    The quantizer's own shortcut would take a moving average over the images, close to the first one's range: what
    exceeds it is cut off, and costs more than a coarser step.
    """
    from ai_edge_quantizer import calibrator, recipe_manager
    from ai_edge_quantizer.utils import qsv_utils

    recipes = recipe_manager.RecipeManager()
    recipes.load_quantization_recipe(recipe)
    found = calibrator.Calibrator(model, num_threads=2, qsv_update_func=qsv_utils.min_max_update)
    found.calibrate(calibration, recipes)
    return found.get_model_qsvs()


def _signatures(forward, network):
    rgb = tf.TensorSpec((1, None, None, 3), tf.float32, "rgb")
    srf = tf.TensorSpec((1, 3, network.bands), tf.float32, "srf")

    def reconstruct(rgb):
        return reconstruct_whole(forward, rgb, network.brightness)

    def known_srf(rgb, srf):
        return {"cube": forward.reconstruct(rgb, srf)}

    def estimate_srf(rgb):
        supposed = forward.estimate_srf(rgb)
        return {"srf": supposed if network.estimates_camera else supposed + _computed_zero(rgb)}

    return {
        "reconstruct": tf.function(reconstruct, input_signature=[rgb], autograph=False),
        "known_srf": tf.function(known_srf, input_signature=[rgb, srf], autograph=False),
        "estimate_srf": tf.function(estimate_srf, input_signature=[rgb], autograph=False),
    }


def _computed_zero(rgb):
    """Returns 0, which the converter does not find out.

    The first signature of a file, by name, is `estimate_srf`. Where it computes nothing, LiteRT's interpreter runs none
    of the others by its fast kernels: five times slower (a small AGD-Net), or thirty (the mixture prior).
    """
    return tf.nn.relu(-tf.nn.relu(tf.reduce_max(rgb)))


def _frozen(function):
    """Returns a concrete function with constants for the variables of a `tf.function`.

    Of several signatures the converter would make one set of variables, and no one gives them their values.
    """
    concrete = function.get_concrete_function()
    frozen = convert_variables_to_constants_v2(concrete)
    missing = sorted({operation.type for operation in frozen.graph.get_operations()} & _NOT_IN_TFLITE)
    if missing:
        raise HsganError(
            f"tflite: this network has operations that TFLite has not ({', '.join(missing)}, of a closed form in "
            "float64); export it with --tflite=none"
        )
    names = [spec.name for spec in function.input_signature]
    outputs = sorted(concrete.structured_outputs)

    def call(**inputs):
        return dict(zip(outputs, frozen(*(inputs[name] for name in names)), strict=True))

    return tf.function(call, autograph=False).get_concrete_function(
        **{spec.name: spec for spec in function.input_signature}
    )


@contextlib.contextmanager
def _quiet():
    """Keeps the quantizer's progress bars and warnings off the screen.

    It warns that calibration takes memory, and that the same values are written over themselves where signatures share
    weights.
    """
    disabled = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*experimental_preserve_all_tensors.*", category=UserWarning)
            yield
    finally:
        logging.disable(disabled)
