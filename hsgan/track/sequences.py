"""Sequences to follow a target in: folders of frames with a file of boxes, and videos with a first box.

Folders are laid out as the tracking benchmarks have them:

    NAME/img/0001.jpg ...   NAME/groundtruth_rect.txt, or .1.txt and .2.txt of several targets   (OTB)
    NAME/HSI/0001.png ...   NAME/HSI/groundtruth_rect.txt, frames are mosaics of 16 bands          (HOTC)
    NAME/RGB/0001.jpg ...   NAME/RGB/groundtruth_rect.txt; HSI-FalseColor alike                    (HOTC)

or all in one folder. A line of boxes is left, top, width, height in pixels counted from 1, with commas, tabs or spaces
between. A box without area, or of NaN, says that the target is not to be seen.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsgan.errors import DataError
from hsgan.files import boxes, inputs, mosaic, photos, video
from hsgan.files.origin import DEVELOPED, Origin
from hsgan.metrics.tracking import overlaps

TRUTH = "groundtruth_rect"
VIDEO = Origin(DEVELOPED)  # what cameras write as videos, and as image files, is developed
MOSAIC_FOLDER = "HSI"
# Subfolders that hold the frames of the folder above.
_FRAME_FOLDERS = ("img", MOSAIC_FOLDER, "HSI-FalseColor", "RGB")


@dataclass(frozen=True, eq=False)
class Sequence:
    """Frames and the true boxes of one target.

    Attributes:
      name: of the sequence, and of the target where there are several.
      source: the folder of frames, or the video.
      files: of the frames; () for a video.
      truth: float64 [frames, 4], (left, top, width, height) counted from 0; NaN where the target is not to be seen. Of
        a video the first box alone.
      bands: 3 for RGB, 16 for mosaics.
      origin: where the values of RGB frames come from: a video's, and those of image files, are developed pictures.
    """

    name: str
    source: Path
    files: tuple
    truth: np.ndarray
    bands: int = 3
    origin: Origin = VIDEO

    def frames(self) -> Iterator[np.ndarray]:
        """Yields the frames: uint8 [height, width, 3], sRGB-encoded, or float32 [height, width, 16], linear.

        Raises:
          DataError: a frame that cannot be read or has another size, the first box outside of the image.
        """
        first = None
        for name, frame in self._named_frames():
            if first is None:
                first = frame.shape
                self._check_boxes(first)
            if frame.shape != first:
                raise DataError(
                    f"{name}: all frames of a sequence must have the size of the first, {first[1]} x {first[0]}. "
                    f"Received: {frame.shape[1]} x {frame.shape[0]}"
                )
            yield frame

    def _named_frames(self):
        if not self.files:
            for number, frame in video.iterate_frames(self.source, photos.check_size):
                yield f"{self.source}, frame {number}", np.ascontiguousarray(frame)
            return
        for file in self.files:
            yield file, mosaic.read_mosaic(file) if self.bands == mosaic.BANDS else _read_rgb(file)

    def _check_boxes(self, shape):
        height, width = shape[:2]
        image = np.array([0, 0, width, height], np.float64)
        outside = np.flatnonzero((overlaps(self.truth, image) <= 0) & ~np.isnan(self.truth[:, 0]))
        if len(outside):
            box = ",".join(f"{value:g}" for value in self.truth[outside[0]] + [1, 1, 0, 0])
            raise DataError(
                f"{self.source}: box {outside[0] + 1} of {self.name} must lie in the image, {width} x {height}. "
                f"Received: {box}"
            )


def find_sequences(paths: list, box: str = "") -> list[Sequence]:
    """Returns the sequences that are meant, each once, in the order of `paths`, within a folder by name.

    Args:
      paths: of folders, which are searched to any depth, and of videos.
      box: the first box, left,top,width,height counted from 1, in place of files of boxes; a video needs it.

    Raises:
      DataError: nothing there, no boxes, a file of boxes that cannot be read, frames that are missing.
    """
    if not paths:
        raise DataError("SEQUENCE: give at least one folder of frames, or video")
    given = None if not box else _from_zero(np.array([boxes.parse_box(box, "--box")]))
    if given is not None and np.isnan(given).any():
        raise DataError(f"--box: must have an area. Received: {box}")
    found: dict[tuple[Path, str], Sequence] = {}
    for path in map(Path, paths):
        for sequence in _sequences_of(path, given):
            found.setdefault((sequence.source.resolve(), sequence.name), sequence)
    return list(found.values())


def read_boxes(path: str | Path) -> np.ndarray:
    """Returns the boxes of a file, float64 [frames, 4] counted from 0; NaN where the target is not to be seen.

    Raises:
      DataError: no such file, empty, or a line that is no box.
    """
    found = boxes.read_boxes(path)
    if not len(found):
        raise DataError(f"{path}: holds no boxes")
    return _from_zero(found)


def _from_zero(found):
    """Returns boxes counted from 0 instead of 1; NaN for those without an area."""
    seen = (found[:, 2:] > 0).all(axis=1) & ~np.isnan(found).any(axis=1)
    return np.where(seen[:, None], found - [1, 1, 0, 0], np.nan)


def _sequences_of(path, box):
    if not path.exists():
        raise DataError(f"{path}: no such file or folder")
    if path.is_file():
        if not inputs.is_video(path):
            raise DataError(f"{path}: must be a folder of frames, or a video ({', '.join(video.SUFFIXES)})")
        if box is None:
            raise DataError(f"{path}: a video needs the target's first box: --box=left,top,width,height")
        return [Sequence(path.stem, path, (), box)]
    folders = [folder for folder in sorted([path, *path.rglob("*/")]) if _frame_files(folder)]
    if not folders:
        raise DataError(f"{path}: holds no frames ({photos.READABLE}); each sequence is a folder of them")
    return [sequence for folder in folders for sequence in _folder_sequences(folder, box)]


def _folder_sequences(folder, box):
    files, home = _frame_files(folder), folder.parent if folder.name in _FRAME_FOLDERS else folder
    _check_numbers(folder, files)
    name = home.resolve().name if folder.name in (home.name, "img") else f"{home.resolve().name}-{folder.name}"
    bands = mosaic.BANDS if folder.name == MOSAIC_FOLDER else 3
    if box is not None:
        return [Sequence(name, folder, files, box, bands)]
    truths = next(filter(None, (sorted(place.glob(f"{TRUTH}*.txt")) for place in (folder, home))), [])
    if not truths:
        raise DataError(f"{home}: has no {TRUTH}.txt; give the target's first box: --box=left,top,width,height")
    return [_with_truth(name, folder, files, path, bands) for path in truths]


def _with_truth(name, folder, files, path, bands):
    truth = read_boxes(path)
    if np.isnan(truth[0]).any():
        raise DataError(f"{path}: the first box, from which the target is followed, must have an area")
    if len(truth) != len(files):
        raise DataError(f"{path}: must hold a box a frame, {len(files)} of {folder}. Received: {len(truth)}")
    # groundtruth_rect.2.txt is of the second target.
    target = path.stem[len(TRUTH) :].strip("._-")
    return Sequence(f"{name}-{target}" if target else name, folder, files, truth, bands)


def _frame_files(folder):
    files = [file for file in folder.iterdir() if file.suffix.lower() in photos.SUFFIXES and file.is_file()]
    # 10 comes after 9, whether or not numbers have leading zeros.
    return tuple(sorted(files, key=lambda file: (int(file.stem) if file.stem.isdigit() else 0, file.name)))


def _check_numbers(folder, files):
    """Refuses a gap in frames that are numbered."""
    stems = [file.stem for file in files]
    if not all(stem.isdigit() for stem in stems):
        return
    numbers = sorted(map(int, stems))
    gaps = [one + 1 for one, other in itertools.pairwise(numbers) if other > one + 1]
    if gaps:
        raise DataError(f"{folder}: frame {gaps[0]} is missing; its neighbors are {gaps[0] - 1} and the one after")


def _read_rgb(file):
    codes, _ = photos.read_codes(file)
    if codes.dtype != np.uint8:
        raise DataError(f"{file}: frames must have 8 bits a channel. Received: {codes.dtype}")
    return np.ascontiguousarray(codes)
