"""Pictures of cubes: what a standard observer would see, and where to look."""

from collections.abc import Sequence

import numpy as np

from hsgan.spectra.illuminants import FLAT, illuminant, removable
from hsgan.spectra.imaging import srgb_encode
from hsgan.spectra.observer import SRGB_WHITE, XYZ_TO_SRGB, observer


def display_matrix(wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns float64 [3, bands]: linear sRGB of the CIE 1931 observer, scaled so that a flat spectrum of 1 is white.

    Unlike a camera's SRF it has negative values.
    """
    matrix = XYZ_TO_SRGB @ observer(wavelengths_nm)
    return matrix / matrix.sum(axis=1, keepdims=True)


def relight_matrix(wavelengths_nm: np.ndarray, light: str, scene: str = FLAT, adapted: bool = False) -> np.ndarray:
    """Returns float64 [3, bands]: linear sRGB, under the light `light`, of a cube that was taken in the light `scene`.

    The cube is divided by `scene` and multiplied by `light`: exact for what reflects light, wrong for what emits it or
    fluoresces. A white surface gets 1 in its largest channel.

    Args:
      wavelengths_nm: float [bands].
      light, scene: names in `hsgan.spectra.illuminants`; the flat `scene` takes the cube as reflectance.
      adapted: whether the eye has adapted to the light, so that white looks white (Bradford transform); otherwise the
        light keeps its color, seen from a room in daylight (D65).

    Raises:
      DataError: no such light, or one that is not known at all bands, or leaves a band of `scene` dark.
    """
    weights = tristimulus_matrix(wavelengths_nm, light)
    if adapted:
        from colour.adaptation import matrix_chromatic_adaptation_VonKries

        white = weights.sum(axis=1)
        weights = matrix_chromatic_adaptation_VonKries(white, SRGB_WHITE, transform="Bradford") @ weights
    matrix = XYZ_TO_SRGB @ weights
    return matrix / matrix.sum(axis=1).max() / removable(scene, wavelengths_nm)


def tristimulus_matrix(wavelengths_nm: np.ndarray, light: str, scene: str = FLAT) -> np.ndarray:
    """Returns float64 [3, bands]: CIE XYZ, under the light `light`, of a cube that was taken in the light `scene`.

    A white surface has Y 1. The arguments and errors are those of `relight_matrix`.
    """
    weights = observer(wavelengths_nm) * illuminant(light, wavelengths_nm)
    return weights / weights[1].sum() / removable(scene, wavelengths_nm)


def render(cube: np.ndarray, matrix: np.ndarray, peak: float | None) -> np.ndarray:
    """Returns the sRGB-encoded picture float32 [height, width, 3], [0, 1], of a cube under a `relight_matrix`.

    Args:
      cube: float [height, width, bands]. matrix: [3, bands].
      peak: value of the cube that counts as white (`peak_of`).
    """
    linear = cube @ (matrix.T / peak).astype(np.float32)
    return srgb_encode(np.asarray(linear, np.float32)).numpy()


def wavelength_colors(wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns sRGB-encoded float32 [bands, 3], [0, 1]: the hue of light of each wavelength, at a brightness to be seen.

    No screen shows a spectral color: what lies beyond sRGB is cut off. The ends of the visible range are dimmer, and
    beyond it is gray.
    """
    linear = (XYZ_TO_SRGB @ observer(wavelengths_nm)).T
    linear = np.maximum(linear, 0)
    top = linear.max(axis=1, keepdims=True)
    hue = np.divide(linear, top, out=np.full(linear.shape, 0.5), where=top > 1e-3)
    # To half of full brightness at 400 and 700 nm.
    nm = np.asarray(wavelengths_nm, np.float64)[:, None]
    dimming = np.clip(np.minimum((nm - 360) / 80, (780 - nm) / 160), 0.25, 1)
    return srgb_encode((hue * dimming).astype(np.float32)).numpy()


def pseudo_rgb(cube: np.ndarray, wavelengths_nm: np.ndarray, peak: float | None = None) -> np.ndarray:
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


def gray_band(plane: np.ndarray, peak: float | None) -> np.ndarray:
    """Returns one band float32 [height, width] encoded for the screen, `peak` white: dark scenes stay readable."""
    return srgb_encode(np.asarray(plane / peak, np.float32)).numpy()


def peak_of(values: np.ndarray) -> float:
    """Returns the 99.5th percentile of `values`, at least 1e-6: a white point that highlights do not spoil."""
    return max(float(np.percentile(values, 99.5)), 1e-6)


def pick_points(cube: np.ndarray, count: int = 4) -> list[tuple[int, int]]:
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


def nearest_bands(wavelengths_nm: np.ndarray, wanted_nm: Sequence[float]) -> list[int]:
    """Returns the indices of the bands nearest to each of `wanted_nm`, ascending, without repeats."""
    wavelengths_nm = np.asarray(wavelengths_nm, np.float64)
    return sorted({int(np.abs(wavelengths_nm - wanted).argmin()) for wanted in wanted_nm})
