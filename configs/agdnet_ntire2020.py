"""AGD-Net's published training on NTIRE'20: learned degradation, L1 + rank + residual (method section 12).

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=ntire2020 --input=NTIRE2020 --output=records/ntire2020
The challenge's own split: 450 scenes train, 10 validate.
Command: python -m hsgan.train --config=configs/agdnet_ntire2020.py --config.cameras.dictionary=camspec_database.txt
On two cores: the same, and --config.agd_net.stages=4 --config.train.patch=64 --config.train.max_minutes=60
Hardware: a GPU; the paper names none. Not yet run here.
Expected: no table of the paper is at hand; its abstract claims more than 1.0 dB on average over the best earlier method
on three benchmarks, with 67 times fewer parameters and 32 times fewer operations. FM-Net's 11,792,925 parameters are
30.5 times the 386,136 of these 9 stages; 68.4 times the 172,391 of 4.
"""

from hsgan.config import default_config
from hsgan.config.presets import published_agd_net

# Batches of an epoch: as many patches as cover the 450 training scenes once (ours; the paper counts epochs alone).
BATCHES = 450 * 3 * 4 // 8


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "agdnet_ntire2020"
    published_agd_net(config, BATCHES)
    config.data.cubes = "records/ntire2020"
    return config
