"""Files of boxes, as the tracking benchmarks have them: a line a frame, left, top, width, height in pixels.

Numbers are separated by commas, tabs or spaces; "NaN" stands where the target is not in the frame.
"""

import re
from pathlib import Path

import numpy as np

from hsgan.disk import guard
from hsgan.disk.plain import read_text
from hsgan.errors import DataError


def read_boxes(path: str | Path) -> np.ndarray:
    """Returns the boxes of a file as they stand there, float64 [frames, 4]; empty lines do not count.

    Raises:
      DataError: no such file, or a line that is not four numbers.
    """
    lines = read_text(path).splitlines()
    rows = [parse_box(line, f"{path}: line {number}") for number, line in enumerate(lines, 1) if line.strip()]
    return np.array(rows, np.float64).reshape(-1, 4)


def parse_box(text: str, where: str) -> list[float]:
    """Returns the four numbers of one box.

    Args:
      text: the numbers.
      where: they stand, for the error.

    Raises:
      DataError: not four numbers, or an infinite one.
    """
    try:
        values = [float(part) for part in re.split(r"[,;\s]+", text.strip().strip(",;"))]
    except ValueError:
        values = []
    if len(values) != 4 or np.isinf(values).any():
        raise DataError(f"{where}: must be x, y, width, height in pixels. Received: {guard.shortened(text)!r}")
    return values
