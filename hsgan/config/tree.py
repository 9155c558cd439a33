"""Fields of a configuration by their dotted names."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from ml_collections import ConfigDict


def leaves(values: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yields (dotted name, value) of every field of nested dictionaries."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def get(config: ConfigDict, name: str) -> Any:
    """Returns the field or section called `name`, e.g. "train.steps"."""
    for part in name.split("."):
        config = config[part]
    return config


def grid_is_whole(config: ConfigDict) -> bool:
    """Whether `config.wavelengths` ends a whole number of steps, at least one, after its start."""
    grid = config.wavelengths
    return grid.step_nm > 0 and grid.stop_nm > grid.start_nm and (grid.stop_nm - grid.start_nm) % grid.step_nm == 0


def wavelengths_nm(config: ConfigDict) -> np.ndarray:
    """Returns the band centers, float32 [bands], in nm."""
    grid = config.wavelengths
    return np.arange(grid.start_nm, grid.stop_nm + 1, grid.step_nm, dtype=np.float32)
