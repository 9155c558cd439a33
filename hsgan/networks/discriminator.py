"""The discriminator of cubes (method section 4; [SE] section 3.4)."""

import keras
import tensorflow as tf

from hsgan.layers.efficient import DenselyConnected, EfficientConvolution


class DiscriminatorStage(keras.layers.Layer):
    """Two stride-2 units, then densely connected ones; gives the last unit's output plus the downsampled input."""

    def __init__(self, width, units, **kwargs):
        super().__init__(**kwargs)
        unit = {"activation": "silu", "batch_norm": True, "use_bias": True, "dtype": self.dtype_policy}
        self.width = width
        self.down = [EfficientConvolution(width, strides=2, **unit) for _ in range(2)]
        policy = self.dtype_policy
        self.dense = DenselyConnected([EfficientConvolution(width, **unit) for _ in range(units)], dtype=policy)

    def build(self, input_shape):
        for unit in self.down:
            unit.build(input_shape)
            input_shape = unit.compute_output_shape(input_shape)
        self.dense.build(input_shape)

    def call(self, inputs):
        for unit in self.down:
            inputs = unit(inputs)
        return inputs + self.dense(inputs)

    def compute_output_shape(self, input_shape):
        return self.down[1].compute_output_shape(self.down[0].compute_output_shape(input_shape))


class Discriminator(keras.layers.Layer):
    """Judges whether a cube is real; 630,531 parameters for 31 bands, widths (64, 128), 7 units.

    The cube is divided by its own mean first (per sample, gradient stopped, + 1e-6; Eqs. 8, 13), so that it judges the
    shape of spectra, not brightness. Input: float32 [batch, h, w, bands]; h and w multiples of twice the stride of 16.
    Output: logits float32 [batch].

    Args:
      bands: bands of the cube. widths: channels of each stage. units: densely connected units of a stage.
    """

    def __init__(self, bands, widths, units, dtype=None, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.bands = bands
        self.stages = [DiscriminatorStage(width, units, dtype=dtype) for width in widths]
        self.score = keras.layers.Dense(1, dtype="float32")
        self.affine = keras.layers.Dense(1, kernel_initializer="ones", dtype="float32")

    def build(self, *shapes, **named_shapes):
        shape = (None, None, None, self.bands)
        for stage in self.stages:
            stage.build(shape)
            shape = stage.compute_output_shape(shape)
        self.score.build((None, 4 * shape[-1]))
        self.affine.build((None, 1))

    def call(self, cube):
        features = mean_normalized(cube)
        for stage in self.stages:
            features = stage(features)
        height, width = features.shape[1:3]
        window = (height // 2, width // 2)
        pooled = tf.nn.avg_pool2d(tf.cast(features, tf.float32), window, window, "VALID")
        flat = tf.reshape(pooled, (-1, 4 * features.shape[-1]))
        return self.affine(self.score(flat))[:, 0]


def mean_normalized(cube):
    """Divides each cube of a batch [batch, h, w, bands] by its mean, whose gradient is stopped (Eqs. 8, 13)."""
    mean = tf.reduce_mean(cube, axis=(1, 2, 3), keepdims=True)
    return cube / (tf.stop_gradient(mean) + 1e-6)


def build_discriminator(config, bands, dtype=None):
    """Returns the `Discriminator` of `config.discriminator` for `bands` bands, built."""
    discriminator = Discriminator(bands, **config.discriminator.to_dict(), dtype=dtype, name="discriminator")
    discriminator.build()
    discriminator.built = True
    return discriminator
