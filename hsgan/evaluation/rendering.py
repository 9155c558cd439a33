"""Pictures of cubes: what a standard observer would see, and where to look."""

from functools import lru_cache

import numpy as np

from hsgan.spectra.imaging import srgb_encode

# Linear sRGB from CIE XYZ, IEC 61966-2-1.
_XYZ_TO_SRGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


@lru_cache(maxsize=4)
def _observer(wavelengths_nm):
    import colour

    functions = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    sampled = np.stack([np.interp(wavelengths_nm, functions.wavelengths, row) for row in functions.values.T])
    matrix = _XYZ_TO_SRGB @ sampled
    return matrix / matrix.sum(axis=1, keepdims=True)


def display_matrix(wavelengths_nm):
    """Returns float64 [3, bands]: linear sRGB of the CIE 1931 observer, scaled so that a flat spectrum of 1 is white.

    Unlike a camera's SRF it has negative values.
    """
    return _observer(tuple(np.asarray(wavelengths_nm, float).tolist()))


def pseudo_rgb(cube, wavelengths_nm, peak=None):
    """Renders a cube for the screen.

    Args:
      cube: float [height, width, bands], linear radiance.
      wavelengths_nm: float [bands].
      peak: radiance that becomes white; None takes `peak_of` the cube. Give the truth's to compare cubes.

    Returns:
      sRGB-encoded float32 [height, width, 3], [0, 1].
    """
    linear = cube @ display_matrix(wavelengths_nm).T.astype(np.float32)
    return srgb_encode((linear / (peak_of(cube) if peak is None else peak)).astype(np.float32)).numpy()


def gray_band(plane, peak):
    """Returns one band float32 [height, width] encoded for the screen, `peak` white: dark scenes stay readable."""
    return srgb_encode(np.asarray(plane / peak, np.float32)).numpy()


def peak_of(values):
    """Returns the 99.5th percentile of `values`, at least 1e-6: a white point that highlights do not spoil."""
    return max(float(np.percentile(values, 99.5)), 1e-6)


def pick_points(cube, count=4):
    """Returns `count` pixels (row, column) with spectra as different as can be: where to look first.

    The first is the brightest of a coarse grid (smoothed over its cells); each next one has the largest distance in
    spectral direction, weighted by brightness, from those chosen. Deterministic. Fewer where the cube has fewer pixels.
    """
    step = [max(1, side // 24) for side in cube.shape[:2]]
    grid = [(row, column) for row in range(step[0] // 2, cube.shape[0], step[0])
            for column in range(step[1] // 2, cube.shape[1], step[1])]  # fmt: skip
    around = [(slice(max(row - 2, 0), row + 3), slice(max(column - 2, 0), column + 3)) for row, column in grid]
    spectra = np.array([cube[square].mean(axis=(0, 1)) for square in around], np.float64)
    brightness = np.sqrt(np.maximum(spectra.mean(axis=1), 0))
    directions = spectra / (np.linalg.norm(spectra, axis=1, keepdims=True) + 1e-9)
    chosen = [int(np.argmax(brightness))]
    distance = np.full(len(grid), np.inf)
    while len(chosen) < min(count, len(grid)):
        distance = np.minimum(distance, np.linalg.norm(directions - directions[chosen[-1]], axis=1))
        score = distance * brightness
        score[chosen] = -1
        chosen.append(int(np.argmax(score)))
    return [grid[index] for index in chosen]


def nearest_bands(wavelengths_nm, wanted_nm):
    """Returns the indices of the bands nearest to each of `wanted_nm`, ascending, without repeats."""
    wavelengths_nm = np.asarray(wavelengths_nm, np.float64)
    return sorted({int(np.abs(wavelengths_nm - wanted).argmin()) for wanted in wanted_nm})
