"""What files say of their cameras: DNGs with known tags, developed pictures, and rubbish."""

import numpy as np
import pytest
import tifffile
from PIL import Image
from raw_files import write_dng

from hsgan.files import evidence, origin, photos

GRAY = np.full((24, 32, 3), 0.3)
MATRIX = (0.8, -0.2, -0.1, -0.4, 1.2, 0.2, -0.05, 0.15, 0.6)
WARM = (0.9, -0.3, -0.1, -0.5, 1.4, 0.1, -0.04, 0.1, 0.5)


def read(path):
    return evidence.read_origin(path, photos.read_codes(path)[1])


def test_a_dng_says_its_camera_and_matrix(tmp_path):
    found = read(
        write_dng(tmp_path / "a.dng", GRAY, make="NIKON CORPORATION", model="NIKON D700", matrices={21: MATRIX})
    )
    assert (found.kind, found.make, found.model) == (origin.RAW, "NIKON CORPORATION", "NIKON D700")
    assert found.camera == "NIKON D700" and found.light == "D65"
    np.testing.assert_allclose(found.matrix, np.reshape(MATRIX, (3, 3)))


@pytest.mark.parametrize(
    ("lights", "expected"),
    [((17, 21), (1, "D65")), ((21, 17), (0, "D65")), ((17,), (0, "A")), ((23, 17), (0, "D50")), ((255,), (0, "D65"))],
)
def test_of_two_matrices_the_one_for_daylight_is_taken(tmp_path, lights, expected):
    matrices = dict(zip(lights, (MATRIX, WARM), strict=False))
    found = read(write_dng(tmp_path / "a.dng", GRAY, matrices=matrices))
    which, light = expected
    np.testing.assert_allclose(found.matrix, np.reshape((MATRIX, WARM)[which], (3, 3)))
    assert found.light == light


def test_what_is_missing_is_not_said(tmp_path):
    found = read(write_dng(tmp_path / "a.dng", GRAY, make=None, model=None, matrices={}))
    assert (found.make, found.model, found.matrix) == (
        "",
        "Synthetic One",
        None,
    )  # UniqueCameraModel, which DNG demands


def test_rubbish_is_not_taken_for_names(tmp_path):
    found = read(write_dng(tmp_path / "a.dng", GRAY, make="\x01\x02\x7f", model="A\tB\n" + "x" * 200))
    assert found.make == "" and found.model.startswith("A B xxx") and len(found.model) <= 60


@pytest.mark.parametrize("denominator", [0, 10000])
def test_a_matrix_of_zeros_or_without_denominators_is_left_to_its_reader(tmp_path, denominator):
    """It is handed on as it stands: `hsgan.spectra.color_matrix` refuses it."""
    path = write_dng(tmp_path / "a.dng", GRAY)
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages.first.tags[50721].overwrite((0, denominator) * 9)
    assert not np.nan_to_num(read(path).matrix).any()


def test_a_raw_file_that_is_no_tiff_is_asked_through_its_thumbnail(tmp_path, monkeypatch):
    path = write_dng(tmp_path / "a.dng", GRAY, make="SONY", model="NEX-5N")
    monkeypatch.setattr(evidence, "_tiff_tags", lambda path: {})
    monkeypatch.setattr(evidence, "_thumbnails_tags", lambda path: {271: "FUJIFILM", 272: "X-T1"})
    assert read(path).camera == "FUJIFILM X-T1"
    monkeypatch.undo()
    assert evidence._thumbnails_tags(path) == {}  # this one holds no thumbnail


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
def test_what_is_encoded_as_srgb_is_developed(tmp_path, name):
    exif = Image.Exif()
    exif[271], exif[272] = "NIKON CORPORATION", "NIKON D700"
    Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(tmp_path / name, exif=exif)
    found = read(tmp_path / name)
    assert found.kind == origin.DEVELOPED and found.matrix is None


def test_linear_light_says_nothing(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.full((8, 8, 3), 0.2, np.float32), photometric="rgb")
    assert read(tmp_path / "a.tif").kind == origin.LINEAR
    Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(tmp_path / "a.png")
    assert evidence.read_origin(tmp_path / "a.png", "linear").kind == origin.LINEAR


@pytest.mark.parametrize(
    ("make", "model", "name"),
    [
        ("Canon", "Canon EOS 60D", "Canon EOS 60D"),
        ("SONY", "NEX-5N", "SONY NEX-5N"),
        ("OLYMPUS IMAGING CORP.", "E-PL2", "OLYMPUS IMAGING CORP. E-PL2"),
        ("", "N900", "N900"),
        ("", "", ""),
    ],
)
def test_a_camera_is_named_as_one_would(make, model, name):
    assert origin.Origin(origin.RAW, make, model).camera == name
