"""GDAL and Octave read the cubes that this package writes, and it reads theirs (Debian: gdal-bin, octave)."""

import json
import shutil
import subprocess

import numpy as np
import pytest

import hsgan
from hsgan.files import cubes
from hsgan.files.dtypes import WHITE_LEVEL

pytestmark = pytest.mark.external

HEIGHT, WIDTH = 5, 7
NM = np.array([420, 480, 555, 690], np.float32)
SRF = np.full((3, 4), 0.25, np.float32)
CUBE = np.random.default_rng(3).uniform(0, 1.5, (HEIGHT, WIDTH, 4)).astype(np.float32)
ROUNDED = (np.rint(CUBE * WHITE_LEVEL) / WHITE_LEVEL).astype(np.float32)


@pytest.fixture
def run(request, tmp_path):
    """Runs a program in the test's folder and returns its output."""

    def run(name, *arguments):
        if shutil.which(name) is None:
            message = f"needs {name} (Debian: {'octave' if name == 'octave' else 'gdal-bin'})"
            if request.config.getoption("-m") == "external":
                pytest.fail(message)
            pytest.skip(message)
        done = subprocess.run([name, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def written(tmp_path, name, dtype="float32"):
    if name == "netcdf":
        (own,) = cubes.write_cube(tmp_path / "own", CUBE, NM, SRF)
        path = tmp_path / "a.nc"
        hsgan.open_cube(own).drop_attrs().transpose("wavelength", "y", "x").to_netcdf(path)
        return path
    return cubes.write_cube(tmp_path / "a", CUBE, NM, SRF, {"camera": "x"}, [name], None, dtype)[0]


@pytest.mark.parametrize("name, dtype", [
    ("envi", "float32"), ("envi", "uint16"), ("tiff", "float32"), ("tiff", "uint16"), ("tiff", "float16"),
    ("netcdf", "float32"),
])  # fmt: skip
def test_gdal_reads_the_values_and_the_wavelengths(tmp_path, run, name, dtype):
    path = written(tmp_path, name, dtype)
    about = json.loads(run("gdalinfo", "-json", path.name))
    assert about["size"] == [WIDTH, HEIGHT] and len(about["bands"]) == NM.size
    key = "NETCDF_DIM_wavelength" if name == "netcdf" else "wavelength"
    assert [float(band["metadata"][""][key]) for band in about["bands"]] == NM.tolist()
    # Its bare numbers, the scale of each band applied, band after band.
    form = ["-of", "ENVI", "-co", "INTERLEAVE=BSQ"]
    run("gdal_translate", "-q", "-unscale", "-ot", "Float32", *form, path.name, "out.img")
    found = np.fromfile(tmp_path / "out.img", "<f4").reshape(NM.size, HEIGHT, WIDTH).transpose(1, 2, 0)
    expected = {"float32": CUBE, "uint16": ROUNDED, "float16": CUBE.astype(np.float16).astype(np.float32)}[dtype]
    # GDAL takes a NetCDF file without map coordinates to begin with the lowest row.
    np.testing.assert_array_equal(found[::-1] if name == "netcdf" else found, expected)


@pytest.mark.parametrize("interleave", ["BSQ", "BIL", "BIP"])
def test_what_gdal_writes_is_opened(tmp_path, run, interleave):
    cubes.write_cube(tmp_path / "a", CUBE, NM, SRF, {"camera": 'a "b" & c'}, ["tiff"])
    run("gdal_translate", "-q", "-of", "ENVI", "-co", f"INTERLEAVE={interleave}", "a.tif", "b.img")
    np.testing.assert_array_equal(hsgan.open_cube(tmp_path / "b.img", wavelengths_nm=NM).values, CUBE)
    run("gdal_translate", "-q", "-co", f"INTERLEAVE={'PIXEL' if interleave == 'BIP' else 'BAND'}", "-co",
        "COMPRESS=DEFLATE", "a.tif", "c.tif")  # fmt: skip
    cube = hsgan.open_cube(tmp_path / "c.tif")
    np.testing.assert_array_equal(cube.values, CUBE)
    assert cube["wavelength"].values.tolist() == NM.tolist() and cube.attrs["camera"] == 'a "b" & c'


def test_octave_reads_the_values_the_wavelengths_and_the_facts(tmp_path, run):
    cubes.write_cube(tmp_path / "a", CUBE, NM, SRF, {"camera": "x"}, ["matlab"])
    cubes.write_cube(tmp_path / "b", CUBE, NM, SRF, {"camera": "x"}, ["matlab"], None, "uint16")
    program = """
        a = load("a.mat"); b = load("b.mat");
        same = @(name, values) fwrite(fopen(name, "w"), values, "double");
        same("a.bin", a.cube); same("b.bin", double(b.cube) ./ b.white);
        printf("%d ", size(a.cube)); printf("%g ", a.bands); printf("%s", class(b.cube));
        printf(" %s", jsondecode(char(a.metadata)).camera);
    """
    assert run("octave", "--no-gui", "--quiet", "--eval", program).split() == [
        "5", "7", "4", "420", "480", "555", "690", "uint16", "x",
    ]  # fmt: skip
    for name, expected in (("a.bin", CUBE), ("b.bin", ROUNDED)):
        found = np.fromfile(tmp_path / name, np.float64).reshape(CUBE.shape, order="F")
        np.testing.assert_array_equal(found.astype(np.float32), expected)


@pytest.mark.parametrize("version", ["-v6", "-v7"])
def test_what_octave_writes_is_opened(tmp_path, run, version):
    cubes.write_cube(tmp_path / "a", CUBE, NM, SRF, {}, ["matlab"])
    program = f'a = load("a.mat"); hsi = single(a.cube); bands = a.bands; save("{version}", "b.mat", "hsi", "bands");'
    run("octave", "--no-gui", "--quiet", "--eval", program)
    cube = hsgan.open_cube(tmp_path / "b.mat")
    np.testing.assert_array_equal(cube.values, CUBE)
    assert cube["wavelength"].values.tolist() == NM.tolist()
