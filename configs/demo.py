"""The first run of a new user: trains on the demo set, which is made on first use; no download, no GPU.

Purpose: to see every part work. It is a small network's few minutes on synthetic scenes; its numbers say nothing about
real ones.
Command: python -m hsgan.train
Hardware: two CPU cores, under 5 minutes.
Measured by the command above with data.brightness=0, PSNR / lit SAM: bi 28.12 / 20.58, smooth 33.30 / 16.17, wiener
34.81 / 13.75, the network 34.31 / 14.24 at the start and 35.03 / 13.71 at the end.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "demo"
    config.data.brightness = 0.5
    config.data.cube_scale = (0.5, 1.0)
    config.data.rgb_scale = (0.75, 1.25)
    config.data.rgb_crop = 128
    config.generator.initialization = "prior"
    config.semantic.parser = "hrnet_w18_small"
    config.semantic.pretrain_steps = 60
    config.semantic.width = 32
    config.semantic.units = 2
    # In minutes the network can only lose what the closed form gives; the SRF estimator gains.
    config.loss.smoothness = 1.0
    config.optimizer.generator = 1e-5
    config.optimizer.ema = 0.99
    config.train.batch = 8
    config.train.patch = 64
    config.train.steps = 200
    config.train.checkpoint_every = 50
    config.train.validate_every = 50
    return config
