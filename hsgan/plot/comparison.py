"""A cube beside another that is taken as the truth, in numbers."""

from dataclasses import dataclass

import numpy as np

from hsgan.errors import DataError
from hsgan.metrics import protocols, quality
from hsgan.metrics.quality import BEST_SCALE, NO_SCALE
from hsgan.plot.view import CubeView


@dataclass(frozen=True, eq=False)
class Comparison:
    """What came out.

    Attributes:
      truth, estimate: float32 [height, width, bands], the estimate scaled if that was asked for.
      angles: float64 [height, width], degrees.
      numbers: {metric: value} of the protocol `seed`, and `scale` where the estimate was scaled.
    """

    truth: np.ndarray
    estimate: np.ndarray
    angles: np.ndarray
    numbers: dict[str, float]


def compare(view: CubeView, other: CubeView, name: str, scale: str = NO_SCALE) -> Comparison:
    """Compares a cube with `other`, the truth; both are read whole.

    Args:
      view: the cube.
      other: the truth.
      name: of the truth, for error messages.
      scale: "none", or "best": the cube is multiplied by the number that brings it nearest to the truth
        (`quality.best_scale`), where the two are exposed differently.

    Raises:
      DataError: cubes that cannot be compared.
    """
    check_alike(view, other, name)
    everything = (slice(None), slice(None))
    estimate, truth = view.read(everything), other.read(everything)
    extra = {}
    try:
        if scale == BEST_SCALE:
            extra["scale"] = quality.best_scale(truth, estimate)
            estimate = estimate * np.float32(extra["scale"])
        numbers = protocols.protocol("seed")(truth, estimate)
    except ValueError as error:
        raise DataError(f"{name}: {error}") from error
    return Comparison(truth, estimate, quality.spectral_angles(truth, estimate), numbers | extra)


def check_alike(view: CubeView, other: CubeView, name: str) -> None:
    """Raises `DataError` unless two `CubeView`s have the same size and bands; `name` is the other's."""
    if view.shape != other.shape:
        raise DataError(
            f"{name}: must have the height, width and bands of the cube it is compared with, "
            f"{' x '.join(map(str, view.shape))}. Received: {' x '.join(map(str, other.shape))}"
        )
    if not np.allclose(view.wavelengths_nm, other.wavelengths_nm, atol=0.5):
        ranges = [f"{nm[0]:g}-{nm[-1]:g} nm" for nm in (view.wavelengths_nm, other.wavelengths_nm)]
        raise DataError(
            f"{name}: must have the wavelengths of the cube it is compared with, {ranges[0]}. Received: {ranges[1]}"
        )
