"""HRNet: a scene parser that keeps a high resolution throughout.

Conventions: channels last. Input: photo, [batch, height, width, 3], sRGB-encoded RGB in [0, 1]; the network normalizes
it by the ImageNet mean and standard deviation itself. Output: class scores (logits) at a quarter of the input's size,
[batch, ceil(height / 4), ceil(width / 4), classes]. Height and width are free; at multiples of 32 the four resolutions
halve evenly. All convolutions but the head's two go without a bias, into a BatchNorm.

A network has a stem of two stride-2 convolutions and four stages. Stage 1 is a chain of bottlenecks at 1/4. Stage s
has s branches at 1/4, 1/8, ... and a number of modules; a module runs every branch through residual blocks and then
lets each branch take in the sum of all of them, brought to its size (exchange unit). The head concatenates the four
branches at 1/4.

Source: Wang et al., "Deep High-Resolution Representation Learning for Visual Recognition", TPAMI 2020 (HRNetV2); the
sizes in `VARIANTS` are those of the authors' published segmentation models. Stride-2 convolutions pad one pixel on
each side and BatchNorm uses momentum 0.9 and epsilon 1e-5, as theirs do, so that their weights can be carried over;
upsampling is bilinear with half-pixel centers. Convolutions start from He's initialization, since training starts
from scratch.
"""

import dataclasses

import keras
import tensorflow as tf

from hsgan.errors import ConfigError
from hsgan.networks.layers.normalization import BatchNormalization

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of sRGB-encoded values in [0, 1]
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclasses.dataclass(frozen=True)
class Variant:
    """Sizes of an HRNet.

    Attributes:
      bottlenecks: (number of stage 1's bottlenecks, their inner width; they put out 4 times as many channels).
      modules: number of modules of stages 2, 3 and 4.
      blocks: number of residual blocks of each branch in a module.
      width: channels of the 1/4 branch; each lower resolution has twice those above it.
    """

    bottlenecks: tuple
    modules: tuple
    blocks: int
    width: int


VARIANTS = {
    "hrnet_w18_small": Variant(bottlenecks=(1, 32), modules=(1, 1, 1), blocks=2, width=16),  # W18-Small-v1, 1.5 M
    "hrnet_w18_small_v2": Variant(bottlenecks=(2, 64), modules=(1, 3, 2), blocks=2, width=18),  # 3.9 M
    "hrnet_w48": Variant(bottlenecks=(4, 64), modules=(1, 4, 3), blocks=4, width=48),  # 65.8 M, the paper's E1
}


@keras.saving.register_keras_serializable("hsgan")
class ResizeLike(keras.layers.Layer):
    """Bilinear resize of a tensor to the height and width of another, which is not otherwise used.

    Call: `layer([values, target])`; values [batch, h, w, channels], target [batch, h2, w2, any]; returns
    [batch, h2, w2, channels] in the layer's compute dtype.
    """

    def call(self, inputs: list[tf.Tensor]) -> tf.Tensor:
        values, target = inputs
        static = target.shape[1:3]
        size = static if None not in static else tf.shape(target)[1:3]
        resized = tf.image.resize(values, size, method="bilinear")  # puts out float32, whatever the input
        return tf.cast(resized, self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        values, target = input_shape
        return (values[0], target[1], target[2], values[3])


class _Builder:
    """Layers under one dtype policy, each with a name that says where it sits."""

    def __init__(self, dtype, seed):
        self.dtype, self.seed = dtype, seed

    def convolution(self, x, filters, kernel, name, **options):
        """A convolution from He's initialization; each one draws with a seed of its own."""
        self.seed += 1
        start = keras.initializers.HeNormal(seed=self.seed)
        layer = keras.layers.Conv2D(filters, kernel, kernel_initializer=start, dtype=self.dtype, name=name, **options)
        return layer(x)

    def unit(self, x, filters, name, kernel=3, stride=1, relu=True, use_bias=False):
        """Convolution, BatchNorm and, with `relu`, ReLU."""
        padding = "same"
        if stride > 1:
            x = keras.layers.ZeroPadding2D(kernel // 2, dtype=self.dtype, name=f"{name}_pad")(x)
            padding = "valid"
        x = self.convolution(x, filters, kernel, f"{name}_conv", strides=stride, padding=padding, use_bias=use_bias)
        x = BatchNormalization(momentum=0.9, epsilon=1e-5, dtype=self.dtype, name=f"{name}_bn")(x)
        return self.relu(x, name) if relu else x

    def relu(self, x, name):
        return keras.layers.ReLU(dtype=self.dtype, name=f"{name}_relu")(x)

    def add(self, terms, name):
        return keras.layers.Add(dtype=self.dtype, name=f"{name}_add")(terms)

    def resize(self, x, target, name):
        return ResizeLike(dtype=self.dtype, name=f"{name}_resize")([x, target])

    def bottleneck(self, x, width, name):
        """1x1, 3x3 and 1x1 convolution around a residual connection; puts out 4 * width channels."""
        y = self.unit(x, width, f"{name}_in", kernel=1)
        y = self.unit(y, width, f"{name}_mid")
        y = self.unit(y, 4 * width, f"{name}_out", kernel=1, relu=False)
        if x.shape[-1] != 4 * width:
            x = self.unit(x, 4 * width, f"{name}_skip", kernel=1, relu=False)
        return self.relu(self.add([y, x], name), name)

    def block(self, x, name):
        """Two 3x3 convolutions around a residual connection."""
        y = self.unit(x, x.shape[-1], f"{name}_a")
        y = self.unit(y, x.shape[-1], f"{name}_b", relu=False)
        return self.relu(self.add([y, x], name), name)

    def exchange(self, branches, target, name):
        """Sum of all branches at the size and width of branch `target`."""
        width, terms = branches[target].shape[-1], []
        for source, x in enumerate(branches):
            path = f"{name}_{source}to{target}"
            if source > target:
                x = self.resize(self.unit(x, width, path, kernel=1, relu=False), branches[target], path)
            for step in range(source + 1, target + 1):
                last = step == target
                x = self.unit(x, width if last else x.shape[-1], f"{path}_{step}", stride=2, relu=not last)
            terms.append(x)
        return self.relu(self.add(terms, f"{name}_{target}"), f"{name}_{target}")

    def module(self, branches, blocks, name):
        """Residual blocks on every branch, then an exchange unit."""
        outputs = []
        for index, x in enumerate(branches):
            for block in range(blocks):
                x = self.block(x, f"{name}_branch{index}_block{block}")
            outputs.append(x)
        return [self.exchange(outputs, target, f"{name}_fuse") for target in range(len(outputs))]


def build_hrnet(
    variant: str | Variant,
    classes: int,
    dtype: str | keras.DTypePolicy | None = None,
    name: str | None = None,
    seed: int = 0,
) -> keras.Model:
    """Returns an HRNet with random weights.

    Args:
      variant: a key of `VARIANTS`, or a `Variant`.
      classes: number of classes.
      dtype: dtype policy of its layers, by name or as an object; None: the global one. Variables stay float32 and so
        do the scores in "mixed_bfloat16".
      name: of the model; None: the variant's.
      seed: of the random weights; equal seeds give equal weights.

    Returns:
      `keras.Model`: photo [batch, height, width, 3], float32, sRGB-encoded, in [0, 1] -> class scores
      [batch, ceil(height / 4), ceil(width / 4), classes], float32.

    Raises:
      ConfigError: no such variant, or fewer than 2 classes.
    """
    if isinstance(variant, str):
        if variant not in VARIANTS:
            raise ConfigError(f"variant: must be one of {', '.join(VARIANTS)}. Received: {variant!r}")
        name, variant = name or variant, VARIANTS[variant]
    if classes < 2:
        raise ConfigError(f"classes: a scene parser needs at least 2. Received: {classes!r}")
    builder = _Builder(dtype, 1000 * seed)  # no variant has as many convolutions
    photo = keras.Input((None, None, 3), dtype="float32", name="photo")
    x = keras.layers.Rescaling([1 / std for std in IMAGENET_STD],
                               [-mean / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)],
                               dtype="float32", name="imagenet")(photo)  # fmt: skip
    x = builder.unit(x, 64, "stem_a", stride=2)
    x = builder.unit(x, 64, "stem_b", stride=2)
    for index in range(variant.bottlenecks[0]):
        x = builder.bottleneck(x, variant.bottlenecks[1], f"stage1_block{index}")
    scores = _head(builder, _stages(builder, x, variant), classes)
    return keras.Model(photo, scores, name=name or "hrnet")


def _stages(builder, x, variant):
    """Stages 2-4: each opens one more branch below, then runs its modules; returns the four branches."""
    branches = [x]
    for stage, modules in enumerate(variant.modules, start=2):
        lowest = branches[-1]
        if stage == 2:  # stage 1's channels differ from the branches'
            branches = [builder.unit(x, variant.width, "stage2_enter0")]
        width = variant.width * 2 ** (stage - 1)
        branches.append(builder.unit(lowest, width, f"stage{stage}_enter{stage - 1}", stride=2))
        for module in range(modules):
            branches = builder.module(branches, variant.blocks, f"stage{stage}_module{module}")
    return branches


def _head(builder, branches, classes):
    """Concatenation at 1/4, 1x1 convolution, BatchNorm, ReLU, 1x1 convolution to the class scores in float32."""
    levels = [builder.resize(x, branches[0], f"head_level{i}") if i else x for i, x in enumerate(branches)]
    x = keras.layers.Concatenate(dtype=builder.dtype, name="head_concat")(levels)
    x = builder.unit(x, x.shape[-1], "head", kernel=1, use_bias=True)
    scores = builder.convolution(x, classes, 1, "scores")
    return keras.layers.Activation("linear", dtype="float32", name="scores_float32")(scores)
