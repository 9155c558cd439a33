"""What pretrained weights are worth, by camera and kind of photo: the rows of their cards."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from hsgan.evaluate.processing import AS_IT_IS, PROCESSING, processed
from hsgan.metrics.coverage import coverage
from hsgan.metrics.protocols import average, quick
from hsgan.reconstruct.method import Method
from hsgan.spectra import color_matrix, developed
from hsgan.spectra.imaging import project
from hsgan.spectra.srf import SrfDictionary

CAMERAS = ("Nikon D700", "Canon 60D", "Nokia N900")
EXACT = "sRGB, not rounded"
# Kinds of pictures, by what a card calls them: names in `PROCESSING`.
PICTURES = {
    "sRGB of 8 bits": AS_IT_IS,
    "JPEG of quality 90": "JPEG 90",
    "JPEG of quality 75": "JPEG 75",
    "saturation +20 %": "saturation",
    "contrast +20 %": "tone curve",
}
_BRIGHTEST = 99.5  # percentile of a scene that an exposure brings to full scale
METRICS = (*quick.columns, "coverage_90")
HOW = (
    "Measured on {scenes} of {source}, with {fitted}. RAW: the scene "
    "projected through a measured camera that the method does not have among its own. Pictures: the scene as sRGB of "
    f"D65, its {_BRIGHTEST:g} % quantile exposed to full scale, compared after the best single scale. Not measured on "
    "photos of real cameras, whose processing costs more."
)


class Kind(NamedTuple):
    """A kind of photo, read in one way.

    Attributes:
      photo: what a card calls it.
      read_as: the camera that the method is told, in words.
      picture: a cube -> RGB float32 [height, width, 3], linear.
      srf: float32 [3, bands], what the method is told; None: what it estimates of the photo.
      scaled: whether the comparison is up to one scale.
    """

    photo: str
    read_as: str
    picture: Callable[[np.ndarray], np.ndarray]
    srf: np.ndarray | None
    scaled: bool


def kinds(method: Method, cameras: SrfDictionary) -> Iterator[Kind]:
    """Yields the kinds of photos that cards report.

    Args:
      method: that will read them.
      cameras: measured ones, `CAMERAS` among them.

    Raises:
      DataError: a camera is not among them.
    """
    grid = method.wavelengths_nm
    for name in CAMERAS:
        srf = cameras.srf(name)
        matrix = color_matrix.of_chart(srf, grid)
        ways = {
            "that camera": srf,
            "its color matrix": color_matrix.estimate(matrix, method.dictionary),
            "estimated from it": None,
            "the mean camera": method.mean_camera,
        }
        for read_as, told in ways.items():
            yield Kind(f"RAW of a {name}", read_as, lambda cube, srf=srf: project(cube, srf).numpy(), told, False)
    srgb = developed.responses(grid)

    def exposed(cube):
        rgb = project(cube, srgb).numpy()
        return rgb / np.percentile(rgb.max(axis=-1), _BRIGHTEST)

    yield Kind(EXACT, "sRGB", exposed, srgb, True)
    for photo, name in PICTURES.items():
        yield Kind(photo, "sRGB", lambda cube, name=name: processed(exposed(cube), PROCESSING[name]), srgb, True)
    photo, name = next(iter(PICTURES.items()))
    yield Kind(
        photo, "the mean camera", lambda cube: processed(exposed(cube), PROCESSING[name]), method.mean_camera, True
    )


def measure(method: Method, scenes: dict[str, np.ndarray], cameras: SrfDictionary) -> list[dict]:
    """Returns the rows of a card, {"photo", "read_as", metric: mean over scenes}, in two decimals.

    Args:
      method: of weights that have not seen the scenes; it gives deviations.
      scenes: {name: cube float32 [height, width, bands]}.
      cameras: as for `kinds`.
    """
    rows = []
    for kind in tqdm(list(kinds(method, cameras)), "measuring", unit="kind", disable=None):
        found = {name: _score(method, kind, cube) for name, cube in scenes.items()}
        mean = average(found)
        rows.append({"photo": kind.photo, "read_as": kind.read_as} | {name: round(mean[name], 2) for name in METRICS})
    return rows


def _score(method, kind, cube):
    rgb = kind.picture(cube)
    made, deviation = method.cube_and_deviation(rgb, method.estimate_srf(rgb) if kind.srf is None else kind.srf)
    scale = np.float32((made * cube).sum() / (made * made).sum()) if kind.scaled else np.float32(1)
    return quick(cube, made * scale) | coverage(cube, made * scale, deviation * scale)
