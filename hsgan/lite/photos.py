"""Photos with NumPy alone, read in parts: NPY and binary PPM, mapped from the file; others where Pillow is installed.

For machines without what `hsgan.files.photos` reads with. PNG of 16 bits needs imagecodecs, too.
"""

import re
from pathlib import Path

import numpy as np

from hsgan.disk import guard
from hsgan.disk.arrays import npy_header
from hsgan.errors import DataError
from hsgan.files.raw_array import mapped
from hsgan.reconstruct.tiling import Decoded

MAX_PIXELS = guard.MAX_PIXELS  # of a compressed photo, which is decoded as a whole
_ORIENTATION_TAG = 0x0112
_PNG_DEPTH = 24  # place of the byte that tells it
_PPM_HEADER = re.compile(rb"P6(?:\s+(?:#[^\n]*\n\s*)*)(\d{1,9})(?:\s+(?:#[^\n]*\n\s*)*)(\d{1,9})\s+(\d{1,5})\s")


def open_photo(path: str | Path, encoding: str = "srgb") -> tuple[Decoded, str]:
    """Opens a photo as an image that is read in parts (`hsgan.reconstruct.tiling`): float32 [h, w, 3], linear, [0, 1].

    Args:
      path: .npy [height, width, 3] (uint8 or uint16, or float32, which is linear), .ppm (binary, 8 or 16 bit), or with
        Pillow JPEG, PNG, BMP, WebP.
      encoding: how 8 and 16 bit values are stored, "srgb" or "linear".

    Returns:
      (the image, how its values are stored).

    Raises:
      DataError: no such file, not a photo, damaged, truncated, empty, too large, gray, CMYK or transparent.
    """
    path = Path(path)
    readers = {".npy": _open_npy, ".ppm": _open_ppm, ".pnm": _open_ppm}
    with guard.reading(path, "a photo"):
        values, full = readers.get(path.suffix.lower(), _open_by_pillow)(path)
    if values.ndim != 3 or values.shape[-1] != 3 or not values.size:
        raise DataError(
            f"{path}: must be [height, width, 3] with at least one pixel, without alpha. Received: {list(values.shape)}"
        )
    if values.dtype == np.float32:
        return Decoded(values, lambda part: _checked(path, np.array(part))), "linear"
    codes = np.arange(full + 1) / full
    table = (srgb_decode(codes) if encoding == "srgb" else codes).astype(np.float32)
    return Decoded(values, lambda part: table[np.minimum(part, full)]), encoding


def srgb_decode(encoded: np.ndarray) -> np.ndarray:
    """Returns the linear light of sRGB codes in [0, 1], as `hsgan.spectra.imaging.srgb_decode` does (IEC 61966-2-1)."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _open_npy(path):
    npy_header(path)  # refuses what is no array of numbers
    values = np.load(path, mmap_mode="r", allow_pickle=False)
    if values.dtype not in (np.uint8, np.uint16, np.float32):
        raise DataError(f"{path}: must hold uint8, uint16 or float32 values. Received: {values.dtype}")
    return values, None if values.dtype == np.float32 else np.iinfo(values.dtype).max


def _open_ppm(path):
    with open(path, "rb") as file:
        header = _PPM_HEADER.match(file.read(4096))
    if header is None:
        raise DataError(f"{path}: must be a binary PPM of RGB (P6); convert it first")
    width, height, full = map(int, header.groups())
    if not 0 < full < 65536 or not width or not height:
        raise DataError(f"{path}: is damaged: {width} x {height} pixels of at most {full}")
    return mapped(path, np.dtype("u1" if full < 256 else ">u2"), header.end(), (height, width, 3)), full


def _open_by_pillow(path):
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise DataError(
            f"{path}: without Pillow only .npy and .ppm can be read; pip install pillow, or convert it"
        ) from None
    # Only what `verify_size` lets through is decoded: Pillow's own limit warns of what it admits.
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with Image.open(path, formats=("JPEG", "PNG", "BMP", "WEBP")) as image:
            guard.check_pixels(path, image.width, image.height, MAX_PIXELS)
            if image.mode != "RGB" or "transparency" in image.info:
                raise DataError(
                    f"{path}: must be an RGB photo of 8 bit without alpha; convert it. Received: mode {image.mode}"
                )
            if image.format == "PNG" and _is_deep(path):
                return _read_deep(path, image)
            return np.asarray(ImageOps.exif_transpose(_to_srgb(path, image))), 255
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _is_deep(path):
    """Whether a PNG holds 16 bits, which Pillow cuts to 8."""
    with open(path, "rb") as file:
        return file.read(_PNG_DEPTH + 1)[_PNG_DEPTH] == 16


def _read_deep(path, image):
    """Returns (uint16 [height, width, 3], 65535) of a 16-bit PNG that Pillow has opened."""
    try:
        import imagecodecs
    except ImportError:
        raise DataError(
            f"{path}: PNG of 16 bits needs imagecodecs: pip install imagecodecs, or make it a 16-bit .ppm or .npy"
        ) from None
    if image.info.get("icc_profile") or image.getexif().get(_ORIENTATION_TAG, 1) != 1:
        raise DataError(f"{path}: PNG of 16 bits must be upright and without an ICC profile; convert it to sRGB first")
    return imagecodecs.png_decode(Path(path).read_bytes()), 65535


def _to_srgb(path, image):
    """Returns the image with its colors converted from its ICC profile, if it has one, to sRGB."""
    import io

    from PIL import ImageCms

    profile = image.info.get("icc_profile")
    if not profile:
        return image
    try:
        return ImageCms.profileToProfile(image, io.BytesIO(profile), ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError) as error:
        raise DataError(f"{path}: its ICC profile is damaged or not for RGB; convert it to sRGB first") from error


def _checked(path, values):
    if not ((values >= 0) & (values <= 1)).all():  # NaN too
        raise DataError(f"{path}: float values must be linear light in [0, 1], none NaN; scale them first")
    return values
