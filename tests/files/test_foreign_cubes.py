"""Cubes of others, written by the libraries that others use: every format, axis order, unit and scale, as radiance."""

import h5py
import numpy as np
import pytest
import scipy.io
import spectral.io.envi
import tifffile
import xarray

import hsgan
from hsgan.errors import DataError
from hsgan.files import cubes

HEIGHT, WIDTH, BANDS = 5, 7, 6
NM = np.array([420.0, 450, 500, 550, 600, 680])
PLAIN = np.random.default_rng(7).random((HEIGHT, WIDTH, BANDS)).astype(np.float32)
COUNTS = np.rint(PLAIN * 4000).astype(np.uint16)


def opened(path, values, **said):
    """Opens a cube, checks that it is `values` at the wavelengths `NM`, and that parts of it are, and returns it."""
    cube = hsgan.open_cube(path, **said)
    assert cube.dtype == np.float32 and cube.dims == ("y", "x", "wavelength")
    np.testing.assert_allclose(cube["wavelength"], NM, rtol=1e-6)  # float32
    np.testing.assert_allclose(cube.values, values, rtol=3e-7)  # two roundings to float32
    np.testing.assert_array_equal(cube[1:4, ::2, 3].values, cube.values[1:4, ::2, 3])
    np.testing.assert_array_equal(cube.sel(wavelength=slice(440, 560)).values, cube.values[..., 1:4])
    return cube


def write_envi(path, values, **fields):
    options = {"interleave": "bip", "byteorder": 0} | fields.pop("options", {})
    metadata = {"wavelength": NM.tolist(), "wavelength units": "Nanometers"} | fields
    metadata = {name: value for name, value in metadata.items() if value is not None}
    spectral.io.envi.save_image(str(path), values, metadata=metadata, dtype=values.dtype, ext="img", **options)


@pytest.mark.parametrize("interleave", ["bsq", "bil", "bip"])
@pytest.mark.parametrize("kind", ["u1", "i2", "u2", "i4", "f4", "f8"])
@pytest.mark.parametrize("byteorder", [0, 1])
def test_envi_of_any_interleave_type_and_byte_order(tmp_path, interleave, kind, byteorder):
    values = np.rint(PLAIN * 100).astype(kind)
    options = {"interleave": interleave, "byteorder": byteorder}
    write_envi(tmp_path / "a.hdr", values, options=options, **{"reflectance scale factor": 100})
    cube = opened(tmp_path / "a.hdr", np.rint(PLAIN * 100) / 100)
    assert "srf" not in cube.attrs and "assumed" not in cube.attrs


def test_envi_says_micrometers_gains_and_offsets(tmp_path):
    micrometers = {"wavelength": (NM / 1000).tolist(), "wavelength units": "Micrometers"}
    write_envi(tmp_path / "a.hdr", PLAIN, **micrometers)
    opened(tmp_path / "a.img", PLAIN)
    write_envi(tmp_path / "b.hdr", PLAIN, **micrometers | {"wavelength units": None})  # small numbers
    opened(tmp_path / "b.hdr", PLAIN)
    gains, offsets = np.linspace(1, 2, BANDS), np.linspace(0.1, 0.2, BANDS)
    write_envi(
        tmp_path / "c.hdr", PLAIN, **{"data gain values": gains.tolist(), "data offset values": offsets.tolist()}
    )
    opened(tmp_path / "c.hdr", (PLAIN.astype(float) * gains + offsets).astype(np.float32))


def test_bands_in_another_order_come_sorted(tmp_path):
    order = [3, 1, 5, 0, 4, 2]
    gains = np.linspace(1, 2, BANDS)
    fields = {"wavelength": NM[order].tolist(), "data gain values": gains[order].tolist()}
    write_envi(tmp_path / "a.hdr", PLAIN[..., order], **fields)
    opened(tmp_path / "a.hdr", (PLAIN.astype(float) * gains).astype(np.float32))


def test_the_data_file_may_have_other_names(tmp_path):
    for name, header in {"a.dat": "a.hdr", "b.raw": "b.raw.hdr", "c.bsq": "c.hdr"}.items():
        write_envi(tmp_path / "kept.hdr", PLAIN)
        (tmp_path / "kept.img").rename(tmp_path / name)
        (tmp_path / "kept.hdr").rename(tmp_path / header)
        opened(tmp_path / name, PLAIN)
        opened(tmp_path / header, PLAIN)


@pytest.mark.parametrize("compressed", [False, True])
def test_matlab_5(tmp_path, compressed):
    variables = {"hsi": PLAIN.astype(float), "wavelengths": NM, "mask": np.ones((HEIGHT, WIDTH))}
    scipy.io.savemat(tmp_path / "a.mat", variables, do_compression=compressed)
    opened(tmp_path / "a.mat", PLAIN)


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}, {"chunks": (1, WIDTH, HEIGHT)}])
def test_matlab_73(tmp_path, options):
    with h5py.File(tmp_path / "a.mat", "w", userblock_size=512) as file:
        file.create_dataset("rad", data=PLAIN.astype(float).T, **options)
        file["bands"] = NM[:, None]
    opened(tmp_path / "a.mat", PLAIN)


def test_npz_under_any_name_and_bands_first(tmp_path):
    np.savez(tmp_path / "a.npz", scene=PLAIN.transpose(2, 0, 1), wl=NM / 1000, labels=np.zeros((HEIGHT, WIDTH)))
    opened(tmp_path / "a.npz", PLAIN)
    np.savez_compressed(tmp_path / "b.npz", first=PLAIN, second=PLAIN, wavelength=NM)
    opened(tmp_path / "b.npz", PLAIN, variable="second")
    with pytest.raises(
        DataError, match=r"b.npz: --variable must say which array is the cube; present: first \[5, 7, 6\]"
    ):
        hsgan.open_cube(tmp_path / "b.npz")


@pytest.mark.parametrize("order", ["C", "F"])
def test_npy_needs_wavelengths(tmp_path, order):
    np.save(tmp_path / "a.npy", np.asarray(PLAIN, order=order))
    opened(tmp_path / "a.npy", PLAIN, wavelengths_nm=NM)
    with pytest.raises(DataError, match=r"a.npy: states no wavelengths; give --wavelengths=START:STOP:STEP"):
        hsgan.open_cube(tmp_path / "a.npy")
    with pytest.raises(DataError, match=r"a.npy: must hold 4 bands, 420-550 nm. Received: shape \[5, 7, 6\]"):
        hsgan.open_cube(tmp_path / "a.npy", wavelengths_nm=NM[:4])


@pytest.mark.parametrize("kind", ["pages", "pages, compressed", "samples", "samples, tiled", "planes"])
def test_tiff_pages_and_samples(tmp_path, kind):
    options = {"photometric": "minisblack"}
    if kind.startswith("pages"):
        values = PLAIN.transpose(2, 0, 1)
        options |= {"compression": "zlib"} if "compressed" in kind else {}
    else:
        values = PLAIN.transpose(2, 0, 1) if kind == "planes" else PLAIN
        options |= {"planarconfig": "separate" if kind == "planes" else "contig"}
        options |= {"tile": (16, 16)} if "tiled" in kind else {}
    tifffile.imwrite(tmp_path / "a.tif", values, **options)
    opened(tmp_path / "a.tif", PLAIN, wavelengths_nm=NM)


@pytest.mark.parametrize("version", ["3", "4", "4, compressed"])
def test_netcdf(tmp_path, version):
    path, scale, offset = tmp_path / "a.nc", 1 / 4000, 0.25
    if version == "3":
        coords = {"wavelength": ("wavelength", NM / 1000, {"units": "um"})}
        cube = xarray.DataArray(COUNTS.astype(np.int16), dims=("y", "x", "wavelength"), coords=coords, name="radiance")
        cube.attrs = {"scale_factor": scale, "add_offset": offset}
        cube.to_netcdf(path, engine="scipy")
    else:
        with h5py.File(path, "w") as file:
            options = {"compression": "gzip"} if "compressed" in version else {}
            cube = file.create_dataset("radiance", data=COUNTS.transpose(2, 0, 1), **options)
            cube.attrs.update({"scale_factor": [scale], "add_offset": [offset]})
            file.create_dataset("Wavelength", data=NM).attrs["units"] = "nm"
            file.create_group("about")["text"] = "x"
    opened(path, (COUNTS * scale + offset).astype(np.float32))


def write_pictures(folder, counts, name="{}_{:02d}.png"):
    folder.mkdir(parents=True)
    for band in range(counts.shape[2]):
        (folder / name.format("scene_ms", band + 1)).write_bytes(png(counts[..., band]))


def png(values):
    import imagecodecs

    return imagecodecs.png_encode(np.ascontiguousarray(values))


def test_a_folder_of_pictures(tmp_path):
    write_pictures(tmp_path / "scene_ms" / "scene_ms", COUNTS)
    (tmp_path / "scene_ms" / "scene_ms" / "scene_RGB.bmp").write_bytes(b"x")
    opened(tmp_path / "scene_ms", COUNTS / 65535, wavelengths_nm=NM)
    (tmp_path / "scene_ms" / "scene_ms" / "scene_ms_03.png").unlink()
    with pytest.raises(DataError, match=r"scene_ms: must hold a picture of every band. Missing: 3"):
        hsgan.open_cube(tmp_path / "scene_ms", wavelengths_nm=NM)
    folder = tmp_path / "named"
    folder.mkdir()
    for band, nm in enumerate(NM):
        (folder / f"leaf_{nm:g}nm.png").write_bytes(png((COUNTS[..., band] >> 4).astype(np.uint8)))
    opened(folder, (COUNTS >> 4).astype(np.uint8) / 255)
    with pytest.raises(
        DataError, match=r"holds no pictures of bands \(NAME_01.png, NAME_02.png, ...\), and no Zarr cube"
    ):
        hsgan.open_cube(tmp_path)


def test_caves_scenes_open_as_they_are(real_data):
    cube = hsgan.open_cube(real_data / "cave" / "balloons_ms")
    assert cube.shape == (256, 256, 31) and cube["wavelength"].values.tolist() == list(range(400, 701, 10))
    import imagecodecs

    band = imagecodecs.png_decode((real_data / "cave/balloons_ms/balloons_ms/balloons_ms_31.png").read_bytes())
    np.testing.assert_allclose(cube.sel(wavelength=700), band / 65535, rtol=1e-6)


def test_what_stands_for_one_is_said_by_the_file_the_user_or_the_type(tmp_path):
    np.save(tmp_path / "a.npy", COUNTS)
    cube = opened(tmp_path / "a.npy", COUNTS / 65535, wavelengths_nm=NM)
    assert cube.attrs["assumed"] == "the file does not say what stands for 1: 65535 is taken"
    cube = opened(tmp_path / "a.npy", COUNTS / 4000, wavelengths_nm=NM, white_level=4000)
    assert "assumed" not in cube.attrs
    np.save(tmp_path / "b.npy", PLAIN * 4000)
    opened(tmp_path / "b.npy", PLAIN * 4000, wavelengths_nm=NM)
    with pytest.raises(DataError, match=r"white_level, the value that stands for 1, must be positive. Received: 0"):
        hsgan.open_cube(tmp_path / "a.npy", wavelengths_nm=NM, white_level=0)


@pytest.mark.parametrize("values, message", [
    (PLAIN.astype(complex), "must be an array of numbers or text"),
    (PLAIN > 0.5, "must hold a cube of real numbers"),
    (PLAIN[0], r"must hold a cube of real numbers, \[height, width, bands\]. Received: float32, \[7, 6\]"),
])  # fmt: skip
def test_what_is_no_cube_of_numbers_is_refused(tmp_path, values, message):
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(DataError, match=message):
        hsgan.open_cube(tmp_path / "a.npy", wavelengths_nm=NM)


@pytest.mark.parametrize("name", list(cubes.FORMATS))
def test_a_cube_without_srf_and_a_selection_are_saved(tmp_path, name):
    np.savez(tmp_path / "a.npz", cube=COUNTS, wavelengths_nm=NM)
    cube = hsgan.open_cube(tmp_path / "a.npz")
    (*_, path) = hsgan.save_cube(cube, tmp_path / "b", [name])
    again = opened(path, cube.values)
    assert "srf" not in again.attrs and again.attrs["assumed"] == cube.attrs["assumed"]
    (own,) = cubes.write_cube(tmp_path / "own", PLAIN, NM, np.full((3, BANDS), 1 / BANDS))
    part = hsgan.open_cube(own).sel(wavelength=slice(440, 560)).isel(y=slice(1, 4))
    (*_, path) = hsgan.save_cube(part, tmp_path / "part", [name])
    part = hsgan.open_cube(path)
    np.testing.assert_array_equal(part.values, PLAIN[1:4, :, 1:4])
    # The rows of an SRF sum to 1 over all bands: of some it is none.
    assert "srf" not in part.attrs and part["wavelength"].values.tolist() == [450, 500, 550]
    whole = hsgan.open_cube(own).isel(y=slice(1, 4))
    (*_, path) = hsgan.save_cube(whole, tmp_path / "rows", [name])
    assert hsgan.open_cube(path).attrs["srf"].shape == (3, BANDS)


def test_an_array_is_not_saved_as_a_cube(tmp_path):
    with pytest.raises(ValueError, match=r"must be an xarray.DataArray .* Received: ndarray \[5, 7, 6\]"):
        hsgan.save_cube(PLAIN, tmp_path / "a")
