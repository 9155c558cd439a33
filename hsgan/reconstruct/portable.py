"""What TFLite has no operations for, in those that it has: closed forms without float64, matrices, plain sums.

One image at a time: rgb float32 [1, h, w, 3], srf float32 [1, 3, bands]. No operation here makes the size of a tensor
depend on values, so that LiteRT plans the whole network ahead.
"""

import numpy as np
import tensorflow as tf

from hsgan.spectra.closed_form import SMOOTH_EPSILON

# Keeps the 3x3 systems positive definite, relative to their trace; in float32 less would be rounded away.
FLOOR = 1e-7


def project(cube, srf):
    """Returns the RGB [1, h, w, 3] of a cube [1, h, w, bands] under an SRF [1, 3, bands]."""
    return tf.matmul(cube, tf.transpose(srf, (0, 2, 1))[:, None])


def start(initialization, rgb, srf, statistics, noise):
    """As `hsgan.networks.physics.start`, in float32."""
    return smooth(rgb, srf) if initialization == "smooth" else wiener(rgb, srf, *statistics, noise)


def smooth(rgb, srf, epsilon=SMOOTH_EPSILON):
    """As `hsgan.spectra.closed_form.smooth`, in float32.

    There `(D^T D + epsilon I)^-1` is a flat part of weight `beta = 1 / (epsilon bands)`, which outweighs the rest `P`
    beyond float32's resolution. Here the flat part is eliminated on paper (Sherman and Morrison): with `A = C P C^T`,
    the row sums `r = C 1` and `s = r^T A^-1 r`,
    `matrix = P C^T M^-1 + 1 (A^-1 r)^T / (1 / beta + s)`, `M^-1 v = A^-1 v - A^-1 r (r^T A^-1 v) / (1 / beta + s)`.
    """
    bands = srf.shape[-1]
    difference = np.diff(np.eye(bands), axis=0)
    values, vectors = np.linalg.eigh(difference.T @ difference)
    rest = (vectors[:, 1:] / (values[1:] + epsilon)) @ vectors[:, 1:].T
    transposed = tf.matmul(srf, tf.constant(rest, tf.float32))  # C P
    sums = tf.reduce_sum(srf, axis=-1, keepdims=True)
    gram = tf.matmul(transposed, srf, transpose_b=True)
    solved = solve(gram, tf.concat([transposed, sums], axis=-1))  # A^-1 [C P, r]
    solved, direction = solved[..., :bands], solved[..., bands:]
    share = tf.reduce_sum(sums * direction, axis=1, keepdims=True) + epsilon * bands  # 1 / beta + s
    along = tf.reduce_sum(sums * solved, axis=1, keepdims=True)  # r^T A^-1 C P
    return tf.matmul(rgb, (solved - direction * (along - 1) / share)[:, None])


def wiener(rgb, srf, mean, covariance, noise):
    """As `hsgan.spectra.closed_form.wiener`, in float32."""
    mean, covariance = (tf.convert_to_tensor(values, tf.float32) for values in (mean, covariance))
    transposed = tf.matmul(srf, covariance)  # C K
    gram = tf.matmul(transposed, srf, transpose_b=True) + tf.constant(noise * np.eye(3), tf.float32)
    offset = tf.reduce_sum(srf * mean, axis=-1)[:, None, None, :]
    return tf.matmul(rgb - offset, solve(gram, transposed)[:, None]) + mean


def solve(gram, right):
    """Returns `gram^-1 right` [1, 3, k] of a symmetric positive definite matrix [1, 3, 3], by Cholesky's method."""
    rows = [[gram[:, i : i + 1, j : j + 1] for j in range(3)] for i in range(3)]
    floor = FLOOR * (rows[0][0] + rows[1][1] + rows[2][2])
    factor = {}
    for i in range(3):
        for j in range(i + 1):
            rest = rows[i][j] - sum(factor[i, k] * factor[j, k] for k in range(j))
            factor[i, j] = tf.sqrt(tf.maximum(rest + floor, floor)) if i == j else rest / factor[j, j]
    forward, solution = [], [None] * 3
    for i in range(3):
        rest = right[:, i : i + 1] - sum(factor[i, k] * forward[k] for k in range(i))
        forward.append(rest / factor[i, i])
    for i in reversed(range(3)):
        rest = forward[i] - sum(factor[k, i] * solution[k] for k in range(i + 1, 3))
        solution[i] = rest / factor[i, i]
    return tf.concat(solution, axis=1)


def stage_output(residual, kernels, centered):
    """As `hsgan.reconstruct.fused.stage_output`, which is written for TensorFlow's optimizer, this for LiteRT's."""
    features = []
    for number, (first, pointwise, depthwise, _) in enumerate(kernels):
        total = tf.nn.conv2d(residual, first, 1, "SAME")
        for earlier, kernel in zip(features, pointwise, strict=True):
            total += tf.nn.conv2d(earlier, kernel, 1, "SAME")
        if number == len(kernels) - 1:
            return tf.nn.depthwise_conv2d(total, depthwise, (1, 1, 1, 1), "SAME")
        total = tf.nn.relu(total)
        if centered is not None:
            # Padded channels are zero and stay out of the next convolution: its kernel is zero there.
            total -= tf.reduce_mean(total, axis=-1, keepdims=True) * (total.shape[-1] / centered)
        features.append(tf.nn.relu(tf.nn.depthwise_conv2d(total, depthwise, (1, 1, 1, 1), "SAME")))
    raise ValueError("kernels: a stage must have at least one unit. Received: none")
