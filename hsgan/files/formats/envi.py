"""ENVI: `.img` (float32, band-interleaved by pixel, little-endian) and its header `.hdr`.

The header holds wavelengths in nm, band names, the SRF as `srf r`, `srf g`, `srf b`, the default bands for a picture,
and each fact as `hsgan NAME = JSON value` (braces, which mean lists in a header, escaped).
"""

import json

import numpy as np
import spectral.io.envi

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files.header import UNITS
from hsgan.files.raw_array import RawArray

SUFFIXES = (".img", ".hdr")
_PREFIX = "hsgan "
_HEADER_BYTES = 1 << 22
_ESCAPES = str.maketrans({"{": "\\u007b", "}": "\\u007d"})


class Writer:
    """Writes the values into the `.img`, and at the end the `.hdr`."""

    def __init__(self, paths, header):
        data, self.header_path = paths
        self.array = RawArray(data, 0, header.shape)

    def put(self, place, block):
        self.array.put(place, block)

    def finish(self, header):
        camera = header.facts.get("camera", "not stated")
        fields = {
            "description": _one_line(f"Hyperspectral cube, {UNITS}. Camera: {camera}"),
            "samples": header.width,
            "lines": header.height,
            "bands": header.wavelengths_nm.size,
            "header offset": 0,
            "file type": "ENVI Standard",
            "data type": 4,
            "interleave": "bip",
            "byte order": 0,
            "data units": UNITS,
            "wavelength units": "nm",
            "wavelength": [f"{wavelength:.9g}" for wavelength in header.wavelengths_nm],
            "band names": header.band_names,
            "default bands": [band + 1 for band in header.default_bands],
        }
        for channel, row in zip("rgb", header.srf, strict=True):
            fields[f"srf {channel}"] = [f"{value:.9g}" for value in row]
        for name, value in header.facts.items():
            fields[_PREFIX + name] = json.dumps(value).translate(_ESCAPES)
        spectral.io.envi.write_envi_header(str(self.header_path), fields)


def _one_line(text):
    return " ".join(text.translate(str.maketrans("{}", "()")).split())


def targets(path):
    """Returns data file and header of a cube, of which either is given."""
    if path.suffix.lower() == ".hdr":
        return [path.with_suffix(SUFFIXES[0]), path]
    return [path, path.with_suffix(SUFFIXES[1])]


def read(data, header):
    """Reads a `.hdr` and its data file, or another beside it that is named so; the cube stays in the file."""
    if not header.is_file():
        raise DataError(f"{data}: has no header {header.name} beside it; give both files of an ENVI cube")
    guard.check_bytes(header, header.stat().st_size, most=_HEADER_BYTES)
    image = spectral.io.envi.open(str(header), str(data) if data.is_file() else None)
    try:
        wavelengths_nm = np.array(image.metadata["wavelength"], np.float32)
        srf = np.array([image.metadata[f"srf {channel}"] for channel in "rgb"], np.float32)
    except KeyError as error:
        raise DataError(f"{header}: has no field {error}; is not a cube of hsgan.reconstruct") from error
    facts = {
        name.removeprefix(_PREFIX): json.loads(value)
        for name, value in image.metadata.items()
        if name.startswith(_PREFIX)
    }
    cube = image.open_memmap(interleave="bip")
    if cube is None:
        raise DataError(f"{header}: its data file cannot be mapped; is it truncated?")
    return cube, wavelengths_nm, srf, facts
