"""What every layer and network must do, whatever it is: sizes, rebuilding, gradients, precision, weights."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf
from subjects import (
    DICTIONARY,
    NETWORKS,
    SUBJECTS,
    activate,
    image,
    inputs_of,
    layer_classes,
    output_of,
    small_network,
)

# Classes that are abstract, hold another's network, or are no function: `test_networks.py`, `test_parsers.py` and
# `test_mixture_net.py` have these.
ELSEWHERE = {"ReconstructionNetwork", "FrozenParser", "MixtureLayer"}
EVERY = pytest.mark.parametrize("subject", SUBJECTS.values(), ids=SUBJECTS)


@functools.cache
def built(subject, dtype="float32"):
    """The layer with all its weights; tests share it, and leave it alone."""
    keras.utils.set_random_seed(3)
    layer = subject.build(dtype)
    output_of(layer, inputs_of(subject, subject.sizes[0]))
    return activate(layer)


def test_every_class_is_a_subject():
    tested = {type(built(subject)).__name__ for subject in SUBJECTS.values()}
    assert set(layer_classes()) - tested == ELSEWHERE


@EVERY
def test_two_sizes(subject):
    layer = built(subject)
    for size in subject.sizes:
        output = output_of(layer, inputs_of(subject, size))
        assert output.shape == subject.output(size) and output.dtype == tf.float32
        assert np.isfinite(output).all()


@pytest.mark.parametrize("subject", NETWORKS.values(), ids=NETWORKS)
def test_a_network_takes_a_single_pixel_and_gives_its_camera(subject):
    output = built(subject)(*inputs_of(subject, (1, 1)))
    assert output["cube"].shape == (2, 1, 1, 31) and output["srf"].shape == (2, 3, 31)
    assert np.isfinite(output["cube"]).all() and np.isfinite(output["srf"]).all()


REBUILT = {name: subject for name, subject in SUBJECTS.items() if subject.config}


@pytest.mark.parametrize("subject", REBUILT.values(), ids=REBUILT)
def test_keras_rebuilds_it_from_its_config(subject):
    layer, inputs = built(subject), inputs_of(subject, subject.sizes[1])
    custom = {**layer_classes(), type(layer).__name__: type(layer)}
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(layer), custom_objects=custom)
    output_of(again, inputs)
    again.set_weights(layer.get_weights())
    np.testing.assert_array_equal(output_of(again, inputs), output_of(layer, inputs))


@EVERY
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_gradients_reach_all_weights(subject, policy):
    layer, inputs = built(subject, policy), inputs_of(subject, subject.sizes[0])
    with tf.GradientTape() as tape:
        found = tf.nest.flatten(layer(*inputs, training=True) if isinstance(layer, keras.Model) else layer(*inputs))
        # Random factors: of what is normalized, the mere square would have no gradient.
        terms = [tf.cast(part, tf.float32) for part in found]
        loss = sum(tf.reduce_sum((part + 1) ** 2 * np.random.default_rng(5).random(part.shape)) for part in terms)
    weights = layer.trainable_weights
    for weight, gradient in zip(weights, tape.gradient(loss, weights), strict=True):
        assert weight.dtype == "float32"
        assert np.isfinite(gradient).all(), weight.path
        assert np.abs(gradient).max() > 0 or subject.silent(weight), weight.path


@EVERY
def test_mixed_precision_changes_little(subject):
    layer, half = built(subject), subject.build("mixed_bfloat16")
    inputs = inputs_of(subject, subject.sizes[0])
    rounded = output_of(half, inputs)
    half.set_weights(layer.get_weights())
    exact, rounded = output_of(layer, inputs).numpy(), output_of(half, inputs)
    assert rounded.dtype == subject.computes
    difference = np.abs(exact - tf.cast(rounded, tf.float32)).max() / np.abs(exact).max()
    assert difference <= subject.rounding
    assert (difference > 0) == subject.mixed


@EVERY
def test_weights_survive_a_file(subject, tmp_path):
    """In a model of their own, as a run's folder keeps them; what is not trained is kept too."""
    layer, inputs = built(subject), inputs_of(subject, subject.sizes[1])
    keras.utils.set_random_seed(4)
    again = subject.build("float32")
    output_of(again, inputs)
    holders = [Holder(layer), Holder(again)]
    holders[0].save_weights(tmp_path / "x.weights.h5")
    holders[1].load_weights(tmp_path / "x.weights.h5")
    for one, other in zip(layer.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(output_of(again, inputs), output_of(layer, inputs))


class Holder(keras.Model):
    """A model that has nothing but one layer."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer
        self.built = True


@pytest.mark.parametrize("model", ["hsgan", "agd_net", "hscnn_d", "fm_net", "chs_gan", "dbf", "gated_mixture"])
def test_a_networks_first_weights_repeat_with_the_seed(model):
    weights = []
    for seed in (1, 1, 2):
        keras.utils.set_random_seed(seed)
        weights.append(small_network(model).get_weights())
    assert all(np.array_equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


@pytest.mark.parametrize("name", ["hsgan, pixel by pixel", "agd_net, pixel by pixel"])
def test_with_kernels_of_one_pixel_each_pixel_stands_alone(name):
    network = built(NETWORKS[name])
    assert network.receptive_radius == 0
    rgb, order = image(1, 6, 7, 3).numpy(), np.random.default_rng(1).permutation(42)
    shuffled = rgb.reshape(1, 42, 3)[:, order].reshape(rgb.shape)
    srf = DICTIONARY.responses[:1]
    cube, other = (network(pixels, srf=srf)["cube"].numpy().reshape(42, 31) for pixels in (rgb, shuffled))
    np.testing.assert_allclose(other, cube[order], rtol=1e-5)  # products of matrices may sum in another order
