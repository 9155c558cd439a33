"""A configuration for records of one's own: what the records say need not be said again (`configs/own.py`)."""

import warnings

import numpy as np
from ml_collections import ConfigDict

from hsgan.config import wants_photos
from hsgan.data.sources import DEMO
from hsgan.errors import DataError
from hsgan.records.manifest import read_manifest


def take_from_records(config: ConfigDict) -> ConfigDict:
    """Sets the wavelengths, the photos' encoding and whether there is a semantic term by the records of `config`.

    The demo set, which stands where nothing else is named, has what the configuration says.

    Args:
      config: names the records; it is changed, and returned.

    Raises:
      DataError: no records, others than cubes and photos, or wavelengths that are no whole numbers of even steps.

    Warns where the photos have no labels, so that the semantic term is turned off.
    """
    if config.data.cubes != DEMO:
        config.wavelengths.update(grid_of(config.data.cubes))
    if not wants_photos(config) or config.data.rgb == DEMO:
        return config
    photos = read_manifest(config.data.rgb)
    config.data.rgb_encoding = photos.encoding or config.data.rgb_encoding
    if not photos.classes and config.semantic.parser:
        warnings.warn(f"{config.data.rgb}: its photos have no labels: the semantic term is turned off", stacklevel=2)
        config.semantic.parser, config.semantic.pretrain_steps = "", 0
    return config


def grid_of(directory: str) -> dict[str, int]:
    """Returns {"start_nm", "stop_nm", "step_nm"} of the cubes in a folder of records.

    Raises:
      DataError: no cube records, or wavelengths that are no whole numbers of even steps.
    """
    wavelengths_nm = np.array(read_manifest(directory).wavelengths_nm or (), np.float64)
    steps = np.unique(np.round(np.diff(wavelengths_nm), 3))
    whole = steps.size == 1 and not np.any(np.abs(np.r_[wavelengths_nm, steps] % 1) > 1e-3)
    if not whole:
        shown = ", ".join(f"{value:g}" for value in wavelengths_nm[:4]) or "none"
        raise DataError(
            f"{directory}: must hold cubes at whole nanometers in even steps; resample them before the records are "
            f"built (hsgan.open_cube(path).interp(wavelength=...), hsgan.save_cube). Received: {shown} ..."
        )
    return {"start_nm": int(wavelengths_nm[0]), "stop_nm": int(wavelengths_nm[-1]), "step_nm": int(steps[0])}
