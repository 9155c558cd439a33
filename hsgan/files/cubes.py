"""Cubes out and in again: the only package that writes or reads cube files.

A cube is float32 [height, width, bands], linear radiance, bands at ascending `wavelengths_nm`. Every format holds the
wavelengths, the SRF that belongs to the cube, and free facts (`hsgan.files.header.CubeHeader`). A file appears under
its name only when it is whole: it is written beside its place and then moved there; whatever stops it, a full disk or a
killed process, leaves what was there before.

The standard deviations of a cube's values, where it has them, are a cube of the same format beside it: `NAME_deviation`
with the same suffix. The fact `deviation` of the one names the other, and the fact `deviation of` of the other holds a
checksum of the first one's facts, so that what does not belong together is not taken together; `open_cube` gives both.
"""

import json
import zlib
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from hsgan.disk import guard, whole
from hsgan.errors import DataError
from hsgan.files.formats import envi, matlab, npz, tiff, zarr
from hsgan.files.header import UNITS, CubeHeader, checked_facts
from hsgan.files.raw_array import DTYPE

FORMATS = {"npz": npz, "envi": envi, "matlab": matlab, "tiff": tiff, "zarr": zarr}
_READERS = {suffix: module for module in FORMATS.values() for suffix in module.SUFFIXES} | {".tiff": tiff}
DTYPES = (DTYPE,)  # of cubes in files: other bytes of a file never become numbers, or pointers
_SMALLER = ("zarr",)  # what is compressed may take less than its numbers
_STRIP_BYTES = 1 << 25
DEVIATION = "deviation"  # the fact, the coordinate, and what ends the name of the file
_BELONGS = "deviation of"


class CubeWriter:
    """Takes the blocks of one cube, in any order.

    Attributes:
      header: `CubeHeader`.
      facts: its facts; what is added before the end of the `with` is written too.
      paths: of the files, which appear at its end.

    Args:
      writers: of the cube, and of its deviation where it has one.
      header: see above.
      paths: see above.
    """

    def __init__(self, writers: list, header: CubeHeader, paths: list[Path]):
        self.writers, self.header, self.paths = writers, header, paths
        self.facts = dict(header.facts)
        self._missing = header.height * header.width

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
        for writer, part in zip(self.writers, parts, strict=True):
            writer.put((rows, columns), part)
        self._missing -= sides[0] * sides[1]

    def finish(self):
        """Completes the files; called at the end of the `with`.

        Raises:
          ValueError: the parts written do not cover the cube once.
        """
        if self._missing:
            raise ValueError(f"cube: every pixel must be written once. Received: {self._missing} pixels too few")
        facts = checked_facts(self.facts)
        cube, *deviation = self.writers
        if deviation:
            facts[DEVIATION] = self.paths[len(self.paths) // 2].name
            deviation[0].finish(replace(self.header, facts=facts | {_BELONGS: _checksum(facts)}))
        cube.finish(replace(self.header, facts=facts))


@contextmanager
def open_writer(stem, name, header, deviation=False):
    """Gives a `CubeWriter`; its files appear when the `with` ends without an exception, and only then.

    Args:
      stem: path without suffix; the format adds its own. Existing files are replaced.
      name: of the format, in `FORMATS`.
      header: `CubeHeader`.
      deviation: whether every block comes with the standard deviations of its values, which go beside the cube.

    Raises:
      ValueError: unknown format; parts that do not cover the cube.
      DataError: a package that the format needs is not installed.
      OSError: no room, or no right to write.
    """
    check_formats([name])
    module = FORMATS[name]
    paths = paths_of(stem, [name], deviation)
    count, writers = len(module.SUFFIXES), []
    with ExitStack() as stack:  # which ends with what began last: the cube comes after its deviation
        for first in range(0, len(paths), count):
            parts = stack.enter_context(whole.staged(paths[first : first + count]))
            if name not in _SMALLER:
                # Before libraries lay the file out: not all of them survive a disk that fills up.
                whole.check_room(parts[0], header.bytes)
            writers.append(module.Writer(parts, header))
        writer = CubeWriter(writers, header, paths)
        yield writer
        writer.finish()


def write_cube(stem, cube, wavelengths_nm, srf, metadata=None, formats=("npz",), deviation=None):
    """Writes a whole cube in several formats; returns the paths of all files written.

    Args:
      stem: path without suffix; every format adds its own. Existing files are replaced.
      cube: float [height, width, bands].
      wavelengths_nm: float [bands], nm, ascending.
      srf: float [3, bands], R, G, B rows.
      metadata: flat dictionary of strings and numbers, e.g. source and model; None for none.
      formats: names in `FORMATS`.
      deviation: float [height, width, bands], the standard deviations of the values; None: not known.

    Raises:
      ValueError: unknown format, or arrays that do not fit together.
    """
    check_formats(formats)
    shape = np.shape(cube)
    same = deviation is None or np.shape(deviation) == shape
    if len(shape) != 3 or shape[2] != np.size(wavelengths_nm) or not same:
        raise ValueError(
            "cube, deviation, wavelengths_nm, srf: must be [height, width, bands], as the cube, [bands], [3, bands]. "
            f"Received: {shape}, {np.shape(deviation)}, {np.shape(wavelengths_nm)}, {np.shape(srf)}"
        )
    header = CubeHeader(*shape[:2], wavelengths_nm, srf, metadata or {})
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


def save_cube(cube, stem, formats=("npz",)):
    """Writes a cube as `open_cube` gives it, in one or several formats; returns the paths.

    Args:
      cube: `xarray.DataArray` ("y", "x", "wavelength") with `srf` among its attributes.
      stem: path without suffix. formats: names in `FORMATS`.

    Raises:
      ValueError: another array, or an unknown format.
    """
    if cube.dims != ("y", "x", "wavelength") or "srf" not in cube.attrs:
        raise ValueError(
            "cube: must have the dimensions y, x, wavelength, and attrs['srf'], as hsgan.open_cube gives it. "
            f"Received: {', '.join(map(str, cube.dims))}; attributes {', '.join(cube.attrs) or 'none'}"
        )
    facts = {name: value for name, value in cube.attrs.items() if name not in ("srf", "units", DEVIATION, _BELONGS)}
    deviation = cube.coords.get(DEVIATION)
    return write_cube(stem, cube, cube["wavelength"].values, cube.attrs["srf"], facts, formats, deviation)


def open_cube(path):
    """Opens the cube in a file of any of the `FORMATS`; its values are read when they are used.

    Args:
      path: the file (of ENVI's two either), or a Zarr folder.

    Returns:
      `xarray.DataArray` "cube", float32, dimensions ("y", "x", "wavelength"), coordinate `wavelength` in nm; where the
      standard deviations of its values lie beside it, the coordinate `deviation` of the cube's dimensions; attributes
      `units`, `srf` (float32 [3, bands], R, G, B) and the facts: camera, model, ...

    Raises:
      DataError: no such file, an unknown suffix, or a file that is damaged or holds no such cube.
    """
    path = Path(path)
    module = _READERS.get(path.suffix.lower())
    if module is None:
        raise DataError(f"{path}: must end in one of {', '.join(_READERS)}. Received: {path.suffix or 'no suffix'}")
    cube, header = whole.read_whole(module.targets(path), lambda *parts: _opened(path, module, parts))
    # The name alone: a file does not say in what folder to read.
    name = Path(str(header.facts.get(DEVIATION, ""))).name
    beside = path.with_name(name) if name else path
    if not name or not beside.exists() or _READERS.get(beside.suffix.lower()) is not module:
        return as_data_array(cube, header)
    deviation, other = whole.read_whole(module.targets(beside), lambda *parts: _opened(beside, module, parts))
    belongs = other.facts.get(_BELONGS) == _checksum(header.facts) and other.shape == header.shape
    return as_data_array(cube, header, deviation if belongs else None)


def _opened(path, module, parts):
    """Reads a cube: the border, where whatever is wrong with its files becomes one line."""
    given = next((part for part in parts if part.name == path.name), path)
    with guard.reading(given, "a cube of hsgan.reconstruct", folder=module is zarr):
        cube, wavelengths_nm, srf, facts = module.read(*parts)
        header = CubeHeader(*cube.shape[:2], wavelengths_nm, srf, facts)
        if cube.shape != header.shape:
            raise ValueError(f"cube: must be {list(header.shape)}. Received: {list(cube.shape)}")
        if cube.dtype not in DTYPES:
            raise ValueError(f"cube: must hold little-endian float32. Received: {cube.dtype.str}")
        return cube, header


def _checksum(facts):
    return f"{zlib.crc32(json.dumps(facts, sort_keys=True).encode()):08x}"


def as_data_array(cube, header, deviation=None):
    """Returns the `xarray.DataArray` of a cube [height, width, bands] (see `open_cube`).

    Args:
      cube: the values.
      header: `CubeHeader`.
      deviation: the standard deviations of the values, of the same shape; None: not known.
    """
    import xarray

    dims = ("y", "x", "wavelength")
    coords = {"wavelength": ("wavelength", header.wavelengths_nm, {"units": "nm"})}
    if deviation is not None:
        coords[DEVIATION] = (dims, deviation, {"units": UNITS})
    return xarray.DataArray(
        cube,
        dims=dims,
        coords=coords,
        name="cube",
        attrs={"units": UNITS, "srf": header.srf, **header.facts},
    )


def check_formats(formats):
    """Checks names of formats.

    Raises:
      ValueError: they are no list of names in `FORMATS`, or there is none.
      DataError: the package that one needs is not installed.
    """
    if isinstance(formats, str):
        raise ValueError(f"formats: must be a list of names, e.g. ['envi']. Received: the text {formats!r}")
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise ValueError(f"formats: must be among {', '.join(FORMATS)}. Received: {', '.join(unknown) or 'none'}")
    if "zarr" in formats:
        zarr.check_installed()


def paths_of(stem, formats, deviation=False):
    """Returns the paths that `write_cube` would write, of each format the cube's first, then its deviation's if any."""
    check_formats(formats)
    stems = (stem, f"{stem}_{DEVIATION}") if deviation else (stem,)
    return [Path(f"{one}{suffix}") for name in formats for one in stems for suffix in FORMATS[name].SUFFIXES]
