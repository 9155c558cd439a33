"""ICVL: 201 scenes of 31 bands, 400-700 nm, 12 bits; and the NTIRE 2018 challenge's selection of them.

Source: Arad and Ben-Shahar, "Sparse Recovery of Hyperspectral Signal from Natural RGB Images", ECCV 2016; Arad et al.,
"NTIRE 2018 Challenge on Spectral Reconstruction from RGB Images", CVPRW 2018. MATLAB 7.3 files: `rad` 1392x1300x31
(stored as [bands, width, height]), `bands`, `rgb`.
"""

from hsgan.errors import DataError
from tfrecords_tools.readers.cubes import MatlabCubes

TEST_SCENES = 20


class IcvlReader(MatlabCubes):
    """Reads `*.mat`; the last 20 scenes of the sorted list are the test split, as in the papers.

    Args:
      folder: of the files.
      size: in place of 1392x1300.
      test_scenes: in place of 20, e.g. for a part of the set.
    """

    source = "icvl"
    note = (
        "ICVL (BGU) hyperspectral images, Arad and Ben-Shahar 2016; for academic use, cite the source. "
        "12-bit counts / 4095; the test split is the last of the sorted list."
    )
    what = "the folder that holds ICVL's .mat files"
    variable = "rad"
    size = (1392, 1300)
    white = 4095.0

    def __init__(self, folder, size=None, test_scenes=TEST_SCENES):
        self._test_scenes = test_scenes
        super().__init__(folder, size)

    def find(self):
        """Yields (path, split)."""
        paths = sorted(self.folder.glob("*.mat"))
        train = len(paths) - self._test_scenes
        if paths and train < 1:
            raise DataError(
                f"{self.folder}: its last {self._test_scenes} scenes are the test split, and it holds {len(paths)}; "
                "--test_scenes=N takes fewer"
            )
        for index, path in enumerate(paths):
            yield path, "train" if index < train else "test"


class Ntire2018Reader(MatlabCubes):
    """Reads `NTIRE2018_Train1_Spectral/`, `..._Train2_Spectral/`, `..._Validate_Spectral/`, `..._Test_Spectral/`."""

    source = "ntire2018"
    note = "NTIRE 2018 spectral reconstruction challenge, from ICVL (BGU); academic use. 12-bit counts / 4095."
    what = "the folder that holds NTIRE2018_Train1_Spectral and its siblings"
    variable = "rad"
    size = (1392, 1300)
    white = 4095.0
    splits = {"Train": "train", "Validat": "validation", "Test": "test"}

    def find(self):
        """Yields (path, split), the split by the folder's name."""
        for part, split in self.splits.items():
            for path in sorted(self.folder.glob(f"*{part}*Spec*/*.mat")):
                yield path, split
