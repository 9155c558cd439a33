"""A cube that is looked at, part by part.

A cube here is an `xarray.DataArray` as `hsgan.open_cube` gives it: dims ("y", "x", "wavelength"), linear radiance,
`wavelength` in nm. It may be larger than memory: it is read in strips of rows, or thinned out.
"""

from typing import TYPE_CHECKING

import numpy as np

from hsgan.errors import DataError
from hsgan.files.header import RADIANCE, REFLECTANCE
from hsgan.plot.rendering import peak_of, relight_matrix, render, wavelength_colors
from hsgan.spectra import illuminants
from hsgan.spectra.imaging import srgb_decode, srgb_encode

if TYPE_CHECKING:
    import xarray

_STRIP_PIXELS = 2**19
_STATISTICS_SIDE = 512


class CubeView:
    """A cube that is looked at: single bands, spectra, renderings; the whole is never held.

    Attributes:
      cube: the `xarray.DataArray`. shape: (height, width, bands). wavelengths_nm: float64 [bands].
    """

    def __init__(self, cube: "xarray.DataArray"):
        height, width, bands = cube.shape
        self.cube, self.shape = cube, (height, width, bands)
        self.wavelengths_nm = cube["wavelength"].values.astype(np.float64)
        if len(self.wavelengths_nm) < 2:
            raise DataError("cube: must have two bands or more to be shown. Received: one band")
        self._sample: np.ndarray | None = None

    def __repr__(self) -> str:
        height, width, bands = self.shape
        first, last = self.wavelengths_nm[[0, -1]]
        return f"<CubeView: {height} x {width} x {bands} bands, {first:g}-{last:g} nm>"

    def thin(self, side: int) -> tuple[np.ndarray, int]:
        """Returns (every n-th pixel of every n-th row, float32 [h, w, bands], n): at most `side` pixels a side."""
        step = self.step(side)
        return self.read((slice(None, None, step), slice(None, None, step))), step

    def step(self, side: int) -> int:
        """Returns n: every n-th pixel of every n-th row are at most `side` pixels a side."""
        return -(-max(self.shape[:2]) // side)

    def read(self, part: tuple) -> np.ndarray:
        """Returns float32 [h, w, bands] of (row slice, column slice), or [h, w] with a band's number beside."""
        return np.asarray(self.cube[part].values, np.float32)

    def spectrum(self, rows: slice, columns: slice) -> np.ndarray:
        """Returns the mean spectrum float64 [bands] of a range of rows and columns (slices, not empty)."""
        return self.statistics(rows, columns)[0]

    def statistics(self, rows: slice, columns: slice) -> tuple[np.ndarray, np.ndarray]:
        """Returns (mean, standard deviation over the pixels), float64 [bands], of a range of rows and columns.

        Args:
          rows: not empty; they are read strip by strip.
          columns: not empty.
        """
        # Source: Chan, Golub, LeVeque, "Updating formulae and a pairwise algorithm for computing sample variances",
        # 1979, eq. 2.1: no difference of large sums, as the squares' would be.
        count, mean, squares = 0, np.zeros(self.shape[2]), np.zeros(self.shape[2])
        strip = max(1, _STRIP_PIXELS // self.shape[1])
        for start in range(rows.start, rows.stop, strip):
            part = self.read((slice(start, min(start + strip, rows.stop)), columns)).astype(np.float64)
            pixels, own = part.shape[0] * part.shape[1], part.mean(axis=(0, 1))
            squares += ((part - own) ** 2).sum(axis=(0, 1)) + (own - mean) ** 2 * count * pixels / (count + pixels)
            mean += (own - mean) * pixels / (count + pixels)
            count += pixels
        return mean, np.sqrt(squares / count)

    def deviation(self, rows: slice, columns: slice) -> np.ndarray | None:
        """Returns the deviation float64 [bands] of a range of rows and columns, or None where the cube gives none.

        It is the root of the mean square of the cube's coordinate `deviation`, the standard deviation of each value.
        """
        if "deviation" not in self.cube.coords:
            return None
        values = np.asarray(self.cube.coords["deviation"][rows, columns].values, np.float64)
        return np.sqrt((values**2).mean(axis=(0, 1)))

    def band(self, number: int, step: int = 1) -> np.ndarray:
        """Returns one band, float32 [height / step, width / step]."""
        return self.read((slice(None, None, step), slice(None, None, step), number))

    @property
    def sample(self) -> np.ndarray:
        """A thinned-out cube for statistics, read once: float32 [h, w, bands]."""
        if self._sample is None:
            self._sample, _ = self.thin(_STATISTICS_SIDE)
        return self._sample

    @property
    def peak(self) -> float:
        """What counts as white where single bands are shown."""
        return peak_of(self.sample)

    @property
    def quantity(self) -> str:
        """What the values are, `RADIANCE` or `REFLECTANCE`; a cube that does not say so holds radiance."""
        return str(self.cube.attrs.get("quantity", RADIANCE))

    def scene_light(self, given: str = "") -> tuple[str, str]:
        """Returns (name of the light that is divided out, how it is known), given by the user or by the cube."""
        own = self.cube.attrs.get("illuminant", "")
        if given:
            return given, f"the scene's light {given} (given) divided out"
        if own:
            return str(own), f"the scene's light {own} (the cube's own record) divided out"
        if self.quantity == REFLECTANCE:
            return illuminants.FLAT, "the cube is reflectance already"
        return illuminants.FLAT, "the scene's light is not known: the cube is taken as reflectance"

    def render(self, light: str = "D65", scene_light: str = "", adapted: bool = False, step: int = 1) -> np.ndarray:
        """Returns the sRGB picture uint8 [height / step, width / step, 3] (`relight_matrix`), strip by strip."""
        scene, _ = self.scene_light(scene_light)
        matrix = relight_matrix(self.wavelengths_nm, light, scene, adapted)
        peak = peak_of(self.sample / illuminants.removable(scene, self.wavelengths_nm).astype(np.float32))
        strip, columns = max(1, _STRIP_PIXELS // self.shape[1]) * step, slice(None, None, step)
        rows = [slice(start, start + strip, step) for start in range(0, self.shape[0], strip)]
        return np.concatenate([as_bytes(render(self.read((part, columns)), matrix, peak)) for part in rows])

    def render_band(self, number: int, step: int = 1) -> np.ndarray:
        """Returns one band in the color of its wavelength, uint8 [height / step, width / step, 3]."""
        color = srgb_decode(wavelength_colors(self.wavelengths_nm)[number]).numpy()
        return as_bytes(srgb_encode(self.band(number, step)[..., None] * color / np.float32(self.peak)).numpy())


def as_bytes(picture: np.ndarray) -> np.ndarray:
    """Returns an sRGB-encoded picture [height, width, 3] in [0, 1] as uint8."""
    return np.round(picture * 255).astype(np.uint8)
