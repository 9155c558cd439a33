"""What a photo's file says of the camera behind its values.

A RAW file names it by make and model, as EXIF has them, and mostly says how it sees colors: a DNG by its ColorMatrix,
for other formats LibRaw knows a matrix by the model. What is missing or rubbish counts as not said: a photo can be used
without.
"""

import io
import math
import re
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image

from hsgan.files import photos
from hsgan.files.origin import ANY_DAYLIGHT, RAW, Origin, of_encoding

# EXIF and DNG tags.
_MAKE, _MODEL, _UNIQUE_MODEL = 271, 272, 50708
_MATRICES = ((50721, 50778), (50722, 50779))  # ColorMatrix1 and 2, each with its CalibrationIlluminant
# EXIF's LightSource numbers that stand for a light of the CIE, those first that are nearest to D65.
_LIGHTS = {21: "D65", 22: "D75", 20: "D55", 1: "D55", 23: "D50", 19: "C", 17: "A", 3: "A"}
_LONGEST = 60  # letters of a name


def read_origin(path: str | Path, encoding: str) -> Origin:
    """Returns the `Origin` of a photo that can be read.

    Args:
      path: the file.
      encoding: "srgb" or "linear", as `hsgan.files.photos.read_codes` gives it.
    """
    if not photos.is_raw(path):
        return of_encoding(encoding)
    tags = _tiff_tags(path)
    if not tags.get(_MODEL):
        tags = _thumbnails_tags(path) | {name: value for name, value in tags.items() if value}
    make, model = (_plain(tags.get(name)) for name in (_MAKE, _MODEL))
    matrix, light = _dng_matrix(tags)
    if matrix is None:
        matrix = _librarys_matrix(path)
    return Origin(RAW, make, model or _plain(tags.get(_UNIQUE_MODEL)), matrix, light)


def _tiff_tags(path):
    """Returns {number: value} of the first page's tags: most RAW formats are TIFF files."""
    names = (_MAKE, _MODEL, _UNIQUE_MODEL, *(number for pair in _MATRICES for number in pair))
    try:
        with tifffile.TiffFile(path) as file:
            return {name: file.pages.first.tags.valueof(name) for name in names}
    except (tifffile.TiffFileError, OSError, ValueError, TypeError, KeyError, IndexError, RuntimeError):
        return {}


def _thumbnails_tags(path):
    """Returns the EXIF tags of the JPEG that a RAW file holds for viewers; {} where it holds none."""
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            thumbnail = raw.extract_thumb()
        if thumbnail.format != rawpy.ThumbFormat.JPEG:
            return {}
        with Image.open(io.BytesIO(thumbnail.data), formats=("JPEG",)) as image:
            return {name: image.getexif().get(name) for name in (_MAKE, _MODEL)}
    except (rawpy.LibRawError, rawpy.NotSupportedError, OSError, ValueError, SyntaxError, TypeError, KeyError):
        return {}


def _dng_matrix(tags):
    """Returns (ColorMatrix for the light nearest to D65, name of that light) of a DNG, or (None, any daylight)."""
    order, found = list(_LIGHTS), []
    for matrix_tag, light_tag in _MATRICES:
        matrix, light = _rationals(tags.get(matrix_tag)), tags.get(light_tag)
        if matrix is not None:
            found.append((order.index(light) if light in order else len(order), len(found), matrix))
    if not found:
        return None, ANY_DAYLIGHT
    rank, _, matrix = min(found, key=lambda entry: entry[:2])
    return matrix, _LIGHTS[order[rank]] if rank < len(order) else ANY_DAYLIGHT


def _rationals(values):
    """Returns a matrix float64 [3, 3] of nine fractions as TIFF stores them, or None; of four colors there is none."""
    if not isinstance(values, tuple) or len(values) != 18 or not all(isinstance(value, int) for value in values):
        return None
    parts = [top / bottom if bottom else math.nan for top, bottom in zip(values[::2], values[1::2], strict=True)]
    return np.array(parts, np.float64).reshape(3, 3)


def _librarys_matrix(path):
    """Returns the matrix float64 [3, 3] that LibRaw has for a model, for daylight (D65), or None."""
    import rawpy

    with rawpy.imread(str(path)) as raw:
        matrix = np.array(raw.rgb_xyz_matrix, np.float64)[:3]
    return matrix if matrix.any() else None


def _plain(text):
    """Returns a tag's text in one line of letters that can be printed; "" for anything else than a text."""
    if not isinstance(text, str):
        return ""
    return re.sub(r"[^\x20-\x7e]+", " ", text.split("\0")[0]).strip()[:_LONGEST].strip()
