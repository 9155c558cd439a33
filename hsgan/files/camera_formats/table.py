"""CSV of wavelength, R, G, B, of any source; NTIRE's quantum efficiencies are such files."""

import csv
from pathlib import Path

import numpy as np

from hsgan.disk.plain import read_text
from hsgan.errors import DataError
from hsgan.files.camera_formats import Cameras

SUFFIXES = (".csv",)
_CHANNELS = (("r", "red"), ("g", "g1", "green"), ("b", "blue"))


def read(path: Path) -> Cameras:
    """Returns one camera, named after the file; with a header line the columns are found by their names."""
    rows = [row for row in csv.reader(read_text(path).splitlines()) if any(cell.strip() for cell in row)]
    columns = [0, 1, 2, 3]
    if rows and not _is_number(rows[0][0]):
        header = [cell.strip().lower() for cell in rows.pop(0)]
        found = [next((header.index(name) for name in names if name in header), -1) for names in _CHANNELS]
        if -1 in found:
            raise DataError(f"{path}: its header must name R, G and B. Received: {', '.join(header)}")
        columns = [0, *found]
    try:
        values = np.array([[float(row[column]) for column in columns] for row in rows])
    except (ValueError, IndexError) as error:
        raise DataError(f"{path}: must hold rows of wavelength, R, G, B: {error}") from error
    if len(values) < 2:
        raise DataError(f"{path}: must hold rows of wavelength, R, G, B. Received: {len(values)} rows")
    return [(path.stem, values[:, 0], values[:, 1:].T)]


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True
