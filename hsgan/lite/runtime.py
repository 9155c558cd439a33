"""LiteRT behind two classes: one signature of a TFLite file, run on images of any size on the processor.

`HalfRunner` computes in 16-bit floats whatever the file's weights are stored in; processors with such arithmetic
(ARMv8.2, x86 with AVX512-FP16) do so about 1.7 times faster.
"""

import contextlib
import os
import sys
import tempfile

import numpy as np

from hsgan.errors import DataError

_FORCE_FP16 = 4  # XNNPACK's TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16


class Runner:
    """One signature, in the arithmetic of the file.

    Args:
      path: of the TFLite file. signature: its name. threads: how many compute.

    Raises:
      DataError: no TFLite file, or one without that signature.
    """

    def __init__(self, path, signature, threads):
        from ai_edge_litert.interpreter import Interpreter

        with _quiet(), _file_errors(path):
            self._interpreter = Interpreter(str(path), num_threads=threads)
            names = self._interpreter.get_signature_list()
        _check_signature(path, signature, names)
        self._run, self._inputs = self._interpreter.get_signature_runner(signature), names[signature]["inputs"]
        self._size = None

    def __call__(self, **inputs):
        """Returns {output: float32 array} for float32 inputs; those that the signature has not are ignored."""
        size, self._size = self._size, inputs["rgb"].shape
        with _quiet() if size != self._size else contextlib.nullcontext():
            return self._run(**{name: value for name, value in inputs.items() if name in self._inputs})


class HalfRunner:
    """As `Runner`, in 16-bit floats. For signatures with the input `rgb` [1, h, w, 3] and the output `cube`."""

    def __init__(self, path, signature, threads):
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator
        from ai_edge_litert.options import Options

        options = Options(hardware_accelerators=HardwareAccelerator.CPU)
        options.cpu_options.num_threads, options.cpu_options.xnnpack_flags = threads, _FORCE_FP16
        with _quiet(), _file_errors(path):
            self._model = CompiledModel.from_file(str(path), options=options)
        _check_signature(path, signature, self._model.get_signature_list())
        self._signature, self._size = signature, None
        self._index = self._model.get_signature_index(signature)
        self._names = self._model.get_signature_by_index(self._index)["inputs"]

    def __call__(self, **inputs):
        shape = inputs["rgb"].shape
        with _quiet() if shape != self._size else contextlib.nullcontext():
            if shape != self._size:
                self._model.resize_input_tensor_by_name(self._signature, "rgb", list(shape))
                self._given = self._model.create_input_buffers(self._index)
                self._taken = self._model.create_output_buffers(self._index)
                self._size = shape
            for buffer, name in zip(self._given, self._names, strict=True):
                buffer.write(np.ascontiguousarray(inputs[name], np.float32))
            self._model.run_by_index(self._index, self._given, self._taken)
        bands = inputs["srf"].shape[-1]
        values = np.asarray(self._taken[0].read(shape[1] * shape[2] * bands, np.float32))
        return {"cube": values.reshape(*shape[:3], bands)}


def _check_signature(path, signature, names):
    if signature not in names:
        raise DataError(
            f"{path}: must have the signature {signature}; export it by hsgan.export. "
            f"Received: {', '.join(names) or 'none'}"
        )


@contextlib.contextmanager
def _file_errors(path):
    try:
        yield
    except (ValueError, RuntimeError) as error:
        raise DataError(
            f"{path}: is no TFLite model ({' '.join(str(error).split())[:200]}); export it again"
        ) from error


@contextlib.contextmanager
def _quiet():
    """Holds back what LiteRT writes to stderr, below Python, about what it tries; on an exception it appears."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
