"""A cube beside a library of spectra: at each pixel the spectral angle to each of them, and which is nearest."""

import csv
import io
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from hsgan.errors import DataError
from hsgan.files.libraries import SpectralLibrary
from hsgan.plot.figures import METHOD_COLORS
from hsgan.plot.view import CubeView

_FEWEST_BANDS = 3
_MOST_SPECTRA = 1000
_ANGLE_MAPS = 6  # as many panels as can be looked at together
_STRIP_PIXELS = 1 << 16
_UNKNOWN = "#8C8C8C"


@dataclass(frozen=True, eq=False)
class Match:
    """Angles between the pixels of a cube and the spectra of a library.

    Attributes:
      names: of the spectra.
      angles: float32 [height, width, spectra], degrees; NaN where the cube is black.
      bands: bool [bands] of the cube: those that all spectra cover.
      step: pixels of the cube a pixel of `angles`.
    """

    names: tuple[str, ...]
    angles: np.ndarray
    bands: np.ndarray
    step: int

    @property
    def nearest(self) -> np.ndarray:
        """Which spectrum is nearest, int [height, width]; -1 where the cube is black."""
        known = np.isfinite(self.angles[..., 0])
        return np.where(known, np.where(known[..., None], self.angles, 0).argmin(axis=-1), -1)

    @property
    def smallest(self) -> np.ndarray:
        """The angle to it, float32 [height, width], degrees; NaN where the cube is black."""
        return self.angles.min(axis=-1)


def match(view: CubeView, library: SpectralLibrary, name: str, side: int) -> Match:
    """Returns the angles of every n-th pixel of every n-th row, at most `side` a side, to all spectra.

    They are measured in the cube's bands that all spectra cover, to which the spectra are interpolated. The angle does
    not know brightness: a spectrum in light and in shade is the same.

    Args:
      view: the cube.
      library: the spectra.
      name: of the library, for error messages.
      side: pixels.

    Raises:
      DataError: fewer than three bands in common, a spectrum that is black there, or more than 1000 spectra.
    """
    if len(library.names) > _MOST_SPECTRA:
        raise DataError(f"{name}: must hold at most {_MOST_SPECTRA} spectra. Received: {len(library.names)}")
    found = library.at(view.wavelengths_nm)
    bands = np.isfinite(found).all(axis=0)
    if bands.sum() < _FEWEST_BANDS:
        low, high = library.wavelengths_nm[[0, -1]]
        raise DataError(
            f"{name}: must share {_FEWEST_BANDS} bands or more with the cube, of {view.wavelengths_nm[0]:g}-"
            f"{view.wavelengths_nm[-1]:g} nm. Received: {int(bands.sum())} bands, spectra of {low:g}-{high:g} nm"
        )
    lengths = np.linalg.norm(found[:, bands], axis=1)
    if not (lengths > 0).all():
        raise DataError(f"{name}: {library.names[int(lengths.argmin())]!r} is black in the cube's bands")
    directions = found[:, bands] / lengths[:, None]
    cube, step = view.thin(side)
    pixels = cube[..., bands].reshape(-1, int(bands.sum()))
    angles = np.empty((len(pixels), len(directions)), np.float32)
    for start in range(0, len(pixels), _STRIP_PIXELS):
        part = pixels[start : start + _STRIP_PIXELS].astype(np.float64)  # equal directions: 0.02 degrees in float32
        norm = np.linalg.norm(part, axis=1, keepdims=True)
        with np.errstate(invalid="ignore", divide="ignore"):
            cosine = part @ directions.T / norm
        angles[start : start + len(part)] = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    return Match(library.names, angles.reshape(*cube.shape[:2], -1), bands, step)


def table(found: Match) -> str:
    """Returns CSV, a line a spectrum: share of the pixels to which it is nearest, mean and smallest angle, and where.

    Args:
      found: of `match`.
    """
    stream, nearest = io.StringIO(), found.nearest
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["spectrum", "nearest to (share of pixels)", "mean angle", "smallest angle", "row", "column"])
    for number, name in enumerate(found.names):
        angles = found.angles[..., number]
        known = np.isfinite(angles)
        if not known.any():
            writer.writerow([name, 0, "", "", "", ""])
            continue
        row, column = np.unravel_index(np.where(known, angles, np.inf).argmin(), angles.shape)
        share, mean = np.mean(nearest == number), angles[known].mean(dtype=np.float64)
        numbers = (f"{value:.6g}" for value in (share, mean, angles[row, column]))
        writer.writerow([name, *numbers, row * found.step, column * found.step])
    return stream.getvalue()


def figure(title: str, found: Match) -> Figure:
    """Returns a figure: which spectrum is nearest, and maps of the angle to those that are nearest most often.

    Args:
      title: of the figure.
      found: of `match`.
    """
    nearest = found.nearest
    counts = np.bincount(nearest[nearest >= 0], minlength=len(found.names))
    order = np.argsort(-counts, kind="stable")[:_ANGLE_MAPS]
    columns = min(len(order) + 1, 4)
    rows = -(-(len(order) + 1) // columns)
    aspect = min(max(nearest.shape[0] / nearest.shape[1], 0.4), 2.0)
    drawn = Figure(figsize=(3.6 * columns + 0.9, (3.3 * aspect + 0.5) * rows + 0.8), layout="constrained")
    axes = drawn.subplots(rows, columns, squeeze=False)
    known = np.isfinite(found.angles)
    top = float(np.percentile(found.angles[known], 99)) if known.any() else 1.0
    first, *others = axes.flat
    _draw_nearest(first, nearest, order, found.names)
    for axis, number in zip(others, order, strict=False):
        axis.set_facecolor(_UNKNOWN)
        shown = axis.imshow(found.angles[..., number], cmap="viridis", vmin=0, vmax=max(top, 1e-3))
        axis.set_title(found.names[number], fontsize=9)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    for axis in others[len(order) :]:
        axis.set_axis_off()
    drawn.colorbar(shown, ax=others[: len(order)], label="spectral angle (degrees)", shrink=0.85, extend="max")
    drawn.suptitle(title, fontsize=11)
    return drawn


def _draw_nearest(axis, nearest, order, names):
    """Draws which spectrum is nearest, those of `order` in colors; black pixels and other spectra are gray."""
    picture = np.full((*nearest.shape, 3), int(_UNKNOWN[1:3], 16), np.uint8)
    for color, number in zip(METHOD_COLORS, order, strict=False):
        picture[nearest == number] = tuple(bytes.fromhex(color[1:]))
        axis.plot([], [], "s", color=color, label=names[number])
    axis.imshow(picture)
    axis.set_title("nearest spectrum", fontsize=9)
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, 0), ncols=2, fontsize=7, frameon=False, handletextpad=0.2)
