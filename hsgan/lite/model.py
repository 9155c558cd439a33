"""A network exported to TFLite (`python -m hsgan.export`), reconstructing images of any size in bounded memory.

rgb float32 [height, width, 3], linear, [0, 1]; srf float32 [3, bands]; cube float32 [height, width, bands]. NumPy.

    from hsgan.lite.model import LiteModel

    model = LiteModel("saved_models/demo/1/float32.tflite")
    result = model(rgb)  # {"cube", "srf"}
"""

import json
import os
import zipfile
from pathlib import Path

import numpy as np

from hsgan.errors import DataError
from hsgan.lite.runtime import HalfRunner, Runner
from hsgan.reconstruct import tiling

ARITHMETIC = ("float32", "float16")
# Side of a tile, pixels. LiteRT is faster on images that stay nearer the processor, as much as their halos cost.
TILE = 256
# Largest difference that 16-bit arithmetic may make on the test image, relative to the cube's largest value: of random
# colors, as no photo has. The demo's network differs by 0.013 there, and by 0.04 dB of PSNR on validation scenes.
HALF_LIMIT = 0.05
_SCHEMA = 1


class LiteModel:
    """A TFLite file and how it is run.

    Args:
      path: of a file of `python -m hsgan.export`, with its metadata inside.
      threads: how many compute; None: one for each processor.
      arithmetic: "float32" (what the file says), or "float16": in 16-bit floats, whatever the file says. The SRF is
        estimated in float32 in either.

    Attributes:
      metadata: of docs/export.md. wavelengths_nm: float32 [bands].

    Raises:
      DataError: no such file, not one of ours, or a network for which 16-bit floats are too coarse.
      ValueError: unknown `arithmetic`.
    """

    def __init__(self, path, threads=None, arithmetic="float32"):
        if arithmetic not in ARITHMETIC:
            raise ValueError(f"arithmetic: must be one of {', '.join(ARITHMETIC)}. Received: {arithmetic!r}")
        self.path, self.metadata = Path(path), read_metadata(path)
        self.wavelengths_nm = np.array(self.metadata["wavelengths_nm"], np.float32)
        threads = threads or len(os.sched_getaffinity(0))
        self._threads, self._known = threads, Runner(path, "known_srf", threads)
        if arithmetic == "float16":
            exact, self._known = self._known, HalfRunner(path, "known_srf", threads)
            self._check_half(exact)

    def srf(self, camera):
        """Returns the SRF float32 [3, bands] of a camera that the network was trained with.

        Raises:
          DataError: no such camera; lists the names.
        """
        names = self.metadata["cameras"]["names"]
        if camera not in names:
            raise DataError(f"camera: must be one of {', '.join(map(str, names))}. Received: {camera!r}")
        return np.array(self.metadata["cameras"]["responses"][names.index(camera)], np.float32)

    def estimate_srf(self, rgb):
        """Returns the SRF estimated from an image, or from its thumbnail where it is large."""
        small = tiling.thumbnail(rgb, self.metadata["thumbnail_pixels"])
        # Used once an image: kept, its memory would stand beside that of the tiles.
        return Runner(self.path, "estimate_srf", self._threads)(rgb=small[None])["srf"][0].copy()

    def reconstruct_tiles(self, rgb, srf, tile=None):
        """Yields ((row slice, column slice), float32 block): the cube's blocks, row by row.

        Args:
          rgb: an array, or anything that `hsgan.reconstruct.tiling` can read in parts. srf: float32 [3, bands].
          tile: largest side of what is computed at a time without its halo, pixels; None takes a fast one.

        Raises:
          DataError: an image of the wrong shape or type, with a value that is not finite, or too large for a network
            that looks at the whole of it.
        """
        radius, stride = self.metadata["receptive_radius"], self.metadata["stride"]
        yield from tiling.run_tiles(
            lambda window: self._window(window, srf), rgb, TILE if tile is None else tile, radius, stride
        )

    def __call__(self, rgb, srf=None, tile=None):
        """Returns {"cube", "srf"} of an image, under a given or the estimated SRF. Raises as `reconstruct_tiles`."""
        srf = self.estimate_srf(rgb) if srf is None else np.asarray(srf, np.float32)
        cube = np.empty((*rgb.shape[:2], self.wavelengths_nm.size), np.float32)
        for block, part in self.reconstruct_tiles(rgb, srf, tile):
            cube[block] = part
        return {"cube": cube, "srf": srf}

    def _window(self, rgb, srf):
        return self._known(rgb=np.ascontiguousarray(rgb)[None], srf=np.asarray(srf, np.float32)[None])["cube"][0]

    def _check_half(self, exact):
        """Refuses 16-bit arithmetic that gives another cube of a test image of colors, shades and edges."""
        rng = np.random.default_rng(0)
        rgb = rng.random((6, 6, 3), np.float32).repeat(8, axis=0).repeat(8, axis=1)[None]
        srf = np.array(self.metadata["cameras"]["responses"][:1], np.float32)
        expected, found = exact(rgb=rgb, srf=srf)["cube"], self._known(rgb=rgb, srf=srf)["cube"]
        difference = float(np.abs(found - expected).max() / np.abs(expected).max())
        if not difference <= HALF_LIMIT:
            raise DataError(
                f"{self.path}: float16 arithmetic is too coarse for this network: it changes a test image by at most "
                f"{HALF_LIMIT:g} of its largest value. Received: {difference:.3g}; run it in float32"
            )


def read_metadata(path):
    """Returns the metadata inside a TFLite file (docs/export.md).

    Raises:
      DataError: no such file, none inside, or of another schema.
    """
    if not Path(path).is_file():
        raise DataError(f"{path}: no such file; give a .tflite file of hsgan.export")
    try:
        with zipfile.ZipFile(path) as archive:
            metadata = json.loads(archive.read("metadata.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise DataError(f"{path}: holds no metadata.json, or is damaged; export it by hsgan.export") from error
    if metadata.get("schema") != _SCHEMA:
        raise DataError(f"{path}: its metadata must be of schema {_SCHEMA}. Received: {metadata.get('schema')!r}")
    return metadata
