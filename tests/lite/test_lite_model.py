"""The TFLite file in tiles gives the Keras network's numbers; TensorFlow is not needed; unfit files and images."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from method_contract import MethodContract

from hsgan.errors import DataError
from hsgan.lite.model import LiteModel
from hsgan.lite.photos import open_photo, srgb_decode
from hsgan.lite.reconstruct import main
from hsgan.spectra import developed
from hsgan.spectra.imaging import srgb_decode as reference_decode

RNG = np.random.default_rng(8)
ROOT = Path(__file__).parents[2]
# Of the largest value: float32 rounding in another order.
TOLERANCE = 1e-5
# The program, and a line for what it may not import.
WITHOUT_TENSORFLOW = """
import sys
for name in ("tensorflow", "keras", "absl", "scipy", "PIL", "imagecodecs", "tifffile", "matplotlib", "tqdm",
             "colour", "xarray", "h5py", "ml_collections"):
    sys.modules[name] = None  # importing it fails
from hsgan.lite.reconstruct import main
from hsgan.spectra import developed
sys.exit(main(sys.argv[1:]))
"""


class TestLiteModel(MethodContract):
    @pytest.fixture
    def method(self, lite_file):
        return LiteModel(lite_file[1], threads=2)


def image(height, width):
    return RNG.random((height, width, 3), np.float32)


def difference(found, expected):
    expected = np.asarray(expected)
    assert found.shape == expected.shape and found.dtype == np.float32
    return np.abs(found - expected).max() / np.abs(expected).max()


def write_ppm(path, values, full=255, comment=b""):
    height, width, _ = values.shape
    kind = "u1" if full < 256 else ">u2"
    path.write_bytes(b"P6\n%s%d %d\n%d\n" % (comment, width, height, full) + values.astype(kind).tobytes())
    return path


@pytest.mark.parametrize("size", [(37, 53), (1, 1), (3, 61), (64, 20)])
def test_it_gives_the_keras_numbers(lite_file, size):
    network, path = lite_file
    model, rgb = LiteModel(path), image(*size)
    expected = network(rgb[None])
    srf = model.estimate_srf(rgb)
    assert difference(srf, expected["srf"][0]) <= TOLERANCE
    assert difference(model.cube(rgb, srf), expected["cube"][0]) <= TOLERANCE
    known = model.dictionary.srf("Nikon 5100")
    assert difference(model.cube(rgb, known), network(rgb[None], srf=known[None])["cube"][0]) <= TOLERANCE


def test_the_mixture_prior_runs_in_float32_alone(mixture_file):
    (model, path), rgb = mixture_file, image(37, 53)
    expected, lite = model(rgb[None]), LiteModel(path)
    # The 3x3 systems are solved in float32.
    assert difference(lite.cube(rgb, lite.estimate_srf(rgb)), expected["cube"][0]) <= 1e-4
    with pytest.raises(DataError, match=r"LiteRT cannot run it|float16 arithmetic is too coarse"):
        LiteModel(path, arithmetic="float16")


def test_float16_arithmetic_is_near_and_another(lite_file):
    _, path = lite_file
    half, exact, rgb = LiteModel(path, arithmetic="float16"), LiteModel(path), image(40, 30)
    srf = exact.estimate_srf(rgb)
    expected = exact.cube(rgb, srf)
    for tile in (256, 16):
        half.tile = tile
        found = half.cube(rgb, srf)
        assert difference(found, expected) <= 0.01
    # XNNPACK has such arithmetic on this processor, or the flag is not obeyed and nothing is gained.
    flags = Path("/proc/cpuinfo").read_text()
    if not {"avx512_fp16", "fphp"} & set(flags.split()):
        pytest.skip("this processor has no 16-bit float arithmetic")
    assert difference(found, expected) > TOLERANCE


def test_float16_arithmetic_that_is_too_coarse_is_refused(lite_file, monkeypatch):
    monkeypatch.setattr("hsgan.lite.model.HALF_LIMIT", 0.0)

    def runner(path, signature, threads, half=False):
        return lambda rgb, srf: {"cube": np.float32([1 + half])}

    monkeypatch.setattr("hsgan.lite.model.CompiledRunner", runner)
    with pytest.raises(DataError, match=r"float16 arithmetic is too coarse .* run it in float32"):
        LiteModel(lite_file[1], arithmetic="float16")
    with pytest.raises(ValueError, match="arithmetic: must be one of float32, float16"):
        LiteModel(lite_file[1], arithmetic="int4")


def test_the_program_needs_no_tensorflow(lite_file, tmp_path):
    network, path = lite_file
    values = RNG.integers(0, 256, (33, 21, 3), np.uint8)
    photo, output = write_ppm(tmp_path / "photo.ppm", values, comment=b"# made by hand\n"), tmp_path / "cube.npz"
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, str(path), str(photo), f"--output={output}"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 0, result.stderr
    assert "33 x 21 pixels, 31 bands" in result.stdout and "camera srgb (a developed picture" in result.stdout
    rgb = reference_decode(values / 255).numpy().astype(np.float32)
    expected = network(rgb[None], srf=developed.responses(network.dictionary.wavelengths_nm)[None])
    with np.load(output) as file:
        assert difference(file["cube"], expected["cube"][0]) <= TOLERANCE
        assert difference(file["srf"], expected["srf"][0]) <= TOLERANCE
        np.testing.assert_array_equal(file["wavelengths_nm"], network.dictionary.wavelengths_nm)
        assert json.loads(str(file["metadata"]))["camera"] == "srgb"


def test_a_matlab_file_is_refused_by_name_where_nothing_reads_it(lite_file, tmp_path):
    np.save(tmp_path / "photo.npy", image(9, 8))
    (tmp_path / "mine.mat").write_bytes(b"MATLAB 5.0 MAT-file")
    arguments = [lite_file[1], tmp_path / "photo.npy", f"--output={tmp_path / 'cube.npz'}"]
    command = [sys.executable, "-c", WITHOUT_TENSORFLOW, *map(str, arguments), f"--camera={tmp_path / 'mine.mat'}"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert result.returncode == 1 and not (tmp_path / "cube.npz").exists()
    assert "mine.mat: a MATLAB file needs h5py, which is not installed; give the camera as CSV" in result.stderr


def test_known_cameras_and_unknown_ones(lite_file, tmp_path, capsys):
    _, path = lite_file
    np.save(tmp_path / "photo.npy", image(9, 8))
    arguments = [str(path), str(tmp_path / "photo.npy"), f"--output={tmp_path / 'cube.npz'}"]
    assert main([*arguments, "--camera=Nikon 5100"]) == 0
    with np.load(tmp_path / "cube.npz") as file:
        np.testing.assert_array_equal(file["srf"], LiteModel(path).dictionary.srf("Nikon 5100"))
    assert main([*arguments, "--camera=Nikon 5200"]) == 1
    assert "error: camera: no 'Nikon 5200' among the 28 cameras of test; near: Nikon 5100" in capsys.readouterr().err
    assert main([arguments[0], arguments[1], "--output=cube.tif"]) == 1
    assert "must end in .npz" in capsys.readouterr().err


def test_unfit_models_are_refused(lite_file, tmp_path):
    _, path = lite_file
    cut = tmp_path / "cut.tflite"
    cut.write_bytes(path.read_bytes()[:1000])
    other = tmp_path / "other.tflite"
    other.write_bytes(b"TFL3")
    with zipfile.ZipFile(other, "a") as archive:
        archive.writestr("labels.txt", "")
    for bad, message in (
        (tmp_path / "none.tflite", "no such file"),
        (cut, "is damaged or truncated, or not a .tflite file"),
        (other, "is damaged or truncated, or not a .tflite file"),
    ):
        with pytest.raises(DataError, match=message):
            LiteModel(bad)


def test_a_file_without_a_model_or_of_another_schema_is_refused(lite_file, tmp_path):
    from hsgan.export.metadata import embed

    path = tmp_path / "other.tflite"
    path.write_bytes(b"no model")
    embed(path, {"schema": 2})
    with pytest.raises(DataError, match=r"must be of schema 1. Received: 2"):
        LiteModel(path)
    path.write_bytes(b"no model")
    embed(path, {"schema": 1, "wavelengths_nm": [400]})
    with pytest.raises(DataError, match=r"its metadata is not whole \(KeyError: 'cameras'\); export the model again"):
        LiteModel(path)
    with pytest.raises(DataError, match="is no TFLite model"):
        LiteModel(path, metadata=LiteModel(lite_file[1]).metadata)


@pytest.mark.parametrize(("dtype", "full"), [(np.uint8, 255), (np.uint16, 65535), (np.uint16, 4095)])
def test_codes_become_linear_light(tmp_path, dtype, full):
    values = RNG.integers(0, full + 1, (7, 9, 3)).astype(dtype)
    photo = write_ppm(tmp_path / "photo.ppm", values, full)
    found = open_photo(photo)[0][slice(0, 7), slice(0, 9)]
    np.testing.assert_allclose(found, reference_decode(values / full), atol=1e-6)  # float32
    np.testing.assert_allclose(open_photo(photo, "linear")[0][:, :], values / full, atol=1e-6)
    assert found.dtype == np.float32
    np.testing.assert_allclose(srgb_decode(np.linspace(0, 1, 99)), reference_decode(np.linspace(0, 1, 99)), rtol=1e-12)


def test_pillow_reads_the_rest(tmp_path):
    image_lib = pytest.importorskip("PIL.Image")
    values = RNG.integers(0, 256, (12, 10, 3), np.uint8)
    image_lib.fromarray(values).save(tmp_path / "photo.png")
    np.testing.assert_allclose(open_photo(tmp_path / "photo.png")[0][:, :], reference_decode(values / 255), atol=1e-6)
    turned = image_lib.Exif()
    turned[0x0112] = 3
    image_lib.fromarray(values).save(tmp_path / "turned.png", exif=turned)
    found = open_photo(tmp_path / "turned.png")[0][:, :]
    np.testing.assert_allclose(found, reference_decode(values[::-1, ::-1] / 255), atol=1e-6)


def test_png_of_16_bits_keeps_them(tmp_path, monkeypatch):
    imagecodecs = pytest.importorskip("imagecodecs")
    path, values = tmp_path / "deep.png", RNG.integers(0, 65536, (12, 10, 3)).astype(np.uint16)
    path.write_bytes(imagecodecs.png_encode(values))
    found = open_photo(path, "linear")[0][:, :]
    np.testing.assert_allclose(found, values / 65535, atol=1e-7)  # float32
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"deep.png: is damaged or truncated, or not a photo"):
        open_photo(path)
    path.write_bytes(imagecodecs.png_encode(values))
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(DataError, match=r"deep.png: PNG of 16 bits needs imagecodecs: pip install imagecodecs"):
        open_photo(path)


def test_unfit_photos_are_refused(tmp_path, monkeypatch):
    image_lib = pytest.importorskip("PIL.Image")
    values = RNG.integers(0, 256, (12, 10, 3), np.uint8)
    image_lib.fromarray(values).convert("L").save(tmp_path / "gray.png")
    image_lib.fromarray(values).convert("RGBA").save(tmp_path / "alpha.png")
    image_lib.fromarray(values).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:-60])
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "bomb.ppm").write_bytes(b"P6 999999999 999999999 255\n123")
    (tmp_path / "zero.ppm").write_bytes(b"P6 0 5 255\n")
    (tmp_path / "text.ppm").write_bytes(b"hello")
    np.save(tmp_path / "gray.npy", values[..., 0])
    np.save(tmp_path / "none.npy", values[:0])
    np.save(tmp_path / "double.npy", values / 255)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "double.npy").read_bytes()[:-9])
    for name, message in (
        ("gray.png", "must be an RGB photo of 8 bit without alpha; convert it. Received: mode L"),
        ("alpha.png", "Received: mode RGBA"),
        ("cut.jpg", "is damaged or truncated, or not a photo"),
        ("empty.jpg", "is damaged or truncated, or not a photo"),
        ("bomb.ppm", "is truncated"),
        ("zero.ppm", "is damaged: 0 x 5 pixels"),
        ("text.ppm", "must be a binary PPM"),
        ("gray.npy", "must be [height, width, 3] with at least one pixel"),
        ("none.npy", "must be [height, width, 3] with at least one pixel"),
        ("double.npy", "must hold uint8, uint16 or float32 values. Received: float64"),
        ("cut.npy", "is truncated"),
        ("missing.npy", "no such file"),
    ):
        with pytest.raises(DataError, match=re.escape(message)) as caught:
            open_photo(tmp_path / name)
        assert name in str(caught.value) and "\n" not in str(caught.value)
    monkeypatch.setattr("hsgan.lite.photos.MAX_PIXELS", 119)
    with pytest.raises(DataError, match="make it smaller first"):
        open_photo(tmp_path / "whole.jpg")


def test_nothing_is_written_of_a_photo_with_nan(lite_file, tmp_path, capsys):
    rgb = image(30, 30)
    rgb[25, 3] = np.nan
    np.save(tmp_path / "photo.npy", rgb)
    arguments = [str(lite_file[1]), str(tmp_path / "photo.npy"), f"--output={tmp_path / 'cube.npz'}"]
    assert main([*arguments, "--camera=Nikon 5100"]) == 1
    assert "none NaN; scale them first" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["photo.npy"]
