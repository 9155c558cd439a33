"""The step in PyTorch that timings stand beside computes what the package's step computes.

PyTorch pads a stride of 2 on both sides, the package behind: so PyTorch gets everything mirrored in both directions.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.config.presets import small_unpaired

torch = pytest.importorskip("torch", reason="the step in PyTorch needs hsgan[torch]")
keras_step = pytest.importorskip("keras_step")
noise = pytest.importorskip("noise")
torch_step = pytest.importorskip("torch_step")


@pytest.fixture
def config():
    config = config_lib.default_config()
    small_unpaired(config)
    config.generator.update(stages=2, growth=6, units=2)
    config.srf_estimator.update(widths=((4, 4),), kernels=(5,), head=(4, 4))
    config.discriminator.update(widths=(4, 6), units=2)
    config.semantic.update(width=4, units=2, dropout=0.0)
    config.optimizer.update(generator=1e-3, srf_estimator=1e-3, discriminator=1e-2, semantic=0.1)
    config.loss.positivity = 1.0
    config.train.update(batch=2, patch=32)
    config.data.rgb_crop = 32
    return config


@pytest.mark.slow
def test_three_steps_have_equal_terms(config):
    keras.utils.set_random_seed(0)
    model = keras_step.build_model(config)
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(weight + 0.1 * rng.standard_normal(weight.shape))
    batch = noise.batch_of(config)
    # One label for every four pixels, so that mirroring does not change which is taken.
    batch["labels"] = np.kron(batch["labels"][:, ::4, ::4], np.ones((1, 4, 4), np.int32))
    scores = rng.standard_normal((2, 8, 8, noise.CLASSES)).astype(np.float32)
    model.parse = lambda images: tf.constant(scores)
    step = torch_step.Step(config, keras_step.facts_of(model, config)).train()
    copy_weights(model, step)
    step.parser = Given(torch.tensor(mirrored(scores)).permute(0, 3, 1, 2))
    mine = {name: tf.constant(values) for name, values in batch.items()}
    theirs = torch_step.tensors_of({name: mirrored(values) for name, values in batch.items()})
    train_step, seen = tf.function(model.train_step), []
    for number in range(3):
        logs, terms = train_step(mine), step(theirs)
        assert set(terms) == {"discriminator", "adversarial", "back_projection", "smoothness", "positivity", "semantic"}
        for name, value in terms.items():
            # The adversarial term comes after the discriminator's update. Adam's first updates are as large for the
            # smallest gradients, whose signs rounding can turn.
            tolerance = 1e-5 if number == 0 and name != "adversarial" else 5e-4
            assert value == pytest.approx(float(logs[name]), rel=tolerance), (number, name)
        seen.append(terms)
    assert all(abs(seen[2][name] / seen[0][name] - 1) > 5e-3 for name in seen[0])  # the updates are seen in every term


@pytest.mark.parametrize(("name", "value"), [("loss.regularizer", "gp1"), ("generator.initialization", "smooth")])
def test_other_steps_are_refused(config, name, value):
    config.update_from_flattened_dict({name: value})
    with pytest.raises(torch_step.ConfigError, match=value):
        torch_step.Step(config, {})


class Given(torch.nn.Module):
    """A scene parser that gives the same scores for any photo."""

    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def forward(self, photo):
        return self.scores


def mirrored(values):
    return np.ascontiguousarray(values[:, ::-1, ::-1])


def copy_weights(model, step):
    """Gives the step in PyTorch the weights of the package's, with mirrored kernels."""
    for number, (ours, its) in enumerate(zip(model.network.generator.stages, step.generator.stages, strict=True)):
        sign = 1 if number == 0 else -1  # the residuals have opposite signs
        put(its.Upconv.conv.weight, sign * kernel(ours.head.kernel))
        copy_units(ours.dense.units, its.denselayers)
    estimator, theirs = model.network.srf_estimator, step.srf_estimator
    for ours, its in zip(estimator.blocks, [*theirs.stages, theirs.fstage], strict=True):
        copy_units(ours.units, its.conv)
    copy_unit(estimator.scores, theirs.fstage.final_conv)
    cameras = len(estimator.dictionary)
    order = np.arange(3 * cameras).reshape(3, cameras).T.ravel()
    for value in theirs.fstage.final_conv.parameters():
        put(value, value.detach().numpy()[order])
    for ours, down, dense in zip(
        model.discriminator.stages, step.discriminator.down, step.discriminator.dense, strict=True
    ):
        copy_units([*ours.down, *ours.dense.units], [*down, *dense])
    score = model.discriminator.score.kernel.numpy().reshape(2, 2, -1)[::-1, ::-1].transpose(2, 0, 1)
    put(step.discriminator.score.weight, score.reshape(1, -1))
    put(step.discriminator.score.bias, model.discriminator.score.bias)
    put(step.discriminator.affine.weight, model.discriminator.affine.kernel)
    put(step.discriminator.affine.bias, model.discriminator.affine.bias)
    copy_units(model.semantic.cube_features.units, step.semantic.features)
    copy_units(model.semantic.fusion.units, step.semantic.fusion)


def copy_units(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        copy_unit(one, other)


def copy_unit(ours, theirs):
    normed = isinstance(theirs, torch_step.NormedUnit)
    first, second = (
        (theirs.pointwise, theirs.depthwise) if normed else (theirs.compressLayer.conv, theirs.actlayer.conv)
    )
    put(first.weight, ours.pointwise.numpy().T[:, :, None, None])
    put(second.weight, kernel(np.transpose(ours.depthwise, (0, 1, 3, 2))).transpose(1, 0, 2, 3))
    if ours.use_bias:
        put(first.bias, ours.pointwise_bias)
        put(second.bias, ours.depthwise_bias)
    for norm, its in zip(ours.norms, (theirs.first, theirs.second) if normed else (), strict=True):
        put(its.weight, norm.gamma)
        put(its.bias, norm.beta)


def kernel(values):
    """A mirrored kernel [k, k, in, out] in PyTorch's order."""
    return np.asarray(values)[::-1, ::-1].transpose(3, 2, 0, 1)


def put(parameter, value):
    with torch.no_grad():
        parameter.copy_(torch.tensor(np.array(value, np.float32)))
