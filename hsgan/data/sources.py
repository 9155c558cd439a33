"""Where the records of a configuration lie: folders, or the demo set, made on first use."""

import ml_collections

from hsgan import config as config_lib
from hsgan.demo import records as demo


def resolve(config):
    """Returns a copy of `config` in which `data.cubes` and `data.rgb` are folders: "demo" is made if need be.

    Raises:
      DataError: the demo set's folder cannot be written, or it cannot be made on the configured wavelengths.
    """
    resolved = ml_collections.ConfigDict(config.copy_and_resolve_references())
    used = [config.data.cubes, config.data.rgb][: 2 if config.model in config_lib.MODELS_WITH_PHOTOS else 1]
    if "demo" in used:
        cubes, photos = demo.make(config_lib.wavelengths_nm(config), config.data.cache)
        if config.data.cubes == "demo":
            resolved.data.cubes = str(cubes)
        if config.data.rgb == "demo":
            resolved.data.rgb = str(photos)
    resolved.lock()
    return resolved
