"""CamVid in the split of the SegNet tutorial: street photos with label maps of 11 classes and void (11).

Source: Brostow, Fauqueur, Cipolla, "Semantic object classes in video", 2009; `train/ val/` hold the images (JPEG or
PNG), `trainannot/ valannot/` the PNG label maps of the same names. The validation frames come from a sequence that also
feeds training.
"""

from hsgan.errors import DataError
from hsgan.records import schema
from tfrecords_tools.readers import files

_FOLDERS = {"train": "train", "val": "validation", "test": "test"}
_SUFFIXES = (".jpg", ".jpeg", ".png")
_VOID_ID = 11


class CamvidReader:
    """Reads images and label maps; a photo's split is its folder's.

    Raises:
      DataError: `folder` is none, or holds no photo.
    """

    source = "camvid"
    note = "CamVid, Brostow et al. 2009, split of the SegNet tutorial; for research, cite the source."
    encoding = "srgb"
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

    def __init__(self, folder):
        self.folder = files.existing_folder(folder, "CamVid's folder, with train/ and trainannot/")
        self._photos = {}
        for name, split in _FOLDERS.items():
            for path in sorted((self.folder / name).glob("*")):
                if path.suffix.lower() in _SUFFIXES:
                    if path.stem in self._photos:
                        raise DataError(f"{path}: a second photo of this name, beside {self._photos[path.stem][0]}")
                    self._photos[path.stem] = path, self.folder / f"{name}annot" / f"{path.stem}.png", split
        if not self._photos:
            raise DataError(f"{folder}: no CamVid photo (train/*.jpg, val/*.jpg or .png)")

    def scenes(self):
        """Returns (photo, split) for all photos."""
        return [(name, split) for name, (_, _, split) in self._photos.items()]

    def files(self, scene):
        """Returns the image and its label map."""
        return list(self._photos[scene][:2])

    def read(self, scene):
        """Returns the `PhotoRecord` of a photo.

        Raises:
          DataError: an image that does not decode, a missing or damaged label map, one of another size, labels outside
            the classes (naming the ids).
        """
        path, labels_path, _ = self._photos[scene]
        image = files.read_bytes(path)
        height, width = schema.image_size(image, path)
        classes = len(self.class_names)
        labels = files.read_labels(
            labels_path, {**{number: number for number in range(classes)}, _VOID_ID: schema.VOID}
        )
        if labels.shape != (height, width):
            raise DataError(
                f"{labels_path}: must have the size of its photo, {[height, width]}. Received: {list(labels.shape)}"
            )
        return schema.PhotoRecord(image, labels, height, width, classes, self.encoding, scene, self.source)
