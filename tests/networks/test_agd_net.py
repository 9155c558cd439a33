"""AGD-Net: its sizes, its equations written out, what a pixel depends on, cameras, precision."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.networks.agd_net import AGDNet
from hsgan.networks.build import build_network
from hsgan.spectra import closed_form, imaging, srf

GRID = np.arange(400, 701, 10)
DICTIONARY = srf.load("default", GRID)
DEGRADATIONS = ("learned", "given", "estimated")
STATISTICS = 31 + 31**2  # of the cubes: not trained


def rng():
    return np.random.default_rng(0)


def image(*shape):
    return tf.constant(rng().random(shape), tf.float32)


def cameras(*numbers):
    return tf.constant(DICTIONARY.responses[list(numbers)])


def settings(**values):
    config = config_lib.default_config()
    config.model = "agd_net"
    config.agd_net.update({"stages": 3, "growth": 16, "units": 3} | values)
    return config


def network(dtype=None, **values):
    """A network with random weights: no zero start, all paths active, close to the identity in size."""
    net = AGDNet(settings(**values), DICTIONARY, dtype=dtype)
    source = rng()
    for weight in net.trainable_variables:
        weight.assign(source.standard_normal(weight.shape) * 0.15)
    return net


@pytest.mark.parametrize(("stages", "count"), [(9, 386_136), (4, 172_391)])
def test_parameters_of_the_released_sizes(stages, count):
    net = build_network(settings(stages=stages, growth=62, units=5), DICTIONARY)
    assert net.count_params() - STATISTICS == count
    assert sum(np.prod(weight.shape) for weight in net.trainable_variables) == count


def test_the_published_size_is_the_default():
    values = config_lib.default_config().agd_net
    assert (values.stages, values.growth, values.units, values.degradation) == (9, 62, 5, "learned")


@pytest.mark.parametrize(("degradation", "more"), [("given", -837), ("estimated", -837 + 130_620)])
def test_parameters_with_a_camera(degradation, more):
    net = AGDNet(settings(stages=4, growth=62, units=5, degradation=degradation), DICTIONARY)
    assert net.count_params() - STATISTICS == 172_391 + more


def zero_mean(x):
    return x - tf.reduce_mean(x, axis=-1, keepdims=True)


def written_stage(stage, x, first, basic=True, center=zero_mean):
    """Section 12 with concatenations, explicit biases and explicit SZM."""
    center = tf.identity if first else center
    features = [tf.nn.conv2d(x, tf.convert_to_tensor(stage.head.kernel), 1, "SAME")]
    for number, unit in enumerate(stage.dense.units):
        last = number == len(stage.dense.units) - 1
        around = tf.identity if last else center
        hidden = tf.einsum("bhwc,cf->bhwf", around(tf.concat(features, axis=-1)), tf.convert_to_tensor(unit.pointwise))
        hidden = hidden + unit.pointwise_bias if first else hidden
        hidden = around(hidden if last else tf.nn.relu(hidden))
        kernel = tf.transpose(unit.depthwise, (0, 1, 3, 2))
        hidden = tf.nn.depthwise_conv2d(hidden, kernel, (1, 1, 1, 1), "SAME")
        hidden = hidden + unit.depthwise_bias if first else hidden
        features.append(hidden if last else tf.nn.relu(hidden))
    return features[-1] + features[0] if basic and not first else features[-1]


def written_out(net, rgb, camera, **form):
    """The cube and the residuals after all stages."""

    def residual(cube):
        if net.values.degradation == "learned":
            return rgb - tf.nn.conv2d(cube, tf.convert_to_tensor(net.degradation.kernel), 1, "SAME")
        return rgb - tf.einsum("bhws,bcs->bhwc", cube, camera)

    first, *others = net.stages
    cube = written_stage(first, rgb, True)
    residuals = [residual(cube)]
    for stage in others:
        cube = cube + written_stage(stage, residuals[-1], False, **form)
        residuals.append(residual(cube))
    return cube, residuals


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_the_network_is_its_equations(degradation):
    net, rgb, camera = network(degradation=degradation), image(2, 11, 9, 3), cameras(3, 7)
    expected, residuals = written_out(net, rgb, camera)
    found = net.outputs(rgb, camera)
    # float32 rounding through 3 stages of 3 units, relative to the largest value
    tolerance = 1e-5 * np.abs(expected).max()
    np.testing.assert_allclose(found["cube"], expected, atol=tolerance)
    np.testing.assert_array_equal(found["cube"], net(rgb, srf=camera)["cube"])
    np.testing.assert_allclose(found["residual"], np.mean(np.square(residuals)), rtol=1e-4)
    cube, own = net.reconstruct_with_residuals(rgb, camera)
    assert len(own) == 3 and cube.shape == (2, 11, 9, 31)
    np.testing.assert_allclose(own[-1], residuals[-1], atol=10 * tolerance)


@pytest.mark.parametrize(
    ("values", "form"), [({"basic_gradient": False}, {"basic": False}), ({"zero_mean": False}, {"center": tf.identity})]
)
def test_parts_can_be_left_out_without_a_change_of_size(values, form):
    net, whole = network(**values), network()
    assert net.count_params() == whole.count_params()
    rgb = image(1, 8, 8, 3)
    expected, _ = written_out(net, rgb, None, **form)
    np.testing.assert_allclose(net(rgb)["cube"], expected, atol=1e-5 * np.abs(expected).max())
    assert np.abs(net(rgb)["cube"] - whole(rgb)["cube"]).max() > 1e-2


def test_a_learned_degradation_starts_as_the_mean_camera():
    net, cube = AGDNet(settings(), DICTIONARY), image(1, 6, 6, 31)
    rgb = imaging.project(cube, DICTIONARY.responses.mean(axis=0))
    np.testing.assert_allclose(net.rule().residual(cube, rgb, None), np.zeros((1, 6, 6, 3)), atol=1e-6)


@pytest.mark.parametrize(("degradation", "radius"), [("learned", 3 * 4 + 2), ("given", 3 * 4), ("estimated", 3 * 4)])
def test_receptive_radius(degradation, radius):
    """By the gradient of one output pixel, the camera being fixed."""
    net, size = network(degradation=degradation), 2 * radius + 5
    assert net.receptive_radius == radius
    rgb, middle = tf.Variable(image(1, size, size, 3)), size // 2
    with tf.GradientTape() as tape:
        output = tf.reduce_sum(net.reconstruct(rgb, cameras(0))[0, middle, middle])
    rows, columns = np.nonzero(np.abs(tape.gradient(output, rgb)[0]).max(axis=-1))
    edges = (middle - radius, middle + radius)
    assert (rows.min(), rows.max()) == edges and (columns.min(), columns.max()) == edges


def test_radius_of_the_published_size():
    assert AGDNet(settings(stages=9, growth=2, units=5), DICTIONARY).receptive_radius == 9 * 6 + 8


def test_a_perturbed_pixel_changes_nothing_beyond_the_radius():
    net = network()
    rgb, far = image(1, 40, 40, 3).numpy(), net.receptive_radius
    before = net(rgb)["cube"].numpy()
    rgb[0, 20, 20] += 1
    changed = np.abs(net(rgb)["cube"] - before)[0].max(axis=-1) > 0
    rows, columns = np.nonzero(changed)
    assert 20 - far <= rows.min() and rows.max() <= 20 + far and 20 - far <= columns.min() and columns.max() <= 20 + far


@pytest.mark.parametrize("degradation", DEGRADATIONS)
def test_which_camera_counts(degradation):
    net, rgb = network(degradation=degradation), image(1, 32, 32, 3)
    given, other, alone = net(rgb, srf=cameras(3)), net(rgb, srf=cameras(20)), net(rgb)
    same = np.array_equal(given["cube"], other["cube"])
    assert same == (degradation == "learned") == (not net.needs_camera)
    np.testing.assert_array_equal(given["srf"], cameras(3))
    mean = DICTIONARY.responses.mean(axis=0)
    supposed = net.srf_estimator(rgb)[0] if degradation == "estimated" else mean
    np.testing.assert_allclose(alone["srf"][0], supposed, atol=1e-6)
    assert net.estimates_camera == (degradation == "estimated")


def test_each_sample_has_its_camera():
    net, rgb = network(degradation="given"), image(2, 8, 8, 3)
    together = net(rgb, srf=cameras(3, 20))["cube"]
    alone = net(rgb[1:], srf=cameras(20))["cube"]
    np.testing.assert_allclose(together[1:], alone, atol=1e-5 * np.abs(alone).max())


@pytest.mark.parametrize("degradation", ["given", "estimated"])
def test_smooth_initialization_starts_at_the_closed_form(degradation):
    net, rgb = AGDNet(settings(degradation=degradation, initialization="smooth"), DICTIONARY), image(2, 16, 16, 3)
    expected = closed_form.smooth(rgb, cameras(3, 7))
    np.testing.assert_allclose(net(rgb, srf=cameras(3, 7))["cube"], expected, atol=1e-5)


def test_prior_initialization_starts_near_the_closed_form():
    """The basic gradients move it by what the Wiener estimate leaves of the image: little, where noise is little."""
    spectra = rng().random((200, 5)) @ rng().random((5, 31)) / 3
    statistics = spectra.mean(axis=0), np.cov(spectra.T)
    config = settings(degradation="given", initialization="prior", prior_noise=1e-7)
    net = AGDNet(config, DICTIONARY, statistics)
    rgb = imaging.project(tf.constant(spectra.reshape(1, 10, 20, 31), tf.float32), cameras(3))
    expected = closed_form.wiener(rgb, cameras(3), *statistics, noise=1e-7)
    np.testing.assert_allclose(net(rgb, srf=cameras(3))["cube"], expected, atol=1e-3)
    assert np.abs(expected - statistics[0]).max() > 0.3


def test_other_networks_measure_the_projection_of_their_cube():
    config = settings()
    config.model = "hsgan"
    config.generator.stages, config.generator.growth, config.generator.units = 2, 8, 2
    net, rgb = build_network(config, DICTIONARY), image(2, 16, 16, 3)
    output = net.outputs(rgb, cameras(3, 7))
    expected = np.mean((imaging.project(output["cube"], cameras(3, 7)) - rgb) ** 2)
    np.testing.assert_allclose(output["residual"], expected, rtol=1e-5)
