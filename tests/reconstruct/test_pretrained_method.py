"""Photos become cubes with the weights that come with the package: by the program, in Python, with what files say."""

import numpy as np
import pytest
from PIL import Image, ImageCms
from raw_files import write_dng

import hsgan
from hsgan.errors import RunError
from hsgan.files.cubes import open_cube
from hsgan.prior import pretrained
from hsgan.spectra import developed, exposure
from hsgan.spectra.mixture import mixture


@pytest.fixture
def photo(tmp_path):
    """A picture as a phone writes it: JPEG, EXIF, a profile."""
    pixels = np.random.default_rng(0).integers(90, 200, (20, 30, 3), np.uint8)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Apple", "iPhone 12", 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = tmp_path / "IMG_0001.JPG"
    Image.fromarray(pixels).save(path, "JPEG", exif=exif, icc_profile=profile, quality=95)
    return path


def test_one_command_makes_a_cube(photo, tmp_path, program, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, stdout, stderr = program("hsgan.reconstruct", photo, "--formats=npz")
    assert status == 0, stderr
    first, size, camera, *_ = stdout.splitlines()
    assert first.startswith("model mixture, cave_and_materials, sha256 ") and "CAVE" in first and "research" in first
    assert size == f"{photo}: 30 x 20 pixels, 31 bands 400-700 nm"  # turned upright
    assert camera == "  camera srgb (a developed picture, not a sensor's own values)"
    cube = open_cube(tmp_path / "cubes" / "IMG_0001.npz")
    assert cube.attrs["license"] == pretrained.card().terms and cube.attrs["camera"] == "srgb"
    assert cube.attrs["model"] == "mixture" and cube.attrs["model_version"].startswith("cave_and_materials, sha256 ")


def test_the_cube_is_the_mixtures(photo):
    cube = hsgan.Reconstructor.pretrained("materials").reconstruct(photo)
    from hsgan.files.photos import read_photo

    found = pretrained.load("materials")
    prior, rgb = found.prior, read_photo(photo)
    gain = exposure.gain(rgb, found.card.settings["brightness"])
    expected = mixture(gain * rgb, developed.responses(prior.wavelengths_nm), prior.parameters) / gain
    # float32 of the shares, which are exponentials of sums of some tens.
    np.testing.assert_allclose(cube, expected, atol=1e-4)
    assert "free of any data set's terms" in cube.attrs["license"]


def test_models_and_methods_are_chosen(photo, tmp_path, program):
    arguments = photo, "--model=materials", "--method=smooth", f"--output={tmp_path / 'out'}", "--nopreviews"
    status, stdout, _ = program("hsgan.reconstruct", *arguments, "--formats=npz")
    assert status == 0 and stdout.startswith("model smooth, materials, sha256 ")
    with pytest.raises(RunError, match=r"method: must be one of bi, smooth, .* without a run\. Received: 'hsgan'"):
        hsgan.Reconstructor.pretrained(method="hsgan")


def test_raw_is_read_with_the_camera_of_its_file(tmp_path, program):
    gray = np.full((24, 30, 3), 0.4)
    (tmp_path / "in").mkdir()
    write_dng(tmp_path / "in" / "a.dng", gray, make="NIKON CORPORATION", model="NIKON D5100")
    write_dng(tmp_path / "in" / "b.dng", gray, make="Leica Camera AG", model="LEICA Q2")
    write_dng(tmp_path / "in" / "c.dng", gray, make="\x01\x02", model="?" * 400, matrices={21: (0.0,) * 9})
    status, stdout, stderr = program(
        "hsgan.reconstruct", tmp_path / "in", f"--output={tmp_path / 'out'}", "--nopreviews", "--formats=npz"
    )
    assert status == 0, stderr
    cameras = [line for line in stdout.splitlines() if line.startswith("  camera ")]
    assert cameras[0] == "  camera Nikon 5100 (measured, and named by the file)"
    assert cameras[1].startswith("  camera LEICA Q2 (from the file's color matrix; LEICA Q2 is not among")
    assert cameras[2].startswith("  camera estimated (from the image; ?")


def test_models_are_listed_with_their_cards(program):
    status, stdout, _ = program("hsgan.reconstruct", "--list_models")
    assert status == 0
    for name in pretrained.NAMES:
        card = pretrained.card(name)
        assert card.title in stdout and card.terms in stdout and card.not_for[0] in stdout


@pytest.mark.parametrize("arguments, line", [
    (["--model=materials", "--run=a"], "flags run=a, saved_model=None, model=materials: give one of them at most"),
    (["--engine=openvino-float32"], "flags engine=openvino-float32, run=None: another engine than tensorflow needs"),
    (["--model=best"], "flag --model=best: value should be one of <cave_and_materials|materials>"),
    ([], "PHOTO: give at least one photo"),
])  # fmt: skip
def test_what_cannot_be_is_one_line(arguments, line, program):
    status, _, stderr = program("hsgan.reconstruct", *arguments)
    assert status == 1 and stderr.count("\n") == 1 and stderr.startswith(f"hsgan.reconstruct: error: {line}")


def test_a_broken_installation_is_one_line(photo, tmp_path, program, monkeypatch):
    monkeypatch.setattr(pretrained, "FOLDERS", (tmp_path / "none",))
    for arguments in ([photo], ["--list_models"]):
        status, _, stderr = program("hsgan.reconstruct", *arguments)
        assert status == 1 and stderr.count("\n") == 1
        assert "none/cave_and_materials.npz: the weights of the package are missing; the installation is" in stderr
