"""Cubes divided by a neutral patch or by a light, and what their files say of it."""

import numpy as np
import pytest
from mixtures import GRID, PRIOR
from PIL import Image

import hsgan
from hsgan.errors import DataError
from hsgan.files import lights
from hsgan.files.cubes import open_cube
from hsgan.reconstruct import reflectance
from hsgan.reconstruct.camera import Camera
from hsgan.reconstruct.outputs import reconstruct_photos
from hsgan.reconstruct.photos import Options, Work
from hsgan.reconstruct.pretrained import method_of_prior
from hsgan.reconstruct.reflectance import White, parse_white
from hsgan.spectra import developed, illuminants

RNG = np.random.default_rng(0)
RGB = RNG.uniform(0.2, 0.6, (30, 40, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def method():
    return method_of_prior(PRIOR, 1e-6)


def make(method, camera, **options):
    """Returns (header, cube, deviation or None, round trip) of `RGB`."""
    work = Work(method, RGB, camera, **options)
    parts = [np.full(work.header.shape, np.nan, np.float32) for _ in range(1 + options.get("uncertainty", False))]
    for rows, columns, blocks, _ in work.blocks():
        for part, block in zip(parts, blocks, strict=True):
            part[rows, columns] = block
    return work.header, parts[0], parts[1] if len(parts) > 1 else None, work.check.result()


def sensor(method):
    return Camera("a", method.dictionary.responses[0], "test")


def picture(method):
    return Camera("srgb", developed.responses(GRID), "test", developed.LIGHT)


def test_without_a_division_a_cube_is_radiance(method):
    header, *_ = make(method, sensor(method))
    assert header.facts["quantity"] == "radiance" and header.facts["relative_to"] == "light E"
    assert make(method, picture(method))[0].facts["relative_to"] == "light D65"
    np.testing.assert_array_equal(header.srf, sensor(method).srf)


@pytest.mark.parametrize("tile", [512, 16])
def test_the_patch_becomes_white(method, tile, monkeypatch):
    monkeypatch.setattr(method, "tile", tile)  # the patch is cut by the edges of tiles
    header, cube, deviation, check = make(method, sensor(method), white=White(15, 16, 4), uncertainty=True)
    _, radiance, plain, before = make(method, sensor(method), uncertainty=True)
    patch = (slice(14, 18), slice(15, 19))
    np.testing.assert_allclose(cube[patch].mean(axis=(0, 1)), 1, atol=1e-5)
    white = radiance[patch].mean(axis=(0, 1))
    np.testing.assert_allclose(cube, radiance / white, rtol=1e-4)
    np.testing.assert_allclose(deviation, plain / white, rtol=1e-4)
    assert check == before
    assert header.facts["quantity"] == "reflectance"
    assert header.facts["divided_by"] == "white, 4 x 4 pixels about row 15, column 16"


@pytest.mark.parametrize("options", [{"white": White(10, 10)}, {"light": "A"}])
def test_the_cube_still_gives_the_photo_under_the_srf_of_its_file(method, options):
    header, cube, _, _ = make(method, picture(method), consistent=True, **options)
    np.testing.assert_allclose(cube @ header.srf.T, RGB, atol=1e-5)


def test_a_light_is_divided_out(method):
    header, cube, _, _ = make(method, sensor(method), light="A")
    _, radiance, _, _ = make(method, sensor(method))
    np.testing.assert_allclose(cube * illuminants.illuminant("A", GRID), radiance, rtol=1e-5)
    assert header.facts["quantity"] == "reflectance" and header.facts["divided_by"] == "light A"


def test_a_developed_picture_is_relative_to_its_daylight_already(method):
    _, plain, _, _ = make(method, picture(method))
    _, same, _, _ = make(method, picture(method), light="D65")
    np.testing.assert_allclose(same, plain, rtol=1e-5)
    _, other, _, _ = make(method, picture(method), light="A")
    ratio = illuminants.illuminant("A", GRID) / illuminants.illuminant("D65", GRID)
    np.testing.assert_allclose(other * ratio, plain, rtol=1e-5)


def test_a_file_of_a_light(method, tmp_path):
    grid = np.arange(390, 711, 2.5)
    power = 3 * np.exp(-(((grid - 600) / 150) ** 2))
    rows = [f"{nm},{value}" for nm, value in zip(grid, power, strict=True)]
    for name, head in (("plain.csv", []), ("headed.csv", ["wavelength,power"])):
        (tmp_path / name).write_text("\n".join([*head, *rows, ""]))
        found = lights.find(str(tmp_path / name), GRID)
        expected = np.interp(GRID, grid, power)
        np.testing.assert_allclose(found, expected / expected.mean(), rtol=1e-12)


BAD_LIGHTS = {
    "short": ("400,1\n500,1\n", "must cover 400-700 nm. Received: 400-500 nm"),
    "dark": ("400,1\n540,1\n550,0\n560,1\n700,1\n", "has no light at 550 nm"),
    "negative": ("400,-1\n700,-1\n", "has no light at 400 nm"),
    "descending": ("700,1\n400,1\n", "finite and ascending"),
    "NaN": ("400,nan\n700,1\n", "finite and ascending"),
    "three columns": ("400,1,2\n700,1,2\n", "Received: shape [2, 3]"),
    "words": ("a,b\nc,d\n", "could not convert"),
    "empty": ("", "must hold rows of wavelength in nm and power"),
    "ragged": ("400,1\n700\n", "must hold rows of wavelength in nm and power"),
}


@pytest.mark.parametrize("kind", BAD_LIGHTS)
def test_a_bad_file_of_a_light_is_one_line(tmp_path, kind):
    text, message = BAD_LIGHTS[kind]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        lights.find(str(tmp_path / "a.csv"), GRID)
    assert str(caught.value).startswith(f"{tmp_path / 'a.csv'}: ") and message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_cannot_be_divided_by_is_refused(method):
    with pytest.raises(DataError, match=r"must lie within the photo, .* 30 rows and 40 columns\. Received: 5 x 5"):
        make(method, sensor(method), white=White(1, 20))
    with pytest.raises(DataError, match="a cube is divided by one of them"):
        make(method, sensor(method), white=White(10, 10), light="A")
    with pytest.raises(DataError, match="no 'D99'"):
        make(method, sensor(method), light="D99")
    dark = reflectance.White(1, 1, 1)
    with pytest.raises(DataError, match="white: 1 x 1 pixels about row 1, column 1: has no light at 400 nm"):
        reflectance.by_white(np.zeros(31), GRID, dark)


@pytest.mark.parametrize("text", ["3", "1,2,3,4", "a,b", "1,-2", "1.5,2", "3,4,0", "1,,2", "9999999999,1", "²,1"])
def test_a_patch_that_is_none_is_refused(text):
    with pytest.raises(DataError, match="white: must be ROW,COLUMN or ROW,COLUMN,SIZE"):
        parse_white(text)


def test_patches_as_they_are_typed():
    assert parse_white("") is None and parse_white("3, 4") == White(3, 4, 5) and parse_white("30,4,7").size == 7
    assert White(3, 4, 1).part(9, 9) == (slice(3, 4), slice(4, 5))
    assert White(2, 2, 5).part(5, 5) == (slice(0, 5), slice(0, 5))


def test_by_the_program_and_in_python(tmp_path, program):
    Image.fromarray((RGB * 255).astype(np.uint8)).save(tmp_path / "a.png")
    arguments = tmp_path / "a.png", f"--output={tmp_path / 'out'}", "--formats=npz,envi", "--model=materials"
    status, stdout, stderr = program("hsgan.reconstruct", *arguments, "--white=10,12,3")
    assert status == 0, stderr
    assert "  reflectance, divided by white, 3 x 3 pixels about row 10, column 12\n" in stdout
    cube = open_cube(tmp_path / "out" / "a.hdr")
    assert cube.attrs["quantity"] == "reflectance"
    np.testing.assert_allclose(cube[9:12, 11:14].mean(axis=(0, 1)), 1, atol=1e-5)
    model = hsgan.Reconstructor.pretrained("materials")
    np.testing.assert_allclose(model.reconstruct(tmp_path / "a.png", white=(10, 12, 3)), cube, rtol=1e-5)
    for wrong, line in (("--white=10", "white: must be ROW,COLUMN"), ("--light=Z9", "illuminant: no 'Z9'")):
        status, _, stderr = program("hsgan.reconstruct", *arguments, wrong)
        assert status == 1 and stderr.count("\n") == 1 and line in stderr


def test_videos_and_photos_that_are_too_small_are_told(tmp_path, method):
    Image.new("RGB", (1, 1), (90, 80, 70)).save(tmp_path / "a.png")
    options = Options(white=White(0, 0), previews=False)
    [(name, paths, error)] = reconstruct_photos(method, [tmp_path / "a.png"], tmp_path / "out", options=options)
    assert not paths and str(error).startswith(f"{name}: white: must lie within the photo, which has 1 rows")
    [(_, [path], _)] = reconstruct_photos(
        method, [tmp_path / "a.png"], tmp_path / "out", options=Options(white=White(0, 0, 1), previews=False)
    )
    np.testing.assert_allclose(open_cube(path), 1, atol=1e-6)
