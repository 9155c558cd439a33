"""The round trip: the RGB that a cube gives under its SRF, against the RGB that it came from."""

import numpy as np

_TINY = 1e-6  # a black photo has no ratio


class RoundTrip:
    """Collects the round trip of an image block by block."""

    def __init__(self):
        self.values, self.squares, self.largest = 0, 0.0, 0.0
        self.again, self.before = np.zeros(3), np.zeros(3)

    def add(self, cube: np.ndarray, srf: np.ndarray, rgb: np.ndarray) -> None:
        """Adds a block.

        Args:
          cube: float32 [height, width, bands].
          srf: float32 [3, bands], that the cube was made with.
          rgb: float32 [height, width, 3], linear.
        """
        again = cube @ np.asarray(srf, cube.dtype).T
        error = again - rgb
        self.values += error.size
        self.squares += float(np.square(error, dtype=np.float64).sum())
        self.largest = max(self.largest, float(np.abs(error).max()))
        self.again += again.sum(axis=(0, 1), dtype=np.float64)
        self.before += rgb.sum(axis=(0, 1), dtype=np.float64)

    def result(self) -> dict[str, float]:
        """Returns the measures of all blocks.

        Returns:
          {"rmse"; "psnr": dB, peak 1, at most 100; "max": largest error of a value; "brightness": mean of the
          re-projected over mean of the input, above 1 where it came back brighter; "tint": how far the same ratio of a
          single channel is from it at most, 0 where no color came back stronger than the others}.
        """
        mse = self.squares / max(self.values, 1)
        tiny = _TINY * max(self.values // 3, 1)
        brightness = (self.again.sum() + 3 * tiny) / (self.before.sum() + 3 * tiny)
        channels = (self.again + tiny) / (self.before + tiny)
        return {
            "rmse": mse**0.5,
            "psnr": float(-10 * np.log10(max(mse, 1e-10))),
            "max": self.largest,
            "brightness": float(brightness),
            "tint": float(np.abs(channels - brightness).max()),
        }


def round_trip(cube: np.ndarray, srf: np.ndarray, rgb: np.ndarray) -> dict[str, float]:
    """Returns the `RoundTrip.result` of a whole image; the arguments are those of `RoundTrip.add`."""
    check = RoundTrip()
    check.add(np.asarray(cube), srf, np.asarray(rgb))
    return check.result()
