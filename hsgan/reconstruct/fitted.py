"""Methods without a network for a configuration, fitted to its training cubes: no run is needed."""

from collections.abc import Callable, Iterable

import ml_collections

from hsgan import config as config_lib
from hsgan.data import sources
from hsgan.data.statistics import cube_statistics
from hsgan.prior.mixture import MixturePrior
from hsgan.reconstruct.methods import BESIDE, CLOSED_FORMS, ClosedFormMethod, Knowledge, closed_forms
from hsgan.run.prior import asked_prior


def fit_config(config: ml_collections.ConfigDict) -> MixturePrior:
    """Returns the mixture prior that a run of a configuration would have."""
    cameras = sources.training_cameras(config, sources.cameras(config))
    return asked_prior(config, sources.folder(config, "cubes"), cameras)


def fitted(
    config: ml_collections.ConfigDict,
    names: Iterable[str] = BESIDE,
    prior_of: Callable[[ml_collections.ConfigDict], MixturePrior] = fit_config,
) -> list[ClosedFormMethod]:
    """Returns methods without a network, for the training's cameras.

    Args:
      config: its cubes, cameras and wavelengths count, and its priors.
      names: in `hsgan.reconstruct.methods.CLOSED_FORMS`.
      prior_of: gives the mixture prior of `config`; called only for methods that need it.

    Raises:
      ConfigError: all problems of the cubes and cameras.
      DataError: cubes that cannot be read.
    """
    names = tuple(names)
    config_lib.refuse((), sources.cube_problems(config) + sources.camera_problems(config))
    cameras = sources.training_cameras(config, sources.cameras(config))
    needed = any(CLOSED_FORMS[name].needs_prior for name in names)
    knowledge = Knowledge(
        cube_statistics(sources.folder(config, "cubes"), "train", config.data.brightness),
        config.generator.prior_noise,
        prior_of(config) if needed else None,
        config.prior.noise,
        config.data.brightness,
    )
    return closed_forms(cameras, knowledge, names)
