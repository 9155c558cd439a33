"""The paper's training: ICVL cubes x Cityscapes photos, all settings as in [SE] section 4.1.

Records (docs/datasets.md):
  python -m tfrecords_tools.build_hsi --source=icvl --input=ICVL --output=records/icvl \\
      --validation=SCENES
  python -m tfrecords_tools.build_rgb --source=cityscapes --input=CITYSCAPES --output=records/cityscapes
Validation scenes are of your choosing among the first 181; the last 20 are the test split.
Commands:
  python -m hsgan.pretrain_parser --config=configs/icvl_cityscapes.py --output=parsers/cityscapes \\
      --steps=40000
  python -m hsgan.train --config=configs/icvl_cityscapes.py --config.cameras.dictionary=camspec_database.txt
Hardware: a GPU; the paper names none. Not yet run here.
Expected: the paper's 37.68 dB / 0.988 / 5.03 deg on ICVL (Table 6); PSNR / ASSIM / SAM, camera Nikon D700, last epoch.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration: the defaults, which are the paper's, on these records."""
    config = default_config()
    config.name = "icvl_cityscapes"
    config.data.cubes = "records/icvl"
    config.data.rgb = "records/cityscapes"
    config.semantic.parser = "hrnet_w48"
    config.semantic.parser_weights = "parsers/cityscapes/parser.weights.h5"
    return config
