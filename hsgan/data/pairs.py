"""The paired stream: patches of cubes with the RGB that a camera of the dictionary makes of them.

Which camera a patch is seen with is drawn for every patch, from (seed, step) alone: a stream built with `start_step=s`
continues exactly as an uninterrupted one does. Source: method sections 9 and 12.
"""

import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.data import pipelines
from hsgan.data.share import WHOLE, Share
from hsgan.data.sources import drawn_cameras
from hsgan.records.manifest import Manifest
from hsgan.spectra.imaging import project
from hsgan.spectra.srf import SrfDictionary

_PAIRS = 4  # this stream's own constant in all its seeds


def synthetic(
    cube: tf.Tensor, dictionary: SrfDictionary, exposure: float, seed: tf.Tensor, power: float = 4.0
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Makes pairs of unpaired cubes: under random exposures, each seen by a random mixture of the cameras.

    Args:
      cube: float32 [batch, height, width, bands].
      dictionary: the cameras to mix.
      exposure: a cube is multiplied by `exp(U(-exposure, exposure))`.
      seed: int64 [2], stateless.
      power: the cameras' shares are uniform draws to this power; the larger it is, the fewer cameras are mixed.

    Returns:
      (cube, rgb float32 [batch, height, width, 3], srf float32 [batch, 3, bands]).
    """
    cameras, batch = tf.constant(dictionary.responses, tf.float32), tf.shape(cube)[0]
    draws = tf.random.stateless_uniform([batch, len(dictionary.names) + 1], seed)
    shares = draws[:, 1:] ** power
    shares /= tf.reduce_sum(shares, axis=-1, keepdims=True)
    srf = tf.einsum("bn,ncs->bcs", shares, cameras)
    cube = cube * tf.exp(exposure * (2 * draws[:, 0] - 1))[:, None, None, None]
    return cube, project(cube, srf), srf


def paired(
    config: ConfigDict, manifest: Manifest, dictionary: SrfDictionary, start_step: int = 0, share: Share = WHOLE
) -> tf.data.Dataset:
    """Returns the endless stream of training batches from `start_step` on.

    Args:
      config: configuration.
      manifest: of the cube records.
      dictionary: the cameras to draw from, of every kind of `config.cameras.kinds`, all equally likely.
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

    def pair(step, cube):
        seed = tf.random.experimental.stateless_fold_in(tf.constant([config.seed, _PAIRS], tf.int64), step)
        draws = tf.random.stateless_uniform([2, batch], seed)[:, share.rows(batch)]
        chosen = tf.cast(draws[0] * cameras.shape[0], tf.int32)
        srf = tf.gather(cameras, tf.minimum(chosen, cameras.shape[0] - 1))
        if turns:  # the crops are flipped at random already: a transposition in half of them gives every quarter turn
            cube = tf.where(draws[1][:, None, None, None] < 0.5, tf.transpose(cube, (0, 2, 1, 3)), cube)
        return {"cube": cube, "srf": srf, "rgb": project(cube, srf)}

    patches = pipelines.cube_patches(config, manifest, start_step, share)
    return patches.enumerate(start_step).map(pair).prefetch(1)
