"""Small cubes in the formats in which the data sets are published, for the tests of their readers."""

import h5py
import numpy as np
import scipy.io
import xarray

WAVELENGTHS = np.arange(400, 701, 10)
SIZE = 12, 10


def smooth(seed, size=SIZE, bands=31):
    """Returns a random scene with structure, float64 [height, width, bands] in [0, 1]."""
    rng = np.random.default_rng(seed)
    image = rng.random((*size, 1)) * 0.8 + 0.1
    return image * np.linspace(0.4, 1, bands) * rng.uniform(0.9, 1, bands)


def write_v73(path, **variables):
    """Writes MATLAB 7.3: an HDF5 file behind MATLAB's 512 bytes, axes reversed, compressed as MATLAB does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, value in variables.items():
            stored = np.ascontiguousarray(np.asarray(value, np.float64).T)
            options = {"compression": "gzip", "compression_opts": 3, "chunks": True} if stored.ndim == 3 else {}
            file.create_dataset(name, data=stored, **options)
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, HDF5 schema 1.00 .".ljust(124) + b"\x00\x02IM"
    with open(path, "r+b") as file:
        file.write(header)


def write_icvl(path, counts):
    """`rad` 12-bit counts, `bands`, `rgb`."""
    write_v73(path, rad=counts, bands=WAVELENGTHS[None], rgb=counts[..., [24, 14, 4]] / 4095)


def write_arad(path, cube):
    """`cube`, `bands`, `norm_factor`."""
    write_v73(path, cube=cube, bands=WAVELENGTHS[None], norm_factor=np.array([[1234.5]]))


def write_harvard(path, cube):
    """MATLAB 5: `ref`, `lbl`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(path, {"ref": cube, "lbl": np.ones(cube.shape[:2], np.uint8)}, do_compression=True)


def write_netcdf(path, cube):
    """NetCDF 3, by xarray."""
    dims, coords = ("y", "x", "wavelength"), {"wavelength": ("wavelength", WAVELENGTHS, {"units": "nm"})}
    xarray.DataArray(cube, dims=dims, coords=coords, name="radiance").to_netcdf(path, engine="scipy")


def write_kaist(path, cube):
    """OpenEXR: channels w420nm ... w720nm, and R, G, B."""
    import OpenEXR

    channels = {f"w{420 + 10 * band}nm": np.ascontiguousarray(cube[..., band], np.float32) for band in range(31)}
    channels |= {name: channels["w550nm"].astype(np.float16) for name in "RGB"}
    with OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}, channels) as file:
        file.write(str(path))


def counts12(seed):
    """Returns 12-bit whole numbers, float64 [height, width, bands]."""
    return np.rint(4095 * smooth(seed))
