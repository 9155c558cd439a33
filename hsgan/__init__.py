"""Hyperspectral cubes from RGB images, by a network trained without paired data.

    import hsgan

    cube = hsgan.Reconstructor.from_run("runs/demo").reconstruct("photo.jpg")  # an xarray.DataArray
    hsgan.save_cube(cube, "cubes/photo", ["envi"])
    cube = hsgan.open_cube("cubes/photo.hdr")

The import itself is light: what these names need, TensorFlow and xarray, is imported when they are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hsgan.files.cubes import open_cube, save_cube
    from hsgan.reconstruct.api import Reconstructor

__version__ = "0.1.0"
_HOMES = {"Reconstructor": "hsgan.reconstruct.api", "open_cube": "hsgan.files.cubes", "save_cube": "hsgan.files.cubes"}
__all__ = ["Reconstructor", "__version__", "open_cube", "save_cube"]


if not TYPE_CHECKING:  # a type checker would take any name for one that there is

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module 'hsgan' has no attribute {name!r}")
        return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
