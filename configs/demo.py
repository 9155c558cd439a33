"""The first run of a new user: trains on the demo set, which is made on first use; no download, no GPU.

Purpose: to see every part work. It is a small network's few minutes on synthetic scenes; its numbers say nothing about
real ones.
Command: python -m hsgan.train
Hardware: two CPU cores, under 5 minutes.
Measured by the command above on an AMD EPYC, PSNR / lit SAM: bi 28.12 / 20.58, smooth 33.52 / 15.91, wiener 34.01 /
14.04, mixture 34.02 / 14.16, the network 34.26 / 14.00. All were told the camera that the network estimated.
"""

from hsgan.config import default_config
from hsgan.config.presets import small_unpaired


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "demo"
    # In minutes the network can only lose what the closed form gives; the SRF estimator gains. Told the mean of the
    # embedded cameras, `wiener` begins at 33.48 dB, and the mixture (`generator.initialization=mixture`) at 32.99; at
    # step 100 they have 33.53 and 33.04.
    small_unpaired(config)
    config.data.rgb_scale = (0.75, 1.25)
    config.data.rgb_crop = 128
    config.semantic.pretrain_steps = 60
    config.train.steps = 200
    config.train.checkpoint_every = 50
    config.train.validate_every = 50
    return config
