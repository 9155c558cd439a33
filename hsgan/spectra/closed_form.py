"""Cubes from RGB without a network: `bi`, `smooth`, `wiener` and `ridge` (method sections 13, 17).

`smooth`, `wiener` and `ridge` are one matrix per camera: `Y = A X + b`, all exact in RGB (`C Y = X`, the latter two as
their noise goes to 0), differentiable in the camera's SRF. The matrices are computed in float64 (the flat spectrum
outweighs all others by the inverse of epsilon, which float32 does not resolve) and applied in float32.
"""

import numpy as np
import tensorflow as tf

SMOOTH_EPSILON = 1e-4


def interpolation_matrix(wavelengths_nm, order=2):
    """Returns the matrix float32 [bands, 3] of the interpolation of R, G, B over the bands (`BI`, method section 13).

    The knots are B at the first wavelength, G at the middle, R at the last. `order` 2 is the parabola through the three
    values (a cubic spline of three knots reduces to it), 1 is linear.

    Raises:
      ValueError: `order` is neither 1 nor 2.
    """
    if order not in (1, 2):
        raise ValueError(f"order: must be 1 or 2. Received: {order!r}")
    wavelengths_nm = np.asarray(wavelengths_nm, np.float64)
    position = 2 * (wavelengths_nm - wavelengths_nm[0]) / (wavelengths_nm[-1] - wavelengths_nm[0]) - 1
    if order == 1:
        blue, red = np.maximum(-position, 0), np.maximum(position, 0)
        green = 1 - np.abs(position)
    else:
        blue, red = position * (position - 1) / 2, position * (position + 1) / 2
        green = 1 - position**2
    return np.stack([red, green, blue], axis=1).astype(np.float32)


def interpolate_bands(rgb, wavelengths_nm, order=2):
    """`bi`: R, G, B as knots at the longest, middle and shortest wavelength, interpolated over the bands.

    Args:
      rgb: float [..., 3], linear.
      wavelengths_nm: float [bands].

    Returns:
      Cube, float [..., bands].
    """
    rgb = tf.convert_to_tensor(rgb)
    return apply_matrix(tf.cast(interpolation_matrix(wavelengths_nm, order), rgb.dtype), rgb)


def smooth_matrix(srf, epsilon=SMOOTH_EPSILON):
    """Returns `R^-1 C^T (C R^-1 C^T)^-1`, `R = D^T D + epsilon I`: [..., bands, 3] of an SRF [..., 3, bands].

    `D` are first differences over the bands: of all cubes that reproduce the RGB exactly, the smoothest.
    """
    srf = tf.convert_to_tensor(srf)
    bands = srf.shape[-1]
    difference = np.diff(np.eye(bands), axis=0)
    inverse = np.linalg.inv(difference.T @ difference + epsilon * np.eye(bands))
    return _gain(srf, inverse, 0.0)


def wiener_matrix(srf, covariance, noise):
    """Returns `K C^T (C K C^T + noise I)^-1`: [..., bands, 3] of an SRF [..., 3, bands], `K` [bands, bands].

    `noise` is the variance of the noise in the RGB, in the units of `covariance`.
    """
    return _gain(tf.convert_to_tensor(srf), covariance, noise)


def smooth(rgb, srf, epsilon=SMOOTH_EPSILON):
    """The smoothest cube that reproduces the RGB exactly under the SRF.

    Args:
      rgb: float32 [height, width, 3], or [batch, height, width, 3].
      srf: float32 [3, bands], or one per sample [batch, 3, bands].

    Returns:
      Cube, float32 [..., height, width, bands].
    """
    return apply_matrix(smooth_matrix(srf, epsilon), tf.convert_to_tensor(rgb))


def wiener(rgb, srf, mean, covariance, noise):
    """The Wiener estimate `mu + K C^T (C K C^T + s I)^-1 (X - C mu)` under a Gaussian prior of spectra.

    Args:
      rgb: float32 [height, width, 3], or [batch, height, width, 3].
      srf: float32 [3, bands], or [batch, 3, bands].
      mean, covariance: of the real cubes' pixels, [bands] and [bands, bands]; no pairs are needed.
      noise: variance of the RGB noise.

    Returns:
      Cube, float32 [..., height, width, bands].
    """
    rgb, srf = tf.convert_to_tensor(rgb), tf.convert_to_tensor(srf, tf.float32)
    mean = tf.convert_to_tensor(mean, tf.float32)
    offset = tf.einsum("...cs,s->...c", srf, mean)
    if srf.shape.rank == 3:
        offset = offset[:, None, None, :]
    return mean + apply_matrix(wiener_matrix(srf, covariance, noise), rgb - offset)


def ridge(rgb, srf, second_moment, noise):
    """The linear regression of cubes on their RGB: `Y = M C^T (C M C^T + s I)^-1 X`, the uncentered Wiener estimate.

    With `M = sum y y^T / n` over n spectra this is exactly the regression, without intercept, on the n pairs
    `(C y, y)`, with a ridge of `n s`; so it needs no pairs either. It scales with the exposure, as `wiener` does not.

    Args:
      rgb: float32 [height, width, 3], or [batch, height, width, 3].
      srf: float32 [3, bands], or [batch, 3, bands].
      second_moment: of the real cubes' pixels, [bands, bands]: their covariance plus the outer square of their mean.
      noise: variance of the RGB noise.

    Returns:
      Cube, float32 [..., height, width, bands].
    """
    return apply_matrix(wiener_matrix(srf, second_moment, noise), tf.convert_to_tensor(rgb))


def apply_matrix(matrix, rgb):
    """Returns `matrix @ rgb` per pixel: [bands, 3] (or [batch, bands, 3]) times [..., height, width, 3]."""
    if matrix.shape.rank == 2:
        return tf.tensordot(rgb, matrix, axes=[[-1], [1]])
    return tf.einsum("bhwc,bsc->bhws", rgb, matrix)


def _gain(srf, covariance, noise):
    """`K C^T (C K C^T + noise I)^-1` in float64, by a Cholesky solve of the 3x3 system; float32."""
    srf = tf.cast(srf, tf.float64)
    transposed = tf.einsum("...cs,st->...ct", srf, tf.cast(covariance, tf.float64))  # C K
    gram = tf.einsum("...ct,...dt->...cd", transposed, srf)
    # The floor keeps the system positive definite for equal rows of the SRF; it moves the RGB by 1e-9 of itself.
    floor = 1e-12 * tf.linalg.trace(gram)[..., None, None]
    factor = tf.linalg.cholesky(gram + (tf.cast(noise, tf.float64) + floor) * tf.eye(3, dtype=tf.float64))
    return tf.cast(tf.linalg.matrix_transpose(tf.linalg.cholesky_solve(factor, transposed)), tf.float32)
