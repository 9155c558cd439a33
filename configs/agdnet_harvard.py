"""AGD-Net's published training on Harvard: learned degradation, L1 + rank + residual (method section 12).

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=harvard --input=HARVARD --grid=420:720:10 --output=records/harvard \\
      --validation=SCENES
HARVARD holds CZ_hsdb alone. Validation scenes are 20 of the 50, of your choosing.
Command: python -m hsgan.train --config=configs/agdnet_harvard.py --config.cameras.dictionary=camspec_database.txt
On two cores: the same, and --config.agd_net.stages=4 --config.train.patch=64 --config.train.max_minutes=60
Hardware: a GPU; the paper names none. Not yet run here.
Expected: no table of the paper is at hand; its abstract claims more than 1.0 dB on average over the best earlier method
on three benchmarks, with 67 times fewer parameters and 32 times fewer operations. FM-Net's 11,792,925 parameters are
30.5 times the 386,136 of these 9 stages; 68.4 times the 172,391 of 4.
"""

from hsgan.config import default_config
from hsgan.config.presets import published_agd_net

# Batches of an epoch: as many patches as cover the 30 training scenes once (ours; the paper counts epochs alone).
BATCHES = 30 * (1040 // 128) * (1392 // 128) // 8


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "agdnet_harvard"
    published_agd_net(config, BATCHES)
    config.data.cubes = "records/harvard"
    config.wavelengths.start_nm, config.wavelengths.stop_nm = 420, 720
    return config
