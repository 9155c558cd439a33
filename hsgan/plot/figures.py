"""Figures of an evaluation: error maps, spectra at marked pixels, estimated against true SRF. No pyplot state."""

import re
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from hsgan.disk.whole import write_file
from hsgan.errors import DataError
from hsgan.files.header import RADIANCE, quantity_label
from hsgan.metrics.coverage import interval
from hsgan.plot.rendering import gray_band, nearest_bands, peak_of, pick_points, pseudo_rgb, wavelength_colors
from hsgan.spectra.bands import edges
from hsgan.spectra.imaging import srgb_decode, srgb_encode

ERROR_BANDS_NM = (450, 550, 650)
# Okabe and Ito's colors, which the color-blind tell apart.
METHOD_COLORS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
METHOD_STYLES = (":", "-.", "--", "-")
POINT_STYLES = ("-", "--", "-.")
CHANNEL_COLORS = {"R": "#D03030", "G": "#2E9E3F", "B": "#2F62C9"}
MARK_COLORS = ("#FFFFFF", "#111111")

Spectra = Mapping[tuple[int, int], np.ndarray]  # by (row, column)


class Gallery:
    """Draws the figures of the first scenes of an evaluation into a folder.

    Attributes:
      paths: of the files written.
    """

    def __init__(self, output: str | Path, wavelengths_nm: np.ndarray, scenes: int):
        self.output = output
        self.wavelengths_nm = wavelengths_nm
        self.scenes = scenes
        self.paths: list[Path] = []
        self.estimates: dict[str, np.ndarray] = {}

    def add(
        self, scene: str, truth: np.ndarray, rgb: np.ndarray, cubes: Mapping[str, np.ndarray], srf: np.ndarray
    ) -> None:
        """The `on_scene` of `hsgan.evaluate.harness.evaluate`."""
        self.estimates[scene] = srf
        if len(self.estimates) > self.scenes:
            return
        self._save(error_maps(scene, truth, cubes, self.wavelengths_nm), f"{scene}-errors")
        self._save(spectra(scene, truth, cubes, self.wavelengths_nm), f"{scene}-spectra")

    def add_srf(self, camera: str, srf: np.ndarray) -> None:
        """Draws all estimates of the SRF so far beside the true one."""
        if self.scenes:
            self._save(srf_curves(camera, srf, self.estimates, self.wavelengths_nm), "srf")

    def _save(self, figure, name):
        self.paths.append(save(figure, folder(self.output) / f"{re.sub(r'[^A-Za-z0-9._-]+', '_', name)}.png"))


def error_maps(
    scene: str,
    truth: np.ndarray,
    cubes: Mapping[str, np.ndarray],
    wavelengths_nm: np.ndarray,
    wanted_nm: Sequence[float] = ERROR_BANDS_NM,
    top: float | None = None,
) -> Figure:
    """Returns a figure: true bands in the first row, then the absolute error of each method; one color scale.

    Args:
      scene: its name. truth: float [height, width, bands]. cubes: {method: cube}.
      wavelengths_nm: float [bands]. wanted_nm: the bands nearest to these are shown.
      top: end of the color scale; None takes the `largest_error` of the worst cube.
    """
    bands = nearest_bands(wavelengths_nm, wanted_nm)
    errors = {name: np.abs(cube[..., bands] - truth[..., bands]) for name, cube in cubes.items()}
    if top is None:
        top = max(largest_error(truth, cube, wavelengths_nm, wanted_nm) for cube in cubes.values())
    aspect = truth.shape[0] / truth.shape[1]
    figure = Figure(figsize=(2.3 * (len(cubes) + 1) + 0.9, 2.3 * aspect * len(bands) + 0.7), layout="constrained")
    axes = figure.subplots(len(bands), len(cubes) + 1, squeeze=False)
    for row, band in zip(axes, range(len(bands)), strict=True):
        plane = truth[..., bands[band]]
        row[0].imshow(gray_band(plane, peak_of(plane)), cmap="gray", vmin=0, vmax=1)
        row[0].set_ylabel(f"{wavelengths_nm[bands[band]]:g} nm")
        for axis, (_, error) in zip(row[1:], errors.items(), strict=True):
            shown = axis.imshow(error[..., band], cmap="magma", vmin=0, vmax=top)
    for axis, title in zip(axes[0], ("truth", *cubes), strict=True):
        axis.set_title(textwrap.fill(title, 20))
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    figure.colorbar(shown, ax=axes, label="absolute error (full scale 1)", shrink=0.8, extend="max")
    figure.suptitle(scene)
    return figure


def largest_error(
    truth: np.ndarray, cube: np.ndarray, wavelengths_nm: np.ndarray, wanted_nm: Sequence[float] = ERROR_BANDS_NM
) -> float:
    """Returns where the color scale of a cube's `error_maps` ends: the `peak_of` its errors in the bands shown."""
    bands = nearest_bands(wavelengths_nm, wanted_nm)
    return peak_of(np.abs(cube[..., bands] - truth[..., bands]))


def spectra(
    scene: str, truth: np.ndarray, cubes: Mapping[str, np.ndarray], wavelengths_nm: np.ndarray, count: int = 4
) -> Figure:
    """Returns a figure: the pseudo-RGB with marked pixels, and at each the true spectrum beside every method's."""
    points = pick_points(truth, count)
    figure = Figure(figsize=(12, 5.2), layout="constrained")
    left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=(1, 1.5))[0]
    mark_points(left.subplots(), pseudo_rgb(truth, wavelengths_nm), points)
    axes = right.subplots(2, (len(points) + 1) // 2, squeeze=False, sharex=True)
    for number, (axis, (row, column)) in enumerate(zip(axes.flat, points, strict=False), 1):
        axis.plot(wavelengths_nm, truth[row, column], color="black", linewidth=2.4, label="truth")
        for index, (name, cube) in enumerate(cubes.items()):
            color, style = METHOD_COLORS[index % len(METHOD_COLORS)], METHOD_STYLES[index % len(METHOD_STYLES)]
            axis.plot(wavelengths_nm, cube[row, column], color=color, linestyle=style, linewidth=1.5, label=name)
        axis.set_title(f"point {number}  (row {row}, column {column})", fontsize=9)
        axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
        axis.grid(alpha=0.25)
    for axis in axes.flat[len(points) :]:
        axis.set_axis_off()
    right.supxlabel("wavelength (nm)", fontsize=10)
    right.supylabel("radiance (full scale 1)", fontsize=10)
    lines, names = axes[0, 0].get_legend_handles_labels()
    # About 115 characters fit; a line and its margins take those of 8.
    columns = min(len(names), max(1, 115 // (max(map(len, names)) + 8)))
    right.legend(lines, names, loc="outside upper center", ncols=columns, frameon=False, fontsize=8)
    figure.suptitle(scene)
    return figure


def srf_curves(camera: str, srf: np.ndarray, estimates: Mapping[str, np.ndarray], wavelengths_nm: np.ndarray) -> Figure:
    """Returns a figure of the true SRF (solid) and the estimates of all scenes (dashed), channel by channel."""
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    axes = figure.subplots(1, 3, sharey=True)
    for index, (axis, (channel, color)) in enumerate(zip(axes, CHANNEL_COLORS.items(), strict=True)):
        axis.plot(wavelengths_nm, srf[index], color=color, linewidth=2.6, label=f"{camera} (true)")
        for number, estimate in enumerate(estimates.values()):
            label = f"estimated, {len(estimates)} scene{'s' * (len(estimates) > 1)}" if number == 0 else None
            axis.plot(
                wavelengths_nm, estimate[index], color="black", linewidth=0.9, linestyle="--", alpha=0.6, label=label
            )
        axis.set(title=channel, xlabel="wavelength (nm)")
        axis.grid(alpha=0.25)
        axis.legend(fontsize=8, frameon=False)
    axes[0].set_ylabel("response (rows of the camera sum to 1)")
    return figure


def contact_sheet(name: str, cube: np.ndarray, wavelengths_nm: np.ndarray, columns: int = 8) -> Figure:
    """Returns a figure of all bands, each in the color of its wavelength; one exposure for all.

    Args:
      name: title. cube: float [height, width, bands]. wavelengths_nm: float [bands].
      columns: bands in a row, at most.
    """
    bands = len(wavelengths_nm)
    columns = min(columns, bands)
    rows = -(-bands // columns)
    peak, colors = peak_of(cube), srgb_decode(wavelength_colors(wavelengths_nm)).numpy()
    aspect = min(max(cube.shape[0] / cube.shape[1], 0.4), 2.5)
    figure = Figure(figsize=(1.6 * columns, (1.6 * aspect + 0.28) * rows + 0.5), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis, plane, color, wavelength in zip(
        axes.flat, np.moveaxis(cube, -1, 0), colors, wavelengths_nm, strict=False
    ):
        axis.imshow(srgb_encode((plane[..., None] * color / peak).astype(np.float32)).numpy())
        axis.set_title(f"{wavelength:g} nm", fontsize=8)
    for axis in axes.flat:
        axis.set_axis_off()
    figure.suptitle(f"{name}: {bands} bands, one exposure", fontsize=11)
    return figure


def cube_spectra(
    name: str,
    picture: np.ndarray,
    spectra: Spectra,
    wavelengths_nm: np.ndarray,
    scale: float = 1,
    reference: Spectra | None = None,
    deviations: Spectra | None = None,
    quantity: str = RADIANCE,
) -> Figure:
    """Returns a figure: the picture with numbered points, and the spectra there over a strip of the bands' colors.

    Args:
      name: title. picture: sRGB-encoded [height, width, 3].
      spectra: {(row, column): float [bands]}.
      wavelengths_nm: float [bands].
      scale: pixels of the cube a pixel of the picture.
      reference: {(row, column): float [bands]} of another cube, drawn dashed; None for none.
      deviations: {(row, column): float [bands]}, standard deviations: 90 % intervals are shaded; None for none.
      quantity: what the values are.
    """
    figure = Figure(figsize=(12, 4.8), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.4))
    mark_points(left, picture, [(row / scale, column / scale) for row, column in spectra])
    for number, (point, values) in enumerate(spectra.items(), 1):
        again, which = divmod(number - 1, len(METHOD_COLORS))
        color, style = METHOD_COLORS[which], POINT_STYLES[again % len(POINT_STYLES)]
        label = f"{number}: row {point[0]}, column {point[1]}"
        right.plot(wavelengths_nm, values, color=color, linestyle=style, linewidth=1.8, label=label)
        if reference is not None:
            right.plot(wavelengths_nm, reference[point], color=color, linestyle=":", linewidth=1.4)
        if deviations is not None:
            shade_interval(right, wavelengths_nm, values, deviations[point], color)
    color_strip(right, wavelengths_nm)
    right.set(xlabel="wavelength (nm)", ylabel=quantity_label(quantity))
    right.grid(alpha=0.25)
    right.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8, frameon=False, ncols=min(4, len(spectra)))
    notes = ["dotted: the reference"] * (reference is not None) + ["shaded: 90 % intervals"] * (deviations is not None)
    figure.suptitle(name + (f"   ({', '.join(notes)})" if notes else ""), fontsize=11)
    return figure


def shade_interval(
    axis: Axes, wavelengths_nm: np.ndarray, values: np.ndarray, deviation: np.ndarray, color: str
) -> None:
    """Shades the 90 % interval about a spectrum in a plot over wavelengths.

    Args:
      axis: of Matplotlib.
      wavelengths_nm: float [bands].
      values: float [bands].
      deviation: float [bands], the standard deviations of the values.
      color: of the spectrum's line.
    """
    axis.fill_between(wavelengths_nm, *interval(values, deviation), color=color, alpha=0.18, linewidth=0)


def color_strip(axis: Axes, wavelengths_nm: np.ndarray, height: float = 0.03) -> None:
    """Draws the colors of the wavelengths along the bottom of a plot over wavelengths; its lower limit is 0 or less."""
    limits = edges(wavelengths_nm)
    axis.set_xlim(limits[0], limits[-1])
    axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
    for low, high, color in zip(limits[:-1], limits[1:], wavelength_colors(wavelengths_nm), strict=True):
        axis.axvspan(low, high, ymin=0, ymax=height, color=color, linewidth=0)


def value_map(
    name: str, values: np.ndarray, label: str, colormap: str = "viridis", limits: tuple[float, float] | None = None
) -> Figure:
    """Returns a figure of one number a pixel, with its color scale; NaN is gray.

    Args:
      name: title. values: float [height, width]. label: of the scale, with the unit.
      colormap: Matplotlib's. limits: (low, high) of the scale; None: 0 to the 99.5th percentile.
    """
    known = values[np.isfinite(values)]
    low, high = limits or (0, peak_of(known) if known.size else 1)
    aspect = min(max(values.shape[0] / values.shape[1], 0.3), 2.5)
    figure = Figure(figsize=(6.6, 5.2 * aspect + 0.7), layout="constrained")
    axis = figure.subplots()
    axis.set_facecolor("#8C8C8C")
    shown = axis.imshow(values, cmap=colormap, vmin=low, vmax=high)
    axis.set(xticks=[], yticks=[])
    figure.colorbar(shown, ax=axis, label=label, shrink=0.85, extend="both" if limits else "max")
    figure.suptitle(name, fontsize=11)
    return figure


def mark_points(axis: Axes, image: np.ndarray, points: Sequence[tuple[float, float]]) -> None:
    """Shows an image with numbered marks at `points` (row, column)."""
    axis.imshow(image)
    for number, (row, column) in enumerate(points, 1):
        axis.plot(column, row, "o", markersize=13, markerfacecolor=MARK_COLORS[1], markeredgecolor=MARK_COLORS[0])
        axis.text(column, row, str(number), color=MARK_COLORS[0], ha="center", va="center_baseline", fontsize=8)
    axis.set(xticks=[], yticks=[])


def save(figure: Figure, path: str | Path, dots_per_inch: int = 110) -> Path:
    """Writes a figure as PNG, whole or not at all; returns the path.

    Its texts are shown as they are: the name of a photo is no formula, whatever dollar signs are in it.
    """
    for text in figure.findobj(Text):
        if text.get_text():  # the labels of ticks are still empty, and may be formulas
            text.set_parse_math(False)
            text.set_text(text.get_text().encode(errors="replace").decode())
    write_file(path, lambda temporary: figure.savefig(temporary, format="png", dpi=dots_per_inch))
    return Path(path)


def check_folder(path: str | Path) -> None:
    """Raises `DataError` if the output folder `path` is a file."""
    if Path(path).exists() and not Path(path).is_dir():
        raise DataError(f"output: {path} is a file; give a folder")


def folder(path: str | Path) -> Path:
    """Returns the folder `path`, made if need be."""
    path = Path(path)
    path.mkdir(parents=True, exist_ok=True)
    return path
