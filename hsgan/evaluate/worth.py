"""What an estimate of the camera is worth: beside the true camera, and beside none, which is the mean of the measured.

The paper's precision does not tell this: of 28 measured cameras the constant mean scores 90.7 %. So it is told by
- skill: `1 - error(estimate) / error(mean camera)`; 0 is the mean camera, 1 the true one, and below 0 is worse than
  not to look at the image;
- the decibels that a cube loses against that of the same method which is told the true camera.
Source: method section 19.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from hsgan.metrics import quality
from hsgan.metrics.srf import srf_error, srf_skill
from hsgan.reconstruct.method import Method
from hsgan.spectra.imaging import project


@dataclass
class Worth:
    """Collects what estimates were worth, one number an image.

    Attributes:
      errors, lost_db: of the estimates.
      mean_errors, mean_lost_db: of the mean camera.
    """

    errors: list[float] = field(default_factory=list)
    lost_db: list[float] = field(default_factory=list)
    mean_errors: list[float] = field(default_factory=list)
    mean_lost_db: list[float] = field(default_factory=list)

    def add(self, method: Method, truth: np.ndarray, srf: np.ndarray) -> None:
        """Adds one scene.

        Args:
          method: that estimates, and reconstructs.
          truth: the cube, float32 [height, width, bands].
          srf: of the camera that it is seen through, float32 [3, bands].
        """
        rgb, mean = project(truth, srf).numpy(), method.mean_camera
        estimate = method.estimate_srf(rgb)
        known, blind = (quality.psnr(truth, method.cube(rgb, given)) for given in (srf, mean))
        self.mean_errors.append(srf_error(srf, mean))
        self.mean_lost_db.append(known - blind)
        same = np.array_equal(estimate, mean)
        self.errors.append(self.mean_errors[-1] if same else srf_error(srf, estimate))
        self.lost_db.append(known - (blind if same else quality.psnr(truth, method.cube(rgb, estimate))))

    @classmethod
    def joined(cls, parts: Iterable["Worth"]) -> "Worth":
        """Returns what several have collected, as one."""
        whole = cls()
        for part in parts:
            for name, values in vars(part).items():
                getattr(whole, name).extend(values)
        return whole

    def result(self) -> dict:
        """Returns {"skill", "lost_db", "mean_camera": {"error", "lost_db"}}, of all images together."""
        return {
            "skill": srf_skill(self.errors, self.mean_errors),
            "lost_db": float(np.mean(self.lost_db)),
            "mean_camera": {"error": float(np.mean(self.mean_errors)), "lost_db": float(np.mean(self.mean_lost_db))},
        }


def worth_of_estimate(
    method: Method, scenes: Callable[[], Iterable[tuple[str, np.ndarray]]], srf: np.ndarray
) -> dict[str, float | dict]:
    """Returns `Worth.result` of a method over scenes.

    Args:
      method: that estimates, and reconstructs.
      scenes: gives (name, cube) of each.
      srf: of the camera, float32 [3, bands].
    """
    worth = Worth()
    for _, truth in scenes():
        worth.add(method, truth, srf)
    return worth.result()
