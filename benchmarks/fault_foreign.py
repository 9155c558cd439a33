"""Cubes as others write them, and their reader, to be damaged and tried."""

import h5py
import numpy as np
import scipy.io
import spectral.io.envi
import tifffile
import xarray
from fault_data_sets import write_pictures
from fault_samples import WAVELENGTHS_NM, Subject, cube

from hsgan.files import cubes
from hsgan.files.libraries import SpectralLibrary, read_library, write_library

_DIMS, _COORDS = ("y", "x", "wavelength"), {"wavelength": ("wavelength", WAVELENGTHS_NM, {"units": "nm"})}


def _npy(path):
    np.save(path, cube())


def _mat(path):
    scipy.io.savemat(path, {"hsi": cube(), "wavelengths": WAVELENGTHS_NM}, do_compression=True)


def _pages(path):
    tifffile.imwrite(path, np.moveaxis(cube(), 2, 0), photometric="minisblack")


def _tiles(path):
    tifffile.imwrite(path, cube(), photometric="minisblack", planarconfig="contig", tile=(16, 16), compression="lzw")


def _envi(path):
    fields = {"wavelength": WAVELENGTHS_NM / 1000, "wavelength units": "Micrometers", "data gain values": [2.0] * 31}
    spectral.io.envi.save_image(str(path), cube(), metadata=fields, interleave="bsq", ext="img")


def _netcdf3(path):
    xarray.DataArray(cube(), dims=_DIMS, coords=_COORDS, name="l").to_netcdf(path, engine="scipy")


def _netcdf4(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("l", data=cube(), chunks=(6, 5, 8), compression="gzip").attrs["scale_factor"] = [0.5]
        file.create_dataset("wavelength", data=WAVELENGTHS_NM).attrs["units"] = "nm"


def _subject(name, write):
    def make(folder):
        write(folder / name)
        return sorted(folder.iterdir())

    return Subject(make, lambda folder: cubes.open_cube(folder / name, WAVELENGTHS_NM).values)


def _library(folder):
    names = tuple("abc")
    write_library(folder / "a", SpectralLibrary(names, WAVELENGTHS_NM.astype(float), cube()[0, :3].astype(float)))
    return sorted(folder.iterdir())


def foreign_subjects() -> dict[str, Subject]:
    """Returns {name: `Subject`} of cubes of others."""
    return {
        "foreign npy": _subject("a.npy", _npy),
        "foreign matlab 5": _subject("a.mat", _mat),
        "foreign tiff, pages": _subject("a.tif", _pages),
        "foreign tiff, tiles": _subject("a.tif", _tiles),
        "foreign envi": _subject("a.hdr", _envi),
        "foreign netcdf 3": _subject("a.nc", _netcdf3),
        "foreign netcdf 4": _subject("a.nc", _netcdf4),
        "library envi": Subject(_library, lambda folder: read_library(folder / "a.sli")),
        "library csv": Subject(_library, lambda folder: read_library(folder / "a.csv")),
        "foreign pictures": Subject(write_pictures, lambda folder: cubes.open_cube(folder / "a_ms").values),
    }
