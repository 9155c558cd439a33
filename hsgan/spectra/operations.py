"""The few operations that closed forms and networks' physics are made of, as an object that can be exchanged.

What is computed is written once, over these operations (`hsgan.spectra.closed_form`, `hsgan.networks.unrolled`). How it
is computed differs with the runtime: `EXACT` is TensorFlow's way; `hsgan.reconstruct.portable` has TFLite's.
"""

import tensorflow as tf

from hsgan.spectra import imaging


class Operations:
    """TensorFlow's own operations: any number of images, each with its camera; 3x3 systems in float64.

    Attributes:
      dtype: type in which the coefficients of a closed form are computed.
      floor: what is added to the diagonal of a system, relative to its trace. It keeps a system positive definite when
        rows of the SRF are equal; it moves the RGB by about this much of itself.
    """

    dtype = tf.float64
    floor = 1e-12

    def project(self, image: tf.Tensor, matrix: tf.Tensor) -> tf.Tensor:
        """Returns `matrix @ pixel` at every pixel: a cube projected by an SRF, or an RGB image lifted to bands.

        Args:
          image: float32 [..., height, width, inner].
          matrix: float32 [outer, inner], or one per sample [batch, outer, inner].
        """
        return imaging.project(image, matrix)

    def solve(self, gram: tf.Tensor, right: tf.Tensor) -> tf.Tensor:
        """Returns `gram^-1 right` [..., 3, k].

        Args:
          gram: `dtype` [..., 3, 3], symmetric, positive semidefinite.
          right: `dtype` [..., 3, k].
        """
        floor = self.floor * tf.linalg.trace(gram)[..., None, None]
        return tf.linalg.cholesky_solve(tf.linalg.cholesky(gram + floor * tf.eye(3, dtype=self.dtype)), right)


EXACT = Operations()
