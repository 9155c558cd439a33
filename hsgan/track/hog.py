"""Histograms of oriented gradients, 31 channels a cell: what a target's outline looks like, whatever its brightness.

Source: Felzenszwalb et al., "Object Detection with Discriminatively Trained Part-Based Models", TPAMI 2010, section 6:
18 directions, the same 9 without their sign, and 4 of the cell's gradient energy, each normalized by the energy of the
2x2 cells around each of the cell's corners and clipped at 0.2. Gradients are of the frame's own pixels, however large a
cell is.
"""

import numpy as np

from hsgan.track.cells import bin_maps, block_scales, differences

DIRECTIONS = 18
CLIP = 0.2
# So that the four energy channels have about the size of the others, as in the source's program.
_ENERGY_SHARE = 0.2357


def direction_maps(pixels: np.ndarray, grain: int = 1) -> np.ndarray:
    """Returns the gradients of small squares by direction, float32 [height / grain, width / grain, 18].

    Each pixel gives its gradient's length. The direction turns from x to y, the first bin is around 0. Differences are
    central, and one-sided at the borders.

    Args:
      pixels: uint8 or float [height, width, channels]; of each pixel the channel with the largest gradient counts.
        Height and width are multiples of `grain`.
      grain: side of a square, pixels.
    """
    # A channel at a time: planes are read faster than every third value.
    first, *others = np.moveaxis(pixels, -1, 0)
    down, right, square = _gradient(first)
    for channel in others:
        gradient = _gradient(channel)
        stronger = gradient[2] > square
        for values, new in zip((down, right, square), gradient, strict=True):
            np.copyto(values, new, where=stronger)
    turn = np.rint(np.arctan2(down, right) * np.float32(DIRECTIONS / (2 * np.pi))).astype(np.int32)
    turn[turn < 0] += DIRECTIONS
    return bin_maps(np.sqrt(square), turn, DIRECTIONS, grain)


def _gradient(channel):
    """Returns (difference down, difference to the right, sum of their squares) of a channel."""
    down, right = differences(channel, 0), differences(channel, 1)
    return down, right, down**2 + right**2


def hog(histograms: np.ndarray) -> np.ndarray:
    """Returns the features of cells, float32 [..., rows, columns, 31].

    Args:
      histograms: sums of `direction_maps` over the cells, float32 [..., rows, columns, 18].
    """
    half = DIRECTIONS // 2
    unsigned = histograms[..., :half] + histograms[..., half:]
    both = np.concatenate([histograms, unsigned], axis=-1)
    clipped = [
        np.minimum(both * scale[..., None], np.float32(CLIP)) for scale in block_scales((unsigned**2).sum(axis=-1))
    ]
    energies = np.stack([part[..., :DIRECTIONS].sum(axis=-1) for part in clipped], axis=-1)
    return np.concatenate([np.float32(0.5) * sum(clipped), np.float32(_ENERGY_SHARE) * energies], axis=-1)
