"""CAVE: 32 scenes of 31 bands, 400-700 nm, one 16-bit PNG a band.

Source: Yasuma, Mitsunaga, Iso, Nayar, "Generalized Assorted Pixel Camera", 2010 (Columbia University). Values
divided by 65535 are radiance relative to the brightest that the camera held; the scenes are linear.
"""

import re

from hsgan.errors import DataError
from hsgan.files.formats import pictures
from hsgan.records.schema import CubeRecord
from tfrecords_tools.readers import files

BANDS = len(pictures.CAVE_NM)


class CaveReader:
    """Reads `NAME_ms/NAME_ms/NAME_ms_01.png ... _31.png`, as published, or the same without the inner folder.

    Raises:
      DataError: `folder` is none, or holds no scene.
    """

    source = "cave"
    note = "CAVE multispectral images, Yasuma et al. 2010, Columbia University; for research, cite the source."
    wavelengths_nm = pictures.CAVE_NM

    def __init__(self, folder):
        self.folder = files.existing_folder(folder, "the folder that holds CAVE's NAME_ms folders")
        self._scenes = {
            path.name.removesuffix("_ms"): path / path.name if (path / path.name).is_dir() else path
            for path in sorted(self.folder.glob("*_ms"))
            if path.is_dir()
        }
        if not self._scenes:
            raise DataError(f"{folder}: no CAVE scene (a folder NAME_ms of 31 PNG files)")

    def scenes(self):
        """Returns (scene, split) for all scenes; the names are without `_ms`, all train."""
        return [(scene, "train") for scene in self._scenes]

    def files(self, scene):
        """Returns the folder and the files of the bands."""
        return sorted(self._scenes[scene].glob("*.png"))

    def read(self, scene):
        """Returns the `CubeRecord` of a scene.

        Raises:
          DataError: a band is missing, surplus, of another size, not a 16-bit grayscale PNG, or damaged.
        """
        folder = self._scenes[scene]
        paths = [folder / f"{scene}_ms_{band:02d}.png" for band in range(1, BANDS + 1)]
        missing = [path.name for path in paths if not path.is_file()]
        if missing:
            raise DataError(f"{folder}: must hold {BANDS} bands. Missing: {', '.join(missing)}")
        numbered = re.compile(re.escape(scene) + r"_ms_\d+\.png")
        surplus = sorted(
            {path.name for path in folder.iterdir() if numbered.fullmatch(path.name)} - {path.name for path in paths}
        )
        if surplus:
            raise DataError(f"{folder}: must hold {BANDS} bands. Surplus: {', '.join(surplus)}")
        values = pictures.stack(paths, depths=(16,))
        return CubeRecord(values, 1 / 65535, self.wavelengths_nm, scene, self.source)
