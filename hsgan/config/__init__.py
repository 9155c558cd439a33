"""The configuration: one typed tree of defaults, its checks, and its ways in and out of files.

This package is the only place that holds defaults (`defaults`, section by section; `rules` has the checks of each).
The defaults are the papers' (`configs/` departs from them, file by file, and says so). A `configs/*.py` file has a
`get_config()` that starts from `default_config()`; the run folder keeps the resolved configuration as JSON.

Units: wavelengths in nm, sizes in pixels, learning rates per step.
"""

from hsgan.config.defaults import default_config
from hsgan.config.files import differences, from_dict, load, to_dict, validate
from hsgan.config.rules import (
    ENCODINGS,
    INITIALIZATIONS,
    MODELS,
    MODELS_WITH_PHOTOS,
    PRECISIONS,
    REGULARIZERS,
    problems_of,
)
from hsgan.config.tree import wavelengths_nm

__all__ = [
    "ENCODINGS",
    "INITIALIZATIONS",
    "MODELS",
    "MODELS_WITH_PHOTOS",
    "PRECISIONS",
    "REGULARIZERS",
    "default_config",
    "differences",
    "from_dict",
    "load",
    "problems_of",
    "to_dict",
    "validate",
    "wavelengths_nm",
]
