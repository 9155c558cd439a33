"""FM-Net in its published width, on ICVL cubes seen by all cameras of the dictionary (method section 13).

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=icvl --input=ICVL --output=records/icvl \\
      --validation=SCENES
Command: python -m hsgan.train --config=configs/fm_net.py --config.cameras.dictionary=camspec_database.txt
On two cores: the same, and --config.fm_net.blocks=2 --config.fm_net.width=16 --config.train.batch=8
  --config.train.patch=64 --config.train.max_minutes=60
Hardware: a GPU; the paper names none. Not yet run here.
Expected: the paper's 40.26 dB / 0.993 / 2.65 deg on ICVL (Table 1); PSNR / ASSIM / SAM, camera Nikon D700. The
batch and the batches of an epoch are ours; epochs, patch, loss and rates are the method's.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "fm_net"
    config.model = "fm_net"
    config.data.cubes = "records/icvl"
    config.data.cube_scale = (1.0, 1.0)
    config.paired.learning_rate = 1e-4
    config.paired.schedule = "halving"
    config.paired.halvings = 4  # every 20 of 100 epochs
    config.train.batch = 16
    config.train.patch = 64
    config.train.steps = 100 * 1000
    config.train.checkpoint_every = 1000
    config.train.validate_every = 10_000
    return config
