"""What lies over the picture, and beside it: marks as SVG, the colors of a scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib

from hsgan.app.chart import color_of
from hsgan.app.hand import Corners
from hsgan.plot.places import Place

if TYPE_CHECKING:
    from hsgan.app.session import Picture

_COLORBAR_STEPS = 9


def overlay(
    marks: Sequence[Place],
    picture: Picture,
    area: Corners | None = None,
    cursor: tuple[int, int] | None = None,
) -> str:
    """Returns the marks as SVG in the pixels of a picture.

    Args:
      marks: places in the cube.
      picture: `hsgan.app.session.Picture`.
      area: corners (row, column) of an area in the making, or None.
      cursor: (row, column) of the cross that the keys move, or None.
    """
    unit, step = max(picture.width, picture.height) / 100, picture.step
    parts = []
    for number, mark in enumerate(marks):
        color = color_of(number)
        left, top, right, bottom = (value / step for value in (mark.left, mark.top, mark.right, mark.bottom))
        x, y = (left + right) / 2, (top + bottom) / 2
        if not mark.is_point:
            parts.append(_rectangle(left, top, right, bottom, color, unit))
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{1.9 * unit:.1f}" fill="{color}" stroke="#fff" '
            f'stroke-width="{0.35 * unit:.2f}"/><text x="{x:.1f}" y="{y + 0.85 * unit:.1f}" fill="#fff" '
            f'font-size="{2.4 * unit:.1f}" font-weight="600" text-anchor="middle">{number + 1}</text>'
        )
    if area is not None:
        (top, bottom), (left, right) = (sorted(value / step for value in pair) for pair in zip(*area, strict=True))
        parts.append(_rectangle(left, top, right, bottom, "#ffffff", unit))
    if cursor is not None:
        parts.append(_cross((cursor[1] + 0.5) / step, (cursor[0] + 0.5) / step, unit))
    return "".join(parts)


def _rectangle(left, top, right, bottom, color, unit):
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" fill="none" '
        f'stroke="{color}" stroke-width="{0.5 * unit:.2f}"/>'
    )


def _cross(x, y, unit):
    """A cross with a hole, light on dark: to be seen on every picture."""
    near, far = 0.8 * unit, 4 * unit
    path = (
        f"M{x - far:.1f} {y:.1f}H{x - near:.1f}M{x + near:.1f} {y:.1f}H{x + far:.1f}"
        f"M{x:.1f} {y - far:.1f}V{y - near:.1f}M{x:.1f} {y + near:.1f}V{y + far:.1f}"
    )
    return "".join(
        f'<path d="{path}" class="hs-cursor" fill="none" stroke="{color}" stroke-width="{width * unit:.2f}"/>'
        for color, width in (("#000", 0.9), ("#fff", 0.4))
    )


def colorbar(name: str) -> list[str]:
    """Returns CSS colors along a Matplotlib color map."""
    table = matplotlib.colormaps[name]
    return [matplotlib.colors.to_hex(table(part / (_COLORBAR_STEPS - 1))) for part in range(_COLORBAR_STEPS)]
