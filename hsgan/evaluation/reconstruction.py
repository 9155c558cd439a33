"""Photos to cubes: one photo, or many with their files, previews and round-trip checks."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from hsgan.errors import DataError, HsganError
from hsgan.evaluation import figures
from hsgan.evaluation.harness import round_trip
from hsgan.evaluation.methods import estimate_srf, reconstruct_cube
from hsgan.evaluation.preview import preview
from hsgan.files import cubes
from hsgan.files.photos import read_photo
from hsgan.training.run_folder import RunFolder, versions

PREVIEW_SUFFIX = "_preview.png"


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """A cube made from a photo.

    Attributes:
      rgb: float32 [height, width, 3], the photo in linear light, [0, 1].
      cube: float32 [height, width, bands], linear radiance.
      srf: float32 [3, bands], that the cube was made with.
      wavelengths_nm: float32 [bands].
      camera: name of the known camera, or "" where the SRF was estimated.
      check: `hsgan.evaluation.harness.round_trip`: {"rmse", "psnr", "brightness"}.
    """

    rgb: np.ndarray
    cube: np.ndarray
    srf: np.ndarray
    wavelengths_nm: np.ndarray
    camera: str
    check: dict


def reconstruct_photo(network, path, encoding="srgb", camera=""):
    """Reads a photo and returns its `Reconstruction`.

    Args:
      network: a trained `HSGANNet` (`hsgan.training.run_folder.RunFolder.network`).
      path, encoding: as `hsgan.files.photos.read_photo`.
      camera: name in the network's dictionary; "" estimates the SRF from the photo.

    Raises:
      DataError: a photo that cannot be used, or no such camera (lists near names).
    """
    return reconstruct(network, read_photo(path, encoding), camera)


def reconstruct(network, rgb, camera=""):
    """Returns the `Reconstruction` of linear RGB, float32 [height, width, 3] in [0, 1]; see `reconstruct_photo`."""
    dictionary = network.dictionary
    srf = dictionary.srf(camera) if camera else estimate_srf(network, rgb)
    cube = reconstruct_cube(network, rgb, srf)
    return Reconstruction(rgb, cube, srf, dictionary.wavelengths_nm, camera, round_trip(cube, srf, rgb))


def reconstruct_photos(run, photos, output, formats=("npz",), encoding="srgb", camera="", checkpoint="best"):
    """Reconstructs photos into files: the cube in every format, and a preview.

    A photo that cannot be used does not keep the others from being done. A photo's files are named after it; where two
    have one name their suffixes, and then numbers, tell them apart.

    Args:
      run: run folder. photos: paths. output: folder to write to.
      formats: names in `hsgan.files.cubes.WRITERS`.
      encoding, camera: as `reconstruct_photo`. checkpoint: "best" or "last".

    Yields:
      (photo, paths written, `Reconstruction`), or (photo, (), the error) for one that cannot be used.

    Raises:
      RunError: no run, or one without such weights.
      DataError: no photos, no such format or camera, an output that is a file, or a photo that would be written over.
    """
    try:
        cubes.check_formats(formats)
    except ValueError as error:
        raise DataError(str(error)) from error
    figures.check_folder(output)
    stems = output_stems(photos, output)
    sources = {Path(photo).resolve() for photo in photos}
    for photo, stem in stems:
        if Path(f"{stem}{PREVIEW_SUFFIX}").resolve() in sources:
            raise DataError(f"{photo}: its preview {stem}{PREVIEW_SUFFIX} is one of the photos; give another --output")
    network = RunFolder.open(run).network(checkpoint)
    if camera:
        network.dictionary.srf(camera)
    metadata = {"run": str(run), "checkpoint": checkpoint, "encoding": encoding, **versions()}
    for photo, stem in tqdm(stems, "reconstructing", unit="photo", disable=None):
        try:
            result = reconstruct_photo(network, photo, encoding, camera)
            yield photo, write(result, stem, formats, metadata | {"photo": Path(photo).name}), result
        except HsganError as error:
            yield photo, (), error
        except OSError as error:
            yield photo, (), DataError(f"{photo}: cannot be written to {error.filename or output}: {error.strerror}")
        except (tf.errors.ResourceExhaustedError, MemoryError):
            yield photo, (), DataError(f"{photo}: not enough memory for its size; make it smaller")


def write(result, stem, formats, metadata):
    """Writes a `Reconstruction` as `stem` + each format's suffixes, and its preview; returns the paths."""
    facts = {
        **metadata,
        "camera": result.camera or "estimated",
        **{f"round_trip_{name}": value for name, value in result.check.items()},
    }
    paths = cubes.write_cube(stem, result.cube, result.wavelengths_nm, result.srf, facts, formats)
    figure = preview(metadata["photo"], result.rgb, result.cube, result.srf, result.wavelengths_nm, result.check)
    return [*paths, figures.save(figure, f"{stem}{PREVIEW_SUFFIX}")]


def output_stems(photos, output):
    """Returns (photo, path without suffix in `output`) of each photo; no two paths are alike, case aside.

    Raises:
      DataError: no photos.
    """
    if not photos:
        raise DataError("PHOTO: give at least one photo")
    names = [Path(photo).stem.lower() for photo in photos]
    stems, taken = [], set()
    for photo, name in zip(map(Path, photos), names, strict=True):
        stem = photo.stem if names.count(name) == 1 else f"{photo.stem}-{photo.suffix[1:].lower()}"
        number, unique = 1, stem
        while unique.lower() in taken:
            number, unique = number + 1, f"{stem}-{number + 1}"
        taken.add(unique.lower())
        stems.append((str(photo), Path(output) / unique))
    return stems
