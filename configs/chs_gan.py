"""CHS-GAN, with a U-Net near its published size, on ICVL cubes seen by all cameras (method section 13).

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=icvl --input=ICVL --output=records/icvl \\
      --validation=SCENES
Command: python -m hsgan.train --config=configs/chs_gan.py --config.cameras.dictionary=camspec_database.txt
On two cores: the same, and '--config.chs_gan.widths=(24,48,96)'
  --config.chs_gan.discriminator_width=32 --config.train.batch=8 --config.train.patch=64 --config.train.max_minutes=60
Hardware: a GPU; the paper names none. Not yet run here.
Expected: the paper's 38.03 dB / 0.988 / 3.34 deg on ICVL (Table 1); PSNR / ASSIM / SAM, camera Nikon D700. The
networks' layers, the batch, the patch and the number of steps are ours; objective and optimizers are the method's.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "chs_gan"
    config.model = "chs_gan"
    config.data.cubes = "records/icvl"
    config.data.cube_scale = (1.0, 1.0)
    config.paired.pixel = 100.0
    config.paired.adversarial = 1.0
    config.paired.learning_rate = 2e-4
    config.paired.final_learning_rate = 2e-4
    config.paired.schedule = "constant"
    config.paired.discriminator = 2e-4
    config.paired.beta_1 = 0.5
    config.train.batch = 8
    config.train.patch = 128
    config.train.steps = 100_000
    config.train.checkpoint_every = 1000
    config.train.validate_every = 10_000
    return config
