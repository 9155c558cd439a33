"""CHS-GAN's generator: a supervised baseline that is trained with a conditional discriminator (method section 13)."""

from typing import Any

import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.networks.base import ReconstructionNetwork, Statistics
from hsgan.networks.unet import UNet
from hsgan.spectra.srf import SrfDictionary


class CHSGANNet(ReconstructionNetwork):
    """A U-Net from RGB to the cube; 1,090,463 parameters for widths (92, 100, 124) and 31 bands.

    The layer table is not public: [SE] gives 1.09 M parameters and 0.91 T operations at 1392x1040 (0.63 M a pixel).
    Ours is a choice that meets the parameters, with 0.45 M multiply-adds a pixel. Source: [SE] Table 1; the conditional
    adversarial training is that of Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks"
    (CVPR 2017), whose discriminator is `hsgan.networks.patch_discriminator`.

    Args:
      config: the run's configuration.
      dictionary: as for every network.
      statistics: as for every network.
      dtype: the U-Net's policy, e.g. "mixed_bfloat16".
    """

    def __init__(
        self,
        config: ConfigDict,
        dictionary: SrfDictionary,
        statistics: Statistics | None = None,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dictionary, statistics, **kwargs)
        self.unet = UNet(config.chs_gan.widths, self.bands, dtype=dtype)
        self.unet.build((None, None, None, 3))
        self.receptive_radius, self.stride = self.unet.receptive_radius, self.unet.stride
        self.built = True

    def reconstruct(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        return tf.cast(self.unet(rgb), tf.float32)
