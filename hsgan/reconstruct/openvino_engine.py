"""Networks run by OpenVINO, in float32 or 16-bit floats: on processors that have these, the fastest way.

OpenVINO reads a SavedModel of the portable form (`hsgan.reconstruct.forward`). TensorFlow estimates the SRF as ever,
and computes the closed form before the stages: 16 bits are too few to solve for it.
"""

import dataclasses
import tempfile
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from hsgan.errors import RunError
from hsgan.networks.base import ReconstructionNetwork
from hsgan.reconstruct.forward import portable_forward_of
from hsgan.reconstruct.graphs import compiled
from hsgan.spectra.operations import EXACT

if TYPE_CHECKING:  # OpenVINO need not be installed; the module of the engines imports this one
    from openvino import Core

    from hsgan.reconstruct.engine import Engine

# By OpenVINO's names: as it is asked for, and as it stands in the list of what a processor has.
PRECISIONS = {"float32": ("f32", "FP32"), "bfloat16": ("bf16", "BF16"), "float16": ("f16", "FP16")}
# Largest difference from TensorFlow on a test image, of its largest value: rounding of weights and features, and the
# sums of their products, through all stages. Beyond it a network needs more than 16 bits.
LIMITS = {"float32": 1e-4, "bfloat16": 0.02, "float16": 0.02}
TEST_SIZE = (64, 80)


class OpenVinoEngine:
    """A network with its present weights; later ones do not count.

    Args:
      network: a `hsgan.networks.base.ReconstructionNetwork`.
      other: the network's engine in TensorFlow, which estimates the SRF and which a test image is compared with.
      precision: one of `PRECISIONS`.

    Raises:
      RunError: OpenVINO is not installed, cannot run this network or has no such arithmetic on this processor, or
        computes other numbers than TensorFlow.
    """

    def __init__(self, network: ReconstructionNetwork, other: "Engine", precision: str = "float32"):
        try:
            import openvino
        except ImportError:
            raise RunError(
                "openvino: not installed; pip install 'hsgan[openvino]', or take the engine tensorflow"
            ) from None
        self.estimate_srf, self.precision = other.estimate_srf, PRECISIONS[precision][0]
        self.core, self.window, self.request = openvino.Core(), None, None
        check_processor(self.core, precision)
        try:
            self.model, self.start = self._read(network)
            self._check(network, other, LIMITS[precision])
        except RuntimeError as error:  # also OpenVINO's own
            reason = " ".join(str(error).split())[-300:]
            raise RunError(
                f"openvino: cannot run this network; take the engine tensorflow. It says: {reason}"
            ) from error

    def _read(self, network):
        """Returns OpenVINO's model and what computes its input "start", None where it has none."""
        forward, start = portable_forward_of(network), None
        image, camera = (tf.TensorSpec(shape, tf.float32) for shape in ((1, None, None, 3), (1, 3, forward.bands)))
        signature = {"rgb": image, "srf": camera}
        if forward.start is not None:
            exact = dataclasses.replace(forward.start, operations=EXACT)
            start = compiled(lambda rgb, srf: exact(rgb, srf), [image, camera])
            signature["start"] = tf.TensorSpec((1, None, None, forward.bands), tf.float32)

        def reconstruct(rgb, srf, start=None):
            if start is not None:
                forward.start = lambda *_: start  # computed before: a tensor of the graph
            return forward.reconstruct(rgb, srf)

        with tempfile.TemporaryDirectory() as folder:
            function = tf.function(reconstruct, autograph=False).get_concrete_function(**signature)
            tf.saved_model.save(forward, folder, signatures=function)
            return self.core.read_model(folder), start

    def _check(self, network, other, limit):
        rgb = np.random.default_rng(0).random((*TEST_SIZE, 3), np.float32)
        srf = np.asarray(network.dictionary.responses, np.float32).mean(axis=0)
        expected = other.reconstruct(rgb, srf)
        difference = np.abs(self.reconstruct(rgb, srf) - expected).max() / np.abs(expected).max()
        if not difference <= limit:  # NaN too
            raise RunError(
                f"openvino: in {self.precision} a test image differs by {difference:.2g} of its largest value from "
                f"TensorFlow's, where {limit:g} is allowed; take float32, or the engine tensorflow"
            )

    def reconstruct(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        """Returns the cube float32 [height, width, bands] of an image under an SRF [3, bands].

        A size other than the last one's takes a second or two to compile; tiles are of one size.
        """
        srf = np.asarray(srf, np.float32)
        if rgb.shape != self.window:
            model = self.model.clone()
            shapes = {"rgb": [1, *rgb.shape], "srf": [1, *srf.shape], "start": [1, *rgb.shape[:2], srf.shape[-1]]}
            model.reshape({name: shape for name, shape in shapes.items() if name != "start" or self.start})
            options = {"INFERENCE_PRECISION_HINT": self.precision, "PERFORMANCE_HINT": "LATENCY"}
            self.request = self.core.compile_model(model, "CPU", options).create_infer_request()
            self.window = rgb.shape
        inputs = {"rgb": np.ascontiguousarray(rgb, np.float32)[None], "srf": srf[None]}
        if self.start:
            inputs["start"] = self.start(**inputs).numpy()
        # The request's own memory, which the next image overwrites.
        return next(iter(self.request.infer(inputs).values()))[0].copy()


def check_processor(core: "Core", precision: str) -> None:
    """Refuses arithmetic that the processor has not: OpenVINO would compute in float32 there, and not say so.

    Args:
      core: `openvino.Core`.
      precision: one of `PRECISIONS`.

    Raises:
      RunError: see above.
    """
    there = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if PRECISIONS[precision][1] not in there:
        has = [name for name, (_, capability) in PRECISIONS.items() if capability in there]
        raise RunError(
            f"openvino: this processor has no {precision} arithmetic, and would compute in float32. "
            f"It has: {', '.join(has)}; take openvino-float32, or the engine tensorflow"
        )
