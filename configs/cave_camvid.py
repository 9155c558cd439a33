"""Real cubes and real photos on two CPU cores: CAVE (half size) x CamVid.

Records:
  python -m tfrecords_tools.build_hsi --source=cave --input=CAVE --output=records/cave \\
      --validation=balloons,feathers,oil_painting,thread_spools
  python -m tfrecords_tools.build_rgb --source=camvid --input=CAMVID --output=records/camvid
Command: python -m hsgan.train --config=configs/cave_camvid.py --config.cameras.dictionary=camspec_database.txt
Hardware: two CPU cores, 20 minutes, 5 of them for the scene parser.
Measured by the command above, on the four validation scenes, camera Nikon D700 unknown, PSNR / lit SAM: bi 29.08 /
16.2, smooth 35.19 / 13.85, wiener 36.34 / 9.58, mixture 36.70 / 8.83, the network 36.70 / 8.83 at the start, which is
its best, and 36.62 / 8.86 at the end.
"""

from hsgan.config import default_config
from hsgan.config.presets import small_unpaired_real


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "cave_camvid"
    small_unpaired_real(config)
    config.data.cubes = "records/cave"
    config.data.rgb = "records/camvid"
    config.semantic.pretrain_learning_rate = 5e-2
    config.train.steps = 600
    return config
