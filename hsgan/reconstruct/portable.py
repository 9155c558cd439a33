"""What TFLite has no operations for, in those that it has: closed forms without float64, matrices, plain sums.

One image at a time: rgb float32 [1, h, w, 3], srf float32 [1, 3, bands]. No operation here makes the size of a tensor
depend on values, so that LiteRT plans the whole network ahead.
"""

import tensorflow as tf

from hsgan.reconstruct.fused import Kernels
from hsgan.spectra.operations import Operations


class PortableOperations(Operations):
    """TFLite's operations: float32, and the solution of 3x3 systems written out."""

    dtype = tf.float32
    floor = 1e-7  # in float32 less would be rounded away

    def project(self, image: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
        return tf.matmul(image, tf.transpose(matrix, (0, 2, 1))[:, None])

    def solve(self, gram: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
        """By Cholesky's method, one row after another."""

        def part(matrix, row, column=slice(None)):
            return matrix[(*(slice(None),) * (matrix.shape.rank - 2), slice(row, row + 1), column)]

        rows = [[part(gram, i, slice(j, j + 1)) for j in range(3)] for i in range(3)]
        floor = self.floor * (rows[0][0] + rows[1][1] + rows[2][2])
        factor = {}
        for i in range(3):
            for j in range(i + 1):
                rest = rows[i][j] - sum(factor[i, k] * factor[j, k] for k in range(j))
                factor[i, j] = tf.sqrt(tf.maximum(rest + floor, floor)) if i == j else rest / factor[j, j]
        forward, solution = [], [None] * 3
        for i in range(3):
            rest = part(right, i) - sum(factor[i, k] * forward[k] for k in range(i))
            forward.append(rest / factor[i, i])
        for i in reversed(range(3)):
            rest = forward[i] - sum(factor[k, i] * solution[k] for k in range(i + 1, 3))
            solution[i] = rest / factor[i, i]
        return tf.concat(solution, axis=-2)


PORTABLE = PortableOperations()


def stage_output(residual: tf.Tensor, kernels: Kernels, centered: int | None) -> tf.Tensor:
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
