"""The example runs, as its header says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from trained_run import make_run

import hsgan

EXAMPLE = Path(__file__).parents[1] / "examples" / "photo_to_cube.py"


def test_photo_to_cube(tmp_path):
    run, photo, output = make_run(tmp_path / "run"), tmp_path / "cat.png", tmp_path / "out"
    pixels = np.random.default_rng(0).integers(60, 200, (24, 32, 3), np.uint8)
    Image.fromarray(pixels).save(photo)
    done = subprocess.run([sys.executable, EXAMPLE, run, photo, output], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "31 bands from 400 to 700 nm" in done.stdout and done.stdout.endswith("equal: True\n")
    names = ["cat.hdr", "cat.img", "cat.mat", "cat.npz", "cat.tif", "cat_band_and_spectrum.png"]
    assert sorted(path.name for path in output.iterdir()) == names
    assert hsgan.open_cube(output / "cat.mat").shape == (24, 32, 31)
