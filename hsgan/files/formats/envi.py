"""ENVI: `.img` (float32, band-interleaved by pixel, little-endian) and its header `.hdr`.

The header holds wavelengths in nm, band names, the SRF as `srf r`, `srf g`, `srf b`, the default bands for a picture,
and each fact as `hsgan NAME = JSON value` (braces, which mean lists in a header, escaped).
"""

import json

import numpy as np
import spectral.io.envi

from hsgan.errors import DataError
from hsgan.files.header import UNITS
from hsgan.files.raw_array import RawArray

SUFFIXES = (".img", ".hdr")
_PREFIX = "hsgan "
_ESCAPES = str.maketrans({"{": "\\u007b", "}": "\\u007d"})


class Writer:
    """Writes the values into the `.img`, and at the end the `.hdr`."""

    def __init__(self, paths, header):
        data, self.header_path = paths
        self.array = RawArray(data, 0, header.shape)

    def put(self, place, block):
        self.array.put(place, block)

    def finish(self, header):
        fields = {
            "description": f"Hyperspectral cube, {UNITS}. Camera: {header.facts.get('camera', 'not stated')}".translate(
                str.maketrans("{}", "()")
            ),
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


def read(path):
    """Reads a `.hdr`, or the data file beside one; the cube stays in the file."""
    header_path = path if path.suffix.lower() == ".hdr" else path.with_suffix(".hdr")
    if not header_path.is_file():
        raise DataError(f"{path}: has no header {header_path.name} beside it; give both files of an ENVI cube")
    try:
        image = spectral.io.envi.open(str(header_path))
        wavelengths_nm = np.array(image.metadata["wavelength"], np.float32)
        srf = np.array([image.metadata[f"srf {channel}"] for channel in "rgb"], np.float32)
        facts = {
            name.removeprefix(_PREFIX): json.loads(value)
            for name, value in image.metadata.items()
            if name.startswith(_PREFIX)
        }
        cube = image.open_memmap(interleave="bip")
    except KeyError as error:
        raise DataError(f"{header_path}: has no field {error}; is not a cube of hsgan.reconstruct") from error
    except (OSError, ValueError, spectral.io.envi.EnviException, spectral.SpyException) as error:
        raise DataError(f"{header_path}: is damaged ({' '.join(str(error).split())})") from error
    if cube is None:
        raise DataError(f"{header_path}: its data file cannot be mapped; is it truncated?")
    return cube, wavelengths_nm, srf, facts
