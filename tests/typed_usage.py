"""What a user's program writes, for the type checker alone (`tests/test_types.py`): nothing here is run.

`assert_type` says which type the checker must find.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import assert_type

import numpy as np
import xarray

import hsgan
from hsgan.files.cubes import open_writer
from hsgan.files.header import CubeHeader
from hsgan.files.libraries import SpectralLibrary, read_library
from hsgan.metrics.quality import spectral_angles
from hsgan.plot.places import Place
from hsgan.plot.view import CubeView
from hsgan.reconstruct.api import Reconstructor

assert_type(hsgan.__version__, str)
model = hsgan.Reconstructor.from_run("runs/demo", checkpoint="best")
assert_type(model, Reconstructor)
assert_type(model.cameras, tuple[str, ...])
cube = model.reconstruct(Path("photo.jpg"), camera="srgb", consistent=True)
assert_type(cube, xarray.DataArray)
assert_type(model.reconstruct_each(["a.jpg", Path("b.jpg")], light="A"), Iterator[xarray.DataArray])
assert_type(hsgan.save_cube(cube.sel(wavelength=slice(450, 650)), "cubes/photo", ["envi"], dtype="uint16"), list[Path])
assert_type(hsgan.open_cube("scene.npy", wavelengths_nm=np.arange(400, 701, 10), white_level=4095), xarray.DataArray)
with open_writer("cubes/photo", "npz", CubeHeader(2, 3, np.arange(400, 701, 10))) as writer:
    writer.write(slice(0, 2), slice(0, 3), np.zeros((2, 3, 31)))
view = CubeView(cube)
assert_type(view.statistics(*Place.point(3, 4).part), tuple[np.ndarray, np.ndarray])
assert_type(read_library("leaves.sli"), SpectralLibrary)
assert_type(spectral_angles(cube.values, cube.values), np.ndarray)
