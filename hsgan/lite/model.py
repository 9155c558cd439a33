"""A network exported to TFLite (`python -m hsgan.export`) as a method: images of any size, NumPy, no TensorFlow.

from hsgan.lite.model import LiteModel

model = LiteModel("saved_models/demo/1/float32.tflite")
srf = model.estimate_srf(rgb)  # float32 [h, w, 3], linear -> [3, bands]
cube = model.cube(rgb, srf)  # float32 [h, w, bands]
"""

import json
import os
import zipfile
from pathlib import Path

import numpy as np

from hsgan.disk import checksums, guard
from hsgan.errors import DataError
from hsgan.lite.runtime import CompiledRunner, Runner
from hsgan.reconstruct.exported import Exported

ARITHMETIC = ("float32", "float16")
# Largest difference that 16-bit arithmetic may make on the test image, relative to the cube's largest value: of random
# colors, as no photo has. The demo's network differs by 0.013 there, and by 0.04 dB of PSNR on validation scenes.
HALF_LIMIT = 0.05


class LiteModel(Exported):
    """A TFLite file and how it is run.

    Args:
      path: of a file of `python -m hsgan.export`.
      threads: how many compute; None: one for each processor.
      arithmetic: "float32" (what the file says), or "float16": in 16-bit floats, whatever the file says. The SRF is
        estimated in float32 in either.
      metadata: None reads that inside the file.

    Raises:
      DataError: no such file, not one of ours, or a network for which 16-bit floats are too coarse.
      ValueError: unknown `arithmetic`.
    """

    # LiteRT is faster on images that stay nearer the processor, as much as their halos cost.
    tile = 256

    def __init__(
        self,
        path: str | Path,
        threads: int | None = None,
        arithmetic: str = "float32",
        metadata: dict | None = None,
    ):
        if arithmetic not in ARITHMETIC:
            raise ValueError(f"arithmetic: must be one of {', '.join(ARITHMETIC)}. Received: {arithmetic!r}")
        super().__init__(read_metadata(path) if metadata is None else metadata, path)
        # Older exports do not say how a developed picture is read, and what computes it need not be here.
        self.takes_negative_srf = self.takes_negative_srf and "developed" in self.metadata
        self.path, self._threads = Path(path), threads or len(os.sched_getaffinity(0))
        half = arithmetic == "float16"
        self._known = CompiledRunner(path, "known_srf", self._threads, half)
        if half:
            self._check_half(CompiledRunner(path, "known_srf", self._threads))

    def run(self, signature: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Returns {output: array} of a signature for its inputs, float32.

        Its memory is given back: kept, it would stand beside that of the tiles.
        """
        outputs = Runner(self.path, signature, self._threads)(**inputs)
        return {name: value.copy() for name, value in outputs.items()}

    def srf_of(self, rgb: np.ndarray) -> np.ndarray:
        return self.run("estimate_srf", rgb=rgb[None])["srf"][0]

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return self._known(rgb=np.ascontiguousarray(rgb)[None], srf=srf[None])["cube"][0]

    def exposed_window(self, rgb: np.ndarray, srf: np.ndarray, gain: np.float32) -> np.ndarray:
        cube = self.window(self.exposed(rgb, gain), srf)
        if gain != 1:
            cube *= np.float32(1 / gain)  # `window` gives what is this call's own, so that no second cube is needed
        return cube

    def _check_half(self, exact):
        """Refuses 16-bit arithmetic that gives another cube of a test image of colors, shades and edges."""
        rng = np.random.default_rng(0)
        rgb = rng.random((6, 6, 3), np.float32).repeat(8, axis=0).repeat(8, axis=1)[None]
        srf = self.dictionary.responses[:1]
        expected, found = exact(rgb=rgb, srf=srf)["cube"], self._known(rgb=rgb, srf=srf)["cube"]
        difference = float(np.abs(found - expected).max() / np.abs(expected).max())
        if not difference <= HALF_LIMIT:
            raise DataError(
                f"{self.path}: float16 arithmetic is too coarse for this network: it changes a test image by at most "
                f"{HALF_LIMIT:g} of its largest value. Received: {difference:.3g}; run it in float32"
            )


def read_metadata(path: str | Path) -> dict:
    """Returns the metadata inside a TFLite file (docs/export.md).

    Raises:
      DataError: no such file, or none inside.
    """
    with guard.reading(path, "a .tflite file of hsgan.export, which holds metadata.json"):
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo("metadata.json")
            guard.check_bytes(path, member.file_size, member.compress_size, guard.MAX_TEXT)
            metadata = json.loads(archive.read(member))
        # LiteRT may end the process over damage; files of older versions have no checksum.
        stated = metadata.get("model_sha256")
        if stated is not None and stated != checksums.of_file(path, member.header_offset):
            raise DataError(f"{path}: is damaged: its checksum differs from the one that was written with it")
        return metadata
