"""PASCAL-Context: the photos of VOC 2010 with label maps of 459 classes, reduced to the 59 most frequent.

Source: Mottaghi et al., "The Role of Context for Object Detection and Semantic Segmentation in the Wild", CVPR 2014.
Two forms are published: one MATLAB file a photo (`LabelMap`, ids of the list of 459, beside `labels.txt`), split by
VOC 2010's `ImageSets/Main`; and one JSON file for all (`trainval_merged.json` of the PASCAL in Detail challenge: run
lengths as in COCO, the same ids). All other ids, and 0, are void. The classes are in alphabetical order, in which the
ids ascend, as in the common segmentation libraries.
"""

import functools

import numpy as np

from hsgan.disk import guard
from hsgan.disk.plain import read_json, read_text
from hsgan.errors import DataError
from hsgan.files import matlab
from hsgan.records.values import VOID
from tfrecords_tools.readers import photos

_LIST = 459
# fmt: off
_IDS = {
    "aeroplane": 2, "bag": 9, "bed": 18, "bedclothes": 19, "bench": 22, "bicycle": 23, "bird": 25, "boat": 31,
    "book": 33, "bottle": 34, "building": 44, "bus": 45, "cabinet": 46, "car": 59, "cat": 65, "ceiling": 68,
    "chair": 72, "cloth": 80, "computer": 85, "cow": 98, "cup": 104, "curtain": 105, "dog": 113, "door": 115,
    "fence": 144, "floor": 158, "flower": 159, "food": 162, "grass": 187, "ground": 189, "horse": 207,
    "keyboard": 220, "light": 232, "motorbike": 258, "mountain": 259, "mouse": 260, "person": 284, "plate": 295,
    "platform": 296, "pottedplant": 308, "road": 324, "rock": 326, "sheep": 347, "shelves": 349, "sidewalk": 354,
    "sign": 355, "sky": 360, "snow": 366, "sofa": 368, "table": 397, "track": 415, "train": 416, "tree": 420,
    "truck": 424, "tvmonitor": 427, "wall": 440, "water": 445, "window": 454, "wood": 458,
}
# fmt: on
_PHASES = {"train": "train", "val": "validation"}
_JSON = "trainval_merged.json"


class PascalContextReader(photos.PhotoFiles):
    """Reads VOC 2010's `JPEGImages/` with `trainval/*.mat`, or else `trainval_merged.json`, wherever in the folder.

    The JSON file is held in memory whole, so that form is read by one process.

    Raises:
      DataError: neither form, no lists of the splits, a `labels.txt` of another list.
    """

    source = "pascal_context"
    note = (
        "PASCAL-Context, Mottaghi et al. 2014, on PASCAL VOC 2010 photos (Flickr terms); research use, cite the source."
    )
    what = "the folder that holds VOC2010's JPEGImages, and PASCAL-Context's trainval/*.mat or trainval_merged.json"
    class_names = tuple(_IDS)

    @property
    def one_process(self):
        """Whether each process would hold much of its own."""
        return self._json is not None

    def find(self):
        """Yields (name, split, image, labels); the labels of the JSON form are PATH/NAME below the file."""
        images = self._only("JPEGImages")
        maps = sorted(self.folder.rglob("trainval/*.mat"))
        self._json = None if maps else self._only(_JSON)
        if maps:
            self._check_list()
            names = {path.stem: path for path in maps}
            for phase, split in _PHASES.items():
                for name in read_text(self._only(f"ImageSets/Main/{phase}.txt")).split():
                    if name in names:
                        yield name, split, images / f"{name}.jpg", names[name]
            return
        for image in sorted(
            _annotations(self._json, self._json.stat().st_mtime_ns)[0].values(), key=lambda image: image["file_name"]
        ):
            if image["phase"] in _PHASES:
                name = image["file_name"].rsplit(".", 1)[0]
                yield name, _PHASES[image["phase"]], images / image["file_name"], self._json / str(image["image_id"])

    def files(self, scene):
        """Returns the image and the file that holds its label map."""
        _, image, labels = self._photos[scene]
        return [image, self._json or labels]

    def labels(self, path):
        """Returns the label map in the 59 classes."""
        if self._json is not None:
            ids = _paint(
                *(table[int(path.name)] for table in _annotations(self._json, self._json.stat().st_mtime_ns)), path
            )
        else:
            ids = matlab.read(path, "LabelMap")
        if ids.ndim != 2:
            raise DataError(f"{path}: 'LabelMap' must have two axes. Received: {list(ids.shape)}")
        strange = sorted(set(np.unique(ids).tolist()) - set(range(_LIST + 1)))
        if strange:
            raise DataError(f"{path}: labels outside the list of {_LIST}. Received: ids {strange}")
        lookup = np.full(_LIST + 1, VOID, np.uint8)
        lookup[list(_IDS.values())] = np.arange(len(_IDS))
        return lookup[ids.astype(np.int64)]

    def _only(self, name):
        found = sorted(self.folder.rglob(name))
        if not found:
            raise DataError(f"{self.folder}: no {name} in it; give {self.what}")
        return found[0]

    def _check_list(self):
        """`labels.txt`, lines "ID: NAME", where it is there, must be the list that the ids were taken from."""
        for path in sorted(self.folder.rglob("labels.txt"))[:1]:
            pairs = (line.split(":", 1) for line in read_text(path).splitlines() if ":" in line)
            names = {int(number): name.replace(" ", "") for number, name in pairs if number.strip().isdigit()}
            for name, number in _IDS.items():
                if names.get(number) != name:
                    raise DataError(f"{path}: {number} must be {name!r}, as published. Received: {names.get(number)!r}")


@functools.lru_cache(maxsize=1)
def _annotations(path, _time):
    """Returns ({image id: image}, {image id: its annotations}) of the JSON file as it was at a time."""
    with guard.reading(path, "the JSON of PASCAL in Detail ('images', 'annos_segmentation')"):
        data = read_json(path, guard.MAX_BYTES)
        images = {int(image["image_id"]): image for image in data["images"]}
        annotations = {number: [] for number in images}
        for annotation in data["annos_segmentation"]:
            annotations[int(annotation["image_id"])].append((annotation["category_id"], annotation["segmentation"]))
    return images, annotations


def _paint(image, annotations, path):
    """Returns the map of ids of an image: its annotations one over the other."""
    guard.check_pixels(path, image["width"], image["height"])
    ids = np.zeros((image["height"], image["width"]), np.int64)
    for category, segmentation in annotations:
        if tuple(segmentation["size"]) != ids.shape:
            raise DataError(f"{path}: a mask must have the image's size {list(ids.shape)}. Received: {segmentation}")
        ids[run_lengths(segmentation["counts"], ids.shape, path)] = category
    return ids


def run_lengths(text, size, where):
    """Returns the mask, bool [height, width], of COCO's compressed run lengths.

    Runs go down the columns, off and on in turn. Each is a number of 5-bit groups, the lowest first, as characters from
    "0" on: bit 5 says that more follow, bit 4 of the last is the sign. From the fourth on it is the difference to the
    run before the last.

    Raises:
      DataError: runs that do not fill the mask.
    """
    runs, value, shift = [], 0, 0
    for code in (character - 48 for character in text.encode()):
        value |= (code & 31) << shift
        shift += 5
        if not code & 32:
            value -= (code & 16) << shift - 4
            runs.append(value + (runs[-2] if len(runs) > 2 else 0))
            value = shift = 0
    if min(runs, default=-1) < 0 or sum(runs) != size[0] * size[1]:
        raise DataError(f"{where}: run lengths must fill {list(size)}. Received: runs of {sum(runs)} pixels in all")
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(size[1], size[0]).T
