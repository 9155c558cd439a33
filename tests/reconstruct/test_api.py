"""`import hsgan`: light, and with what a notebook needs."""

import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from trained_run import STATISTICS, WAVELENGTHS_NM, make_run, network

import hsgan
from hsgan.errors import DataError, RunError
from hsgan.files.origin import RAW, Origin
from hsgan.files.photos import read_photo
from hsgan.reconstruct.methods import Knowledge, closed_forms
from hsgan.reconstruct.models import NetworkMethod
from hsgan.spectra import developed
from hsgan.spectra.imaging import project


@pytest.fixture(scope="module")
def model():
    return hsgan.Reconstructor(NetworkMethod(network(), facts={"model": "hsgan"}))


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "cat.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)).save(path)
    return path


def test_the_import_is_light():
    program = (
        "import sys, hsgan\nassert set(hsgan.__all__) <= set(dir(hsgan))\n"
        "heavy = {'tensorflow', 'keras', 'xarray', 'numpy', 'matplotlib'} & set(sys.modules)\nassert not heavy, heavy\n"
        "hsgan.open_cube\n"
        "heavy = {'tensorflow', 'xarray', 'zarr', 'rawpy', 'av'} & set(sys.modules)\nassert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    with pytest.raises(AttributeError, match="has no attribute 'open_cubes'"):
        _ = hsgan.open_cubes


def test_a_cube_with_wavelengths(model, photo):
    cube = model.reconstruct(photo, camera="estimate")
    rgb = read_photo(photo)
    output = network()(rgb[None])
    np.testing.assert_allclose(cube, output["cube"][0], atol=1e-5)  # float32 of values up to about 8
    np.testing.assert_allclose(cube.attrs["srf"], output["srf"][0], atol=1e-7)
    assert cube.dims == ("y", "x", "wavelength") and cube.wavelength.values.tolist() == WAVELENGTHS_NM.tolist()
    assert cube.attrs["camera_source"] == "from the image; as asked for"
    assert cube.attrs["camera"] == "estimated" and cube.attrs["photo"] == "cat.png" and cube.attrs["model"] == "hsgan"
    again = project(cube.values, cube.attrs["srf"]).numpy()
    assert cube.attrs["round_trip_rmse"] == pytest.approx(np.sqrt(np.mean((again - rgb) ** 2)), rel=1e-5)
    assert model.cameras[0] == "Nikon 5100" and model.wavelengths_nm.tolist() == WAVELENGTHS_NM.tolist()


@pytest.mark.parametrize("camera", ["estimate", "srgb"])
def test_arrays_are_photos_too(model, photo, camera):
    expected = model.reconstruct(photo, camera)
    values = np.asarray(Image.open(photo))
    for rgb in (values, values.astype(np.uint16) * 257, read_photo(photo), read_photo(photo).astype(np.float64)):
        np.testing.assert_allclose(model.reconstruct(rgb, camera), expected, atol=1e-5)
    linear = model.reconstruct(values, camera, encoding="linear")
    np.testing.assert_allclose(linear, model.reconstruct(np.float32(values / 255), camera), atol=1e-5)


def test_several_photos_are_made_one_after_the_other(model, photo, tmp_path):
    cubes = model.reconstruct_each([photo, read_photo(photo), tmp_path / "none.png"], camera="estimate")
    first, second = next(cubes), next(cubes)
    assert first.attrs["photo"] == "cat.png" and "photo" not in second.attrs
    np.testing.assert_allclose(first, second, atol=1e-6)
    np.testing.assert_array_equal(first, model.reconstruct(photo, camera="estimate"))
    with pytest.raises(DataError, match=r"none\.png"):
        next(cubes)
    with pytest.raises(DataError, match=r"photo: must be one photo; reconstruct_each takes several\. Received: 2"):
        model.reconstruct([photo, photo])
    with pytest.raises(DataError, match=r"photos: must be several; reconstruct takes one\. Received: .a\.png"):
        next(model.reconstruct_each("a.png"))


def test_the_camera_is_the_best_evidence(model, photo):
    """A file and its 8 bits are a developed picture; of linear light nothing is known but what its user says."""
    values = np.asarray(Image.open(photo))
    for picture in (photo, values):
        cube = model.reconstruct(picture)
        assert cube.attrs["camera"] == "srgb" and cube.attrs["camera_source"].startswith("a developed picture")
        np.testing.assert_array_equal(cube.attrs["srf"], developed.responses(WAVELENGTHS_NM))
    assert model.reconstruct(read_photo(photo)).attrs["camera"] == "estimated"
    raw = Origin(RAW, "NIKON CORPORATION", "NIKON D5100")
    assert model.reconstruct(read_photo(photo), origin=raw).attrs["camera"] == "Nikon 5100"


def test_a_known_camera_by_name_and_by_curves(model, photo):
    srf = model.method.dictionary.srf("Nikon 5100")
    cube = model.reconstruct(photo, camera="Nikon 5100")
    np.testing.assert_array_equal(cube.attrs["srf"], srf)
    assert cube.attrs["camera"] == "Nikon 5100"
    given = model.reconstruct(photo, camera=srf)
    np.testing.assert_array_equal(given, cube)
    assert given.attrs["camera"] == "given"


def test_consistent_gives_the_photo_back_no_brighter_and_not_tinted(model):
    rng = np.random.default_rng(3)
    srf = model.method.dictionary.srf("Nikon 5100")
    rgb = (rng.uniform(0.05, 0.9, (30, 40, 31)) @ srf.T).astype(np.float32)  # what light can cause
    before = model.reconstruct(rgb, camera="Nikon 5100")
    after = model.reconstruct(rgb, camera="Nikon 5100", consistent=True)
    assert before.attrs["round_trip_rmse"] > 1e-3 and float(before.min()) < 0
    # float32 sums of 31 products of values up to about 8
    assert after.attrs["round_trip_max"] < 1e-5 and float(after.min()) >= 0
    assert after.attrs["round_trip_brightness"] == pytest.approx(1, abs=1e-6)
    assert after.attrs["round_trip_tint"] < 1e-6
    assert after.attrs["consistent"] == "yes" and before.attrs["consistent"] == "no"


def test_an_srf_may_carry_the_white_balance_and_have_lobes(model, photo):
    srf = model.method.dictionary.srf("Nikon 5100") * np.float32([[0.8], [1.0], [1.2]])
    srf[0, 3:5] += np.float32([-0.05, 0.05])
    np.testing.assert_array_equal(model.reconstruct(photo, camera=srf).attrs["srf"], srf)


@pytest.mark.parametrize("encoding", ["gamma", "", None])
def test_an_unknown_encoding_is_refused(model, photo, encoding):
    for rgb in (photo, np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4, 3), np.float32)):
        with pytest.raises(DataError, match=r"encoding: must be one of srgb, linear\. Received: "):
            model.reconstruct(rgb, encoding=encoding)


def test_progress_and_stopping(model):
    rgb, shares = np.full((20, 1100, 3), 0.3, np.float32), []
    model.reconstruct(rgb, progress=shares.append)
    assert len(shares) > 1 and shares == sorted(shares) and shares[-1] == 1

    def stop(share):
        raise InterruptedError(f"at {share:.1f}")

    with pytest.raises(InterruptedError):
        model.reconstruct(rgb, progress=stop)


@pytest.mark.parametrize("values, message", [
    (np.zeros((4, 4)), r"must be \[height, width, 3\], or a path"),
    (np.zeros((0, 4, 3)), r"must be \[height, width, 3\], or a path"),
    (np.full((4, 4, 3), 1.5), "float of linear light in .0, 1.; convert or scale it. Received: float64, 1.5 to 1.5"),
    (np.full((4, 4, 3), np.nan), "float of linear light in .0, 1."),
    (np.zeros((4, 4, 3), int), "must be uint8, uint16"),
])  # fmt: skip
def test_unfit_arrays_are_refused(model, values, message):
    with pytest.raises(DataError, match=message):
        model.reconstruct(values)


@pytest.mark.parametrize("camera, message", [
    (np.ones((3, 30)), r"an SRF must be \[3, 31\]"),
    (-np.ones((3, 31)) / 31, "with positive sums, .* Received: rows that sum to -1, -1, -1"),
    (np.ones((3, 31)), "1 in the mean of the three; divide it by that mean. Received: rows that sum to 31, 31, 31"),
    (np.full((3, 31), np.nan), "must be .*, finite"),
    ("Nikon 5200", "near: Nikon 5100"),
    ("none.csv", "no such file"),
])  # fmt: skip
def test_unfit_cameras_are_refused(model, photo, camera, message):
    with pytest.raises(DataError, match=message):
        model.reconstruct(photo, camera=camera)


def test_what_is_no_method_is_refused_at_once():
    with pytest.raises(RunError, match=r"of a folder take Reconstructor\.from_run\(folder\).*Received: 'runs/demo'"):
        hsgan.Reconstructor("runs/demo")
    with pytest.raises(RunError, match=r"method: must be a hsgan\.reconstruct\.method\.Method"):
        hsgan.Reconstructor(network())


def test_any_method_will_do(photo):
    model = hsgan.Reconstructor(closed_forms(network().dictionary, Knowledge(STATISTICS), ["smooth"])[0])
    cube = model.reconstruct(photo)
    np.testing.assert_allclose(project(cube.values, cube.attrs["srf"]), read_photo(photo), atol=1e-4)  # float32
    assert cube.attrs["model"] == "smooth" and repr(model) == "Reconstructor(<Smooth 'smooth': 31 bands, 400-700 nm>)"


def test_from_run(tmp_path, photo):
    made = hsgan.Reconstructor.from_run(make_run(tmp_path / "run"), checkpoint="last")
    assert made.facts["model_version"] == "run, last weights, step 7" and "not recorded" in made.facts["license"]
    cube = made.reconstruct(photo)
    assert "tensorflow" in cube.attrs
    with pytest.raises(RunError, match="holds no run"):
        hsgan.Reconstructor.from_run(tmp_path)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """A SavedModel with the signatures and metadata of docs/export.md, of a form that a test can recompute."""
    folder = tmp_path_factory.mktemp("exported") / "demo"
    mean = tf.constant(network().dictionary.responses.mean(axis=0))
    gain = tf.constant(np.random.default_rng(0).random((3, 31), np.float32))

    class Server(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, "rgb")])
        def estimate_srf(self, rgb):
            return {"srf": mean[None] * tf.reduce_mean(rgb)}

        @tf.function(input_signature=[tf.TensorSpec((None, None, None, 3), tf.float32, "rgb"),
                                      tf.TensorSpec((None, 3, 31), tf.float32, "srf")])  # fmt: skip
        def known_srf(self, rgb, srf):
            return {"cube": tf.tensordot(rgb, gain, 1) * tf.reduce_sum(srf)}

    server = Server()
    for version in (2, 10):
        path = folder / str(version)
        signatures = {"estimate_srf": server.estimate_srf, "known_srf": server.known_srf}
        tf.saved_model.save(server, str(path), signatures=signatures)
        dictionary = network().dictionary
        metadata = {
            "schema": 1, "name": "demo", "version": version, "model": "hsgan", "receptive_radius": 0, "stride": 1,
            "needs_camera": True, "estimates_camera": True,
            "wavelengths_nm": WAVELENGTHS_NM.tolist(), "thumbnail_pixels": 2**20, "max_pixels": 2**21,
            "cameras": {"names": dictionary.names, "responses": dictionary.responses.tolist(), "source": "test"},
            "training": {"data": {"cubes": {"source": "CAVE", "note": "for research"}}},
        }  # fmt: skip
        (path / "metadata.json").write_text(json.dumps(metadata))
    return folder, mean.numpy(), gain.numpy()


def test_from_saved_model(exported, photo):
    folder, mean, gain = exported
    made = hsgan.Reconstructor.from_saved_model(folder)
    assert made.facts["model_version"] == "demo 10"
    assert made.facts["license"] == "Estimated by a model trained on cubes of CAVE: for research"
    assert made.cameras[0] == "Nikon 5100"
    rgb = read_photo(photo)
    cube = made.reconstruct(photo)
    np.testing.assert_allclose(cube.attrs["srf"], mean * rgb.mean(), rtol=1e-5)
    np.testing.assert_allclose(cube, rgb @ gain * (mean * rgb.mean()).sum(), rtol=1e-4)
    older = hsgan.Reconstructor.from_saved_model(folder / "2")
    assert older.facts["model_version"] == "demo 2"


def test_what_is_no_saved_model_gets_one_line(exported, tmp_path):
    with pytest.raises(RunError, match=r"holds no saved_model\.pb; make one: python -m hsgan\.export"):
        hsgan.Reconstructor.from_saved_model(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(b"rubbish")
    with pytest.raises(DataError, match=r"metadata\.json: no such file"):
        hsgan.Reconstructor.from_saved_model(tmp_path)
    for text, message in (
        ("{", r"metadata\.json: is not JSON: JSONDecodeError"),
        ("[]", r"metadata\.json: its metadata must be of schema 1\. Received: \[\]"),
        ('{"schema": 2}', r"its metadata must be of schema 1\. Received: 2"),
        ('{"schema": 1}', r"its metadata is not whole \(KeyError: 'cameras'\); export the model again"),
    ):
        (tmp_path / "metadata.json").write_text(text)
        with pytest.raises(DataError, match=message):
            hsgan.Reconstructor.from_saved_model(tmp_path)
    (tmp_path / "metadata.json").write_text((exported[0] / "2" / "metadata.json").read_text())
    with pytest.raises(RunError, match="not a SavedModel") as caught:
        hsgan.Reconstructor.from_saved_model(tmp_path)
    assert "\n" not in str(caught.value)
