"""The mixture prior, trained end to end on pairs of single pixels that unpaired cubes make (no captured pairs).

Purpose: the best cube of a pixel that is looked at by itself, for any camera, told or not (docs/mixture.md).
Records:
  python -m tfrecords_tools.build_hsi --source=cave --input=CAVE --output=records/cave \\
      --validation=balloons,feathers,oil_painting,thread_spools
Command: python -m hsgan.train --config=configs/mixture.py --config.cameras.dictionary=camspec_database.txt
Hardware: two CPU cores, about a minute.
"""

from hsgan.config import default_config, presets


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "mixture"
    config.model = "mixture"
    config.cameras.known = True
    config.data.cubes = "records/cave"
    presets.one_brightness(config)
    config.prior.components = 64
    config.paired.pixel_form = "leveled"
    config.paired.learning_rate = 1e-3
    config.paired.final_learning_rate = 1e-5
    config.train.batch = 4096
    config.train.steps = 240
    config.train.checkpoint_every = 60
    config.train.validate_every = 240
    return config
