"""What sound files that are to be damaged are made of, whoever reads them: a `Subject`, a cube, an SRF, a picture."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsgan.files import cubes

WAVELENGTHS_NM = np.arange(400, 701, 10, dtype=np.float32)
SIZE = 12, 10


@dataclass(frozen=True)
class Subject:
    """A kind of file, and who reads it.

    Attributes:
      make: makes sound files in an empty folder; returns those to damage.
      read: reads what `make` made in a folder, all of it.
      weight: share of the tries; readers that take long get less.
    """

    make: Callable[[Path], list[Path]]
    read: Callable[[Path], object]
    weight: float = 1.0


def cube(bands=31, seed=0):
    """Returns a small cube, float32 [height, width, bands] in [0, 1]."""
    rng = np.random.default_rng(seed)
    return (rng.random((*SIZE, 1)) * np.linspace(0.4, 1, bands)).astype(np.float32)


def srf():
    """Returns an SRF, float32 [3, bands]."""
    rows = [np.exp(-(((WAVELENGTHS_NM - center) / 40) ** 2)) for center in (610, 540, 450)]
    return np.array([row / row.sum() for row in rows], np.float32)


def picture(mode="RGB", size=(24, 18)):
    rng = np.random.default_rng(1)
    shape = (size[1], size[0], len(mode)) if len(mode) > 1 else size[::-1]
    return rng.integers(20, 230, shape, np.uint8)


def write_cube(name, dtype="float32"):
    def make(folder):
        facts = {"camera": "a camera", "scale": 1.5, "license": "none: a test"}
        (path, *more) = cubes.write_cube(folder / "a", cube(), WAVELENGTHS_NM, srf(), facts, [name], None, dtype)
        return sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path, *more]

    return make


def compressed_npz(folder):
    np.savez_compressed(
        folder / "a.npz", cube=cube(), wavelengths_nm=WAVELENGTHS_NM, srf=srf(), metadata=np.array("{}")
    )
    return [folder / "a.npz"]
