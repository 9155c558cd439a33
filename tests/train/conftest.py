"""What tests of training share."""

import keras
import pytest


@pytest.fixture(scope="session")
def parser_file(tmp_path_factory):
    """A tiny saved scene parser: 1/4 resolution, 8 channels."""
    photo = keras.Input((None, None, 3))
    model = keras.Model(photo, keras.layers.Conv2D(8, 4, strides=4)(photo))
    path = tmp_path_factory.mktemp("parser") / "parser.keras"
    model.save(path)
    return path


@pytest.fixture
def whole_config(small_config, parser_file):
    """A configuration with a semantic branch and a weight average: all state that a run can have, at its smallest."""
    config = small_config
    config.generator.stages, config.generator.growth, config.generator.units = 1, 4, 1
    config.srf_estimator.widths, config.srf_estimator.kernels, config.srf_estimator.head = ((4,),), (3,), (4,)
    config.discriminator.widths, config.discriminator.units = (4,), 1
    config.semantic.width, config.semantic.units = 4, 1
    config.data.rgb_crop = config.train.patch = 16
    config.semantic.parser = str(parser_file)
    config.optimizer.ema = 0.9
    config.train.steps, config.train.gradients_every = 7, 0
    config.prior.folds = 0
    return config
