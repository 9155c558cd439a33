"""Cubes from RGB under the mixture prior: the mean of all spectra that an RGB can come from, and how far they differ.

For a camera `C` and noise of variance `s`, component `k` of the prior says of an RGB `x`

    m_k = C mu_k;  P_k = C S_k C^T + s I;  G_k = S_k C^T P_k^-1;  e_k = mu_k + G_k (x - m_k)

and it has a share `r_k ~ w_k N(x; m_k, P_k)` in the estimate `e = sum_k r_k e_k`, clipped at 0. This is the Wiener
estimate (`hsgan.spectra.closed_form`), k times. The variance is that inside the components and that between them,
`sum_k r_k (S_k - G_k C S_k + (e_k - e) (e_k - e)^T)`, of which the diagonal is given here.

All that depends on the camera alone is one `CameraForm`. A pixel then costs two products: its ten monomials with the
form's `logits`, and `[r, r x]` with its `gains`. The 3x3 systems are solved by orthogonal rows, `[C L_k, sqrt(s) I] =
T Q` with `S_k = L_k L_k^T`, so that `P_k = T T^T` is never computed: its condition would be the square. Differentiable
in the camera, the prior and the RGB. Source: method section 18.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

NOISE = 1e-6  # variance of the RGB noise
Tensor = tf.Tensor | np.ndarray


class CameraForm(NamedTuple):
    """The prior seen through a camera, or one for each of a batch; float32.

    Attributes:
      logits: [..., 10, k], of the monomials `monomials` gives.
      gains: [..., 4 k, bands], of `[r, r x_red, r x_green, r x_blue]`.
      variances: [..., k, bands], of the spectra of a component whose RGB is known.
    """

    logits: tf.Tensor
    gains: tf.Tensor
    variances: tf.Tensor


def camera_form(srf: Tensor, parameters: tuple, noise: float = NOISE, dtype: tf.DType = tf.float64) -> CameraForm:
    """Returns the `CameraForm` of a camera.

    Args:
      srf: float [3, bands], or [batch, 3, bands]; negative values are allowed, and so are equal rows.
      parameters: `(log weights [k], means [k, bands], Cholesky factors [k, bands, bands])` of the prior.
      noise: variance of the RGB noise, positive.
      dtype: in which it is computed.
    """
    log_weights, means, factors = (tf.cast(values, dtype) for values in parameters)
    srf = tf.cast(srf, dtype)[..., None, :, :]  # a camera for every component
    seen = tf.matmul(srf, factors)  # C L_k
    inverse, basis = _orthogonal_rows(seen, float(np.sqrt(noise)))
    center = tf.matmul(srf, means[:, :, None])  # C mu_k, [..., k, 3, 1]
    white = tf.matmul(inverse, center)[..., 0]
    precision = tf.matmul(inverse, inverse, transpose_a=True)
    linear = tf.matmul(inverse, white[..., None], transpose_a=True)[..., 0]
    # The determinant of `inverse`, which is triangular: the density's factor.
    determinant = tf.reduce_sum(tf.math.log(tf.linalg.diag_part(inverse)), axis=-1)
    constant = log_weights + determinant - tf.reduce_sum(white**2, axis=-1) / 2
    squares = [-precision[..., i, i] / 2 for i in range(3)]
    products = [-precision[..., i, j] for i, j in ((0, 1), (0, 2), (1, 2))]
    logits = tf.stack([constant, *tf.unstack(linear, axis=-1), *squares, *products], axis=-2)
    unseen = tf.matmul(factors, basis, transpose_b=True)  # L_k Q^T, [..., k, bands, 3]
    gains = tf.matmul(unseen, inverse)
    offset = means - tf.matmul(gains, center)[..., 0]
    variances = tf.reduce_sum(factors**2, axis=-1) - tf.reduce_sum(unseen**2, axis=-1)
    gains = tf.concat([offset, *tf.unstack(gains, axis=-1)], axis=-2)
    return CameraForm(*(tf.cast(values, tf.float32) for values in (logits, gains, tf.maximum(variances, 0))))


def monomials(rgb: Tensor) -> tf.Tensor:
    """Returns `[1, r, g, b, r^2, g^2, b^2, r g, r b, g b]` of an RGB [..., 3]; float [..., 10]."""
    rgb = tf.convert_to_tensor(rgb)
    red, green, blue = (rgb[..., channel : channel + 1] for channel in range(3))
    return tf.concat([tf.ones_like(red), rgb, rgb * rgb, red * green, red * blue, green * blue], axis=-1)


def shares(rgb: Tensor, form: CameraForm) -> tf.Tensor:
    """Returns what part each component has in the estimate of an RGB [..., n, 3]: float32 [..., n, k], sum 1."""
    return tf.nn.softmax(tf.matmul(monomials(rgb), form.logits), axis=-1)


def estimate_pixels(rgb: Tensor, form: CameraForm) -> tf.Tensor:
    """Returns the spectra float32 [..., n, bands], not negative, of pixels float32 [..., n, 3]."""
    return tf.nn.relu(_mean(rgb, shares(rgb, form), form))


def deviate_pixels(rgb: Tensor, form: CameraForm) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the spectra as `estimate_pixels` does, and their standard deviations, float32 [..., n, bands].

    Needs `k` spectra a pixel in memory: give it some thousand pixels at a time.
    """
    rgb, share = tf.convert_to_tensor(rgb), shares(rgb, form)
    mean = _mean(rgb, share, form)
    offset, *gains = tf.split(form.gains[..., None, :, :], 4, axis=-2)
    apart = offset - mean[..., None, :]
    for channel, gain in enumerate(gains):
        apart += rgb[..., channel : channel + 1, None] * gain
    between = tf.matmul(share[..., None, :], apart**2)[..., 0, :]
    return tf.nn.relu(mean), tf.sqrt(between + tf.matmul(share, form.variances))


def estimate(rgb: Tensor, srf: Tensor, parameters: tuple, noise: float = NOISE) -> tf.Tensor:
    """`mixture`: the mean of the spectra that RGB can come from, under the mixture prior.

    Args:
      rgb: float32 [height, width, 3], or [batch, height, width, 3], linear.
      srf: float32 [3, bands], or one per sample [batch, 3, bands].
      parameters: of the prior, as for `camera_form`.
      noise: variance of the RGB noise.

    Returns:
      Cube, float32 [..., height, width, bands], not negative.
    """
    rgb, srf = tf.convert_to_tensor(rgb, tf.float32), tf.convert_to_tensor(srf)
    form, shape = camera_form(srf, parameters, noise), tf.shape(rgb)
    pixels = tf.reshape(rgb, tf.concat([shape[: srf.shape.rank - 2], [-1, 3]], axis=0))
    cube = tf.reshape(estimate_pixels(pixels, form), tf.concat([shape[:-1], [srf.shape[-1]]], axis=0))
    return tf.ensure_shape(cube, (*rgb.shape[:-1], srf.shape[-1]))


def _mean(rgb, share, form):
    rgb = tf.convert_to_tensor(rgb)
    weighted = [share, *(share * rgb[..., channel : channel + 1] for channel in range(3))]
    return tf.matmul(tf.concat(weighted, axis=-1), form.gains)


def _orthogonal_rows(seen, deviation):
    """Returns `T^-1` [..., 3, 3] and the first part of `Q` [..., 3, bands] of `[seen, deviation I] = T Q`.

    `T` is lower triangular and the rows of `Q` are orthonormal (Gram and Schmidt's method, as modified). Only
    elementary operations: they keep float32's accuracy, and TFLite has them.

    Args:
      seen: [..., 3, bands].
      deviation: of the noise, positive; without it equal rows would have no `Q`.
    """
    noise = tf.broadcast_to(deviation * tf.eye(3, dtype=seen.dtype), tf.concat([tf.shape(seen)[:-1], [3]], axis=0))
    rows = tf.unstack(tf.concat([seen, noise], axis=-1), axis=-2)
    basis, inverse = [], []
    for number, row in enumerate(rows):
        combined = tf.one_hot(number, 3, dtype=seen.dtype)  # of the rows, what `row` is after each subtraction
        for direction, made_of in zip(basis, inverse, strict=True):
            along = tf.reduce_sum(row * direction, axis=-1, keepdims=True)
            row, combined = row - along * direction, combined - along * made_of
        length = tf.sqrt(tf.reduce_sum(row**2, axis=-1, keepdims=True))
        basis.append(row / length)
        inverse.append(combined / length)
    return tf.stack(inverse, axis=-2), tf.stack(basis, axis=-2)[..., : seen.shape[-1]]
