"""Spectral-spatial histograms of multidimensional gradients: what outline and spectrum of a target look like together.

A cube's gradient has three parts, along x, y and the bands. Its direction is two angles: theta in the image plane, and
phi from the axis of the bands. A cell of pixels and of neighboring bands has a histogram of each, weighted by the
gradient's length, normalized by the energy of the 2x2 cells around each of its corners and clipped.

Source: Xiong, Zhou and Qian, "Material Based Object Tracking in Hyperspectral Videos", TIP 2020, section III-A. With 16
bands the channels are the paper's 208: 13 directions, 4 normalizations, 4 cells along the bands.
"""

import numpy as np

from hsgan.track.cells import bin_maps, block_scales, differences

THETA_BINS = 9
PHI_BINS = 4
BANDS = 4
CLIP = 0.2
_BINS = THETA_BINS + PHI_BINS


def direction_maps(cube: np.ndarray, grain: int = 1) -> np.ndarray:
    """Returns the gradients of small squares by angles, float32 [height / grain, width / grain, 13 * bands / 4].

    Each voxel gives its gradient's length, once to a bin of theta and once to one of phi.

    Args:
      cube: float32 [height, width, bands]; the bands are a multiple of 4, added up in fours.
        Height and width are multiples of `grain`.
      grain: side of a square, pixels.
    """
    theta, phi, length = directions(cube)
    groups = np.arange(cube.shape[-1]) // BANDS
    count = cube.shape[-1] // BANDS * _BINS
    first = bin_maps(length, groups * _BINS + theta, count, grain)
    return first + bin_maps(length, groups * _BINS + THETA_BINS + phi, count, grain)


def directions(cube: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns (bin of theta, bin of phi, length) of every voxel's gradient, each [height, width, bands].

    Theta turns from x to y in 9 bins over 2 pi, the first around 0; phi has 4 bins over [0, pi]. Differences are
    central, and one-sided at the borders.
    """
    down, right, across = (differences(cube, axis) for axis in (0, 1, 2))
    length = np.sqrt(down**2 + right**2 + across**2)
    theta = np.rint(np.arctan2(down, right) * np.float32(THETA_BINS / (2 * np.pi))).astype(np.int32)
    theta[theta < 0] += THETA_BINS
    # Bins of equal angle are intervals of the cosine: no arc cosine a voxel.
    cosine = np.divide(across, length, out=np.zeros_like(across), where=length > 0)
    phi = np.full(cosine.shape, PHI_BINS - 1, np.int32)
    for edge in np.cos(np.pi * np.arange(1, PHI_BINS) / PHI_BINS):
        phi -= cosine > np.float32(edge)
    return theta, phi, length


def sshmg(histograms: np.ndarray) -> np.ndarray:
    """Returns the features of cells, float32 [..., rows, columns, 13 * bands].

    Args:
      histograms: sums of `direction_maps` over the cells, float32 [..., rows, columns, 13 * bands / 4].
    """
    groups = np.moveaxis(histograms.reshape(*histograms.shape[:-1], -1, _BINS), -2, 0)
    scales = block_scales((groups[..., :THETA_BINS] ** 2).sum(axis=-1))
    parts = [np.minimum(groups * scale[..., None], np.float32(CLIP)) for scale in scales]
    return np.concatenate([part for group in zip(*parts, strict=True) for part in group], axis=-1)
