"""Pictures of a cube: its bands, what it looks like under a light, spectra, index maps, and beside another cube.

A cube may be larger than memory (`hsgan.plot.view`); only a comparison reads both cubes whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from hsgan.disk.whole import write_file, write_json, write_text
from hsgan.errors import DataError
from hsgan.files.libraries import SpectralLibrary, write_library
from hsgan.plot import comparison, figures, library, numbers, regions
from hsgan.plot.places import Place
from hsgan.plot.rendering import pick_points, relight_matrix
from hsgan.plot.view import CubeView
from hsgan.spectra import indices

if TYPE_CHECKING:
    import xarray

# Side of what a figure shows, pixels; beyond that a screen shows no more.
FIGURE_SIDE = 900
SHEET_SIDE = 240
_STATISTICS_SIDE = 512


@dataclass(frozen=True)
class Wish:
    """Which pictures to draw.

    Attributes:
      light: name of the light of the rendering. scene_light: that of the scene, which is divided out first; "": the
        cube's own attribute `illuminant`, and where it has none the cube is taken as reflectance.
      adapted: whether the eye has adapted to the light.
      points: ((row, column), ...) to show spectra of. grid: (rows, columns) of evenly spaced ones instead. Neither:
        four that differ most.
      csv: whether the numbers of those points are written as a table, too.
      regions: `Place` each: figure, table and spectral library of their means and standard deviations.
      index: `hsgan.spectra.indices.Index` each.
      library: (name, `SpectralLibrary`) to compare the cube's spectra with; None for none.
      scale: of a comparison, in `hsgan.plot.comparison.SCALES`.
    """

    light: str = "D65"
    scene_light: str = ""
    adapted: bool = False
    points: tuple = ()
    grid: tuple = ()
    csv: bool = False
    regions: tuple[Place, ...] = ()
    index: tuple = ()
    library: tuple[str, SpectralLibrary] | None = None
    scale: str = comparison.NO_SCALE


def draw(
    cube: "xarray.DataArray", stem: str | Path, wish: Wish, reference: tuple[str, "xarray.DataArray"] | None = None
) -> tuple[list[Path], list[str]]:
    """Draws the pictures of a cube as files `stem` + "-bands.png" and so on.

    Args:
      cube: `xarray.DataArray` (`hsgan.plot.view`).
      stem: path without suffix; its folder is made.
      wish: `Wish`.
      reference: (name, cube) to compare with, taken as the truth; None for none.

    Returns:
      (paths, lines about what was assumed and measured).

    Raises:
      DataError: points or regions outside the image, wavelengths outside the bands, an unknown light, a library of
        other wavelengths, or a reference of another size or other bands. Nothing is written then.
    """
    view, name = CubeView(cube), Path(stem).name
    points = points_of(view, wish)
    check_regions(view, wish.regions)
    pairs = [(index, indices.bands_of(index, view.wavelengths_nm)) for index in wish.index]
    scene, assumed = view.scene_light(wish.scene_light)
    relight_matrix(view.wavelengths_nm, wish.light, scene, wish.adapted)
    if reference is not None:
        comparison.check_alike(view, CubeView(reference[1]), reference[0])
    matched = {name: library.match(view, own, name, FIGURE_SIDE) for name, own in filter(None, [wish.library])}
    figures.folder(Path(stem).parent)
    light = f"{wish.light}{'-adapted' if wish.adapted else ''}"
    paths = [
        figures.save(figures.contact_sheet(name, view.thin(SHEET_SIDE)[0], view.wavelengths_nm), f"{stem}-bands.png"),
        save_picture(view.render(wish.light, wish.scene_light, wish.adapted), f"{stem}-{file_name(light)}.png"),
        figures.save(_spectra(view, name, points), f"{stem}-spectra.png"),
    ]
    if wish.csv:
        places = [*(Place.point(*point) for point in points), *wish.regions]
        measured = numbers.measure(view, places, wish.light, wish.scene_light)
        paths.append(Path(f"{stem}-points.csv"))
        write_text(paths[-1], numbers.table(measured, view.wavelengths_nm))
    if wish.regions:
        paths += draw_regions(view, stem, wish)
    for library_name, match in matched.items():
        paths += draw_library(stem, library_name, match)
    paths += [figures.save(_index_map(view, name, *pair), f"{stem}-index-{pair[0].name}.png") for pair in pairs]
    lines = [f"rendering: light {wish.light}{', eye adapted to it' if wish.adapted else ''}; {assumed}"]
    lines += [library_line(library_name, match, view.wavelengths_nm) for library_name, match in matched.items()]
    shown = [(name, cube), *([reference] if reference is not None else [])]
    lines += [f"{path}: {one.attrs['assumed']}" for path, one in shown if "assumed" in one.attrs]
    if reference is not None:
        more, line = compare(view, stem, *reference, wish.scale)
        paths, lines = paths + more, [*lines, line]
    return paths, lines


def compare(
    view: CubeView, stem: str | Path, reference_name: str, reference: "xarray.DataArray", scale: str = "none"
) -> tuple[list[Path], str]:
    """Compares a cube with a reference: error maps, a map of spectral angles, spectra, numbers.

    Args:
      view: `CubeView`.
      stem: path without suffix.
      reference_name, reference: the cube that is taken as the truth.
      scale: in `hsgan.plot.comparison.SCALES`.

    Returns:
      (paths, the line of numbers). `stem`-against.json holds the numbers: the protocol `seed` (`hsgan.metrics`).

    Raises:
      DataError: cubes that cannot be compared.
    """
    name = Path(stem).name
    found = comparison.compare(view, CubeView(reference), reference_name, scale)
    estimate, truth, angles, measures = found.estimate, found.truth, found.angles, found.numbers
    title, step = f"{name} against {reference_name}", view.step(FIGURE_SIDE)
    thin = (slice(None, None, step), slice(None, None, step))
    errors = figures.error_maps(title, truth[thin], {"error": estimate[thin]}, view.wavelengths_nm)
    angle_map = figures.value_map(f"{title}: mean {angles.mean():.2f}°", angles[thin], "spectral angle (degrees)")
    paths = [
        figures.save(errors, f"{stem}-errors.png"),
        figures.save(angle_map, f"{stem}-sam.png"),
        figures.save(figures.spectra(title, truth, {name: estimate}, view.wavelengths_nm), f"{stem}-compared.png"),
        Path(f"{stem}-against.json"),
    ]
    write_json(paths[-1], {"cube": name, "reference": str(reference_name), "protocol": "seed", **measures})
    line = (
        f"against {reference_name}: PSNR {measures['psnr']:.2f} dB, ASSIM {measures['assim']:.4f}, "
        f"SAM {measures['sam_deg']:.2f}° (lit {measures['sam_lit_deg']:.2f}°)"
    )
    return paths, line + (f"; the cube multiplied by {measures['scale']:.4g}" if "scale" in measures else "")


def check_regions(view: CubeView, regions: Sequence[Place]) -> None:
    """Raises `DataError` for a region that does not lie in the image."""
    height, width = view.shape[:2]
    for region in regions:
        if not region.inside((height, width)):
            raise DataError(
                f"region: must be top,left,bottom,right in the image, rows 0-{height - 1}, columns 0-{width - 1}. "
                f"Received: {region.top},{region.left},{region.bottom - 1},{region.right - 1}"
            )


def draw_regions(view: CubeView, stem: str | Path, wish: Wish) -> list[Path]:
    """Draws the regions of a `Wish`, and writes their spectra as a library; returns the paths."""
    step = view.step(FIGURE_SIDE)
    measured = numbers.measure(view, wish.regions, wish.light, wish.scene_light)
    drawn = regions.figure(Path(stem).name, view.render(step=step), measured, view.wavelengths_nm, step, view.quantity)
    own = numbers.library(measured, view.wavelengths_nm)
    return [figures.save(drawn, f"{stem}-regions.png"), *write_library(f"{stem}-regions", own)]


def draw_library(stem: str | Path, name: str, matched: library.Match) -> list[Path]:
    """Draws the angles between a cube and the spectra of a library, and writes their table; returns the paths."""
    title = f"{Path(stem).name} against {Path(name).name}"
    paths = [figures.save(library.figure(title, matched), f"{stem}-library.png"), Path(f"{stem}-library.csv")]
    write_text(paths[1], library.table(matched))
    return paths


def library_line(name: str, matched: library.Match, wavelengths_nm: np.ndarray) -> str:
    """Returns the line about a comparison with a library."""
    used = wavelengths_nm[matched.bands]
    known = matched.smallest[np.isfinite(matched.smallest)]
    median = f"median angle to the nearest {np.median(known):.2f}°" if known.size else "the cube is black"
    return f"against {name}: {len(matched.names)} spectra, {len(used)} bands of {used[0]:g}-{used[-1]:g} nm; {median}"


def points_of(view: CubeView, wish: Wish) -> list[tuple[int, int]]:
    """Returns the points (row, column) that a `Wish` asks for.

    Raises:
      DataError: points outside the image, or a grid finer than it.
    """
    height, width = view.shape[:2]
    if wish.points:
        outside = [point for point in wish.points if not (0 <= point[0] < height and 0 <= point[1] < width)]
        if outside:
            raise DataError(
                f"points: must lie in the image, rows 0-{height - 1}, columns 0-{width - 1}. "
                f"Received: {';'.join(f'{row},{column}' for row, column in outside)}"
            )
        return list(wish.points)
    if wish.grid:
        rows, columns = wish.grid
        if rows > height or columns > width:
            raise DataError(f"grid: must not exceed the image, {height}x{width}. Received: {rows}x{columns}")
        return [
            (int((row + 0.5) * height / rows), int((column + 0.5) * width / columns))
            for row in range(rows)
            for column in range(columns)
        ]
    thinned, step = view.thin(_STATISTICS_SIDE)
    return [(row * step, column * step) for row, column in pick_points(thinned)]


def save_picture(picture: np.ndarray, path: str | Path) -> Path:
    """Writes uint8 [height, width, 3] as PNG, whole or not at all; returns the path."""
    write_file(path, lambda temporary: Image.fromarray(picture).save(temporary, format="PNG"))
    return Path(path)


def file_name(text: str) -> str:
    """Returns `text` with what is not fit for a file name replaced."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text)


def _spectra(view, name, points):
    step = view.step(FIGURE_SIDE)
    spectra = {point: view.spectrum(*Place.point(*point).part) for point in points}
    deviations = {point: view.deviation(*Place.point(*point).part) for point in points}
    known = all(deviation is not None for deviation in deviations.values())
    picture = view.render(step=step)
    deviations = deviations if known else None
    return figures.cube_spectra(
        name, picture, spectra, view.wavelengths_nm, step, deviations=deviations, quantity=view.quantity
    )


def _index_map(view, name, index, bands):
    step = view.step(FIGURE_SIDE)
    first, second = (view.band(band, step) for band in bands)
    values = indices.normalized_difference(first, second, view.peak)
    known = values[np.isfinite(values)]
    reach = max(float(np.percentile(np.abs(known), 99)), 0.05) if known.size else 1.0
    a, b = (f"{view.wavelengths_nm[band]:g}" for band in bands)
    return figures.value_map(
        f"{name}: {index.name}" + (f", {index.about}" if index.about else ""),
        values, f"(R{a} − R{b}) / (R{a} + R{b}), no unit; gray: too dark", "BrBG", (-reach, reach),
    )  # fmt: skip
