"""The square that is searched: the part of a frame that it needs, and how its cells share that part.

Pixels are those of a frame, or small squares of them; pixel 0 reaches from 0 to 1.
"""

import numpy as np
from scipy import sparse


def shrink(frame: np.ndarray, factor: int) -> np.ndarray:
    """Returns the means of a frame over squares of `factor` pixels, float32 [ceil(height / factor), ..., channels].

    The last row and column of squares go on beyond the border with the border's pixels.
    """
    if factor == 1:
        return frame
    height, width, channels = frame.shape
    if height % factor or width % factor:
        frame = np.pad(frame, ((0, -height % factor), (0, -width % factor), (0, 0)), mode="edge")
    rows, columns = frame.shape[0] // factor, frame.shape[1] // factor
    # Rows first: whole lines are added up, several values at a time.
    lines = frame.reshape(rows, factor, -1).sum(axis=1, dtype=np.float32)
    return lines.reshape(rows, columns, factor, channels).sum(axis=2) / np.float32(factor**2)


def span(center: float, side: float, length: int) -> tuple[int, int]:
    """Returns (first pixel, one after the last) of what an axis of a frame has of a window: at least one pixel.

    Args:
      center: of the window. side: of the window. length: of the frame.
    """
    low = int(np.clip(np.floor(center - side / 2), 0, length - 1))
    return low, int(np.clip(np.ceil(center + side / 2), low + 1, length))


def shares(pixels: tuple[int, int], center: float, cell: float, count: int, beyond: bool) -> np.ndarray:
    """Returns how much each pixel of an axis gives to each cell, float32 [count, pixels].

    A pixel gives to the two cells whose middles are around it, bilinearly, so that a shift by less than a cell shows.
    Along both axes a pixel inside of the window gives 1 in all.

    Args:
      pixels: (first, one after the last) of those that there are.
      center: middle of the window, in the same count.
      cell: side of a cell, pixels.
      count: of the cells.
      beyond: whether the first and the last pixel go on beyond them; otherwise there is nothing.
    """
    middles = center + (np.arange(count) + 0.5 - count / 2) * cell
    first, stop = (int(np.floor(middles[0] - cell)), int(np.ceil(middles[-1] + cell))) if beyond else pixels
    places = np.arange(first, stop)
    found = np.maximum(1 - np.abs(places + 0.5 - middles[:, None]) / cell, 0)
    if beyond:
        whole = np.zeros((count, pixels[1] - pixels[0]))
        np.add.at(whole.T, np.clip(places, pixels[0], pixels[1] - 1) - pixels[0], found.T)
        found = whole
    return found.astype(np.float32)


def pool(maps: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Returns what the cells of some windows get, float32 [windows, rows, columns, channels].

    Args:
      maps: float32 [height, width, channels], of the pixels.
      rows: `shares` of each window along the height, float32 [windows, rows, height].
      columns: along the width, float32 [windows, columns, width].
    """
    windows, count, height = rows.shape
    width, channels = maps.shape[1:]
    found = np.empty((windows, count, columns.shape[1], channels), np.float32)
    # A pixel gives to two cells alone. All windows' rows in one product.
    part = sparse.csr_array(rows.reshape(windows * count, height)) @ maps.reshape(height, -1)
    for window, lines, across in zip(found, part.reshape(windows, count, width, channels), columns, strict=True):
        cells = sparse.csr_array(across) @ lines.transpose(1, 0, 2).reshape(width, -1)
        window[...] = cells.reshape(-1, count, channels).transpose(1, 0, 2)
    return found
