"""What a visitor uploads: under which name it is kept, and which of the files is a cube or a photo."""

from contextlib import contextmanager
from pathlib import Path

import tifffile

from hsgan.errors import DataError
from hsgan.files.cubes import FORMATS

# Of what can be uploaded; a Zarr cube is a folder.
CUBE_SUFFIXES = tuple(suffix for name, form in FORMATS.items() if name != "zarr" for suffix in form.SUFFIXES)
_LONGEST_NAME, _LONGEST_SUFFIX = 120, 12  # bytes, letters


@contextmanager
def short_names(path):
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


def main_file(paths):
    """Returns the file to open of an upload: the only one, or the header of an ENVI cube.

    Raises:
      DataError: several files that are no one cube, or half of one.
    """
    paths = [Path(path) for path in paths]
    headers = [path for path in paths if path.suffix.lower() == ".hdr"]
    envi = FORMATS["envi"].SUFFIXES
    if len(paths) == 1 and any(not paths[0].with_suffix(suffix).exists() for suffix in envi if paths[0].suffix in envi):
        raise DataError(f"{paths[0].name}: is half of an ENVI cube; give its .hdr and its .img file together")
    if len(paths) == 2 and len(headers) == 1:
        return headers[0]
    if len(paths) != 1:
        raise DataError(f"files: give one photo or one cube at a time. Received: {len(paths)} files")
    return paths[0]


def is_cube(path):
    """Returns whether a file is a cube rather than a photo, by its suffix; of a TIFF by its number of bands."""
    if path.suffix.lower() in (".tif", ".tiff"):
        try:
            with tifffile.TiffFile(path) as file:
                shape = file.series[0].shape
                return len(shape) == 3 and (shape[2] > 4 or len(file.pages) > 4)
        except (OSError, ValueError, IndexError, tifffile.TiffFileError):
            return False  # the photo reader says what is wrong with it
    return path.suffix.lower() in (*CUBE_SUFFIXES, ".zarr")
