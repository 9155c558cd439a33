"""The figure of regions: where they are, and their mean spectra with one standard deviation to both sides."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from hsgan.files.header import RADIANCE, quantity_label
from hsgan.plot.figures import METHOD_COLORS, POINT_STYLES, color_strip
from hsgan.plot.numbers import Measured


def figure(
    title: str,
    picture: np.ndarray,
    measured: Sequence[Measured],
    wavelengths_nm: np.ndarray,
    step: int,
    quantity: str = RADIANCE,
) -> Figure:
    """Returns a figure of regions.

    Args:
      title: of the figure.
      picture: sRGB-encoded [height, width, 3].
      measured: of `hsgan.plot.numbers.measure`, one a region.
      wavelengths_nm: float [bands].
      step: pixels of the cube a pixel of the picture.
      quantity: what the values are.
    """
    drawn = Figure(figsize=(12, 4.8), layout="constrained")
    left, right = drawn.subplots(1, 2, width_ratios=(1, 1.4))
    left.imshow(picture)
    left.set(xticks=[], yticks=[])
    for number, one in enumerate(measured, 1):
        again, which = divmod(number - 1, len(METHOD_COLORS))
        color, style, place = METHOD_COLORS[which], POINT_STYLES[again % len(POINT_STYLES)], one.place
        corner = place.left / step - 0.5, place.top / step - 0.5
        sides = (place.right - place.left) / step, (place.bottom - place.top) / step
        for width, edge in ((3.5, "white"), (1.8, color)):
            left.add_patch(Rectangle(corner, *sides, fill=False, edgecolor=edge, linewidth=width))
        where = [first + side / 2 for first, side in zip(corner, sides, strict=True)]
        left.text(*where, str(number), color="white", ha="center", va="center", fontsize=9, fontweight="bold")
        label = f"{number}: {place.label}"
        right.plot(wavelengths_nm, one.spectrum, color=color, linestyle=style, linewidth=1.8, label=label)
        low, high = one.spectrum - one.spread, one.spectrum + one.spread
        right.fill_between(wavelengths_nm, low, high, color=color, alpha=0.18, linewidth=0)
    color_strip(right, wavelengths_nm)
    right.set(xlabel="wavelength (nm)", ylabel=quantity_label(quantity))
    right.grid(alpha=0.25)
    columns = min(3, len(measured))
    right.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8, frameon=False, ncols=columns)
    drawn.suptitle(f"{title}   (shaded: one standard deviation of the pixels)", fontsize=11)
    return drawn
