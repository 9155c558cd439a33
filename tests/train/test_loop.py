"""One whole run through the library: what it leaves in its folder."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from hostile import full_disk
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from hsgan.errors import DataError, RunError
from hsgan.prior import fit
from hsgan.run.folder import RunFolder
from hsgan.train import loop
from hsgan.train.callbacks import StepCallback
from hsgan.train.loop import train
from hsgan.train.state import TrainingState
from hsgan.train.trainer import Trainer


@pytest.fixture(scope="module")
def seen():
    """Runs of this module, by name, so that the tests can share one."""
    return {}


@pytest.fixture
def run(small_config, tmp_path_factory, seen):
    if "run" not in seen:
        small_config.train.steps = 4
        seen["run"] = train(small_config, tmp_path_factory.mktemp("loop") / "run")
    return seen["run"]


def test_a_trainer_without_a_stream_cannot_be_made():
    class Streamless(Trainer):
        pass

    with pytest.raises(TypeError, match="abstract method"):
        Streamless()


def test_a_file_that_cannot_grow_ends_a_training_by_an_error(tmp_path):
    class Writes(StepCallback):
        def on_step(self, step, logs):
            tf.io.write_file(str(tmp_path / "events"), b"0" * 8192)

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    with full_disk(1024), pytest.raises(OSError, match="File too large"):
        model.fit(np.ones((4, 1)), np.ones((4, 1)), callbacks=[Writes()], verbose=0)


def test_the_folder_holds_what_it_says(run):
    names = {path.name for path in run.path.iterdir()}
    assert names == {".lock", "config.json", "run.json", "cameras.npz", "prior.npz", "statistics.npz",
                     "checkpoints", "reached.json", "weights", "history.jsonl", "logs"}  # fmt: skip
    assert {path.name for path in (run.path / "weights").iterdir()} == {
        "last.weights.h5", "last.json", "best.weights.h5", "best.json",
    }  # fmt: skip
    session = json.loads((run.path / "run.json").read_text())[0]
    assert session["versions"]["tensorflow"] == tf.__version__
    assert set(session["data"]) == {"cubes", "photos"}
    assert [json.loads(line)["step"] for line in (run.path / "history.jsonl").read_text().splitlines()] == [0, 4]


def test_the_prior_is_the_records_and_is_fitted_once(run, small_config, monkeypatch):
    values, brightness = small_config.prior, small_config.data.brightness
    expected = fit.fit_run(values, small_config.data.cubes, run.training_dictionary(), brightness)
    assert run.prior().source == expected.source and run.prior().components == 4
    assert run.prior().temperature == pytest.approx(expected.temperature) and expected.temperature != 1
    np.testing.assert_array_equal(run.prior().means, expected.means)
    monkeypatch.setattr(loop, "asked_prior", lambda *_, **__: pytest.fail("fitted again"))
    small_config.train.steps = 4
    loop.train(small_config, run.path)


@pytest.mark.parametrize("trained", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_network_starts_at_the_prior_and_moves_it_only_if_asked_to(small_config, no_pictures, tmp_path, trained):
    small_config.generator.initialization, small_config.prior.trained = "mixture", trained
    small_config.train.steps, small_config.optimizer.ema = 2, 0.0
    folder = train(small_config, tmp_path / "run")
    network, prior = folder.network("last"), folder.prior()
    moved = np.abs(network.mixture[1] - prior.means).max()
    assert moved > 1e-5 if trained else moved < 1e-6  # float32 of the same


def test_the_best_weights_are_the_best_of_the_history(run):
    lines = [json.loads(line) for line in (run.path / "history.jsonl").read_text().splitlines()]
    assert run.weights_record("best")["psnr"] == max(line["psnr"] for line in lines)
    assert run.weights_record("last") == lines[-1]


def test_tensorboard_has_terms_gradient_norms_metrics_and_pictures(run):
    events = EventAccumulator(str(run.path / "logs"), size_guidance={"tensors": 0})
    events.Reload()
    tags = set(events.Tags()["tensors"])
    terms = {"loss", "adversarial", "back_projection", "smoothness", "positivity", "discriminator"}
    norms = {"generator_gradient", "srf_estimator_gradient", "discriminator_gradient"}
    assert {f"train/{name}" for name in terms | norms} <= tags
    assert {f"validation/{name}" for name in ("psnr", "assim", "sam_deg", "sam_lit_deg", "srf_error")} <= tags
    assert {f"validation/{name}" for name in ("error_maps", "spectra", "srf")} <= tags
    assert {f"term_gradient/{name}" for name in terms - {"loss", "discriminator"}} <= tags
    assert [event.step for event in events.Tensors("train/loss")] == [1, 2, 3, 4]
    assert [event.step for event in events.Tensors("term_gradient/adversarial")] == [3]
    picture = events.Tensors("validation/spectra")[0].tensor_proto.string_val[2]
    assert tf.io.decode_png(picture).shape[0] > 100


def test_the_saved_model_reconstructs(run):
    model = run.network("last")
    output = model(tf.random.stateless_uniform((1, 21, 34, 3), (0, 1)))
    assert output["cube"].shape == (1, 21, 34, 31)


def test_synthetic_rgb_trains_without_photos(small_config, no_pictures, tmp_path):
    small_config.data.rgb, small_config.loss.rgb = "nowhere", "synthetic"
    small_config.train.steps = small_config.train.validate_every = small_config.train.checkpoint_every = 2
    folder = train(small_config, tmp_path / "run")
    assert [record["step"] for record in folder.history()] == [0, 2]


def test_the_clock_stops_a_run(small_config, no_pictures, tmp_path):
    small_config.train.steps, small_config.train.max_minutes = 1000, 1e-6
    folder = train(small_config, tmp_path / "run")
    assert folder.weights_record("last")["step"] == 1
    assert train(small_config, tmp_path / "run").weights_record("last")["step"] == 1


def test_a_damaged_checkpoint_is_named(run):
    class Model:
        step = tf.Variable(0, dtype=tf.int64)
        variables = [tf.Variable(1.0)]
        optimizers = ()

    with pytest.raises(RunError, match=r"state-4: does not fit this model, or is damaged"):
        TrainingState(run.path / "checkpoints", Model()).restore()


def test_other_wavelengths_are_refused_before_training(small_config, tmp_path):
    small_config.wavelengths.stop_nm = 650
    with pytest.raises(DataError, match="other wavelengths than the configuration"):
        train(small_config, tmp_path / "run")


def test_an_unknown_test_camera_is_refused_before_training(small_config, tmp_path):
    small_config.cameras.test = "Nikon D70"
    with pytest.raises(DataError, match="no 'Nikon D70' among the 28 cameras"):
        train(small_config, tmp_path / "run")


def test_opening_reads_the_configuration_back(run, small_config):
    small_config.train.steps = 4
    assert RunFolder.open(run.path).config == small_config
