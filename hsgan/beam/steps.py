"""The pipeline itself; the only module that imports Apache Beam."""

from collections.abc import Sequence
from typing import Any

import apache_beam
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.utils import shared

from hsgan import beam


class _Loaded:
    """What a process has loaded; Beam keeps it by a weak reference, which not every object takes."""

    def __init__(self, value):
        self.value = value


class Work(apache_beam.DoFn):
    """Does one task an element. All its copies in a process share one `worker.load()`."""

    def __init__(self, worker: beam.Worker, folder: str):
        self.worker, self.folder, self.handle = worker, folder, shared.Shared()

    def setup(self) -> None:
        """Loads, or takes what this process has loaded already."""
        self.loaded = self.handle.acquire(lambda: _Loaded(self.worker.load()))

    def process(self, task: Any) -> None:  # a `beam.Task`; Beam takes annotations for checks of its own
        """Does a task; gives no elements on."""
        beam.attempt(task, self.worker, self.loaded.value, self.folder)


def run(tasks: Sequence[beam.Task], worker: beam.Worker, folder: str, arguments: Sequence[str]) -> None:
    """Does all tasks; as `hsgan.beam.run`, whose caller has the errors."""
    with apache_beam.Pipeline(options=PipelineOptions(list(arguments))) as pipeline:
        created = pipeline | "tasks" >> apache_beam.Create(tasks, reshuffle=True)
        _ = created | "work" >> apache_beam.ParDo(Work(worker, folder))
