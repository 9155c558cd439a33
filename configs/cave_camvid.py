"""Real cubes and real photos on two CPU cores: CAVE (half size) x CamVid.

Records:
  python -m tfrecords_tools.build_hsi --source=cave --input=CAVE --output=records/cave \\
      --validation=balloons,feathers,oil_painting,thread_spools
  python -m tfrecords_tools.build_rgb --source=camvid --input=CAMVID --output=records/camvid
Command: python -m hsgan.train --config=configs/cave_camvid.py --config.cameras.dictionary=camspec_database.txt
Hardware: two CPU cores, 17 minutes, 4 of them for the scene parser.
Measured by the command above with data.brightness=0, on the four validation scenes, camera Nikon D700 unknown, PSNR /
lit SAM: bi 29.08 / 16.2, smooth 35.19 / 13.85, wiener 36.12 / 9.38, the network 36.16 / 9.35 at the start, 36.20 / 9.32
at best (step 300) and 36.13 / 9.40 at the end.
"""

from hsgan.config import default_config


def get_config():
    """Returns the configuration."""
    config = default_config()
    config.name = "cave_camvid"
    config.data.cubes = "records/cave"
    config.data.brightness = 0.5
    config.data.rgb = "records/camvid"
    config.data.cube_scale = (0.5, 1.0)
    config.data.rgb_scale = (0.75, 1.5)
    config.data.rgb_crop = 256
    config.generator.initialization = "prior"
    config.semantic.parser = "hrnet_w18_small"
    config.semantic.pretrain_steps = 300
    config.semantic.pretrain_learning_rate = 5e-2
    config.semantic.width = 32
    config.semantic.units = 2
    # The closed form stands near the optimum already, and 13 scenes are soon known by heart: at the paper's rates and
    # weights the discriminator wins within 200 steps and pulls the cubes away from it.
    config.loss.smoothness = 1.0
    config.optimizer.generator = 1e-5
    config.optimizer.srf_estimator = 1e-6
    config.optimizer.discriminator = 1e-4
    config.optimizer.ema = 0.99
    config.train.batch = 8
    config.train.patch = 64
    config.train.steps = 600
    config.train.checkpoint_every = 100
    config.train.validate_every = 100
    return config
