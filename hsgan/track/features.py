"""What of a frame the filter sees: blocks of channels, by name, side by side.

Pixels are R, G, B (uint8, sRGB-encoded) or a cube's bands (float32, linear).
"""

import abc
from collections.abc import Sequence

import numpy as np

from hsgan.errors import ConfigError, DataError
from hsgan.track import abundances, color, hog, sshmg, window


class Block(abc.ABC):
    """Some channels of what the filter sees; made without arguments.

    Attributes:
      means: whether maps are averaged over the cells (`hsgan.track.window`), not added up.
    """

    means = False

    @abc.abstractmethod
    def begin(self, pixels: np.ndarray) -> None:
        """Looks once at the part of the first frame that the window needs, [height, width, channels]."""

    @abc.abstractmethod
    def maps(self, pixels: np.ndarray, grain: int) -> np.ndarray:
        """Returns float32 [height / grain, width / grain, maps] of such a part of any frame.

        Args:
          pixels: the part.
          grain: the maps are sums or means over squares of so many pixels a side.
        """

    @abc.abstractmethod
    def features(self, cells: np.ndarray) -> np.ndarray:
        """Returns the channels, float32 [windows, rows, columns, ...], of float32 [windows, rows, columns, maps]."""


class Hog(Block):
    """Histograms of oriented gradients (`hsgan.track.hog`), of any number of channels."""

    def begin(self, pixels: np.ndarray) -> None:
        """Keeps what makes a cube's values as large as 8-bit ones."""
        self.unit = None if pixels.dtype == np.uint8 else _unit(pixels)

    def maps(self, pixels: np.ndarray, grain: int) -> np.ndarray:
        return hog.direction_maps(pixels if self.unit is None else pixels * self.unit, grain)

    def features(self, cells: np.ndarray) -> np.ndarray:
        return hog.hog(cells)


class ColorNames(Block):
    """Nearness to the basic colors (`hsgan.track.color`)."""

    means = True

    def begin(self, pixels: np.ndarray) -> None:
        """Raises `DataError` unless there are three channels."""
        if pixels.shape[-1] != 3:
            raise DataError(
                f"features: color needs RGB frames; take hog, sshmg or abundances. Received: {pixels.shape[-1]} bands"
            )

    def maps(self, pixels: np.ndarray, grain: int) -> np.ndarray:
        return window.shrink(color.color_names(pixels), grain)

    def features(self, cells: np.ndarray) -> np.ndarray:
        return cells


class Sshmg(Block):
    """Spectral-spatial histograms of gradients (`hsgan.track.sshmg`), in units of the first frame's brightness."""

    def begin(self, pixels: np.ndarray) -> None:
        """Keeps the brightness; raises `DataError` unless the bands are a multiple of 4."""
        if pixels.shape[-1] % sshmg.BANDS:
            raise DataError(f"features: sshmg needs bands in multiples of {sshmg.BANDS}. Received: {pixels.shape[-1]}")
        self.unit = _unit(pixels)

    def maps(self, pixels: np.ndarray, grain: int) -> np.ndarray:
        return sshmg.direction_maps(pixels * self.unit, grain)

    def features(self, cells: np.ndarray) -> np.ndarray:
        return sshmg.sshmg(cells)


class Abundances(Block):
    """Abundances of the first frame's materials (`hsgan.track.abundances`)."""

    means = True

    def begin(self, pixels: np.ndarray) -> None:
        """Chooses the materials; raises `DataError` where all is black."""
        # Means of small squares: the spectrum of a single pixel is its noise as well.
        spectra = window.shrink(np.asarray(pixels, np.float32), 2).reshape(-1, pixels.shape[-1])
        if not spectra.any():
            raise DataError("frame: is black around the target; there is nothing to follow")
        self.materials = abundances.endmembers(spectra)

    def maps(self, pixels: np.ndarray, grain: int) -> np.ndarray:
        # Of the squares' means, which is faster, and less noise.
        squares = window.shrink(pixels, grain)
        found = abundances.unmix(squares.reshape(-1, squares.shape[-1]), self.materials)
        return found.reshape(*squares.shape[:2], -1).astype(np.float32)

    def features(self, cells: np.ndarray) -> np.ndarray:
        return cells


BLOCKS: dict[str, type[Block]] = {"hog": Hog, "color": ColorNames, "sshmg": Sshmg, "abundances": Abundances}
RGB_FEATURES = ("hog", "color")
CUBE_FEATURES = ("sshmg", "abundances")


class Features:
    """Several blocks side by side, each scaled to a mean square of 1.

    The filter's penalty and regularization are numbers; so that they mean the same whatever the features and the
    contrast, every block of every window gets the same energy per channel, as in Danelljan et al., "Learning Spatially
    Regularized Correlation Filters for Visual Tracking", ICCV 2015.

    Args:
      names: of blocks, in `BLOCKS`.

    Raises:
      ConfigError: no such block, or none.
    """

    def __init__(self, names: tuple[str, ...]):
        unknown = [name for name in names if name not in BLOCKS]
        if unknown or not names:
            raise ConfigError(f"features: must be of {', '.join(BLOCKS)}. Received: {', '.join(names) or 'none'}")
        self.blocks = [BLOCKS[name]() for name in names]

    def begin(self, pixels: np.ndarray) -> None:
        """Shows all blocks what the window needs of the first frame, [height, width, channels]."""
        for block in self.blocks:
            block.begin(pixels)

    def maps(self, pixels: np.ndarray, grain: int) -> list[np.ndarray]:
        """Returns the maps of every block, float32 [height / grain, width / grain, maps], of a part of a frame."""
        return [block.maps(pixels, grain) for block in self.blocks]

    def __call__(
        self, maps: Sequence[np.ndarray], within: Sequence[np.ndarray], across: Sequence[np.ndarray]
    ) -> np.ndarray:
        """Returns the features of the cells of some windows, float32 [windows, rows, columns, channels].

        Args:
          maps: of every block.
          within: `hsgan.track.window.shares` of the windows' cells in squares that there are, (along the height float32
            [windows, rows, height], along the width float32 [windows, columns, width]).
          across: the same, where the border's squares go on beyond it.
        """
        parts = []
        for block, planes in zip(self.blocks, maps, strict=True):
            rows, columns = [axis / axis.sum(axis=-1, keepdims=True) for axis in across] if block.means else within
            part = block.features(window.pool(planes, rows, columns))
            power = np.sqrt((part**2).mean(axis=(1, 2, 3), keepdims=True))
            parts.append(part / np.maximum(power, np.float32(1e-12)))
        return np.concatenate(parts, axis=-1)


def _unit(pixels):
    """Returns what makes the mean of linear values 128, so that the histograms' floors mean the same as for 8 bits."""
    return np.float32(128 / max(float(np.mean(pixels)), 1e-12))
