"""Pictures of a cube: its bands, what it looks like under a light, spectra, index maps, and beside another cube.

A cube here is an `xarray.DataArray` as `hsgan.open_cube` gives it: dims ("y", "x", "wavelength"), linear radiance,
`wavelength` in nm. It may be larger than memory: it is read in strips of rows, or thinned out; only a comparison reads
both cubes whole.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from hsgan.errors import DataError
from hsgan.files.atomic import write_atomically, write_json
from hsgan.metrics import protocols, quality
from hsgan.plot import figures
from hsgan.plot.rendering import peak_of, pick_points, relight_matrix, render, wavelength_colors
from hsgan.spectra import illuminants, indices
from hsgan.spectra.imaging import srgb_decode, srgb_encode

# Side of what a figure shows, pixels; beyond that a screen shows no more.
FIGURE_SIDE = 900
SHEET_SIDE = 240
_STRIP_PIXELS = 2**19
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
      index: `hsgan.spectra.indices.Index` each.
    """

    light: str = "D65"
    scene_light: str = ""
    adapted: bool = False
    points: tuple = ()
    grid: tuple = ()
    index: tuple = ()


class CubeView:
    """A cube that is looked at: single bands, spectra, renderings; the whole is never held.

    Attributes:
      cube: the `xarray.DataArray`. shape: (height, width, bands). wavelengths_nm: float64 [bands].
    """

    def __init__(self, cube):
        self.cube, self.shape = cube, cube.shape
        self.wavelengths_nm = cube["wavelength"].values.astype(np.float64)
        if len(self.wavelengths_nm) < 2:
            raise DataError("cube: must have two bands or more to be shown. Received: one band")
        self._sample = None

    def thin(self, side):
        """Returns (every n-th pixel of every n-th row, float32 [h, w, bands], n): at most `side` pixels a side."""
        step = -(-max(self.shape[:2]) // side)
        return self.read((slice(None, None, step), slice(None, None, step))), step

    def read(self, part):
        """Returns float32 [h, w, bands] of (row slice, column slice), or [h, w] with a band's number beside."""
        return np.asarray(self.cube[part].values, np.float32)

    def spectrum(self, rows, columns):
        """Returns the mean spectrum float64 [bands] of a range of rows and columns (slices, not empty)."""
        return self.read((rows, columns)).mean(axis=(0, 1), dtype=np.float64)

    def band(self, number, step=1):
        """Returns one band, float32 [height / step, width / step]."""
        return self.read((slice(None, None, step), slice(None, None, step), number))

    @property
    def sample(self):
        """A thinned-out cube for statistics, read once: float32 [h, w, bands]."""
        if self._sample is None:
            self._sample, _ = self.thin(_STATISTICS_SIDE)
        return self._sample

    @property
    def peak(self):
        """What counts as white where single bands are shown."""
        return peak_of(self.sample)

    def scene_light(self, given=""):
        """Returns (name of the light that is divided out, how it is known), given by the user or by the cube."""
        own = self.cube.attrs.get("illuminant", "")
        if given:
            return given, f"the scene's light {given} (given) divided out"
        if own:
            return str(own), f"the scene's light {own} (the cube's own record) divided out"
        return illuminants.FLAT, "the scene's light is not known: the cube is taken as reflectance"

    def render(self, light="D65", scene_light="", adapted=False, step=1):
        """Returns the sRGB picture uint8 [height / step, width / step, 3] (`relight_matrix`), strip by strip."""
        scene, _ = self.scene_light(scene_light)
        matrix = relight_matrix(self.wavelengths_nm, light, scene, adapted)
        peak = peak_of(self.sample / illuminants.removable(scene, self.wavelengths_nm).astype(np.float32))
        strip, columns = max(1, _STRIP_PIXELS // self.shape[1]) * step, slice(None, None, step)
        rows = [slice(start, start + strip, step) for start in range(0, self.shape[0], strip)]
        return np.concatenate([as_bytes(render(self.read((part, columns)), matrix, peak)) for part in rows])

    def render_band(self, number, step=1):
        """Returns one band in the color of its wavelength, uint8 [height / step, width / step, 3]."""
        color = srgb_decode(wavelength_colors(self.wavelengths_nm)[number]).numpy()
        return as_bytes(srgb_encode(self.band(number, step)[..., None] * color / np.float32(self.peak)).numpy())


def as_bytes(picture):
    """Returns an sRGB-encoded picture [height, width, 3] in [0, 1] as uint8."""
    return np.round(picture * 255).astype(np.uint8)


def draw(cube, stem, wish, reference=None):
    """Draws the pictures of a cube as files `stem` + "-bands.png" and so on.

    Args:
      cube: see the module. stem: path without suffix; its folder is made.
      wish: `Wish`.
      reference: (name, cube) to compare with, taken as the truth; None for none.

    Returns:
      (paths, lines about what was assumed and measured).

    Raises:
      DataError: points outside the image, wavelengths outside the bands, an unknown light, or a reference of another
        size or other bands. Nothing is written then.
    """
    view, name = CubeView(cube), Path(stem).name
    points = points_of(view, wish)
    pairs = [(index, indices.bands_of(index, view.wavelengths_nm)) for index in wish.index]
    scene, assumed = view.scene_light(wish.scene_light)
    relight_matrix(view.wavelengths_nm, wish.light, scene, wish.adapted)
    if reference is not None:
        check_alike(view, CubeView(reference[1]), reference[0])
    figures.folder(Path(stem).parent)
    light = f"{wish.light}{'-adapted' if wish.adapted else ''}"
    paths = [
        figures.save(figures.contact_sheet(name, view.thin(SHEET_SIDE)[0], view.wavelengths_nm), f"{stem}-bands.png"),
        save_picture(view.render(wish.light, wish.scene_light, wish.adapted), f"{stem}-{file_name(light)}.png"),
        figures.save(_spectra(view, name, points), f"{stem}-spectra.png"),
    ]
    paths += [figures.save(_index_map(view, name, *pair), f"{stem}-index-{pair[0].name}.png") for pair in pairs]
    lines = [f"rendering: light {wish.light}{', eye adapted to it' if wish.adapted else ''}; {assumed}"]
    if reference is not None:
        more, line = compare(view, stem, *reference)
        paths, lines = paths + more, [*lines, line]
    return paths, lines


def compare(view, stem, reference_name, reference):
    """Compares a cube with a reference, taken as the truth: error maps, a map of spectral angles, spectra, numbers.

    Returns:
      (paths, the line of numbers). `stem`-against.json holds the numbers: the protocol `seed` (`hsgan.metrics`).

    Raises:
      DataError: cubes that cannot be compared.
    """
    other = CubeView(reference)
    check_alike(view, other, reference_name)
    name, everything = Path(stem).name, (slice(None), slice(None))
    estimate, truth = view.read(everything), other.read(everything)
    try:
        numbers = protocols.protocol("seed")(truth, estimate)
    except ValueError as error:
        raise DataError(f"{name} against {reference_name}: {error}") from error
    angles = quality.spectral_angles(truth, estimate)
    title = f"{name} against {reference_name}"
    shown, step = {"error": view.thin(FIGURE_SIDE)[0]}, view.thin(FIGURE_SIDE)[1]
    errors = figures.error_maps(title, truth[::step, ::step], shown, view.wavelengths_nm)
    angle_map = figures.value_map(
        f"{title}: mean {angles.mean():.2f}°", angles[::step, ::step], "spectral angle (degrees)"
    )
    paths = [
        figures.save(errors, f"{stem}-errors.png"),
        figures.save(angle_map, f"{stem}-sam.png"),
        figures.save(figures.spectra(title, truth, {name: estimate}, view.wavelengths_nm), f"{stem}-compared.png"),
        Path(f"{stem}-against.json"),
    ]
    write_json(paths[-1], {"cube": name, "reference": str(reference_name), "protocol": "seed", **numbers})
    line = (
        f"against {reference_name}: PSNR {numbers['psnr']:.2f} dB, ASSIM {numbers['assim']:.4f}, "
        f"SAM {numbers['sam_deg']:.2f}° (lit {numbers['sam_lit_deg']:.2f}°)"
    )
    return paths, line


def check_alike(view, other, name):
    """Raises `DataError` unless two `CubeView`s have the same size and bands; `name` is the other's."""
    if view.shape != other.shape:
        raise DataError(
            f"{name}: must have the height, width and bands of the cube it is compared with, "
            f"{' x '.join(map(str, view.shape))}. Received: {' x '.join(map(str, other.shape))}"
        )
    if not np.allclose(view.wavelengths_nm, other.wavelengths_nm, atol=0.5):
        ranges = [f"{nm[0]:g}-{nm[-1]:g} nm" for nm in (view.wavelengths_nm, other.wavelengths_nm)]
        raise DataError(
            f"{name}: must have the wavelengths of the cube it is compared with, {ranges[0]}. Received: {ranges[1]}"
        )


def points_of(view, wish):
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


def save_picture(picture, path):
    """Writes uint8 [height, width, 3] as PNG, whole or not at all; returns the path."""
    write_atomically(path, lambda temporary: Image.fromarray(picture).save(temporary, format="PNG"))
    return Path(path)


def file_name(text):
    """Returns `text` with what is not fit for a file name replaced."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", text)


def _spectra(view, name, points):
    step = -(-max(view.shape[:2]) // FIGURE_SIDE)
    spectra = {(row, column): view.spectrum(slice(row, row + 1), slice(column, column + 1)) for row, column in points}
    return figures.cube_spectra(name, view.render(step=step), spectra, view.wavelengths_nm, step)


def _index_map(view, name, index, bands):
    step = -(-max(view.shape[:2]) // FIGURE_SIDE)
    first, second = (view.band(band, step) for band in bands)
    values = indices.normalized_difference(first, second, view.peak)
    known = values[np.isfinite(values)]
    reach = max(float(np.percentile(np.abs(known), 99)), 0.05) if known.size else 1.0
    a, b = (f"{view.wavelengths_nm[band]:g}" for band in bands)
    return figures.value_map(
        f"{name}: {index.name}" + (f", {index.about}" if index.about else ""),
        values, f"(R{a} − R{b}) / (R{a} + R{b}), no unit; gray: too dark", "BrBG", (-reach, reach),
    )  # fmt: skip
