import json
import sys
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.errors import ConfigError, DataError
from hsgan.networks import parsers
from hsgan.networks.hrnet import build_hrnet
from hsgan.networks.parsers import REPORT_FILE, WEIGHTS_FILE, FrozenParser, build_parser


def photo(*shape):
    return np.random.default_rng(0).uniform(size=shape).astype(np.float32)


def configured(parser, weights=""):
    config = config_lib.default_config()
    config.semantic.parser, config.semantic.parser_weights = str(parser), str(weights)
    return config


def network(stride=4, channels=7, size=(None, None), colors=3, dtype=None):
    """Convolution, BatchNorm, Dropout: all that behaves otherwise in training."""
    rgb = keras.Input((*size, colors))
    x = keras.layers.Conv2D(channels, 3, stride, "same", dtype=dtype)(rgb)
    x = keras.layers.BatchNormalization(dtype=dtype)(x)
    return keras.Model(rgb, keras.layers.Dropout(0.5, dtype=dtype)(x))


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """(folder of weights with their report, network) of a W18-small for 5 classes."""
    folder = tmp_path_factory.mktemp("own")
    parser = build_hrnet("hrnet_w18_small", 5, seed=7)
    parser.save_weights(folder / WEIGHTS_FILE)
    (folder / REPORT_FILE).write_text(json.dumps({"parser": "hrnet_w18_small", "classes": 5}))
    return folder, parser


def test_no_parser():
    assert build_parser(configured(""), 5) is None


@pytest.mark.parametrize("given", ["config", "argument"])
def test_own_parser_is_the_network_of_the_weights(own, given):
    folder, network = own
    path, images = folder / WEIGHTS_FILE, photo(1, 33, 48, 3)
    config = configured("hrnet_w18_small", path if given == "config" else "")
    parser = build_parser(config, 5, weights=None if given == "config" else path)
    assert parser.channels == 5
    assert parser.trainable_variables == []
    np.testing.assert_array_equal(parser(images), network(images, training=False))


def test_frozen_parser_stays_as_it_is_even_in_training():
    inner = network()
    before = [np.copy(variable.numpy()) for variable in inner.variables]
    parser = FrozenParser(inner)
    images = tf.constant(photo(2, 32, 32, 3))
    with tf.GradientTape() as tape:
        tape.watch(images)
        scores = parser(images, training=True)
    np.testing.assert_array_equal(scores, inner(images, training=False))
    for variable, value in zip(inner.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    assert tape.gradient(scores, images) is None
    # The guard is needed: the network itself does change in training.
    inner.trainable = True
    inner(images, training=True)
    assert any(not np.array_equal(v.numpy(), b) for v, b in zip(inner.variables, before, strict=True))


@pytest.mark.parametrize("stride", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [(32, 48), (33, 30)])
def test_scores_come_at_a_quarter_in_float32(stride, size):
    parser = FrozenParser(network(stride, dtype="mixed_bfloat16"))
    scores = parser(photo(1, *size, 3))
    expected = (1, -(-size[0] // 4), -(-size[1] // 4), 7)
    assert scores.shape == expected == parser.compute_output_shape((1, *size, 3))
    assert scores.dtype == tf.float32
    graph = tf.function(lambda x: parser(x)).get_concrete_function(tf.TensorSpec((1, *size, 3)))
    assert graph.structured_outputs.shape == expected  # static, as the semantic branch needs it
    free = tf.function(lambda x: parser(x)).get_concrete_function(tf.TensorSpec((None, None, None, 3)))
    np.testing.assert_allclose(free(tf.constant(photo(1, *size, 3))), scores, rtol=1e-2, atol=1e-2)  # bfloat16


def test_parser_of_one_size_gets_the_photo_resized():
    inner = network(size=(16, 16))
    images = photo(1, 40, 24, 3)
    expected = tf.image.resize(inner(tf.image.resize(images, (16, 16))), (10, 6))
    np.testing.assert_allclose(FrozenParser(inner)(images), expected, atol=1e-6)


def test_saved_keras_model_is_a_parser(tmp_path):
    inner, images = network(channels=150), photo(1, 32, 32, 3)
    inner.save(tmp_path / "parser.keras")
    parser = build_parser(configured(tmp_path / "parser.keras"), classes=5)
    assert parser.channels == 150
    np.testing.assert_array_equal(parser(images), inner(images))


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        (lambda: network(colors=4), r"must take one photo \[batch, h, w, 3\]\. Received: inputs .*4\)"),
        (lambda: keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten()]), r"one map of scores .*192"),
        (lambda: network(size=(16, None)), r"both height and width .*\(16, None\)"),
    ],
)
def test_model_that_is_no_parser_is_refused_by_file(tmp_path, model, rule):
    path = tmp_path / "other.keras"
    model().save(path)
    with pytest.raises(DataError, match=rule) as error:
        build_parser(configured(path), 5)
    assert str(error.value).startswith(f"{path}: ")


def test_file_that_is_no_keras_model_is_refused(tmp_path):
    path = tmp_path / "text.keras"
    path.write_text("not a model")
    with pytest.raises(DataError, match=r"text\.keras: cannot be loaded as a Keras model"):
        build_parser(configured(path), 5)


def test_unknown_parser_lists_what_there_is():
    with pytest.raises(ConfigError, match=r"hrnet_w18_small, .*hub:PRESET .*Received: 'hrnet_w32'"):
        build_parser(configured("hrnet_w32"), 5)


def test_own_parser_needs_weights_and_a_foreign_one_takes_none(tmp_path):
    with pytest.raises(ConfigError, match=r"semantic\.parser_weights: hrnet_w48 needs weights"):
        build_parser(configured("hrnet_w48"), 5)
    with pytest.raises(ConfigError, match=r"only for our own parsers"):
        build_parser(configured("hub:segformer_b0", "some.weights.h5"), 5)


def test_wrong_weights_are_refused_by_file(own, tmp_path):
    folder, _ = own
    with pytest.raises(DataError, match=r"none\.weights\.h5: no such file"):
        build_parser(configured("hrnet_w18_small", tmp_path / "none.weights.h5"), 5)
    with pytest.raises(DataError, match=r"weights of hrnet_w18_small for 5 classes, but .* for 6 classes is wanted"):
        build_parser(configured("hrnet_w18_small", folder / WEIGHTS_FILE), 6)
    copy = tmp_path / "copy.weights.h5"  # without a report
    copy.write_bytes((folder / WEIGHTS_FILE).read_bytes())
    with pytest.raises(DataError, match=r"copy\.weights\.h5: not the weights of hrnet_w18_small for 6 classes"):
        build_parser(configured("hrnet_w18_small", copy), 6)
    copy.write_bytes(copy.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"copy\.weights\.h5: is damaged or truncated, or not"):
        build_parser(configured("hrnet_w18_small", copy), 5)
    text = tmp_path / "weights.txt"
    text.write_text("")
    with pytest.raises(DataError, match=r"must be named \*\.weights\.h5"):
        build_parser(configured("hrnet_w18_small", text), 5)


class HubStandIn:
    """Offers what of keras-hub is used: `models.ImageSegmenter.from_preset`."""

    def __init__(self, segmenter):
        self.segmenter, self.models, self.ImageSegmenter = segmenter, self, self

    def from_preset(self, preset, dtype):
        if preset != "known":
            raise ValueError(f"Unknown preset identifier.\nReceived: {preset}")
        return self.segmenter


def test_hub_preset_gets_the_values_that_its_converter_gives(monkeypatch):
    inner = network()
    scale, offset = [1 / 255 / std for std in (0.2, 0.3, 0.4)], [-1.0, -2.0, -3.0]
    inner.preprocessor = types.SimpleNamespace(image_converter=types.SimpleNamespace(scale=scale, offset=offset))
    monkeypatch.setitem(sys.modules, "keras_hub", HubStandIn(inner))
    images = photo(1, 32, 32, 3)
    parser = build_parser(configured("hub:known"), 5)
    converted = images / np.float32([0.2, 0.3, 0.4]) + np.float32(offset)
    np.testing.assert_allclose(parser(images), inner(converted), rtol=1e-5, atol=1e-5)  # float32, summed otherwise
    with pytest.raises(ConfigError, match=r"no image segmenter 'other', .*Unknown preset identifier\. Received: other"):
        build_parser(configured("hub:other"), 5)


def test_hub_preset_without_a_converter_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", HubStandIn(network()))
    with pytest.raises(ConfigError, match=r"hub:known has no image converter"):
        build_parser(configured("hub:known"), 5)


def test_missing_keras_hub_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(ConfigError, match=r"pip install 'hsgan\[hub\]'"):
        build_parser(configured("hub:known"), 5)


def test_keras_hub_segmenter_itself(tmp_path):
    keras_hub = pytest.importorskip("keras_hub", reason="needs keras-hub, extra [hub]")
    backbone = keras_hub.models.SegFormerBackbone(
        image_encoder=keras_hub.models.MiTBackbone(
            layerwise_depths=[1, 1], image_shape=(64, 64, 3), hidden_dims=[8, 16], num_layers=2,
            layerwise_num_heads=[1, 2], layerwise_sr_ratios=[8, 4], max_drop_path_rate=0.1,
            layerwise_patch_sizes=[7, 3], layerwise_strides=[4, 2],
        ),
        projection_filters=8,
    )  # fmt: skip
    converter = keras_hub.layers.SegFormerImageConverter(image_size=(64, 64), scale=1 / 255)
    preprocessor = keras_hub.models.SegFormerImageSegmenterPreprocessor(converter)
    segmenter = keras_hub.models.SegFormerImageSegmenter(backbone, num_classes=9, preprocessor=preprocessor)
    segmenter.save_to_preset(str(tmp_path / "preset"))
    parser = build_parser(configured(f"hub:{tmp_path / 'preset'}"), 5)
    images = photo(1, 64, 64, 3)
    expected = tf.image.resize(segmenter.predict(255 * images, verbose=0), (16, 16))
    np.testing.assert_allclose(parser(images), expected, rtol=1e-4, atol=1e-5)  # float32


def test_report_that_is_damaged_is_named(own, tmp_path):
    (tmp_path / WEIGHTS_FILE).write_bytes((own[0] / WEIGHTS_FILE).read_bytes())
    (tmp_path / REPORT_FILE).write_text("{}")
    with pytest.raises(DataError, match=rf"{REPORT_FILE}: is damaged .*not a report of pre-training"):
        parsers.load_weights(own[1], tmp_path / WEIGHTS_FILE, "hrnet_w18_small", 5)
