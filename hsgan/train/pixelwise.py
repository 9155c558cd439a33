"""Training of the mixture prior end to end, on pairs of single pixels, as a Keras model (method section 18)."""

import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.data import pixels
from hsgan.data.share import WHOLE, Share
from hsgan.data.sources import Sources
from hsgan.spectra.srf import SrfDictionary
from hsgan.train.paired import PairedTrainer


class PixelTrainer(PairedTrainer):
    """As on patches, with pairs of single pixels in their place: `hsgan.networks.mixture_net.MixtureNet` sees no more.

    Args:
      config: the configuration.
      dictionary: the cameras of the training.
      statistics: of the real training cubes, as for every network.
    """

    @staticmethod
    def batches(
        config: ConfigDict, sources: Sources, cameras: SrfDictionary, start_step: int, share: Share = WHOLE
    ) -> tf.data.Dataset:
        """Returns the stream of single pixels (`hsgan.data.pixels.pixel_pairs`)."""
        return pixels.pixel_pairs(config, sources.cubes, cameras, start_step, share)

    def train_step(self, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        """As on patches, the pixels side by side in one image: what a camera costs is paid once, not by every pixel."""
        row = {name: tf.transpose(batch[name], (1, 2, 0, 3)) for name in ("rgb", "cube")}
        return super().train_step({**row, "srf": batch["srf"][:1]})
