"""`python -m hsgan.reconstruct` as a user runs it."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import spectral
from PIL import Image
from raw_files import write_dng, write_video
from trained_run import WAVELENGTHS_NM, make_run

from hsgan.files.cubes import open_cube


def command(*arguments):
    return [sys.executable, "-m", "hsgan.reconstruct", *map(str, arguments)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("reconstruct") / "run")


@pytest.fixture
def photos(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (16, 24, 3), np.uint8)
    (tmp_path / "in").mkdir()
    for name in ("cat.jpg", "cat.png"):
        Image.fromarray(pixels).save(tmp_path / "in" / name)
    (tmp_path / "in" / "bad.png").write_text("not a photo")
    write_dng(tmp_path / "in" / "raw.dng", np.full((24, 24, 3), 0.4))
    return tmp_path / "in"


def test_a_folder_becomes_cubes_and_a_bad_photo_is_told(tmp_path, run, photos, program):
    output = tmp_path / "out"
    status, stdout, stderr = program(
        "hsgan.reconstruct", f"--run={run}", photos, f"--output={output}", "--formats=npz,envi"
    )
    assert status == 1
    assert f"error: {photos / 'bad.png'}: is not a photo" in stderr
    assert "hsgan.reconstruct: error: 1 of 4 photos could not be reconstructed" in stderr
    assert stdout.count("31 bands 400-700 nm") == 3 and stdout.count("round trip to RGB: RMSE") == 3
    names = [f"{name}{suffix}" for name in ("cat-jpg", "cat-png", "raw")
             for suffix in (".hdr", ".img", ".npz", "_preview.png")]  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    image = spectral.open_image(str(tmp_path / "out" / "cat-png.hdr"))
    with np.load(tmp_path / "out" / "cat-png.npz") as stored:
        np.testing.assert_array_equal(image.open_memmap(interleave="bip"), stored["cube"])
    assert image.bands.centers == WAVELENGTHS_NM.tolist()


def test_one_format_by_default_and_fewer_bits_and_bands_if_asked_for(tmp_path, run, photos, program):
    common = f"--run={run}", photos / "cat.png", "--nopreviews"
    assert program("hsgan.reconstruct", *common, f"--output={tmp_path / 'all'}")[0] == 0
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["cat.npz"]
    output = tmp_path / "few"
    status, _, stderr = program(
        "hsgan.reconstruct", *common, f"--output={output}", "--formats=envi", "--dtype=uint16", "--bands=450,548,650"
    )
    assert status == 0, stderr
    whole, few = open_cube(tmp_path / "all" / "cat.npz"), open_cube(output / "cat.hdr")
    assert few["wavelength"].values.tolist() == [450, 550, 650] and "srf" not in few.attrs
    assert (output / "cat.img").stat().st_size == 2 * 3 * 16 * 24
    expected = np.clip(whole.sel(wavelength=[450, 550, 650]).values, 0, 65535 / 16384)
    np.testing.assert_allclose(few.values, expected, atol=0.51 / 16384)


@pytest.mark.parametrize("flags, message", [
    (["--dtype=float16", "--formats=envi"], "formats: float16 can be held by npz, tiff, zarr. Received: envi"),
    (["--bands=450,900"], "wavelength: must lie in the cube's bands, 400-700 nm. Received: 900 nm"),
    (["--bands=449,451"], "wavelength: must lie in different bands. Received: two in that of 450 nm"),
    (["--formats=none", "--nopreviews"], "formats, previews: without both nothing would be written"),
    (["--formats=none,npz"], "formats: must be among npz, envi, matlab, tiff, zarr. Received: none"),
    (["--bands=red"], "--bands: must be START:STOP:STEP or W1,W2,... in nm"),
])  # fmt: skip
def test_what_cannot_be_written_is_said_first(tmp_path, run, photos, program, flags, message):
    output = tmp_path / "out"
    status, _, stderr = program("hsgan.reconstruct", f"--run={run}", photos / "cat.png", f"--output={output}", *flags)
    assert status == 1 and stderr.startswith(f"hsgan.reconstruct: error: {message}"), stderr
    assert not output.exists()


def test_previews_alone(tmp_path, photos, program):
    clip = write_video(tmp_path / "in" / "clip.mp4", [(200, 90, 90), (90, 90, 200)])
    output = tmp_path / "out"
    status, stdout, stderr = program(
        "hsgan.reconstruct", photos / "cat.png", clip, f"--output={output}", "--formats=none"
    )
    assert status == 0, stderr
    assert {path.name for path in output.iterdir()} == {"cat_preview.png", "clip_preview.mp4"}
    assert f"{clip}: 2 frames, 32 x 48 pixels and 31 bands of each, " in stdout and "frame 0" not in stdout


def test_cameras_are_listed_and_near_ones_offered(tmp_path, run, photos, program):
    status, stdout, _ = program("hsgan.reconstruct", f"--run={run}", "--list_cameras")
    assert status == 0 and stdout.splitlines()[0] == "Nikon 5100" and stdout.count("\n") == 28
    arguments = photos, f"--output={tmp_path / 'out'}", "--camera=Nikon 5200"
    status, _, stderr = program("hsgan.reconstruct", f"--run={run}", *arguments)
    assert status == 1 and stderr.count("\n") == 1
    assert "no 'Nikon 5200' among the 28 cameras" in stderr and "near: Nikon 5100" in stderr


def test_asked_to_end_it_leaves_nothing_unfinished(tmp_path, run):
    Image.new("RGB", (4000, 1500), (200, 120, 90)).save(tmp_path / "large.png")
    arguments = f"--run={run}", tmp_path / "large.png", f"--output={tmp_path / 'out'}", "--formats=envi"
    process = subprocess.Popen(command(*arguments), stderr=subprocess.PIPE)
    folder, until = tmp_path / "out", time.monotonic() + 60
    while not (folder.is_dir() and any(folder.iterdir())) and time.monotonic() < until:
        time.sleep(0.02)
    assert [path.suffix for path in folder.iterdir()] == [".unfinished"]
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM and b"Traceback" not in stderr
    assert not list(folder.iterdir())


@pytest.mark.parametrize("arguments, message", [
    (["--run=a", "--saved_model=b"], "flags run=a, saved_model=b, model=None: give one of them at most"),
    (["--run=none", "--output=out", "a.jpg"], "none: holds no run"),
])  # fmt: skip
def test_missing_flags_get_one_line(arguments, message, program):
    status, _, stderr = program("hsgan.reconstruct", *arguments)
    assert status == 1 and stderr.count("\n") == 1
    assert stderr.startswith(f"hsgan.reconstruct: error: {message}")
