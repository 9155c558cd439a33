"""Cubes out and in again: the only package that writes or reads cube files.

A cube is float32 [height, width, bands], linear radiance, bands at ascending `wavelengths_nm`; a file may hold it in
fewer bits (`hsgan.files.dtypes`), which come back as float32. Every format holds the wavelengths, the SRF that belongs
to the cube if one is known, and free facts (`hsgan.files.header.CubeHeader`). Others' files are read, too
(`hsgan.files.readers`): what they do not say the user does. A file appears under its name only when it is whole: it is
written beside its place and then moved there; whatever stops it, a full disk or a killed process, leaves what was there
before.

The standard deviations of a cube's values, where it has them, are a cube of the same format beside it: `NAME_deviation`
with the same suffix. The fact `deviation` of the one names the other, and the fact `deviation of` of the other holds a
checksum of the first one's facts, so that what does not belong together is not taken together; `open_cube` gives both.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hsgan.disk import whole
from hsgan.files import formats as formats_lib
from hsgan.files.dtypes import FLOAT32
from hsgan.files.header import UNITS, CubeHeader, check_dtype, checked_facts
from hsgan.files.readers import MODULES, read_stored, same_format
from hsgan.files.stored import Choice, Stored

if TYPE_CHECKING:  # it takes half a second, and is imported when a cube is first opened
    import xarray

FORMATS = {name: MODULES[name] for name in formats_lib.WRITTEN}
DEFAULT_FORMAT = formats_lib.DEFAULT
_NAMES = ("y", "x", "wavelength")
_STRIP_BYTES = 1 << 25
DEVIATION = "deviation"  # the fact, the coordinate, and what ends the name of the file
_BELONGS = "deviation of"
CLIPPED = "clipped"  # the fact: how many values the type could not hold


class CubeWriter:
    """Takes the blocks of one cube, in any order.

    Attributes:
      header: `CubeHeader`.
      facts: its facts; what is added before the end of the `with` is written too.
      paths: of the files, which appear when all is written.

    Args:
      writers: of the cube, and of its deviation where it has one.
      header: see above.
      paths: see above.
    """

    def __init__(self, writers: list, header: CubeHeader, paths: list[Path]):
        self.writers, self.header, self.paths = writers, header, paths
        self.facts = dict(header.facts)
        self._missing, self._clipped = header.height * header.width, 0

    def write(self, rows: slice, columns: slice, block: np.ndarray, deviation: np.ndarray | None = None) -> None:
        """Writes a part of the cube.

        Args:
          rows: slice with start and stop, within the image; the parts cover the cube once.
          columns: as `rows`.
          block: float [rows, columns, bands].
          deviation: the standard deviations of its values, of the same shape, for a cube that has them; else None.

        Raises:
          ValueError: a block that does not fit its place, or a part beyond the image.
        """
        height, width, bands = self.header.shape
        sides = rows.stop - rows.start, columns.stop - columns.start
        if not (0 <= rows.start < rows.stop <= height and 0 <= columns.start < columns.stop <= width):
            raise ValueError(f"rows, columns: must lie in {height} x {width} pixels. Received: {rows}, {columns}")
        parts = [block] if deviation is None else [block, deviation]
        if len(parts) != len(self.writers) or any(part.shape != (*sides, bands) for part in parts):
            raise ValueError(
                f"block: must be {[*sides, bands]}, and its deviation where the cube has one, no other. "
                f"Received: {', '.join(str(list(part.shape)) for part in parts)} for {len(self.writers)}"
            )
        for number, (writer, part) in enumerate(zip(self.writers, parts, strict=True)):
            stored, clipped = self.header.stored.encode(part)
            writer.put((rows, columns), stored)
            self._clipped += clipped if number == 0 else 0
        self._missing -= sides[0] * sides[1]

    def finish(self) -> None:
        """Completes the files; called at the end of the `with`.

        Raises:
          ValueError: the parts written do not cover the cube once.
        """
        if self._missing:
            raise ValueError(f"cube: every pixel must be written once. Received: {self._missing} pixels too few")
        facts = checked_facts(self.facts | ({CLIPPED: self._clipped} if self._clipped else {}))
        cube, *deviation = self.writers
        if deviation:
            facts[DEVIATION] = self.paths[len(self.paths) // 2].name
            deviation[0].finish(replace(self.header, facts=facts | {_BELONGS: _checksum(facts)}))
        cube.finish(replace(self.header, facts=facts))


@contextmanager
def open_writer(stem: str | Path, name: str, header: CubeHeader, deviation: bool = False) -> Iterator[CubeWriter]:
    """Gives a `CubeWriter`; its files appear when the `with` ends without an exception, and only then.

    Args:
      stem: path without suffix; the format adds its own. Existing files are replaced.
      name: of the format, in `FORMATS`.
      header: `CubeHeader`, which says in which type the file holds the values.
      deviation: whether every block comes with the standard deviations of its values, which go beside the cube.

    Raises:
      ValueError: unknown format, or one that does not hold the type; parts that do not cover the cube.
      DataError: a package that the format needs is not installed.
      OSError: no room, or no right to write.
    """
    check_formats([name], header.dtype)
    module = FORMATS[name]
    paths = paths_of(stem, [name], deviation)
    count, writers = len(module.SUFFIXES), []
    with ExitStack() as stack:  # which ends with what began last: the cube comes after its deviation
        for first in range(0, len(paths), count):
            parts = stack.enter_context(whole.staged(paths[first : first + count]))
            if not getattr(module, "COMPRESSED", False):
                # Before libraries lay the file out: not all of them survive a disk that fills up.
                whole.check_room(parts[0], header.bytes)
            writers.append(module.Writer(parts, header))
        writer = CubeWriter(writers, header, paths)
        yield writer
        writer.finish()


def write_cube(
    stem: str | Path,
    cube: np.ndarray | xarray.DataArray,
    wavelengths_nm: np.ndarray,
    srf: np.ndarray | None = None,
    metadata: dict | None = None,
    formats: Sequence[str] = (DEFAULT_FORMAT,),
    deviation: np.ndarray | xarray.DataArray | None = None,
    dtype: str = FLOAT32,
) -> list[Path]:
    """Writes a whole cube in several formats; returns the paths of all files written.

    Args:
      stem: path without suffix; every format adds its own. Existing files are replaced.
      cube: float [height, width, bands].
      wavelengths_nm: float [bands], nm, ascending.
      srf: float [3, bands], R, G, B rows; None for none.
      metadata: flat dictionary of strings and numbers, e.g. source and model; None for none.
      formats: names in `FORMATS`.
      deviation: float [height, width, bands], the standard deviations of the values; None: not known.
      dtype: in which the files hold the values, in `hsgan.files.dtypes.DTYPES`.

    Raises:
      ValueError: unknown format or dtype, a format that does not hold it, or arrays that do not fit together.
    """
    check_formats(formats, dtype)
    shape = np.shape(cube)
    if len(shape) != 3 or shape[2] != np.size(wavelengths_nm):
        raise ValueError(
            "cube, wavelengths_nm, srf: must be [height, width, bands], [bands], [3, bands]. "
            f"Received: {shape}, {np.shape(wavelengths_nm)}, {None if srf is None else np.shape(srf)}"
        )
    if deviation is not None and np.shape(deviation) != shape:
        raise ValueError(f"deviation: must be of the cube's shape, {shape}. Received: {np.shape(deviation)}")
    header = CubeHeader(shape[0], shape[1], wavelengths_nm, srf, metadata or {}, dtype)
    step = max(_STRIP_BYTES // (4 * shape[1] * shape[2]), 1)
    paths = []
    for name in formats:
        with open_writer(stem, name, header, deviation is not None) as writer:
            for start in range(0, shape[0], step):
                rows = slice(start, min(start + step, shape[0]))
                parts = [np.asarray(values[rows], np.float32) for values in (cube, deviation) if values is not None]
                writer.write(rows, slice(0, shape[1]), *parts)
        paths += writer.paths
    return paths


def save_cube(
    cube: xarray.DataArray,
    stem: str | Path,
    formats: Sequence[str] = (DEFAULT_FORMAT,),
    dtype: str = FLOAT32,
) -> list[Path]:
    """Writes a cube as `open_cube` gives it, or a part of one, in one or several formats; returns the paths.

    An SRF belongs to all bands: of a selection of them none is written.

    Args:
      cube: `xarray.DataArray` ("y", "x", "wavelength"); with the coordinate `deviation` that is written, too.
      stem: path without suffix.
      formats: names in `FORMATS`.
      dtype: in which the files hold the values: "float32", or with half of the bytes "float16" or "uint16". They come
        back as float32; values that the type cannot hold are moved to the nearest, and counted as the fact `clipped`.

    Raises:
      ValueError: another array, an unknown format or dtype, or a format that does not hold it.
    """
    if getattr(cube, "dims", None) != _NAMES or "wavelength" not in cube.coords:
        raise ValueError(
            "cube: must be an xarray.DataArray with the dimensions y, x, wavelength, as hsgan.open_cube gives it. "
            f"Received: {type(cube).__name__} {list(getattr(cube, 'dims', np.shape(cube)))}"
        )
    facts = {name: value for name, value in cube.attrs.items() if name not in ("srf", "units", DEVIATION, _BELONGS)}
    srf = cube.attrs.get("srf")
    if srf is not None and np.shape(srf)[-1] != cube.shape[2]:
        srf = None
    return write_cube(stem, cube, cube["wavelength"].values, srf, facts, formats, cube.coords.get(DEVIATION), dtype)


def open_cube(
    path: str | Path,
    wavelengths_nm: np.ndarray | None = None,
    variable: str = "",
    white_level: float | None = None,
) -> xarray.DataArray:
    """Opens the cube in a file: of this package, or another's; its values are read when they are used.

    Others' files: ENVI, MATLAB of any version, NPZ, NPY, multi-band TIFF, NetCDF, and a folder of gray pictures, one a
    band. Whole numbers of which nobody says which one stands for 1 are divided by their type's largest.

    Args:
      path: the file (of ENVI's two either), or a folder.
      wavelengths_nm: of the bands, where the file does not say them.
      variable: which of several arrays is the cube.
      white_level: the stored value that stands for radiance 1, where the file does not say it.

    Returns:
      `xarray.DataArray` "cube", float32, dimensions ("y", "x", "wavelength"), coordinate `wavelength` in nm, ascending;
      where the standard deviations of its values lie beside it, the coordinate `deviation` of the cube's dimensions;
      attributes `units`, `srf` (float32 [3, bands], R, G, B) where it is known, and the facts: camera, model, ...

    Raises:
      DataError: no such file, an unknown suffix, or a file that is damaged or holds no such cube; one that does not say
        its wavelengths, where nobody else does.
    """
    path, choice = (
        Path(path),
        Choice(None if wavelengths_nm is None else np.asarray(wavelengths_nm), variable, white_level),
    )
    cube, header = read_stored(path, choice, as_radiance)
    # The name alone: a file does not say in what folder to read.
    name = Path(str(header.facts.get(DEVIATION, ""))).name
    beside = path.with_name(name) if name else path
    if not name or not beside.exists() or not same_format(path, beside):
        return as_data_array(cube, header)
    deviation, other = read_stored(beside, Choice(), as_radiance)
    belongs = other.facts.get(_BELONGS) == _checksum(header.facts) and other.shape == header.shape
    return as_data_array(cube, header, deviation if belongs else None)


def as_radiance(stored: Stored) -> tuple[np.ndarray | xarray.Variable, CubeHeader]:
    """Returns the values of a cube as float32 radiance, read when they are used, and its header.

    Raises:
      ValueError: what a file says is no cube.
    """
    grid, facts = np.asarray(stored.wavelengths_nm), dict(stored.facts)
    order = np.argsort(grid, kind="stable")
    white_level = stored.white_level
    if white_level is None:
        white_level = stored.full_scale
        if white_level != 1:
            facts["assumed"] = f"the file does not say what stands for 1: {white_level:g} is taken"
    srf = None if stored.srf is None else np.asarray(stored.srf, np.float32)[:, order]
    height, width = stored.values.shape[:2]
    header = CubeHeader(height, width, grid[order], srf, facts)
    plain = stored.values.dtype == np.dtype("<f4") and np.all(white_level == 1) and not np.any(stored.dark)
    import xarray

    from hsgan.files.radiance import Radiance

    values = stored.values if plain else Radiance(stored.values, white_level, stored.dark).variable(_NAMES)
    if not (order == np.arange(len(order))).all():
        values = xarray.Variable(_NAMES, values).isel(wavelength=order)
    return values, header


def _checksum(facts):
    return f"{zlib.crc32(json.dumps(facts, sort_keys=True).encode()):08x}"


def as_data_array(
    cube: np.ndarray | xarray.Variable, header: CubeHeader, deviation: np.ndarray | xarray.Variable | None = None
) -> xarray.DataArray:
    """Returns the `xarray.DataArray` of a cube [height, width, bands] (see `open_cube`).

    Args:
      cube: the values.
      header: `CubeHeader`.
      deviation: the standard deviations of the values, of the same shape; None: not known.
    """
    import xarray

    srf = {} if header.srf is None else {"srf": header.srf}
    coords: dict[str, Any] = {"wavelength": ("wavelength", header.wavelengths_nm, {"units": "nm"})}
    if deviation is not None:
        coords[DEVIATION] = (_NAMES, deviation, {"units": UNITS})
    return xarray.DataArray(
        cube,
        dims=_NAMES,
        coords=coords,
        name="cube",
        attrs={"units": UNITS, **srf, **header.facts},
    )


def check_formats(formats: Sequence[str], dtype: str = FLOAT32) -> None:
    """Checks names of formats, and whether all can hold a type.

    Raises:
      ValueError: they are no list of names in `FORMATS`, or there is none; no such dtype, or one that they do not hold.
      DataError: the package that one needs is not installed.
    """
    if isinstance(formats, str):
        raise ValueError(f"formats: must be a list of names, e.g. ['envi']. Received: the text {formats!r}")
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise ValueError(f"formats: must be among {', '.join(FORMATS)}. Received: {', '.join(unknown) or 'none'}")
    check_dtype(dtype)
    unable = [name for name in formats if dtype not in FORMATS[name].HOLDS]
    if unable:
        able = ", ".join(name for name, module in FORMATS.items() if dtype in module.HOLDS)
        raise ValueError(f"formats: {dtype} can be held by {able}. Received: {', '.join(unable)}")
    for name in formats:
        if hasattr(FORMATS[name], "check_installed"):
            FORMATS[name].check_installed()


def paths_of(stem: str | Path, formats: Sequence[str], deviation: bool = False) -> list[Path]:
    """Returns the paths that `write_cube` would write, of each format the cube's first, then its deviation's if any."""
    check_formats(formats)
    stems = (stem, f"{stem}_{DEVIATION}") if deviation else (stem,)
    return [Path(f"{one}{suffix}") for name in formats for one in stems for suffix in FORMATS[name].SUFFIXES]
