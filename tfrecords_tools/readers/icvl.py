"""ICVL: 201 scenes of 31 bands, 400-700 nm, 12 bits; and the NTIRE 2018 challenge's selection of them.

Source: Arad and Ben-Shahar, "Sparse Recovery of Hyperspectral Signal from Natural RGB Images", ECCV 2016; Arad et al.,
"NTIRE 2018 Challenge on Spectral Reconstruction from RGB Images", CVPRW 2018. MATLAB 7.3 files: `rad` 1392x1300x31
(stored as [bands, width, height]), `bands`, `rgb`.
"""

from hsgan.disk.plain import read_text
from hsgan.errors import DataError
from tfrecords_tools.readers.cubes import MatlabCubes

TEST_SCENES = 20


class IcvlReader(MatlabCubes):
    """Reads `*.mat`; the last 20 scenes are the test split, as in the papers: of the set's own list, or by file name.

    The papers do not say in what order "the last 20" stand. The set's page lists the scenes in the order of their
    capture, which the file names do not keep (they begin with the camera's name, then month and day).

    Args:
      folder: of the files.
      size: in place of 1392x1300.
      test_scenes: in place of 20, e.g. for a part of the set.
      order: a text file of the scenes' names in the set's own order, one a line, with or without ".mat"; scenes of the
        list that are not in the folder do not count. "": the sorted file names.

    Raises:
      DataError: no such list, or a file that it does not name.
    """

    source = "icvl"
    what = "the folder that holds ICVL's .mat files"
    variable = "rad"
    size = (1392, 1300)
    white_level = 4095.0

    def __init__(self, folder, size=None, test_scenes=TEST_SCENES, order=""):
        self._test_scenes, self._order = test_scenes, order
        by = "the set's own list" if order else "the sorted file names, for want of the set's own list"
        self.note = (
            "ICVL (BGU) hyperspectral images, Arad and Ben-Shahar 2016; for academic use, cite the source. "
            f"12-bit counts / 4095; the test split is the last {test_scenes} of {by}."
        )
        super().__init__(folder, size)

    def find(self):
        """Yields (path, split)."""
        paths = sorted(self.folder.glob("*.mat"))
        if self._order:
            places = _places(self._order)
            for path in paths:
                if path.stem not in places:
                    raise DataError(f"{self._order}: must name every scene of {self.folder}. Missing: {path.stem}")
            paths.sort(key=lambda path: places[path.stem])
        train = len(paths) - self._test_scenes
        if paths and train < 1:
            raise DataError(
                f"{self.folder}: its last {self._test_scenes} scenes are the test split, and it holds {len(paths)}; "
                "--test_scenes=N takes fewer"
            )
        for index, path in enumerate(paths):
            yield path, "train" if index < train else "test"


def _places(order):
    """Returns {scene: its place} of a list of names."""
    names = [line.strip().removesuffix(".mat") for line in read_text(order).splitlines()]
    return {name: place for place, name in enumerate(name for name in names if name)}


class Ntire2018Reader(MatlabCubes):
    """Reads `NTIRE2018_Train1_Spectral/`, `..._Train2_Spectral/`, `..._Validate_Spectral/`, `..._Test_Spectral/`."""

    source = "ntire2018"
    note = "NTIRE 2018 spectral reconstruction challenge, from ICVL (BGU); academic use. 12-bit counts / 4095."
    what = "the folder that holds NTIRE2018_Train1_Spectral and its siblings"
    variable = "rad"
    size = (1392, 1300)
    white_level = 4095.0
    splits = {"Train": "train", "Validat": "validation", "Test": "test"}

    def find(self):
        """Yields (path, split), the split by the folder's name."""
        for part, split in self.splits.items():
            for path in sorted(self.folder.glob(f"*{part}*Spec*/*.mat")):
                yield path, split
