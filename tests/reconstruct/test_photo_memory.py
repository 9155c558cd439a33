"""A 12-megapixel photo goes through in under 1.5 GB, the whole process counted."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from trained_run import make_run

from hsgan.files.cubes import open_cube

LIMIT_BYTES = 1.5e9


@pytest.mark.slow
@pytest.mark.parametrize("name, file", [("envi", "photo.hdr"), ("zarr", "photo.zarr")])
def test_12_megapixels(tmp_path, name, file):
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    Image.fromarray(pixels).resize((4000, 3000)).save(tmp_path / "photo.jpg")
    command = [
        sys.executable, "-m", "hsgan.reconstruct", f"--run={make_run(tmp_path / 'run')}", str(tmp_path / "photo.jpg"),
        f"--output={tmp_path / 'out'}", f"--formats={name}",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert usage.ru_maxrss * 1024 < LIMIT_BYTES
    cube = open_cube(tmp_path / "out" / file)
    assert cube.shape == (3000, 4000, 31) and np.isfinite(cube[-1, -1]).all()
