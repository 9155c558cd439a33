"""Spectral libraries, a list of spectra with names: ENVI's (`.sli` and its header `.hdr`), and CSV.

CSV has a line of names, wavelengths in its first column and a spectrum in each of the others. Written together they
are one library: `NAME.sli`, `NAME.hdr` and `NAME.csv`; standard deviations stand beside each spectrum in the CSV, in a
column of its name and " deviation", and in an ENVI library of their own, `NAME_deviation.sli`.
"""

import csv
import io
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import spectral.io.envi

from hsgan.disk import guard, whole
from hsgan.disk.plain import read_text
from hsgan.errors import DataError
from hsgan.files.formats import envi
from hsgan.files.raw_array import mapped
from hsgan.files.stored import in_nm

ENVI_SUFFIXES = (".sli", ".hdr")
SUFFIXES = (*ENVI_SUFFIXES, ".csv")
_DEVIATION = " deviation"
_MOST_BYTES = 1 << 28  # all of USGS's spectra take 30 MB
_FILE_TYPE = "ENVI Spectral Library"


@dataclass(frozen=True, eq=False)
class SpectralLibrary:
    """Spectra with names.

    Attributes:
      names: one a spectrum.
      wavelengths_nm: float64 [bands], ascending.
      spectra: float64 [spectra, bands]; NaN where a spectrum is not known.
      deviations: their standard deviations, of the same shape, or None.

    Raises:
      ValueError: arrays that do not fit together, wavelengths that do not ascend, no spectrum.
    """

    names: tuple[str, ...]
    wavelengths_nm: np.ndarray
    spectra: np.ndarray
    deviations: np.ndarray | None = None

    def __post_init__(self):
        shape = len(self.names), np.size(self.wavelengths_nm)
        if np.shape(self.spectra) != shape or not min(shape):
            raise ValueError(
                f"spectra: must be [names, bands], {list(shape)}. Received: {list(np.shape(self.spectra))}"
            )
        if self.deviations is not None and np.shape(self.deviations) != shape:
            raise ValueError(f"deviations: must be {list(shape)}. Received: {list(np.shape(self.deviations))}")
        if not (np.diff(self.wavelengths_nm) > 0).all() or not np.isfinite(self.wavelengths_nm).all():
            raise ValueError("wavelengths_nm: must be finite and ascend")

    def __repr__(self) -> str:
        first, last = self.wavelengths_nm[[0, -1]]
        bands = len(self.wavelengths_nm)
        return f"<SpectralLibrary: {len(self.names)} spectra, {bands} bands, {first:g}-{last:g} nm>"

    def at(self, wavelengths_nm: np.ndarray) -> np.ndarray:
        """Returns the spectra float64 [spectra, bands] at other wavelengths, linearly between their own.

        NaN stands beyond the range of a spectrum.
        """
        found = np.full((len(self.names), np.size(wavelengths_nm)), np.nan)
        for row, spectrum in zip(found, self.spectra, strict=True):
            known = np.isfinite(spectrum)
            if known.any():
                row[:] = np.interp(wavelengths_nm, self.wavelengths_nm[known], spectrum[known], np.nan, np.nan)
        return found


def read_library(path: str | Path) -> SpectralLibrary:
    """Reads a library, the package's own or another's.

    Args:
      path: a `.sli` or its `.hdr`, or a `.csv`.

    Raises:
      DataError: no such file, another suffix, or one that is damaged or no library.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{path}: must be a spectral library, {', '.join(SUFFIXES)}. Received: {path.suffix!r}")
    with guard.reading(path, "a spectral library"):
        guard.check_bytes(path, path.stat().st_size, most=_MOST_BYTES)
        if suffix == ".csv":
            return _read_csv(path)
        return whole.read_whole([path.with_suffix(name) for name in ENVI_SUFFIXES], _read_envi)


def write_library(stem: str | Path, library: SpectralLibrary) -> list[Path]:
    """Writes a library as ENVI's and as CSV; returns the paths.

    Args:
      stem: path without suffix; files that are there are replaced.
      library: see above.

    Raises:
      OSError: no room, or no right to write.
    """
    parts = {str(stem): library.spectra}
    if library.deviations is not None:
        parts[f"{stem}_deviation"] = library.deviations
    paths = [Path(f"{name}{suffix}") for name in parts for suffix in ENVI_SUFFIXES]
    with ExitStack() as stack:
        for name, spectra in parts.items():
            data, header = stack.enter_context(whole.staged([f"{name}{suffix}" for suffix in ENVI_SUFFIXES]))
            np.ascontiguousarray(spectra, "<f4").tofile(data)
            spectral.io.envi.write_envi_header(str(header), _fields(library), is_library=True)
        paths.append(Path(f"{stem}.csv"))
        whole.write_text(paths[-1], _table(library))
    return paths


def _fields(library):
    """Returns the header of an ENVI library; a comma would divide a name in two."""
    names = [" ".join(name.translate(str.maketrans("{},\n", "();" + " ")).split()) for name in library.names]
    return {
        "samples": len(library.wavelengths_nm),
        "lines": len(names),
        "bands": 1,
        "header offset": 0,
        "file type": _FILE_TYPE,
        "data type": 4,
        "interleave": "bsq",
        "byte order": 0,
        "wavelength units": "nm",
        "wavelength": [f"{wavelength:.9g}" for wavelength in library.wavelengths_nm],
        "spectra names": names,
    }


def _table(library):
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    columns = {}
    for number, name in enumerate(library.names):
        columns[name] = library.spectra[number]
        if library.deviations is not None:
            columns[name + _DEVIATION] = library.deviations[number]
    writer.writerow(["wavelength_nm", *columns])
    for wavelength, *values in zip(library.wavelengths_nm, *columns.values(), strict=True):
        writer.writerow([f"{wavelength:.9g}", *(f"{value:.9g}" for value in values)])
    return stream.getvalue()


def _read_csv(path):
    rows = [row for row in csv.reader(read_text(path, most=_MOST_BYTES).splitlines()) if any(map(str.strip, row))]
    if len(rows) < 3 or len(rows[0]) < 2 or len({len(row) for row in rows}) != 1:
        raise DataError(f"{path}: must hold a line of names, and lines of a wavelength and values, separated by commas")
    names = [name.strip() for name in rows[0][1:]]
    try:
        values = np.array([[float(cell or "nan") for cell in row] for row in rows[1:]])
    except ValueError as error:
        raise DataError(f"{path}: must hold numbers below the line of names: {error}") from error
    values = values[np.argsort(values[:, 0])]
    columns = dict(zip(names, values[:, 1:].T, strict=True))
    if len(columns) < len(names):
        raise DataError(f"{path}: must name each spectrum once. Received: {', '.join(names)}")
    own = [name for name in names if not (name.endswith(_DEVIATION) and name.removesuffix(_DEVIATION) in columns)]
    deviations = [columns[name + _DEVIATION] for name in own if name + _DEVIATION in columns]
    return SpectralLibrary(
        tuple(own),
        in_nm(path, values[:, 0]),
        np.array([columns[name] for name in own]),
        np.array(deviations) if len(deviations) == len(own) else None,
    )


def _read_envi(data, header):
    if not header.is_file() or not data.is_file():
        raise DataError(f"{data}: must have its header {header.name} beside it; a library of ENVI's is two files")
    fields = envi.read_header(header)
    if fields.get("file type") != _FILE_TYPE:
        raise DataError(f"{header}: must be the header of a spectral library. Received: {fields.get('file type')!r}")
    bands, count = int(fields["samples"]), int(fields["lines"])
    code, order = fields["data type"], "<>"[int(fields.get("byte order", 0))]
    dtype = np.dtype(spectral.io.envi.envi_to_dtype[code]).newbyteorder(order)
    if dtype.kind not in "iuf" or min(bands, count) < 1:
        raise DataError(f"{header}: must hold spectra of real numbers. Received: {count} of {bands} bands, {dtype}")
    spectra = np.array(mapped(data, dtype, int(fields.get("header offset", 0)), (count, bands)), np.float64)
    if "wavelength" not in fields:
        raise DataError(f"{header}: states no wavelengths")
    grid = in_nm(header, fields["wavelength"], fields.get("wavelength units", ""))
    names = fields.get("spectra names") or [str(number) for number in range(1, count + 1)]
    order = np.argsort(grid)
    return SpectralLibrary(tuple(map(str, names)), grid[order], spectra[:, order] / envi.scale_factor(fields))
