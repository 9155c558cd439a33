"""One pass over a sequence: the target is given in the first frame, and followed to the last."""

import time
from collections.abc import Callable, Iterator

import numpy as np

from hsgan.metrics.tracking import tracking_measures
from hsgan.track.features import CUBE_FEATURES, RGB_FEATURES, Features
from hsgan.track.sequences import Sequence
from hsgan.track.settings import Settings
from hsgan.track.tracker import Tracker

READING, CUBES, TRACKING = "reading", "cubes", "tracking"


class Course:
    """Follows a target while it is iterated over.

    Args:
      sequence: frames and true boxes, or the first.
      cubes: turns a frame into a cube, uint8 [height, width, 3] -> float32 [height, width, bands]; None follows the
        target in the frames as they are.
      features: names of blocks (`hsgan.track.features.BLOCKS`); () takes those for RGB or for cubes.
      settings: of the tracker; None takes the method's own.

    Attributes:
      boxes: found so far, list of float64 [4], (left, top, width, height) counted from 0; the first is the true one.
      seconds: {"reading" | "cubes" | "tracking": spent so far}.
    """

    def __init__(
        self,
        sequence: Sequence,
        cubes: Callable[[np.ndarray], np.ndarray] | None = None,
        features: tuple[str, ...] = (),
        settings: Settings | None = None,
    ):
        self.sequence, self.cubes, self.settings = sequence, cubes, settings
        default = RGB_FEATURES if sequence.bands == 3 and cubes is None else CUBE_FEATURES
        self.features = Features(tuple(features) or default)
        self.boxes: list[np.ndarray] = []
        self.seconds = dict.fromkeys((READING, CUBES, TRACKING), 0.0)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yields (frame, box) of every frame.

        Raises:
          DataError: as `Sequence.frames`; features that do not fit the frames.
        """
        tracker, frames = None, self.sequence.frames()
        while (frame := self._timed(READING, next, frames, None)) is not None:
            seen = frame if self.cubes is None else self._timed(CUBES, self.cubes, frame)
            if tracker is None:
                box = self.sequence.truth[0]
                tracker = self._timed(TRACKING, Tracker, self.features, seen, box, self.settings)
            else:
                box = self._timed(TRACKING, tracker.update, seen)
            self.boxes.append(box)
            yield frame, box

    def finish(self) -> "Course":
        """Follows the target to the last frame; returns itself."""
        for _ in self:
            pass
        return self

    @property
    def evaluated(self) -> bool:
        """Whether the sequence has true boxes beside the first, with which to compare."""
        return len(self.sequence.truth) > 1

    def measures(self) -> dict:
        """Returns `hsgan.metrics.tracking.tracking_measures` of a finished pass over a sequence with true boxes."""
        return tracking_measures(self.sequence.truth, np.array(self.boxes))

    def frames_per_second(self, *parts: str) -> float:
        """Returns how many frames were done in a second of the given parts of the work, of all of them by default."""
        return len(self.boxes) / max(sum(self.seconds[part] for part in parts or self.seconds), 1e-9)

    def _timed(self, part, function, *arguments):
        began = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            self.seconds[part] += time.perf_counter() - began
