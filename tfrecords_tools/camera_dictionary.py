"""From files of camera sensitivities to one dictionary that the trainer takes."""

import difflib
import functools
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from hsgan.errors import DataError
from hsgan.files import cameras
from hsgan.spectra import srf
from tfrecords_tools import grids

DEFAULT = "default"
_COLORS = {"red": "#D03030", "green": "#2E9E3F", "blue": "#2F62C9"}
_LINES = ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)))


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
        raise DataError(f"give files of camera sensitivities ({', '.join(cameras.SUFFIXES)}), or '{DEFAULT}'")
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
    """Writes a dictionary to a `.npz`.

    Raises:
      DataError: another suffix.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise DataError(f"--output: must end in .npz. Received: {path}")
    srf.write_dictionary(dictionary, path)


def plot(dictionary):
    """Returns a figure: one panel a channel, one line a camera, on the dictionary's grid.

    Few cameras are told apart by their lines; of many, the mean and the camera that is farthest from it are marked.
    """
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    names, responses = dictionary.names, dictionary.responses
    figure.suptitle(f"Spectral sensitivity of {len(names)} camera{'s' * (len(names) > 1)}", fontsize=12)
    panels = figure.subplots(1, 3, sharey=True)
    for index, (panel, (channel, color)) in enumerate(zip(panels, _COLORS.items(), strict=True)):
        curves, draw = responses[:, index], functools.partial(panel.plot, dictionary.wavelengths_nm, color=color)
        if len(names) <= len(_LINES):
            for name, curve, line in zip(names, curves, _LINES, strict=False):
                draw(curve, linestyle=line, linewidth=1.6, label=name)
        else:
            draw(curves.T, alpha=0.3, linewidth=0.9)
            mean = curves.mean(axis=0)
            farthest = int(np.argmax(np.abs(curves - mean).sum(axis=1)))
            draw(mean, linewidth=2.4, label="mean")
            draw(curves[farthest], linestyle="--", linewidth=1.4, label=f"farthest: {names[farthest]}")
        panel.set_title(channel, fontsize=10)
        panel.set_xlabel("wavelength, nm")
        panel.set_xlim(dictionary.wavelengths_nm[[0, -1]])
        panel.grid(alpha=0.25, linewidth=0.6)
        panel.spines[["top", "right"]].set_visible(False)
        if len(names) > len(_LINES) or not index:  # the lines mean the same in all panels
            panel.legend(fontsize=8, frameon=False)
    panels[0].set_ylim(bottom=0, top=1.25 * responses.max())  # room for the legends
    panels[0].set_ylabel("share of the channel's sum")
    return figure


def _embedded(wavelengths_nm):
    dictionary = srf.default_dictionary(wavelengths_nm)
    return [
        (name, dictionary.wavelengths_nm, curves)
        for name, curves in zip(dictionary.names, dictionary.responses, strict=True)
    ]
