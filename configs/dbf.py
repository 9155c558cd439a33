"""DBF, with a U-Net near its published size: a basis from ICVL cubes, then RGB alone (method section 13).

As in the paper's Table 1 the RGB is synthetic, of the same cubes, seen by all cameras. With real photos in their place:
--config.dbf.rgb=photos --config.data.rgb=records/cityscapes

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=icvl --input=ICVL --output=records/icvl \\
      --validation=SCENES
Command: python -m hsgan.train --config=configs/dbf.py --config.cameras.dictionary=camspec_database.txt
On two cores: the same, and '--config.dbf.widths=(24,48,96)' --config.train.batch=8
  --config.train.patch=64 --config.train.max_minutes=60
Hardware: a GPU; the paper names none. Not yet run here.
Expected: the paper's 30.75 dB / 0.940 / 14.64 deg on ICVL (Table 1); PSNR / ASSIM / SAM, camera Nikon D700. The layers
and the training are ours; objective and size of the basis are the method's.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "dbf"
    config.model = "dbf"
    config.data.cubes = "records/icvl"
    config.loss.back_projection = 1.0
    config.loss.smoothness = 0.0
    config.loss.positivity = 0.0
    config.paired.learning_rate = 1e-3
    config.paired.final_learning_rate = 1e-5
    config.train.batch = 24
    config.train.patch = 128
    config.train.steps = 100_000
    config.train.checkpoint_every = 1000
    config.train.validate_every = 10_000
    return config
