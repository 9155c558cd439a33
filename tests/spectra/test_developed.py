"""The responses of developed pictures against colour-science and closed forms."""

import warnings

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.spectra import developed, observer
from hsgan.spectra.illuminants import illuminant
from hsgan.spectra.imaging import srgb_encode

NM = np.arange(400.0, 701.0, 10.0)


@pytest.fixture(scope="module")
def colour():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its notes on optional packages
        import colour

        return colour


def test_the_observer_is_the_cies(colour):
    shape = colour.SpectralShape(400, 700, 10)
    functions = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"].copy().align(shape)
    np.testing.assert_allclose(observer.observer(NM), functions.values.T, rtol=1e-6, atol=1e-12)
    assert not observer.observer([300, 900]).any()


def test_the_white_of_srgb_is_that_of_d65(colour):
    x, y = observer.SRGB_WHITE[:2] / observer.SRGB_WHITE.sum()
    np.testing.assert_allclose([x, y], colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"], atol=2e-4)


@pytest.mark.parametrize("light", ["D65", "E", "A"])
def test_a_flat_reflectance_is_white_in_any_light(light):
    np.testing.assert_allclose(developed.responses(NM, light).sum(axis=1), 1, atol=1e-6)


def test_responses_have_the_lobes_of_srgb():
    srf = developed.responses(NM)
    assert srf.dtype == np.float32 and srf.shape == (3, 31)
    # Red falls below zero where a cyan that no screen shows would be, green on both sides, blue in the yellow.
    assert srf[0].min() < -0.05 and 490 <= NM[srf[0].argmin()] <= 520
    assert srf[1].min() < -0.005 and srf[2].min() < -0.005
    assert 590 <= NM[srf[0].argmax()] <= 610 and 530 <= NM[srf[1].argmax()] <= 560 and NM[srf[2].argmax()] == 450


def test_a_chart_in_daylight_has_the_colors_that_colour_science_says(colour):
    """Reflectances seen through the responses are what colour-science makes of them, from finer spectra, as sRGB."""
    chart = colour.SDS_COLOURCHECKERS["ISO 17321-1"].values()
    reflectances = np.array([np.interp(NM, patch.wavelengths, patch.values) for patch in chart])
    ours = srgb_encode(reflectances @ developed.responses(NM).T).numpy()
    d65 = colour.SDS_ILLUMINANTS["D65"]
    functions = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it aligns the light with the observer
        xyz = [colour.sd_to_XYZ(patch, functions, d65) / 100 for patch in chart]
    theirs = np.clip([colour.XYZ_to_sRGB(values) for values in xyz], 0, 1)
    # Bands of 10 nm that end at 400 and 700 nm, a matrix of four decimals: within half a code of 8 bits.
    np.testing.assert_allclose(ours, theirs, atol=0.5 / 255)


def test_the_light_is_the_one_asked_for():
    """`M (cmf * light)`, each row by its sum: the quotient of two lights' responses is that of the lights."""
    warm, flat = developed.responses(NM, "A").astype(np.float64), developed.responses(NM, "E").astype(np.float64)
    seen = np.abs(flat) > 1e-3
    light = np.broadcast_to(illuminant("A", NM), flat.shape)
    for channel in range(3):
        quotient = (warm / flat)[channel][seen[channel]] / light[channel][seen[channel]]
        np.testing.assert_allclose(quotient, quotient[0], rtol=1e-3)


@pytest.mark.parametrize("wavelengths_nm", [np.arange(450.0, 501.0, 10.0), np.arange(680.0, 781.0, 10.0)])
def test_bands_without_a_channel_are_refused(wavelengths_nm):
    with pytest.raises(DataError, match=r"^wavelengths: .*without response\. Received: (450-500|680-780) nm$"):
        developed.responses(wavelengths_nm)


def test_an_unknown_light_is_refused():
    with pytest.raises(DataError, match="illuminant: no 'D66'; near: "):
        developed.responses(NM, "D66")
