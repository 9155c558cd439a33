"""Zarr (format 2, extra `[zarr]`): a folder of compressed chunks, for large cubes; `xarray.open_zarr` reads it."""

import itertools
import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from hsgan.errors import DataError
from hsgan.files.header import UNITS, CubeHeader
from hsgan.files.stored import Choice, Stored

SUFFIXES = (".zarr",)
FOLDER = COMPRESSED = True
HOLDS = ("float32", "float16", "uint16")
_SCALE = "scale_factor"  # of the CF conventions, which xarray applies
_CHUNK = 128  # pixels, on each side
_NAMES = ("y", "x", "wavelength")
_RESERVED = ("srf", "_ARRAY_DIMENSIONS")
_METADATA_BYTES = 1 << 22


class Writer:
    """Writes chunks as blocks come; at the end the metadata, also all in one place."""

    def __init__(self, paths: Sequence[Path], header: CubeHeader):
        check_installed()
        import numcodecs
        import zarr

        (self.path,) = paths
        self.consolidate = zarr.consolidate_metadata
        group = zarr.create_group(self.path, zarr_format=2)
        chunks = tuple(min(side, most) for side, most in zip(header.shape, (_CHUNK, _CHUNK, 10**4), strict=True))
        dtype = header.stored.numpy
        codec = numcodecs.Blosc("zstd", clevel=1, shuffle=numcodecs.Blosc.BITSHUFFLE)
        self.cube = group.create_array("cube", shape=header.shape, chunks=chunks, compressors=codec, **_typed(dtype))
        self.cube.attrs["_ARRAY_DIMENSIONS"] = list(_NAMES)
        bands = header.wavelengths_nm.shape
        grid = group.create_array("wavelength", shape=bands, chunks=bands, compressors=None, **_typed(np.float32))
        grid[:] = header.wavelengths_nm
        grid.attrs.update({"_ARRAY_DIMENSIONS": [_NAMES[2]], "units": "nm"})

    def put(self, place: tuple[slice, slice], block: np.ndarray) -> None:
        # Chunk by chunk: of several at once zarr goes on with the others when one fails, even after it has told so.
        rows, columns = place
        for row in _cuts(rows):
            for column in _cuts(columns):
                inner = slice(row.start - rows.start, row.stop - rows.start)
                self.cube[row, column] = block[inner, column.start - columns.start : column.stop - columns.start]

    def finish(self, header: CubeHeader) -> None:
        srf = {} if header.srf is None else {"srf": header.srf.tolist()}
        white_level = header.stored.white_level
        scale = {} if white_level == 1 else {_SCALE: 1 / white_level}
        self.cube.attrs.update({"units": UNITS, **scale, **srf, **header.facts})
        self.consolidate(self.path)


def targets(path: Path) -> list[Path]:
    """Returns the one folder."""
    return [path]


def read(path: Path, choice: Choice) -> Stored:
    """Reads such a folder, and no other; chunks are read when they are used (`hsgan.files.formats.zarr_chunks`)."""
    from hsgan.files.formats.zarr_chunks import Chunks, Folder  # needs xarray

    folder = Folder(path)
    values = json.loads(folder.read(".zmetadata", _METADATA_BYTES))["metadata"]
    cube = Chunks(folder, "cube", values["cube/.zarray"])
    grid = Chunks(folder, "wavelength", values["wavelength/.zarray"])
    attributes = values["cube/.zattrs"]
    facts = {name: value for name, value in attributes.items() if name not in ("units", _SCALE, *_RESERVED)}
    srf = attributes.get("srf")
    srf = None if srf is None else np.array(srf, np.float32)
    grid_nm = grid.variable(_NAMES[2:]).values
    return Stored(cube.variable(_NAMES), grid_nm, srf, facts, 1 / float(attributes.get(_SCALE, 1)))


def _typed(dtype):
    """Returns type and fill value of an array: without one readers would take zeros for holes, with 0 for one, too."""
    return {"dtype": np.dtype(dtype).name, "fill_value": float("nan") if np.dtype(dtype).kind == "f" else None}


def _cuts(part):
    """Returns the slice `part` cut at the chunks' borders."""
    edges = [part.start, *range((part.start // _CHUNK + 1) * _CHUNK, part.stop, _CHUNK), part.stop]
    return [slice(*pair) for pair in itertools.pairwise(edges)]


def check_installed() -> None:
    """Raises `DataError` if the package that this format needs is missing."""
    if find_spec("zarr") is None:
        raise DataError("format zarr: needs the package zarr: pip install 'hsgan[zarr]'")
