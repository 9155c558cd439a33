"""A camera by name or by file."""

import json
from pathlib import Path

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.files import camera_formats, cameras
from hsgan.spectra import developed
from hsgan.spectra import srf as srf_lib

BANDS = np.arange(400, 701, 10, dtype=np.float32)


@pytest.fixture(scope="module")
def dictionary():
    return srf_lib.default_dictionary(BANDS)


@pytest.fixture(scope="module")
def curves(dictionary):
    return dictionary.srf("Nikon 5100")


def test_every_format_is_listed():
    folder = Path(camera_formats.__file__).parent
    assert sorted(camera_formats.FORMATS) == sorted(path.stem for path in folder.glob("*.py") if path.stem[0] != "_")


def test_a_name(dictionary, curves):
    name, srf = cameras.find("Nikon 5100", dictionary)
    assert name == "Nikon 5100"
    np.testing.assert_array_equal(srf, curves)


@pytest.mark.parametrize("suffix", ["csv", "json", "npz"])
def test_a_file_of_one_camera(tmp_path, dictionary, curves, suffix):
    path = tmp_path / f"mine.{suffix}"
    scaled = 40 * curves.astype(np.float64)  # rows need not sum to 1
    if suffix == "csv":
        rows = np.column_stack([BANDS, scaled.T])
        path.write_text("wavelength,R,G,B\n" + "\n".join(",".join(map(repr, row.tolist())) for row in rows))
    elif suffix == "json":
        data = {"main": {f"{band:g}": row for band, row in zip(BANDS, scaled.T.tolist(), strict=True)}}
        header = {"manufacturer": "Own", "model": "One"}
        path.write_text(json.dumps({"header": header, "spectral_data": {"data": data}}))
    else:
        np.savez(path, filters=scaled.T, bands=BANDS)
    name, srf = cameras.find(str(path), dictionary)
    assert name == ("Own One" if suffix == "json" else "mine")
    np.testing.assert_allclose(srf, curves, atol=1e-7)  # float32 of values up to 0.2
    assert srf.dtype == np.float32


def test_one_camera_of_a_dictionary_file(tmp_path, dictionary, curves):
    srf_lib.write_dictionary(dictionary, tmp_path / "all.npz")
    name, srf = cameras.find(f"{tmp_path / 'all.npz'}:Nikon 5100", dictionary)
    assert name == "Nikon 5100"
    np.testing.assert_allclose(srf, curves, atol=1e-7)
    with pytest.raises(DataError, match=r"all\.npz holds 28 cameras; give one as .*all\.npz:NAME"):
        cameras.find(str(tmp_path / "all.npz"), dictionary)


def test_a_file_may_hold_the_lobes_of_developed_pictures(tmp_path, dictionary):
    lobed = developed.responses(BANDS)
    rows = np.column_stack([BANDS, lobed.T])
    (tmp_path / "screen.csv").write_text("\n".join(",".join(map(repr, row.tolist())) for row in rows))
    name, srf = cameras.find(str(tmp_path / "screen.csv"), dictionary)
    assert name == "screen" and srf.min() < -0.05
    np.testing.assert_allclose(srf, lobed, atol=1e-7)
    with pytest.raises(DataError, match="screen: sensitivities must not be negative"):
        cameras.read(tmp_path / "screen.csv")


def test_a_name_that_a_file_does_not_hold_lists_near_ones(tmp_path, dictionary):
    srf_lib.write_dictionary(dictionary, tmp_path / "all.npz")
    with pytest.raises(
        DataError, match=r"camera: no 'Nikon 5200' among the 28 cameras of .*all\.npz; near: Nikon 5100"
    ):
        cameras.find(f"{tmp_path / 'all.npz'}:Nikon 5200", dictionary)


@pytest.mark.parametrize("text, message", [
    ("Nikon 5200", "no 'Nikon 5200' among .* near: Nikon 5100"),
    ("none.csv", "none.csv: no such file"),
    ("bad.csv", "bad.csv: its header must name R, G and B"),
    ("short.csv", "curves span 450-700 nm and are not extrapolated"),
    ("curves.lum", r"a file of sensitivities must be one of .*\.csv.*\. Received: .*curves.lum"),
])  # fmt: skip
def test_what_is_no_camera_gets_one_line(tmp_path, dictionary, curves, text, message):
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    (tmp_path / "curves.lum").touch()
    rows = np.column_stack([BANDS, curves.T])[5:]
    (tmp_path / "short.csv").write_text("\n".join(",".join(map(repr, row.tolist())) for row in rows))
    with pytest.raises(DataError, match=message) as caught:
        cameras.find(str(tmp_path / text) if "." in text else text, dictionary)
    assert "\n" not in str(caught.value)
