"""How a camera makes RGB out of a spectrum (Eq. 1), in TensorFlow; NumPy arrays are accepted.

Cubes and RGB are linear unless a name says `encoded`. Shapes `[..., height, width, channels]`.
The sRGB curves are written out here, and tested against colour-science's: those of colour-science are NumPy, and these
stand inside TensorFlow graphs, which are trained through and exported. Source: method section 1; IEC 61966-2-1.
"""

import numpy as np
import tensorflow as tf

from hsgan.spectra import exposure

_LINEAR_LIMIT = 0.0031308
_ENCODED_LIMIT = 0.04045


def project(cube: tf.Tensor | np.ndarray, srf: tf.Tensor | np.ndarray) -> tf.Tensor:
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


def sampled(images: tf.Tensor | np.ndarray) -> tf.Tensor:
    """Returns the pixels of images [..., height, width, channels] that their brightness is taken from, as an image."""
    images = tf.convert_to_tensor(images)
    pixels = tf.reduce_prod(tf.cast(tf.shape(images)[-3:-1], tf.float32))
    apart = tf.cast(tf.maximum(tf.math.ceil(tf.sqrt(pixels / exposure.PIXELS)), 1), tf.int32)
    # In a graph a step that is not known hides all of the shape.
    return tf.ensure_shape(images[..., ::apart, ::apart, :], [*images.shape[:-3], None, None, images.shape[-1]])


def brightness(images: tf.Tensor | np.ndarray) -> tf.Tensor:
    """Returns the brightness of images or cubes [..., height, width, channels], float32 [...].

    It is that of `hsgan.spectra.exposure.brightness`, of which this is the form for graphs. It looks at all pixels:
    give it those of a large image that `sampled` returns.
    """
    images = tf.cast(images, tf.float32)
    channels = images.shape[-1]
    if channels > exposure.CHANNELS:
        sizes = [len(part) for part in np.array_split(np.arange(channels), exposure.CHANNELS)]
        parts = tf.split(images, sizes, axis=-1)
        images = tf.concat([tf.reduce_mean(part, axis=-1, keepdims=True) for part in parts], axis=-1)
    values = tf.reduce_max(images, axis=-1)
    # In units of the largest: high powers of a dark image would be nothing in float32.
    top = tf.maximum(tf.reduce_max(values, axis=(-2, -1), keepdims=True), exposure.BLACK)
    shares = tf.reduce_mean((tf.maximum(values, 0) / top) ** exposure.ORDER, axis=(-2, -1))
    return top[..., 0, 0] * shares ** (1 / exposure.ORDER)


def gain(images: tf.Tensor | np.ndarray, level: float) -> tf.Tensor:
    """Returns the factors float32 [..., 1, 1, 1] that bring images to the brightness `level`, as `exposure.gain`."""
    return (level / tf.maximum(brightness(images), exposure.BLACK))[..., None, None, None]


def add_noise(rgb: tf.Tensor | np.ndarray, seed: tuple[int, int], shot: float = 0.0, read: float = 0.0) -> tf.Tensor:
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


def expose(rgb: tf.Tensor | np.ndarray, stops: float, clip: bool = True) -> tf.Tensor:
    """Multiplies linear RGB by `2 ** stops`; the sensor saturates at 1 where `clip`."""
    rgb = tf.convert_to_tensor(rgb)
    rgb = rgb * tf.cast(2.0**stops, rgb.dtype)
    return tf.minimum(rgb, 1) if clip else rgb


def srgb_encode(linear: tf.Tensor | np.ndarray) -> tf.Tensor:
    """Encodes linear values in [0, 1] as sRGB in [0, 1]; values outside are clipped."""
    linear = tf.clip_by_value(tf.convert_to_tensor(linear), 0, 1)
    curve = 1.055 * tf.pow(tf.maximum(linear, _LINEAR_LIMIT), 1 / 2.4) - 0.055
    return tf.where(linear <= _LINEAR_LIMIT, 12.92 * linear, curve)


def srgb_decode(encoded: tf.Tensor | np.ndarray) -> tf.Tensor:
    """Decodes sRGB values in [0, 1] to linear light in [0, 1]; values outside are clipped."""
    encoded = tf.clip_by_value(tf.convert_to_tensor(encoded), 0, 1)
    # exp(2.4 log x): the accuracy of tf.pow in less than half its time.
    curve = tf.exp(2.4 * tf.math.log((tf.maximum(encoded, _ENCODED_LIMIT) + 0.055) / 1.055))
    return tf.where(encoded <= _ENCODED_LIMIT, encoded / 12.92, curve)
