"""Cubes from RGB without a network: `bi`, `smooth`, `wiener` and `ridge` (method sections 13, 17).

`smooth`, `wiener` and `ridge` are one matrix per camera: `Y = A X + b`, all exact in RGB (`C Y = X`, the latter two as
their noise goes to 0), differentiable in the camera's SRF. They are written over `hsgan.spectra.operations`: those of
TensorFlow compute the matrices in float64, and apply them in float32.

`STARTS` are those that can stand before the stages of a network.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hsgan.spectra.mixture import estimate_mixture, solve_mixture
from hsgan.spectra.operations import EXACT, Operations

SMOOTH_EPSILON = 1e-4


def interpolation_matrix(wavelengths_nm: np.ndarray, order: int = 2) -> np.ndarray:
    """Returns the matrix float32 [bands, 3] of the interpolation of R, G, B over the bands (`BI`, method section 13).

    The knots are B at the first wavelength, G at the middle, R at the last.

    Args:
      wavelengths_nm: float [bands].
      order: 2 is the parabola through the three values (a cubic spline of three knots reduces to it), 1 is linear.

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


def interpolate_bands(rgb: tf.Tensor, wavelengths_nm: np.ndarray, order: int = 2) -> tf.Tensor:
    """`bi`: R, G, B as knots at the longest, middle and shortest wavelength, interpolated over the bands.

    Args:
      rgb: float [..., 3], linear.
      wavelengths_nm: float [bands].
      order: of `interpolation_matrix`.

    Returns:
      Cube, float [..., bands].
    """
    rgb = tf.convert_to_tensor(rgb)
    return EXACT.project(rgb, interpolation_matrix(wavelengths_nm, order))


def smooth_matrix(srf: tf.Tensor, epsilon: float = SMOOTH_EPSILON, operations: Operations = EXACT) -> tf.Tensor:
    """Returns `R^-1 C^T (C R^-1 C^T)^-1`, `R = D^T D + epsilon I`: float32 [..., bands, 3].

    `D` are first differences over the bands: of all cubes that reproduce the RGB exactly, the smoothest.

    `R^-1` is a flat part of weight `beta = 1 / (epsilon bands)` plus a rest `P`. The flat part outweighs the rest, and
    float32 would lose the rest in the sum. So the flat part is eliminated on paper (Sherman and Morrison). With
    `A = C P C^T`, the row sums `r = C 1` and `s = r^T A^-1 r`:
    `matrix = P C^T M^-1 + 1 (A^-1 r)^T / (1 / beta + s)`, `M^-1 v = A^-1 v - A^-1 r (r^T A^-1 v) / (1 / beta + s)`.

    Args:
      srf: float32 [..., 3, bands].
      epsilon: weight of the spectrum's own square.
      operations: how to compute.
    """
    srf = tf.cast(srf, operations.dtype)
    bands = srf.shape[-1]
    difference = np.diff(np.eye(bands), axis=0)
    values, vectors = np.linalg.eigh(difference.T @ difference)  # the first is the flat one
    rest = (vectors[:, 1:] / (values[1:] + epsilon)) @ vectors[:, 1:].T
    transposed = tf.matmul(srf, tf.constant(rest, operations.dtype))  # C P
    sums = tf.reduce_sum(srf, axis=-1, keepdims=True)
    gram = tf.matmul(transposed, srf, transpose_b=True)
    solved = operations.solve(gram, tf.concat([transposed, sums], axis=-1))  # A^-1 [C P, r]
    solved, direction = solved[..., :bands], solved[..., bands:]
    share = tf.reduce_sum(sums * direction, axis=-2, keepdims=True) + epsilon * bands  # 1 / beta + s
    along = tf.reduce_sum(sums * solved, axis=-2, keepdims=True)  # r^T A^-1 C P
    return tf.cast(tf.linalg.matrix_transpose(solved - direction * (along - 1) / share), tf.float32)


def wiener_matrix(srf: tf.Tensor, covariance: tf.Tensor, noise: float, operations: Operations = EXACT) -> tf.Tensor:
    """Returns `K C^T (C K C^T + noise I)^-1`: float32 [..., bands, 3].

    Args:
      srf: float32 [..., 3, bands].
      covariance: `K` [bands, bands].
      noise: variance of the noise in the RGB, in the units of `covariance`.
      operations: how to compute.
    """
    srf = tf.cast(srf, operations.dtype)
    transposed = tf.matmul(srf, tf.cast(covariance, operations.dtype))  # C K
    gram = tf.matmul(transposed, srf, transpose_b=True)
    gram += tf.cast(noise, operations.dtype) * tf.constant(np.eye(3), operations.dtype)
    return tf.cast(tf.linalg.matrix_transpose(operations.solve(gram, transposed)), tf.float32)


class Affine(NamedTuple):
    """The estimate `mean + matrix (X - offset)`, one for each camera.

    Attributes:
      matrix: float32 [..., bands, 3].
      offset: float32 [..., 3]; None: zero.
      mean: float32 [bands]; None: zero.
    """

    matrix: tf.Tensor
    offset: tf.Tensor | None = None
    mean: tf.Tensor | None = None


def affine_estimate(rgb: tf.Tensor, affine: Affine, operations: Operations = EXACT) -> tf.Tensor:
    """Returns the cube float32 [..., height, width, bands] of an RGB image [..., height, width, 3]."""
    matrix, offset, mean = affine
    if offset is None:
        return operations.project(rgb, matrix)
    return mean + operations.project(rgb - (offset if offset.shape.rank == 1 else offset[:, None, None, :]), matrix)


def solve_smooth(srf: tf.Tensor, knowledge: tuple[()], noise: float, operations: Operations) -> Affine:
    """Returns the coefficients of `smooth`, which needs neither knowledge nor noise."""
    return Affine(smooth_matrix(srf, operations=operations))


def solve_wiener(
    srf: tf.Tensor, knowledge: tuple[tf.Tensor, tf.Tensor], noise: float, operations: Operations
) -> Affine:
    """Returns the coefficients of `wiener`; `knowledge` are the mean and the covariance of cubes."""
    srf, (mean, covariance) = tf.convert_to_tensor(srf, tf.float32), knowledge
    mean = tf.convert_to_tensor(mean, tf.float32)
    return Affine(wiener_matrix(srf, covariance, noise, operations), tf.linalg.matvec(srf, mean), mean)


class ClosedForm(NamedTuple):
    """A closed form that can stand before the stages of a network.

    Attributes:
      needs: what it must know of cubes: the name of a network's attribute of tensors; None: nothing.
      solve: (srf, those tensors, noise variance, operations) -> coefficients of a camera; once for an image.
      estimate: (rgb, coefficients, operations) -> cube; for an image, or block by block.
    """

    needs: str | None
    solve: Callable[..., Any]
    estimate: Callable[..., tf.Tensor] = affine_estimate


# By the name of a configuration's `initialization`.
STARTS = {
    "smooth": ClosedForm(None, solve_smooth),
    "prior": ClosedForm("statistics", solve_wiener),
    "mixture": ClosedForm("mixture", solve_mixture, estimate_mixture),
}


def smooth(
    rgb: tf.Tensor, srf: tf.Tensor, epsilon: float = SMOOTH_EPSILON, operations: Operations = EXACT
) -> tf.Tensor:
    """The smoothest cube that reproduces the RGB exactly under the SRF.

    Args:
      rgb: float32 [height, width, 3], or [batch, height, width, 3].
      srf: float32 [3, bands], or one per sample [batch, 3, bands].
      epsilon: of `smooth_matrix`.
      operations: how to compute.

    Returns:
      Cube, float32 [..., height, width, bands].
    """
    affine = Affine(smooth_matrix(srf, epsilon, operations))
    return affine_estimate(tf.convert_to_tensor(rgb), affine, operations)


def wiener(
    rgb: tf.Tensor,
    srf: tf.Tensor,
    mean: tf.Tensor,
    covariance: tf.Tensor,
    noise: float,
    operations: Operations = EXACT,
) -> tf.Tensor:
    """The Wiener estimate `mu + K C^T (C K C^T + s I)^-1 (X - C mu)` under a Gaussian prior of spectra.

    Args:
      rgb: float32 [height, width, 3], or [batch, height, width, 3].
      srf: float32 [3, bands], or [batch, 3, bands].
      mean: of the real cubes' pixels, [bands]; no pairs are needed.
      covariance: of the same, [bands, bands].
      noise: variance of the RGB noise.
      operations: how to compute.

    Returns:
      Cube, float32 [..., height, width, bands].
    """
    affine = solve_wiener(srf, (mean, covariance), noise, operations)
    return affine_estimate(tf.convert_to_tensor(rgb), affine, operations)


def ridge(rgb: tf.Tensor, srf: tf.Tensor, second_moment: tf.Tensor, noise: float) -> tf.Tensor:
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
    return EXACT.project(rgb, wiener_matrix(srf, second_moment, noise))
