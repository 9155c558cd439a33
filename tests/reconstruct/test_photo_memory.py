"""A 12-megapixel photo goes through in under 1.5 GB, the whole process counted."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from trained_run import make_run

from hsgan.files.cubes import open_cube

LIMIT_BYTES = 1.5e9
# A process counts as its own what the one held that it was forked from, and this one may hold much: a small one between
# starts it, and says how it ended and the largest memory that it had, in kB.
MEASURED = (
    "import resource, subprocess, sys; status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL); "
    "print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


@pytest.mark.slow
@pytest.mark.parametrize("name, file", [("envi", "photo.hdr"), ("zarr", "photo.zarr")])
def test_12_megapixels(tmp_path, name, file):
    pixels = np.random.default_rng(0).integers(0, 255, (300, 400, 3), np.uint8)
    Image.fromarray(pixels).resize((4000, 3000)).save(tmp_path / "photo.jpg")
    command = [
        sys.executable, "-m", "hsgan.reconstruct", f"--run={make_run(tmp_path / 'run')}", str(tmp_path / "photo.jpg"),
        f"--output={tmp_path / 'out'}", f"--formats={name}",
    ]  # fmt: skip
    said = subprocess.run([sys.executable, "-c", MEASURED, *command], stdout=subprocess.PIPE, text=True, check=True)
    status, kilobytes = map(int, said.stdout.split())
    assert status == 0 and 1e8 < kilobytes * 1024 < LIMIT_BYTES
    cube = open_cube(tmp_path / "out" / file)
    assert cube.shape == (3000, 4000, 31) and np.isfinite(cube[-1, -1]).all()
