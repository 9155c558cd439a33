"""Self-ensemble: the mean of the cubes that a method makes of an image's flips and quarter turns. NumPy alone.

A network trained on flipped patches knows no up and down, but its weights do. Source: Timofte et al., "Seven ways to
improve example-based single image super resolution" (CVPR 2016), section 3.4; test-time augmentation by eight.
"""

import numpy as np

from hsgan.errors import RunError
from hsgan.reconstruct.method import Method

ORIENTATIONS = tuple((mirrored, turns) for mirrored in (False, True) for turns in range(4))


class SelfEnsemble(Method):
    """The mean over the eight orientations of an image, each cube turned back; eight times a method's cost.

    The camera is that which the method supposes of the image as it is.

    Args:
      method: one that looks around a pixel.

    Raises:
      RunError: a method that sees each pixel by itself, whose cubes turn with the image.
    """

    def __init__(self, method: Method):
        if method.receptive_radius == 0:
            raise RunError(
                f"self_ensemble: must be of a method that looks around a pixel; of any other it is the method itself. "
                f"Received: {method.name}; leave it out"
            )
        facts = method.facts | {"self_ensemble": len(ORIENTATIONS)}
        super().__init__(f"{method.name}_self_ensemble", method.dictionary, facts)
        self.method, self.brightness = method, method.brightness
        self.needs_camera, self.estimates_camera = method.needs_camera, method.estimates_camera
        self.takes_negative_srf = method.takes_negative_srf
        self.receptive_radius, self.stride = method.receptive_radius, method.stride
        self.tile, self.whole_pixels, self.thumbnail_pixels = method.tile, method.whole_pixels, method.thumbnail_pixels

    @property
    def mean_camera(self) -> np.ndarray:
        return self.method.mean_camera

    def srf_of(self, rgb: np.ndarray) -> np.ndarray:
        return self.method.srf_of(rgb)

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        height, width = rgb.shape[:2]
        # A method pads to its stride below and to the right; turned, that would be another side.
        padding = [(0, -side % self.stride) for side in (height, width)]
        image = np.pad(rgb, (*padding, (0, 0)), mode="edge")
        total = np.zeros((*image.shape[:2], self.bands), np.float32)
        for mirrored, turns in ORIENTATIONS:
            seen = np.rot90(image[:, ::-1] if mirrored else image, turns)
            cube = np.rot90(self.method.window(np.ascontiguousarray(seen), srf), -turns)
            total += cube[:, ::-1] if mirrored else cube
        return total[:height, :width] / np.float32(len(ORIENTATIONS))
