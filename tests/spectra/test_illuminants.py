"""Lights against Planck's law and colour-science."""

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.spectra import illuminants

NM = np.arange(400.0, 701.0, 10.0)


def test_light_a_is_a_black_body():
    # CIE 15: c2 = 1.435e-2 m K at 2848 K.
    planck = NM**-5.0 / np.expm1(1.435e7 / (2848 * NM))
    # The mean over a band of a curved spectrum differs from its center by less than this, most at 400 nm.
    np.testing.assert_allclose(illuminants.illuminant("A", NM), planck / planck.mean(), rtol=2e-3)


def test_the_flat_light_is_flat():
    np.testing.assert_allclose(illuminants.illuminant("E", NM), 1, rtol=1e-12)


def test_a_lamps_lines_count_by_their_mean_over_the_band():
    import colour

    lamp = colour.SDS_ILLUMINANTS["FL11"]
    fine = np.interp(np.arange(395, 705, 0.05) + 0.025, lamp.wavelengths, lamp.values)
    means = fine.reshape(31, -1).mean(axis=1)
    # 40 samples a band against 200, of a curve that is linear between its own.
    np.testing.assert_allclose(illuminants.illuminant("FL11", NM), means / means.mean(), rtol=1e-3)


@pytest.mark.parametrize("name, nm, line", [
    ("D66", NM, "illuminant: no 'D66'; near: D65"),
    ("??", NM, "illuminant: no '\\?\\?'; e.g. E, D50"),
    ("FL2", NM + 100, "illuminant: FL2 is known at 380-780 nm; choose another. Received: bands at 500-800 nm"),
])  # fmt: skip
def test_unknown_lights_and_bands_are_refused(name, nm, line):
    with pytest.raises(DataError, match=line):
        illuminants.illuminant(name, nm)


def test_a_light_that_leaves_a_band_dark_cannot_be_divided_out():
    with pytest.raises(DataError, match="LED-B3 has no light at 400 nm, so it cannot be divided out"):
        illuminants.removable("LED-B3", NM)
