"""Which part of every batch a worker reads, where several share a training."""

from dataclasses import dataclass

import tensorflow as tf


@dataclass(frozen=True)
class Share:
    """The rows of every batch that are one worker's: equal parts, in the order of the workers.

    A worker reads what its own rows need and no more, and gets of them what it would get of the whole batch.

    Attributes:
      worker: number of the worker.
      workers: how many there are.
    """

    worker: int = 0
    workers: int = 1

    def rows(self, batch: int) -> slice:
        """Returns the rows of a batch of `batch` samples, which the workers divide."""
        size = batch // self.workers
        return slice(self.worker * size, (self.worker + 1) * size)

    def holds(self, position: tf.Tensor, batch: int) -> tf.Tensor:
        """Whether a sample at `position` in a stream of batches, int64 [], is one of the rows."""
        rows, row = self.rows(batch), position % batch
        return (row >= rows.start) & (row < rows.stop)


WHOLE = Share()
