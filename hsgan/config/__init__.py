"""The configuration: one typed tree of defaults, its checks, and its ways in and out of files.

This package is the only place that holds defaults (`defaults`, section by section; `rules` has the checks of each).
The defaults are the papers' (`configs/` departs from them, file by file, and says so). A `configs/*.py` file has a
`get_config()` that starts from `default_config()`; what several of them share stands in `presets`. The run folder keeps
the resolved configuration as JSON.

Units: wavelengths in nm, sizes in pixels, learning rates per step.
"""

from hsgan.config.defaults import default_config
from hsgan.config.files import differences, from_dict, load, refuse, to_dict, validate
from hsgan.config.models import MODELS, model_of, wants_labels, wants_photos
from hsgan.config.rules import ENCODINGS, INITIALIZATIONS, PARSERS, PRECISIONS, REGULARIZERS, problems_of
from hsgan.config.tree import grid_is_whole, wavelengths_nm

__all__ = [
    "ENCODINGS",
    "INITIALIZATIONS",
    "MODELS",
    "PARSERS",
    "PRECISIONS",
    "REGULARIZERS",
    "default_config",
    "differences",
    "from_dict",
    "grid_is_whole",
    "load",
    "model_of",
    "problems_of",
    "refuse",
    "to_dict",
    "validate",
    "wants_labels",
    "wants_photos",
    "wavelengths_nm",
]
