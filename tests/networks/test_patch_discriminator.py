"""CHS-GAN's discriminator: its size, its patches, its conditions."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.networks.patch_discriminator import build_patch_discriminator

RNG = np.random.default_rng(0)


def image(*shape):
    return tf.constant(RNG.random(shape), tf.float32)


def small(dtype=None):
    config = config_lib.default_config()
    config.chs_gan.discriminator_width = 4
    return build_patch_discriminator(config, 31, dtype)


def test_published_width():
    discriminator = build_patch_discriminator(config_lib.default_config(), 31)
    # 4x4 kernels, one bias in the first and in the last, scale and shift of three normalizations
    expected = 16 * (34 * 64 + 64 * 128 + 128 * 256 + 256 * 512 + 512) + 64 + 1 + 2 * (128 + 256 + 512)
    assert discriminator.count_params() == expected == 2_797_377
    assert len(discriminator.trainable_variables) == len(discriminator.variables)


@pytest.mark.parametrize(("size", "patches"), [((64, 64), (8, 8)), ((50, 33), (7, 5))])
def test_one_logit_a_patch(size, patches):
    assert small()([image(2, *size, 3), image(2, *size, 31)]).shape == (2, *patches, 1)


def test_a_logit_sees_70_pixels():
    """Without normalization, whose statistics see all: kernels of 4 at strides 1, 2, 4, 8 and 8."""
    discriminator = small()
    discriminator.norms = [tf.identity] * 3
    for weight in discriminator.trainable_variables:
        weight.assign(tf.abs(weight))
    cube = tf.Variable(image(1, 160, 160, 31))
    with tf.GradientTape() as tape:
        logit = discriminator([image(1, 160, 160, 3), cube])[0, 10, 10, 0]
    rows = np.nonzero(np.abs(tape.gradient(logit, cube)[0]).max(axis=(1, 2)))[0]
    assert rows.max() - rows.min() + 1 == 70


def test_it_judges_the_cube_given_the_rgb():
    discriminator, rgb, cube = small(), image(2, 32, 32, 3), image(2, 32, 32, 31)
    logits = discriminator([rgb, cube])
    assert np.abs(logits - discriminator([image(2, 32, 32, 3), cube])).max() > 1e-4
    assert np.abs(logits - discriminator([rgb, image(2, 32, 32, 31)])).max() > 1e-4


def test_black_images_stay_finite():
    assert np.isfinite(small()([tf.zeros((2, 32, 32, 3)), tf.zeros((2, 32, 32, 31))])).all()
