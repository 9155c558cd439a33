"""The training step: who moves whom, and that every part of the objective does its work."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.data import pairs
from hsgan.repeatable import ordered_sum
from hsgan.spectra import srf
from hsgan.train.optimizers import coupled_decay, poly_sgd
from hsgan.train.unpaired import UnpairedTrainer

CLASSES = 5
RNG = np.random.default_rng(0)


def parser(images, training=False):
    """Features at 1/4 resolution, one channel a class."""
    return tf.concat([images[:, ::4, ::4]] * 2, axis=-1)[..., :CLASSES]


def batch(count=2, size=32, rng=RNG):
    values = {
        "rgb": rng.random((count, size, size, 3)),
        "cube": rng.random((count, size, size, 31)),
        "encoded": rng.random((count, size, size, 3)),
    }
    labels = rng.integers(0, CLASSES, (count, size, size))
    return {name: tf.constant(value, tf.float32) for name, value in values.items()} | {
        "labels": tf.constant(labels, tf.int32)
    }


def build(config, semantic=True):
    keras.utils.set_random_seed(0)
    dictionary = srf.load("default", config_lib.wavelengths_nm(config))
    cubes = np.random.default_rng(0).random((31, 100))
    statistics = (cubes.mean(axis=1), np.cov(cubes))
    model = UnpairedTrainer(config, dictionary, statistics, parser if semantic else None, CLASSES if semantic else 0)
    model.compile()
    return model


def weights(part):
    return [np.array(weight) for weight in part.get_weights()]


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


@pytest.fixture
def config(small_config):
    small_config.optimizer.ema = 0.9
    return small_config


def test_a_discriminator_update_leaves_everything_else_bit_identical(config):
    model, data = build(config), batch()
    before = [weights(part) for part in (model.network, model.semantic, model.average)]
    judged = weights(model.discriminator)
    model.update_discriminator(model.network(data["rgb"])["cube"], data["cube"])
    after = [weights(part) for part in (model.network, model.semantic, model.average)]
    assert all(same(x, y) for x, y in zip(before, after, strict=True))
    assert not same(judged, weights(model.discriminator))


def test_a_generator_update_leaves_the_discriminator_bit_identical(config):
    model, data = build(config), batch()
    judged = weights(model.discriminator)
    optimizer = [np.array(value) for value in model.discriminator_optimizer.variables]
    before = {name: weights(getattr(model.network, name)) for name in ("generator", "srf_estimator")}
    semantic = weights(model.semantic)
    with tf.GradientTape() as tape:
        estimate = model.network(data["rgb"])
        terms = model.generator_terms(estimate, data)
        loss = tf.add_n([model.config.loss[name] * term for name, term in terms.items()])
    model.update_generator(tape, loss)
    assert same(judged, weights(model.discriminator))
    assert same(optimizer, [np.array(value) for value in model.discriminator_optimizer.variables])
    for name, values in before.items():
        assert not same(values, weights(getattr(model.network, name)))
    assert not same(semantic, weights(model.semantic))


def test_one_forward_serves_both_updates(config):
    """The step equals one that runs the generator anew for each update."""
    data = batch()
    model = build(config)
    logs = model.train_step(data)
    twin = build(config)
    fake = twin.network(data["rgb"])["cube"]
    twin.update_discriminator(tf.stop_gradient(fake), data["cube"])
    with tf.GradientTape() as tape:
        estimate = twin.network(data["rgb"])
        np.testing.assert_array_equal(estimate["cube"], fake)
        terms = twin.generator_terms(estimate, data)
        loss = ordered_sum([config.loss[name] * term for name, term in terms.items()])
    twin.update_generator(tape, loss)
    np.testing.assert_array_equal(logs["loss"], loss)
    assert same(weights(model.network), weights(twin.network))
    assert same(weights(model.discriminator), weights(twin.discriminator))


def test_the_norms_of_the_terms_gradients_are_theirs_and_train_nothing(config):
    model, data = build(config), batch()
    before = [weights(part) for part in (model.network, model.discriminator, model.semantic)]
    norms = model.term_gradients(data)
    after = [weights(part) for part in (model.network, model.discriminator, model.semantic)]
    assert all(same(x, y) for x, y in zip(before, after, strict=True))
    assert set(norms) == {"adversarial", "back_projection", "smoothness", "positivity", "semantic"}
    with tf.GradientTape() as tape:
        estimate = model.network(data["rgb"])
        term = config.loss.back_projection * model.generator_terms(estimate, data)["back_projection"]
    expected = tf.linalg.global_norm(tape.gradient(term, model.generator_variables))
    assert float(norms["back_projection"]) == pytest.approx(float(expected), rel=1e-5)
    assert all(float(norm) > 0 for norm in norms.values())


@pytest.mark.parametrize("camera", ["given", "estimated"])
def test_synthetic_pairs_move_the_generator_and_the_estimator_only_if_it_is_asked(config, camera):
    config.loss.synthetic, config.loss.synthetic_camera = 1.0, camera
    model, data = build(config, semantic=False), batch()
    with tf.GradientTape() as tape:
        (term,) = model.synthetic_terms(data["cube"]).values()
    variables = (model.network.generator.trainable_variables, model.network.srf_estimator.trainable_variables)
    generator, estimator = tape.gradient(term, variables)
    assert float(term) > 0 and all(gradient is not None for gradient in generator)
    assert all((gradient is None) == (camera == "given") for gradient in estimator)
    assert "synthetic" in model.generator_terms(model.network(data["rgb"]), data)
    config.loss.synthetic = 0.0
    assert "synthetic" not in model.generator_terms(model.network(data["rgb"]), data)


def test_the_error_of_the_estimated_camera_moves_the_estimator_alone(config):
    config.loss.synthetic_srf = 1.0
    model, data = build(config, semantic=False), batch()
    with tf.GradientTape() as tape:
        terms = model.synthetic_terms(data["cube"])
    variables = (model.network.generator.trainable_variables, model.network.srf_estimator.trainable_variables)
    generator, estimator = tape.gradient(terms["synthetic_srf"], variables)
    assert list(terms) == ["synthetic_srf"]
    assert all(gradient is None for gradient in generator) and all(gradient is not None for gradient in estimator)
    # The estimator starts at the mean camera.
    cameras, seed = model.network.dictionary, model.seed_of_step()
    *_, srf = pairs.synthetic(data["cube"], cameras, config.loss.synthetic_exposure, seed)
    expected = np.abs(cameras.responses.mean(axis=0) - srf).mean()
    assert float(terms["synthetic_srf"]) == pytest.approx(expected, rel=1e-4)
    norms = model.term_gradients(data)
    assert norms["synthetic_srf"] == 0 and norms["adversarial"] > 0


def cube_gradient(model, data, name):
    """Gradient of one raw term times its weight with respect to the generated cube."""
    cube = tf.constant(model.network(data["rgb"])["cube"])
    with tf.GradientTape() as tape:
        tape.watch(cube)
        terms = model.generator_terms({"cube": cube, "srf": model.network.srf_estimator(data["rgb"])}, data)
        loss = model.config.loss[name] * terms[name]
    gradient = tape.gradient(loss, cube).numpy()
    return np.linalg.norm(gradient.reshape(len(gradient), -1), axis=1)


@pytest.mark.parametrize("name", ["adversarial", "semantic"])
def test_both_branches_reach_the_cube_clipped(config, name):
    config.loss[name] = 1e6
    tau = 1 / np.sqrt(31 * 32 * 32)
    model, data = build(config), batch()
    np.testing.assert_allclose(cube_gradient(model, data, name), tau, rtol=1e-4)
    config.loss.regularizer = "none"
    found = cube_gradient(build(config), data, name)
    # The regularizer is of the adversarial game alone: Table 5 leaves the semantic branch as it is.
    if name == "semantic":
        np.testing.assert_allclose(found, tau, rtol=1e-4)
    else:
        assert (found > 10 * tau).all()


def test_the_semantic_gradient_can_be_scaled_after_clipping(config):
    config.loss.semantic, config.loss.semantic_gradient_scale = 1e6, 2.0
    np.testing.assert_allclose(cube_gradient(build(config), batch(), "semantic"), 2 / np.sqrt(31 * 32**2), rtol=1e-4)


def test_terms_of_weight_zero_are_not_computed(config):
    config.loss.adversarial = config.loss.smoothness = config.loss.positivity = config.loss.semantic = 0.0
    model = build(config)
    assert model.semantic is None
    judged = weights(model.discriminator)
    logs = model.train_step(batch())
    assert set(logs) == {"loss", "back_projection", "generator_gradient", "srf_estimator_gradient"}
    assert same(judged, weights(model.discriminator))


def test_the_average_follows_the_weights(config):
    config.optimizer.generator = 1e-2
    model, data = build(config), batch()
    before = weights(model.average.generator)
    model.train_step(data)
    assert not same(before, weights(model.average.generator))
    expected = [0.9 * a + 0.1 * w for a, w in zip(before, weights(model.network.generator), strict=True)]
    for average, value in zip(weights(model.average.generator), expected, strict=True):
        np.testing.assert_allclose(average, value, atol=1e-6)
    assert model.inference_model is model.average
    config.optimizer.ema = 0.0
    model = build(config)
    assert model.inference_model is model.network


def test_one_batch_can_be_overfitted(config):
    """Without a discriminator, back-projection from nothing falls by an order of magnitude."""
    config.generator.initialization = "learned"
    config.loss.adversarial = config.loss.smoothness = 0.0
    config.optimizer.generator = 1e-2
    model, data = build(config, semantic=False), batch()
    step = tf.function(model.train_step)
    values = [float(step(data)["back_projection"]) for _ in range(60)]
    assert values[-1] < 0.1 * values[0]


def test_the_discriminator_learns_to_tell_one_batch(config):
    config.optimizer.discriminator = 1e-2
    model = build(config, semantic=False)
    real = batch()["cube"]
    fake = tf.repeat(real[..., :1], 31, axis=-1)  # gray: another spectrum, the same picture
    step = tf.function(model.update_discriminator)
    for _ in range(40):
        logs = step(fake, real)
    assert float(logs["discriminator_accuracy"]) == 1.0
    assert float(logs["discriminator"]) < 0.5


def test_dropout_follows_the_step_not_the_session(config):
    data = batch()
    model = build(config)
    cube = model.network(data["rgb"])["cube"]
    first = model.semantic_term(cube, data)
    np.testing.assert_array_equal(first, model.semantic_term(cube, data))
    model.step.assign(1)
    assert float(first) != float(model.semantic_term(cube, data))


@pytest.mark.parametrize("where", ["features", "crop"])
def test_classes_and_labels_meet_where_the_configuration_says(where, config):
    config.semantic.labels, config.semantic.dropout = where, 0.0
    data = batch()
    model = build(config)
    cube = model.network(data["rgb"])["cube"]
    features = parser(data["encoded"])
    logits = model.semantic(cube, features, seed=model.seed_of_step(), training=True)
    labels = data["labels"]
    if where == "crop":
        # Bilinear, of half-pixel centers: each of the 8 x 8 classes is 4 pixels wide.
        logits = keras.ops.image.resize(logits, (32, 32), interpolation="bilinear")
    else:
        labels = labels[:, 2::4, 2::4]
    losses = -tf.gather(tf.nn.log_softmax(logits), labels, batch_dims=3)
    expected = float(tf.reduce_mean(losses))
    assert float(model.semantic_term(cube, data)) == pytest.approx(expected, rel=1e-5)
    # A label between the parser's pixels counts at the crop's resolution alone.
    other = {**data, "labels": tf.tensor_scatter_nd_update(data["labels"], [[0, 0, 0]], [(labels[0, 0, 0] + 1) % 5])}
    changed = float(model.semantic_term(cube, other)) != pytest.approx(expected, rel=1e-6)
    assert changed == (where == "crop")


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_fit_runs_in_every_precision(config, precision):
    config.train.precision = precision
    model = build(config)
    data = tf.data.Dataset.from_tensors(batch()).repeat()
    history = model.fit(data, steps_per_epoch=3, verbose=0, shuffle=False).history
    assert all(np.isfinite(values).all() for values in history.values())
    assert int(model.step) == 3


def test_bfloat16_gives_the_terms_of_float32(config):
    # Of two random cubes the logits of an untrained discriminator differ by 3 %, and now and then by 7 %.
    data, terms = batch(count=8, rng=np.random.default_rng(0)), {}
    for precision in ("float32", "mixed_bfloat16"):
        config.train.precision = precision
        terms[precision] = {name: float(value) for name, value in build(config).train_step(data).items()}
    for name in ("adversarial", "smoothness", "semantic", "discriminator"):
        # bfloat16 keeps 8 bits of every value on the way
        np.testing.assert_allclose(terms["mixed_bfloat16"][name], terms["float32"][name], rtol=0.05)


def test_poly_schedule_and_coupled_decay_are_the_written_formula():
    """SGD with momentum and L2 decay through the momentum, by hand."""
    variable = keras.Variable(np.array([1.0, -2.0], np.float32))
    optimizer = poly_sgd(0.1, momentum=0.9, power=0.9, steps=10, variables=[variable])
    weight, velocity = np.array([1.0, -2.0]), np.zeros(2)
    for step in range(4):
        gradient = np.array([0.3, 0.5], np.float32)
        optimizer.apply(coupled_decay([tf.constant(gradient)], [variable], 0.01), [variable])
        rate = 0.1 * (1 - step / 10) ** 0.9
        velocity = 0.9 * velocity - rate * (gradient + 0.01 * weight)
        weight = weight + velocity
        np.testing.assert_allclose(variable, weight, rtol=1e-5)


def test_kerass_own_decay_is_scaled_by_the_rate_and_skips_the_momentum():
    """Why `coupled_decay` exists: one step of Keras's decay moves the weight by rate * decay."""
    variable = keras.Variable(np.array([1.0], np.float32))
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.01)
    for _ in range(3):
        optimizer.apply([tf.constant([0.0])], [variable])
    np.testing.assert_allclose(variable, (1 - 0.1 * 0.01) ** 3, rtol=1e-6)


def test_all_terms_are_in_the_loss(config):
    model, data = build(config), batch()
    logs = model.train_step(data)
    names = ("adversarial", "back_projection", "smoothness", "positivity", "semantic")
    expected = sum(config.loss[name] * float(logs[name]) for name in names)
    np.testing.assert_allclose(float(logs["loss"]), expected, rtol=1e-5)
