"""Cityscapes: street photos of 2048x1024, 2,975 / 500 / 1,525, with fine label maps reduced to 19 classes.

Source: Cordts et al., "The Cityscapes Dataset for Semantic Urban Scene Understanding", CVPR 2016. Label ids 0-33 become
the 19 train ids of the publishers' list; all others, and -1 (stored as 255), are void. The test photos' published label
maps are void throughout.
"""

from hsgan.records.values import VOID
from tfrecords_tools.readers import files, photos

_FOLDERS = {"train": "train", "val": "validation", "test": "test"}
_IMAGE, _LABELS = "_leftImg8bit.png", "_gtFine_labelIds.png"
_IDS = {
    "road": 7,
    "sidewalk": 8,
    "building": 11,
    "wall": 12,
    "fence": 13,
    "pole": 17,
    "traffic light": 19,
    "traffic sign": 20,
    "vegetation": 21,
    "terrain": 22,
    "sky": 23,
    "person": 24,
    "rider": 25,
    "car": 26,
    "truck": 27,
    "bus": 28,
    "train": 31,
    "motorcycle": 32,
    "bicycle": 33,
}


class CityscapesReader(photos.PhotoFiles):
    """Reads `leftImg8bit/SPLIT/CITY/*_leftImg8bit.png` and `gtFine/SPLIT/CITY/*_gtFine_labelIds.png`."""

    source = "cityscapes"
    note = "Cityscapes, Cordts et al. 2016; non-commercial use only, registration required, no redistribution."
    what = "the folder that holds Cityscapes' leftImg8bit and gtFine"
    class_names = tuple(_IDS)

    def find(self):
        """Yields (name, split, image, labels)."""
        for folder, split in _FOLDERS.items():
            for path in sorted((self.folder / "leftImg8bit" / folder).glob(f"*/*{_IMAGE}")):
                name = path.name.removesuffix(_IMAGE)
                yield name, split, path, self.folder / "gtFine" / folder / path.parent.name / f"{name}{_LABELS}"

    def labels(self, path):
        """Returns the label map in train ids."""
        table = {number: VOID for number in (*range(34), 255)}
        return files.read_labels(path, table | {number: index for index, number in enumerate(_IDS.values())})
