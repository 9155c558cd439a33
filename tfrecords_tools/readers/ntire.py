"""The NTIRE challenges of 2020 (ARAD_HS) and 2022 (ARAD_1K): scenes of 482x512x31, 400-700 nm, in [0, 1].

Source: Arad et al., "NTIRE 2020 Challenge on Spectral Reconstruction from an RGB Image", and "NTIRE 2022 Spectral
Recovery Challenge and Data Set", CVPRW. MATLAB files: `cube`, `bands`, `norm_factor` (by which the publishers had
divided; it is not multiplied back). Both sets show partly the same places.
"""

from tfrecords_tools.readers.cubes import MatlabCubes, numbered_split


class NtireReader(MatlabCubes):
    """What both challenges share.

    A subclass sets `pattern` (of its files' names), `last` (the last number of each split) and `later` (the split of
    all numbers after those).
    """

    size = (482, 512)

    def find(self):
        """Yields (path, split), the split by the published numbers."""
        for path in sorted(self.folder.rglob(self.pattern), key=lambda path: path.name):
            yield path, numbered_split(path, self.last, self.later)


class Ntire2020Reader(NtireReader):
    """Reads `ARAD_HS_NNNN.mat` in any folders: up to 450 train, up to 480 (10 of them published) validate."""

    source = "ntire2020"
    note = "NTIRE 2020 spectral reconstruction challenge (ARAD_HS), Arad et al. 2020; academic use, cite the source."
    what = "the folder that holds NTIRE2020_Train_Spectral and NTIRE2020_Validation_Spectral"
    pattern = "ARAD_HS_[0-9]*.mat"
    last = {"train": 450}
    later = "validation"


class Ntire2022Reader(NtireReader):
    """Reads `ARAD_1K_NNNN.mat` in any folders: 1-900 train, 901-950 validate; later ones were never published."""

    source = "ntire2022"
    note = "ARAD_1K, NTIRE 2022 spectral recovery challenge, Arad et al. 2022; academic use, cite the source."
    what = "the folder that holds ARAD_1K's Train_Spec and Valid_Spec"
    pattern = "ARAD_1K_[0-9]*.mat"
    last = {"train": 900, "validation": 950}
    later = "test"
