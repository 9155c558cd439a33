"""The preview of a video: of every frame the photo, what the cube looks like, and some bands, as one video.

A drawn figure takes 0.4 s. This is a picture of labels that is drawn once, into which each frame's pixels are put.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hsgan.errors import DataError
from hsgan.files.video_writer import FAST, open_video
from hsgan.plot.rendering import display_matrix, nearest_bands, peak_of
from hsgan.reconstruct.preview import SHOWN_BANDS_NM, Sample
from hsgan.spectra.imaging import srgb_encode

_SMALLEST_SIDE = 256  # panels of a smaller frame show each pixel several times, so that labels fit
_GAP, _LABEL, _FONT = 8, 24, 15  # pixels
_PAPER, _INK = (255, 255, 255), (20, 20, 20)
_PEAK_APART = 8  # pixels, in both directions, of those that the white point is taken from
_CODES = 4096  # steps of the encoding: at most one 8-bit code apart, also in the dark


class VideoPreview:
    """Takes the frames of one video, one by one.

    Of each cube it holds no more than the channels that are shown: linear sRGB of the observer, and some bands. White
    is the brightest cube so far, so that pictures do not flicker.

    Its file appears when the `with` that it opens ends without an exception, if there was a frame and all could be
    written.

    Args:
      path: the file, .mp4.
      wavelengths_nm: float [bands], of the cubes.
      rate: frames a second.

    Attributes:
      paths: of the file, after the `with`; empty where there is none.
    """

    def __init__(self, path: str | Path, wavelengths_nm: np.ndarray, rate: float):
        self.path, self.rate, self.paths = Path(path), rate, []
        self.bands = nearest_bands(wavelengths_nm, SHOWN_BANDS_NM)
        self.labels = [f"{wavelengths_nm[band]:g} nm" for band in self.bands]
        shown = np.eye(len(wavelengths_nm))[self.bands]
        self.matrix = np.concatenate([display_matrix(wavelengths_nm), shown]).astype(np.float32)
        ramp = np.arange(_CODES, dtype=np.float32) / (_CODES - 1)
        self.table = np.round(srgb_encode(ramp).numpy() * 255).astype(np.uint8)
        self.white, self.sheet, self.writer = 0.0, None, None
        self._open = ExitStack()

    def __enter__(self) -> "VideoPreview":
        return self

    def __exit__(self, *error: object) -> bool | None:
        handled = self._open.__exit__(*error)
        if self.writer is not None and error[0] is None:
            self.paths = [self.path]
        return handled

    def sample(self, shape: tuple[int, int, int]) -> Sample:
        """Returns what takes the blocks of a frame's cube, of `shape` [height, width, bands]."""
        return Sample(shape, self.matrix)

    def add(self, rgb: np.ndarray, sample: Sample) -> None:
        """Writes a frame.

        Args:
          rgb: float32 [height, width, 3], linear, [0, 1]: the pixels of the frame that the sample keeps.
          sample: with all blocks of its cube.

        Raises:
          DataError: PyAV is not installed; the frame has another size than those before it.
          OSError: no room, or no right to write.
        """
        channels = sample.cube
        self.white = max(self.white, peak_of(channels[::_PEAK_APART, ::_PEAK_APART, 3:]))
        sheet = self.sheet = self.sheet or Sheet(channels.shape[:2], self.labels)
        if channels.shape[:2] != sheet.shape:
            raise DataError(
                "a preview is of one size, and this frame has another than the first; --nopreviews writes its cube"
            )
        pictures = [self.encoded(rgb, 1.0), self.encoded(channels[..., :3], self.white)]
        for number in range(len(self.bands)):
            plane = channels[sheet.rows[:, None], sheet.columns, 3 + number]
            pictures.append(self.encoded(plane, self.white))
        self.writer = self.writer or self._open.enter_context(open_video(self.path, self.rate, FAST))
        try:
            self.writer.write(sheet.filled(pictures))
        except BaseException as error:  # of a file that lacks a frame nothing is kept
            self.writer = None
            self._open.__exit__(type(error), error, error.__traceback__)
            raise

    def encoded(self, linear: np.ndarray, white: float) -> np.ndarray:
        """Returns the 8-bit sRGB codes of linear values, `white` the largest code."""
        codes = np.clip(linear * np.float32((_CODES - 1) / white), 0, _CODES - 1)
        return self.table[(codes + np.float32(0.5)).astype(np.uint16)]


class Sheet:
    """What all frames of a preview have in common: its panels' places, and their labels.

    Args:
      shape: (height, width) of a frame's pictures.
      labels: of the bands.

    Attributes:
      shape: see above.
      rows, columns: int [n], of a frame's pixels that the panel of a band shows.
    """

    def __init__(self, shape: tuple[int, int], labels: Sequence[str]):
        self.shape = shape
        self.zoom = max(1, -(-_SMALLEST_SIDE // shape[1]))
        height, width = (self.zoom * side for side in shape)
        total = 2 * width + _GAP
        wide = (total - (len(labels) - 1) * _GAP) // len(labels)
        high = max(1, round(height * wide / width))
        self.rows = (np.arange(high) + 0.5) * shape[0] // high
        self.columns = (np.arange(wide) + 0.5) * shape[1] // wide
        self.rows, self.columns = self.rows.astype(int), self.columns.astype(int)
        below = _LABEL + height + _LABEL
        self.places = [(_LABEL, 0), (_LABEL, width + _GAP)]
        self.places += [(below, number * (wide + _GAP)) for number in range(len(labels))]
        paper = Image.new("RGB", (total, below + high), _PAPER)
        draw, font = ImageDraw.Draw(paper), ImageFont.load_default(_FONT)
        for (top, left), label in zip(self.places, ("photo", "cube, as an observer sees it", *labels), strict=True):
            draw.text((left + 2, top - _LABEL // 2), label, _INK, font, anchor="lm")
        self.paper = np.array(paper)

    def filled(self, pictures: Sequence[np.ndarray]) -> np.ndarray:
        """Returns the sheet uint8 [height, width, 3] with a frame's pictures in it, which the next one's replace.

        Args:
          pictures: uint8 [height, width, 3] of the photo and of the cube, then [rows, columns] of each band.
        """
        for number, ((top, left), picture) in enumerate(zip(self.places, pictures, strict=True)):
            if number < 2:
                picture = picture.repeat(self.zoom, axis=0).repeat(self.zoom, axis=1) if self.zoom > 1 else picture
            else:
                picture = picture[..., None]
            self.paper[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
        return self.paper
