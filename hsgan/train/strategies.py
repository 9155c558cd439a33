"""Which devices share a batch: `config.train.strategy`, by TensorFlow's own `tf.distribute`."""

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping

import ml_collections
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.config.tree import get, leaves
from hsgan.data.share import WHOLE, Share
from hsgan.errors import ConfigError, RunError
from hsgan.records.manifest import Manifest
from hsgan.run.folder import FREE_FIELDS, versions
from hsgan.spectra.srf import SrfDictionary
from hsgan.train import cluster as cluster_lib
from hsgan.train.cluster import Cluster

NONE, MULTI_WORKER = "none", "multi_worker"
BATCH = "train.batch"
# May differ between workers: what is compared by its content, and what only one of them uses.
_OWN_FIELDS = FREE_FIELDS - {"train.strategy"} | {"data.cubes", "data.rgb", "cameras.dictionary"}


def begin(config: ml_collections.ConfigDict, batch: str = BATCH) -> None:
    """Does what must be done before TensorFlow computes anything; again is no error.

    Of several machines it waits for the others. Without a GPU it makes `train.devices` logical devices of the
    processor, to try what GPUs would do.

    Args:
      config: the configuration.
      batch: name of the setting whose batches are shared out first.

    Raises:
      RunError: `TF_CONFIG` cannot be used, or not all workers come.
      ConfigError: a batch that the workers do not divide.
    """
    values = config.train
    if values.strategy == MULTI_WORKER:
        workers = len(cluster_lib.read_cluster().workers)
        _check_divided(config, batch, workers, "workers")
        _connected(60 * values.wait_minutes)
        return
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
      RunError: there are fewer devices than asked for; as `begin`.
    """
    values = config.train
    if values.strategy == NONE:
        return tf.distribute.get_strategy()
    if values.strategy == MULTI_WORKER:
        return _connected(60 * values.wait_minutes)
    return _on_this_machine(values.devices)


def _check_divided(config, name, count, what):
    batch = get(config, name)
    if batch % count:
        raise ConfigError(
            f"{name}: must be a multiple of the {count} {what} of train.strategy={config.train.strategy}. "
            f"Received: {batch}"
        )


def _on_this_machine(count):
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) < count:
        raise RunError(
            f"train.devices: this process has {len(devices)} of TensorFlow's devices. Received: {count}. "
            "Give as many or 0, which takes all; a processor is split only before TensorFlow has computed anything"
        )
    return _mirrored(tuple(device.name for device in devices[: count or len(devices)]))


@functools.cache
def _mirrored(devices):
    # One for each set of devices. TensorFlow remembers the numbers of their exchanges, so each counts from its own.
    tf.distribute.MirroredStrategy._collective_key_base += 100_000
    return tf.distribute.MirroredStrategy(devices)


@functools.cache
def _connected(wait_seconds):
    return cluster_lib.connect(cluster_lib.read_cluster(), wait_seconds)


def shared_out(
    strategy: tf.distribute.Strategy, batches: Callable[[Share], tf.data.Dataset], batch: int
) -> tf.data.Dataset:
    """Returns a stream whose batches are cut into equal parts, one a replica, in their order.

    Args:
      strategy: of `open_strategy`.
      batches: gives the stream of a share of every batch.
      batch: samples of each of its batches.
    """
    replicas = strategy.num_replicas_in_sync
    if replicas == 1:
        return batches(WHOLE)

    def of_worker(context):
        share = Share(context.input_pipeline_id, context.num_input_pipelines)
        return batches(share).rebatch(batch // replicas)

    return strategy.distribute_datasets_from_function(of_worker)


class Team:
    """The workers of a training, one or several; what they do together they do in the same order.

    Args:
      config: the configuration.
      batch: as in `begin`.

    Attributes:
      strategy: of `open_strategy`.
      cluster: the workers, None where there is one.

    Raises:
      RunError: as `open_strategy`.
      ConfigError: as `check_divides`.
    """

    def __init__(self, config: ml_collections.ConfigDict, batch: str = BATCH):
        self.config, self.strategy = config, open_strategy(config)
        self.cluster: Cluster | None = cluster_lib.read_cluster() if config.train.strategy == MULTI_WORKER else None
        self.check_divides(config, batch)

    def check_divides(self, config: ml_collections.ConfigDict, batch: str) -> None:
        """Checks that the devices can share out a batch.

        Args:
          config: the configuration.
          batch: name of the setting.

        Raises:
          ConfigError: they do not divide it.
        """
        _check_divided(config, batch, self.strategy.num_replicas_in_sync, "devices")

    @property
    def is_chief(self) -> bool:
        """Whether this worker writes the run folder."""
        return self.cluster is None or self.cluster.own == 0

    def agree(self, facts: dict[str, object]) -> None:
        """Waits for all workers, and compares what must be the same on them.

        Args:
          facts: {name: value}.

        Raises:
          RunError: something differs, by worker and name; or a worker is lost.
        """
        if self.cluster is None:
            return
        with self.cluster.losses_told():
            apart = cluster_lib.differing(self.strategy, facts)
        if apart:
            local = self.strategy.num_replicas_in_sync // len(self.cluster.workers)
            others = {replica // local: names for replica, names in apart}
            told = "; ".join(f"{self.cluster.named(worker)}: {', '.join(names)}" for worker, names in others.items())
            raise RunError(
                f"the workers differ from {self.cluster.named(0)} in what must be the same. Received: {told}"
            )

    def agree_on_sources(self, manifests: Mapping[str, Manifest], cameras: SrfDictionary | None = None) -> None:
        """`agree` on the configuration, the version, and the contents of records and cameras.

        Args:
          manifests: {"cubes" or "photos": of the records that are read}.
          cameras: what is used of them; None for none.
        """
        fields = leaves(config_lib.to_dict(self.config))
        facts: dict[str, object] = {name: value for name, value in fields if name not in _OWN_FIELDS}
        facts |= {f"records of {kind}": _checksums(manifest) for kind, manifest in manifests.items()}
        if cameras is not None:
            facts["cameras"] = (cameras.names, cameras.responses.tobytes())
        facts |= {f"version of {name}": text for name, text in versions().items() if name in ("hsgan", "tensorflow")}
        self.agree(facts)

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is done together: a worker that is lost meanwhile is told, and at the end all wait for the chief.

        Raises:
          RunError: a worker is lost.
        """
        if self.cluster is None:
            yield
            return
        with self.cluster.losses_told():
            yield
        self.agree({"end": True})
        cluster_lib.disconnect(self.strategy)


def _checksums(manifest):
    return [shard.sha256 for name in sorted(manifest.splits) for shard in manifest.splits[name].shards]
