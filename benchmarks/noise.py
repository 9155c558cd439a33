"""The batch of noise that steps are timed on; its sizes are a configuration's."""

import numpy as np

from hsgan import config as config_lib

CLASSES = 11


def batch_of(config):
    """Returns {name: array} as `UnpairedTrainer` takes it: uniform noise and random labels."""
    rng, train, crop = np.random.default_rng(0), config.train, config.data.rgb_crop
    patch, bands = (train.batch, train.patch, train.patch), len(config_lib.wavelengths_nm(config))
    photo = (train.batch, crop, crop)
    return {
        "rgb": rng.random((*patch, 3), np.float32),
        "cube": rng.random((*patch, bands), np.float32),
        "encoded": rng.random((*photo, 3), np.float32),
        "labels": rng.integers(0, CLASSES, photo).astype(np.int32),
    }


def statistics_of(bands):
    """Returns (mean [bands], covariance [bands, bands]) of made-up cubes."""
    return np.full(bands, 0.3, np.float32), 0.01 * np.eye(bands, dtype=np.float32)
