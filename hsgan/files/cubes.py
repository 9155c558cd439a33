"""Cubes out: the only module that writes cube files.

A cube is float32 [height, width, bands], linear radiance, bands at ascending `wavelengths_nm`. Every format holds the
wavelengths, the SRF that belongs to the cube, and free metadata. A file appears under its name only when it is whole:
it is written beside its place and then moved there; a disk that fills up leaves what was there before.
"""

import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import spectral.io.envi


def write_cube(stem, cube, wavelengths_nm, srf, metadata=None, formats=("npz",)):
    """Writes one cube in several formats; returns the paths of all files written.

    Args:
      stem: path without suffix; every format adds its own. Existing files are replaced.
      cube: float [height, width, bands].
      wavelengths_nm: float [bands], nm, ascending.
      srf: float [3, bands], R, G, B rows.
      metadata: flat dictionary of strings and numbers, e.g. source and model; None for none.
      formats: names in `WRITERS`.

    Raises:
      ValueError: unknown format, or arrays that do not fit together.
    """
    check_formats(formats)
    cube, wavelengths_nm, srf = _checked(cube, wavelengths_nm, srf)
    paths = []
    for name in formats:
        paths += WRITERS[name](stem, cube, wavelengths_nm, srf, metadata or {})
    return paths


def check_formats(formats):
    """Raises `ValueError` unless all `formats` are in `WRITERS` and there is at least one."""
    unknown = [name for name in formats if name not in WRITERS]
    if unknown or not formats:
        raise ValueError(f"formats: must be among {', '.join(WRITERS)}. Received: {', '.join(unknown) or 'none'}")


def paths_of(stem, formats):
    """Returns the paths that `write_cube` would write."""
    check_formats(formats)
    return [Path(f"{stem}{suffix}") for name in formats for suffix in SUFFIXES[name]]


def write_npz(stem, cube, wavelengths_nm, srf, metadata):
    """Writes `STEM.npz`: `cube`, `wavelengths_nm`, `srf` (float32) and `metadata` (JSON text); needs no pickle."""
    with _staged(stem, SUFFIXES["npz"]) as (path,), open(path, "wb") as file:
        np.savez(file, cube=cube, wavelengths_nm=wavelengths_nm, srf=srf, metadata=json.dumps(metadata))
    return paths_of(stem, ["npz"])


def write_envi(stem, cube, wavelengths_nm, srf, metadata):
    """Writes `STEM.img` (float32, band-interleaved by pixel, little-endian) and its header `STEM.hdr`.

    The header holds wavelengths in nm, band names, the SRF as `srf r`, `srf g`, `srf b`, the default bands for a
    picture, and the metadata in its description.
    """
    fields = {
        "description": "Hyperspectral cube, linear radiance. "
        + " ".join(json.dumps(metadata).translate(_BRACES).split()),
        "wavelength units": "nm",
        "wavelength": [f"{wavelength:g}" for wavelength in wavelengths_nm],
        "band names": [f"{wavelength:g} nm" for wavelength in wavelengths_nm],
        "default bands": [int(np.abs(wavelengths_nm - wanted).argmin()) + 1 for wanted in (640, 550, 460)],
    }
    fields |= {f"srf {channel}": [f"{value:.9g}" for value in row] for channel, row in zip("rgb", srf, strict=True)}
    with _staged(stem, SUFFIXES["envi"]) as (_, header):
        spectral.io.envi.save_image(
            str(header), cube, dtype=np.float32, interleave="bip", ext="img", byteorder=0, metadata=fields
        )
    return paths_of(stem, ["envi"])


WRITERS = {"npz": write_npz, "envi": write_envi}
# Of each format's files; the last one makes the others readable.
SUFFIXES = {"npz": (".npz",), "envi": (".img", ".hdr")}

_BRACES = str.maketrans("{}", "()")  # a brace would end the header's description


@contextmanager
def _staged(stem, suffixes):
    """Gives paths in a new folder beside `stem`; on success their files are moved to `stem` + suffix, else removed.

    Of several files the last is removed first and arrives last: a header never stands beside another cube's data.
    """
    target = Path(stem)
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}-"))
    try:
        staged = [folder / f"cube{suffix}" for suffix in suffixes]
        yield staged
        for path in staged:
            with open(path, "rb") as file:
                os.fsync(file.fileno())
        final = [Path(f"{stem}{suffix}") for suffix in suffixes]
        if len(final) > 1:
            final[-1].unlink(missing_ok=True)
        for source, path in zip(staged, final, strict=True):
            os.replace(source, path)
    finally:
        shutil.rmtree(folder)


def _checked(cube, wavelengths_nm, srf):
    cube = np.asarray(cube, np.float32)
    wavelengths_nm, srf = np.asarray(wavelengths_nm, np.float32), np.asarray(srf, np.float32)
    bands = cube.shape[-1] if cube.ndim == 3 else None
    if bands is None or wavelengths_nm.shape != (bands,) or srf.shape != (3, bands):
        raise ValueError(
            "cube, wavelengths_nm, srf: must be [height, width, bands], [bands], [3, bands]. "
            f"Received: {cube.shape}, {wavelengths_nm.shape}, {srf.shape}"
        )
    if not (np.diff(wavelengths_nm) > 0).all():
        raise ValueError(f"wavelengths_nm: must ascend. Received: {wavelengths_nm.tolist()}")
    return cube, wavelengths_nm, srf
