"""AGD-Net for two CPU cores: 4 stages from the Wiener estimate, the camera an input, on CAVE (half size).

Purpose: one supervised network that serves any camera, and the base of the suite `agdnet`. It departs from the
published training (configs/agdnet_cave.py) in stages, patch, start and length. FM-Net has 68.4
times the parameters of 4 published stages (11,792,925 / 172,391).
Records:
  python -m tfrecords_tools.build_hsi --source=cave --input=CAVE --output=records/cave \\
      --validation=balloons,feathers,oil_painting,thread_spools
Command: python -m hsgan.train --config=configs/agdnet_small.py --config.cameras.dictionary=camspec_database.txt
Hardware: two CPU cores, 2 minutes. More steps are worse on 13 scenes (docs/results.md).
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "agdnet_small"
    config.model = "agd_net"
    config.cameras.known = True
    config.data.cubes = "records/cave"
    config.data.cube_scale = (0.5, 1.0)
    config.data.quarter_turns = True
    config.agd_net.stages = 4
    config.agd_net.degradation = "given"
    config.agd_net.initialization = "prior"
    config.paired.rank = 1.0
    config.paired.residual = 1.0
    config.train.batch = 8
    config.train.patch = 64
    config.train.steps = 200
    config.train.checkpoint_every = 50
    config.train.validate_every = 50
    return config
