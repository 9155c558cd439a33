"""The paired stream: patches of cubes with the RGB that a camera of the dictionary makes of them.

What patches become before that, other scenes under other light, is `diversified`.

Which camera a patch is seen with is drawn for every patch, from (seed, step) alone: a stream built with `start_step=s`
continues exactly as an uninterrupted one does. Source: method sections 9 and 12.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan import replicas
from hsgan.data import pipelines
from hsgan.data.share import WHOLE, Share
from hsgan.data.sources import drawn_cameras
from hsgan.records.manifest import Manifest
from hsgan.spectra.imaging import project
from hsgan.spectra.srf import SrfDictionary

_PAIRS = 4  # this stream's own constant in all its seeds
_SCENES, _LIGHT, _GROUP = 1, 2, 3  # what is drawn from one seed, each by its own
_WAVES = 3  # cosines over the bands that a random light is made of


def diversified(
    cube: tf.Tensor, values: ConfigDict, seed: tf.Tensor, batch: tf.Tensor | int, own: Callable[[tf.Tensor], tf.Tensor]
) -> tf.Tensor:
    """Makes of patches those of scenes that might be; of `config.pairs`, each part by itself and none by default.

    Args:
      cube: float32 [rows, height, width, bands]: a batch, or a part of one.
      values: `config.pairs`.
      seed: int64 [2], stateless.
      batch: rows of the whole batch.
      own: function of what is drawn for the whole batch, which gives that of the part.

    Returns:
      The patches, of the same shape.
    """
    fold = tf.random.experimental.stateless_fold_in
    if values.scenes:
        cube = mixed_scenes(cube, values.scenes, fold(seed, _SCENES))
    if values.light:
        light = own(random_light(batch, cube.shape[-1], values.light, fold(seed, _LIGHT)))
        cube = cube * light[:, None, None]
    return cube


def mixed_scenes(cube: tf.Tensor, share: float, seed: tf.Tensor) -> tf.Tensor:
    """Makes of a share of the patches `a y + (1 - a) y'`, `y'` the one before in the batch, `a` uniform in [0, 1).

    Args:
      cube: float32 [batch, height, width, bands].
      share: of the patches.
      seed: int64 [2], stateless.
    """
    draws = tf.random.stateless_uniform([2, tf.shape(cube)[0]], seed)
    own = tf.where(draws[0] < share, draws[1], 1.0)[:, None, None, None]
    return own * cube + (1 - own) * tf.roll(cube, 1, axis=0)


def random_light(count: tf.Tensor | int, bands: int, deviation: float, seed: tf.Tensor) -> tf.Tensor:
    """Returns smooth positive gains float32 [count, bands], of geometric mean 1: a light is no exposure.

    Their logarithms are cosines of half a period and its multiples over the bands, with random normal factors that fall
    as one over the multiple.

    Args:
      count: of lights.
      bands: of the spectra.
      deviation: root of the mean square of the logarithms.
      seed: int64 [2], stateless.
    """
    wave = np.arange(1, _WAVES + 1)[:, None]
    cosines = np.cos(np.pi * wave * (np.arange(bands) + 0.5) / bands) / wave
    cosines *= deviation * np.sqrt(2 / np.sum(1.0 / wave**2))
    return tf.exp(tf.random.stateless_normal([count, _WAVES], seed) @ tf.constant(cosines, tf.float32))


def synthetic(
    cube: tf.Tensor, dictionary: SrfDictionary, exposure: float, seed: tf.Tensor, power: float = 4.0, groups: int = 1
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Makes pairs of unpaired cubes: under random exposures, each seen by a random mixture of the cameras.

    Args:
      cube: float32 [batch, height, width, bands], on several replicas this one's part of the batch.
      dictionary: the cameras to mix.
      exposure: a cube is multiplied by `exp(U(-exposure, exposure))`.
      seed: int64 [2], stateless.
      power: the cameras' shares are uniform draws to this power; the larger it is, the fewer cameras are mixed.
      groups: of equally many cameras, one after the other in the dictionary; those of one group are mixed.

    Returns:
      (cube, rgb float32 [batch, height, width, 3], srf float32 [batch, 3, bands]).
    """
    cameras, own = tf.constant(dictionary.responses, tf.float32), tf.shape(cube)[0]
    batch = own * replicas.count()
    draws = replicas.own(tf.random.stateless_uniform([batch, len(dictionary.names) // groups + 1], seed))
    shares = draws[:, 1:] ** power
    shares /= tf.reduce_sum(shares, axis=-1, keepdims=True)
    fold = tf.random.experimental.stateless_fold_in
    group = replicas.own(tf.random.stateless_uniform([batch], fold(seed, _GROUP), 0, groups, tf.int32))
    shares = tf.reshape(tf.one_hot(group, groups)[:, :, None] * shares[:, None], (own, len(dictionary.names)))
    srf = tf.einsum("bn,ncs->bcs", shares, cameras)
    cube = cube * tf.exp(exposure * (2 * draws[:, 0] - 1))[:, None, None, None]
    return cube, project(cube, srf), srf


@tf.autograph.experimental.do_not_convert
def paired(
    config: ConfigDict, manifest: Manifest, dictionary: SrfDictionary, start_step: int = 0, share: Share = WHOLE
) -> tf.data.Dataset:
    """Returns the endless stream of training batches from `start_step` on.

    Args:
      config: configuration.
      manifest: of the cube records.
      dictionary: the cameras to draw from, all equally likely (`hsgan.data.sources.drawn_cameras`).
      start_step: number of batches that a resumed run has already seen.
      share: the rows of every batch to give; `batch` below is their number.

    Returns:
      `tf.data.Dataset` of dictionaries: `cube` float32 [batch, p, p, bands], `srf` float32 [batch, 3, bands] and `rgb`
      float32 [batch, p, p, 3], linear: the projection, without noise.

    Raises:
      DataError: as `hsgan.data.pipelines.unpaired`.
    """
    cameras = tf.constant(drawn_cameras(config, dictionary).responses, tf.float32)
    batch, turns = config.train.batch, config.data.quarter_turns
    rows = share.rows(batch)

    def pair(step, cube):
        seed = tf.random.experimental.stateless_fold_in(tf.constant([config.seed, _PAIRS], tf.int64), step)
        draws = tf.random.stateless_uniform([2, batch], seed)[:, rows]
        chosen = tf.cast(draws[0] * cameras.shape[0], tf.int32)
        srf = tf.gather(cameras, tf.minimum(chosen, cameras.shape[0] - 1))
        if turns:  # the crops are flipped at random already: a transposition in half of them gives every quarter turn
            cube = tf.where(draws[1][:, None, None, None] < 0.5, tf.transpose(cube, (0, 2, 1, 3)), cube)
        cube = diversified(cube, config.pairs, seed, batch, lambda drawn: drawn[rows])
        return {"cube": cube, "srf": srf, "rgb": project(cube, srf)}

    patches = pipelines.cube_patches(config, manifest, start_step, share)
    return patches.enumerate(start_step).map(pair).prefetch(1)


@tf.autograph.experimental.do_not_convert
def apart(
    config: ConfigDict, manifest: Manifest, dictionary: SrfDictionary, start_step: int = 0, share: Share = WHOLE
) -> tf.data.Dataset:
    """Returns the stream of `paired` without its pairs: beside the RGB of each patch stands the cube of another one.

    Where a batch's patches are of different scenes, so are the two. Arguments and errors are those of `paired`.

    Returns:
      `tf.data.Dataset` of dictionaries: `rgb` float32 [batch, p, p, 3] and `cube` float32 [batch, p, p, bands].
    """
    stream = paired(config, manifest, dictionary, start_step, share)
    return stream.map(lambda batch: {"rgb": batch["rgb"], "cube": tf.roll(batch["cube"], 1, axis=0)})
