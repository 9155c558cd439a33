"""What lies over the picture, and beside it: marks as SVG, the colors of a scale."""

import matplotlib

from hsgan.app.chart import color_of

_COLORBAR_STEPS = 9


def overlay(marks, picture, drag=None):
    """Returns the marks as SVG in the pixels of a `Picture`; drag: two corners (x, y) of an area in the making."""
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
    if drag is not None:
        (x1, x2), (y1, y2) = (sorted(pair) for pair in zip(*drag, strict=True))
        parts.append(_rectangle(x1, y1, x2, y2, "#ffffff", unit))
    return "".join(parts)


def _rectangle(left, top, right, bottom, color, unit):
    return (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" fill="none" '
        f'stroke="{color}" stroke-width="{0.5 * unit:.2f}"/>'
    )


def colorbar(name):
    """Returns CSS colors along a Matplotlib color map."""
    table = matplotlib.colormaps[name]
    return [matplotlib.colors.to_hex(table(part / (_COLORBAR_STEPS - 1))) for part in range(_COLORBAR_STEPS)]
