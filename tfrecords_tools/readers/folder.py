"""Any folder of photos: `images/` (JPEG or PNG), and with labels `labels/` (PNG) and `classes.txt`.

A label map has its photo's path and name, with `.png`; ids are the line numbers of `classes.txt` from 0, and 255 is
void. Where there is no folder `labels/` the photos have no labels, and training goes without the semantic term. Folders
`train`, `val` or `validation`, and `test` in `images/` are splits; all else trains.
"""

from hsgan.disk.plain import read_text
from hsgan.errors import DataError
from hsgan.records.values import VOID
from tfrecords_tools.readers import files, photos

_SPLITS = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}


class FolderReader(photos.PhotoFiles):
    """Reads `images/`, `labels/` and `classes.txt`; photos right in the folder will do where there are no labels.

    Args:
      folder: of the photos.
      encoding: "srgb", or "linear" for photos whose values are proportional to light.

    Raises:
      DataError: as `PhotoFiles`; labels without `classes.txt`, or with an empty one.
    """

    source = "folder"
    note = "Photos of the user's own."
    what = "a folder with images/, and for labels also labels/ and classes.txt"

    def __init__(self, folder, encoding="srgb"):
        super().__init__(folder)
        self.encoding = encoding
        if self._labelled:
            path = self.folder / "classes.txt"
            self.class_names = tuple(line.strip() for line in read_text(path).splitlines() if line.strip())
            if not 0 < len(self.class_names) < VOID or len(set(self.class_names)) < len(self.class_names):
                raise DataError(
                    f"{path}: must name 1 to {VOID - 1} classes, each once. Received: {len(self.class_names)} lines"
                )

    @property
    def _labelled(self):
        return (self.folder / "labels").is_dir()

    def find(self):
        """Yields (name, split, image, labels)."""
        folder = self.folder / "images"
        folder = folder if folder.is_dir() else self.folder
        for path in photos.images(folder):
            name = path.relative_to(folder).with_suffix("")
            split = _SPLITS.get(name.parts[0], "train") if len(name.parts) > 1 else "train"
            labels = (self.folder / "labels" / name).with_name(f"{name.name}.png") if self._labelled else None
            yield name.as_posix(), split, path, labels

    def labels(self, path):
        """Returns the label map."""
        return files.read_labels(path, {**{number: number for number in range(len(self.class_names))}, VOID: VOID})
