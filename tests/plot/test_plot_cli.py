"""`python -m hsgan.plot` as a user runs it: pictures that are true, and one line for each mistake."""

import csv
import json

import numpy as np
import pytest
import scipy.io
from PIL import Image
from trained_run import WAVELENGTHS_NM, scene

from hsgan.files.cubes import write_cube
from hsgan.files.libraries import SpectralLibrary, read_library, write_library
from hsgan.metrics.quality import spectral_angles

SRF = np.full((3, 31), 1 / 31, np.float32)


def make_cube(stem, values, wavelengths_nm=WAVELENGTHS_NM, formats=("npz",), **facts):
    srf = np.full((3, len(wavelengths_nm)), 1 / len(wavelengths_nm), np.float32)
    return write_cube(stem, np.asarray(values, np.float32), wavelengths_nm, srf, facts, formats)[-1]


@pytest.fixture(scope="module")
def cubes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cubes")
    truth = scene(1) / np.float32(65535)
    make_cube(folder / "truth", truth)
    make_cube(folder / "estimate", truth * 1.1, formats=("envi",))
    make_cube(folder / "small", truth[:10])
    make_cube(folder / "short", truth[..., :21], WAVELENGTHS_NM[:21])
    make_cube(folder / "shifted", truth, WAVELENGTHS_NM + 5)
    (folder / "notes.npz").write_text("no cube")
    return folder


def test_all_pictures_and_numbers(cubes, tmp_path, program):
    status, stdout, stderr = program(
        "hsgan.plot",
        cubes / "estimate.hdr",
        f"--output={tmp_path}",
        *("--illuminant=A", "--points=1,2;23,19", "--index=grvi", "--index=450,650"),
        f"--against={cubes / 'truth.npz'}",
    )
    assert status == 0, stderr
    pictures = ("A", "bands", "compared", "errors", "index-450-650", "index-grvi", "sam", "spectra")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["estimate-against.json", *(f"estimate-{name}.png" for name in pictures)]
    )
    for name in pictures:
        with Image.open(tmp_path / f"estimate-{name}.png") as picture:
            assert np.asarray(picture.convert("L")).std() > 1, name
            assert picture.size == ((20, 24) if name == "A" else picture.size)
    assert "light A; the scene's light is not known: the cube is taken as reflectance" in stdout
    numbers = json.loads((tmp_path / "estimate-against.json").read_text())
    truth = scene(1) / 65535
    # 1.1 times the truth: no angle, and the error is a tenth of the truth.
    assert numbers["sam_deg"] == pytest.approx(0, abs=0.01)
    expected = np.mean(-10 * np.log10(np.mean((0.1 * truth) ** 2, axis=(0, 1))))
    assert numbers["psnr"] == pytest.approx(expected, abs=1e-3)  # float32 of the files
    assert f"PSNR {expected:.2f} dB" in stdout


# Arguments ({} is the folder of cubes), and what the last line says after "hsgan.plot: error: ".
MISTAKES = {
    "no cube": ([], "CUBE: give at least one cube file"),
    "unknown light": (["{}/truth.npz", "--illuminant=D66"], "illuminant: no 'D66'; near: D65"),
    "unreadable points": (["{}/truth.npz", "--points=1;2"], "points: must be row,column;row,column in whole pixels"),
    "points and grid": (["{}/truth.npz", "--points=1,2", "--grid=2x2"], "points, grid: give one of them"),
    "no grid": (["{}/truth.npz", "--grid=0x4"], "grid: must be ROWSxCOLUMNS, 36 points at most. Received: '0x4'"),
    "unknown index": (["{}/truth.npz", "--index=evi"], "index: must be one of grvi, pri, npci"),
    "missing reference": (["{}/truth.npz", "--against={}/no.npz"], "{}/no.npz: no such file"),
}
# Mistakes of single cubes: what the line after "error: " says; the program goes on with the others.
CUBE_MISTAKES = {
    "points outside": (
        ["--points=1,2;24,0"],
        "{}/truth.npz: points: must lie in the image, rows 0-23, columns 0-19. Received: 24,0",
    ),
    "wavelength outside": (
        ["--index=ndvi"],
        "{}/truth.npz: index ndvi: wavelength: must lie in the cube's bands, 400-700 nm. Received: 800 nm",
    ),
    "one band": (["--index=550,552"], "{}/truth.npz: index 550-552: 550 and 552 nm lie in one band, of 550 nm"),
    "other size": (
        ["--against={}/small.npz"],
        "{}/truth.npz: {}/small.npz: must have the height, width and bands of the cube it is compared with, "
        "24 x 20 x 31. Received: 10 x 20 x 31",
    ),
    "other bands": (["--against={}/short.npz"], "Received: 24 x 20 x 21"),
    "other wavelengths": (["--against={}/shifted.npz"], "400-700 nm. Received: 405-705 nm"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_ends_in_one_line(name, cubes, tmp_path, program):
    arguments, line = MISTAKES[name]
    filled = [argument.replace("{}", str(cubes)) for argument in arguments]
    status, _, stderr = program("hsgan.plot", *filled, f"--output={tmp_path / 'out'}")
    assert status == 1 and len(stderr.splitlines()) == 1
    assert ": error: " + line.replace("{}", str(cubes)) in stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", CUBE_MISTAKES)
def test_a_mistake_about_a_cube_names_it(name, cubes, tmp_path, program):
    arguments, line = CUBE_MISTAKES[name]
    filled = [argument.replace("{}", str(cubes)) for argument in arguments]
    status, _, stderr = program("hsgan.plot", cubes / "truth.npz", *filled, f"--output={tmp_path / 'out'}")
    first, last = stderr.splitlines()
    assert status == 1 and first.startswith("error: ") and line.replace("{}", str(cubes)) in first
    assert last.endswith("error: 1 of 1 cubes could not be drawn as asked")
    assert not (tmp_path / "out").exists()


def test_regions_become_a_library_and_a_library_a_map(cubes, tmp_path, program):
    regions = "--region=0,0,5,9", "--region=20,15,23,19"
    status, stdout, stderr = program("hsgan.plot", cubes / "truth.npz", f"--output={tmp_path}", "--csv", *regions)
    assert status == 0, stderr
    truth = (scene(1) / 65535).astype(np.float32)
    parts = truth[0:6, 0:10], truth[20:24, 15:20]
    library = read_library(tmp_path / "truth-regions.csv")
    assert library.names == ("rows 0-5 columns 0-9", "rows 20-23 columns 15-19")
    np.testing.assert_allclose(library.spectra, [part.mean(axis=(0, 1), dtype=float) for part in parts], rtol=1e-6)
    np.testing.assert_allclose(library.deviations, [part.std(axis=(0, 1), dtype=float) for part in parts], rtol=1e-5)
    np.testing.assert_allclose(read_library(tmp_path / "truth-regions.sli").spectra, library.spectra, rtol=1e-6)
    lines = list(csv.DictReader((tmp_path / "truth-points.csv").read_text().splitlines()))
    assert len(lines) == 4 + 2 and float(lines[0]["spread 400 nm"]) == 0
    assert float(lines[5]["spread 700 nm"]) == pytest.approx(library.deviations[1, -1], rel=1e-5)
    with Image.open(tmp_path / "truth-regions.png") as picture:
        assert np.asarray(picture.convert("L")).std() > 1

    # The library of one pixel, of another brightness: no angle there.
    pixel = SpectralLibrary(("here", "flat"), WAVELENGTHS_NM.astype(float), np.array([3 * truth[7, 4], np.ones(31)]))
    write_library(tmp_path / "own", pixel)
    status, stdout, stderr = program(
        "hsgan.plot", cubes / "truth.npz", f"--output={tmp_path}", f"--library={tmp_path / 'own.sli'}"
    )
    assert status == 0, stderr
    here, flat = csv.DictReader((tmp_path / "truth-library.csv").read_text().splitlines())
    to_here = spectral_angles(truth, np.broadcast_to(truth[7, 4], truth.shape))
    assert float(here["smallest angle"]) < 1e-3 and to_here[int(here["row"]), int(here["column"])] < 1e-3
    angles = spectral_angles(truth, np.ones_like(truth))
    assert float(flat["mean angle"]) == pytest.approx(angles.mean(), rel=1e-5)
    shares = [float(line["nearest to (share of pixels)"]) for line in (here, flat)]
    nearer = (to_here <= angles).mean()
    assert shares == pytest.approx([nearer, 1 - nearer], abs=1e-5)  # 6 digits
    assert "own.sli: 2 spectra, 31 bands of 400-700 nm; median angle to the nearest" in stdout
    with Image.open(tmp_path / "truth-library.png") as picture:
        assert np.asarray(picture.convert("L")).std() > 1


@pytest.mark.parametrize("flags, message", [
    (["--region=0,0,5"], "region: must be top,left,bottom,right in whole pixels. Received: '0,0,5'"),
    (["--region=5,0,4,3"], "right in the image, rows 0-23, columns 0-19. Received: 5,0,4,3"),
    (["--region=0,0,24,3"], "right in the image, rows 0-23, columns 0-19. Received: 0,0,24,3"),
    (["--library={}/far.csv"], "must share 3 bands or more with the cube, of 400-700 nm. Received: 0 bands"),
    (["--library={}/black.csv"], "'a' is black in the cube's bands"),
    (["--library={}/none.sli"], "none.sli: no such file"),
])  # fmt: skip
def test_regions_and_libraries_that_cannot_be_are_one_line(cubes, tmp_path, program, flags, message):
    (tmp_path / "far.csv").write_text("nm,a\n900,1\n1000,2\n")
    (tmp_path / "black.csv").write_text("nm,a\n400,0\n700,0\n")
    output = tmp_path / "out"
    given = [flag.format(tmp_path) for flag in flags]
    status, _, stderr = program("hsgan.plot", cubes / "truth.npz", f"--output={output}", *given)
    assert status == 1 and message in stderr, stderr
    assert not output.exists()


def test_patterns_name_cubes(cubes, tmp_path, program):
    status, stdout, stderr = program("hsgan.plot", cubes / "s[hm]*.npz", f"--output={tmp_path}", "--points=1,2")
    assert status == 0, stderr
    assert [line for line in stdout.splitlines() if line.endswith(":")] == [
        f"{cubes / name}.npz:" for name in ("shifted", "short", "small")
    ]
    status, _, stderr = program("hsgan.plot", cubes / "*.mat", f"--output={tmp_path}")
    assert status == 1 and stderr == f"hsgan.plot: error: {cubes / '*.mat'}: the pattern matches nothing\n"


def test_a_bad_file_does_not_keep_the_others_back(cubes, tmp_path, program):
    status, stdout, stderr = program(
        "hsgan.plot", cubes / "notes.npz", cubes / "truth.npz", f"--output={tmp_path / 'out'}"
    )
    assert status == 1 and f"error: {cubes / 'notes.npz'}: " in stderr and "1 of 2 cubes" in stderr
    assert str(tmp_path / "out" / "truth-D65.png") in stdout and (tmp_path / "out" / "truth-D65.png").is_file()


def test_the_points_numbers_are_written(cubes, tmp_path, program):
    status, stdout, stderr = program(
        "hsgan.plot", cubes / "truth.npz", f"--output={tmp_path}", "--points=1,2;23,19", "--csv"
    )
    assert not status, stderr
    path = tmp_path / "truth-points.csv"
    assert str(path) in stdout
    first, last = csv.DictReader(path.read_text().splitlines())
    spectrum = [float(last[f"{wavelength:g} nm"]) for wavelength in WAVELENGTHS_NM]
    np.testing.assert_allclose(spectrum, scene(1)[23, 19] / 65535, rtol=1e-5)  # six digits are written
    assert (first["first row"], first["first column"]) == ("1", "2")


def test_the_best_scale_takes_the_exposure_out(cubes, tmp_path, program):
    against = [cubes / "estimate.hdr", f"--output={tmp_path}", f"--against={cubes / 'truth.npz'}"]
    status, stdout, stderr = program("hsgan.plot", *against, "--scale=best")
    assert not status, stderr
    assert "the cube multiplied by 0.9091" in stdout
    numbers = json.loads((tmp_path / "estimate-against.json").read_text())
    # float32 of 1.1 times the truth, divided by 1.1 again, is within 1e-7 of it: as good as equal.
    assert numbers["scale"] == pytest.approx(1 / 1.1, rel=1e-6) and numbers["psnr"] == 100


def test_the_cubes_own_light_is_divided_out(cubes, tmp_path, program):
    from hsgan.spectra.illuminants import illuminant

    gray = np.broadcast_to(0.4 * illuminant("A", WAVELENGTHS_NM), (6, 8, 31))
    path = make_cube(tmp_path / "tungsten", gray, illuminant="A")
    status, stdout, stderr = program("hsgan.plot", path, f"--output={tmp_path / 'out'}", "--illuminant=D65")
    assert not status, stderr
    assert "the scene's light A (the cube's own record) divided out" in stdout
    picture = np.asarray(Image.open(tmp_path / "out" / "tungsten-D65.png"))
    # A flat reflectance under D65 is white; the sum over 400-700 nm alone moves it by less than 1 of 255.
    assert picture.min() >= 254


def test_a_cube_of_others_is_drawn_and_compared(cubes, tmp_path, program):
    truth = np.rint(scene(1) / 16)  # 12 bits
    scipy.io.savemat(tmp_path / "true.mat", {"hsi": truth, "other": np.zeros((3, 3, 3))})
    output, against = f"--output={tmp_path / 'out'}", f"--against={tmp_path / 'true.mat'}"
    arguments = ("hsgan.plot", cubes / "estimate.hdr", output, against)
    said = ("--wavelengths=400:700:10", "--variable=hsi", "--white_level=4095.9375")
    status, _, stderr = program(*arguments, *said)
    assert not status, stderr
    numbers = json.loads((tmp_path / "out" / "estimate-against.json").read_text())
    expected = np.mean(-10 * np.log10(np.mean((0.1 * scene(1) / 65535) ** 2, axis=(0, 1))))
    assert numbers["psnr"] == pytest.approx(expected, abs=0.05)  # 12 bits against 16
    for flags, line in {
        said[:1]: "true.mat: --variable must say which array is the cube; present: hsi [24, 20, 31], other [3, 3, 3]",
        said[1:]: "true.mat: states no wavelengths; give --wavelengths=START:STOP:STEP",
        ("--wavelengths=400:700", *said[1:]): "--wavelengths: must be START:STOP:STEP or W1,W2,... in nm",
    }.items():
        status, _, stderr = program(*arguments, *flags)
        assert status == 1 and line in stderr and len(stderr.splitlines()) == 1


def test_a_folder_of_pictures_is_drawn(tmp_path, program):
    import imagecodecs

    for band in range(31):
        path = tmp_path / "leaf_ms" / f"leaf_ms_{band + 1:02d}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(scene(1)[..., band])))
    status, _, stderr = program("hsgan.plot", tmp_path / "*_ms", f"--output={tmp_path / 'out'}")
    assert not status, stderr
    assert (tmp_path / "out" / "leaf_ms-bands.png").is_file()
    np.save(tmp_path / "counts.npy", scene(1))
    output, grid = f"--output={tmp_path / 'out'}", "--wavelengths=400:700:10"
    status, stdout, _ = program("hsgan.plot", tmp_path / "counts.npy", output, grid)
    assert not status and "counts: the file does not say what stands for 1: 65535 is taken" in stdout
