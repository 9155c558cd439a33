"""ADE20K as the scene parsing benchmark ships it: 20,210 / 2,000 photos of any kind, 150 classes.

Source: Zhou et al., "Scene Parsing through ADE20K Dataset", CVPR 2017 (`ADEChallengeData2016`). A label map holds 0 for
what is none of the classes, here void, and 1-150 in the order of `objectInfo150.txt`.
"""

from hsgan.disk.plain import read_text
from hsgan.errors import DataError
from hsgan.records.values import VOID
from tfrecords_tools.readers import files, photos

_FOLDERS = {"training": "train", "validation": "validation"}
_CLASSES = 150


class Ade20kReader(photos.PhotoFiles):
    """Reads `images/SPLIT/*.jpg`, `annotations/SPLIT/*.png`; the classes' names are those of `objectInfo150.txt`.

    Raises:
      DataError: no such list, or another one.
    """

    source = "ade20k"
    note = (
        "ADE20K (SceneParse150), Zhou et al. 2017; images for non-commercial research only, annotations BSD 3-clause."
    )
    what = "the folder ADEChallengeData2016, with images, annotations and objectInfo150.txt"

    def __init__(self, folder):
        super().__init__(folder)
        self.class_names = _names(self.folder / "objectInfo150.txt")

    def find(self):
        """Yields (name, split, image, labels)."""
        for folder, split in _FOLDERS.items():
            for path in photos.images(self.folder / "images" / folder):
                yield path.stem, split, path, self.folder / "annotations" / folder / f"{path.stem}.png"

    def labels(self, path):
        """Returns the label map; 0 in the file is void."""
        return files.read_labels(path, {0: VOID, **{number + 1: number for number in range(_CLASSES)}})


def _names(path):
    """Returns the first name of each class: lines "Idx Ratio Train Val ... Name", separated by tabs."""
    lines = read_text(path).splitlines()
    rows = [line.split("\t") for line in lines if line.split("\t")[0].strip().isdigit()]
    if [int(row[0]) for row in rows] != list(range(1, _CLASSES + 1)):
        raise DataError(f"{path}: must list classes 1 to {_CLASSES}, tab-separated. Received: {len(rows)} such lines")
    names = tuple(row[-1].split(",")[0].split(";")[0].strip() for row in rows)
    repeated = {name for name in names if names.count(name) > 1}
    return tuple(f"{name} {index + 1}" if name in repeated else name for index, name in enumerate(names))
