"""What a configuration must know of each model before anything is built: what it reads, and which sections it has.

A model's network is in `hsgan.networks.build.NETWORKS`, its trainer in `hsgan.train.trainers.TRAINERS`, under the same
name. These few facts stand here so that a configuration and its data are checked without importing TensorFlow.
"""

from dataclasses import dataclass

from ml_collections import ConfigDict


@dataclass(frozen=True)
class Model:
    """Facts about one model.

    Attributes:
      photos: whether it trains on the photos of `data.rgb`, beside the cubes, which every model reads.
      discriminator: whether it trains against the discriminator of `config.discriminator`.
      semantic: whether it has the semantic term of `config.semantic`, which wants a scene parser and labelled photos.
      takes_camera: whether it can be given the camera's SRF (`cameras.known`).
    """

    photos: bool = False
    discriminator: bool = False
    semantic: bool = False
    takes_camera: bool = True


MODELS = {
    "hsgan": Model(photos=True, discriminator=True, semantic=True),
    "agd_net": Model(),
    "hscnn_d": Model(),
    "fm_net": Model(),
    "chs_gan": Model(),
    "dbf": Model(photos=True, takes_camera=False),
    "mixture": Model(),
}
UNKNOWN = Model()  # of a name that is not in MODELS, which is a problem of its own


def model_of(config: ConfigDict) -> Model:
    """Returns the facts about `config.model`; those of the plainest model where there is none of that name."""
    return MODELS.get(config.model, UNKNOWN)


def wants_labels(config: ConfigDict) -> bool:
    """Whether training `config` reads the labels of the photos: for the semantic term, or to pre-train its parser."""
    semantic = config.semantic
    return model_of(config).semantic and bool(
        (semantic.parser and config.loss.semantic) or (semantic.pretrain_steps and not semantic.parser_weights)
    )
