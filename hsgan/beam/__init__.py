"""Work spread over processes and machines by Apache Beam: what the programs that do it share.

A task is one unit of work (a shard, a photo), and an element of the pipeline. What it reads and writes must lie under
the same paths on all machines (a network file system), and hsgan be installed there. What it writes must appear whole,
because a runner may run an element twice.

A task that fails for a reason that a user can mend is no failure of the cluster's: it is not tried again, and told at
the end. Messages travel as files, since no runner gives results back.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from absl import flags

from hsgan.disk import guard, whole
from hsgan.disk.plain import read_json
from hsgan.errors import DataError, HsganError, RunError, UsageError

RUNNERS = ("DirectRunner", "FlinkRunner", "PortableRunner", "SparkRunner", "DataflowRunner")
_ERROR = ".error"


class Task(Protocol):
    """One unit of work; it can be sent to another machine."""

    @property
    def name(self) -> str:
        """A name for files, its own among all tasks."""


class Worker(Protocol):
    """What does tasks; it can be sent to another machine."""

    def load(self) -> Any:
        """Returns what all tasks of one process share, e.g. a model; called once a process."""

    def work(self, task: Any, loaded: Any) -> None:
        """Does one task; raises `HsganError` where a user must mend something."""


class PipelineFailed(RunError):
    """The runner itself gave up; what is finished stays."""


def define_flags(values: flags.FlagValues, without: str) -> None:
    """Defines `--runner` and `--beam_options` in `values`; `without` says what works where there is no runner."""
    flags.DEFINE_enum("runner", "", ["", *RUNNERS], f"'': {without}; else an Apache Beam runner.", flag_values=values)
    flags.DEFINE_list("beam_options", [], "Options of the Beam runner, e.g. --region=R,--project=P", flag_values=values)


def arguments_of(values: flags.FlagValues) -> tuple[str, ...]:
    """Returns the pipeline's arguments that the flags of `define_flags` say; () without a runner.

    Raises:
      UsageError: Beam's options without a runner.
    """
    if values.beam_options and not values.runner:
        raise UsageError("--beam_options: they need a --runner")
    return (f"--runner={values.runner}", *values.beam_options) if values.runner else ()


def run(tasks: Sequence[Task], worker: Worker, folder: str | Path, arguments: Sequence[str]) -> dict[str, str]:
    """Does all tasks by a Beam pipeline; returns {name of a task: why it failed}.

    Args:
      tasks: what is to be done.
      worker: that does it.
      folder: that all machines can write to, for messages.
      arguments: of the pipeline (`arguments_of`).

    Raises:
      DataError: apache-beam is not there.
      PipelineFailed: the runner cannot be reached, or gave up.
    """
    try:
        from hsgan.beam import steps
    except ImportError as error:
        raise DataError("--runner needs Apache Beam: pip install 'hsgan[beam]'") from error
    for path in Path(folder).glob(f"*{_ERROR}"):
        path.unlink()
    if tasks:
        try:
            steps.run(tasks, worker, str(folder), arguments)
        except Exception as error:  # a runner's errors are of any class
            text = f"{arguments[0]}: the pipeline ended: {guard.reason(error)}"
            raise PipelineFailed(f"{text}; the same command goes on with what is finished") from error
    return {path.name.removesuffix(_ERROR): read_json(path) for path in sorted(Path(folder).glob(f"*{_ERROR}"))}


def attempt(task: Task, worker: Worker, loaded: Any, folder: str | Path) -> None:
    """Does one task; what a user must mend becomes a message in `folder`."""
    try:
        worker.work(task, loaded)
    except HsganError as error:
        whole.write_text(Path(folder) / f"{task.name}{_ERROR}", json.dumps(str(error)))
