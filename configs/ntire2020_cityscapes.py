"""The paper's training: NTIRE'20 cubes x Cityscapes photos, all settings as in [SE] section 4.1.

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=ntire2020 --input=NTIRE2020 --output=records/ntire2020
  python -m tfrecords_tools.build_rgb --source=cityscapes --input=CITYSCAPES --output=records/cityscapes
Commands:
  python -m hsgan.pretrain_parser --config=configs/ntire2020_cityscapes.py --output=parsers/cityscapes \\
      --steps=40000
  python -m hsgan.train --config=configs/ntire2020_cityscapes.py --config.cameras.dictionary=camspec_database.txt
Hardware: a GPU; the paper names none. Not yet run here.
Expected: the paper's 34.08 dB / 0.9838 / 6.61 deg on ICVL (Table 6); PSNR / ASSIM / SAM, camera Nikon D700, last epoch.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration: the defaults, which are the paper's, on these records."""
    config = default_config()
    config.name = "ntire2020_cityscapes"
    config.data.cubes = "records/ntire2020"
    config.data.rgb = "records/cityscapes"
    config.semantic.parser = "hrnet_w48"
    config.semantic.parser_weights = "parsers/cityscapes/parser.weights.h5"
    return config
