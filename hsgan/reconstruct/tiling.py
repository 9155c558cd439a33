"""Images of any size in bounded memory: tiles whose halos make them exact, and thumbnails. NumPy alone.

An image here is anything with a `shape` [height, width, 3] that gives a part of itself when sliced by rows and columns:
an array, a memory-mapped file, or a `Decoded` one of either. It is never read as a whole.

A tile is computed from a window that reaches the network's receptive radius further on each side, but no further than
the image: what the network does at the borders of the image it does at those only.
"""

import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from hsgan.errors import DataError

# The SRF of a larger image is estimated from its means over squares.
THUMBNAIL_PIXELS = 2**20
# Side of a tile, pixels: halos of 24 cost a fifth of it twice over, and its cube of 31 bands takes 31 MB.
TILE = 512
# A network without a bounded receptive radius takes no larger image: its features would not fit.
WHOLE_PIXELS = 2**22
# Source pixels that a thumbnail reads at a time.
_READ_PIXELS = 2**20


class Tile(NamedTuple):
    """A part of an image, all (row slice, column slice).

    Attributes:
      block: the part, within the image; the blocks of `tiles` cover it once.
      window: what it is computed from, within the image.
      inner: the block, within the window.
    """

    block: tuple
    window: tuple
    inner: tuple


class Decoded:
    """An image whose parts are decoded when they are read, e.g. 8-bit sRGB in a memory-mapped file.

    Args:
      array: [height, width, channels], sliced by rows and columns.
      decode: what makes float32 [h, w, 3], linear, [0, 1], of a slice; pixel by pixel.
    """

    def __init__(self, array: np.ndarray, decode: Callable[[np.ndarray], np.ndarray]):
        self.array, self.decode = array, decode
        self.shape = (*array.shape[:2], 3)

    def __getitem__(self, part):
        return self.decode(self.array[part])


Image = np.ndarray | Decoded
Block = tuple[tuple[slice, slice], np.ndarray]  # (row slice, column slice), its values


def tiles(height: int, width: int, tile: int | tuple[int, int], radius: int = 0, stride: int = 1) -> list[Tile]:
    """Returns the `Tile`s of an image, row by row.

    The windows are nearly evenly spaced and (where `stride` is 1) all of one size, so that an engine plans once.

    Args:
      height: of the image, pixels.
      width: of the image, pixels.
      tile: largest side of a window without its halo, pixels, or (rows, columns).
      radius: pixels on each side that a pixel depends on.
      stride: windows begin at multiples of it.
    """
    rows, columns = (tile, tile) if np.ndim(tile) == 0 else tile
    down, across = (_cuts(*side, radius, stride) for side in ((height, rows), (width, columns)))
    return [Tile(*zip(row, column, strict=True)) for row in down for column in across]


def run_tiles(
    run: Callable[[np.ndarray], np.ndarray],
    rgb: Image,
    tile: int | tuple[int, int],
    radius: int | None,
    stride: int = 1,
    whole_pixels: int = WHOLE_PIXELS,
) -> Iterator[Block]:
    """Reconstructs an image tile by tile.

    Args:
      run: a window float32 [h, w, 3] -> its cube float32 [h, w, bands].
      rgb: the image (see the module).
      tile: as `tiles`.
      radius: as `tiles`; with None the image is one tile.
      stride: as `tiles`.
      whole_pixels: largest image where `radius` is None.

    Yields:
      ((row slice, column slice), float32 [h, w, bands]) of each block, row by row.

    Raises:
      DataError: an image of the wrong shape, or too large for a network without a bounded receptive radius; a value
        that is not finite.
    """
    height, width, _ = check_shape(rgb)
    if radius is None:
        if height * width > whole_pixels:
            raise DataError(
                f"image: this network looks at the whole image at once, at most {whole_pixels} pixels. "
                f"Received: {height} x {width}; make it smaller, or take a network with a bounded receptive radius"
            )
        tile, radius = (height, width), 0
    for block, window, inner in tiles(height, width, tile, radius, stride):
        yield block, run(read_window(rgb, window))[inner]


def read_window(rgb: Image, window: tuple[slice, slice]) -> np.ndarray:
    """Returns a part of an image as float32 [h, w, 3].

    Raises:
      DataError: a value that is not finite; gives the first one's place.
    """
    part = np.asarray(rgb[window])
    if part.ndim != 3 or part.shape[-1] != 3 or part.dtype != np.float32:
        raise DataError(
            f"image: must be float32 [height, width, 3], linear. Received: {part.dtype} {list(part.shape)}; "
            "decode it (hsgan.files.photos), or give a Decoded image"
        )
    if not np.isfinite(part).all():
        row, column, _ = np.argwhere(~np.isfinite(part))[0]
        row, column = row + window[0].start, column + window[1].start
        raise DataError(f"image: every value must be finite. Received: NaN or infinity in row {row}, column {column}")
    return part


def check_shape(rgb: Image) -> tuple[int, int, int]:
    """Returns the shape of an image.

    Raises:
      DataError: not [height, width, 3], or empty.
    """
    shape = tuple(rgb.shape)
    if len(shape) != 3 or shape[2] != 3 or not all(shape):
        raise DataError(
            f"image: must be [height, width, 3] with at least one pixel. Received: {list(shape)}; give one RGB image, "
            "without alpha"
        )
    return shape


def thumbnail(rgb: Image, most: int = THUMBNAIL_PIXELS) -> np.ndarray:
    """Returns an image itself, or beyond `most` pixels its means over squares: float32 [height, width, 3].

    Rows and columns beyond the last whole square are left out.

    Args:
      rgb: the image (see the module), read in parts.
      most: largest number of pixels, roughly.

    Raises:
      DataError: as `check_shape` and `read_window`.
    """
    height, width, _ = check_shape(rgb)
    factor = int(np.ceil(np.sqrt(height * width / most)))
    if factor == 1:
        return read_window(rgb, (slice(0, height), slice(0, width)))
    rows, columns = min(factor, height), min(factor, width)
    small = np.empty((height // rows, width // columns, 3), np.float32)
    wide = max(_READ_PIXELS // (rows * columns), 1)
    high = max(wide // small.shape[1], 1)
    for block, _, _ in tiles(*small.shape[:2], (high, wide)):
        window = tuple(
            slice(side.start * size, side.stop * size) for side, size in zip(block, (rows, columns), strict=True)
        )
        squares = read_window(rgb, window).reshape(-1, rows, (block[1].stop - block[1].start), columns, 3)
        small[block] = squares.mean(axis=(1, 3), dtype=np.float32)
    return small


def _cuts(side, most, radius, stride):
    """Returns [(block, window, inner)] of one side.

    Neighboring windows overlap by at least two radii, in whose middle the blocks meet: no block is nearer than a radius
    to an end of its window that is not the image's.
    """
    # All in strides, but for the side's own end.
    total, halo, most = -(-side // stride), -(-radius // stride), max(most // stride, 1)
    count = max(-(-(total - 2 * halo) // most), 1)
    size = -(-(total + (count - 1) * 2 * halo) // count)
    starts = [number * (total - size) // max(count - 1, 1) for number in range(count)]
    meets = [(start + before + size) // 2 for before, start in itertools.pairwise(starts)]
    cuts = []
    for start, low, high in zip(starts, [0, *meets], [*meets, total], strict=True):
        start, low, high, stop = (min(edge * stride, side) for edge in (start, low, high, start + size))
        cuts.append((slice(low, high), slice(start, stop), slice(low - start, high - start)))
    return cuts
