"""A folder of gray pictures, one a band, as CAVE is published: `NAME_01.png`, `NAME_02.png`, ... Only read.

The numbers are those of the bands, or if they are 300 and more their wavelengths in nm: `NAME_450.png`, and
`NAME_450nm.png`. Bands 1 to 31 are CAVE's: 400-700 nm in steps of 10. The white level is the largest number of
8 or 16 bits.
"""

import re
import struct
from pathlib import Path

import imagecodecs
import numpy as np

from hsgan.disk import guard
from hsgan.disk.plain import read_bytes
from hsgan.errors import DataError
from hsgan.files.stored import Choice, Stored
from hsgan.records.values import png_size

SUFFIXES, FOLDER = (), True
CAVE_NM = np.arange(400, 701, 10, dtype=np.float32)
SUFFIX = ".png"
DEPTHS = (8, 16)
_NUMBERED = re.compile(r"(.*?)_?(\d{1,4})(?:nm)?\.png", re.IGNORECASE)
_SHORTEST_NM = 300
_FEWEST, _MOST = 3, 4096  # bands
_GRAY = 0


def targets(path: Path) -> list[Path]:
    """Returns the one folder."""
    return [path]


def read(folder: Path, choice: Choice) -> Stored:
    """Reads such a folder."""
    inner = folder / folder.name  # as CAVE is published
    folder = inner if inner.is_dir() else folder
    numbered = bands_in(folder)
    grid: np.ndarray | None = np.array(list(numbered), np.float64) if min(numbered) >= _SHORTEST_NM else None
    if grid is None:
        missing = sorted(set(range(min(numbered), max(numbered) + 1)) - set(numbered))
        if missing:
            raise DataError(f"{folder}: must hold a picture of every band. Missing: {', '.join(map(str, missing))}")
        if len(numbered) == len(CAVE_NM) and choice.wavelengths_nm is None:
            grid = CAVE_NM
    values = stack(list(numbered.values()))
    return Stored(values, grid, white_level=float(np.iinfo(values.dtype).max))


def bands_in(folder: Path) -> dict[int, Path]:
    """Returns {number: picture} of a folder, ascending; of several series the one of most pictures.

    Raises:
      DataError: there are fewer than three pictures of one name.
    """
    series: dict[str, dict[int, Path]] = {}
    for path in sorted(folder.iterdir())[: 4 * _MOST]:
        match = _NUMBERED.fullmatch(path.name)
        if match and path.is_file():
            series.setdefault(match[1], {})[int(match[2])] = path
    found = max(series.values(), key=len, default={})
    if not _FEWEST <= len(found) <= _MOST:
        raise DataError(f"{folder}: holds no pictures of bands (NAME_01.png, NAME_02.png, ...), and no Zarr cube")
    return dict(sorted(found.items()))


def stack(paths: list[Path], depths: tuple[int, ...] = DEPTHS) -> np.ndarray:
    """Returns gray PNG files as one array [height, width, bands].

    Args:
      paths: of the bands, in their order.
      depths: bits that they may have.

    Raises:
      DataError: one that is no gray PNG, damaged, of another depth or size than the first.
    """
    first = read_gray(paths[0], depths)
    guard.check_bytes(paths[0], first.nbytes * len(paths))
    values = np.empty((*first.shape, len(paths)), first.dtype)
    values[..., 0] = first
    for number, path in enumerate(paths[1:], 1):
        band = read_gray(path, depths)
        if band.shape != values.shape[:2]:
            raise DataError(
                f"{path}: must have the size of band 1, {list(values.shape[:2])}. Received: {list(band.shape)}"
            )
        if band.dtype != values.dtype:
            raise DataError(f"{path}: must have the depth of band 1, {8 * values.dtype.itemsize} bits")
        values[..., number] = band
    return values


def read_gray(path: Path, depths: tuple[int, ...] = DEPTHS) -> np.ndarray:
    """Returns a grayscale PNG as uint8 or uint16 [height, width].

    Raises:
      DataError: no such file, no PNG, another bit depth or channels, damaged data.
    """
    data = read_bytes(path)
    size = png_size(data)
    if size is None or len(data) < 26:
        raise DataError(f"{path}: must be a PNG image. Received: {len(data)} bytes of something else")
    depth, color = struct.unpack(">BB", data[24:26])
    if depth not in depths or color != _GRAY:
        wanted = " or ".join(map(str, depths))
        raise DataError(
            f"{path}: must be a {wanted}-bit grayscale PNG. Received: {depth} bits a channel, color type {color}"
        )
    guard.check_pixels(path, size[1], size[0])
    with guard.reading(path, "a PNG image"):
        return imagecodecs.png_decode(data)
