"""`python -m hsgan.reconstruct` as a user runs it."""

import subprocess
import sys

import numpy as np
import pytest
import spectral
from PIL import Image
from trained_run import WAVELENGTHS_NM, make_run


def run_program(*arguments):
    command = [sys.executable, "-m", "hsgan.reconstruct", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture
def photos(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (16, 24, 3), np.uint8)
    for name in ("cat.jpg", "cat.png"):
        Image.fromarray(pixels).save(tmp_path / name)
    (tmp_path / "bad.png").write_text("not a photo")
    return [tmp_path / name for name in ("cat.jpg", "bad.png", "cat.png")]


def test_photos_become_cubes_and_a_bad_one_is_told(tmp_path, photos):
    run = make_run(tmp_path / "run")
    done = run_program(f"--run={run}", *photos, f"--output={tmp_path / 'out'}")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"error: {photos[1]}: is not a photo" in done.stderr
    assert "hsgan.reconstruct: error: 1 of 3 photos could not be reconstructed" in done.stderr
    assert done.stdout.count("31 bands 400-700 nm") == 2 and done.stdout.count("round trip to RGB: RMSE") == 2
    names = [f"cat-{kind}{suffix}" for kind in ("jpg", "png") for suffix in (".hdr", ".img", ".npz", "_preview.png")]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(names)
    image = spectral.open_image(str(tmp_path / "out" / "cat-png.hdr"))
    with np.load(tmp_path / "out" / "cat-png.npz") as stored:
        np.testing.assert_array_equal(image.open_memmap(interleave="bip"), stored["cube"])
    assert image.bands.centers == WAVELENGTHS_NM.tolist()
