"""Spectral sensitivities of cameras in the files that they are published in.

Each reader returns [(name, wavelengths_nm [samples], curves float64 [3, samples])], rows R, G, B, as measured.

Sources: Jiang et al., WACV 2013 (`camspec_database.txt`); AMPAS rawtoaces (JSON, one camera a file); the NTIRE
challenges (`filters` [bands, 3] as .npz or .mat, or a CSV of quantum efficiencies); any CSV of wavelength, R, G, B.
"""

import csv
import difflib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hsgan.disk import guard
from hsgan.disk.arrays import read_npz as read_npz_arrays
from hsgan.disk.plain import read_text as read_file
from hsgan.errors import DataError
from hsgan.files import matlab
from hsgan.spectra import srf

Cameras = list[tuple[str, np.ndarray, np.ndarray]]  # name, wavelengths, curves
_NTIRE_GRID_NM = np.arange(400.0, 701.0, 10.0)
_CHANNELS = (("r", "red"), ("g", "g1", "green"), ("b", "blue"))
_MAX_BYTES = 1 << 22  # 28 cameras take 60 kB
# Measured curves may dip below zero by noise; more than this share of the peak is no sensitivity.
_NOISE = 0.02


def read(path: str | Path, lobes: bool = False) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Returns the cameras of a file, checked.

    Args:
      path: the file.
      lobes: whether negative values are taken as they are, as the responses of developed pictures have them; otherwise
        small ones are a measurement's noise and become 0, and larger ones are refused.

    Raises:
      DataError: an unknown or damaged format, values that are not finite or clearly negative, wavelengths that do not
        ascend, a channel without response, channels in another order than R, G, B. Names the file, and the camera.
    """
    path = Path(path)
    if path.suffix.lower() not in READERS:
        raise DataError(f"{path}: must be one of {', '.join(READERS)}. Received: {path.suffix or 'no suffix'}")
    with guard.reading(path, "a file of camera sensitivities"):
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{path}: must have at most {_MAX_BYTES} bytes. Received: {path.stat().st_size}")
        return [
            (name, *_checked(np.asarray(grid), np.asarray(curves), f"{path}: {name}", lobes))
            for name, grid, curves in READERS[path.suffix.lower()](path)
        ]


def read_text(path: Path) -> Cameras:
    """Reads `camspec_database.txt`."""
    names, curves = srf.camspec_curves(path)
    return [(name, srf.CAMSPEC_WAVELENGTHS_NM, rows) for name, rows in zip(names, curves, strict=True)]


def read_csv(path: Path) -> Cameras:
    """Reads a CSV of wavelength, R, G, B; with a header line the columns are found by name. Named after the file."""
    rows = [row for row in csv.reader(read_file(path).splitlines()) if any(cell.strip() for cell in row)]
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


def read_json(path: Path) -> Cameras:
    """Reads rawtoaces' JSON: `header` with manufacturer and model, `spectral_data` with [r, g, b] a wavelength."""
    try:
        content = json.loads(read_file(path))
        name = f"{content['header']['manufacturer']} {content['header']['model']}"
        data = content["spectral_data"]["data"]["main"]
        grid = np.array(sorted(float(key) for key in data))
        values = np.array([data[key] for key in sorted(data, key=float)], np.float64)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: must be rawtoaces' JSON of a camera ({type(error).__name__}: {error})") from error
    if values.ndim != 2 or values.shape[1] != 3:
        raise DataError(f"{path}: must hold [r, g, b] for each wavelength. Received: shape {list(values.shape)}")
    return [(name, grid, values.T)]


def read_npz(path: Path) -> Cameras:
    """Reads NTIRE's `filters` [bands, 3] and, where it is there, `bands`; or a dictionary of `build_srf`."""
    arrays = read_npz_arrays(path, most=_MAX_BYTES)
    if {"names", "wavelengths_nm", "responses"} <= set(arrays):
        return [
            (str(name), arrays["wavelengths_nm"], curves)
            for name, curves in zip(arrays["names"], arrays["responses"], strict=True)
        ]
    if "filters" not in arrays:
        raise DataError(f"{path}: no variable 'filters'; present: {', '.join(arrays) or 'none'}")
    return _filters(path, arrays["filters"], arrays.get("bands"))


def read_mat(path: Path) -> Cameras:
    """Reads the same as `read_npz` from a MATLAB file."""
    bands = matlab.read(path, "bands") if "bands" in matlab.variables(path) else None
    return _filters(path, matlab.read(path, "filters"), bands)


READERS: dict[str, Callable[[Path], Cameras]] = {
    ".txt": read_text,
    ".csv": read_csv,
    ".json": read_json,
    ".npz": read_npz,
    ".mat": read_mat,
}


def _filters(path, filters, bands):
    grid = _NTIRE_GRID_NM if bands is None else np.asarray(bands, np.float64).ravel()
    if filters.shape != (len(grid), 3):
        raise DataError(f"{path}: 'filters' must be [{len(grid)}, 3]. Received: {list(filters.shape)}")
    return [(path.stem, grid, filters.T)]


def _checked(grid, curves, where, lobes):
    grid, curves = grid.astype(np.float64), curves.astype(np.float64)
    if not (np.isfinite(curves).all() and np.isfinite(grid).all()):
        raise DataError(
            f"{where}: must hold finite numbers. Received: {int((~np.isfinite(curves)).sum())} that are not"
        )
    if not (np.diff(grid) > 0).all():
        raise DataError(f"{where}: wavelengths must ascend. Received: {grid[:4].tolist()} ...")
    peaks = curves.max(axis=1)
    if not ((peaks > 0) & (curves.sum(axis=1) > 0)).all():
        raise DataError(f"{where}: every channel must respond to light. Received: peaks {peaks.tolist()}")
    if not lobes:
        if (curves < -_NOISE * peaks[:, None]).any():
            raise DataError(f"{where}: sensitivities must not be negative. Received: a least value of {curves.min():g}")
        curves = np.maximum(curves, 0)
    centers = (curves * grid).sum(axis=1) / curves.sum(axis=1)
    if not centers[0] > centers[1] > centers[2]:
        raise DataError(
            f"{where}: rows must be R, G, B, from long to short wavelengths. Received: centers at "
            f"{', '.join(f'{center:.0f}' for center in centers)} nm"
        )
    return grid, curves


def _is_number(text):
    try:
        float(text)
    except ValueError:
        return False
    return True


def find(text: str, dictionary: srf.SrfDictionary) -> tuple[str, np.ndarray]:
    """Returns (name, SRF float32 [3, bands], rows of unit sum) of a camera.

    Args:
      text: a name in `dictionary`; or a file of `READERS`, of several cameras with the name behind: "FILE:NAME".
      dictionary: whose wavelengths the SRF is brought to.

    Raises:
      DataError: no such camera (lists the near names), a file that cannot be used or holds several cameras.
    """
    if text in dictionary.names:
        return text, dictionary.srf(text)
    path, name = text, ""
    if Path(text).suffix.lower() not in READERS:
        path, _, name = text.rpartition(":")
    if Path(path).suffix.lower() not in READERS:
        return text, dictionary.srf(text)
    own = {found: (grid, curves) for found, grid, curves in read(path, lobes=True)}
    if not name and len(own) > 1:
        near = ", ".join(list(own)[:3])
        raise DataError(f"camera: {path} holds {len(own)} cameras; give one as {path}:NAME. There are: {near}, ...")
    name = name or next(iter(own))
    if name not in own:
        near = ", ".join(difflib.get_close_matches(name, own, n=3, cutoff=0.3) or list(own)[:3])
        raise DataError(f"camera: no {name!r} among the {len(own)} cameras of {path}; near: {near}")
    responses = srf.resample(*own[name], dictionary.wavelengths_nm, path)
    if not (responses.sum(axis=1) > 0).all():
        raise DataError(f"camera: {path}: {name} has a channel without response on the model's wavelengths")
    return name, srf.normalize(responses)
