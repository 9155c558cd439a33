"""The paper's training: NTIRE'20 cubes x PASCAL-Context photos, all settings as in [SE] section 4.1.

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=ntire2020 --input=NTIRE2020 --output=records/ntire2020
  python -m tfrecords_tools.build_rgb --source=pascal_context --input=PASCAL_CONTEXT --output=records/pascal_context
Commands:
  python -m hsgan.pretrain_parser --config=configs/ntire2020_pascal_context.py --output=parsers/pascal_context \\
      --steps=40000
  python -m hsgan.train --config=configs/ntire2020_pascal_context.py --config.cameras.dictionary=camspec_database.txt
Hardware: a GPU; the paper names none. Not yet run here.
Expected: the paper's 35.87 dB / 0.9837 / 6.24 deg on ICVL (Table 6); PSNR / ASSIM / SAM, camera Nikon D700, last epoch.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration: the defaults, which are the paper's, on these records."""
    config = default_config()
    config.name = "ntire2020_pascal_context"
    config.data.cubes = "records/ntire2020"
    config.data.rgb = "records/pascal_context"
    config.semantic.parser = "hrnet_w48"
    config.semantic.parser_weights = "parsers/pascal_context/parser.weights.h5"
    return config
