"""The unpaired streams of training: patches of cubes, and crops of photos with their labels (method section 8).

The streams are endless, and functions of the configuration and the step alone. All randomness is stateless: the order
of an epoch comes from (seed, stream, epoch), a crop from (seed, stream, position in the stream, crop number). So a
stream built with `start_step=s` continues exactly as an uninterrupted one does from step s, in the middle of an epoch
too, and reads nothing of what lies before.

Cubes and `rgb` are linear; `encoded` is sRGB-encoded, as scene parsers want it.

All is written in TensorFlow's operations. AutoGraph, which tf.data would ask to convert each function, found nothing to
do in seconds of every start.
"""

import functools

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.data import crops
from hsgan.data.share import WHOLE, Share
from hsgan.records import graph
from hsgan.records.index import open_index
from hsgan.records.manifest import Manifest
from hsgan.spectra import imaging

_AHEAD_BYTES = 64 << 20  # of records that are read, and again of those that are decoded, ahead of the crops
# Each stream's own constant in all its seeds.
_CUBES, _PHOTOS, _LABELLED = 1, 2, 3


@tf.autograph.experimental.do_not_convert
def unpaired(
    config: ConfigDict, cubes: Manifest, photos: Manifest, start_step: int = 0, share: Share = WHOLE
) -> tf.data.Dataset:
    """Returns the endless stream of training batches from `start_step` on.

    Args:
      config: configuration.
      cubes: of the cube records, checked against `config` (`hsgan.data.sources`).
      photos: of the photo records, likewise.
      start_step: number of batches that a resumed run has already seen.
      share: the rows of every batch to give; `batch` below is their number.

    Returns:
      `tf.data.Dataset` of dictionaries: `cube` as `cube_patches`, and `rgb`, `encoded`, `labels` as `photo_crops`.

    Raises:
      DataError: a shard that is missing, truncated or has damaged lengths.
    """
    patches = cube_patches(config, cubes, start_step, share)
    crops_of_photos = photo_crops(config, photos, start_step, share)
    stream = tf.data.Dataset.zip(patches, crops_of_photos).map(lambda cube, photo: {"cube": cube, **photo})
    return stream.prefetch(1)


@tf.autograph.experimental.do_not_convert
def cube_patches(config: ConfigDict, manifest: Manifest, start_step: int = 0, share: Share = WHOLE) -> tf.data.Dataset:
    """Returns the endless stream of cube patches, from batch `start_step` on.

    One read of a scene gives `data.crops_per_read` (R) crops. `train.batch` (B) records are read for R batches, each
    with one crop of every record, so that a batch's patches come from different scenes where there are enough.

    Args:
      config: configuration.
      manifest: of the cube records.
      start_step: number of batches that a resumed run has already seen.
      share: as in `unpaired`.

    Returns:
      `tf.data.Dataset` of float32 [batch, patch, patch, bands], linear radiance; with `data.brightness` times what
      brings the whole cube to that.

    Raises:
      DataError: as `unpaired`.
    """
    batch, patch, reads = config.train.batch, config.train.patch, config.data.crops_per_read
    group, within = divmod(start_step, reads)
    records = _records(manifest, config, _CUBES, group * batch, batch, share)
    rows = share.rows(batch)
    own = rows.stop - rows.start
    bands, scale = len(manifest.wavelengths_nm), tuple(config.data.cube_scale)

    def scene_of(position, serialized):
        record = graph.parse_cube(serialized, bands)
        unit = record["scale"]
        if config.data.brightness:
            unit = imaging.gain(imaging.sampled(record["values"]), config.data.brightness)[0, 0, 0]
        return record["values"], unit, _crop_seeds(config.seed, _CUBES, position, reads)

    def crop_of(values, unit, seed):
        return crops.cube_crop(values, seed, patch, scale, unit)

    def only_crop_of(position, serialized):
        values, unit, seeds = scene_of(position, serialized)
        return crop_of(values, unit, seeds[0])

    def visits_of(values, unit, seeds):  # tensors are shared here, not copied
        return tf.data.Dataset.range(reads).map(lambda crop: (values, unit, seeds[crop]))

    parallel_records = _parallel_records(manifest)
    if reads == 1:
        patches = records.map(only_crop_of, num_parallel_calls=parallel_records, deterministic=True)
        return _finish(patches.batch(own, drop_remainder=True))
    scenes = records.map(scene_of, num_parallel_calls=parallel_records, deterministic=True)
    patches = scenes.flat_map(visits_of).map(crop_of, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return _finish(_transposed(patches, own, reads).skip(within))


def _transposed(patches, batch, reads):
    """Returns batches of patches that come `reads` a scene: batch r of `batch` scenes holds crop r of each of them."""

    def batches_of(group):
        return tf.data.Dataset.range(reads).flat_map(
            lambda crop: group.shard(reads, crop).batch(batch, drop_remainder=True)
        )

    return patches.prefetch(batch * reads).window(batch * reads, drop_remainder=True).flat_map(batches_of)


@tf.autograph.experimental.do_not_convert
def photo_crops(config: ConfigDict, manifest: Manifest, start_step: int = 0, share: Share = WHOLE) -> tf.data.Dataset:
    """Returns the endless stream of photo crops, from batch `start_step` on; each photo gives one crop a visit.

    Args:
      config: configuration.
      manifest: of the photo records.
      start_step: number of batches that a resumed run has already seen.
      share: as in `unpaired`.

    Returns:
      `tf.data.Dataset` of dictionaries: `encoded` float32 [batch, crop, crop, 3] in [0, 1], sRGB-encoded, for the scene
      parser; `labels` int32 [batch, crop, crop], `VOID` where there is none; `rgb` float32 [batch, patch, patch, 3] in
      [0, 1], the same crop in linear light, by area average; with `data.brightness` times what brings the whole photo
      to that.

    Raises:
      DataError: as `unpaired`.
    """
    return _photos(config, manifest, start_step, _PHOTOS, config.train.batch, share, with_rgb=True)


@tf.autograph.experimental.do_not_convert
def labelled_photos(
    config: ConfigDict, manifest: Manifest, start_step: int = 0, share: Share = WHOLE
) -> tf.data.Dataset:
    """Returns the endless stream that a scene parser is pre-trained on, in batches of `semantic.pretrain_batch`.

    Args:
      config: configuration.
      manifest: of labelled photo records.
      start_step: number of batches to leave out.
      share: as in `unpaired`.

    Returns:
      `tf.data.Dataset` of dictionaries: `encoded` and `labels` as in `photo_crops`.

    Raises:
      DataError: as `unpaired`.
    """
    return _photos(config, manifest, start_step, _LABELLED, config.semantic.pretrain_batch, share, with_rgb=False)


def _photos(config, manifest, start_step, stream, batch, share, with_rgb):
    records = _records(manifest, config, stream, start_step * batch, batch, share)
    rows = share.rows(batch)
    size, patch, scale = config.data.rgb_crop, config.train.patch, tuple(config.data.rgb_scale)
    linear, brightness = config.data.rgb_encoding == "linear", config.data.brightness

    def to_linear(image):
        return image if linear else imaging.srgb_decode(image)

    def crop_of(position, serialized):
        photo = graph.parse_photo(serialized)
        seed = _crop_seeds(config.seed, stream, position, 1)[0]
        image, labels = crops.photo_crop(photo["image"], photo["labels"], seed, size, scale)
        crop = {"encoded": imaging.srgb_encode(image) if linear else image, "labels": labels}
        if with_rgb:
            crop["rgb"] = crops.shrink(to_linear(image), patch)
        if with_rgb and brightness:
            seen = imaging.sampled(tf.ensure_shape(photo["image"], [None, None, 3]))
            crop["rgb"] *= imaging.gain(to_linear(seen), brightness)[0]
        return crop

    photos = records.map(crop_of, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    return _finish(photos.batch(rows.stop - rows.start, drop_remainder=True))


def _records(manifest, config, stream, start, batch, share):
    """Returns the endless stream of `(position, serialized)` of the training split from position `start` on.

    Of every `batch` positions those of the `share` alone are read.

    Every epoch is a permutation of all records, each read at its own place in its file; what lies before `start` is
    not read at all. `Dataset.shuffle` would need a buffer of whole scenes, and, within an epoch's function, it makes
    tf.data give up all parallelism and prefetching under `enable_op_determinism`.
    """
    index = open_index(manifest, "train")
    files, ends, offsets = tf.constant(index.files), tf.constant(index.ends), tf.constant(index.offsets)
    count = len(index.offsets)
    epoch0, skipped = divmod(start, count)

    def order_of(epoch):
        seed = tf.random.experimental.stateless_fold_in(tf.constant([config.seed, stream], tf.int64), epoch)
        return tf.data.Dataset.from_tensor_slices(tf.random.experimental.stateless_shuffle(tf.range(count), seed))

    def read(record):
        shard = tf.searchsorted(ends, tf.cast(record, tf.int64)[None], side="right")[0]
        variant = tf.raw_ops.TFRecordDatasetV2(
            filenames=files[shard][None],
            compression_type="",
            buffer_size=tf.constant(0, tf.int64),  # read straight into the record's own memory
            byte_offsets=offsets[record][None],
        )
        return tf.data.experimental.from_variant(variant, tf.TensorSpec([], tf.string)).take(1)

    order = tf.data.Dataset.range(epoch0, tf.int64.max).flat_map(order_of).skip(skipped)
    positions = tf.data.Dataset.range(start, tf.int64.max)
    if share.workers > 1:
        own = tf.data.Dataset.zip(positions, order).filter(lambda position, _: share.holds(position, batch))
        positions, order = own.map(lambda position, _: position), own.map(lambda _, record: record)
    ahead = _parallel_records(manifest)
    read_ahead = order.interleave(read, cycle_length=ahead, num_parallel_calls=ahead, deterministic=True)
    return tf.data.Dataset.zip(positions, read_ahead)


def _parallel_records(manifest):
    """Returns how many records to read, and to decode, at once: few where they are large, for the sake of memory."""
    split = manifest.split("train")
    return int(np.clip(_AHEAD_BYTES * split.records // max(split.bytes, 1), 1, 16))


def _crop_seeds(seed, stream, position, count):
    """Returns int64 [count, 2]: a seed for each crop of the record at `position`."""
    base = tf.random.experimental.stateless_fold_in(tf.constant([seed, stream], tf.int64), position)
    fold = functools.partial(tf.random.experimental.stateless_fold_in, base)
    return tf.stack([fold(tf.constant(crop, tf.int64)) for crop in range(count)])


def _finish(dataset):
    options = tf.data.Options()
    options.deterministic = True
    # The parallelism is over records and crops; sharing each small operation out as well only costs.
    options.threading.max_intra_op_parallelism = 1
    return dataset.prefetch(tf.data.AUTOTUNE).with_options(options)
