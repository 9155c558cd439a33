"""The rank loss of AGD-Net: singular values of an estimate's patches against the truth's ([AGD]; method section 12).

A patch of `p x p` pixels is the matrix `P` [bands, p^2]; natural ones are nearly of low rank. Its singular values and
left singular vectors `U` come from the eigen-decomposition of its Gram matrix `P P^T` [bands, bands].

Patches overlap (48 pixels at a stride of 16), Gram matrices add: one is computed for each block of the stride's size,
and those of a patch's blocks are summed. The gradient goes the same way back.

All is computed in float64, whatever type the network has. A Gram matrix squares the singular values: in float32 those
at 3e-4 of the largest come out wrong by 4 %, those below 1e-4 by their own size or more; a bright patch's largest is
about 80, the threshold 1e-3. In float64 all above it are right to 1e-5.
"""

import tensorflow as tf

from hsgan.repeatable import ordered_sum

# Singular values below are noise: a pair counts where the larger one is above.
SMALLEST = 1e-3
# Added to the square of the larger singular value.
EPSILON = 1e-6
WEIGHTINGS = ("relative", "none")


def rank(
    cube_hat: tf.Tensor, cube: tf.Tensor, patch: int = 48, stride: int = 16, weighting: str = "relative"
) -> tf.Tensor:
    """Mean absolute difference of the singular values of an estimate's and the truth's patches.

    The mean is over all pairs, of all patches, whose larger singular value is above `SMALLEST`; 0 where there is none.

    The gradient with respect to `cube_hat` is written by hand. With `sp`, `sg` the singular values of an estimate's and
    the true patch, `mask` the pairs that count, it is the sum over the patches of `U diag(g * mask) U^T P`, where
    - "none": `g = sign(sp - sg) / (max(sp, SMALLEST) * number of pairs)`, the derivative of the value;
    - "relative": `g = (sp - sg) / (max(sp, sg)^2 + EPSILON) / (bands * patch^2)`, not the derivative of the value: each
      singular value is pushed by its relative error, and no `1 / sp` can blow up. Each patch has the same pull,
      however many there are.
    Neither has the gaps between singular values in a denominator. The truth gets no gradient.

    Args:
      cube_hat: float [batch, height, width, bands], the estimate.
      cube: the truth, of the same shape.
      patch: side of a patch, pixels; sides of the cube that are no whole number of strides are cut off below and right.
      stride: between patches, pixels; divides `patch`.
      weighting: "relative" or "none".

    Returns:
      float32 scalar; not a number where the estimate or the truth is not.

    Raises:
      ValueError: unknown weighting, a stride that does not divide the patch, cubes smaller than a patch or of unknown
        size.

    Source: method section 12 (values, threshold, weights); block sums, float64 and the pairs that count are ours.
    """
    if weighting not in WEIGHTINGS:
        raise ValueError(f"weighting: must be one of {', '.join(map(repr, WEIGHTINGS))}. Received: {weighting!r}")
    if stride < 1 or patch % stride:
        raise ValueError(f"stride: must divide patch={patch}. Received: {stride!r}")
    sides = cube_hat.shape[1:3]
    if None in sides or min(sides) < patch:
        raise ValueError(f"cube_hat: its sides must be known, and at least patch={patch}. Received: {tuple(sides)}")
    # The same solver for both, so that equal patches have no difference at all.
    truth, _ = decompose(gram_matrices(to_blocks(cube, patch, stride), patch // stride))

    @tf.custom_gradient
    def compare(estimate):
        blocks = to_blocks(estimate, patch, stride)
        values, vectors = decompose(gram_matrices(blocks, patch // stride))
        larger = tf.maximum(values, truth)
        counted = tf.cast(larger > SMALLEST, tf.float64)
        # Not a number stays what it is: no comparison above holds for it.
        difference = tf.where(tf.math.is_finite(larger), counted, 1) * (values - truth)
        count = tf.reduce_sum(counted)

        def gradient(upstream):
            if weighting == "none":
                pull = tf.sign(difference) / (tf.maximum(values, SMALLEST) * tf.maximum(count, 1))
            else:
                pull = difference / (tf.square(larger) + EPSILON) / (estimate.shape[-1] * patch**2)
            matrices = tf.matmul(vectors * pull[..., None, :], vectors, transpose_b=True)
            pulled = tf.matmul(blocks, spread(matrices, patch // stride))
            return tf.cast(upstream, tf.float32) * from_blocks(pulled, stride, estimate.shape)

        return tf.cast(tf.reduce_sum(tf.abs(difference)) / tf.maximum(count, 1), tf.float32), gradient

    return compare(tf.cast(cube_hat, tf.float32))


def to_blocks(cube: tf.Tensor, patch: int, stride: int) -> tf.Tensor:
    """Returns the blocks of `stride x stride` pixels that patches cover, float64 [batch, rows, columns, pixels, bands].

    Args:
      cube: float [batch, height, width, bands].
      patch: as for `rank`.
      stride: as for `rank`.
    """
    rows, columns = ((side - patch) // stride + patch // stride for side in cube.shape[1:3])
    cube = tf.cast(cube[:, : rows * stride, : columns * stride], tf.float64)
    cube = tf.reshape(cube, (-1, rows, stride, columns, stride, cube.shape[-1]))
    return tf.reshape(tf.transpose(cube, (0, 1, 3, 2, 4, 5)), (-1, rows, columns, stride**2, cube.shape[-1]))


def from_blocks(blocks: tf.Tensor, stride: int, shape: tf.TensorShape) -> tf.Tensor:
    """Returns the cube, float32 of `shape`, of the blocks that `to_blocks` cut; zero where it cut off."""
    rows, columns, bands = blocks.shape[1], blocks.shape[2], blocks.shape[-1]
    cube = tf.reshape(tf.cast(blocks, tf.float32), (-1, rows, columns, stride, stride, bands))
    cube = tf.reshape(tf.transpose(cube, (0, 1, 3, 2, 4, 5)), (-1, rows * stride, columns * stride, bands))
    return tf.pad(cube, ((0, 0), (0, shape[1] - rows * stride), (0, shape[2] - columns * stride), (0, 0)))


def gram_matrices(blocks: tf.Tensor, width: int) -> tf.Tensor:
    """Returns `P P^T` of the patches of `width x width` blocks, float64 [batch, rows, columns, bands, bands]."""
    return window_sums(tf.matmul(blocks, blocks, transpose_a=True), width)


def window_sums(values: tf.Tensor, width: int) -> tf.Tensor:
    """Returns the sums over windows of `width x width` entries of axes 1 and 2, at a stride of 1."""
    rows, columns = values.shape[1] - width + 1, values.shape[2] - width + 1
    values = ordered_sum([values[:, start : start + rows] for start in range(width)])
    return ordered_sum([values[:, :, start : start + columns] for start in range(width)])


def spread(matrices: tf.Tensor, width: int) -> tf.Tensor:
    """Returns for each block the sum over the patches that hold it: the transpose of `window_sums`."""
    around = (width - 1, width - 1)
    return window_sums(tf.pad(matrices, ((0, 0), around, around, (0, 0), (0, 0))), width)


def decompose(grams: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns (singular values [..., bands], left singular vectors [..., bands, bands]) of Gram matrices, float64.

    The solver fails on matrices that are not finite, without a word of where: it gets zeros in their place, and their
    singular values are NaN, so that the loss says so itself.
    """
    finite = tf.reduce_all(tf.math.is_finite(grams), axis=(-2, -1), keepdims=True)
    eigenvalues, vectors = tf.linalg.eigh(tf.where(finite, grams, tf.zeros_like(grams)))
    values = tf.sqrt(tf.maximum(eigenvalues, 0))
    return tf.where(finite[..., 0], values, float("nan") * tf.ones_like(values)), vectors
