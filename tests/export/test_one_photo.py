"""One photo, one cube: a run, its server, its TFLite file and their programs read a developed picture alike."""

import io

import numpy as np
import pytest
import tensorflow as tf
from mixtures import PRIOR
from PIL import Image
from trained_run import network

import hsgan
from hsgan import config as config_lib
from hsgan.errors import DataError
from hsgan.export import calibration, checks, metadata, tflite
from hsgan.export.saved_model import Server
from hsgan.lite.model import LiteModel
from hsgan.lite.reconstruct import main
from hsgan.networks.build import build_network
from hsgan.reconstruct.exported import SCHEMA
from hsgan.reconstruct.methods import Knowledge, closed_forms
from hsgan.reconstruct.models import NetworkMethod, SavedModel
from hsgan.run.folder import RunFolder
from hsgan.spectra import developed
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.imaging import srgb_decode
from hsgan.spectra.mixture import GRID

CODES = checks.fixed_image(31, 44, seed=3)
RGB = srgb_decode(CODES / np.float32(255)).numpy()
LIMIT = checks.LIMITS["saved_model"]
# With these bands sRGB's blue has no response.
RED_NM = np.arange(600.0, 701.0, 10.0)


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photo") / "photo.png"
    Image.fromarray(CODES).save(path)
    return path


@pytest.fixture(scope="module")
def expected(exported, photo):
    """The cube of the run itself."""
    return hsgan.Reconstructor.from_run(exported[2], engine="tensorflow").reconstruct(photo)


def by_server(path, photo, tmp_path):
    answer = SavedModel(path).run("encoded", image=[photo.read_bytes()])
    return answer["cube"][0], answer["srf"][0]


def by_server_in_integers(path, photo, tmp_path):
    answer = SavedModel(path).run("compact_encoded", image=[photo.read_bytes()], bands=np.zeros((1, 0), np.int32))
    return answer["cube"][0] * answer["scale"][0], answer["srf"][0]


def by_exported_model(path, photo, tmp_path):
    cube = hsgan.Reconstructor.from_saved_model(path).reconstruct(photo)
    return cube.values, cube.attrs["srf"]


def by_device(path, photo, tmp_path):
    assert main([str(path / "float32.tflite"), str(photo), f"--output={tmp_path / 'cube.npz'}"]) == 0
    cube = hsgan.open_cube(tmp_path / "cube.npz")
    assert cube.attrs["camera"] == "srgb" and "developed picture" in cube.attrs["camera_source"]
    assert (cube.attrs["quantity"], cube.attrs["relative_to"]) == ("radiance", "light D65")
    return cube.values, cube.attrs["srf"]


@pytest.mark.parametrize("way", [by_server, by_server_in_integers, by_exported_model, by_device])
def test_a_photo_has_one_cube_by_every_way(exported, photo, expected, tmp_path, way):
    cube, srf = way(exported[0], photo, tmp_path)
    wanted = expected.values if way is not by_server_in_integers else np.maximum(expected.values, 0)
    step = np.abs(wanted).max() / 65535 if way is by_server_in_integers else 0
    assert np.abs(cube - wanted).max() <= LIMIT * np.abs(wanted).max() + step
    np.testing.assert_allclose(srf, developed.responses(expected["wavelength"].values), atol=1e-6)


def test_the_camera_that_the_network_supposes_gives_another_cube(exported, expected):
    """Else the test above could not fail."""
    supposed = SavedModel(exported[0]).run("serving_default", rgb=RGB[None])["cube"][0]
    assert np.abs(supposed - expected.values).max() > 0.1 * np.abs(expected.values).max()


@pytest.mark.parametrize("flags", [["--camera=estimate"], ["--encoding=linear"]])
def test_a_sensors_own_values_are_read_with_the_camera_that_is_supposed(exported, tmp_path, flags, capsys):
    values = CODES if flags == ["--camera=estimate"] else np.round(255 * RGB).astype(np.uint8)
    np.save(tmp_path / "photo.npy", values)
    model = LiteModel(exported[0] / "float32.tflite")
    rgb = RGB if flags == ["--camera=estimate"] else values / np.float32(255)
    assert main([str(model.path), str(tmp_path / "photo.npy"), f"--output={tmp_path / 'cube.npz'}", *flags]) == 0
    assert "camera estimated (from the image; " in capsys.readouterr().out
    found = hsgan.open_cube(tmp_path / "cube.npz")
    np.testing.assert_allclose(found.attrs["srf"], model.estimate_srf(rgb), atol=1e-6)
    assert found.attrs["relative_to"] == "light E"


def test_linear_light_has_one_cube_of_the_mixture_by_every_way(tmp_path):
    """Of a camera that nobody names: each way sees the same evidence, of pixels of a whole that is larger than it."""
    dictionary = srf_lib.load("default", PRIOR.wavelengths_nm)
    settings = [f"prior.components={PRIOR.components}", "data.brightness=0.3"]
    net = build_network(config_lib.load("mixture", settings), dictionary, PRIOR.moments, PRIOR)
    rgb = srgb_decode(checks.fixed_image(3 * GRID + 1, 2 * GRID + 5, seed=4) / np.float32(255)).numpy()
    (fitted,) = closed_forms(dictionary, Knowledge(PRIOR.moments, prior=PRIOR, brightness=0.3), ["mixture"])
    expected = fitted.cube(rgb, fitted.estimate_srf(rgb))

    served = Server(net).serving_default(tf.constant(rgb[None]))
    path = tmp_path / "float32.tflite"
    path.write_bytes(tflite.convert(net))
    about = {"schema": SCHEMA, "model": "mixture", "name": "m", "version": 1, "training": {"data": {}}}
    metadata.embed(path, {**about, **metadata.describe_network(net)})
    np.save(tmp_path / "light.npy", rgb)
    assert main([str(path), str(tmp_path / "light.npy"), f"--output={tmp_path / 'cube.npz'}"]) == 0
    device = hsgan.open_cube(tmp_path / "cube.npz")
    trained = NetworkMethod(net)
    for cube, srf in (
        (served["cube"][0], served["srf"][0]),
        (device.values, device.attrs["srf"]),
        (trained.cube(rgb, trained.estimate_srf(rgb)), trained.estimate_srf(rgb)),
    ):
        np.testing.assert_allclose(srf, fitted.estimate_srf(rgb), atol=1e-5)
        assert np.abs(cube - expected).max() <= 1e-3 * expected.max()
    told = fitted.cube(rgb, fitted.mean_camera)
    assert np.abs(told - expected).max() > 0.02 * expected.max()  # else nothing above could fail


def test_a_camera_may_be_a_file(exported, tmp_path):
    srf = LiteModel(exported[0] / "float32.tflite").dictionary.responses[2]
    table = np.column_stack([np.arange(400, 701, 10), srf.T])
    np.savetxt(tmp_path / "mine.csv", table, delimiter=",", header="wavelength,R,G,B", comments="")
    np.save(tmp_path / "photo.npy", CODES)
    arguments = [str(exported[0] / "float32.tflite"), str(tmp_path / "photo.npy"), f"--output={tmp_path / 'cube.npz'}"]
    assert main([*arguments, f"--camera={tmp_path / 'mine.csv'}"]) == 0
    found = hsgan.open_cube(tmp_path / "cube.npz")
    assert found.attrs["camera"] == "mine"
    np.testing.assert_allclose(found.attrs["srf"], srf, atol=1e-5)


def test_the_metadata_says_how_a_picture_is_read(exported):
    stated = exported[1]["developed"]
    assert stated["light"] == "D65"
    np.testing.assert_allclose(stated["srf"], developed.responses(exported[1]["wavelengths_nm"]), atol=1e-7)
    assert np.min(stated["srf"]) < 0
    assert metadata.picture(RED_NM) is None


def with_metadata(exported, tmp_path, change):
    """Returns the TFLite file with other metadata."""
    path = tmp_path / "other.tflite"
    model = (exported[0] / "float32.tflite").read_bytes()
    path.write_bytes(model[: model.rindex(b"PK\x03\x04")])
    metadata.embed(path, change(exported[1]))
    return path


def test_an_export_of_before_cannot_say_it_and_estimates(exported, photo, tmp_path, capsys):
    def older(described):
        return {key: value for key, value in described.items() if key != "developed"}

    path = with_metadata(exported, tmp_path, older)
    assert main([str(path), str(photo), f"--output={tmp_path / 'cube.npz'}"]) == 0
    assert "camera estimated (from the image; this export is too old for the responses of" in capsys.readouterr().out
    # Where the package itself is, it computes them.
    old = SavedModel(exported[0], older(exported[1]))
    np.testing.assert_array_equal(old.picture_srf, developed.responses(old.wavelengths_nm))


def test_bands_without_a_channel_are_no_picture(exported, photo, tmp_path, capsys):
    path = with_metadata(exported, tmp_path, lambda described: {**described, "developed": None})
    arguments = [str(path), str(photo), f"--output={tmp_path / 'cube.npz'}"]
    assert main(arguments) == 1 and not (tmp_path / "cube.npz").exists()
    assert "its bands leave a channel of a developed picture without response; give the" in capsys.readouterr().err
    assert main([*arguments, "--camera=estimate"]) == 0
    with pytest.raises(DataError, match="leave a channel of a developed picture without response"):
        _ = LiteModel(path).picture_srf
    server = Server(network())
    server.picture_srf = None
    buffer = io.BytesIO()
    Image.fromarray(CODES).save(buffer, "PNG")
    supposed = server.serving_default(RGB[None])
    found = server.encoded(np.array([buffer.getvalue()]))
    np.testing.assert_allclose(found["srf"], supposed["srf"], atol=1e-6)


@pytest.mark.parametrize("stated", ["srgb", {}, {"srf": [[1.0, 2.0]]}, {"srf": None}, {"srf": [["a"] * 31] * 3}, [1]])
def test_metadata_that_say_it_wrongly_are_refused(exported, tmp_path, stated):
    path = with_metadata(exported, tmp_path, lambda described: {**described, "developed": stated})
    with pytest.raises(DataError, match=r"other\.tflite: its metadata is not whole") as caught:
        LiteModel(path)
    assert "\n" not in str(caught.value)


def test_integers_are_calibrated_for_pictures_too(exported):
    dictionary = RunFolder.open(exported[2]).network().dictionary
    inputs = calibration.calibration_images(exported[3], dictionary)
    assert len(inputs["known_srf"]) == 2 * len(inputs["estimate_srf"]) == 2 * len(inputs["reconstruct"])
    told = [one["srf"].min() < 0 for one in inputs["known_srf"]]
    assert sum(told) == len(inputs["reconstruct"])
    assert all(one["rgb"].min() >= 0 and one["rgb"].max() <= 1 for one in inputs["known_srf"])
