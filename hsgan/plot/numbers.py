"""Numbers of places in a cube: spectrum, its deviation where the cube has one, and the color that is seen.

Colors are those of the CIE 1931 2 degree observer in the light that is asked for, as in the rendering
(`hsgan.plot.rendering`), but without its exposure: a surface of radiance 1 at every wavelength is white, of Y 100.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hsgan.files.libraries import SpectralLibrary
from hsgan.plot.places import Place
from hsgan.plot.rendering import relight_matrix, tristimulus_matrix
from hsgan.plot.view import CubeView, as_bytes
from hsgan.spectra.imaging import srgb_encode


@dataclass(frozen=True, eq=False)
class Measured:
    """What is known of a place.

    Attributes:
      place: the place.
      spectrum: float64 [bands], its mean radiance.
      deviation: float64 [bands], the standard deviation that the cube gives for its values, the root of the mean
        square over the place; None where the cube gives none.
      spread: float64 [bands], the standard deviation of the radiance over its pixels; 0 of one pixel.
      xyz: float64 [3], CIE XYZ, white is of Y 100.
      lab: float64 [3], CIE L*a*b*, relative to the white of the light.
      srgb: uint8 [3], what a screen shows; colors beyond sRGB are cut off.
    """

    place: Place
    spectrum: np.ndarray
    deviation: np.ndarray | None
    spread: np.ndarray
    xyz: np.ndarray
    lab: np.ndarray
    srgb: np.ndarray

    @property
    def hex(self) -> str:
        """The color as "#rrggbb"."""
        return f"#{bytes(self.srgb).hex()}"


def measure(view: CubeView, places: Sequence[Place], light: str = "D65", scene_light: str = "") -> list[Measured]:
    """Returns the numbers of places, in their order.

    Args:
      view: the cube.
      places: within it.
      light: to see it in.
      scene_light: that of the scene, which is divided out first; "" as `CubeView.scene_light`.

    Raises:
      DataError: no such light, or one that is not known at all bands, or leaves a band of the scene's dark.
    """
    scene, _ = view.scene_light(scene_light)
    tristimulus = tristimulus_matrix(view.wavelengths_nm, light)
    to_screen = relight_matrix(view.wavelengths_nm, light, scene)
    reflect = tristimulus_matrix(view.wavelengths_nm, light, scene)
    found = []
    for place in places:
        spectrum, spread = view.statistics(*place.part)
        xyz = reflect @ spectrum
        srgb = as_bytes(srgb_encode((to_screen @ spectrum).astype(np.float32)).numpy())
        lab = lab_of(xyz, white=tristimulus.sum(axis=1))
        found.append(Measured(place, spectrum, view.deviation(*place.part), spread, 100 * xyz, lab, srgb))
    return found


def lab_of(xyz: np.ndarray, white: np.ndarray) -> np.ndarray:
    """Returns CIE L*a*b* float64 [3] of XYZ [3] relative to the XYZ of white.

    Source: CIE 15:2018, section 8.2.1.
    """
    import colour

    # colour-science takes the white as a chromaticity, of Y 1.
    return colour.XYZ_to_Lab(xyz / white[1], colour.XYZ_to_xy(white))


def library(measured: Sequence[Measured], wavelengths_nm: np.ndarray) -> SpectralLibrary:
    """Returns the spectra of places as a library, named after them; with their spreads as its deviations.

    Args:
      measured: of `measure`, at least one.
      wavelengths_nm: float [bands], nm.
    """
    own = {one.place.name: one for one in measured}  # a place may be marked twice
    spectra, spreads = (np.array([getattr(one, name) for one in own.values()]) for name in ("spectrum", "spread"))
    return SpectralLibrary(tuple(own), np.asarray(wavelengths_nm, np.float64), spectra, spreads)


def table(measured: Sequence[Measured], wavelengths_nm: np.ndarray) -> str:
    """Returns CSV: a line a place, its rows and columns (ends included), color, spectrum, deviation, spread of areas.

    Args:
      measured: of `measure`.
      wavelengths_nm: float [bands], nm.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [f"{wavelength:g} nm" for wavelength in wavelengths_nm]
    deviations = any(one.deviation is not None for one in measured)
    spreads = any(not one.place.is_point for one in measured)
    head = ["place", "first row", "last row", "first column", "last column", "X", "Y", "Z", "L*", "a*", "b*"]
    more = [what for what, there in (("deviation", deviations), ("spread", spreads)) if there]
    writer.writerow([*head, "R", "G", "B", *names, *(f"{what} {name}" for what in more for name in names)])
    for number, one in enumerate(measured, 1):
        place = one.place
        where = [number, place.top, place.bottom - 1, place.left, place.right - 1]
        values = [
            *one.xyz,
            *one.lab,
            *one.srgb.tolist(),
            *one.spectrum,
            *(() if one.deviation is None else one.deviation),
            *(one.spread if spreads else ()),
        ]
        writer.writerow([*where, *(f"{value:.6g}" for value in values)])
    return stream.getvalue()
