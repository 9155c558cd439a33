"""The mixture estimate against the textbook in float64, its gradients, and what it does at the extremes."""

import numpy as np
import pytest
import tensorflow as tf
from mixtures import CAMERA, draw, oracle, parameters_of

from hsgan.reconstruct.portable import PORTABLE
from hsgan.spectra import closed_form, imaging, mixture, srf
from hsgan.spectra.operations import EXACT

MIXTURE = draw()
PARAMETERS = parameters_of(MIXTURE)
NOISE = 1e-6
RNG = np.random.default_rng(0)
# Effective responses of a developed picture have negative lobes (method section 20).
LOBED = CAMERA - 0.3 * np.roll(CAMERA, 1, axis=0)
LOBED /= LOBED.sum(axis=1, keepdims=True)


def drawn_rgb(count=400, camera=CAMERA, prior=MIXTURE):
    """RGB of spectra of the mixture, float32 [count, 3]."""
    weights, means, covariances = prior
    kind = RNG.choice(len(weights), count, p=weights)
    spectra = [RNG.multivariate_normal(means[k], covariances[k]) for k in kind]
    return (np.array(spectra) @ camera.T).astype(np.float32)


@pytest.mark.parametrize("camera", [CAMERA, LOBED], ids=["camera", "negative lobes"])
@pytest.mark.parametrize("noise", [1e-6, 1e-3])
@pytest.mark.parametrize("operations", [EXACT, PORTABLE], ids=["float64", "float32"])
def test_mean_and_deviation_are_the_textbooks(camera, noise, operations):
    rgb = drawn_rgb(camera=camera)
    mean, covariance = oracle(rgb.astype(np.float64), camera, MIXTURE, noise)
    form = mixture.solve_mixture(camera, PARAMETERS, noise, operations)
    spectra, deviation = mixture.deviate_mixture(rgb, form)
    # float32 pixels: logits of up to 1e4 are exact to 1e-3
    np.testing.assert_allclose(spectra, np.maximum(mean, 0), atol=2e-4)
    np.testing.assert_allclose(deviation, np.sqrt(np.diagonal(covariance, axis1=1, axis2=2)), rtol=2e-2, atol=1e-4)
    np.testing.assert_allclose(mixture.estimate_mixture(rgb, form), spectra, atol=1e-6)


def test_one_component_is_the_wiener_estimate():
    one = (np.ones(1), *(values[:1] for values in MIXTURE[1:]))
    rgb = drawn_rgb(prior=one).reshape(20, 20, 3)
    parameters = parameters_of(one)
    expected = closed_form.wiener(rgb, CAMERA, one[1][0], one[2][0], 1e-4)
    found = mixture.mixture(rgb, CAMERA, parameters, 1e-4)
    np.testing.assert_allclose(found, np.maximum(expected, 0), atol=1e-5)  # float32 sums in two orders


def test_deviation_is_that_of_the_spectra_themselves():
    """Spectra drawn from the mixture lie inside 1.645 deviations nine times in ten, whatever the camera sees."""
    weights, means, covariances = MIXTURE
    kind = RNG.choice(len(weights), 4000, p=weights)
    truth = np.array([RNG.multivariate_normal(means[k], covariances[k]) for k in kind])
    rgb = (truth @ CAMERA.T).astype(np.float32)
    form = mixture.solve_mixture(CAMERA, PARAMETERS, NOISE)
    mean = oracle(rgb.astype(np.float64), CAMERA, MIXTURE, NOISE)[0]
    inside = np.abs(truth - mean) < 1.645 * mixture.deviate_mixture(rgb, form)[1].numpy()
    assert inside.mean() == pytest.approx(0.9, abs=0.02)  # a mixture of Gaussians is a little less than normal


def test_an_exposed_form_is_that_of_the_exposed_prior():
    """Spectra divided by a factor have means and factors of the covariances divided by it, and noise by its square."""
    gain, (log_weights, means, factors) = 7.0, PARAMETERS
    form = mixture.exposed(mixture.solve_mixture(CAMERA, PARAMETERS, NOISE), gain)
    truth = mixture.solve_mixture(CAMERA, (log_weights, means / gain, factors / gain), NOISE / gain**2)
    rgb = drawn_rgb() / np.float32(gain)
    for found, expected in zip(mixture.deviate_mixture(rgb, form), mixture.deviate_mixture(rgb, truth), strict=True):
        np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-5)


def test_one_camera_per_sample():
    cameras = np.stack([CAMERA, LOBED])
    batch = np.stack([drawn_rgb().reshape(20, 20, 3), drawn_rgb(camera=LOBED).reshape(20, 20, 3)])
    together = mixture.mixture(batch, cameras, PARAMETERS)
    for sample in range(2):
        alone = mixture.mixture(batch[sample], cameras[sample], PARAMETERS)
        np.testing.assert_allclose(together[sample], alone, atol=1e-5)
    one = mixture.mixture(batch, CAMERA, PARAMETERS)
    np.testing.assert_allclose(one[0], together[0], atol=1e-5)


def test_rgb_comes_back_under_the_same_camera():
    rgb = drawn_rgb().reshape(20, 20, 3)
    spectra = mixture.mixture(rgb, CAMERA, PARAMETERS)
    clipped = oracle(rgb.reshape(-1, 3).astype(np.float64), CAMERA, MIXTURE, NOISE)[0].min(axis=1) < 0
    back = imaging.project(spectra, CAMERA).numpy().reshape(-1, 3)
    np.testing.assert_allclose(back[~clipped], rgb.reshape(-1, 3)[~clipped], atol=2e-3)  # the noise is 1e-3


def gradient_of(function, values):
    values = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(values)
        result = function(values)
    return tape.gradient(result, values).numpy()


@pytest.mark.parametrize("camera", [CAMERA, LOBED], ids=["camera", "negative lobes"])
def test_gradient_with_respect_to_the_camera(camera):
    """Against central differences of the textbook's formulas in float64, entry by entry.

    The mean is clipped at 0, so the pixels are those where it is positive throughout.
    """
    rgb = drawn_rgb(camera=camera)
    rgb = rgb[oracle(rgb.astype(np.float64), camera, MIXTURE, 1e-4)[0].min(axis=1) > 1e-3][:60]
    upstream = RNG.standard_normal((len(rgb), 31))

    def value(changed):
        return (oracle(rgb.astype(np.float64), changed, MIXTURE, 1e-4)[0] * upstream).sum()

    numeric, step = np.empty_like(camera), 1e-6
    for entry in np.ndindex(camera.shape):
        change = np.zeros_like(camera)
        change[entry] = step
        numeric[entry] = (value(camera + change) - value(camera - change)) / (2 * step)
    found = gradient_of(
        lambda changed: tf.reduce_sum(mixture.mixture(rgb[None], changed, PARAMETERS, 1e-4) * upstream[None]), camera
    )
    # float32 pixels: a sum over 60 of them whose terms cancel
    np.testing.assert_allclose(found, numeric, rtol=1e-2, atol=2e-3 * np.abs(numeric).max())


@pytest.mark.parametrize("number", [0, 1, 2], ids=["weights", "means", "factors"])
def test_gradient_with_respect_to_the_prior(number):
    """In a random direction, against central differences of the same function in float64."""
    rgb, upstream = drawn_rgb()[:50], RNG.standard_normal((50, 31))
    direction = RNG.standard_normal(PARAMETERS[number].shape)
    if number == 2:
        direction = np.tril(direction)

    def value(changed):
        moved = [changed if other == number else PARAMETERS[other] for other in range(3)]
        prior = (np.exp(moved[0]), moved[1], moved[2] @ moved[2].transpose(0, 2, 1))
        return (np.maximum(oracle(rgb.astype(np.float64), CAMERA, prior, 1e-4)[0], 0) * upstream).sum()

    def watched(changed):
        moved = [changed if other == number else PARAMETERS[other] for other in range(3)]
        return tf.reduce_sum(mixture.mixture(rgb[None], CAMERA, tuple(moved), 1e-4) * upstream[None])

    start, step = PARAMETERS[number], 1e-6
    numeric = (value(start + step * direction) - value(start - step * direction)) / (2 * step)
    assert (gradient_of(watched, start) * direction).sum() == pytest.approx(numeric, rel=1e-2)  # float32 pixels


@pytest.mark.parametrize(
    "rgb",
    [np.zeros(3), np.ones(3), [1, 0, 0], [0, 0, 1], np.full(3, 1e-12), np.full(3, 1e4), [1e4, -1e4, 0], np.full(3, -1)],
    ids=str,
)
def test_extremes_are_finite_and_so_are_their_gradients(rgb):
    """Black pixels, full scale, one channel alone, RGB that no spectrum of the prior comes near."""
    image = np.broadcast_to(np.asarray(rgb, np.float32), (1, 2, 2, 3))
    form = mixture.solve_mixture(CAMERA, PARAMETERS, NOISE)
    spectra, deviation = mixture.deviate_mixture(image.reshape(-1, 3), form)
    assert np.isfinite(spectra).all() and np.isfinite(deviation).all() and (deviation.numpy() > 0).all()
    for values, function in (
        (CAMERA, lambda camera: mixture.mixture(image, camera, PARAMETERS)),
        (image, lambda rgb: mixture.mixture(rgb, CAMERA, PARAMETERS)),
        (PARAMETERS[2], lambda factors: mixture.mixture(image, CAMERA, (*PARAMETERS[:2], factors))),
    ):
        assert np.isfinite(gradient_of(function, values)).all()


def test_equal_rows_of_the_camera_stay_finite():
    gray = np.repeat(CAMERA[:1], 3, axis=0)
    cube = mixture.mixture(np.full((1, 1, 3), 0.2, np.float32), gray, PARAMETERS)
    expected = oracle(np.full((1, 3), 0.2), gray, MIXTURE, NOISE)[0]
    np.testing.assert_allclose(cube[0], np.maximum(expected, 0), atol=1e-3)


def test_a_graph_of_free_size_keeps_the_shape():
    function = tf.function(
        lambda rgb, camera: mixture.mixture(rgb, camera, PARAMETERS),
        input_signature=[tf.TensorSpec((1, None, None, 3)), tf.TensorSpec((1, 3, 31))],
    )
    cube = function(tf.ones((1, 4, 5, 3)), tf.constant(CAMERA[None], tf.float32))
    assert cube.shape == (1, 4, 5, 31)
    assert function.get_concrete_function().structured_outputs.shape.as_list() == [1, None, None, 31]


def test_the_camera_may_be_any_of_the_dictionary():
    for camera in srf.load("default", np.arange(400, 701, 10)).responses[::9]:
        rgb = drawn_rgb(50, camera.astype(np.float64))
        expected = np.maximum(oracle(rgb.astype(np.float64), camera.astype(np.float64), MIXTURE, NOISE)[0], 0)
        np.testing.assert_allclose(mixture.mixture(rgb[None], camera, PARAMETERS)[0], expected, atol=2e-4)
