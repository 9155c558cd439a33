"""The trainable part of the semantic-embedded regularization: `E2` and `SE` ([SE] section 3.5; method section 6).

`E1`, the frozen scene parser, is `hsgan.networks.parsers`'. None of them is needed at test time.
"""

from typing import Any

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan import replicas
from hsgan.networks.layers.efficient import DenselyConnected, EfficientConvolution


class SemanticBranch(keras.layers.Layer):
    """Predicts the classes of a scene from its cube and the scene parser's features of its RGB.

    `E2`: per-pixel channel dropout, then densely connected units on the cube. `SE`: densely connected units of twice
    the classes on the concatenation of both features, then a linear unit to the classes.

    Args:
      classes: M.
      bands: of the cube.
      parser_channels: channels of `E1`'s features.
      width: of `E2`'s units.
      units: of `E2`; `SE` has as many.
      dropout: share of the cube's entries that are dropped.
    """

    def __init__(
        self,
        classes: int,
        bands: int,
        parser_channels: int,
        width: int,
        units: int,
        dropout: float,
        dtype: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(dtype="float32", **kwargs)
        unit = {"activation": "silu", "batch_norm": True, "use_bias": True, "dtype": dtype}
        self.dropout = dropout
        self.shapes = ((None, None, None, bands), (None, None, None, parser_channels + width))
        self.cube_features = DenselyConnected([EfficientConvolution(width, **unit) for _ in range(units)], dtype=dtype)
        self.fusion = DenselyConnected(
            [EfficientConvolution(2 * classes, **unit) for _ in range(units)]
            + [EfficientConvolution(classes, use_bias=True, dtype=dtype)],
            dtype=dtype,
        )

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        self.cube_features.build(self.shapes[0])
        self.fusion.build(self.shapes[1])

    def call(self, cube: tf.Tensor, parser_features: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        """Returns the class logits float32 [batch, h', w', classes] at the resolution of the parser's features.

        Args:
          cube: float32 [batch, h, w, bands], resized to the parser's resolution here.
          parser_features: float32 [batch, h', w', parser_channels].
          seed: int [2], of the dropout; equal seeds drop equal entries, so that a resumed run repeats them.
        """
        cube = tf.image.resize(cube, parser_features.shape[1:3])
        if self.dropout:
            cube = self._dropped(cube, seed)
        features = tf.cast(self.cube_features(cube), tf.float32)
        return tf.cast(self.fusion(tf.concat([parser_features, features], axis=-1)), tf.float32)

    def _dropped(self, cube, seed):
        def drop(values):
            return tf.nn.experimental.stateless_dropout(values, self.dropout, seed, rng_alg="philox")

        if replicas.count() == 1:
            return drop(cube)
        return cube * replicas.own(drop(tf.ones(replicas.whole_shape(cube), cube.dtype)))


def build_semantic_branch(
    config: ConfigDict, classes: int, bands: int, parser_channels: int, dtype: str | None = None
) -> SemanticBranch:
    """Returns the `SemanticBranch` of `config.semantic`, built."""
    values = config.semantic
    branch = SemanticBranch(
        classes, bands, parser_channels, values.width, values.units, values.dropout, dtype=dtype, name="semantic"
    )
    branch.build()
    branch.built = True
    return branch
