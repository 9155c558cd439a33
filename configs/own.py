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
from hsgan.config.presets import small_unpaired_real
from hsgan.data.own import take_from_records


def get_config():
    """Returns the configuration, before its records are looked at."""
    config = default_config()
    config.name = "own"
    small_unpaired_real(config)
    config.train.steps = 400
    return config


def complete(config):
    """Sets what the records say, when the command line has named them."""
    return take_from_records(config)
