"""What histograms of gradients share: differences of pixels, maps of bins, and the normalization of cells."""

import numpy as np

# Keeps flat cells, whose gradients are noise, from being blown up; in squares of 8-bit steps.
_ENERGY_FLOOR = 1e-4


def differences(values: np.ndarray, axis: int) -> np.ndarray:
    """Returns half the differences of the two neighbors along an axis, float32; at its ends whole ones of the last two.

    As `numpy.gradient`, but in float32, and 0 along an axis of length 1.
    """
    values = np.moveaxis(np.asarray(values, np.float32), axis, 0)
    found = np.zeros(values.shape, np.float32)
    if len(values) > 1:
        np.subtract(values[2:], values[:-2], out=found[1:-1])
        found[1:-1] *= np.float32(0.5)
        found[0], found[-1] = values[1] - values[0], values[-1] - values[-2]
    return np.moveaxis(found, 0, axis)


def bin_maps(weights: np.ndarray, bins: np.ndarray, count: int, grain: int) -> np.ndarray:
    """Returns the histograms of small squares, float32 [height / grain, width / grain, count].

    Args:
      weights: float32 [height, width, ...], of the pixels; height and width are multiples of `grain`.
      bins: whole numbers that broadcast to the shape of `weights`, from 0 to `count` - 1.
      count: number of bins.
      grain: side of a square, pixels.
    """
    height, width = weights.shape[:2]
    rows, columns = height // grain, width // grain
    square = (np.arange(height) // grain * columns)[:, None] + np.arange(width) // grain
    index = np.broadcast_to(square.reshape(height, width, *[1] * (weights.ndim - 2)) * count + bins, weights.shape)
    found = np.bincount(index.ravel(), weights.ravel(), rows * columns * count)
    return found.astype(np.float32).reshape(rows, columns, count)


def block_scales(energy: np.ndarray) -> np.ndarray:
    """Returns what normalizes each cell, float32 [4, ..., rows, columns]: 1 / the norms of 2x2 cells at its corners.

    Args:
      energy: sums of the squares of each cell, float32 [..., rows, columns]; beyond the border the border's go on.
    """
    padded = np.pad(energy, [(0, 0)] * (energy.ndim - 2) + [(1, 1), (1, 1)], mode="edge")
    sums = padded[..., :-1, :-1] + padded[..., 1:, :-1] + padded[..., :-1, 1:] + padded[..., 1:, 1:]
    scales = 1 / np.sqrt(sums + np.float32(_ENERGY_FLOOR))
    return np.stack([scales[..., :-1, :-1], scales[..., :-1, 1:], scales[..., 1:, :-1], scales[..., 1:, 1:]])
