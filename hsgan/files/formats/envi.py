"""ENVI: `.img` (band-interleaved by pixel, little-endian) and its header `.hdr`.

The header holds wavelengths in nm, band names, the SRF as `srf r`, `srf g`, `srf b`, the default bands for a picture,
each fact as `hsgan NAME = JSON value` (braces, which mean lists in a header, escaped), and of whole numbers the gains
that make radiance of them. Others' files are read in any interleave, byte order and real type, with wavelengths in nm
or micrometers, scale factors, gains and offsets.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import spectral.io.envi
from spectral.io.spyfile import FileNotFoundError as DataFileNotFoundError

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files.header import UNITS, CubeHeader
from hsgan.files.raw_array import RawArray
from hsgan.files.stored import Choice, Stored, in_nm

SUFFIXES = (".img", ".hdr")
HOLDS = {"float32": 4, "uint16": 12}  # ENVI's numbers of the types
OTHERS = (".dat", ".raw", ".bsq", ".bil", ".bip")  # of data files that others write
_SRF = ("srf r", "srf g", "srf b")
_PREFIX = "hsgan "
_HEADER_BYTES = 1 << 22
_ESCAPES = str.maketrans({"{": "\\u007b", "}": "\\u007d"})


class Writer:
    """Writes the values into the `.img`, and at the end the `.hdr`."""

    def __init__(self, paths: Sequence[Path], header: CubeHeader):
        data, self.header_path = paths
        self.array = RawArray(data, 0, header.shape, header.stored.numpy)

    def put(self, place: tuple[slice, slice], block: np.ndarray) -> None:
        self.array.put(place, block)

    def finish(self, header: CubeHeader) -> None:
        camera = header.facts.get("camera", "not stated")
        fields: dict[str, Any] = {
            "description": _one_line(f"Hyperspectral cube, {UNITS}. Camera: {camera}"),
            "samples": header.width,
            "lines": header.height,
            "bands": header.wavelengths_nm.size,
            "header offset": 0,
            "file type": "ENVI Standard",
            "data type": HOLDS[header.dtype],
            "interleave": "bip",
            "byte order": 0,
            "data units": UNITS,
            "wavelength units": "nm",
            "wavelength": [f"{wavelength:.9g}" for wavelength in header.wavelengths_nm],
            "band names": header.band_names,
            "default bands": [band + 1 for band in header.default_bands],
        }
        if header.stored.white_level != 1:
            fields["data gain values"] = [f"{1 / header.stored.white_level:.17g}"] * header.wavelengths_nm.size
        for name, row in zip(_SRF, () if header.srf is None else header.srf, strict=False):
            fields[name] = [f"{value:.9g}" for value in row]
        for name, value in header.facts.items():
            fields[_PREFIX + name] = json.dumps(value).translate(_ESCAPES)
        spectral.io.envi.write_envi_header(str(self.header_path), fields)


def _one_line(text):
    return " ".join(text.translate(str.maketrans("{}", "()")).split())


def targets(path: Path) -> list[Path]:
    """Returns data file and header of a cube, of which either is given."""
    if path.suffix.lower() == ".hdr":
        return [path.with_suffix(SUFFIXES[0]), path]
    header = path.with_suffix(SUFFIXES[1])
    longer = path.with_name(f"{path.name}{SUFFIXES[1]}")
    return [path, longer if longer.is_file() and not header.is_file() else header]


def data_beside(data: Path, header: Path) -> Path | None:
    """Returns the data file of a header: `data`, or one of another name that others write; None where there is none."""
    others = (header.with_suffix(suffix) for suffix in ("", *OTHERS))
    return next((path for path in (data, *others) if path.is_file()), None)


def read(data: Path, header: Path, choice: Choice) -> Stored:
    """Reads a `.hdr` and its data file, or another beside it that is named so; the cube stays in the file."""
    if not header.is_file():
        raise DataError(f"{data}: has no header {header.name} beside it; give both files of an ENVI cube")
    check_header(header)
    found = data_beside(data, header)
    try:
        image = spectral.io.envi.open(str(header), None if found is None else str(found))
    except DataFileNotFoundError as error:
        raise DataError(f"{header}: its data file is missing (.img, .dat, .raw, ... of the same name)") from error
    fields = image.metadata
    srf = [fields[name] for name in _SRF if name in fields]
    facts = {
        name.removeprefix(_PREFIX): json.loads(value) for name, value in fields.items() if name.startswith(_PREFIX)
    }
    wavelengths_nm = None
    if "wavelength" in fields:
        wavelengths_nm = in_nm(header, fields["wavelength"], fields.get("wavelength units", ""))
    values = image.open_memmap(interleave="bip")
    if values is None:
        raise DataError(f"{header}: its data file cannot be mapped; is it truncated?")
    return Stored(values, wavelengths_nm, np.array(srf, np.float32) if srf else None, facts, *_scale(fields))


def check_header(header: Path) -> None:
    """Refuses a header that is too large to be one."""
    guard.check_bytes(header, header.stat().st_size, most=_HEADER_BYTES)


def read_header(header: Path) -> dict[str, Any]:
    """Returns {field: text, or list of texts} of a header."""
    check_header(header)
    return spectral.io.envi.read_envi_header(str(header))


def scale_factor(fields: Mapping[str, Any]) -> float:
    """Returns the stored value that stands for 1 by a header's scale factor; 1 without one."""
    return float(fields.get("reflectance scale factor", 1.0))


def _scale(fields):
    """Returns (white_level, dark) of a header: by its scale factor, or gains and offsets of its bands."""
    if "reflectance scale factor" in fields:
        return scale_factor(fields), 0.0
    if "data gain values" in fields or "data offset values" in fields:
        gain = np.array(fields.get("data gain values", 1.0), np.float64)
        return 1 / gain, -np.array(fields.get("data offset values", 0.0), np.float64) / gain
    return (1.0 if fields.get("data units") == UNITS else None), 0.0
