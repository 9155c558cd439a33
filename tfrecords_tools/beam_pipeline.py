"""The same shards on a cluster: an Apache Beam pipeline whose every element is one shard (`pip install 'hsgan[beam]'`).

The data set and the folder in which the shards gather must lie under the same paths on all machines (a network file
system), and hsgan be installed there. A shard is written under a name of its own and renamed, so an element may be run
twice. A scene that cannot be used ends the build with the same one line as on one machine: it is no failure of the
cluster's, and not tried again.
"""

import functools
import json
from pathlib import Path

from hsgan.errors import DataError
from tfrecords_tools import shards

RUNNERS = ("DirectRunner", "FlinkRunner", "PortableRunner", "SparkRunner", "DataflowRunner")
_ERROR = ".error"


def runner(name, options=()):
    """Returns a function to stand in for `tfrecords_tools.pool.run`.

    Args:
      name: in `RUNNERS`.
      options: Beam's own, e.g. ["--region=europe-west1"].
    """
    return functools.partial(run, arguments=[f"--runner={name}", *options])


def run(tasks, folder, workers, total, description, arguments=()):
    """Writes the shards of all tasks by a Beam pipeline.

    Args:
      tasks, folder: as in `tfrecords_tools.pool.run`.
      workers, total, description: not used; the runner knows its own.
      arguments: of the pipeline.

    Raises:
      DataError: apache-beam is not there; as `write_shard`.
    """
    del workers, total, description
    if not tasks:
        return
    try:
        import apache_beam
        from apache_beam.options.pipeline_options import PipelineOptions
    except ImportError as error:
        raise DataError("--runner needs Apache Beam: pip install 'hsgan[beam]'") from error
    for path in Path(folder).glob(f"*{_ERROR}"):
        path.unlink()
    with apache_beam.Pipeline(options=PipelineOptions(list(arguments))) as pipeline:
        created = pipeline | "shards" >> apache_beam.Create(tasks, reshuffle=True)
        _ = created | "write" >> apache_beam.Map(_write, str(folder))
    failures = sorted(Path(folder).glob(f"*{_ERROR}"))
    if failures:
        raise DataError(json.loads(failures[0].read_text()))


def _write(task, folder):
    try:
        shards.write_shard(task, folder)
    except DataError as error:
        (Path(folder) / f"{task.name}{_ERROR}").write_text(json.dumps(str(error)))
