"""What Table 4 compares: ways to follow a target, each a function of a sequence."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from hsgan.metrics.tracking import tracking_measures
from hsgan.reconstruct.camera import Camera
from hsgan.reconstruct.method import Method
from hsgan.track.course import CUBES, TRACKING, Course
from hsgan.track.cubes import FrameCubes
from hsgan.track.sequences import Sequence

RGB, RAW = "RGB", "Raw"
OPENCV = ("KCF", "CSRT")


@dataclass(frozen=True)
class Contender:
    """A row of the table.

    Attributes:
      name: of the row.
      follow: sequence -> (boxes float64 [frames, 4], seconds of making cubes, seconds of tracking).
      bands: of the sequences that it follows: 3, RGB, or 16, a mosaic camera's.
      kind: "tracker", or of "cubes" that a method made, or "other" for a tracker that is not ours.
      paper: name of the row in `hsgan.benchmark.published.TABLE_4`; "" for none.
    """

    name: str
    follow: Callable[[Sequence], tuple[np.ndarray, float, float]]
    bands: int = 3
    kind: str = "tracker"
    paper: str = ""


def contenders(methods: list[Method], camera: Camera | None = None, others: bool = True) -> list[Contender]:
    """Returns the rows of the table: the RGB tracker, each method's cubes, real cubes, and OpenCV's trackers.

    Args:
      methods: that reconstruct.
      camera: of all videos; None: developed pictures are read as such, and of a sensor's own values each method
        supposes or estimates it.
      others: whether OpenCV's trackers take part, where they are installed.
    """
    found = [Contender(RGB, lambda sequence: follow(sequence))]
    for method in methods:
        # A network's row in the paper is that of its kind.
        paper = str(method.facts.get("model", method.name))
        found.append(Contender(method.name, _Reconstructed(method, camera), kind="cubes", paper=paper))
    found.append(Contender(RAW, lambda sequence: follow(sequence), 16, "cubes", "raw"))
    if others and find_spec("cv2") is not None:
        found += [Contender(f"{name} (OpenCV)", _OpenCv(name), kind="other") for name in OPENCV]
    return found


def follow(sequence: Sequence, cubes: FrameCubes | None = None) -> tuple[np.ndarray, float, float]:
    """Returns (boxes float64 [frames, 4], seconds of making cubes, seconds of tracking) of our tracker."""
    course = Course(sequence, cubes).finish()
    return np.array(course.boxes), course.seconds[CUBES], course.seconds[TRACKING]


def result(contender: Contender, sequence: Sequence) -> dict:
    """Returns what stands in the results for one row and one sequence: measures, seconds and the number of frames."""
    boxes, making, tracking = contender.follow(sequence)
    return {
        "measures": tracking_measures(sequence.truth, boxes),
        "seconds": {CUBES: making, TRACKING: tracking},
        "frames": len(boxes),
    }


class _Reconstructed:
    """Follows targets in the cubes that a method makes of every frame."""

    def __init__(self, method, camera):
        self.method, self.camera = method, camera

    def __call__(self, sequence):
        # Of each video anew: what is not told is estimated from its first frame.
        return follow(sequence, FrameCubes(self.method, origin=sequence.origin, camera=self.camera))


class _OpenCv:
    """One of OpenCV's trackers with its own settings; where it loses the target, its last box stands."""

    def __init__(self, name):
        self.name = name

    def __call__(self, sequence):
        import cv2

        tracker, boxes, seconds = getattr(cv2, f"Tracker{self.name}_create")(), [], 0.0
        for frame in sequence.frames():
            image, began = np.ascontiguousarray(frame[..., ::-1]), time.perf_counter()
            if not boxes:
                # It takes whole pixels.
                tracker.init(image, tuple(round(value) for value in sequence.truth[0]))
                boxes.append(sequence.truth[0])
            else:
                found, box = tracker.update(image)
                boxes.append(np.array(box, np.float64) if found else boxes[-1])
            seconds += time.perf_counter() - began
        return np.array(boxes), 0.0, seconds
