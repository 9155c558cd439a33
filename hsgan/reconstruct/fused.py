"""Inference in bounded memory: the numbers of a `HSGANNet` in float32, several times faster.

What is rearranged, exactly but for rounding (method section 11):
- the first 3x3 convolution of a stage is linear, so the 1x1 convolutions that read it become 3x3 convolutions of the
  stage's three-channel input, and it is never computed itself;
- SZM before a 1x1 convolution is folded into its weights, and 1x1 convolutions of a concatenation are sums, each added
  into the one before by the convolution itself;
- channels are padded with zeros to whole vector registers (62 to 64, 31 to 32);
- a stage runs block by block, with a halo of its own receptive radius: what a block needs stays near the processor,
  and nothing but the cube and its projection is held for the whole image. The image is padded with zeros at its true
  borders only, as the whole network does.

Weights are read, and folded in float64, at every call: a network in training gives its present numbers.
"""

import collections
import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from hsgan.networks.generator import GeneratorStage
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.networks.srf_estimator import at_least
from hsgan.networks.unrolled import Rule, Start, final, unroll
from hsgan.reconstruct.graphs import compiled
from hsgan.reconstruct.tiling import Tile, tiles

# Sides of a block in pixels. Smaller ones waste more on halos, larger ones on memory; about this size it is flat.
BLOCK = (128, 256)
INNER = tf.TensorSpec((4,), tf.int32)  # a block's place in its window: top, left, height, width
# The kernels of a stage as `fold` gives them: for each unit those of its input, of the earlier units' outputs, the
# depthwise one, and the bias of zeros.
Kernels = tuple[tuple[tf.Tensor, tuple[tf.Tensor, ...], tf.Tensor, tf.Tensor], ...]
# float32 values of a cache line, and of the widest vector register.
LANES = 16


class FusedReconstructor:
    """The fast form of a `hsgan.networks.hsgan_net.HSGANNet`.

    The generator computes in float32 whatever its policy is; the SRF estimator keeps its own.

    Args:
      network: the network; its weights may change later.
    """

    def __init__(self, network: HSGANNet):
        self.network, self.generator, self.estimator = network, network.generator, network.srf_estimator
        channels = self.estimator.blocks[0].units[-1].filters
        self.begin = compiled(self._begin, [tf.TensorSpec((1, None, None, 3)), INNER])
        self.finish = compiled(self._finish, [tf.TensorSpec((1, None, None, channels))])

    def __call__(self, rgb: np.ndarray, srf: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """Returns {"cube": float32 [height, width, bands], "srf": float32 [3, bands]}, NumPy.

        Args:
          rgb: float32 [height, width, 3], linear, [0, 1].
          srf: float32 [3, bands], the known camera; None estimates it from the whole image.
        """
        srf = self.estimate_srf(rgb) if srf is None else np.asarray(srf, np.float32)
        return {"cube": self.reconstruct(rgb, srf), "srf": srf}

    def estimate_srf(self, rgb: np.ndarray) -> np.ndarray:
        """Returns the SRF float32 [3, bands] estimated from an image float32 [height, width, 3].

        The first block of the estimator, the only one at full size, runs in parts too.
        """
        rgb = at_least(tf.convert_to_tensor(rgb, tf.float32)[None], self.estimator.smallest)[0]
        radius = sum(unit.kernel_size // 2 for unit in self.estimator.blocks[0].units)
        # In pairs of pixels, of which the pooling makes one; an odd last row or column it does not look at.
        even = [side // 2 * 2 for side in rgb.shape[:2]]
        blocks, parts = tiles(*even, BLOCK, radius, stride=2), []
        for _, window, inner in blocks:
            # The odd last row or column still counts for the one before it.
            window = tuple(
                slice(w.start, None if w.stop == side else w.stop) for w, side in zip(window, even, strict=True)
            )
            parts.append(self.begin(rgb[window][None], _place(inner))[0])
        return self.finish(join(parts, blocks)[None])[0].numpy()

    def _begin(self, rgb, inner):
        features = self.estimator.blocks[0](rgb)
        features = tf.slice(features, (0, inner[0], inner[1], 0), (1, inner[2], inner[3], features.shape[-1]))
        return tf.cast(tf.nn.max_pool2d(features, 2, 2, "VALID"), tf.float32)

    def _finish(self, features):
        return self.estimator.combine(self.estimator.weights_after(features, 1))

    def reconstruct(self, rgb: np.ndarray, srf: np.ndarray, block: tuple[int, int] = BLOCK) -> np.ndarray:
        """Returns the cube float32 [height, width, bands] of rgb [height, width, 3] under srf [3, bands].

        Args:
          rgb: as for a call.
          srf: as for a call.
          block: the largest (height, width) of what is computed at a time without its halo, pixels.
        """
        generator = self.generator
        # All stages look equally far: they share one division into blocks.
        blocks = Blocks(generator.rule(), rgb.shape[:2], block, generator.stages[0].receptive_radius)
        rgb, srf = tf.convert_to_tensor(rgb, tf.float32), tf.convert_to_tensor(srf, tf.float32)
        stages = [
            FoldedStage(fold(stage), generator.bands, stage.arguments["growth"], stage.arguments["zero_mean"])
            for stage in generator.stages
        ]
        start = generator.start(functools.partial(self.network.knowledge, generator.needs))
        start = blocks.start(start, generator.bands)
        return final(unroll(blocks, stages, start, rgb, srf))


class Blocks:
    """A rule of `hsgan.networks.unrolled.unroll` that goes block by block.

    An estimate is an iterator of its blocks, float32 [h, w, bands], which keeps none that it has given; the cube is a
    NumPy array. A residual is the whole image's: a stage looks across the borders of its blocks.

    Args:
      rule: the rule of each block.
      size: (height, width) of the image.
      largest: (height, width) of a block, pixels.
      radius: pixels on each side that a stage looks at.
    """

    def __init__(self, rule: Rule, size: tuple[int, int], largest: tuple[int, int], radius: int):
        self.rule, self.size, self.tiles = rule, size, tiles(*size, largest, radius)

    def start(self, start: Start | None, bands: int) -> Callable[[tf.Tensor, tf.Tensor], Iterator[tf.Tensor]]:
        """Returns the start block by block; its coefficients are solved for once.

        Args:
          start: of the generator; None: zero.
          bands: of the cube.
        """

        def parts(rgb, srf):
            coefficients = None if start is None else start.solve(srf)
            for tile in self.tiles:
                part = rgb[tile.block]
                yield tf.zeros((*part.shape[:2], bands)) if start is None else start.estimate(part, coefficients)

        return parts

    def step(
        self,
        stage: "FoldedStage",
        cube: Iterator[tf.Tensor | None],
        residual: tf.Tensor,
        rgb: tf.Tensor,
        srf: tf.Tensor,
        last: bool,
    ) -> tuple[Any, tf.Tensor | None]:
        """As `hsgan.networks.unrolled.Rule.step`, which is the graph of each block."""
        size, units = stage.kernels[0][0].shape[0], len(stage.kernels)
        step = stage_function(self.rule, stage.bands, stage.growth, units, stage.zero_mean, last, size)
        image = np.empty((*self.size, stage.bands), np.float32) if last else None
        parts, residuals = collections.deque(), []
        for tile, before in zip(self.tiles, cube, strict=True):
            window, place = residual[tile.window][None], _place(tile.inner)
            part, projected = step(window, place, before, rgb[tile.block], srf, stage.kernels)
            if last:
                image[tile.block] = part.numpy()
            else:
                parts.append(part)
                residuals.append(projected)
        return (image, None) if last else (_released(parts), join(residuals, self.tiles))


def _released(parts):
    """Yields parts from the left, and keeps none that it has given."""
    while parts:
        yield parts.popleft()


class FoldedStage(NamedTuple):
    """A stage as `Blocks.step` takes it.

    Attributes:
      kernels: of `fold`.
      bands: of the cube.
      growth: channels of the units but the last.
      zero_mean: whether the stage has SZM.
    """

    kernels: Kernels
    bands: int
    growth: int
    zero_mean: bool


def fold(stage: GeneratorStage) -> Kernels:
    """Returns the kernels of a `GeneratorStage` as its fused form takes them, float32 tensors, for each unit a tuple.

    The kernel of the stage's input, here 3x3, [3, 3, 3, f], a tuple of the 1x1 kernels of all earlier units' outputs
    [1, 1, g, f], the depthwise kernel [3, 3, f, 1] and a bias of zeros [f] (it makes TensorFlow fuse what follows); `f`
    and `g` are multiples of `LANES`.
    """
    head = np.asarray(stage.head.kernel, np.float64)
    bands, growth = head.shape[-1], stage.arguments["growth"]
    folded = []
    for number, unit in enumerate(stage.dense.units):
        pointwise = np.asarray(unit.pointwise, np.float64)
        if unit.zero_mean:
            pointwise = pointwise - pointwise.mean(axis=0)
        parts = np.split(pointwise, [bands + growth * earlier for earlier in range(number)])
        depthwise = np.asarray(unit.depthwise).transpose(0, 1, 3, 2)
        folded.append((
            _padded(head @ parts[0], 3),
            tuple(_padded(part[None, None], 2, 3) for part in parts[1:]),
            _padded(depthwise, 2),
            tf.zeros(_whole(unit.filters)),
        ))  # fmt: skip
    return tuple(folded)


@functools.cache
def stage_function(rule: Rule, bands: int, growth: int, units: int, zero_mean: bool, last: bool, size: int) -> Callable:
    """Returns the graph of `rule.step` for one block: (window, inner, cube, rgb, srf, kernels) -> (cube, residual).

    window float32 [1, h + halo, w + halo, 3], the stage's input; inner int32 [top, left, height, width], where the
    block lies in it; cube float32 [h, w, bands], the estimate before; rgb [h, w, 3]; srf [3, bands]; kernels of `fold`.

    Args:
      rule: of the method.
      bands: of the stage.
      growth: of the stage.
      units: of the stage.
      zero_mean: of the stage.
      last: whether it is the last stage.
      size: of the stage's kernels, pixels.
    """

    def step(window, inner, cube, rgb, srf, kernels):
        def stage(window):
            increment = stage_output(window, kernels, growth if zero_mean else None)[0]
            return tf.slice(increment, (inner[0], inner[1], 0), (inner[2], inner[3], bands))

        return rule.step(stage, cube, window, rgb, srf, last)

    inner = _whole(growth)
    widths = [inner] * (units - 1) + [_whole(bands)]
    kernels = tuple(
        (
            tf.TensorSpec((size, size, 3, width)),
            tuple(tf.TensorSpec((1, 1, inner, width)) for _ in range(number)),
            tf.TensorSpec((size, size, width, 1)),
            tf.TensorSpec((width,)),
        )
        for number, width in enumerate(widths)
    )
    image = [tf.TensorSpec((None, None, channels)) for channels in (bands, 3)]
    signature = [tf.TensorSpec((1, None, None, 3)), INNER, *image, tf.TensorSpec((3, bands))]
    return compiled(step, [*signature, kernels])


def stage_output(residual: tf.Tensor, kernels: Kernels, centered: int | None) -> tf.Tensor:
    """Returns a stage's output float32 [n, h, w, bands padded] for its input [n, h, w, 3] and kernels of `fold`.

    Args:
      centered: number of channels whose mean is subtracted before the depthwise convolutions (SZM); None: no SZM.
    """
    features = []
    for number, (first, pointwise, depthwise, zero) in enumerate(kernels):
        total = tf.nn.conv2d(residual, first, 1, "SAME")
        total = tf.nn.bias_add(total, zero) if number == 0 else total
        for earlier, kernel in zip(features, pointwise, strict=True):
            term = tf.nn.bias_add(tf.nn.conv2d(earlier, kernel, 1, "SAME"), zero)
            # TensorFlow fuses convolution + bias + two-term AddN (+ ReLU) into one operation that adds in place; the
            # check of the shape keeps it from making one long AddN of the chain first.
            total = tf.add_n([term, tf.ensure_shape(total, (None, None, None, zero.shape[0]))])
        if number == len(kernels) - 1:
            return tf.nn.depthwise_conv2d(total, depthwise, (1, 1, 1, 1), "SAME")
        total = tf.nn.relu(total)
        if centered is not None:
            # The padding becomes minus the mean, which the zeros of the depthwise kernel keep out.
            total -= tf.reduce_sum(total, axis=-1, keepdims=True) * (1 / centered)
        total = tf.nn.depthwise_conv2d(total, depthwise, (1, 1, 1, 1), "SAME")
        features.append(tf.nn.relu(tf.nn.bias_add(total, zero)))


def _place(inner):
    """Returns a block's place in its window as the graphs take it (`INNER`)."""
    return tf.constant([part.start for part in inner] + [part.stop - part.start for part in inner], tf.int32)


def join(parts: Iterable[tf.Tensor], blocks: Sequence[Tile]) -> tf.Tensor:
    """Returns the image [height, width, channels] of its parts, one for each of its `tiles`."""
    rows = {}
    for tile, part in zip(blocks, parts, strict=True):
        rows.setdefault(tile.block[0].start, []).append(part)
    return tf.concat([tf.concat(row, axis=1) for row in rows.values()], axis=0)


def _whole(channels):
    """Rounds a number of channels up to a multiple of `LANES`."""
    return -(-channels // LANES) * LANES


def _padded(kernel, *axes):
    """Returns a kernel as a float32 tensor, padded with zeros along its channel axes to multiples of `LANES`."""
    padding = [(0, _whole(side) - side if axis in axes else 0) for axis, side in enumerate(kernel.shape)]
    return tf.constant(np.pad(kernel, padding), tf.float32)
