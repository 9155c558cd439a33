"""What a configuration must know of each model before anything is built: what it reads, who trains it, its settings.

These few facts stand here so that a configuration and its data are checked without importing TensorFlow. For the same
reason a network is named, and imported where it is built (`hsgan.networks.build`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ml_collections import ConfigDict


@dataclass(frozen=True)
class Model:
    """Facts about one model.

    Attributes:
      network: its class, "module.Class" in `hsgan.networks`.
      training: name of its trainer in `hsgan.train.trainers.TRAINERS`.
      settings: the defaults of its own section of the configuration, {name: value}. Whole numbers, and tuples of them,
        must be positive (`hsgan.config.rules`); what else must hold is a rule there.
      photos: whether a configuration trains on the photos of `data.rgb`, beside the cubes, which every model reads.
      discriminator: whether it trains against the discriminator of `config.discriminator`.
      semantic: whether it has the semantic term of `config.semantic`, which wants a scene parser and labelled photos.
      takes_camera: whether it can be given the camera's SRF (`cameras.known`).
    """

    network: str
    training: str = "paired"
    settings: dict[str, Any] = field(default_factory=dict)
    photos: Callable[[ConfigDict], bool] = lambda config: False
    discriminator: bool = False
    semantic: bool = False
    takes_camera: bool = True


MODELS = {
    # Its sections are those of the method's parts: generator, srf_estimator, discriminator, semantic.
    "hsgan": Model(
        "hsgan_net.HSGANNet",
        training="unpaired",
        photos=lambda config: config.loss.rgb == "photos",
        discriminator=True,
        semantic=True,
    ),
    "agd_net": Model(
        "agd_net.AGDNet",
        settings=dict(
            stages=9,
            growth=62,
            units=5,
            kernel_size=3,  # of the stages, odd
            degradation="learned",  # learned | given (the SRF is an input) | estimated (by the SRF estimator)
            initialization="learned",  # learned | smooth | prior | mixture, as the generator's
            prior_noise=1e-4,
            basic_gradient=True,
            zero_mean=True,
        ),
    ),
    # The baselines in their published widths (method section 13).
    "hscnn_d": Model("hscnn_d.HSCNNDNet", settings=dict(blocks=64)),
    "fm_net": Model("fm_net.FMNet", settings=dict(blocks=4, width=64)),
    "chs_gan": Model("chs_gan.CHSGANNet", settings=dict(widths=(92, 100, 124), discriminator_width=64)),
    "dbf": Model(
        "dbf.DBFNet",
        training="reprojection",
        settings=dict(
            basis=10,
            widths=(92, 104, 124),
            rgb="synthetic",  # synthetic: what the cameras make of the training cubes (Table 1: no real RGB) | photos
        ),
        photos=lambda config: config.dbf.rgb == "photos",
        takes_camera=False,
    ),
    # Its objective and optimizer are `paired`'s, its batch is single pixels, its mixture `prior`'s (method section 18).
    "mixture": Model(
        "mixture_net.MixtureNet",
        training="pixels",
        settings=dict(
            pixels=200_000,  # of cubes, in memory, to draw from
            concentration=0.1,  # of the Dirichlet distribution of the cameras' shares; small: nearly one camera
            blind=0.5,  # share of the steps in which the mean camera is told in place of the one that made the RGB
        ),
    ),
    # The mixture with a gate, which looks around a pixel, trained on patches; its mixture is `prior`'s.
    "gated_mixture": Model(
        "gated_mixture.GatedMixtureNet",
        settings=dict(growth=32, units=3, kernel_size=3),  # of the gate's stage, as the generator's
    ),
}
UNKNOWN = Model("")  # of a name that is not in MODELS, which is a problem of its own


def model_of(config: ConfigDict) -> Model:
    """Returns the facts about `config.model`; those of the plainest model where there is none of that name."""
    return MODELS.get(config.model, UNKNOWN)


def wants_photos(config: ConfigDict) -> bool:
    """Whether training `config` reads photos."""
    return model_of(config).photos(config)


def wants_labels(config: ConfigDict) -> bool:
    """Whether training `config` reads the labels of the photos: for the semantic term, or to pre-train its parser."""
    semantic = config.semantic
    return model_of(config).semantic and bool(
        (semantic.parser and config.loss.semantic) or (semantic.pretrain_steps and not semantic.parser_weights)
    )
