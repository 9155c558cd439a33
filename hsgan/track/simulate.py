"""Simulated hyperspectral videos: targets of measured materials, moved over demo scenes on known paths.

Each is there twice, with the same true boxes: as a camera's RGB, 8 bits, sRGB-encoded, which methods reconstruct; and
as the 16 bands that a mosaic camera takes of the true cube ("Raw"), the upper bound of every method. They are
synthetic: numbers of them say how methods compare where all is known, not how targets are followed in the wild.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.interpolate import interpn

from hsgan.demo import materials as materials_lib
from hsgan.demo import scenes
from hsgan.demo.records import expose
from hsgan.files import mosaic
from hsgan.files.origin import LINEAR, Origin
from hsgan.spectra.imaging import srgb_encode
from hsgan.track.cubes import mosaic_filters
from hsgan.track.sequences import Sequence

SIZE, FRAMES = 192, 80
_STREAM = 3  # of random numbers; those of the demo set are 1 and 2
_MOVERS = 3  # the target, and others that cross its way
# Side of the target, shares of the frame's.
_SIDES = (0.09, 0.16)
_NOISE = 2e-3
_SENSOR = Origin(LINEAR)  # a sensor's own values, of which no file says more; the encoding is storage alone


@dataclass(frozen=True, eq=False, kw_only=True)
class SimulatedSequence(Sequence):
    """A sequence whose frames are drawn when they are asked for.

    Attributes:
      movie: what draws the true cubes. matrix: float [bands, cube's bands], what the camera takes of them.
    """

    movie: "Movie"
    matrix: np.ndarray

    def _named_frames(self) -> Iterator[tuple[str, np.ndarray]]:
        rng = np.random.default_rng([_STREAM, self.movie.index, self.bands])
        for number in range(len(self.truth)):
            values = self.movie.cube(number) @ self.matrix.T.astype(np.float32)
            values = values + _NOISE * rng.standard_normal(values.shape, np.float32)
            if self.bands == 3:
                values = np.round(255 * srgb_encode(np.clip(values, 0, 1)).numpy()).astype(np.uint8)
            yield f"{self.name}, frame {number + 1}", values


class Movie:
    """Some patches of one scene, moving over another.

    Args:
      index: of the movie: another scene, other materials and paths.
      materials: `hsgan.demo.materials.Materials`.
      size: of the frames, pixels. count: of the frames.
    """

    def __init__(self, index: int, materials: materials_lib.Materials, size: int = SIZE, count: int = FRAMES):
        rng = np.random.default_rng([_STREAM, index])
        self.index, self.size, self.count = index, size, count
        light, sides = materials.draw_light(rng), [size, *[size // 2] * _MOVERS]
        cubes = [_radiance(rng, materials, light, side) for side in sides]
        # One light and one exposure for all.
        spectra = expose(rng, np.concatenate([cube.reshape(-1, cube.shape[-1]) for cube in cubes]), 0.16, 0.2)
        parts = np.split(spectra, np.cumsum(np.square(sides))[:-1])
        self.ground, *self.patches = [part.reshape(cube.shape) for part, cube in zip(parts, cubes, strict=True)]
        self.sides = rng.uniform(*_SIDES, (_MOVERS, 2)) * size
        self.paths = np.stack([_path(rng, size, count, side.max()) for side in self.sides])

    def boxes(self) -> np.ndarray:
        """Returns the true boxes of the target, float64 [count, 4]."""
        return np.concatenate([self.paths[0] - self.sides[0] / 2, np.tile(self.sides[0], (self.count, 1))], axis=1)

    def cube(self, number: int) -> np.ndarray:
        """Returns a frame's true cube, float32 [size, size, bands]; the target is over the others."""
        frame = self.ground.copy()
        for mover in range(_MOVERS - 1, -1, -1):
            self._paste(frame, self.patches[mover], self.paths[mover, number], self.sides[mover])
        return frame

    def _paste(self, frame, patch, center, side):
        """Draws an elliptic piece of a patch, with soft edges, at a place between pixels."""
        low = np.maximum(np.floor(center - side / 2).astype(int) - 1, 0)
        high = np.minimum(np.ceil(center + side / 2).astype(int) + 1, self.size)
        shape = high - low
        if (shape <= 0).any():
            return
        columns, rows = (np.arange(low[axis], high[axis]) + 0.5 - center[axis] for axis in range(2))
        radius = np.hypot(2 * columns[None, :] / side[0], 2 * rows[:, None] / side[1])
        # Covered from 1 to 0 over about a pixel at the rim.
        cover = np.clip((1 - radius) * side.min() / 2 + 0.5, 0, 1)[..., None].astype(np.float32)
        # The patch's middle lies at the center; between its pixels linearly.
        grid = [np.arange(length) + 0.5 - length / 2 for length in patch.shape[:2]]
        piece = interpn(grid, patch, np.stack(np.meshgrid(rows, columns, indexing="ij"), axis=-1))
        part = frame[low[1] : high[1], low[0] : high[0]]
        part[...] = (1 - cover) * part + cover * piece


def simulated_sequences(count: int, responses: np.ndarray, wavelengths_nm: np.ndarray) -> list[SimulatedSequence]:
    """Returns `count` movies, each twice: "sim-1", RGB, and "sim-1-HSI", the same in 16 bands.

    Args:
      count: of the movies.
      responses: SRF of the RGB camera, float [3, bands].
      wavelengths_nm: float [bands], of the true cubes.
    """
    materials, found = materials_lib.load(wavelengths_nm), []
    for index in range(count):
        movie = Movie(index, materials)
        for suffix, bands, matrix in (("", 3, responses), ("-HSI", mosaic.BANDS, mosaic_filters(wavelengths_nm))):
            name = f"sim-{index + 1}{suffix}"
            found.append(
                SimulatedSequence(name, Path(name), (), movie.boxes(), bands, _SENSOR, movie=movie, matrix=matrix)
            )
    return found


def _radiance(rng, materials, light, size):
    scene, (direct, ambient) = scenes.draw(rng, size, materials), light
    return scenes.render(scene, materials.reflectances * direct, materials.reflectances * ambient, direct)


def _path(rng, size, count, side):
    """Returns a smooth path float64 [count, 2] of (x, y), by up to some pixels a frame, inside of the frame."""
    time = np.arange(count) / count
    path = np.zeros((count, 2))
    for axis in range(2):
        for order in (1, 2, 3):
            phase = order * time * rng.uniform(0.4, 0.8) + rng.random()
            path[:, axis] += rng.normal() / order * np.sin(2 * np.pi * phase)
    low, high = path.min(axis=0), path.max(axis=0)
    return side / 2 + 2 + (path - low) / (high - low) * (size - side - 4)
