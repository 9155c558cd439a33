"""HEIC in, as phones write it (by libheif, extra `[heic]`): a developed picture of 8 bits.

Turned upright by the file's own transformations: EXIF's orientation repeats them and is not applied again. Of several
pictures in a file the primary one is read. More than 8 bits are cut to 8.
"""

from importlib.util import find_spec
from pathlib import Path

from hsgan.errors import DataError

SUFFIXES = (".heic", ".heif")
FORMAT = "HEIF"  # Pillow's name for it
_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def is_heic(head: bytes) -> bool:
    """Whether a file's first 12 bytes are those of HEIC."""
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS


def register(path: str | Path) -> None:
    """Lets Pillow open HEIC.

    Raises:
      DataError: pillow-heif is not installed.
    """
    if find_spec("pillow_heif") is None:
        raise DataError(
            f"{path}: HEIC needs the package pillow-heif: pip install 'hsgan[heic]', or save the photo as JPEG"
        )
    import pillow_heif

    pillow_heif.register_heif_opener(thumbnails=False)
