"""Parts of photos, and means over squares of their pixels: the cube is that of the smaller photo."""

import numpy as np
import pytest
from mixtures import PRIOR
from PIL import Image

from hsgan.errors import DataError
from hsgan.files.cubes import open_cube
from hsgan.reconstruct.outputs import reconstruct_photos
from hsgan.reconstruct.photos import Options
from hsgan.reconstruct.pretrained import method_of_prior
from hsgan.reconstruct.region import Region, parse_crop
from hsgan.reconstruct.tiling import Decoded

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
RGB = (PIXELS / 255).astype(np.float32)
DECODED = Decoded(PIXELS, lambda part: (part / 255).astype(np.float32))


@pytest.mark.parametrize("image", [RGB, DECODED], ids=["array", "decoded"])
def test_a_part_and_means_over_squares(image):
    whole, facts = Region().of(image)
    assert whole is image and facts == {}
    part, facts = Region((2, 3, 10, 12)).of(image)
    np.testing.assert_array_equal(part[:, :], RGB[2:12, 3:15])
    assert part.shape == (10, 12, 3) and facts == {"crop": "10 x 12 pixels from row 2, column 3"}
    small, facts = Region((2, 3, 10, 12), 30).of(image)
    np.testing.assert_allclose(small, RGB[2:12, 3:15].reshape(5, 2, 6, 2, 3).mean(axis=(1, 3)), rtol=1e-6)
    assert facts["averaged_from"] == "10 x 12 pixels"
    assert Region(most_pixels=600).of(image)[0] is image


def test_the_cube_is_that_of_the_part(tmp_path):
    method = method_of_prior(PRIOR, 1e-6)
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    Image.fromarray(PIXELS[4:9, 6:20]).save(tmp_path / "part.png")
    cubes = []
    for name, region in (("a", Region((4, 6, 5, 14))), ("part", Region())):
        options = Options(region=region, previews=False)
        [(_, [path], _)] = reconstruct_photos(method, [tmp_path / f"{name}.png"], tmp_path / "out", options=options)
        cubes.append(open_cube(path))
    np.testing.assert_array_equal(*cubes)
    assert cubes[0].attrs["crop"] == "5 x 14 pixels from row 4, column 6" and "crop" not in cubes[1].attrs


def test_by_the_program(tmp_path, program):
    Image.fromarray(PIXELS).save(tmp_path / "a.png")
    Image.new("L", (4, 4)).save(tmp_path / "gray.jpg")
    Image.new("CMYK", (4, 4)).save(tmp_path / "inks.jpg")
    arguments = tmp_path / "a.png", f"--output={tmp_path / 'out'}", "--model=materials", "--nopreviews"
    status, stdout, _ = program("hsgan.reconstruct", *arguments, "--crop=0,0,20,20", "--max_megapixels=1e-4")
    assert status == 0 and "a.png: 10 x 10 pixels" in stdout
    status, stdout, _ = program("hsgan.reconstruct", tmp_path / "inks.jpg", *arguments[1:], "--convert")
    assert status == 0 and "inks.jpg: 4 x 4 pixels" in stdout
    for photo, message in (("gray", "is a gray photo"), ("inks", "Received: color mode CMYK")):
        status, _, stderr = program("hsgan.reconstruct", tmp_path / f"{photo}.jpg", *arguments[1:])
        first, last = stderr.splitlines()
        assert status == 1 and message in first and last.endswith("1 of 1 photos could not be reconstructed")
    for wrong, line in (
        ("--crop=1,2,3", "crop: must be TOP,LEFT,HEIGHT,WIDTH"),
        ("--max_megapixels=-1", "flag --max_megapixels"),
    ):
        status, _, stderr = program("hsgan.reconstruct", *arguments, wrong)
        assert status == 1 and stderr.count("\n") == 1 and line in stderr


@pytest.mark.parametrize("text", ["1", "1,2,3", "1,2,3,0", "1,2,00,4", "a,2,3,4", "-1,2,3,4", "1,2,3,4,5"])
def test_a_crop_that_is_none_is_refused(text):
    with pytest.raises(DataError, match="crop: must be TOP,LEFT,HEIGHT,WIDTH"):
        parse_crop(text)


def test_a_crop_beyond_the_photo_is_refused():
    assert parse_crop("") == () and parse_crop("0, 0,20,30") == (0, 0, 20, 30)
    Region((0, 0, 20, 30)).of(RGB)
    with pytest.raises(DataError, match=r"which has 20 rows and 30 columns\. Received: 20 x"):
        Region((1, 0, 20, 30)).of(RGB)
