"""Cubes and photos of your own: wavelengths, encoding and labels are taken from the records.

Records (of cubes as ENVI, MATLAB, NPZ or TIFF files, and of any folder of photos):
  python -m tfrecords_tools.build_hsi --source=envi --input=CUBES --output=records/own --validation=SCENE,SCENE \\
      --grid=420:680:5
  python -m tfrecords_tools.build_rgb --source=folder --input=PHOTOS --output=records/own_photos
Command: python -m hsgan.train --config=configs/own.py --config.data.cubes=records/own \\
    --config.data.rgb=records/own_photos
Photos without labels turn the semantic term off, with a warning.
Hardware: two CPU cores, about ten minutes.
"""

from hsgan.config import default_config
from hsgan.data.own import take_from_records


def get_config():
    """Returns the configuration, before its records are looked at."""
    config = default_config()
    config.name = "own"
    config.data.brightness = 0.5
    config.data.cube_scale = (0.5, 1.0)
    config.data.rgb_scale = (0.75, 1.5)
    config.data.rgb_crop = 256
    config.generator.initialization = "mixture"
    config.semantic.parser = "hrnet_w18_small"
    config.semantic.pretrain_steps = 300
    config.semantic.width = 32
    config.semantic.units = 2
    # Of `cave_camvid.py`: the closed form stands near the optimum already.
    config.loss.smoothness = 1.0
    config.optimizer.generator = 1e-5
    config.optimizer.srf_estimator = 1e-6
    config.optimizer.discriminator = 1e-4
    config.optimizer.ema = 0.99
    config.train.batch = 8
    config.train.patch = 64
    config.train.steps = 400
    config.train.checkpoint_every = 100
    config.train.validate_every = 100
    return config


def complete(config):
    """Sets what the records say, when the command line has named them."""
    return take_from_records(config)
