"""The regularizers of the adversarial game (Table 5) in the training step: who moves, what is logged, resume."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.spectra import srf
from hsgan.train.state import TrainingState
from hsgan.train.unpaired import UnpairedTrainer

PENALTIES = ("gp1", "gp0")
WAVELENGTHS_NM = config_lib.wavelengths_nm(config_lib.default_config())


def batch(seed=0, count=2, size=32):
    rng = np.random.default_rng(seed)
    bands = {"rgb": 3, "cube": 31}
    return {name: tf.constant(rng.random((count, size, size, depth)), tf.float32) for name, depth in bands.items()}


def build(config, regularizer, seed=0):
    keras.utils.set_random_seed(seed)
    config.loss.regularizer = regularizer
    statistics = (np.full(31, 0.3), 0.1 * np.eye(31))
    model = UnpairedTrainer(config, srf.load("default", WAVELENGTHS_NM), statistics)
    model.compile()
    return model


def numbers(variables):
    return [np.array(variable) for variable in variables]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.fixture
def config(small_config):
    small_config.discriminator.widths = (8,)
    return small_config


@pytest.mark.parametrize("regularizer", config_lib.REGULARIZERS)
def test_the_step_moves_what_it_should_and_logs_the_penalty(config, regularizer):
    model, data = build(config, regularizer), batch()
    cube = model.network(data["rgb"])["cube"]
    network = numbers(model.network.variables)
    judged = numbers(model.discriminator.variables)
    logs = model.update_discriminator(cube, data["cube"])
    assert ("gradient_penalty" in logs) == (regularizer in PENALTIES)
    assert all(np.isfinite(value) for value in logs.values())
    assert same(network, numbers(model.network.variables))
    assert not same(judged, numbers(model.discriminator.variables))
    judged = numbers(model.discriminator.variables)
    with tf.GradientTape() as tape:
        terms = model.generator_terms(model.network(data["rgb"]), data)
        loss = tf.add_n(list(terms.values()))
    model.update_generator(tape, loss)
    # The singular vectors' estimates included.
    assert same(judged, numbers(model.discriminator.variables))
    assert not same(network, numbers(model.network.variables))


def test_the_penalty_is_that_of_the_points_between_the_normalized_cubes(config):
    """By hand: the gradient of the logits' sum, NumPy's norms."""
    model, data = build(config, "gp1"), batch()
    model.step.assign(3)
    real, fake = data["cube"], 0.3 * data["cube"][:, ::-1]
    found = model.discriminator_penalty(fake, real)["gradient_penalty"]
    normalized = [cube / (np.mean(cube, axis=(1, 2, 3), keepdims=True) + 1e-6) for cube in (real, fake)]
    seed = tf.random.experimental.stateless_fold_in(tf.constant([config.seed, 3], tf.int64), 0x6770)
    share = tf.random.stateless_uniform((2, 1, 1, 1), seed).numpy()
    point = tf.constant(share * normalized[0] + (1 - share) * normalized[1])
    with tf.GradientTape() as tape:
        tape.watch(point)
        logits = model.discriminator.judge(point)
    norms = np.linalg.norm(tape.gradient(logits, point).numpy().reshape(2, -1), axis=1)
    # float32 through a network, twice.
    np.testing.assert_allclose(found, np.mean((norms - 1) ** 2), rtol=1e-4)


@pytest.mark.parametrize("regularizer", PENALTIES)
def test_the_penalty_draws_anew_each_step_and_the_same_at_the_same_step(config, regularizer):
    model, data = build(config, regularizer), batch()
    fake = 0.3 * data["cube"][:, ::-1]
    first, again = (float(model.discriminator_penalty(fake, data["cube"])["gradient_penalty"]) for _ in range(2))
    assert first == again
    model.step.assign(1)
    assert float(model.discriminator_penalty(fake, data["cube"])["gradient_penalty"]) != first


def test_a_penalty_of_weight_zero_is_not_computed(config):
    data = batch()
    plain, weightless = build(config, "none"), None
    logs = plain.train_step(data)
    config.loss.gradient_penalty = 0.0
    weightless = build(config, "gp1")
    assert weightless.train_step(data).keys() == logs.keys()
    assert same(numbers(plain.discriminator.variables), numbers(weightless.discriminator.variables))


def test_the_penalty_flattens_the_discriminator(config):
    """Trained with a strong 0-GP, the norms go towards 0."""
    config.optimizer.discriminator, config.loss.gradient_penalty = 1e-2, 1e3
    model, data = build(config, "gp0"), batch()
    fake = tf.repeat(data["cube"][..., :1], 31, axis=-1)
    step = tf.function(model.update_discriminator)
    values = [float(step(fake, data["cube"])["gradient_penalty"]) for _ in range(30)]
    assert np.mean(values[-5:]) < 0.2 * values[0]


def test_black_cubes_have_a_finite_penalty_and_update(config):
    for regularizer in config_lib.REGULARIZERS:
        model, data = build(config, regularizer), batch()
        logs = model.update_discriminator(tf.zeros_like(data["cube"]), tf.zeros_like(data["cube"]))
        assert all(np.isfinite(value) for value in logs.values())
        assert all(np.isfinite(value).all() for value in numbers(model.discriminator.variables))


def test_spectral_norm_bounds_every_kernel_and_drops_batch_normalization(config):
    model = build(config, "spectral_norm")
    units = [unit for stage in model.discriminator.stages for unit in (*stage.down, *stage.dense.units)]
    assert all(not unit.norms for unit in units)
    data = batch()
    vectors = {weight.path: weight.numpy() for weight in model.variables if weight.path.endswith("/u")}
    assert len(vectors) == len(units) + 2
    for _ in range(3):
        model.update_discriminator(0.3 * data["cube"], data["cube"])
    moved = [weight for weight in model.variables if (weight.numpy() != vectors.get(weight.path, weight)).any()]
    # All but those of the two layers with one output, whose only unit vector is 1 or -1.
    assert len(moved) == len(units)
    for unit in units:
        pointwise, depthwise = unit.kernels()
        # The power method follows the weights with one step an update.
        assert np.linalg.norm(pointwise, 2) == pytest.approx(1, abs=0.02)
        assert np.linalg.norm(depthwise.numpy().reshape(9, -1), axis=0).max() == pytest.approx(1, rel=1e-5)
    parameters = sum(np.prod(weight.shape) for weight in model.discriminator.trainable_variables)
    widths = [(31, 8), (8, 8), (8, 8)]
    assert parameters == sum(a * b + 11 * b for a, b in widths) + 4 * 8 + 1 + 2


@pytest.mark.parametrize("regularizer", ["gp1", "gp0", "spectral_norm"])
def test_resumed_equals_uninterrupted_bit_for_bit(config, regularizer, tmp_path):
    alone = build(config, regularizer)
    for number in range(2):
        alone.train_step(batch(number))
    first = build(config, regularizer)
    first.train_step(batch(0))
    TrainingState(tmp_path, first).save(0.0)
    second = build(config, regularizer, seed=99)
    assert TrainingState(tmp_path, second).restore() == 1
    second.train_step(batch(1))
    assert same(numbers(alone.variables), numbers(second.variables))
    for a, b in zip(alone.optimizers, second.optimizers, strict=True):
        assert same(numbers(a.variables), numbers(b.variables))


@pytest.mark.parametrize("regularizer", ["gp1", "spectral_norm"])
def test_every_regularizer_runs_in_bfloat16(config, regularizer):
    config.train.precision = "mixed_bfloat16"
    data, logs = batch(), {}
    for precision in ("float32", "mixed_bfloat16"):
        config.train.precision = precision
        logs[precision] = build(config, regularizer).update_discriminator(0.3 * data["cube"][:, ::-1], data["cube"])
    # bfloat16 keeps 8 bits of every value on the way, and a penalty takes the way twice.
    for name in ("discriminator", *({"gradient_penalty"} & logs["float32"].keys())):
        np.testing.assert_allclose(logs["mixed_bfloat16"][name], logs["float32"][name], rtol=0.1)
