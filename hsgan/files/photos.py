"""Photos in: JPEG, PNG, BMP, WebP, HEIC (8 bit), PNG and TIFF (8 and 16 bit), float TIFF, camera RAW, to linear RGB.

Arrays are [height, width, 3], top row first, upright (EXIF orientation applied). Decisions a reader may look for:
transparency is refused (a see-through pixel has no color), and so are CMYK photos and GIFs, unless they are to be
converted (`hsgan.files.convert`); gray photos always (a spectrum cannot be told from one number); an embedded ICC
profile is converted to sRGB; PNG gAMA chunks are ignored; of a TIFF with several pages the first is read; camera RAW is
linear whatever `encoding` says (`hsgan.files.raw`).
"""

import functools
import struct
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms

from hsgan.config import ENCODINGS
from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files import convert, heic, raw
from hsgan.files.convert import Conversion
from hsgan.files.tiff import read_page
from hsgan.spectra.imaging import srgb_decode

MAX_PIXELS = guard.MAX_PIXELS
PILLOW_FORMATS = ("JPEG", "PNG", "BMP", "WEBP")
CheckSize = Callable[[str | Path, int, int], None]  # of (path, width, height)
READABLE = "JPEG, PNG, TIFF, BMP, WebP, HEIC or camera RAW"
SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp", *heic.SUFFIXES, *raw.SUFFIXES)

_TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_GIF_MAGIC = b"GIF8"
_TIFF_SUFFIXES = (".tif", ".tiff")
_ORIENTATION_TAG = 0x0112
_GRAY_MODES = ("1", "L", "LA", "La", "I", "F")
_NO_GRAY = "is a gray photo: one number a pixel holds no color to tell a spectrum from; give an RGB photo"


@dataclass(frozen=True)
class _Pixels:
    """What a decoder gives: uint8, uint16 or float [height, width, 3 or 4], an ICC profile or b"", EXIF orientation."""

    values: np.ndarray
    profile: bytes
    orientation: int


def read_photo(
    path: str | Path,
    encoding: str = "srgb",
    check: CheckSize | None = None,
    conversion: Conversion | None = None,
) -> np.ndarray:
    """Reads a photo as linear RGB.

    Args:
      path: the file; its content, not its name, says which format it is, but for camera RAW (`hsgan.files.raw`).
      encoding: how 8 and 16 bit values are stored: "srgb" (an embedded ICC profile is converted to sRGB first), or
        "linear" (taken as they are, a profile is ignored). Float TIFF is always linear and must lie in [0, 1].
      check: function (path, width, height), called before anything is decoded; None: `check_size`.
      conversion: of CMYK, transparent pixels and GIFs; None refuses them.

    Returns:
      float32 [height, width, 3], linear light, [0, 1].

    Raises:
      DataError: no such file, not a photo, damaged, too large, gray, CMYK, transparent, or float values out of range.
      ValueError: unknown `encoding`.
    """
    codes, encoding = read_codes(path, encoding, check, conversion)
    return np.ascontiguousarray(to_linear(codes, encoding))


def read_codes(
    path: str | Path,
    encoding: str = "srgb",
    check: CheckSize | None = None,
    conversion: Conversion | None = None,
) -> tuple[np.ndarray, str]:
    """Reads a photo as it is stored, which takes a quarter of the memory; the arguments are those of `read_photo`.

    Returns:
      (uint8, uint16 or float32 [height, width, 3], upright; the encoding by which `to_linear` makes linear light of any
      part of it).

    Raises:
      DataError, ValueError: as `read_photo`.
    """
    if encoding not in ENCODINGS:
        raise ValueError(f"encoding: must be one of {', '.join(ENCODINGS)}. Received: {encoding!r}")
    path, head, check = Path(path), _magic(path), check or check_size
    if is_raw(path):
        return raw.read_raw(path, functools.partial(_check_both, check)), "linear"
    pixels = _decode(path, head, check, conversion)
    values = _opaque(path, pixels.values, conversion)
    if np.issubdtype(values.dtype, np.floating):
        values, encoding = _linear_float(path, values), "linear"
    elif pixels.profile and encoding == "srgb":
        values = _to_srgb(path, values, pixels.profile)
    return _upright(values, pixels.orientation), encoding


def _check_both(check, path, width, height):
    check(path, width, height)
    check_size(path, width, height)


def to_linear(values: np.ndarray, encoding: str = "srgb") -> np.ndarray:
    """Returns float32 [height, width, 3], linear light in [0, 1], of uint8 or uint16 values.

    Args:
      values: [height, width, 3], whose largest code is full scale; floats are linear already.
      encoding: "srgb" or "linear".
    """
    if np.issubdtype(values.dtype, np.floating):
        return values.astype(np.float32, copy=False)
    if encoding == "linear":
        return np.divide(values, np.iinfo(values.dtype).max, dtype=np.float32)
    return _decode_table(values.dtype)[values]


def is_raw(path: str | Path) -> bool:
    """Whether a file is left to LibRaw: by its name, or TIFF data that is not named so, as most RAW formats are.

    Raises:
      DataError: no such file, or an empty one.
    """
    suffix = Path(path).suffix.lower()
    return suffix in raw.SUFFIXES or (suffix not in _TIFF_SUFFIXES and _magic(path)[:4] in _TIFF_MAGIC)


def _magic(path):
    """Returns the first bytes of the file; refuses what is no file, and an empty one."""
    if Path(path).is_dir():
        raise DataError(f"{path}: is a folder; give the photos in it")
    with guard.reading(path, "a photo"), open(path, "rb") as file:
        head = file.read(26)
    if not head:
        raise DataError(f"{path}: is an empty file")
    return head


def _decode(path, head, check, conversion):
    if head[:4] == _GIF_MAGIC and conversion is None:
        raise DataError(f"{path}: is a GIF, of up to 256 colors; --convert reads its first frame")
    with guard.reading(path, "a photo"):
        try:
            if head[:4] in _TIFF_MAGIC:
                return _decode_tiff(path, check)
            return _decode_others(path, head, check, conversion)
        except Image.UnidentifiedImageError as error:
            raise DataError(f"{path}: is not a photo that can be read ({READABLE})") from error


def _decode_others(path, head, check, conversion):
    formats = PILLOW_FORMATS if conversion is None else (*PILLOW_FORMATS, "GIF")
    if heic.is_heic(head):
        heic.register(path)
        formats = (heic.FORMAT,)
    with _pillow_limit_off(), Image.open(path, formats=formats) as image:
        check(path, *image.size)
        check_size(path, *image.size)
        if image.mode in _GRAY_MODES or image.mode.startswith("I;"):
            raise DataError(f"{path}: {_NO_GRAY}")
        profile, orientation = image.info.get("icc_profile") or b"", _orientation(image)
        if image.mode == "CMYK" and conversion is not None:
            return _Pixels(np.asarray(convert.of_inks(path, image, profile)), b"", orientation)
        if image.mode not in ("RGB", "RGBA", "P"):
            raise DataError(f"{path}: must be an RGB photo; {convert.REMEDY}. Received: color mode {image.mode}")
        if image.format == "PNG" and head[24] == 16:  # Pillow would cut 16 bits to 8
            guard.check_bytes(path, 8 * image.width * image.height)
            values = imagecodecs.png_decode(path.read_bytes())
        else:
            transparent = "transparency" in image.info or image.mode == "RGBA"
            values = np.asarray(image.convert("RGBA" if transparent else "RGB"))
    return _Pixels(values, profile, orientation)


def _orientation(image):
    """Returns EXIF's orientation; 1 where EXIF does not say it, or is rubbish."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that EXIF is damaged: the photo is not
        try:
            return image.getexif().get(_ORIENTATION_TAG, 1)
        except (SyntaxError, ValueError, TypeError, KeyError, IndexError, OSError, struct.error):
            return 1


def _decode_tiff(path, check):
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        if page.photometric in (tifffile.PHOTOMETRIC.MINISBLACK, tifffile.PHOTOMETRIC.MINISWHITE):
            raise DataError(f"{path}: {_NO_GRAY}")
        if page.photometric not in (tifffile.PHOTOMETRIC.RGB, tifffile.PHOTOMETRIC.YCBCR):
            kind = getattr(page.photometric, "name", page.photometric)
            raise DataError(f"{path}: must be an RGB photo; convert it first. Received: TIFF photometry {kind}")
        check(path, page.imagewidth, page.imagelength)
        check_size(path, page.imagewidth, page.imagelength)
        if page.samplesperpixel not in (3, 4):
            raise DataError(
                f"{path}: must hold three color channels, and at most one alpha channel. "
                f"Received: {page.samplesperpixel} samples a pixel"
            )
        values = read_page(path, page)
        if page.planarconfig == tifffile.PLANARCONFIG.SEPARATE and values.ndim == 3:
            values = np.moveaxis(values, 0, -1)
        if values.dtype not in (np.uint8, np.uint16) and not np.issubdtype(values.dtype, np.floating):
            raise DataError(f"{path}: must hold 8 or 16 bit values, or floats. Received: {values.dtype}")
        return _Pixels(values, page.iccprofile or b"", page.tags.valueof(_ORIENTATION_TAG, 1))


@contextmanager
def _pillow_limit_off():
    """Pillow's own limit is lower, and a warning; `check_size` refuses what is too large."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def check_size(path: str | Path, width: int, height: int) -> None:
    """Refuses an image of more than `MAX_PIXELS`, before it is decoded: a few bytes may announce any number of them."""
    guard.check_pixels(path, width, height, MAX_PIXELS)


def _opaque(path, values, conversion):
    """Returns the three color channels; refuses pixels that are not fully opaque, unless they are to be converted."""
    if values.ndim != 3 or values.shape[-1] not in (3, 4):
        raise DataError(
            f"{path}: must hold three color channels, and at most one alpha channel. "
            f"Received: an array of shape {values.shape}"
        )
    if values.shape[-1] == 4:
        full = 1.0 if np.issubdtype(values.dtype, np.floating) else np.iinfo(values.dtype).max
        if (values[..., 3] != full).any():
            if conversion is not None:
                return conversion.flatten(values)
            raise DataError(f"{path}: has transparent pixels, which have no color of their own; {convert.REMEDY}")
    return values[..., :3]


def _linear_float(path, values):
    low, high = float(np.min(values)), float(np.max(values))
    if not (low >= 0 and high <= 1):  # false for NaN as well
        raise DataError(
            f"{path}: float values must be linear light in [0, 1]; scale them first. Received: {low:g} to {high:g}"
        )
    return values.astype(np.float32)


def _to_srgb(path, values, profile):
    """Converts from the embedded profile to sRGB, in the depth of `values`; colors beyond sRGB are clipped."""
    # The engine's shortcut, a table of colors, is as good as 8 bits but not as 16.
    flags = imagecodecs.CMS.FLAGS.NOOPTIMIZE if values.dtype == np.uint16 else None
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    try:
        return imagecodecs.cms_transform(
            np.ascontiguousarray(values), profile, srgb, colorspace="rgb", outcolorspace="rgb", flags=flags
        )
    except (RuntimeError, ValueError) as error:
        raise DataError(f"{path}: its ICC profile is damaged or not for RGB; convert it to sRGB first") from error


@functools.cache
def _decode_table(dtype):
    """Returns float32 [256] or [65536]: linear light of each sRGB code."""
    full = np.iinfo(dtype).max
    return srgb_decode(np.arange(full + 1, dtype=np.float64) / full).numpy().astype(np.float32)


def _upright(values, orientation):
    """Applies the EXIF orientation, 1 to 8; other numbers mean nothing and leave the image as it is."""
    if orientation in (5, 6, 7, 8):
        values = values.transpose(1, 0, 2)
    if orientation in (3, 4, 7, 8):
        values = values[::-1]
    if orientation in (2, 3, 6, 7):
        values = values[:, ::-1]
    return values
