"""Training on pairs and on photos alone: who moves whom, what is computed, schedules, resume."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.imaging import project
from hsgan.train import optimizers
from hsgan.train.paired import PairedTrainer
from hsgan.train.reprojection import ReprojectionTrainer
from hsgan.train.state import TrainingState

BANDS = 31
DICTIONARY = srf_lib.load("default", np.arange(400, 701, 10, dtype=np.float32))
STATISTICS = np.full(BANDS, 0.3), 0.02 * np.eye(BANDS) + 0.01


def settings(**changes):
    values = {
        "agd_net.stages": 2, "agd_net.growth": 6, "agd_net.units": 2, "hscnn_d.blocks": 1, "chs_gan.widths": (4, 8),
        "chs_gan.discriminator_width": 4, "dbf.widths": (4, 8), "train.patch": 32, "train.batch": 2, "train.steps": 40,
        "paired.rank_patch": 16, "paired.rank_stride": 8, "data.rgb_crop": 32,
        "srf_estimator.widths": ((4,), (4,)), "srf_estimator.kernels": (3, 3), "srf_estimator.head": (4,),
    } | {name.replace("__", "."): value for name, value in changes.items()}  # fmt: skip
    config = config_lib.default_config()
    with config.unlocked():
        for name, value in values.items():
            config.update_from_flattened_dict({name: value})
    return config_lib.validate(config)


def batch(seed=0, size=32):
    rng = np.random.default_rng(seed)
    basis = rng.random((3, BANDS))
    cube = tf.constant((rng.random((2, size, size, 3)) @ basis / 3).astype(np.float32))
    srf = tf.constant(DICTIONARY.responses[:2])
    return {"cube": cube, "srf": srf, "rgb": project(cube, srf)}


def trainer(config, cls=PairedTrainer):
    keras.utils.set_random_seed(3)
    model = cls(config, DICTIONARY, STATISTICS)
    model.compile()
    return model


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "hscnn_d", "paired__pixel_form": "mrae"},
        {"model": "agd_net", "agd_net__degradation": "given", "paired__rank": 0.1, "paired__residual": 1.0},
        {"model": "agd_net", "agd_net__degradation": "estimated"},
        {"model": "mixture", "paired__pixel_form": "leveled", "prior__components": 4},
        {"model": "gated_mixture", "paired__learning_rate": 1e-2, "prior__components": 4, "prior__trained": True},
    ],
    ids=["hscnn_d", "agd_net given", "agd_net estimated", "mixture", "gated_mixture"],
)
def test_one_batch_is_learned(changes):
    model = trainer(settings(**changes))
    step = tf.function(model.train_step)
    losses = [float(step(batch())["loss"]) for _ in range(25)]
    assert losses[-1] < 0.7 * losses[0]
    assert int(model.step) == 25


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"model": "agd_net", "agd_net__degradation": "given"}, True),
        ({"model": "agd_net", "agd_net__degradation": "estimated"}, False),
        # They look at an image for its camera, and have nothing to learn of that.
        ({"model": "mixture", "prior__components": 4}, True),
        ({"model": "gated_mixture", "prior__components": 4}, True),
    ],
    ids=["agd_net given", "agd_net estimated", "mixture", "gated_mixture"],
)
def test_the_camera_is_told_unless_the_network_learns_it(changes, told, monkeypatch):
    model, data, seen = trainer(settings(**changes)), batch(), []
    cls = type(model.network)
    whole = cls.outputs
    monkeypatch.setattr(cls, "outputs", lambda network, rgb, srf: seen.append(srf) or whole(network, rgb, srf))
    model.train_step(data)
    assert len(seen) == 1 and (seen[0] is data["srf"]) == told


def test_a_term_of_weight_0_is_not_computed():
    data = batch()
    logs = trainer(settings(model="agd_net", agd_net__degradation="given")).train_step(data)
    assert set(logs) == {"loss", "pixel", "gradient"}
    logs = trainer(settings(model="agd_net", agd_net__degradation="given", paired__residual=2.0)).train_step(data)
    assert float(logs["loss"]) == pytest.approx(float(logs["pixel"] + 2 * logs["residual"]), rel=1e-6)


def test_updates_of_an_adversarial_pair_leave_the_other_side_alone():
    model = trainer(settings(model="chs_gan", paired__adversarial=1.0, paired__pixel=100.0))
    data = batch()
    before = [w.numpy() for w in model.network.weights], [w.numpy() for w in model.discriminator.weights]
    model.update_discriminator(model.network(data["rgb"])["cube"], data)
    for weight, value in zip(model.network.weights, before[0], strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
    moved = [not np.array_equal(w.numpy(), v) for w, v in zip(model.discriminator.weights, before[1], strict=True)]
    assert any(moved)
    now = [w.numpy() for w in model.discriminator.trainable_weights]
    with tf.GradientTape() as tape:
        loss = model.terms(model.network.outputs(data["rgb"], data["srf"]), data)["adversarial"]
    variables = model.network.trainable_variables
    model.network_optimizer.apply(tape.gradient(loss, variables), variables)
    for weight, value in zip(model.discriminator.trainable_weights, now, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)


def test_synthetic_rgb_is_given_back_through_the_camera_that_made_it():
    config = settings(model="dbf", loss__back_projection=1.0, loss__smoothness=0.0, loss__positivity=0.0)
    model, data = trainer(config, ReprojectionTrainer), batch()
    model.network.unet.set_weights([np.full(w.shape, 0.01, np.float32) for w in model.network.unet.get_weights()])
    cube = model.network(data["rgb"])["cube"].numpy()
    expected = np.mean((np.einsum("bhws,bcs->bhwc", cube, data["srf"]) - data["rgb"]) ** 2)
    without = {name: value for name, value in data.items() if name != "cube"}  # which are not looked at
    assert float(model.train_step(without)["back_projection"]) == pytest.approx(expected, rel=1e-4)


def test_photos_alone_are_given_back():
    config = settings(model="dbf", loss__back_projection=1.0, loss__smoothness=0.0, loss__positivity=0.0)
    model = trainer(config, ReprojectionTrainer)
    step = tf.function(model.train_step)
    losses = [float(step({"rgb": batch()["rgb"]})["back_projection"]) for _ in range(60)]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"schedule": "constant"}, lambda t: 1e-3),
        ({"schedule": "cosine"}, lambda t: 1e-5 + (1e-3 - 1e-5) * (1 + np.cos(np.pi * t / 100)) / 2),
        ({"schedule": "polynomial", "power": 1.5}, lambda t: 1e-5 + (1e-3 - 1e-5) * (1 - t / 100) ** 1.5),
        ({"schedule": "halving", "halvings": 4}, lambda t: 1e-3 * 0.5 ** (t // 20)),
    ],
    ids=lambda value: value.get("schedule") if isinstance(value, dict) else "",
)
def test_schedules_follow_their_formulas(changes, expected):
    values = config_lib.default_config().paired
    with values.unlocked():
        values.update(changes)
    schedule = optimizers.schedule(values, 100)
    for step in (0, 19, 20, 55, 99):
        rate = float(schedule(step)) if callable(schedule) else schedule
        assert rate == pytest.approx(expected(step), rel=1e-5)  # schedules compute in float32


def test_a_restored_state_goes_on_bit_for_bit(tmp_path):
    config = settings(model="chs_gan", paired__adversarial=1.0, paired__ema=0.9)
    data = [batch(seed) for seed in range(4)]
    whole = trainer(config)
    for index in range(4):
        whole.train_step(data[index])
    first = trainer(config)
    for index in range(2):
        first.train_step(data[index])
    TrainingState(tmp_path, first).save(1.0)
    second = trainer(config)
    assert TrainingState(tmp_path, second).restore() == 2
    for index in range(2, 4):
        second.train_step(data[index])
    for name, (one, other) in enumerate(zip(whole.variables, second.variables, strict=True)):
        np.testing.assert_array_equal(one.numpy(), other.numpy(), err_msg=str(name))
