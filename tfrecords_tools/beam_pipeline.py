"""The same shards on a cluster: an Apache Beam pipeline whose every element is one shard (`pip install 'hsgan[beam]'`).

A shard is written under a name of its own and renamed, so an element may be run twice. A scene that cannot be used ends
the build with the same one line as on one machine.
"""

import functools
from dataclasses import dataclass

from hsgan import beam
from hsgan.errors import DataError
from tfrecords_tools import shards


def runner(arguments):
    """Returns a function to stand in for `tfrecords_tools.pool.run`.

    Args:
      arguments: of the pipeline, e.g. ["--runner=DirectRunner"].
    """
    return functools.partial(run, arguments=arguments)


def run(tasks, folder, workers, total, description, arguments=()):
    """Writes the shards of all tasks by a Beam pipeline.

    Args:
      tasks, folder: as in `tfrecords_tools.pool.run`.
      workers, total, description: not used; the runner knows its own.
      arguments: of the pipeline.

    Raises:
      DataError: apache-beam is not there; as `write_shard`.
      WorkerDied: the runner gave up.
    """
    del workers, total, description
    try:
        failures = beam.run(tasks, ShardWriter(str(folder)), folder, arguments)
    except beam.PipelineFailed as error:
        raise shards.WorkerDied(str(error)) from error
    if failures:
        raise DataError(next(iter(failures.values())))


@dataclass(frozen=True)
class ShardWriter:
    """The `hsgan.beam.Worker` that writes shards into a folder."""

    folder: str

    def load(self):
        """Nothing: shards share nothing."""

    def work(self, task, loaded):
        """Writes one shard."""
        del loaded
        shards.write_shard(task, self.folder)
