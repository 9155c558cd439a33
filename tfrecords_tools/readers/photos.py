"""What the readers of photos share: a list of images with their label maps and splits, checks, records."""

import abc

from hsgan.disk.plain import read_bytes
from hsgan.errors import DataError
from hsgan.records import schema
from tfrecords_tools.readers import files

SUFFIXES = (".jpg", ".jpeg", ".png")


class PhotoFiles(abc.ABC):
    """Base of the readers of photos.

    A reader states `source`, `note`, `class_names`, `encoding`, `what` (is to be given as folder), finds its photos
    with `find`, and turns a label file into classes with `labels`.

    Args:
      folder: of the data set.

    Raises:
      DataError: no such folder, no photo in it, two photos of one name.
    """

    source = note = what = ""
    encoding = "srgb"
    class_names = ()

    def __init__(self, folder):
        self.folder = files.existing_folder(folder, self.what)
        self._photos = {}
        for name, split, image, labels in self.find():
            if name in self._photos:
                raise DataError(f"{image}: a second photo of this name, beside {self._photos[name][1]}; remove one")
            self._photos[name] = split, image, labels
        if not self._photos:
            raise DataError(f"{folder}: no photo of {self.source}; give {self.what}")

    @abc.abstractmethod
    def find(self):
        """Yields (name, split, path of the image, path of its labels or None) of all photos, in a fixed order."""

    @abc.abstractmethod
    def labels(self, path):
        """Returns the label map of a photo, uint8 [height, width]: classes, and `VOID`."""

    def scenes(self):
        """Returns (photo, split) for all photos."""
        return [(name, split) for name, (split, _, _) in self._photos.items()]

    def files(self, scene):
        """Returns the image and its label map."""
        return [path for path in self._photos[scene][1:] if path is not None]

    def read(self, scene):
        """Returns the `PhotoRecord` of a photo.

        Raises:
          DataError: an image that does not decode, a missing or damaged label map, one of another size, labels outside
            the classes (naming the ids).
        """
        _, path, labels_path = self._photos[scene]
        image = read_bytes(path)
        size = schema.image_size(image, path)
        labels = None if labels_path is None else self.labels(labels_path)
        if labels is not None and labels.shape != size:
            raise DataError(
                f"{labels_path}: must have the size of its photo, {list(size)}. Received: {list(labels.shape)}"
            )
        return schema.PhotoRecord(image, labels, *size, len(self.class_names), self.encoding, scene, self.source)


def images(folder):
    """Yields the JPEG and PNG files in a folder and the folders in it, sorted."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in SUFFIXES:
            yield path
