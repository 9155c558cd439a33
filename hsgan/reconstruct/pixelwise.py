"""The mixture prior on images: cube and deviation, part by part, so that what is between stays near the processor."""

import functools
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from hsgan.reconstruct.graphs import compiled
from hsgan.spectra.mixture import Parameters, deviate_mixture, estimate_mixture, exposed, solve_mixture

# Pixels of a part. Its shares, `[r, r x]` and spectra take 4 MB for 32 components.
PART = 4096
# Side of a tile. Without halos small ones cost nothing, and their cubes are a quarter of `tiling.TILE`'s.
TILE = 256
# A call takes 3 ms beside its pixels: an image of so many is one call.
ONE_TILE_PIXELS = 640 * 512


class PixelwiseMixture:
    """`mixture` of images under one prior, as graphs that are compiled once for all sizes.

    Args:
      parameters: gives the prior's parameters; they are read at every call.
      noise: variance of the RGB noise.
    """

    def __init__(self, parameters: Callable[[], Parameters], noise: float):
        self.parameters = parameters
        self._estimate, self._deviate = _graphs(tuple(tuple(values.shape) for values in parameters()), noise)

    def estimate(self, rgb: np.ndarray, srf: np.ndarray, gain: float = 1.0) -> np.ndarray:
        """Returns the cube float32 [height, width, bands] of an image under an SRF float32 [3, bands], read-only.

        Args:
          rgb: the image.
          srf: see above.
          gain: the prior sees the image times this, and the cube is divided by it again.
        """
        # `.numpy()` would copy the cube.
        return np.asarray(self._estimate(rgb, srf, np.float32(gain), self._present()))

    def deviate(self, rgb: np.ndarray, srf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the cube, and the standard deviation of its values, both float32 [height, width, bands]."""
        cube, deviation = self._deviate(rgb, srf, self._present())
        return cube.numpy(), deviation.numpy()

    def _present(self):
        return tuple(tf.cast(values, tf.float32) for values in self.parameters())


@functools.cache
def _graphs(shapes, noise):
    """Returns the graphs of estimate and deviation, (rgb, srf, parameters) -> tensors, which equal priors share.

    Args:
      shapes: of the prior's parameters.
      noise: variance of the RGB noise.
    """

    def estimate(rgb, srf, gain, parameters):
        return estimate_in_parts(rgb, srf, parameters, noise, gain)

    def deviate(rgb, srf, parameters):
        form = solve_mixture(srf, parameters, noise)
        return _in_parts(lambda part: deviate_mixture(part, form), rgb, (tf.float32, tf.float32))

    bands = shapes[1][-1]
    image, camera, prior = tf.TensorSpec((None, None, 3)), tf.TensorSpec((3, bands)), tuple(map(tf.TensorSpec, shapes))
    return compiled(estimate, [image, camera, tf.TensorSpec(()), prior]), compiled(deviate, [image, camera, prior])


def estimate_in_parts(
    rgb: tf.Tensor, srf: tf.Tensor, parameters: Parameters, noise: float, gain: tf.Tensor | float | None = None
) -> tf.Tensor:
    """As `hsgan.spectra.mixture.mixture` of one image [height, width, 3], in the memory of its cube and some parts.

    Args:
      rgb: the image.
      srf, parameters, noise: as there.
      gain: the prior sees the image times this, and the cube is divided by it again; None: the image as it is.
    """
    form = solve_mixture(srf, parameters, noise)
    if gain is not None:
        form = exposed(form, gain)
    return _in_parts(lambda part: estimate_mixture(part, form), rgb, tf.float32)


def _in_parts(function, rgb, types):
    """Returns what `function` makes of an image [h, w, 3], applied to `PART` pixels [PART, 3] at a time.

    Args:
      function: part -> array [PART, bands], or several.
      rgb: the image.
      types: of what it gives.
    """
    height, width = tf.unstack(tf.shape(rgb)[:2])
    count = height * width
    parts = tf.pad(tf.reshape(rgb, (-1, 3)), ((0, -count % PART), (0, 0)))
    made = tf.map_fn(function, tf.reshape(parts, (-1, PART, 3)), fn_output_signature=types)

    def whole(values):
        bands = values.shape[-1]
        return tf.reshape(tf.reshape(values, (-1, bands))[:count], (height, width, bands))

    return tf.nest.map_structure(whole, made)
