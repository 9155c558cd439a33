"""How a camera makes RGB out of a spectrum (Eq. 1), in TensorFlow; NumPy arrays are accepted.

Cubes and RGB are linear unless a name says `encoded`. Shapes `[..., height, width, channels]`.
The sRGB curves are written out here, and tested against colour-science's: those of colour-science are NumPy, and these
stand inside TensorFlow graphs, which are trained through and exported. Source: method section 1; IEC 61966-2-1.
"""

import numpy as np
import tensorflow as tf

Tensor = tf.Tensor | np.ndarray
_LINEAR_LIMIT = 0.0031308
_ENCODED_LIMIT = 0.04045


def project(cube: Tensor, srf: Tensor) -> tf.Tensor:
    """Projects a cube through a camera: `X = C Y` (Eq. 1, without noise).

    Args:
      cube: float [height, width, bands] or [batch, height, width, bands], linear radiance.
      srf: float [3, bands], or [batch, 3, bands] for a camera per sample.

    Returns:
      RGB, float [..., height, width, 3]; in [0, 1] for a cube in [0, 1] and unit row sums.
    """
    cube = tf.convert_to_tensor(cube)
    srf = tf.cast(srf, cube.dtype)
    if srf.shape.rank == 2:
        return tf.tensordot(cube, srf, axes=[[-1], [-1]])
    return tf.einsum("bhws,bcs->bhwc", cube, srf)


def add_noise(rgb: Tensor, seed: tuple[int, int], shot: float = 0.0, read: float = 0.0) -> tf.Tensor:
    """Adds shot noise (variance `shot * rgb`) and read noise (standard deviation `read`), both Gaussian.

    Args:
      rgb: float [..., 3], linear, [0, 1].
      seed: int [2], stateless: equal seeds give equal noise.
      shot: variance of the noise at full scale, i.e. one over the full-well count.
      read: standard deviation.
    """
    rgb = tf.convert_to_tensor(rgb)
    deviation = tf.sqrt(shot * tf.maximum(rgb, 0) + read**2)
    return rgb + deviation * tf.random.stateless_normal(tf.shape(rgb), seed, dtype=rgb.dtype)


def expose(rgb: Tensor, stops: float, clip: bool = True) -> tf.Tensor:
    """Multiplies linear RGB by `2 ** stops`; the sensor saturates at 1 where `clip`."""
    rgb = tf.convert_to_tensor(rgb)
    rgb = rgb * tf.cast(2.0**stops, rgb.dtype)
    return tf.minimum(rgb, 1) if clip else rgb


def srgb_encode(linear: Tensor) -> tf.Tensor:
    """Encodes linear values in [0, 1] as sRGB in [0, 1]; values outside are clipped."""
    linear = tf.clip_by_value(tf.convert_to_tensor(linear), 0, 1)
    curve = 1.055 * tf.pow(tf.maximum(linear, _LINEAR_LIMIT), 1 / 2.4) - 0.055
    return tf.where(linear <= _LINEAR_LIMIT, 12.92 * linear, curve)


def srgb_decode(encoded: Tensor) -> tf.Tensor:
    """Decodes sRGB values in [0, 1] to linear light in [0, 1]; values outside are clipped."""
    encoded = tf.clip_by_value(tf.convert_to_tensor(encoded), 0, 1)
    # exp(2.4 log x): the accuracy of tf.pow in less than half its time.
    curve = tf.exp(2.4 * tf.math.log((tf.maximum(encoded, _ENCODED_LIMIT) + 0.055) / 1.055))
    return tf.where(encoded <= _ENCODED_LIMIT, encoded / 12.92, curve)
