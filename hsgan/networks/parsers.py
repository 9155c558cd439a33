"""The frozen scene parser `E1`, whose class scores the semantic branch takes in ([SE] section 3.5; method section 6).

`config.semantic.parser` says which one:

- "": none.
- "hrnet_w18_small", "hrnet_w18_small_v2", "hrnet_w48": our own HRNet (`hsgan.networks.hrnet`) with weights that
  `hsgan.pretrain_parser` wrote.
- "hub:PRESET": an image segmenter of keras-hub, by preset name or by the folder of a saved preset.
- otherwise the path of a saved Keras model (.keras) that takes a photo, [batch, h, w, 3], sRGB-encoded in [0, 1], and
  gives scores, [batch, h', w', channels]. It does its own normalization.

A foreign parser need not know our classes: its scores serve as features, so their number is free. Whichever it is,
`FrozenParser` makes it look the same from outside.
"""

import warnings
import zipfile
from collections.abc import Sequence
from pathlib import Path

import keras
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.disk import guard, whole
from hsgan.disk.plain import read_json
from hsgan.errors import ConfigError, DataError
from hsgan.files import weights as weights_lib
from hsgan.networks.hrnet import VARIANTS, build_hrnet

HUB = "hub:"
WEIGHTS_FILE = "parser.weights.h5"  # what pre-training writes ...
REPORT_FILE = "parser.json"  # ... and, after it, the facts about it
STRIDE = 4  # photo's size over the scores'


class FrozenParser(keras.Model):
    """A scene parser that is never trained, with scores in float32 at a quarter of the photo's size.

    Call: photo [batch, h, w, 3], sRGB-encoded, in [0, 1] -> scores [batch, ceil(h / 4), ceil(w / 4), channels],
    float32, without a gradient. Always in inference mode: BatchNorm keeps its statistics and dropout is off even with
    `training=True`. A parser for one size only gets the photo resized to it; scores of another size are resized
    (bilinear, both).

    Args:
      parser: functional or sequential `keras.Model`, one photo in, one score map out. Its `trainable` becomes False.
      scale: what the parser expects is `scale * photo + offset`; a number, or one for each color.
      offset: as `scale`.
      source: what error texts call the parser.

    Attributes:
      channels: number of scores a pixel.

    Raises:
      DataError: not one input with 3 channels, or not one floating-point output of rank 4 with a known number of
        channels.
    """

    def __init__(
        self,
        parser: keras.Model,
        scale: float | Sequence[float] = 1.0,
        offset: float | Sequence[float] = 0.0,
        source: str = "scene parser",
        name: str = "scene_parser",
    ):
        super().__init__(name=name)
        self.fixed_size, self.channels = _check(parser, source)
        self.parser, self.scale, self.offset = parser, scale, offset
        self.trainable = False
        self.built = True

    def call(self, photo: tf.Tensor, training: bool = False) -> tf.Tensor:
        size = _quarter(photo)
        if self.fixed_size is not None:
            photo = _resize(photo, self.fixed_size)
        scores = self.parser(photo * self.scale + self.offset, training=False)
        return tf.stop_gradient(_resize(tf.cast(scores, tf.float32), size))

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, height, width, _ = input_shape
        return (batch, *(None if side is None else -(-side // STRIDE) for side in (height, width)), self.channels)


def build_parser(config: ConfigDict, classes: int, weights: str | Path | None = None) -> FrozenParser | None:
    """Returns the `FrozenParser` of `config.semantic.parser`; None if that is "".

    Args:
      config: the configuration. `config.train.precision` is the precision of our own and of keras-hub's parsers.
      classes: number of classes of the photo records; only our own parsers must have as many scores.
      weights: file of weights for our own parser; None: `config.semantic.parser_weights`.

    Raises:
      ConfigError: no such parser, an own parser without weights, weights for a parser that brings its own, keras-hub
        is missing or does not have the preset.
      DataError: a file that is no Keras model or holds other weights, or a model that is no parser of RGB photos.
    """
    name = config.semantic.parser
    weights = weights or config.semantic.parser_weights
    if not name:
        return None
    if name in VARIANTS:
        return FrozenParser(_own_parser(config, classes, weights), source=name)
    if weights:
        raise ConfigError(f"semantic.parser_weights: only for our own parsers ({', '.join(VARIANTS)}); "
                          f'{name} brings its own: leave it "". Received: {str(weights)!r}')  # fmt: skip
    if name.startswith(HUB):
        return _hub_parser(name, config.train.precision)
    return FrozenParser(_saved_parser(name), source=name)


def load_weights(parser: keras.Model, path: str | Path, name: str, classes: int) -> None:
    """Loads a file of weights that `hsgan.pretrain_parser` wrote into an HRNet.

    Args:
      parser: `keras.Model` of `build_hrnet(name, classes)`.
      path: the file; a report beside it (`REPORT_FILE`) is checked first, where there is one.

    Raises:
      DataError: no such file, or weights of another network or number of classes.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file of parser weights; make one by python -m hsgan.pretrain_parser")
    if not path.name.endswith(".weights.h5"):
        raise DataError(f"{path}: a file of parser weights must be named *.weights.h5")
    if path.name == WEIGHTS_FILE:
        whole.read_whole(
            [path, path.with_name(REPORT_FILE)], lambda *paths: _load_checked(parser, *paths, name, classes)
        )
    else:
        _load(parser, path, name, classes)


def _load_checked(parser, path, report, name, classes):
    """Checks the report beside the weights, where there is one, before it loads them."""
    if report.is_file():
        with guard.reading(report, "a report of pre-training"):
            facts = read_json(report)
            found = facts["parser"], facts["classes"]
        if found != (name, classes):
            raise DataError(f"{path}: weights of {found[0]} for {found[1]} classes, but {name} for {classes} classes "
                            "is wanted; pre-train it, or set semantic.parser")  # fmt: skip
    _load(parser, path, name, classes)


def _load(parser, path, name, classes):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # so Keras says that it leaves weights as they are
            weights_lib.load_weights(path, parser)
    except (ValueError, KeyError, UserWarning) as error:
        raise DataError(f"{path}: not the weights of {name} for {classes} classes: {_one_line(error)}") from error


def _own_parser(config, classes, weights):
    name = config.semantic.parser
    if not weights:
        raise ConfigError(f"semantic.parser_weights: {name} needs weights, or it would give noise: set the file that "
                          "python -m hsgan.pretrain_parser writes, or semantic.pretrain_steps > 0")  # fmt: skip
    parser = build_hrnet(name, classes, dtype=config.train.precision)
    load_weights(parser, weights, name, classes)
    return parser


def _hub_parser(name, precision):
    preset = name.removeprefix(HUB)
    try:
        import keras_hub
    except ImportError as error:
        raise ConfigError(f"semantic.parser: {name} needs keras-hub: pip install 'hsgan[hub]' ({error})") from error
    try:
        segmenter = keras_hub.models.ImageSegmenter.from_preset(preset, dtype=precision)
    except (ValueError, OSError) as error:
        raise ConfigError(f"semantic.parser: keras-hub has no image segmenter {preset!r}, or cannot fetch it: "
                          f"{_one_line(error)}") from error  # fmt: skip
    # What a preset expects is its image converter's affine map of values in [0, 255]; its resizing is not wanted.
    converter = getattr(getattr(segmenter, "preprocessor", None), "image_converter", None)
    if converter is None:
        raise ConfigError(f"semantic.parser: {name} has no image converter, so the range of its input is unknown; save "
                          "it as a .keras model that takes values in [0, 1]")  # fmt: skip
    scale = 1.0 if converter.scale is None else converter.scale
    offset = 0.0 if converter.offset is None else converter.offset
    return FrozenParser(segmenter, 255.0 * tf.constant(scale, tf.float32), tf.constant(offset, tf.float32), source=name)


def _saved_parser(name):
    path = Path(name)
    if not path.is_file():
        raise ConfigError(f"semantic.parser: must be \"\", one of {', '.join(VARIANTS)}, {HUB}PRESET or an existing "
                          f".keras file. Received: {name!r}")  # fmt: skip
    try:
        return keras.saving.load_model(path, compile=False)
    except (ValueError, TypeError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: cannot be loaded as a Keras model (.keras): {_one_line(error)}") from error


def _check(parser, source):
    """Returns (the only size of its input or None, channels of its output) of a scene parser; raises `DataError`."""
    inputs, outputs = getattr(parser, "inputs", None), getattr(parser, "outputs", None)
    if inputs is None or outputs is None:
        raise DataError(f"{source}: a scene parser must be a functional or sequential Keras model")
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[-1] != 3:
        shapes = [tuple(tensor.shape) for tensor in inputs]
        raise DataError(f"{source}: a scene parser must take one photo [batch, h, w, 3]. Received: inputs {shapes}")
    shapes = [(*tensor.shape, tensor.dtype) for tensor in outputs]
    rank_4 = len(outputs) == 1 and len(outputs[0].shape) == 4 and outputs[0].shape[-1] is not None
    if not rank_4 or "float" not in outputs[0].dtype:
        raise DataError(f"{source}: a scene parser must give one map of scores [batch, h', w', channels] in floating "
                        f"point. Received: outputs {shapes}")  # fmt: skip
    size = tuple(inputs[0].shape[1:3])
    if None in size and size != (None, None):
        raise DataError(f"{source}: a scene parser must fix both height and width of its input or none. "
                        f"Received: {size}")  # fmt: skip
    return (None if None in size else size), int(outputs[0].shape[-1])


def _quarter(photo):
    """Returns (height, width) of the scores for a photo: Python numbers where they are known."""
    if None not in photo.shape[1:3]:
        return tuple(-(-side // STRIDE) for side in photo.shape[1:3])
    return -(-tf.shape(photo)[1:3] // STRIDE)


def _resize(values, size):
    """Bilinear resize to `size`; the very tensor where that is its known size."""
    if isinstance(size, tuple) and tuple(values.shape[1:3]) == size:
        return values
    return tf.image.resize(values, size)


def _one_line(error):
    """The first 200 characters of an error's text in one line."""
    return " ".join(str(error).split())[:200]
