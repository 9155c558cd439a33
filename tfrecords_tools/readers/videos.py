"""Videos for tracking, frame by frame, with the boxes of their targets.

Sources: the HOTC challenges (hyperspectral object tracking; 16-band mosaic frames, their false colors, boxes); the
visual tracker benchmark of Wu, Lim and Yang, CVPR 2013, and any sequence laid out as there.
"""

import re

import numpy as np

from hsgan.disk.plain import read_bytes
from hsgan.errors import DataError
from hsgan.files.boxes import read_boxes
from hsgan.files.formats import pictures
from hsgan.records import schema
from tfrecords_tools.readers import files
from tfrecords_tools.readers.photos import SUFFIXES

_SPLITS = {"train": "train", "training": "train", "val": "validation", "validation": "validation", "test": "test"}
_BOX_FILES = "groundtruth_rect*.txt"


class VideoFiles:
    """Base of the readers of videos: a folder a sequence, wherever in the data set's folder.

    A sequence's split is that of the folder it lies in (`train`, `training`, `val`, `validation`, `test`), else "test".

    Raises:
      DataError: no such folder, no sequence in it, two of one name, one whose boxes are not one a frame.
    """

    source = note = what = images = ""
    encoding = "srgb"

    def __init__(self, folder):
        self.folder = files.existing_folder(folder, self.what)
        self._sequences, self._frames = {}, {}
        for path in sorted(path.parent for path in self.folder.rglob(self.images) if path.is_dir()):
            if path.name in self._sequences:
                raise DataError(f"{path}: a second sequence of this name, beside {self._sequences[path.name]}")
            self._sequences[path.name] = path
            self._add(path)
        if not self._frames:
            raise DataError(f"{folder}: no sequence of {self.source}; give {self.what}")

    def _add(self, path):
        frames = sorted(
            (file for file in (path / self.images).iterdir() if file.suffix.lower() in SUFFIXES), key=_frame_number
        )
        boxes = boxes_of(self.box_files(path), len(frames), path)
        parents = [part.lower() for part in path.relative_to(self.folder).parts[:-1]]
        split = next((_SPLITS[part] for part in reversed(parents) if part in _SPLITS), "test")
        for index, file in enumerate(frames):
            self._frames[f"{path.name}/{index:05d}"] = split, file, index, boxes[:, index].tolist()

    def box_files(self, path):
        """Returns the files of boxes of a sequence, one a target."""
        return sorted(path.glob(_BOX_FILES))

    def scenes(self):
        """Returns (frame, split) for all frames of all sequences."""
        return [(name, split) for name, (split, *_) in self._frames.items()]

    def group(self, scene):
        """Returns the name of the sequence of a frame: its frames stay together, in order."""
        return scene.rsplit("/", 1)[0]

    def files(self, scene):
        """Returns the files that a frame is read from."""
        return [self._frames[scene][1], *self.box_files(self._sequences[self.group(scene)])]

    def read(self, scene):
        """Returns the `FrameRecord` of a frame.

        Raises:
          DataError: an image that does not decode, or is no mosaic where it must be.
        """
        _, path, index, boxes = self._frames[scene]
        image = read_bytes(path)
        mosaic, color = self.extra(path, image)
        size = schema.image_size(image, path)
        if color is not None:
            schema.image_size(color, f"{path}: its false color picture")
        boxes = np.array(boxes, np.float32).reshape(-1, 4)
        return schema.FrameRecord(
            image, boxes, *size, mosaic, self.group(scene), index, scene, self.source, false_color=color
        )

    def extra(self, path, image):
        """Returns (side of the mosaic or 0, bytes of the false color picture or None) of a frame."""
        return 0, None


class SequencesReader(VideoFiles):
    """Reads `NAME/img/*.jpg` with `NAME/groundtruth_rect.txt`, or `.1.txt`, `.2.txt`, ... for more targets."""

    source = "sequences"
    note = "RGB sequences of the visual tracker benchmark, Wu, Lim and Yang 2013, or laid out as there."
    what = "a folder of sequences, NAME/img/*.jpg and NAME/groundtruth_rect.txt"
    images = "img"


class HotcReader(VideoFiles):
    """Reads `NAME/HSI/*.png` (16-bit 4x4 mosaics) with their boxes, and `NAME/HSI-FalseColor/*.jpg`.

    The boxes are in pixels of the cube, a quarter of the mosaic's.
    """

    source = "hotc"
    note = "HOTC hyperspectral object tracking challenge; research use, registration required."
    what = "the folder that holds HOTC's sequences, NAME/HSI/*.png and NAME/HSI-FalseColor/*.jpg"
    images = "HSI"
    encoding = "linear"

    def box_files(self, path):
        """Returns the files of boxes beside the mosaics, else those of the sequence."""
        return sorted((path / self.images).glob(_BOX_FILES)) or super().box_files(path)

    def extra(self, path, image):
        """Returns the mosaic's side and the false color picture, where there is one.

        Raises:
          DataError: no 16-bit grayscale PNG.
        """
        pictures.read_gray(path, depths=(16,))
        color = path.parent.parent / "HSI-FalseColor" / f"{path.stem}.jpg"
        return 4, read_bytes(color) if color.is_file() else None


def boxes_of(paths, frames, where):
    """Returns the boxes of some targets as their files have them, float [targets, frames, 4].

    Args:
      paths: one file a target (`hsgan.files.boxes`).
      frames: number of frames, which each file must have lines for.
      where: the sequence, for error messages.

    Raises:
      DataError: no file, a line that is not four numbers, another number of lines.
    """
    if not paths:
        raise DataError(f"{where}: no {_BOX_FILES} with the boxes of its target")
    boxes = [read_boxes(path) for path in paths]
    for path, found in zip(paths, boxes, strict=True):
        if len(found) != frames:
            raise DataError(f"{path}: must have a line for each of {frames} frames. Received: {len(found)} lines")
    return np.array(boxes, np.float64)


def _frame_number(path):
    """Frames in the order of the last number in their names, which need not have leading zeros."""
    numbers = re.findall(r"\d+", path.stem)
    return int(numbers[-1]) if numbers else -1, path.name
