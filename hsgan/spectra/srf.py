"""Camera spectral response functions (SRFs): dictionaries of measured cameras.

An SRF is float32 `[3, bands]`, rows R, G, B, each row summing to 1 over the bands (method section 1). A sensor's is
not negative, so that a cube in [0, 1] projects into [0, 1]; dictionaries hold sensors alone. That of a developed
picture has negative values (`hsgan.spectra.developed`), and colors beyond sRGB were clipped when it was made.

Sources: `camspec_database.txt` of Jiang et al., "What is the space of spectral sensitivity functions for digital color
cameras?", WACV 2013 (28 cameras, 400-720 nm; CC BY-NC-SA 4.0: not shipped here). The embedded default needs no
download: three cameras measured by others and shipped inside colour-science, widened to 28 (`default_dictionary`).
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsgan.disk.arrays import read_npz, write_npz
from hsgan.disk.plain import read_text
from hsgan.errors import DataError, HsganError

CAMSPEC_WAVELENGTHS_NM = np.arange(400, 721, 10, dtype=np.float32)
PREFERRED_TEST_CAMERA = "Nikon D700"
# How far the mean of an SRF's row sums may lie from 1.
SUM_TOLERANCE = 0.01
# Smallest singular value of an SRF over its largest; of measured cameras it is above a twentieth.
_LEAST_RANK = 1e-3
_DICTIONARY_KEYS = ("names", "wavelengths_nm", "responses")


@dataclass(frozen=True)
class SrfDictionary:
    """Named SRFs on one wavelength grid.

    Attributes:
      names: one name a camera, unique.
      wavelengths_nm: float32 [bands], ascending.
      responses: float32 [cameras, 3, bands], not negative, unit row sums.
      source: where the curves come from.
    """

    names: tuple
    wavelengths_nm: np.ndarray
    responses: np.ndarray
    source: str

    def __repr__(self) -> str:
        first, last = self.wavelengths_nm[[0, -1]]
        bands = len(self.wavelengths_nm)
        return f"<SrfDictionary: {len(self.names)} cameras, {bands} bands, {first:g}-{last:g} nm, of {self.source}>"

    def srf(self, name: str) -> np.ndarray:
        """Returns the SRF [3, bands] of the camera `name`.

        Raises:
          DataError: no such camera; lists the near names.
        """
        if name not in self.names:
            near = difflib.get_close_matches(name, self.names, n=3, cutoff=0.3)
            hint = f"near: {', '.join(near)}" if near else f"there are: {', '.join(self.names)}"
            raise DataError(f"camera: no {name!r} among the {len(self.names)} cameras of {self.source}; {hint}")
        return self.responses[self.names.index(name)]

    def without(self, names: Sequence[str]) -> "SrfDictionary":
        """Returns the dictionary without the cameras `names`.

        Raises:
          DataError: no such camera (lists the near names), or none would be left.
        """
        for name in names:
            self.srf(name)
        kept = [index for index, name in enumerate(self.names) if name not in names]
        if not kept:
            raise DataError(f"cameras.held_out: no camera of {self.source} would be left to train with")
        names = tuple(self.names[index] for index in kept)
        return SrfDictionary(names, self.wavelengths_nm, self.responses[kept], self.source)

    @property
    def default_test_camera(self) -> str:
        """Nikon D700, the papers' test camera, where the dictionary has it, else the first camera."""
        return PREFERRED_TEST_CAMERA if PREFERRED_TEST_CAMERA in self.names else self.names[0]


def load(dictionary: str | Path, wavelengths_nm: np.ndarray) -> SrfDictionary:
    """Returns the SRF dictionary called `dictionary` on `wavelengths_nm`.

    Args:
      dictionary: "default" (embedded), or the path of a `camspec_database.txt`, or of a `.npz` that
        `tfrecords_tools.build_srf` made.
      wavelengths_nm: float [bands], nm, within the curves' range.

    Raises:
      DataError: no such file, a malformed file, or wavelengths outside the measured range.
    """
    if dictionary == "default":
        return default_dictionary(wavelengths_nm)
    if str(dictionary).endswith(".npz"):
        return read_dictionary(dictionary, wavelengths_nm)
    return read_camspec(dictionary, wavelengths_nm)


def read_dictionary(path: str | Path, wavelengths_nm: np.ndarray) -> SrfDictionary:
    """Reads a dictionary file and brings it to `wavelengths_nm`.

    Raises:
      DataError: as `read_stored`; wavelengths beyond its range.
    """
    if not Path(path).exists():
        raise DataError(f"cameras.dictionary: no such file: {path}; tfrecords_tools.build_srf makes one")
    stored = read_stored(path)
    responses = resample(stored.wavelengths_nm, stored.responses, wavelengths_nm, path)
    return _dictionary(stored.names, wavelengths_nm, responses, str(path))


def read_stored(path: str | Path, error: type[HsganError] = DataError) -> SrfDictionary:
    """Returns a dictionary file as it is: `names`, `wavelengths_nm` [samples], `responses` [cameras, 3, samples].

    Args:
      path: the file, of `write_dictionary`.
      error: the class of the error.

    Raises:
      HsganError: of the class `error`: no such file, or not of this form.
    """
    found = read_npz(path, (*_DICTIONARY_KEYS, "source"), "a dictionary of tfrecords_tools.build_srf", error=error)
    missing = [key for key in _DICTIONARY_KEYS if key not in found]
    if missing:
        raise error(f"{path}: must be a dictionary of tfrecords_tools.build_srf; it lacks {', '.join(missing)}")
    names, grid, responses = (found[key] for key in _DICTIONARY_KEYS)
    numbers = all(array.dtype.kind in "iuf" and np.isfinite(array).all() for array in (grid, responses))
    if not numbers or responses.shape != (names.size, 3, grid.size) or not responses.size:
        raise error(
            f"{path}: must hold finite responses [cameras, 3, samples]. Received: {list(responses.shape)} for "
            f"{names.size} cameras, {grid.size} samples"
        )
    if grid.ndim != 1 or names.ndim != 1 or not (np.diff(grid) > 0).all():
        raise error(f"{path}: wavelengths must ascend. Received: {grid.ravel()[:4].tolist()} ...")
    source = str(found["source"]) if "source" in found else str(path)
    return SrfDictionary(tuple(map(str, names)), grid, responses, source)


def write_dictionary(dictionary: SrfDictionary, path: str | Path) -> None:
    """Writes a `SrfDictionary` as a file for `read_dictionary`; raises `OSError` as `write_npz`."""
    write_npz(
        path,
        {
            "names": np.array(dictionary.names),
            "wavelengths_nm": dictionary.wavelengths_nm,
            "responses": dictionary.responses,
            "source": dictionary.source,
        },
    )


def merge(
    cameras: Sequence[tuple[str, np.ndarray, np.ndarray]], wavelengths_nm: np.ndarray, source: str
) -> SrfDictionary:
    """Returns one `SrfDictionary` of cameras measured on grids of their own.

    Args:
      cameras: [(name, wavelengths_nm [samples], curves [3, samples])].
      wavelengths_nm: grid of the dictionary, within all of theirs.
      source: where the curves come from.

    Raises:
      DataError: two cameras of one name, curves that do not reach over the grid, a channel without response.
    """
    responses = [resample(grid, curves, wavelengths_nm, name) for name, grid, curves in cameras]
    return _dictionary([name for name, _, _ in cameras], wavelengths_nm, np.array(responses), source)


def read_camspec(path: str | Path, wavelengths_nm: np.ndarray) -> SrfDictionary:
    """Returns the `SrfDictionary` of a `camspec_database.txt`.

    Raises:
      DataError: as `camspec_curves`; wavelengths beyond its range.
    """
    names, curves = camspec_curves(path)
    return _dictionary(names, wavelengths_nm, resample(CAMSPEC_WAVELENGTHS_NM, curves, wavelengths_nm, path), str(path))


def camspec_curves(path: str | Path) -> tuple[list[str], np.ndarray]:
    """Reads `camspec_database.txt`: a name line, then R, G, B rows of 33 tab-separated values (400-720 nm), repeated.

    Returns:
      names, and curves float64 [cameras, 3, 33] on `CAMSPEC_WAVELENGTHS_NM`, as measured.

    Raises:
      DataError: names the file and line of what is malformed.
    """
    if not Path(path).exists():
        raise DataError(f"cameras.dictionary: no such file: {path}; give a camspec_database.txt or 'default'")
    lines = [(number, line.strip()) for number, line in enumerate(read_text(path).splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line]
    if not lines or len(lines) % 4:
        raise DataError(f"{path}: must hold 4 lines a camera (name, R, G, B). Received: {len(lines)} lines")
    names, curves = [], []
    for (_, name), *rows in zip(*[iter(lines)] * 4, strict=True):
        names.append(name)
        curves.append([_curve(path, number, row) for number, row in rows])
    return names, np.array(curves)


def default_dictionary(wavelengths_nm: np.ndarray) -> SrfDictionary:
    """Returns the embedded dictionary of 28 cameras: 3 measured ones, 24 variations of them, and their mean.

    Measured: Nikon 5100 and Sigma SDMerill (NPL), Canon EOS 5D Mark II (rawtoaces), all shipped by colour-science.
    Variations, of each: the curves shifted by -10, -5, +5, +10 nm, and stretched about each channel's centroid by 0.85,
    0.93, 1.08 and 1.18. They widen the convex hull to about the spread among commercial cameras; they are no measured
    cameras and their names say what was done.
    """
    names: list[str] = []
    curves: list = []
    fine = np.arange(380.0, 781.0, 5.0)
    for name, measured in _measured_cameras(fine).items():
        names.append(name)
        curves.append(measured)
        for shift in (-10, -5, 5, 10):
            names.append(f"{name}, shifted {shift:+d} nm")
            curves.append([_warp(fine, row, shift, 1.0) for row in measured])
        for stretch in (0.85, 0.93, 1.08, 1.18):
            names.append(f"{name}, stretched x{stretch:g}")
            curves.append([_warp(fine, row, 0, stretch) for row in measured])
    normalized = np.array(curves)
    normalized = normalized / normalized.sum(axis=-1, keepdims=True)
    names.append("mean of the measured cameras")
    together = np.concatenate([normalized, normalized[::9].mean(axis=0, keepdims=True)])
    responses = resample(fine, together, wavelengths_nm, "the embedded cameras")
    return _dictionary(names, wavelengths_nm, responses, "the embedded dictionary")


def resample(grid_nm: np.ndarray, curves: np.ndarray, wavelengths_nm: np.ndarray, source: str | Path) -> np.ndarray:
    """Linearly interpolates `curves` [..., samples] from `grid_nm` to `wavelengths_nm`; extrapolation is refused."""
    wavelengths_nm = np.asarray(wavelengths_nm, np.float64)
    low, high = float(wavelengths_nm.min()), float(wavelengths_nm.max())
    if low < grid_nm[0] or high > grid_nm[-1]:
        raise DataError(
            f"{source}: curves span {grid_nm[0]:g}-{grid_nm[-1]:g} nm and are not extrapolated. "
            f"Received wavelengths: {low:g}-{high:g} nm"
        )
    return np.apply_along_axis(lambda row: np.interp(wavelengths_nm, grid_nm, row), -1, np.asarray(curves, np.float64))


def varied(srf: np.ndarray, wavelengths_nm: np.ndarray, shift_nm: float = 0.0, stretch: float = 1.0) -> np.ndarray:
    """Returns another camera: an SRF's curves shifted, and stretched about each one's centroid; unit row sums.

    Args:
      srf: float [3, bands].
      wavelengths_nm: float [bands].
      shift_nm: towards red.
      stretch: above 1 is wider.

    Raises:
      DataError: a channel that is shifted off the wavelengths.
    """
    curves = np.array([_warp(np.asarray(wavelengths_nm, np.float64), row, shift_nm, stretch) for row in srf])
    if not (curves.sum(axis=-1) > 0).all():
        raise DataError(f"camera: shifted by {shift_nm:g} nm, a channel lies outside the wavelengths; shift it by less")
    return normalize(curves)


def check(srf: np.ndarray, bands: int) -> np.ndarray:
    """Returns an SRF that somebody gave as float32 [3, bands]; single values may be negative.

    Args:
      srf: what was given.
      bands: of the cubes.

    Raises:
      DataError: another shape, values that are not finite, a row without a positive sum, rows whose mean sum is not 1,
        rows that are linearly dependent.
    """
    srf = np.asarray(srf, np.float32)
    rule = f"camera: an SRF must be [3, {bands}], finite, rows R, G, B with positive sums, 1 in the mean of the three"
    if srf.shape != (3, bands):
        raise DataError(f"{rule}. Received: {list(srf.shape)}")
    sums = srf.sum(axis=1)
    if not (np.isfinite(srf).all() and (sums > 0).all() and abs(sums.mean() - 1) <= SUM_TOLERANCE):
        received = ", ".join(f"{value:g}" for value in sums)
        raise DataError(f"{rule}; divide it by that mean. Received: rows that sum to {received}")
    if _dependent(srf):
        raise DataError(f"{rule}, and linearly independent. Received: one row follows from the others")
    return srf


def normalize(responses: np.ndarray) -> np.ndarray:
    """Scales every row of `responses` [..., 3, bands] to unit sum; float32."""
    return (responses / responses.sum(axis=-1, keepdims=True)).astype(np.float32)


def _dictionary(names, wavelengths_nm, responses, source):
    responses = np.maximum(responses, 0.0)
    if len(set(names)) < len(names):
        raise DataError(f"{source}: camera names must be unique. Received: {sorted(names)}")
    if not (responses.sum(axis=-1) > 0).all():
        dark = names[int(np.argmin(responses.sum(axis=-1).min(axis=-1)))]
        raise DataError(f"{source}: camera {dark!r} has a channel without response on these wavelengths")
    responses = normalize(responses)
    if _dependent(responses).any():
        name = names[int(np.argmax(_dependent(responses)))]
        raise DataError(
            f"{source}: camera {name!r}: its rows R, G, B must be linearly independent on these wavelengths. "
            "Received: one follows from the others; leave it out"
        )
    return SrfDictionary(tuple(names), np.asarray(wavelengths_nm, np.float32), responses, source)


def _dependent(responses):
    """Returns whether the rows of SRFs [..., 3, bands] are linearly dependent, and so tell less than three numbers."""
    values = np.linalg.svd(np.asarray(responses, np.float64), compute_uv=False)
    return values[..., -1] < _LEAST_RANK * values[..., 0]


def _curve(path, number, row):
    try:
        values = np.array(row.split(), np.float64)
    except ValueError as error:
        raise DataError(f"{path}: line {number}: must hold numbers: {error}") from error
    if values.shape != CAMSPEC_WAVELENGTHS_NM.shape or not np.isfinite(values).all():
        raise DataError(
            f"{path}: line {number}: must hold {len(CAMSPEC_WAVELENGTHS_NM)} finite values (400-720 nm). "
            f"Received: {len(values)} values"
        )
    return values


def _measured_cameras(grid_nm):
    """Returns {name: [3, samples]} of the cameras in colour-science; zero outside their measured range."""
    import colour
    from colour.characterisation import MSDS_CAMERA_SENSITIVITIES

    cameras = {
        "Nikon 5100": MSDS_CAMERA_SENSITIVITIES["Nikon 5100 (NPL)"],
        "Sigma SDMerill": MSDS_CAMERA_SENSITIVITIES["Sigma SDMerill (NPL)"],
    }
    table = (
        Path(colour.__file__).parent / "characterisation/datasets/rawtoaces/CANON_EOS_5DMark_II_RGB_Sensitivities.csv"
    )
    canon = colour.read_sds_from_csv_file(str(table))
    cameras["Canon EOS 5D Mark II"] = colour.colorimetry.sds_and_msds_to_msds(list(canon.values()))
    return {
        name: np.stack(
            [np.interp(grid_nm, data.wavelengths, row, left=0, right=0) for row in np.asarray(data.values).T]
        )
        for name, data in cameras.items()
    }


def _warp(grid_nm, row, shift_nm, stretch):
    """Shifts a curve and stretches it about its centroid; values beyond the grid are taken as zero."""
    center = (grid_nm * row).sum() / row.sum()
    return np.interp((grid_nm - shift_nm - center) / stretch + center, grid_nm, row, left=0, right=0)
