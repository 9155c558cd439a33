"""What an export leaves on disk: every file loads again, says what it is, and gives the Keras model's numbers."""

import json

import numpy as np
import pytest
import tensorflow as tf
from method_contract import MethodContract
from tensorflow_serving.apis import prediction_log_pb2
from trained_run import WAVELENGTHS_NM, agd_net

from hsgan.errors import DataError, HsganError
from hsgan.export import checks, tflite
from hsgan.export.saved_model import WARMUP
from hsgan.lite.model import LiteModel, read_metadata
from hsgan.lite.runtime import Runner
from hsgan.reconstruct.forward import Forward
from hsgan.reconstruct.models import SavedModel
from hsgan.run.folder import RunFolder

SIGNATURES = {
    "serving_default", "encoded", "known_srf", "compact", "compact_encoded", "estimate_srf", "wavelengths",
}  # fmt: skip


@pytest.fixture(scope="module")
def saved(exported):
    return SavedModel(exported[0])


@pytest.fixture(scope="module")
def model(exported):
    return RunFolder.open(exported[2]).network()


class TestSavedModel(MethodContract):
    @pytest.fixture
    def method(self, saved):
        return saved


def test_windows_keep_to_the_largest_request(saved, model):
    """90 x 90 pixels are a request's 8192 at most; the halo is 9."""
    assert saved.tile == 90 - 2 * 9 and saved.thumbnail_pixels == 8192
    rgb = np.random.default_rng(1).random((100, 130, 3), np.float32)
    srf = saved.estimate_srf(rgb)
    expected = model(rgb[None], srf=srf[None])["cube"][0].numpy()
    np.testing.assert_allclose(saved.cube(rgb, srf), expected, atol=1e-4 * np.abs(expected).max())


def test_metadata_says_what_the_model_is(exported, model):
    path, described, *_ = exported
    assert described == json.loads((path / "metadata.json").read_text())
    assert (described["schema"], described["name"], described["version"], path.name) == (1, "small", 1, "1")
    assert described["wavelengths_nm"] == [float(value) for value in WAVELENGTHS_NM]
    assert described["rgb"] == {"encoding": "linear", "order": "RGB", "value_range": [0, 1]}
    assert described["receptive_radius"] == 9 and described["needs_camera"] and described["estimates_camera"]
    assert described["training"]["step"] == 7 and described["training"]["metrics"] == {"psnr": 20.0}
    np.testing.assert_allclose(described["cameras"]["responses"], model.dictionary.responses, rtol=0, atol=1e-8)
    validation = described["validation"]
    assert (validation["scenes"], validation["split"], validation["blind"]) == (2, "validation", True)


def test_precisions_keep_their_limits_and_state_their_size(exported):
    path, described, *_ = exported
    precisions = described["precisions"]
    assert list(precisions) == ["saved_model", *tflite.PRECISIONS]
    for name, entry in precisions.items():
        assert 0 <= entry["max_difference"] <= entry["limit"] == checks.LIMITS[name]
        if name != "saved_model":
            assert entry["bytes"] == (path / entry["file"]).stat().st_size
    keras_psnr = described["validation"]["keras"]["psnr"]
    # float32 in another order; the printed table has two decimals.
    assert abs(precisions["float32"]["psnr"] - keras_psnr) < 5e-3
    assert abs(precisions["saved_model"]["psnr"] - keras_psnr) < 5e-3
    assert len({entry["max_difference"] for entry in precisions.values()}) == len(precisions)  # all different files


@pytest.mark.parametrize("precision", tflite.PRECISIONS)
def test_a_tflite_file_explains_itself(exported, model, precision):
    path, described, *_ = exported
    file = path / f"{precision}.tflite"
    inside = read_metadata(file)
    assert list(inside["precisions"]) == [precision]
    own = "precisions", "model_sha256", "checksums"
    assert {key: inside[key] for key in inside if key not in own} == {
        key: described[key] for key in described if key not in own
    }
    lite = LiteModel(file)
    rgb = np.random.default_rng(3).random((1, 29, 18, 3), np.float32)
    blind, expected = lite.run("reconstruct", rgb=rgb), model(rgb)
    assert checks.difference(blind["cube"], expected["cube"].numpy()) <= checks.LIMITS[precision]
    # Estimated once, then tile by tile: what a device does.
    known = lite.run("known_srf", rgb=rgb, srf=lite.run("estimate_srf", rgb=rgb)["srf"])
    # The two signatures of a calibrated file have ranges of their own.
    limit = checks.LIMITS[precision] if precision in tflite.CALIBRATED else 0
    assert checks.difference(known["cube"], blind["cube"]) <= limit


def test_integers_are_integers(exported):
    """A quantized file that fell back to float32 would pass every comparison."""
    from ai_edge_litert.interpreter import Interpreter

    def weights(name):
        interpreter = Interpreter(str(exported[0] / f"{name}.tflite"))
        return {np.dtype(detail["dtype"]).name for detail in interpreter.get_tensor_details() if detail["shape"].size}

    assert "int8" not in weights("float32") and "float16" not in weights("float32")
    assert "float16" in weights("float16") and "int8" in weights("dynamic")
    assert "int8" in weights("int8") and "int16" in weights("int16x8")


def test_the_saved_model_as_tensorflow_serving_loads_it(exported, model):
    """By a session, variables restored by the graph: objects of Python play no part."""
    rgb = np.random.default_rng(4).random((2, 11, 14, 3), np.float32)
    expected = model(rgb)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(exported[0]))
        assert set(loaded.signature_def) >= SIGNATURES
        signature = loaded.signature_def["serving_default"]
        outputs = {name: info.name for name, info in signature.outputs.items()}
        found = session.run(outputs, {signature.inputs["rgb"].name: rgb})
        for name in ("cube", "srf"):
            assert checks.difference(found[name], expected[name].numpy()) <= checks.LIMITS["saved_model"]
        dtypes = loaded.signature_def["compact"].outputs
        assert dtypes["cube"].dtype == tf.uint16.as_datatype_enum
        shapes = [dim.size for dim in loaded.signature_def["known_srf"].inputs["rgb"].tensor_shape.dim]
        assert shapes == [-1, -1, -1, 3]


def test_compact_answers(saved, model):
    rgb = np.random.default_rng(5).random((2, 9, 13, 3), np.float32)
    cube = np.maximum(model(rgb)["cube"].numpy(), 0)
    for bands in (np.array([], np.int32), np.array([30, 4], np.int32)):
        answer = saved.run("compact", rgb=rgb, bands=bands[None].repeat(len(rgb), axis=0))
        wanted = cube[..., bands] if bands.size else cube
        assert answer["cube"].dtype == np.uint16 and answer["scale"].shape == (2,)
        error = np.abs(answer["cube"] * answer["scale"][:, None, None, None] - wanted)
        assert error.max() <= answer["scale"].max() * 0.51 + 1e-5  # half a step, and float32
        assert answer["cube"].max() == 65535


def test_wavelengths_are_those_of_the_bands_asked_for(saved, model):
    grid = np.asarray(model.dictionary.wavelengths_nm, np.float32)
    for bands in ([[]], [[30, 4], [0, 1]]):
        bands = np.array(bands, np.int32)
        found = saved.run("wavelengths", bands=bands)["wavelengths_nm"]
        np.testing.assert_array_equal(found, grid[bands] if bands.size else grid[None])


def test_a_bad_request_does_not_end_the_server(saved):
    good = np.full((1, 5, 4, 3), 0.5, np.float32)
    before = saved.run("serving_default", rgb=good)["cube"]
    bad = good.copy()
    bad[0, 2, 1, 0] = np.nan
    requests = [
        ("serving_default", {"rgb": bad}, "rgb: every value must be finite"),
        ("compact", {"rgb": good, "bands": np.array([[31]], np.int32)}, r"bands: must be indices in \[0, 30\]"),
        ("wavelengths", {"bands": np.array([[31]], np.int32)}, r"bands: must be indices in \[0, 30\]"),
        ("known_srf", {"rgb": good, "srf": np.ones((1, 3, 31), np.float32)}, "srf: its rows must sum to 1"),
        ("estimate_srf", {"rgb": good * 255}, r"rgb: must be linear light in \[0, 1\]"),
        ("encoded", {"image": [b""]}, "image: is empty"),
        ("serving_default", {"rgb": np.zeros((1, 129, 64, 3), np.float32)}, r"rgb: n \* h \* w .* Received: 1 129 64$"),
    ]
    for signature, inputs, message in requests:
        with pytest.raises(DataError, match=f"^small: refused its input: {message}") as caught:
            saved.run(signature, **inputs)
        assert "\n" not in str(caught.value) and "assertion" not in str(caught.value)
    np.testing.assert_array_equal(saved.run("serving_default", rgb=good)["cube"], before)


def test_warm_up_requests_replay(exported, saved):
    logs = []
    for record in tf.data.TFRecordDataset(str(exported[0] / WARMUP)):
        logs.append(prediction_log_pb2.PredictionLog.FromString(record.numpy()))
    assert {log.predict_log.request.model_spec.signature_name for log in logs} == SIGNATURES
    for log in logs:
        request = log.predict_log.request
        assert (request.model_spec.name, request.model_spec.version.value) == ("small", 1)
        inputs = {name: tf.make_ndarray(proto) for name, proto in request.inputs.items()}
        inputs = {name: list(value) if value.dtype == object else value for name, value in inputs.items()}
        outputs = saved.run(request.model_spec.signature_name, **inputs)
        assert all(np.isfinite(value).all() for value in outputs.values())


def test_a_difference_above_the_limit_is_an_error():
    for found in (2e-4, float("nan"), float("inf")):
        with pytest.raises(HsganError, match=r"float32\.tflite differs from the Keras model by .*, more than 0\.0001"):
            checks.check("float32.tflite", found, 1e-4)
    checks.check("float32.tflite", 1e-4, 1e-4)
    assert checks.difference(np.array([1.0, np.nan]), np.array([1.0, 1.0])) == float("inf")


def test_each_signature_computes_something(tmp_path):
    """Where the first computes nothing, LiteRT's interpreter has its fast kernels for none of the others."""
    from ai_edge_litert import schema_py_generated as schema

    network = agd_net(initialization="smooth")
    converted = tflite.convert(network)
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(converted, 0))
    computed = {entry.signatureKey: model.subgraphs[entry.subgraphIndex].operators for entry in model.signatureDefs}
    assert set(computed) == {b"reconstruct", b"known_srf", b"estimate_srf"} and all(computed.values())
    (tmp_path / "agd.tflite").write_bytes(converted)
    found = Runner(tmp_path / "agd.tflite", "estimate_srf", 1)(rgb=np.full((1, 4, 5, 3), 0.5, np.float32))["srf"]
    np.testing.assert_allclose(found[0], network.dictionary.responses.mean(axis=0), rtol=1e-6)


def test_what_tflite_has_not_is_said_before_converting(monkeypatch):
    monkeypatch.setattr(tflite, "portable_forward_of", Forward)
    with pytest.raises(HsganError, match=r"tflite: .*Cholesky.*; export it with --tflite=none"):
        tflite.convert(agd_net())


def test_the_reference_covers_odd_sizes_and_one_pixel():
    assert (1, 1) in checks.SIZES and any(height % 2 and width % 2 and height > 16 for height, width in checks.SIZES)
    image = checks.fixed_image(37, 53, 1)
    np.testing.assert_array_equal(image, checks.fixed_image(37, 53, 1))
    assert image.std() > 20
