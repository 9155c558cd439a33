"""HSCNN-D in its published width, on ICVL cubes seen by all cameras of the dictionary (method section 13).

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=icvl --input=ICVL --output=records/icvl \\
      --validation=SCENES
Command: python -m hsgan.train --config=configs/hscnn_d.py --config.cameras.dictionary=camspec_database.txt
On two cores: the same, and --config.hscnn_d.blocks=8 --config.train.batch=8
  --config.train.patch=64 --config.train.max_minutes=60
Hardware: a GPU; the paper names none. Not yet run here.
Expected: the paper's 38.15 dB / 0.992 / 3.28 deg on ICVL (Table 1); PSNR / ASSIM / SAM, camera Nikon D700. The
number of steps is ours; batch, patch, loss and rates are the method's.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "hscnn_d"
    config.model = "hscnn_d"
    config.data.cubes = "records/icvl"
    config.data.cube_scale = (1.0, 1.0)
    config.paired.pixel_form = "mrae"
    config.paired.learning_rate = 1e-3
    config.paired.final_learning_rate = 1e-5
    config.paired.schedule = "polynomial"
    config.paired.power = 1.5
    config.train.batch = 64
    config.train.patch = 50
    config.train.steps = 200_000
    config.train.checkpoint_every = 1000
    config.train.validate_every = 10_000
    return config
