"""Spectral sensitivities of cameras in the files that they are published in (`hsgan.files.camera_formats`).

Sources: Jiang et al., WACV 2013 (`camspec_database.txt`); AMPAS rawtoaces (JSON, one camera a file); the NTIRE
challenges (`filters` [bands, 3] as .npz or .mat, or a CSV of quantum efficiencies); any CSV of wavelength, R, G, B.
"""

import difflib
from pathlib import Path

import numpy as np

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files import camera_formats
from hsgan.files.camera_formats import Cameras
from hsgan.files.suffixes import by_suffix, load
from hsgan.spectra import srf

_READERS = by_suffix(load(camera_formats, camera_formats.FORMATS).values())
SUFFIXES = tuple(_READERS)
_MAX_BYTES = 1 << 22  # 28 cameras take 60 kB
# Measured curves may dip below zero by noise; more than this share of the peak is no sensitivity.
_NOISE = 0.02


def read(path: str | Path, lobes: bool = False) -> Cameras:
    """Returns the cameras of a file, [(name, wavelengths_nm, curves float64 [3, samples])], checked.

    Args:
      path: the file.
      lobes: whether negative values are taken as they are, as the responses of developed pictures have them; otherwise
        small ones are a measurement's noise and become 0, and larger ones are refused.

    Raises:
      DataError: an unknown or damaged format, values that are not finite or clearly negative, wavelengths that do not
        ascend, a channel without response, channels in another order than R, G, B. Names the file, and the camera.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(f"{path}: must be one of {', '.join(SUFFIXES)}. Received: {path.suffix or 'no suffix'}")
    with guard.reading(path, "a file of camera sensitivities"):
        if path.stat().st_size > _MAX_BYTES:
            raise DataError(f"{path}: must have at most {_MAX_BYTES} bytes. Received: {path.stat().st_size}")
        return [
            (name, *_checked(np.asarray(grid), np.asarray(curves), f"{path}: {name}", lobes))
            for name, grid, curves in _READERS[path.suffix.lower()].read(path)
        ]


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


def find(text: str, dictionary: srf.SrfDictionary) -> tuple[str, np.ndarray]:
    """Returns (name, SRF float32 [3, bands], rows of unit sum) of a camera.

    Args:
      text: a name in `dictionary`; or a file of `SUFFIXES`, of several cameras with the name behind: "FILE:NAME".
      dictionary: whose wavelengths the SRF is brought to.

    Raises:
      DataError: no such camera (lists the near names), a file that cannot be used or holds several cameras.
    """
    if text in dictionary.names:
        return text, dictionary.srf(text)
    path, name = text, ""
    if Path(text).suffix.lower() not in SUFFIXES:
        path, _, name = text.rpartition(":")
    if Path(path).suffix.lower() not in SUFFIXES:
        if Path(text).is_file():
            raise DataError(f"camera: a file of sensitivities must be one of {', '.join(SUFFIXES)}. Received: {text}")
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
