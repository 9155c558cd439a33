"""Which camera a photo is read with, by what its file says: measured, by matrix, developed, estimated; and said so."""

import numpy as np
import pytest
import tifffile
from PIL import Image
from raw_files import write_dng
from trained_run import WAVELENGTHS_NM

from hsgan.errors import DataError
from hsgan.files import photos
from hsgan.files.evidence import read_origin
from hsgan.files.origin import DEVELOPED, LINEAR, RAW, Origin
from hsgan.reconstruct import camera
from hsgan.reconstruct.method import Method
from hsgan.spectra import color_matrix, developed, observer, srf

RGB = np.full((4, 5, 3), 0.4, np.float32)
MATRIX = np.array([[0.8, -0.2, -0.1], [-0.4, 1.2, 0.2], [-0.05, 0.15, 0.6]])


class Guess(Method):
    """A method that takes any photo for one of a Sigma."""

    estimates_camera = True

    def __init__(self):
        super().__init__("guess", srf.load("default", WAVELENGTHS_NM))

    def srf_of(self, rgb):
        return self.dictionary.srf("Sigma SDMerill")

    def window(self, rgb, srf):
        return np.zeros((*rgb.shape[:2], self.bands), np.float32)


class Blind(Guess):
    estimates_camera = False


@pytest.fixture(scope="module")
def method():
    return Guess()


def test_a_developed_picture_has_the_responses_of_srgb(method):
    found = camera.choose("", method, RGB, Origin(DEVELOPED))
    assert found.name == "srgb" and found.source == "a developed picture, not a sensor's own values"
    np.testing.assert_array_equal(found.srf, developed.responses(WAVELENGTHS_NM))


def test_a_measured_camera_is_taken_by_its_name(method):
    found = camera.choose("", method, RGB, Origin(RAW, "NIKON CORPORATION", "NIKON D5100", MATRIX))
    assert (found.name, found.source) == ("Nikon 5100", "measured, and named by the file")
    np.testing.assert_array_equal(found.srf, method.dictionary.srf("Nikon 5100"))


def test_another_camera_comes_from_its_matrix(method):
    found = camera.choose("", method, RGB, Origin(RAW, "NIKON CORPORATION", "NIKON D850", MATRIX, "D50"))
    assert found.name == "NIKON D850"
    assert found.source == "from the file's color matrix; NIKON D850 is not among the measured"
    np.testing.assert_array_equal(found.srf, color_matrix.estimate(MATRIX, method.dictionary, "D50"))
    nameless = camera.choose("", method, RGB, Origin(RAW, matrix=MATRIX))
    assert nameless.name == "unknown" and nameless.source.endswith("a camera without a name is not among the measured")


LAST_RESORTS = {
    "no matrix": (Origin(RAW, "Apple", "iPhone 12"), "Apple iPhone 12 is not among the measured, and the file has no"),
    "zeros": (
        Origin(RAW, matrix=np.zeros((3, 3))),
        "a camera without a name is not among the measured, and the file's",
    ),
    "linear": (Origin(LINEAR), "linear light, of which the file says no more"),
}


@pytest.mark.parametrize("case", LAST_RESORTS)
def test_the_last_resort_is_the_image(method, case):
    origin, source = LAST_RESORTS[case]
    found = camera.choose("", method, RGB, origin)
    assert found.name == "estimated" and found.source.startswith(f"from the image; {source}")
    np.testing.assert_array_equal(found.srf, method.dictionary.srf("Sigma SDMerill"))
    mean = camera.choose("", Blind(), RGB, origin)
    assert mean.name == "mean camera" and mean.source.startswith(f"of the measured; {source}")
    np.testing.assert_allclose(mean.srf, method.dictionary.responses.mean(axis=0))


@pytest.mark.parametrize(
    "origin", [Origin(DEVELOPED), Origin(RAW, "Canon", "Canon EOS 5D Mark II", MATRIX), Origin(LINEAR)]
)
def test_what_the_user_says_comes_first(method, origin, tmp_path):
    assert camera.choose("Nikon 5100", method, RGB, origin).name == "Nikon 5100"
    assert camera.choose("srgb", method, RGB, origin).name == "srgb"
    estimated = camera.choose("estimate", method, RGB, origin)
    assert (estimated.name, estimated.source) == ("estimated", "from the image; as asked for")
    path = tmp_path / "mine.csv"
    rows = np.column_stack([WAVELENGTHS_NM, method.dictionary.srf("Nikon 5100").T])
    path.write_text("\n".join(",".join(map(repr, row.tolist())) for row in rows))
    assert camera.choose(str(path), method, RGB, origin).facts == {"camera": "mine", "camera_source": "as asked for"}
    with pytest.raises(DataError, match=r"no 'Nikon 5101' among .* near: Nikon 5100"):
        camera.choose("Nikon 5101", method, RGB, origin)


def test_a_method_that_averages_over_cameras_takes_none(method):
    averaging = Guess()
    averaging.needs_camera = False
    found = camera.choose("", averaging, RGB, Origin(DEVELOPED))
    assert found.facts == {
        "camera": "estimated",
        "camera_source": "from the image; guess averages over the cameras that it knows, and takes none",
    }
    for wish in ("srgb", "Nikon 5100"):
        with pytest.raises(DataError, match=f"guess averages .* take --method=mixture. Received: {wish}"):
            camera.known(wish, averaging)


def test_only_what_needs_no_photo_is_known_without_one(method):
    assert camera.known("", method) is None and camera.known("estimate", method) is None
    assert camera.known("srgb", method).name == "srgb"
    with pytest.raises(DataError, match="no 'Nikon 5101'"):
        camera.known("Nikon 5101", method)


def test_a_model_that_takes_no_negative_srf_gets_none(method):
    old = Guess()
    old.takes_negative_srf = False
    found = camera.choose("", old, RGB, Origin(DEVELOPED))
    assert found.name == "estimated" and found.source.startswith("from the image; this export is too old")


def test_files_as_users_have_them(method, tmp_path):
    """From a file on the disk to the sentence."""
    Image.fromarray(np.full((8, 8, 3), 90, np.uint8)).save(tmp_path / "a.jpg")
    tifffile.imwrite(tmp_path / "b.tif", RGB, photometric="rgb")
    matrices = {21: tuple(observer.XYZ_TO_SRGB.ravel())}
    gray = np.full((24, 32, 3), 0.3)
    write_dng(tmp_path / "c.dng", gray, make="NIKON CORPORATION", model="NIKON D5100", matrices=matrices)
    write_dng(tmp_path / "d.dng", gray, make="Leica Camera AG", model="LEICA Q2", matrices=matrices)
    write_dng(tmp_path / "e.dng", gray, make="Leica Camera AG", model="LEICA Q2", matrices={21: (0.0,) * 9})
    names = {}
    for path in sorted(tmp_path.iterdir()):
        codes, stored = photos.read_codes(path)
        image = photos.to_linear(codes, stored)
        names[path.name] = camera.choose("", method, image, read_origin(path, stored)).name
    assert names == {
        "a.jpg": "srgb", "b.tif": "estimated", "c.dng": "Nikon 5100", "d.dng": "LEICA Q2", "e.dng": "estimated",
    }  # fmt: skip
