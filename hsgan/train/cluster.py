"""Several machines that train together: who they are (`TF_CONFIG`), whether all are there, and what they agree on.

Each machine runs the same command. Worker 0, the chief, alone writes the run folder. All read it, and it must lie under
the same path on all of them (a network file system).

`TF_CONFIG` is TensorFlow's own description of a cluster, which Kubernetes' TFJob sets by itself:
{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}; a "chief" may stand
beside the workers, and is then worker 0.
"""

import contextlib
import functools
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from hsgan.disk import guard
from hsgan.errors import RunError

TF_CONFIG = "TF_CONFIG"
CHECK_SECONDS = 5  # between two looks at whether all are alive
_KINDS = ("chief", "worker")
_EXAMPLE = '{"cluster": {"worker": ["HOST:PORT", "HOST:PORT"]}, "task": {"type": "worker", "index": 0}}'
_DOWN = re.compile(r"/job:(\w+)/replica:0/task:(\d+) is down")
_TOLD_BY_US = ("Cluster check alive failed", "seems down, retrying")
# What an exchange with a worker that is gone ends with.
_LOST = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.FailedPreconditionError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
)


@dataclass(frozen=True)
class Cluster:
    """The workers of a training, as `TF_CONFIG` says.

    Attributes:
      jobs: {"chief" or "worker": addresses HOST:PORT}.
      kind: of this worker, "chief" or "worker".
      index: of this worker among those of its kind.
    """

    jobs: Mapping[str, tuple[str, ...]]
    kind: str
    index: int

    @property
    def workers(self) -> list[tuple[str, int, str]]:
        """(kind, index, address) of all workers; the first is the chief."""
        return [(kind, index, one) for kind in _KINDS for index, one in enumerate(self.jobs.get(kind, ()))]

    @property
    def own(self) -> int:
        """Number of this worker in `workers`."""
        return [(kind, index) for kind, index, _ in self.workers].index((self.kind, self.index))

    def named(self, number: int) -> str:
        """Returns a worker's number and address, for messages."""
        return f"worker {number} ({self.workers[number][2]})"

    @contextlib.contextmanager
    def losses_told(self) -> Iterator[None]:
        """Turns the failure of an exchange with a worker that is gone into one line.

        Raises:
          RunError: names the worker, where that is known.
        """
        try:
            yield
        except _LOST as error:
            found = _DOWN.search(str(error))
            lost = "another worker"
            if found:
                lost = self.named([(kind, str(index)) for kind, index, _ in self.workers].index(found.groups()))
            raise RunError(
                f"{lost} is lost, so the training ends on {self.named(self.own)} too; see what that worker said, and "
                "start the same command on all workers again: it goes on from the last checkpoint"
            ) from error


def read_cluster(text: str | None = None) -> Cluster:
    """Returns the `Cluster` that TF_CONFIG describes.

    Args:
      text: of TF_CONFIG; None takes the environment's.

    Raises:
      RunError: there is none, or it is no description of workers.
    """
    text = os.environ.get(TF_CONFIG, "") if text is None else text
    if not text:
        raise RunError(f"{TF_CONFIG}: train.strategy=multi_worker needs it in the environment, as {_EXAMPLE}")
    try:
        values = json.loads(text)
        jobs, task = dict(values["cluster"]), values["task"]
        kind, index = task["type"], task["index"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise RunError(
            f"{TF_CONFIG}: must be JSON of the form {_EXAMPLE}. Received: {guard.shortened(text)!r}"
        ) from error
    problem = _problem(jobs, kind, index)
    if problem:
        raise RunError(f"{TF_CONFIG}: {problem}. Received: {guard.shortened(text)!r}; the form is {_EXAMPLE}")
    return Cluster({name: tuple(addresses) for name, addresses in jobs.items()}, kind, index)


def _problem(jobs, kind, index):
    """Returns what keeps a description from being one of workers; "" for nothing."""
    strange = sorted(set(jobs) - set(_KINDS))
    if strange:
        return f"cluster must have chief and worker alone, not {strange[0]!r}"
    lists = list(jobs.values())
    if not all(isinstance(addresses, list) and addresses for addresses in lists) or "worker" not in jobs:
        return "cluster.worker must be a list of addresses HOST:PORT"
    every = [address for addresses in lists for address in addresses]
    for address in every:
        host, _, port = address.rpartition(":") if isinstance(address, str) else ("", "", "")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            return f"an address must be HOST:PORT, not {address!r}"
    if len(set(every)) < len(every):
        return "two workers have one address"
    if len(jobs.get("chief", [0])) > 1:
        return "there must be one chief at most"
    if kind not in list(jobs):  # of any type
        return f"task.type must be one of {', '.join(jobs)}, not {kind!r}"
    if type(index) is not int or not 0 <= index < len(jobs[kind]):
        return f"task.index must be a whole number from 0 to {len(jobs[kind]) - 1}, not {index!r}"
    return ""


def connect(cluster: Cluster, wait_seconds: float) -> tf.distribute.Strategy:
    """Returns the strategy of a cluster when all its workers are there; TensorFlow must have computed nothing yet.

    TensorFlow's own checks of the others' health are used, by which a training ends some seconds after a worker does.
    Its coordination service is left off: with a worker missing it was seen to wait without end, deaf to signals.

    Args:
      cluster: the workers.
      wait_seconds: how long to wait for the others.

    Raises:
      RunError: they have not come by then; the port is taken.
    """
    from tensorflow.compiler.xla.tsl.protobuf import coordination_config_pb2
    from tensorflow.python.distribute.collective_all_reduce_strategy import CollectiveAllReduceExtended
    from tensorflow.python.eager import context

    # TensorFlow has no public settings for these.
    context.context()._coordination_service_config = coordination_config_pb2.CoordinationServiceConfig()
    CollectiveAllReduceExtended._check_health_initial_timeout = wait_seconds
    CollectiveAllReduceExtended._check_health_interval = CHECK_SECONDS
    logging.getLogger("tensorflow").addFilter(
        lambda record: not any(text in record.getMessage() for text in _TOLD_BY_US)
    )
    jobs = {kind: list(addresses) for kind, addresses in cluster.jobs.items()}
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec(jobs), task_type=cluster.kind, task_id=cluster.index, rpc_layer="grpc",
        num_accelerators={"GPU": len(tf.config.list_physical_devices("GPU"))},
    )  # fmt: skip
    try:
        return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)
    except RuntimeError as error:
        if "Timeout waiting for the cluster" not in str(error):
            raise
        others = ", ".join(cluster.named(number) for number in range(len(cluster.workers)) if number != cluster.own)
        raise RunError(
            f"{TF_CONFIG}: {cluster.named(cluster.own)} has waited {wait_seconds:g} s, and not all others have come: "
            f"{others}; start them together, or set --config.train.wait_minutes"
        ) from error
    except tf.errors.OpError as error:
        raise RunError(
            f"{TF_CONFIG}: {cluster.named(cluster.own)} cannot listen there: {guard.shortened(error.message)}"
        ) from error


def disconnect(strategy: tf.distribute.Strategy) -> None:
    """Ends the checks of the others' health: from here on they may end when they like."""
    strategy.extended._stop_check_health_thread()


def differing(strategy: tf.distribute.Strategy, facts: Mapping[str, object]) -> list[tuple[int, list[str]]]:
    """Returns [(replica, names of facts in which it differs from the first)]; all workers call it, and get the same.

    Args:
      strategy: of `connect`.
      facts: {name: anything with a text of its own}.
    """
    names = sorted(facts)
    listed = _gathered(strategy, [_digest(names)])
    if (listed != listed[0]).any():
        return [(replica, ["the settings there are"]) for replica in np.flatnonzero((listed != listed[0]).any(axis=1))]
    found = _gathered(strategy, [_digest(facts[name]) for name in names])
    apart = found != found[0]
    return [
        (int(replica), [names[at] for at in np.flatnonzero(apart[replica])])
        for replica in np.flatnonzero(apart.any(axis=1))
    ]


def _digest(value):
    """Returns a whole number below 2**62 that tells values apart by their texts."""
    return int.from_bytes(hashlib.sha256(repr(value).encode()).digest()[:8], "big") >> 2


def _gathered(strategy, numbers):
    """Returns the whole numbers of all replicas, int64 [replicas, numbers]."""
    everyones = _exchange(strategy)(tf.constant(numbers, tf.int64))
    return np.asarray(strategy.experimental_local_results(everyones)[0])


@functools.cache
def _exchange(strategy):
    """Returns a function of a replica's numbers, int64 [n], to those of all, int64 [replicas, n]."""
    count = strategy.num_replicas_in_sync

    def of_replica(own):
        context = tf.distribute.get_replica_context()
        row = tf.one_hot(context.replica_id_in_sync_group, count, dtype=tf.int64)[:, None] * own[None]
        return context.all_reduce(tf.distribute.ReduceOp.SUM, row)

    signature = [tf.TensorSpec([None], tf.int64)]
    return tf.function(lambda own: strategy.run(of_replica, args=(own,)), input_signature=signature, autograph=False)
