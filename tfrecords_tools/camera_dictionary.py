"""From files of camera sensitivities to one dictionary that the trainer takes."""

import difflib
from pathlib import Path

from matplotlib.figure import Figure

from hsgan.errors import DataError
from hsgan.files import cameras
from hsgan.spectra import srf
from tfrecords_tools import grids

DEFAULT = "default"


def build(paths, wavelengths_nm, only=(), skip_bad=False):
    """Returns `(SrfDictionary, {camera: reason} of those left out)`.

    Args:
      paths: files (`tfrecords_tools.readers.cameras`); "default" stands for the embedded dictionary.
      wavelengths_nm: grid of the dictionary.
      only: names of the cameras to keep; () keeps all.
      skip_bad: leave out cameras whose curves do not reach over the grid.

    Raises:
      DataError: no file, as `cameras.read`, a name in `only` that is not there, two cameras of one name, curves that do
        not reach over the grid.
    """
    if not paths:
        raise DataError(f"give files of camera sensitivities ({', '.join(cameras.READERS)}), or '{DEFAULT}'")
    found, skipped = [], {}
    for path in paths:
        found += _embedded(wavelengths_nm) if str(path) == DEFAULT else cameras.read(path)
    names = [name for name, _, _ in found]
    for name in only:
        if name not in names:
            near = ", ".join(difflib.get_close_matches(name, names, n=3, cutoff=0.3)) or ", ".join(names[:5])
            raise DataError(f"--only: no camera {name!r}; near: {near}")
    used = []
    for name, grid, curves in found:
        if only and name not in only:
            continue
        try:
            grids.check_within(grid, wavelengths_nm, name)
        except DataError as error:
            if not skip_bad:
                raise
            skipped[name] = str(error)
        else:
            used.append((name, grid, curves))
    if not used:
        raise DataError(f"not one usable camera; the first: {next(iter(skipped.values()))}")
    return srf.merge(used, wavelengths_nm, ", ".join(map(str, paths))), skipped


def write(dictionary, path):
    """Writes a dictionary to a `.npz` that is there whole or not at all.

    Raises:
      DataError: another suffix.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise DataError(f"--output: must end in .npz. Received: {path}")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        srf.write_dictionary(dictionary, partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def plot(dictionary):
    """Returns a figure: one panel a channel, one line a camera, on the dictionary's grid."""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    figure.suptitle(f"{len(dictionary.names)} cameras, each channel's sum 1", fontsize=10)
    for index, (axis, color) in enumerate(zip(figure.subplots(1, 3, sharey=True), "rgb", strict=True)):
        for responses in dictionary.responses:
            axis.plot(dictionary.wavelengths_nm, responses[index], color=color, alpha=0.35, linewidth=1)
        axis.plot(dictionary.wavelengths_nm, dictionary.responses[:, index].mean(axis=0), "k", linewidth=1.5)
        axis.set_title(f"{'RGB'[index]} (black: mean)", fontsize=9)
        axis.set_xlabel("nm")
    return figure


def _embedded(wavelengths_nm):
    dictionary = srf.default_dictionary(wavelengths_nm)
    return [
        (name, dictionary.wavelengths_nm, curves)
        for name, curves in zip(dictionary.names, dictionary.responses, strict=True)
    ]
