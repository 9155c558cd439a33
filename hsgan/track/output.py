"""What following a target leaves: its boxes as CSV, and a video with the boxes drawn."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from hsgan.disk.whole import write_text
from hsgan.files.mosaic import WAVELENGTHS_NM
from hsgan.plot.rendering import peak_of, pseudo_rgb
from hsgan.track.sequences import Sequence

FOUND_COLOR, TRUE_COLOR = (230, 159, 0), (86, 180, 233)  # Okabe and Ito's orange and sky blue
COLUMNS = ("frame", "left", "top", "width", "height")


def write_boxes(path: str | Path, boxes: Iterable[np.ndarray]) -> None:
    """Writes boxes as CSV, whole or not at all: a heading, then frame, left, top, width, height, all counted from 1.

    Args:
      path: the file.
      boxes: float [4] a frame, counted from 0.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, (left, top, width, height) in enumerate(boxes, 1):
        writer.writerow([number, *(f"{value:.3f}" for value in (left + 1, top + 1, width, height))])
    write_text(path, text.getvalue())


def pictures(sequence: Sequence, course: Iterable[tuple[np.ndarray, np.ndarray]]) -> Iterator[np.ndarray]:
    """Yields the frames as they are found, uint8 [height, width, 3], with boxes: found orange, true blue.

    Args:
      sequence: whose true boxes are drawn too.
      course: yields (frame, box), a `hsgan.track.course.Course`.
    """
    peak = None
    for number, (frame, box) in enumerate(course):
        if frame.dtype != np.uint8:
            # One exposure for the whole video.
            peak = peak_of(frame) if peak is None else peak
            frame = np.round(pseudo_rgb(frame, WAVELENGTHS_NM, peak) * 255).astype(np.uint8)
        image = Image.fromarray(frame)
        draw = ImageDraw.Draw(image)
        true = sequence.truth[number] if number < len(sequence.truth) else np.full(4, np.nan)
        for color, (left, top, width, height) in ((TRUE_COLOR, true), (FOUND_COLOR, box)):
            if not np.isnan(left):
                right, bottom = left + max(width, 1) - 1, top + max(height, 1) - 1
                draw.rectangle((round(left), round(top), round(right), round(bottom)), outline=color, width=2)
        yield np.asarray(image)
