"""SRF dictionaries: files, the embedded default, names."""

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.spectra import srf

GRID = np.arange(400, 701, 10)


def camspec(tmp_path, *cameras, samples=33):
    rng = np.random.default_rng(0)
    lines = []
    for name in cameras:
        lines.append(name)
        lines += ["\t".join(f"{value:.6g}" for value in rng.random(samples)) for _ in range(3)]
    path = tmp_path / "camspec_database.txt"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_camspec_rows_are_cut_and_normalized(tmp_path):
    path = camspec(tmp_path, "A", "B")
    raw = np.array([line.split() for line in path.read_text().splitlines()[1:4]], float)[:, :31]
    dictionary = srf.load(path, GRID)
    assert dictionary.names == ("A", "B")
    np.testing.assert_allclose(dictionary.srf("A"), raw / raw.sum(axis=1, keepdims=True), rtol=1e-6)
    assert dictionary.responses.dtype == np.float32


@pytest.mark.data
def test_the_published_database(real_data):
    dictionary = srf.load(real_data / "srf/camspec_database.txt", GRID)
    assert len(dictionary.names) == 28
    assert dictionary.default_test_camera == "Nikon D700"
    # R, G, B peak in that order, from long to short wavelengths.
    peaks = dictionary.responses.argmax(axis=-1)
    assert (peaks[:, 0] > peaks[:, 1]).all() and (peaks[:, 1] > peaks[:, 2]).all()


def test_the_embedded_dictionary():
    dictionary = srf.load("default", GRID)
    assert dictionary.responses.shape == (28, 3, 31)
    assert len(set(dictionary.names)) == 28
    np.testing.assert_allclose(dictionary.responses.sum(axis=-1), 1, rtol=1e-6)
    assert (dictionary.responses >= 0).all()
    assert np.linalg.matrix_rank(dictionary.responses.reshape(28, -1), tol=1e-3) > 10


def test_the_embedded_cameras_are_the_measured_ones():
    from colour.characterisation import MSDS_CAMERA_SENSITIVITIES

    measured = MSDS_CAMERA_SENSITIVITIES["Nikon 5100 (NPL)"]
    rows = np.stack([np.interp(GRID, measured.wavelengths, row) for row in np.asarray(measured.values).T])
    expected = rows / rows.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(srf.load("default", GRID).srf("Nikon 5100"), expected, rtol=1e-5)


def test_an_unknown_camera_lists_near_names(tmp_path):
    dictionary = srf.load(camspec(tmp_path, "Nikon D700", "Canon 20D"), GRID)
    with pytest.raises(DataError, match="near: Nikon D700"):
        dictionary.srf("Nikon D7000")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("\n", "\nextra\n", 1), "4 lines a camera"),
        (lambda text: text.replace("\t", " x ", 1), "line 2: must hold numbers"),
        (lambda text: text.replace("\t", "\t1\t", 1), "line 2: must hold 33 finite values.*34"),
        (lambda text: "", "4 lines a camera.*0 lines"),
    ],
)
def test_malformed_files_are_named(tmp_path, change, message):
    path = camspec(tmp_path, "A", "B")
    path.write_text(change(path.read_text()))
    with pytest.raises(DataError, match=message):
        srf.load(path, GRID)


def test_a_camera_whose_rows_follow_from_each_other_is_refused_by_name(tmp_path):
    path = camspec(tmp_path, "A", "Gray")
    lines = path.read_text().splitlines()
    gray = [*lines[:6], lines[5], lines[5]]
    path.write_text("\n".join(gray) + "\n")
    with pytest.raises(DataError, match=r"camera 'Gray': its rows R, G, B must be linearly independent"):
        srf.load(path, GRID)
    with pytest.raises(DataError, match=r"linearly independent\. Received: one row follows from the others"):
        srf.check(np.full((3, 4), 0.25), 4)


def test_extrapolation_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"400-720 nm and are not extrapolated. Received wavelengths: 380-700"):
        srf.load(camspec(tmp_path, "A"), np.arange(380, 701, 10))


def test_a_dictionary_speaks_of_itself():
    dictionary = srf.default_dictionary(np.arange(400, 701, 10, dtype=np.float32))
    assert repr(dictionary).startswith(f"<SrfDictionary: {len(dictionary.names)} cameras, 31 bands, 400-700 nm, of ")


def test_missing_file():
    with pytest.raises(DataError, match="no such file"):
        srf.load("nowhere.txt", GRID)
