"""Which devices share a batch: `config.train.strategy`, by TensorFlow's own `tf.distribute`."""

import contextlib
import functools

import ml_collections
import tensorflow as tf

from hsgan.errors import ConfigError, RunError

NONE = "none"


def split_processor(config: ml_collections.ConfigDict) -> None:
    """Makes `train.devices` logical devices of the processor where there is no GPU, to try what GPUs would do.

    TensorFlow takes this only before it computes anything.

    Args:
      config: the configuration.
    """
    values = config.train
    if values.strategy == NONE or not values.devices or tf.config.list_physical_devices("GPU"):
        return
    with contextlib.suppress(RuntimeError):  # too late, or done already: `open_strategy` counts what there is
        parts = [tf.config.LogicalDeviceConfiguration()] * values.devices
        tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)


def open_strategy(config: ml_collections.ConfigDict) -> tf.distribute.Strategy:
    """Returns the strategy of a configuration; for "none" TensorFlow's default one, which changes nothing.

    Args:
      config: the configuration.

    Raises:
      RunError: there are fewer devices than asked for.
      ConfigError: a batch that the devices do not divide.
    """
    values = config.train
    if values.strategy == NONE:
        return tf.distribute.get_strategy()
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) < values.devices:
        raise RunError(
            f"train.devices: this process has {len(devices)} of TensorFlow's devices. Received: {values.devices}. "
            "Give as many or 0, which takes all; a processor is split only before TensorFlow has computed anything"
        )
    chosen = devices[: values.devices or len(devices)]
    if values.batch % len(chosen):
        raise ConfigError(
            f"train.batch: must be a multiple of the {len(chosen)} devices of train.strategy={values.strategy}. "
            f"Received: {values.batch}"
        )
    return _mirrored(tuple(device.name for device in chosen))


@functools.cache
def _mirrored(devices):
    # One a process: a second one would number its exchanges like the first, whose numbers TensorFlow remembers.
    return tf.distribute.MirroredStrategy(devices)


def shared_out(strategy: tf.distribute.Strategy, batches: tf.data.Dataset, batch: int) -> tf.data.Dataset:
    """Returns a stream whose batches are cut into equal parts, one a replica, in their order.

    Args:
      strategy: of `open_strategy`.
      batches: the stream.
      batch: samples of each of its batches.
    """
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return batches
    return strategy.distribute_datasets_from_function(lambda _: batches.rebatch(batch // replicas))
