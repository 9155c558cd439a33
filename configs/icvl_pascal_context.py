"""The paper's training: ICVL cubes x PASCAL-Context photos, all settings as in [SE] section 4.1.

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=icvl --input=ICVL --output=records/icvl \\
      --validation=SCENES
  python -m tfrecords_tools.build_rgb --source=pascal_context --input=PASCAL_CONTEXT --output=records/pascal_context
Validation scenes are of your choosing among the first 181; the last 20 are the test split.
Commands:
  python -m hsgan.pretrain_parser --config=configs/icvl_pascal_context.py --output=parsers/pascal_context \\
      --steps=40000
  python -m hsgan.train --config=configs/icvl_pascal_context.py --config.cameras.dictionary=camspec_database.txt
Hardware: a GPU; the paper names none. Not yet run here.
Expected: the paper's 37.83 dB / 0.991 / 4.01 deg on ICVL (Table 1),
  37.53 / 0.979 / 5.97 on NTIRE'20 (Table 2); PSNR / ASSIM / SAM, camera Nikon D700, last epoch.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration: the defaults, which are the paper's, on these records."""
    config = default_config()
    config.name = "icvl_pascal_context"
    config.data.cubes = "records/icvl"
    config.data.rgb = "records/pascal_context"
    config.semantic.parser = "hrnet_w48"
    config.semantic.parser_weights = "parsers/pascal_context/parser.weights.h5"
    return config
