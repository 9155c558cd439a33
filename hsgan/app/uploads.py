"""What a visitor uploads: under which name it is kept, and which of the files is a cube or a photo."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import tifffile

from hsgan.errors import DataError
from hsgan.files.formats import envi, zarr
from hsgan.files.raw import SUFFIXES as RAW_SUFFIXES
from hsgan.files.readers import SUFFIXES

# Of what can be uploaded; a Zarr cube is a folder, and a .raw file by itself a photo.
CUBE_SUFFIXES = tuple(suffix for suffix in SUFFIXES if suffix not in (*zarr.SUFFIXES, *RAW_SUFFIXES))
_HEADER = ".hdr"
_ENVI = tuple(suffix for suffix in (*envi.SUFFIXES, *envi.OTHERS) if suffix in CUBE_SUFFIXES)
_FEWEST_BANDS = 5  # of a TIFF file that is a cube
_LONGEST_NAME, _LONGEST_SUFFIX = 120, 12  # bytes, letters


@contextmanager
def short_names(path: Path) -> Iterator[None]:
    """Takes the folder out of an error about an upload: it is none that the visitor knows."""
    try:
        yield
    except DataError as error:
        raise DataError(str(error).replace(str(path), path.name)) from error


def safe_name(name: str) -> str:
    """Returns the name under which a file of the visitor's is kept: no path, nothing unprintable, not too long.

    Args:
      name: as the visitor's browser says it, which may be anything.
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(letter if letter.isprintable() else "_" for letter in base).lstrip(".") or "file"
    stem, suffix = Path(plain).stem, Path(plain).suffix[:_LONGEST_SUFFIX]
    return stem.encode()[: _LONGEST_NAME - len(suffix.encode())].decode(errors="ignore") + suffix


def main_file(paths: Sequence[Path]) -> Path:
    """Returns the file to open of an upload: the only one, or the header of an ENVI cube.

    Raises:
      DataError: several files that are no one cube, or half of one.
    """
    paths = [Path(path) for path in paths]
    headers = [path for path in paths if path.suffix.lower() == _HEADER]
    if len(paths) == 1 and paths[0].suffix.lower() in _ENVI and not _is_whole(*envi.targets(paths[0])):
        raise DataError(f"{paths[0].name}: is half of an ENVI cube; give its .hdr and its data file together")
    if len(paths) == 2 and len(headers) == 1:
        return headers[0]
    if len(paths) != 1:
        raise DataError(f"files: give one photo or one cube at a time. Received: {len(paths)} files")
    return paths[0]


def _is_whole(data, header):
    return header.is_file() and envi.data_beside(data, header) is not None


def is_cube(path: Path) -> bool:
    """Returns whether a file is a cube rather than a photo, by its suffix; of a TIFF by its number of bands."""
    if path.suffix.lower() in (".tif", ".tiff"):
        try:
            with tifffile.TiffFile(path) as file:
                shape = file.series[0].shape
                return len(shape) == 3 and min(shape[0], shape[2]) >= _FEWEST_BANDS
        except (OSError, ValueError, IndexError, tifffile.TiffFileError):
            return False  # the photo reader says what is wrong with it
    return path.suffix.lower() in (*CUBE_SUFFIXES, ".zarr")
