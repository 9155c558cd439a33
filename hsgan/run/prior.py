"""The mixture prior that a configuration asks for: fitted to its cubes, or the one that another run has trained."""

from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from hsgan.errors import DataError
from hsgan.prior.fit import fit_run
from hsgan.prior.mixture import MixturePrior
from hsgan.run.folder import RunFolder
from hsgan.spectra.srf import SrfDictionary


def asked_prior(config: ConfigDict, directory: str | Path, cameras: SrfDictionary) -> MixturePrior:
    """Returns the prior of a configuration: of its training cubes, or that of the run which `config.prior.run` names.

    Args:
      config: the configuration.
      directory: folder of its cube records.
      cameras: those of its training.

    Raises:
      DataError: as `hsgan.prior.fit.fit_run` and `trained_prior`.
      RunError: `config.prior.run` is no run, or its weights cannot be read.
    """
    if config.prior.run:
        return trained_prior(config, cameras.wavelengths_nm)
    return fit_run(config.prior, directory, cameras, config.data.brightness)


def trained_prior(config: ConfigDict, wavelengths_nm: np.ndarray) -> MixturePrior:
    """Returns the mixture that the training of `config.prior.run` ended with: its last weights, chosen on no scene.

    Args:
      config: the configuration.
      wavelengths_nm: float [bands], that it is for.

    Raises:
      DataError: the run trains no mixture by itself, or one for other wavelengths, of more components than the
        configuration has, or of cubes that are brought to another brightness.
      RunError: no such run, or its weights cannot be read.
    """
    folder = RunFolder.open(config.prior.run)
    own, name = folder.config, f"prior.run: {config.prior.run}"
    network = folder.network("last")
    layer, grid = network.mixture_layer, network.dictionary.wavelengths_nm
    if own.model != "mixture" or layer is None:
        raise DataError(f"{name} must be a run of the model 'mixture' (configs/mixture.py). Received: {own.model!r}")
    if own.prior.components > config.prior.components:
        raise DataError(
            f"{name} has {own.prior.components} components, of which prior.components={config.prior.components} does "
            f"not allow more: set --config.prior.components={own.prior.components}"
        )
    if own.data.brightness != config.data.brightness:
        raise DataError(
            f"{name} was trained with data.brightness={own.data.brightness}, and here it is {config.data.brightness}: "
            f"set --config.data.brightness={own.data.brightness}"
        )
    if len(grid) != len(wavelengths_nm) or not np.allclose(grid, wavelengths_nm, atol=1e-3):
        raise DataError(
            f"{name} has {len(grid)} bands of {grid[0]:g} to {grid[-1]:g} nm, and the cubes have "
            f"{len(wavelengths_nm)} of {wavelengths_nm[0]:g} to {wavelengths_nm[-1]:g} nm: they must be the same"
        )
    fitted, step = folder.prior(), folder.weights_record("last")["step"]
    source = "a mixture" if fitted is None else fitted.source
    return layer.prior(grid, f"{source}; trained for {step} steps")
