"""The parameter counts are those of the authors' published Cityscapes models (19 classes): the table of the
HRNet-Semantic-Segmentation repository, to the digits given there."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from subjects import TINY_HRNET

from hsgan.errors import ConfigError
from hsgan.networks.hrnet import IMAGENET_MEAN, IMAGENET_STD, ResizeLike, build_hrnet


def photo(*shape, seed=0):
    return np.random.default_rng(seed).uniform(size=shape).astype(np.float32)


def parameters(variables):
    return sum(int(np.prod(variable.shape)) for variable in variables)


@pytest.fixture(scope="module")
def tiny():
    return build_hrnet(TINY_HRNET, 5, seed=1)


@pytest.mark.parametrize(("variant", "published"), [("hrnet_w18_small", 1.5e6), ("hrnet_w18_small_v2", 3.9e6)])
def test_small_variants_have_the_published_size(variant, published):
    count = parameters(build_hrnet(variant, 19).trainable_variables)
    assert count // 1e5 * 1e5 == published  # the table cuts after one digit: 1,540,819 and 3,939,579


@pytest.mark.slow
def test_w48_has_the_published_size():
    count = parameters(build_hrnet("hrnet_w48", 19).trainable_variables)
    assert count // 1e5 * 1e5 == 65.8e6
    assert count == 65_859_379


def test_each_branch_has_half_the_size_and_twice_the_width(tiny):
    branches = keras.Model(tiny.input, [tiny.get_layer(f"head_level{i}_resize").input[0] for i in (1, 2, 3)])
    shapes = [output.shape for output in branches(photo(1, 64, 96, 3))]
    assert shapes == [(1, 8, 12, 8), (1, 4, 6, 16), (1, 2, 3, 32)]


def test_graph_with_known_size_gives_the_known_size_and_eager_numbers(tiny):
    images = photo(1, 36, 52, 3)
    graph = tf.function(lambda x: tiny(x, training=False))
    concrete = graph.get_concrete_function(tf.TensorSpec((1, 36, 52, 3)))
    assert concrete.structured_outputs.shape == (1, 9, 13, 5)
    # float32 convolutions summed in another order
    np.testing.assert_allclose(graph(images), tiny(images, training=False), rtol=1e-4, atol=1e-5)


def test_saved_model_and_saved_weights_give_equal_scores(tiny, tmp_path):
    images = photo(1, 40, 48, 3)
    tiny.save(tmp_path / "tiny.keras")
    reloaded = keras.saving.load_model(tmp_path / "tiny.keras", compile=False)
    tiny.save_weights(tmp_path / "tiny.weights.h5")
    rebuilt = build_hrnet(TINY_HRNET, 5, seed=2)
    assert not np.array_equal(rebuilt(images), tiny(images))
    rebuilt.load_weights(tmp_path / "tiny.weights.h5")
    np.testing.assert_array_equal(reloaded(images), tiny(images))
    np.testing.assert_array_equal(rebuilt(images), tiny(images))


def test_equal_seeds_give_equal_weights_and_other_seeds_others():
    first, same, other = (
        build_hrnet(TINY_HRNET, 5, seed=seed).get_layer("scores").kernel.numpy() for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_convolutions_of_one_network_start_from_different_weights(tiny):
    names = ("stage4_module0_branch3_block0_a_conv", "stage4_module0_branch3_block0_b_conv")
    a, b = (tiny.get_layer(name).kernel.numpy() for name in names)
    assert a.shape == b.shape and not np.array_equal(a, b)


def test_photo_is_normalized_by_the_imagenet_statistics(tiny):
    mean_photo = np.broadcast_to(np.float32(IMAGENET_MEAN), (1, 4, 4, 3))
    brighter = mean_photo + np.float32(IMAGENET_STD)
    normalize = tiny.get_layer("imagenet")
    np.testing.assert_allclose(normalize(mean_photo), np.zeros((1, 4, 4, 3)), atol=1e-6)
    np.testing.assert_allclose(normalize(brighter), np.ones((1, 4, 4, 3)), atol=1e-6)


def test_resize_like_of_a_ramp_is_the_ramp():
    ramp = np.arange(8, dtype=np.float32)[None, None, :, None] * np.ones((1, 3, 1, 1), np.float32)
    resized = ResizeLike()([ramp, np.zeros((1, 6, 16, 7), np.float32)])
    assert resized.shape == (1, 6, 16, 1)
    expected = (np.arange(16) + 0.5) / 2 - 0.5  # half-pixel centers; the two edges are clamped
    np.testing.assert_allclose(resized[0, 2, 1:-1, 0], expected[1:-1], atol=1e-6)


def test_errors_name_the_rule():
    with pytest.raises(ConfigError, match=r"variant: must be one of hrnet_w18_small, .*Received: 'hrnet_w99'"):
        build_hrnet("hrnet_w99", 5)
    with pytest.raises(ConfigError, match=r"at least 2\. Received: 1"):
        build_hrnet("hrnet_w18_small", 1)
