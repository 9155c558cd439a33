"""The recursion over stages that the unpaired method and AGD-Net share (method sections 2, 12, 17), written once.

    Y(0) = closed form of X under C, or zero
    Y(t) = Y(t-1) + Gt(R(t)), t = 1..T;  R(1) = X,  R(t+1) = residual of Y(t), X and C
    Y = activation(Y(T))

`unroll` is this recursion. What may differ in it is said by its arguments:
- the `Rule` of a method: its residual and its activation (`hsgan.networks.generator`, `hsgan.networks.agd_net`);
- the form of the stages: layers of Keras, or folded kernels (`hsgan.reconstruct.fused`);
- the `Start`, one of `hsgan.spectra.closed_form.STARTS`;
- the operations of both (`hsgan.spectra.operations`): TensorFlow's, or TFLite's (`hsgan.reconstruct.portable`).
"""

import abc
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.spectra.closed_form import STARTS, ClosedForm
from hsgan.spectra.operations import EXACT, Operations

LEARNED = "learned"  # the initialization without a closed form


def prior_of(config: ConfigDict, values: ConfigDict) -> ConfigDict | None:
    """Returns `config.prior` where the closed form of an unrolled network is the mixture's, else None.

    Args:
      config: the configuration.
      values: the network's section of it.
    """
    return config.prior if values.initialization == "mixture" else None


def start_noise(config: ConfigDict, values: ConfigDict) -> float:
    """Returns the noise variance of the closed form of an unrolled network; the arguments are those of `prior_of`."""
    prior = prior_of(config, values)
    return values.prior_noise if prior is None else prior.noise


@dataclasses.dataclass(frozen=True)
class Rule(abc.ABC):
    """What a method does between its stages.

    Args:
      operations: of the projection.
    """

    operations: Operations = EXACT

    @abc.abstractmethod
    def residual(self, cube: tf.Tensor, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        """Returns what the next stage sees of an estimate, float32 [..., h, w, 3]."""

    def activation(self, cube: tf.Tensor) -> tf.Tensor:
        """Returns the cube that the last estimate stands for."""
        return cube

    def step(
        self,
        stage: Callable[[tf.Tensor], tf.Tensor],
        cube: tf.Tensor | None,
        residual: tf.Tensor,
        rgb: tf.Tensor,
        srf: tf.Tensor,
        last: bool,
    ) -> tuple[tf.Tensor, tf.Tensor | None]:
        """One stage: returns the next estimate and its residual; after the last stage the cube and None.

        Args:
          stage: gives an increment float32 [..., h, w, bands] for a residual.
          cube: the estimate before, float32 [..., h, w, bands]; None: zero.
          residual: what the stage sees, float32 [..., h, w, 3].
          rgb: float32 [..., h, w, 3], linear.
          srf: float32 [..., 3, bands].
          last: whether it is the last stage.
        """
        increment = stage(residual)
        cube = increment if cube is None else cube + increment
        if last:
            return self.activation(cube), None
        return cube, self.residual(cube, rgb, srf)


def unroll(
    rule: Rule, stages: Sequence[Any], start: Callable[..., Any] | None, rgb: tf.Tensor, srf: tf.Tensor
) -> Iterator[tuple[Any, Any]]:
    """Yields the estimate and its residual after each stage; after the last, or if there is none, the cube and None.

    Args:
      rule: of the method, or something with a `step` of other arguments (`hsgan.reconstruct.fused` has one of blocks).
      stages: the stages, as the rule's `step` takes them.
      start: (rgb, srf) -> first estimate; None: zero.
      rgb: float32 [batch, h, w, 3], linear.
      srf: float32 [batch, 3, bands].
    """
    cube, residual = None if start is None else start(rgb, srf), rgb
    if not stages:
        yield rule.activation(cube), None
    for number, stage in enumerate(stages, 1):
        cube, residual = rule.step(stage, cube, residual, rgb, srf, last=number == len(stages))
        yield cube, residual


@dataclasses.dataclass(frozen=True)
class Start:
    """A closed form before the stages: (rgb, srf) -> first estimate, float32 [..., h, w, bands].

    Args:
      form: the closed form.
      knowledge: gives the tensors that it needs to know of cubes.
      noise: variance of the RGB noise.
      operations: how to compute.
    """

    form: ClosedForm
    knowledge: Callable[[], tuple[tf.Tensor, ...]]
    noise: float
    operations: Operations = EXACT

    def solve(self, srf: tf.Tensor) -> Any:
        """Returns the coefficients of a camera."""
        return self.form.solve(srf, self.knowledge(), self.noise, self.operations)

    def estimate(self, rgb: tf.Tensor, coefficients: Any) -> tf.Tensor:
        """Returns the estimate of an image, or a part of it, under the camera of these coefficients."""
        return self.form.estimate(rgb, coefficients, self.operations)

    def __call__(self, rgb: tf.Tensor, srf: tf.Tensor) -> tf.Tensor:
        return self.estimate(rgb, self.solve(srf))


class Unrolled(abc.ABC):
    """What holds the stages of a method: a layer or a network.

    Attributes:
      stages: the stages, layers of Keras that compute in their policy's type. All else is float32.
      initialization: "learned" (no closed form), or a name in `hsgan.spectra.closed_form.STARTS`.
      prior_noise: noise variance of the closed form.
    """

    stages: Sequence[tf.Module]
    initialization: str
    prior_noise: float

    @abc.abstractmethod
    def rule(self, operations: Operations = EXACT) -> Rule:
        """Returns the rule between the stages, in the given operations."""

    @property
    def needs(self) -> str | None:
        """Name of the network's attribute that its closed form must know; None: it needs nothing, or there is none."""
        return None if self.initialization == LEARNED else STARTS[self.initialization].needs

    def start(self, knowledge: Callable[[], tuple[tf.Tensor, ...]], operations: Operations = EXACT) -> Start | None:
        """Returns what stands before the stages, None for nothing.

        Args:
          knowledge: gives the tensors of the attribute `needs`.
          operations: how to compute.
        """
        if self.initialization == LEARNED:
            return None
        return Start(STARTS[self.initialization], knowledge, float(self.prior_noise), operations)

    def layers_in_float32(self) -> list[Callable[[tf.Tensor], tf.Tensor]]:
        """Returns the stages as `Rule.step` takes them."""
        return [lambda residual, stage=stage: tf.cast(stage(residual), tf.float32) for stage in self.stages]

    def estimates(
        self, rgb: tf.Tensor, srf: tf.Tensor, knowledge: tuple[tf.Tensor, ...]
    ) -> Iterator[tuple[tf.Tensor, tf.Tensor | None]]:
        """Yields as `unroll`, in the layers of Keras.

        Args:
          rgb: float32 [batch, h, w, 3], linear.
          srf: float32 [batch, 3, bands].
          knowledge: tensors of the attribute `needs`.
        """
        yield from unroll(self.rule(), self.layers_in_float32(), self.start(lambda: knowledge), rgb, srf)


def final(estimates: Iterator[tuple[Any, Any]]) -> Any:
    """Returns the cube after the last stage, and lets go of the estimates before."""
    cube = None
    for estimate, _ in estimates:
        cube = estimate
    return cube
