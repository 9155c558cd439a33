"""Camera RAW in (DNG, NEF, CR2, CR3, ARW, ... by LibRaw, extra `[raw]`): the camera's own linear RGB.

What is done to the sensor's values: black level subtracted, divided by the white level that the file states, demosaiced
(AHD), multiplied by the white balance "as shot", clipped at full scale, turned upright. What is not: no color matrix
(an SRF describes the camera's own channels, and so should the RGB), no tone curve, no automatic brightness.

White balance: photos of a training are white-balanced by the camera that took them, and an estimated SRF carries the
balance of its photo; rows of a known SRF sum to 1, so that light of a flat spectrum is neutral. The balance
"as shot" is the nearest to both that a file states; where it states none, LibRaw's daylight stands in.
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from hsgan.disk import guard
from hsgan.errors import DataError

# fmt: off
SUFFIXES = frozenset((
    ".3fr", ".ari", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos",
    ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
))
# fmt: on


def read_raw(path: str | Path, check_size: Callable[[str | Path, int, int], None]) -> np.ndarray:
    """Reads a RAW photo.

    Args:
      path: the file. check_size: function (path, width, height), called before anything is decoded.

    Returns:
      uint16 [height, width, 3], upright; 65535 is full scale.

    Raises:
      DataError: rawpy is not installed; not a RAW photo that LibRaw knows; damaged; without color.
    """
    if find_spec("rawpy") is None:
        raise DataError(
            f"{path}: camera RAW needs the package rawpy: pip install 'hsgan[raw]', or develop it to a 16-bit TIFF"
        )
    import rawpy

    with guard.reading(path, "a RAW photo"):
        try:
            return _developed(rawpy, path, check_size)
        except rawpy.LibRawFileUnsupportedError as error:
            raise DataError(f"{path}: is not a RAW photo that LibRaw knows; develop it to a 16-bit TIFF") from error
        except (rawpy.LibRawError, rawpy.NotSupportedError) as error:
            reason = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else str(error)
            raise DataError(f"{path}: is damaged or truncated ({reason})") from error


def _developed(rawpy, path, check_size):
    with rawpy.imread(str(path)) as raw:
        for width, height in (
            (raw.sizes.iwidth, raw.sizes.iheight),
            (raw.sizes.width, raw.sizes.height),
            (raw.sizes.raw_width, raw.sizes.raw_height),
        ):
            check_size(path, width, height)
        if raw.num_colors != 3:
            raise DataError(f"{path}: must be a RAW photo of three colors. Received: {raw.num_colors}")
        balanced = np.all(np.array(raw.camera_whitebalance)[:3] > 0)
        return raw.postprocess(
            gamma=(1, 1),
            no_auto_bright=True,
            adjust_maximum_thr=0.0,
            output_bps=16,
            use_camera_wb=bool(balanced),
            output_color=rawpy.ColorSpace.raw,
            highlight_mode=rawpy.HighlightMode.Clip,
        )
