"""The trained mixture: its deviations stay calibrated, and other networks may start at it."""

import numpy as np
import pytest
import tensorflow as tf
from trained_run import make_run

from hsgan.errors import DataError
from hsgan.prior.fit import standard_errors
from hsgan.prior.samples import scene_spectra
from hsgan.run.folder import RunFolder
from hsgan.spectra.mixture import estimate_mixture, solve_mixture
from hsgan.train.loop import train

pytestmark = pytest.mark.usefixtures("no_pictures")


@pytest.fixture
def config(small_config):
    """Trains a small mixture for so long that its variances change."""
    small_config.model, small_config.paired.pixel_form = "mixture", "leveled"
    small_config.prior.update(components=4, samples=1500, folds=2)
    small_config.mixture.pixels, small_config.paired.learning_rate = 2000, 1e-2
    small_config.train.update(steps=12, batch=64, validate_every=12)
    return small_config


@pytest.fixture(scope="module")
def trained():
    """Folders of runs that the tests of this module share."""
    return []


@pytest.fixture
def run(config, trained, tmp_path_factory):
    if not trained:
        trained.append(train(config, tmp_path_factory.mktemp("runs") / "mixture").path)
    return RunFolder.open(trained[0])  # of its own configuration


def test_training_leaves_the_share_of_errors_in_an_interval(run):
    config, prior, network = run.config, run.prior(), run.network("last")
    scenes = scene_spectra(config.data.cubes, ("train",), 10_000, config.seed, config.data.brightness)
    spectra, mean = np.concatenate(list(scenes.values())), run.training_dictionary().responses.mean(axis=0)

    def in_nine_tenths(parameters, temperature):
        form = solve_mixture(tf.constant(mean), parameters, config.prior.noise)
        return np.mean(standard_errors(spectra, mean, form) < 1.645 * temperature)

    temperature = float(network.mixture_layer.temperature.numpy())
    fitted = in_nine_tenths(prior.parameters, prior.temperature)
    assert abs(in_nine_tenths(network.mixture, prior.temperature) - fitted) > 0.01  # as it would be without
    # The two distributions of errors are brought together at their own ninth tenth.
    errors = in_nine_tenths(prior.parameters, 1.0), in_nine_tenths(network.mixture, temperature / prior.temperature)
    assert errors[1] == pytest.approx(errors[0], abs=0.02)


def test_a_network_starts_at_the_mixture_of_another_run(run, config, tmp_path):
    config.model, config.generator.initialization, config.prior.run = "hsgan", "mixture", str(run.path)
    config.train.update(steps=1, batch=2)
    started = train(config, tmp_path / "hsgan")
    kept, trained = started.prior(), run.network("last")
    assert "trained for 12 steps" in kept.source
    assert kept.temperature == pytest.approx(float(trained.mixture_layer.temperature.numpy()))
    rgb = np.random.default_rng(0).uniform(0, 1, (8, 8, 3)).astype(np.float32)
    srf = run.training_dictionary().responses[0]
    form = solve_mixture(tf.constant(srf), started.network("last").mixture, config.prior.noise)
    expected = trained.reconstruct(rgb[None], srf[None])[0]
    np.testing.assert_allclose(estimate_mixture(rgb, form), expected, atol=1e-4)


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"prior.components": 2}, "set --config.prior.components=4"),
        ({"data.brightness": 0.3}, "set --config.data.brightness=0.5"),
    ],
)
def test_a_mixture_that_does_not_fit_is_refused_by_name(changes, message, run, config, tmp_path):
    config.prior.run = str(run.path)
    config.update_from_flattened_dict(changes)
    with pytest.raises(DataError, match=message):
        train(config, tmp_path / "other")


def test_a_run_of_another_model_is_refused(run, config, tmp_path):
    config.model, config.prior.run = "hsgan", str(make_run(tmp_path / "hsgan"))
    with pytest.raises(DataError, match="must be a run of the model 'mixture'"):
        train(config, tmp_path / "next")
