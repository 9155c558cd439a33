"""Settings that several files of `configs/` share, each changing a configuration in place."""

from ml_collections import ConfigDict


def one_brightness(config: ConfigDict) -> None:
    """Cubes and photos are brought to one brightness. So the prior need not know spectra at many exposures."""
    config.data.brightness = 0.5
    config.prior.exposure = 0.5


def small_unpaired(config: ConfigDict) -> None:
    """The unpaired method on two processor cores: a small scene parser, small patches and a start at a closed form.

    The closed form stands near the optimum already, and the paper's rates and weights would pull the cubes away from
    it: the smoothness and the generator's rate are a tenth of the paper's.
    """
    one_brightness(config)
    config.data.cube_scale = (0.5, 1.0)
    config.semantic.parser = "hrnet_w18_small"
    config.semantic.width = 32
    config.semantic.units = 2
    config.generator.initialization = "prior"
    config.loss.smoothness = 1.0
    config.optimizer.generator = 1e-5
    config.optimizer.ema = 0.99
    config.train.batch = 8
    config.train.patch = 64


def small_unpaired_real(config: ConfigDict) -> None:
    """`small_unpaired` for real photos and a dozen real cubes, from the mixture prior.

    So few scenes are soon known by heart. At the paper's rate the discriminator would win within 200 steps.
    """
    small_unpaired(config)
    config.generator.initialization = "mixture"
    config.data.rgb_scale = (0.75, 1.5)
    config.data.rgb_crop = 256
    config.semantic.pretrain_steps = 300
    config.optimizer.srf_estimator = 1e-6
    config.optimizer.discriminator = 1e-4
    config.train.checkpoint_every = 100
    config.train.validate_every = 100


def published_agd_net(config: ConfigDict, batches: int) -> None:
    """AGD-Net's published training: learned degradation, L1 + rank + residual (method section 12), 500 epochs.

    Args:
      config: the configuration.
      batches: of an epoch.
    """
    config.model = "agd_net"
    config.data.cube_scale = (1.0, 1.0)
    config.data.quarter_turns = True
    # The learned degradation takes in one camera. For any: cameras.training=(), agd_net.degradation=given.
    config.cameras.training = ("Nikon D700",)
    config.paired.residual = 1.0
    config.paired.rank = 1.0
    config.train.batch = 8
    config.train.patch = 128
    config.train.steps = 500 * batches
    config.train.checkpoint_every = 10 * batches
    config.train.validate_every = 50 * batches
