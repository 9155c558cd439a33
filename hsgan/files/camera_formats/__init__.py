"""One module for each format in which camera sensitivities are published, listed here by their names.

Each has `SUFFIXES` of its files, and `read(path)`, which returns [(name, wavelengths_nm [samples], curves float64 [3,
samples])], rows R, G, B, as measured. It may raise anything: `hsgan.files.cameras.read`, its only caller, guards the
file, bounds its size and checks the curves.
"""

import numpy as np

Cameras = list[tuple[str, np.ndarray, np.ndarray]]  # name, wavelengths, curves
FORMATS = ("camspec", "table", "rawtoaces", "ntire_npz", "ntire_matlab")
