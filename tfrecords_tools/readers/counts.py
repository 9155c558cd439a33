"""From arrays as published to the uint16 counts of a record, in blocks: beside the array and its counts little is held.

Whole numbers that fit are kept exactly; others are scaled so that the scene's peak becomes 65535.
"""

import numpy as np

from hsgan.errors import DataError
from hsgan.records.schema import CubeRecord

_PEAK = 65535
_BLOCK = 1 << 21


class Range:
    """What is known of a scene's values after all its blocks were shown to `add`.

    Args:
      where: path for error messages.
      wavelengths_nm: of the bands, for error messages.
    """

    def __init__(self, where, wavelengths_nm):
        self._where, self._wavelengths = where, wavelengths_nm
        self.peak, self.whole = 0.0, True

    def add(self, block, bands):
        """Takes values [..., bands] of the bands numbered `bands` (a slice).

        Raises:
          DataError: values that are not finite, or negative; names the band.
        """
        low, high = block.min(), block.max()
        if not (np.isfinite(low) and np.isfinite(high)):
            self._refuse(~np.isfinite(block), bands, "NaN or infinite", "radiance must be finite")
        if low < 0:
            self._refuse(block < 0, bands, f"negative, the least {low:g}", "radiance must not be negative")
        self.peak = max(self.peak, float(high))
        if self.whole and np.issubdtype(block.dtype, np.floating):
            self.whole = high <= _PEAK and bool((block == np.rint(block)).all())
        self.whole = self.whole and high <= _PEAK

    def _refuse(self, bad, bands, kind, rule):
        counts = bad.reshape(-1, bad.shape[-1]).sum(axis=0)
        band = int(np.argmax(counts > 0))
        number = range(len(self._wavelengths))[bands][band]
        raise DataError(
            f"{self._where}: band {number + 1} ({self._wavelengths[number]:g} nm): {rule}. "
            f"Received: {counts[band]} values {kind}"
        )

    def scale(self, white_level):
        """Returns the radiance of one count, if `white_level` is the value that stands for 1."""
        return (1.0 if self.whole else (self.peak or 1.0) / _PEAK) / white_level

    def counts(self, block):
        """Returns a block as uint16 counts."""
        if self.whole:
            return block.astype(np.uint16)
        return np.minimum(np.rint(block * (_PEAK / self.peak)), _PEAK).astype(np.uint16)


def quantize(view, white_level, where, wavelengths_nm):
    """Returns `(values uint16 [height, width, bands], scale)` of an array, or of any view of one.

    Args:
      view: numbers [height, width, bands], in any memory order.
      white_level: the value that stands for 1.
      where: path for error messages.
      wavelengths_nm: of the bands.

    Raises:
      DataError: values that are not finite, or negative.
    """
    height, width, bands = view.shape
    found = Range(where, wavelengths_nm)
    rows_first = abs(view.strides[0]) >= abs(view.strides[1])
    extent, across = (height, width * bands) if rows_first else (width, height * bands)
    step = max(1, _BLOCK // across)
    cuts = [slice(start, start + step) for start in range(0, extent, step)]
    blocks = [cut if rows_first else (slice(None), cut) for cut in cuts]
    for block in blocks:
        found.add(view[block], slice(0, bands))
    values = np.empty(view.shape, np.uint16)
    for block in blocks:
        values[block] = found.counts(view[block])
    return values, found.scale(white_level)


def check_white_level(values, scale, white_level, where):
    """Raises `DataError` if a cube of the user's own exceeds 1: what stands for 1 was not said, or wrongly."""
    peak = float(values.max()) * scale
    if peak > 1.001:
        raise DataError(
            f"{where}: radiance must lie in [0, 1]; --white_level=N says which value stands for 1. "
            f"Received: values up to {peak * white_level:g}"
        )


def record(values, scale, wavelengths_nm, scene, source):
    """Returns the `CubeRecord` of `quantize`'s results."""
    return CubeRecord(values, float(np.float32(scale)), np.asarray(wavelengths_nm, np.float32), scene, source)


def check_axes(shape, size, bands, where):
    """Checks the shape of a cube against what was published, before anything is read.

    Args:
      shape: found, as [height, width, bands].
      size: (height, width) as published; None takes any.
      bands: number of bands as published.
      where: path for error messages.

    Raises:
      DataError: axes in another order, another number of bands, another size.
    """
    shape = tuple(int(extent) for extent in shape)
    expected = [*(size or ("height", "width")), bands]
    wanted = f"[{', '.join(map(str, expected))}]"
    if len(shape) != 3:
        raise DataError(f"{where}: must hold a cube {wanted}. Received: shape {list(shape)}")
    transposed = sorted(shape) == sorted(expected) if size else bands in shape[:2]
    if shape[2] == bands and (size is None or shape[:2] == tuple(size)):
        return
    if transposed:
        raise DataError(f"{where}: its axes are transposed: must be {wanted}. Received: {list(shape)}")
    if shape[2] != bands:
        raise DataError(f"{where}: must hold {bands} bands. Received: shape {list(shape)}")
    raise DataError(f"{where}: must have the published size {wanted}; --size=any takes others. Received: {list(shape)}")
