"""Spectral libraries: as other programs write and read them, and damaged ones."""

import numpy as np
import pytest
import spectral
import spectral.io.envi

from hsgan.errors import DataError
from hsgan.files.libraries import SpectralLibrary, read_library, write_library

NM = np.array([400.0, 450, 520, 610, 700])
SPECTRA = np.random.default_rng(0).random((3, 5)).astype(np.float32).astype(np.float64)
NAMES = ("leaf, dry", "leaf {wet}", "soil")
LIBRARY = SpectralLibrary(NAMES, NM, SPECTRA, SPECTRA / 10)


def test_written_it_is_read_back_and_by_spectral_python(tmp_path):
    paths = write_library(tmp_path / "new" / "a", LIBRARY)
    assert [path.name for path in paths] == ["a.sli", "a.hdr", "a_deviation.sli", "a_deviation.hdr", "a.csv"]
    own = read_library(tmp_path / "new" / "a.csv")
    assert own.names == NAMES
    np.testing.assert_allclose(own.spectra, SPECTRA, rtol=1e-8)
    np.testing.assert_allclose(own.deviations, SPECTRA / 10, rtol=1e-8)
    for name in ("a.sli", "a.hdr"):
        found = read_library(tmp_path / "new" / name)
        assert found.names == ("leaf; dry", "leaf (wet)", "soil") and found.deviations is None
        np.testing.assert_array_equal(found.spectra, SPECTRA)
        np.testing.assert_array_equal(found.wavelengths_nm, NM)
    other = spectral.open_image(str(tmp_path / "new" / "a_deviation.hdr"))
    assert isinstance(other, spectral.io.envi.SpectralLibrary) and other.bands.centers == NM.tolist()
    np.testing.assert_allclose(other.spectra, SPECTRA / 10, rtol=1e-6)
    assert repr(own) == "<SpectralLibrary: 3 spectra, 5 bands, 400-700 nm>"


@pytest.mark.parametrize("code, order", [(2, 0), (4, 1), (5, 0), (12, 1)])
def test_another_programs_library(tmp_path, code, order):
    values = np.rint(SPECTRA * 1000).astype(
        np.dtype(spectral.io.envi.envi_to_dtype[str(code)]).newbyteorder("<>"[order])
    )
    values[:, ::-1].tofile(tmp_path / "a.sli")
    (tmp_path / "a.hdr").write_text(
        "ENVI\nsamples = 5\nlines = 3\nbands = 1\nheader offset = 0\nfile type = ENVI Spectral Library\n"
        f"data type = {code}\ninterleave = bsq\nbyte order = {order}\nwavelength units = Micrometers\n"
        f"reflectance scale factor = 1000\nwavelength = {{{', '.join(f'{nm / 1000:g}' for nm in NM[::-1])}}}\n"
    )
    found = read_library(tmp_path / "a.sli")
    assert found.names == ("1", "2", "3")
    np.testing.assert_allclose(found.wavelengths_nm, NM)
    np.testing.assert_allclose(found.spectra, np.rint(SPECTRA * 1000) / 1000, rtol=1e-7)


def test_a_table_of_another_program(tmp_path):
    (tmp_path / "a.csv").write_text("um,grass,sand\n0.7,.4,.5\n\n0.4,.1,\n0.55,.2,.3\n")
    found = read_library(tmp_path / "a.csv")
    assert found.names == ("grass", "sand") and found.wavelengths_nm.tolist() == pytest.approx([400, 550, 700])
    np.testing.assert_allclose(found.spectra, [[0.1, 0.2, 0.4], [np.nan, 0.3, 0.5]])
    # Between its wavelengths a spectrum is a line, and beyond them it is not known.
    np.testing.assert_allclose(
        found.at([390, 400, 475, 625]), [[np.nan, 0.1, 0.15, 0.3], [np.nan, np.nan, np.nan, 0.4]]
    )


DAMAGED = {
    "no numbers": ("a.csv", "nm,a\n400,x\n500,1\n", "must hold numbers below the line of names"),
    "one spectrum twice": ("a.csv", "nm,a,a\n400,1,1\n500,1,1\n", "must name each spectrum once"),
    "no names": ("a.csv", "400\n500\n600\n", "must hold a line of names"),
    "ragged": ("a.csv", "nm,a\n400,1\n500,1,2\n", "must hold a line of names"),
    "one wavelength twice": ("a.csv", "nm,a\n400,1\n400,2\n", "must be finite and ascend"),
    "no number of nm": ("a.csv", "nm,a\nnan,1\n400,2\n", "must be finite and ascend"),
    "another suffix": ("a.txt", "", "must be a spectral library"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_table_is_one_line(tmp_path, name):
    file, text, message = DAMAGED[name]
    (tmp_path / file).write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        read_library(tmp_path / file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change, message", [
    (("lines = 3", "lines = 300000000000"), "is truncated"),
    (("samples = 5", "samples = -5"), "must hold spectra of real numbers"),
    (("data type = 4", "data type = 6"), "must hold spectra of real numbers"),
    (("data type = 4", "data type = 77"), "is damaged"),
    (("Spectral Library", "Standard"), "must be the header of a spectral library"),
    (("wavelength =", "length ="), "states no wavelengths"),
    (("units = nm", "units = Index of the band"), "must state 'wavelength' in nm or micrometers"),
    (("{ leaf; dry ,", "{"), "is damaged"),
])  # fmt: skip
def test_a_damaged_library_is_one_line(tmp_path, change, message):
    write_library(tmp_path / "a", LIBRARY)
    header = tmp_path / "a.hdr"
    text = header.read_text()
    assert change[0] in text
    header.write_text(text.replace(*change))
    with pytest.raises(DataError, match=message):
        read_library(tmp_path / "a.sli")


def test_half_a_library_is_told(tmp_path):
    write_library(tmp_path / "a", LIBRARY)
    (tmp_path / "a.hdr").unlink()
    with pytest.raises(DataError, match=r"a.sli: must have its header a.hdr beside it"):
        read_library(tmp_path / "a.sli")
    with pytest.raises(DataError, match="no such file"):
        read_library(tmp_path / "a.hdr")


@pytest.mark.parametrize("arguments", [
    (("a",), NM, SPECTRA),
    ((), NM, SPECTRA[:0]),
    (NAMES, NM[::-1], SPECTRA),
    (NAMES, NM, SPECTRA, SPECTRA[:2]),
])  # fmt: skip
def test_what_does_not_fit_together_is_refused(arguments):
    with pytest.raises(ValueError, match="must"):
        SpectralLibrary(*arguments)
