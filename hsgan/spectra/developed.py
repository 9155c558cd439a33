"""The responses that a developed picture was made with: those of linear sRGB, negative lobes and all.

A JPEG is no camera's raw RGB. The camera has measured with its own sensors, and its processor has turned their values
into sRGB by a color matrix, a white balance and a tone curve. To the extent that it succeeded, the decoded picture is
what the CIE observer sees of the scene's reflectances in a reference light, as linear sRGB: `M (cmf * light)`, with `M`
from XYZ to sRGB. These responses fall below zero (to -0.09 of a row of unit sum and 31 bands), because sRGB's primaries
lie inside the colors that there are. No convex combination of the sensors of cameras has such lobes.

The tone and the saturation that a camera adds to taste are not in it.
"""

import numpy as np

from hsgan.errors import DataError
from hsgan.spectra import reflectances
from hsgan.spectra.illuminants import FLAT, illuminant
from hsgan.spectra.observer import XYZ_TO_SRGB, observer
from hsgan.spectra.srf import normalize

NAME = "srgb"
CHART = ("ISO 17321-1",)
# A white balance to daylight makes reflectances of D65; one to any other light comes near to it.
LIGHT = "D65"


def responses(wavelengths_nm: np.ndarray, light: str = LIGHT) -> np.ndarray:
    """Returns the effective SRF of a picture in linear sRGB, float32 [3, bands], rows of unit sum.

    A spectrum that is flat has R = G = B: the cube of a picture is relative to the light that it was balanced for.

    Args:
      wavelengths_nm: float [bands], at least two, ascending.
      light: a name in `hsgan.spectra.illuminants`: the light of the picture's white. "E" takes the spectra as radiance.

    Raises:
      DataError: no such light, or one that is not known at all bands; bands that leave a channel without response.
    """
    # The flat light is known at all bands, the CIE's to 830 nm.
    lit = observer(wavelengths_nm) * (1 if light == FLAT else illuminant(light, wavelengths_nm))
    curves = XYZ_TO_SRGB @ lit
    if not (curves.sum(axis=1) > 0).all():
        raise DataError(
            "wavelengths: a developed picture shows 400-700 nm, and these bands leave one of its channels without "
            f"response. Received: {np.min(wavelengths_nm):g}-{np.max(wavelengths_nm):g} nm"
        )
    return normalize(curves)


def responses_within(wavelengths_nm: np.ndarray) -> np.ndarray | None:
    """Returns `responses` in daylight, float32 [3, bands]; None where the bands leave a channel without response."""
    try:
        return responses(wavelengths_nm)
    except DataError:
        return None


def rendered(cameras: np.ndarray, wavelengths_nm: np.ndarray, light: str = LIGHT) -> np.ndarray:
    """Returns the effective SRFs of cameras' own pictures in linear sRGB, float32 [cameras, 3, bands], unit row sums.

    Each camera's values go through the matrix that makes of the patches of a chart, in a light, most nearly what the
    observer sees of them. No camera's responses are combinations of the observer's, so what comes out lies near
    `responses`, and is another for every camera.

    Args:
      cameras: float [cameras, 3, bands].
      wavelengths_nm: float [bands].
      light: a name in `hsgan.spectra.illuminants`: that of the chart, and of white.

    Raises:
      DataError: as `responses`; wavelengths at which the chart was not measured.
    """
    power = 1 if light == FLAT else illuminant(light, wavelengths_nm)
    chart = reflectances.load(wavelengths_nm, CHART)
    wanted = chart @ responses(wavelengths_nm, light).T.astype(np.float64)
    curves = []
    for camera in np.asarray(cameras, np.float64):
        lit = normalize(camera * power).astype(np.float64)  # white-balanced
        curves.append(np.linalg.lstsq(chart @ lit.T, wanted, rcond=None)[0].T @ lit)
    return normalize(np.array(curves))
