"""`mixture`: cubes from RGB under a mixture of Gaussians, and how far to trust them (method section 18).

For a camera `C` and noise of variance `s`, component `k` of the prior says of an RGB `x`

    m_k = C mu_k;  P_k = C S_k C^T + s I;  G_k = S_k C^T P_k^-1;  e_k = mu_k + G_k (x - m_k)

and it has a share `r_k ~ w_k N(x; m_k, P_k)` in the estimate `e = sum_k r_k e_k`, clipped at 0. This is `wiener`
(`hsgan.spectra.closed_form`), k times. The variance is that inside the components and that between them,
`sum_k r_k (S_k - G_k C S_k + (e_k - e) (e_k - e)^T)`, of which the diagonal is given here.

All that depends on the camera alone is one `CameraForm`. A pixel then costs two products: its ten monomials with the
form's `logits`, and `[r, r x]` with its `gains`. The 3x3 systems are solved by orthogonal rows, `[C L_k, sqrt(s) I] =
T Q` with `S_k = L_k L_k^T`. So `P_k = T T^T` is never computed: its condition would be the square of `T`'s, too much
for float32. Differentiable in the camera, the prior and the RGB.

A prior is given by its `parameters`: log weights [k], means [k, bands], and lower factors of the covariances
[k, bands, bands] (`hsgan.prior.mixture.MixturePrior.parameters`).
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from hsgan.spectra.operations import EXACT, Operations

NOISE = 1e-6  # variance of the RGB noise
Parameters = tuple[tf.Tensor, tf.Tensor, tf.Tensor]
Gate = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
# Of the likelihood of any RGB in [0, 1], in the units of the logits, which leave out a Gaussian's (2 pi)^(-3/2).
_ANYTHING = np.float32(np.log(0.01) + 1.5 * np.log(2 * np.pi))
# What tells cameras apart: variance of the noise of photos, rows and columns of the pixels that are looked at, and as
# how many independent ones they count. Chosen on scenes and cameras left out in turn
# (`benchmarks/camera_estimates.py`, docs/cameras.md).
CAMERA_NOISE, GRID, INDEPENDENT_PIXELS = 1e-4, 32, 5.0


class CameraForm(NamedTuple):
    """The prior seen through a camera, or through one for each of a batch; float32.

    Attributes:
      logits: [..., k, 10], of the monomials that `monomials` gives.
      gains: [..., bands, 4 k], of `[r, r x_red, r x_green, r x_blue]`.
      variances: [..., bands, k], of the spectra of a component whose RGB is known.
    """

    logits: tf.Tensor
    gains: tf.Tensor
    variances: tf.Tensor


def solve_mixture(srf: tf.Tensor, knowledge: Parameters, noise: float, operations: Operations = EXACT) -> CameraForm:
    """Returns the `CameraForm` of a camera.

    Args:
      srf: float [3, bands], or [batch, 3, bands]. Negative values are allowed, and so are equal rows.
      knowledge: the prior's parameters.
      noise: variance of the RGB noise, positive.
      operations: how to compute.
    """
    log_weights, means, factors = (tf.cast(values, operations.dtype) for values in knowledge)
    srf = tf.cast(srf, operations.dtype)[..., None, :, :]  # a camera for every component
    inverse, basis, determinant = _orthogonal_rows(tf.matmul(srf, factors), float(np.sqrt(noise)))
    center = tf.matmul(srf, means[:, :, None])  # C mu_k, [..., k, 3, 1]
    white = tf.matmul(inverse, center)
    precision = tf.matmul(inverse, inverse, transpose_a=True)
    linear = tf.matmul(inverse, white, transpose_a=True)[..., 0]
    constant = log_weights + determinant - tf.reduce_sum(white[..., 0] ** 2, axis=-1) / 2
    squares = [-precision[..., i, i, None] / 2 for i in range(3)]
    products = [-precision[..., i, j, None] for i, j in ((0, 1), (0, 2), (1, 2))]
    logits = tf.concat([constant[..., None], linear, *squares, *products], axis=-1)
    unseen = tf.matmul(factors, basis, transpose_b=True)  # L_k Q^T, [..., k, bands, 3]
    gains = tf.matmul(unseen, inverse)
    offset = means - tf.matmul(gains, center)[..., 0]
    variances = tf.maximum(tf.reduce_sum(factors**2, axis=-1) - tf.reduce_sum(unseen**2, axis=-1), 0)
    gains = tf.concat([offset, *(gains[..., channel] for channel in range(3))], axis=-2)
    transposed = (tf.linalg.matrix_transpose(values) for values in (gains, variances))
    return CameraForm(*(tf.cast(values, tf.float32) for values in (logits, *transposed)))


def exposed(form: CameraForm, gain: tf.Tensor | float) -> CameraForm:
    """Returns the form whose estimate of an RGB `x` is that of `form` of `gain x`, divided by `gain`.

    So an image is brought to the brightness of a prior, and its cube back, without a pass over either.

    Args:
      form: the prior seen through a camera.
      gain: float scalar, positive.
    """
    gain = tf.cast(gain, form.gains.dtype)
    logits = form.logits * tf.stack([1.0, *[gain] * 3, *[gain * gain] * 6])
    offset, *linear = tf.split(form.gains, 4, axis=-1)
    return CameraForm(logits, tf.concat([offset / gain, *linear], axis=-1), form.variances / gain**2)


def monomials(rgb: tf.Tensor) -> tf.Tensor:
    """Returns `[1, r, g, b, r^2, g^2, b^2, r g, r b, g b]` of an RGB [..., 3]; float [..., 10]."""
    red, green, blue = (rgb[..., channel : channel + 1] for channel in range(3))
    one = 0 * red + 1  # `ones_like` asks for a shape, and LiteRT then runs the whole graph ten times slower
    return tf.concat([one, rgb, rgb * rgb, red * green, red * blue, green * blue], axis=-1)


def estimate_mixture(
    rgb: tf.Tensor, form: CameraForm, operations: Operations = EXACT, gate: Gate | None = None
) -> tf.Tensor:
    """Returns the cube float32 [..., height, width, bands], not negative, of an RGB image [..., height, width, 3].

    Args:
      rgb: float32 [..., height, width, 3], linear.
      form: the prior seen through the camera.
      operations: how to compute.
      gate: (RGB, the components' shares float32 [..., height, width, k]) -> what is added to their logits, of the
        shares' shape; None: nothing.
    """
    rgb = tf.convert_to_tensor(rgb)
    share = _shares(rgb, form, operations)
    if gate is not None:
        share = tf.nn.softmax(_logits(rgb, form, operations) + gate(rgb, share))
    return tf.nn.relu(_mean(rgb, share, form, operations))


def deviate_mixture(rgb: tf.Tensor, form: CameraForm, operations: Operations = EXACT) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the cube as `estimate_mixture` does, and the standard deviation of each of its values.

    The squares `e_k^2` are linear in the monomials of the RGB, so their mean is one product more. Its float32 rounding
    is below 2 % of the deviations found on real cubes, and below 0.5 % of all but a thousandth of them.

    Args:
      rgb: float32 [..., height, width, 3], linear.
      form: the prior seen through the camera.
      operations: how to compute.

    Returns:
      Cube and deviation, float32 [..., height, width, bands].
    """
    rgb = tf.convert_to_tensor(rgb)
    share = _shares(rgb, form, operations)
    mean = _mean(rgb, share, form, operations)
    offset, red, green, blue = tf.split(form.gains, 4, axis=-1)
    squares = [offset**2, 2 * offset * red, 2 * offset * green, 2 * offset * blue, red**2, green**2, blue**2]
    squares = tf.concat([*squares, 2 * red * green, 2 * red * blue, 2 * green * blue], axis=-1)
    between = operations.project(_weighted(share, monomials(rgb)), squares) - mean**2
    inside = operations.project(share, form.variances)
    return tf.nn.relu(mean), tf.sqrt(tf.nn.relu(between) + inside)


def camera_likelihood(responses: tf.Tensor, knowledge: Parameters) -> tf.Tensor:
    """Returns what tells cameras apart: logits float32 [cameras, k, 10] of the prior seen through each.

    Args:
      responses: float [cameras, 3, bands].
      knowledge: the prior's parameters.
    """
    return solve_mixture(responses, knowledge, CAMERA_NOISE).logits


def camera_shares(rgb: tf.Tensor, likelihood: tf.Tensor, independent: float = INDEPENDENT_PIXELS) -> tf.Tensor:
    """Returns how probable it is that each of some cameras made an image: float32 [batch, cameras], sum 1.

    A camera's evidence is the likelihood of the image's pixels under the prior seen through it, where a hundredth of
    all pixels may be anything: what is unlike all spectra of the prior says nothing of the camera. Pixels of one image
    are much alike, and its colors are as much the scene's as the camera's. So its pixels count as `independent` ones,
    no matter how many they are: the shares are the softmax of that many times the mean log likelihood of a pixel. Those
    on a grid of `GRID` rows and columns are looked at, and not means over squares: the prior is of pixels.

    Args:
      rgb: float32 [batch, height, width, 3], linear.
      likelihood: of the cameras, as `camera_likelihood`; before the image all are equally probable.
      independent: 0 leaves them so.
    """
    # No size of what is computed depends on the image's: LiteRT plans it ahead.
    grid = tf.image.resize(rgb, (GRID, GRID), tf.image.ResizeMethod.NEAREST_NEIGHBOR)
    cameras, components, terms = likelihood.shape
    by_term = tf.reshape(tf.transpose(likelihood, (2, 0, 1)), (terms, cameras * components))
    logits = tf.matmul(tf.reshape(monomials(grid), (-1, terms)), by_term)
    logits = tf.reshape(logits, (-1, cameras, components))
    largest = tf.reduce_max(logits, axis=-1)
    above = largest + tf.math.log(tf.reduce_sum(tf.exp(logits - largest[..., None]), axis=-1)) - _ANYTHING
    evidence = tf.nn.relu(above) + tf.math.log(1 + tf.exp(-tf.abs(above)))  # softplus, which TFLite has not
    evidence = tf.reduce_mean(tf.reshape(evidence, (-1, GRID * GRID, cameras)), axis=1)
    return tf.nn.softmax(independent * evidence)


def estimate_camera(rgb: tf.Tensor, responses: tf.Tensor, likelihood: tf.Tensor) -> tf.Tensor:
    """Returns the mean of some cameras, each by the evidence for it in an image: float32 [batch, 3, bands].

    Args:
      rgb: float32 [batch, height, width, 3], linear.
      responses: float32 [cameras, 3, bands].
      likelihood: of these cameras, as for `camera_shares`.
    """
    cameras, channels, bands = responses.shape
    flat = tf.reshape(tf.cast(responses, tf.float32), (cameras, channels * bands))
    return tf.reshape(tf.matmul(camera_shares(rgb, likelihood), flat), (-1, channels, bands))


def mixture(
    rgb: tf.Tensor,
    srf: tf.Tensor,
    parameters: Parameters,
    noise: float = NOISE,
    operations: Operations = EXACT,
) -> tf.Tensor:
    """The mean of the spectra that an RGB can come from, under a mixture of Gaussians.

    Args:
      rgb: float32 [height, width, 3], or [batch, height, width, 3], linear.
      srf: float32 [3, bands], or one per sample [batch, 3, bands].
      parameters: of the prior.
      noise: variance of the RGB noise.
      operations: how to compute.

    Returns:
      Cube, float32 [..., height, width, bands], not negative.
    """
    form = solve_mixture(tf.convert_to_tensor(srf), parameters, noise, operations)
    return estimate_mixture(tf.convert_to_tensor(rgb, tf.float32), form, operations)


def _shares(rgb, form, operations):
    """Returns what part each component has in the estimate: float32 [..., k], sum 1."""
    return tf.nn.softmax(_logits(rgb, form, operations))


def _logits(rgb, form, operations):
    return operations.project(monomials(rgb), form.logits)


def _mean(rgb, share, form, operations):
    weighted = tf.concat([share, _weighted(share, rgb)], axis=-1)
    return operations.project(weighted, form.gains)


def _weighted(share, values):
    """Returns the shares [..., k] times each of some values [..., n], float32 [..., n k]."""
    return tf.concat([share * values[..., n : n + 1] for n in range(values.shape[-1])], axis=-1)


def _orthogonal_rows(seen, deviation):
    """Returns `T^-1` [..., 3, 3], the first part of `Q` [..., 3, bands] and `log det T^-1` [...] of
    `[seen, deviation I] = T Q`.

    `T` is lower triangular and the rows of `Q` are orthonormal (Gram and Schmidt's method, as modified). Only
    elementary operations: they keep float32's accuracy, and TFLite has them.

    Args:
      seen: [..., 3, bands].
      deviation: of the noise, positive; without it equal rows would have no `Q`.
    """
    identity = tf.constant(np.eye(3), seen.dtype)
    noise = deviation * identity + tf.zeros_like(seen[..., :3])
    rows = tf.concat([seen, noise], axis=-1)
    basis, inverse, determinant = [], [], 0.0
    for number in range(3):
        row, combined = rows[..., number : number + 1, :], identity[number : number + 1]
        for direction, made_of in zip(basis, inverse, strict=True):
            along = tf.reduce_sum(row * direction, axis=-1, keepdims=True)
            row, combined = row - along * direction, combined - along * made_of
        length = tf.sqrt(tf.reduce_sum(row**2, axis=-1, keepdims=True))
        basis.append(row / length)
        inverse.append(combined / length)
        determinant -= tf.math.log(length[..., 0, 0])
    return tf.concat(inverse, axis=-2), tf.concat(basis, axis=-2)[..., : seen.shape[-1]], determinant
