"""Numbers of places against closed forms and colour-science; the table as other programs read it."""

import csv
import io

import numpy as np
import pytest
import xarray as xr
from trained_run import WAVELENGTHS_NM

from hsgan.plot import numbers
from hsgan.plot.places import Place
from hsgan.plot.view import CubeView
from hsgan.spectra.illuminants import illuminant


def view_of(values, deviation=None, **attributes):
    coords = {"wavelength": WAVELENGTHS_NM}
    if deviation is not None:
        coords["deviation"] = (("y", "x", "wavelength"), np.asarray(deviation, np.float32))
    values = np.asarray(values, np.float32)
    return CubeView(xr.DataArray(values, dims=("y", "x", "wavelength"), coords=coords, attrs=attributes))


@pytest.mark.parametrize("light", ["D65", "A", "FL2"])
def test_white_and_gray_have_their_numbers(light):
    gray = np.ones((1, 2, 31)) * np.array([1.0, 0.18])[:, None]
    white, dark = numbers.measure(view_of(gray), [Place.point(0, 0), Place.point(0, 1)], light)
    # L* of 1 and of 0.18 by CIE 15: 100, and 116 * 0.18**(1/3) - 16.
    np.testing.assert_allclose(white.lab, [100, 0, 0], atol=1e-4)
    np.testing.assert_allclose(dark.lab, [116 * 0.18 ** (1 / 3) - 16, 0, 0], atol=1e-4)
    assert white.xyz[1] == pytest.approx(100) and dark.xyz[1] == pytest.approx(18, rel=1e-6)  # float32 of the cube
    assert white.srgb.max() == 255


def test_a_color_is_that_of_colour_science():
    import colour

    patch = colour.SDS_COLOURCHECKERS["ISO 17321-1"]["blue sky"]
    spectrum = np.interp(WAVELENGTHS_NM, patch.wavelengths, patch.values)
    (found,) = numbers.measure(view_of(spectrum[None, None]), [Place.point(0, 0)], "D65")
    observer, light = colour.MSDS_CMFS["CIE 1931 2 Degree Standard Observer"], colour.SDS_ILLUMINANTS["D65"]
    alike = [one.copy().align(colour.SpectralShape(380, 730, 5)) for one in (patch, observer, light)]
    expected = colour.sd_to_XYZ(*alike, method="Integration")
    # Sums over 400-700 nm in steps of 10 nm stand for those over 380-730 nm in steps of 5.
    np.testing.assert_allclose(found.xyz, expected, rtol=0.01)
    lab = colour.XYZ_to_Lab(expected / 100, colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"])
    np.testing.assert_allclose(found.lab, lab, atol=0.5)
    srgb = colour.XYZ_to_sRGB(expected / 100) * 255
    np.testing.assert_allclose(found.srgb, srgb, atol=4)


def test_the_scenes_light_is_divided_out():
    cube = np.broadcast_to(0.5 * illuminant("A", WAVELENGTHS_NM), (1, 1, 31))
    (found,) = numbers.measure(view_of(cube, illuminant="A"), [Place.point(0, 0)], "D65")
    np.testing.assert_allclose(found.lab, [116 * 0.5 ** (1 / 3) - 16, 0, 0], atol=1e-3)


def test_the_table_reads_back():
    values = np.random.default_rng(0).random((4, 5, 31))
    view = view_of(values, deviation=values / 10)
    area = Place.between((1, 2), (3.9, 4.2), view.shape[:2])
    measured = numbers.measure(view, [Place.point(3, 4), area])
    first, second = csv.DictReader(io.StringIO(numbers.table(measured, view.wavelengths_nm)))
    assert (first["place"], first["first row"], first["last row"], first["last column"]) == ("1", "3", "3", "4")
    assert (second["first row"], second["last row"], second["first column"], second["last column"]) == (*"13", *"24")
    names = [f"{wavelength:g} nm" for wavelength in WAVELENGTHS_NM]
    # Six digits are written.
    np.testing.assert_allclose([float(second[name]) for name in names], values[1:4, 2:5].mean((0, 1)), rtol=1e-5)
    expected = np.sqrt(((values[1:4, 2:5] / 10) ** 2).mean((0, 1)))
    np.testing.assert_allclose([float(second[f"deviation {name}"]) for name in names], expected, rtol=1e-5)
    np.testing.assert_allclose([float(first[name]) for name in ("X", "Y", "Z")], measured[0].xyz, rtol=1e-5)
    assert [int(first[name]) for name in "RGB"] == measured[0].srgb.tolist()


def test_without_a_deviation_there_is_none():
    view = view_of(np.ones((2, 2, 31)))
    (measured,) = numbers.measure(view, [Place.point(0, 0)])
    assert measured.deviation is None and "deviation" not in numbers.table([measured], view.wavelengths_nm)
