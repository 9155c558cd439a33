"""CamVid in the split of the SegNet tutorial: street photos with label maps of 11 classes and void (11).

Source: Brostow, Fauqueur, Cipolla, "Semantic object classes in video", 2009; `train/ val/` hold the images (JPEG or
PNG), `trainannot/ valannot/` the PNG label maps of the same names. The validation frames come from a sequence that also
feeds training.
"""

from hsgan.records.values import VOID
from tfrecords_tools.readers import files, photos

_FOLDERS = {"train": "train", "val": "validation", "test": "test"}
_VOID_ID = 11


class CamvidReader(photos.PhotoFiles):
    """Reads images and label maps; a photo's split is its folder's."""

    source = "camvid"
    note = "CamVid, Brostow et al. 2009, split of the SegNet tutorial; for research, cite the source."
    what = "CamVid's folder, with train/ and trainannot/ (JPEG or PNG)"
    class_names = (
        "sky",
        "building",
        "pole",
        "road",
        "pavement",
        "tree",
        "sign",
        "fence",
        "car",
        "pedestrian",
        "bicyclist",
    )

    def find(self):
        """Yields (name, split, image, labels)."""
        for name, split in _FOLDERS.items():
            for path in photos.images(self.folder / name):
                yield path.stem, split, path, self.folder / f"{name}annot" / f"{path.stem}.png"

    def labels(self, path):
        """Returns the label map; void is 11 in the file."""
        return files.read_labels(path, {**{number: number for number in range(_VOID_ID)}, _VOID_ID: VOID})
