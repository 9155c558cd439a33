"""What methods are evaluated on: a true cube beside an image of the same scene, and the camera that it is read with.

Images are made of cubes by a camera (`projected`), or were taken with one (`hsgan.evaluate.photos`).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from hsgan.reconstruct.method import Method
from hsgan.spectra.imaging import project


@dataclass(frozen=True, eq=False)
class Shot:
    """One scene for all methods.

    Attributes:
      scene: its name.
      truth: float32 [height, width, bands], what the cubes are compared with.
      rgb: float32 [height, width, 3], linear, what the methods get.
      srf: float32 [3, bands], that they are given.
      made_by: float32 [3, bands], of the camera that made the image; None: nobody knows.
      gain: by which cubes are divided before the comparison.
    """

    scene: str
    truth: np.ndarray
    rgb: np.ndarray
    srf: np.ndarray
    made_by: np.ndarray | None = None
    gain: float = 1.0


def projected(
    scenes: Iterable[tuple[str, np.ndarray]],
    srf: np.ndarray,
    estimator: Method | None = None,
    degrade: Callable | None = None,
) -> Iterator[Shot]:
    """Yields the `Shot` of each cube through one camera.

    Args:
      scenes: (name, cube float32 [height, width, bands]).
      srf: of the camera, float32 [3, bands].
      estimator: the method whose estimate of the camera all methods get (blind); None: they get the camera's SRF.
      degrade: function (scene, truth, rgb) -> `hsgan.evaluate.degradations.Degraded`; None: nothing goes wrong.
    """
    for scene, truth in scenes:
        rgb, made_by, gain = project(truth, srf).numpy(), srf, 1.0
        if degrade is not None:
            truth, rgb, made_by, gain = degrade(scene, truth, rgb)
        used = np.asarray(srf if estimator is None else estimator.estimate_srf(rgb), np.float32)
        yield Shot(scene, truth, rgb, used, made_by, gain)
