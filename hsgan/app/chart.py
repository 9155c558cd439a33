"""The chart of spectra as ECharts options: lines over wavelengths, the wavelengths' colors beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hsgan.files.header import RADIANCE, quantity_label
from hsgan.plot.figures import METHOD_COLORS
from hsgan.plot.rendering import wavelength_colors
from hsgan.spectra.bands import edges

if TYPE_CHECKING:
    from hsgan.app.session import Spectrum

_INK, _RULE = "#3c4650", "#e3e7ea"
_AXIS = {
    "nameTextStyle": {"color": _INK, "fontSize": 12},
    "axisLabel": {"color": _INK},
    "axisLine": {"lineStyle": {"color": "#aab3ba"}},
    "splitLine": {"lineStyle": {"color": _RULE}},
}
_STRIP_HEIGHT = 0.035


def color_of(number: int) -> str:
    """Returns the color of the place with this number, counted from 0."""
    return METHOD_COLORS[number % len(METHOD_COLORS)]


def hex_colors(wavelengths_nm: np.ndarray) -> list[str]:
    """Returns "#RRGGBB" of each wavelength."""
    return ["#" + bytes(row).hex() for row in np.round(wavelength_colors(wavelengths_nm) * 255).astype(np.uint8)]


def options(
    wavelengths_nm: np.ndarray,
    spectra: Sequence[Spectrum],
    band_nm: float | None = None,
    quantity: str = RADIANCE,
) -> dict:
    """Returns the chart's options.

    Args:
      wavelengths_nm: float [bands].
      spectra: of `Session.spectra`: the cube's are solid, the reference's dashed.
      band_nm: wavelength to mark with a line, or None.
      quantity: what the values are.
    """
    series = [_strip(wavelengths_nm, band_nm)]
    for number, (mark, values, reference, shade) in enumerate(spectra):
        name = f"{number + 1}: {mark.label}"
        if shade is not None:
            series += _shaded(number, wavelengths_nm, *shade)
        series.append(_line(name, wavelengths_nm, values, color_of(number), "solid"))
        if reference is not None:
            series.append(_line(f"{number + 1}: reference", wavelengths_nm, reference, color_of(number), "dashed"))
    limits = edges(wavelengths_nm)
    return {
        "animation": False,
        "aria": {"enabled": True},
        "grid": {"left": 62, "right": 18, "top": 12, "bottom": 52},
        "tooltip": {"trigger": "axis", "confine": True, "valueFormatter": None, "axisPointer": {"type": "line"}},
        "xAxis": {
            **_AXIS, "type": "value", "name": "wavelength (nm)", "nameLocation": "middle", "nameGap": 30,
            "min": float(limits[0]), "max": float(limits[-1]), "splitLine": {"show": False},
            "axisLabel": {"color": _INK, "showMinLabel": False, "showMaxLabel": False},
        },
        "yAxis": [
            {**_AXIS, "type": "value", "name": quantity_label(quantity), "nameLocation": "middle", "nameGap": 44},
            {"type": "value", "min": 0, "max": 1, "show": False},
        ],
        "series": series,
    }  # fmt: skip


def _line(name, wavelengths_nm, values, color, style):
    return {
        "name": name, "type": "line", "showSymbol": False, "symbol": "circle",
        "lineStyle": {"color": color, "width": 2, "type": style}, "itemStyle": {"color": color},
        "data": [[float(nm), round(float(value), 5)] for nm, value in zip(wavelengths_nm, values, strict=True)],
    }  # fmt: skip


def _shaded(number, wavelengths_nm, low, high):
    """What lies between two spectra: an area stacked upon a line; neither line is seen."""
    parts = []
    for name, part in (("from", low), ("to", high - low)):
        line = _line(f"{number + 1}: {name}", wavelengths_nm, part, color_of(number), "solid")
        hidden = {"lineStyle": {"opacity": 0}, "tooltip": {"show": False}, "silent": True}
        parts.append({**line, **hidden, "stack": f"interval {number + 1}"})
    parts[1]["areaStyle"] = {"color": color_of(number), "opacity": 0.18}
    return parts


def _solid(color):
    # The border closes the hairline between neighbors.
    return {"color": color, "opacity": 1, "borderColor": color, "borderWidth": 1}


def _strip(wavelengths_nm, band_nm):
    """The colors along the bottom, and the line at the band that is shown: areas and a mark of a line without data."""
    limits, colors = edges(wavelengths_nm), hex_colors(wavelengths_nm)
    areas = [
        [
            {"xAxis": float(low), "yAxis": 0, "itemStyle": _solid(color)},
            {"xAxis": float(high), "yAxis": _STRIP_HEIGHT},
        ]
        for low, high, color in zip(limits[:-1], limits[1:], colors, strict=True)
    ]
    strip = {"type": "line", "yAxisIndex": 1, "data": [], "silent": True, "markArea": {"silent": True, "data": areas}}
    if band_nm is not None:
        strip["markLine"] = {
            "silent": True, "symbol": "none", "label": {"show": False}, "animation": False,
            "lineStyle": {"color": "#7b8790", "type": "dotted", "width": 1.5}, "data": [{"xAxis": float(band_nm)}],
        }  # fmt: skip
    return strip
