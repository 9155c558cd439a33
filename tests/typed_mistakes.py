"""Mistakes of a user that the type checker must find, for it alone (`tests/test_types.py`): nothing here is run.

Each line that is wrong ends with the name of the error that must be found there, and why it is one.
"""

import xarray

import hsgan


def mistakes(model: hsgan.Reconstructor, cube: xarray.DataArray) -> None:
    hsgan.save_cube(cube.values, "a")  # arg-type: an array has no wavelengths
    hsgan.save_cube(cube, "a", dtype=16)  # arg-type: a type is named
    hsgan.open_cube(3)  # arg-type: no path
    hsgan.Reconstructor("runs/demo")  # arg-type: of a run it is from_run
    hsgan.Reconstructor.from_run("runs/demo", chekpoint="best")  # call-arg: misspelt
    model.reconstruct("photo.jpg", consistent="yes")  # arg-type: not a bool
    model.reconstruct(["a.jpg", "b.jpg"])  # arg-type: of several it is reconstruct_each
    hsgan.open_cubes("a")  # attr-defined: there is only open_cube
