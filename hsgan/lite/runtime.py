"""LiteRT behind two classes: one signature of a TFLite file, run on images of any size on the processor.

`CompiledRunner` hands the whole signature to LiteRT's fast kernels (XNNPACK). The interpreter of `Runner` does not in
older exports, whose first signature computes nothing: the mixture prior takes it 30 times as long there. What it holds
is freed with it.
"""

import contextlib
import os
import sys
import tempfile
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from hsgan.errors import DataError

_FORCE_FP16 = 4  # XNNPACK's TFLITE_XNNPACK_DELEGATE_FLAG_FORCE_FP16


class Runner:
    """One signature, in the arithmetic of the file.

    Args:
      path: of the TFLite file.
      signature: its name.
      threads: how many compute.

    Raises:
      DataError: no TFLite file, or one without that signature.
    """

    def __init__(self, path: str | Path, signature: str, threads: int):
        from ai_edge_litert.interpreter import Interpreter

        with _quiet(), _file_errors(path):
            self._interpreter = Interpreter(str(path), num_threads=threads)
            names = self._interpreter.get_signature_list()
        _check_signature(path, signature, names)
        self._run, self._inputs = self._interpreter.get_signature_runner(signature), names[signature]["inputs"]
        self._size: tuple[int, ...] | None = None

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Returns {output: float32 array} for float32 inputs; those that the signature has not are ignored."""
        size, self._size = self._size, inputs["rgb"].shape
        with _quiet() if size != self._size else contextlib.nullcontext():
            return self._run(**{name: value for name, value in inputs.items() if name in self._inputs})


class CompiledRunner:
    """One signature with the input `rgb` [1, h, w, 3] and the output `cube`, for many images of one size.

    Args:
      path: of the TFLite file.
      signature: its name.
      threads: how many compute.
      half: in 16-bit floats, whatever the file's weights are stored in. Processors with such arithmetic (ARMv8.2, x86
        with AVX512-FP16) do so about 1.7 times faster. Otherwise in the arithmetic of the file.

    Raises:
      DataError: no TFLite file, or one without that signature; when called, a network that cannot be run so.
    """

    def __init__(self, path: str | Path, signature: str, threads: int, half: bool = False):
        from ai_edge_litert.compiled_model import CompiledModel
        from ai_edge_litert.hardware_accelerator import HardwareAccelerator
        from ai_edge_litert.options import Options

        options = Options(hardware_accelerators=HardwareAccelerator.CPU)
        options.cpu_options.num_threads, options.cpu_options.xnnpack_flags = threads, _FORCE_FP16 if half else 0
        # All that is LiteRT's is in here alone, so that it goes when the runner does, or the program ends.
        self._held: dict[str, Any] = {}
        weakref.finalize(self, _let_go, self._held)
        with _quiet(), _file_errors(path):
            model = self._held["model"] = CompiledModel.from_file(str(path), options=options)
        _check_signature(path, signature, model.get_signature_list())
        self._path, self._signature, self._size, self._first = path, signature, None, True
        self._index = model.get_signature_index(signature)
        self._names = model.get_signature_by_index(self._index)["inputs"]

    def __call__(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """As `Runner`."""
        shape = inputs["rgb"].shape
        if shape != self._size:
            self._plan(shape)
        given, taken = self._held["given"], self._held["taken"]
        # The first write of a process, too, has LiteRT say what it tries.
        with _quiet() if self._first else contextlib.nullcontext():
            for buffer, name in zip(given, self._names, strict=True):
                buffer.write(np.ascontiguousarray(inputs[name], np.float32))
        self._first = False
        self._held["model"].run_by_index(self._index, given, taken)
        bands = inputs["srf"].shape[-1]
        values = np.asarray(taken[0].read(shape[1] * shape[2] * bands, np.float32))
        return {"cube": values.reshape(*shape[:3], bands)}

    def _plan(self, shape):
        model = self._held["model"]
        with _quiet():
            model.resize_input_tensor_by_name(self._signature, "rgb", list(shape))
            try:
                self._held["given"] = model.create_input_buffers(self._index)
                self._held["taken"] = model.create_output_buffers(self._index)
            except RuntimeError as error:
                raise DataError(f"{self._path}: LiteRT cannot run it ({' '.join(str(error).split())[:200]})") from error
        self._size = shape


def _let_go(held):
    """Frees what a runner held, of which LiteRT says on stderr that it does so."""
    with _quiet():
        held.clear()


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
