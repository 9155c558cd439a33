"""Milliseconds of processor time a frame of the tracker, by part.

  python benchmarks/tracking.py [--data=SEQUENCES] [--frames=60] [--cubes=bi,smooth,wiener,mixture]

Rows: the target followed in RGB, in real cubes of 16 bands, and in cubes that closed forms make of every frame.
Columns: reading the frame, making the cube, the maps of each feature, adding them up to cells and normalizing them,
responses and peaks, training the filter. With --data the sequences of a benchmark's folder, otherwise a simulated video
of 192x192. The time is the processor's, of all cores together: other work on the machine hardly changes it. One core
alone makes as many frames a second as the last column says; on more it is at least that.
"""

import itertools
import time
from collections import Counter

from absl import flags

from hsgan import cli

FLAGS = flags.FLAGS
SIMULATED = 1


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("data", "", "Folder of sequences; default: a simulated video.")
    flags.DEFINE_integer("frames", 60, "Of every sequence, at most.", lower_bound=2)
    flags.DEFINE_list("cubes", ["bi", "smooth", "wiener", "mixture"], "Closed forms that make cubes of the frames.")


class Stopwatch:
    """Seconds by part: functions of modules and classes are wrapped while a target is followed."""

    def __init__(self):
        self.seconds = Counter()

    def wrap(self, owner, name, part):
        """Counts the time of `owner.name` as that of `part`, without what is counted in it otherwise."""
        function = getattr(owner, name)

        def timed(*arguments, **options):
            inner, began = sum(self.seconds.values()), time.process_time()
            try:
                return function(*arguments, **options)
            finally:
                spent = time.process_time() - began
                self.seconds[part] += spent - (sum(self.seconds.values()) - inner)

        setattr(owner, name, timed)


def main(_):
    from rich.console import Console
    from rich.table import Table

    sequences, makers = inputs()
    watch = watched()
    table = Table(title=f"processor milliseconds a frame, {FLAGS.frames} frames of each of {len(sequences)} sequences")
    rows = []
    for name, bands, cubes in makers:
        watch.seconds.clear()
        count = sum(follow(sequence, cubes) for sequence in sequences if sequence.bands == bands)
        if count:
            rows.append((name, {part: 1000 * spent / count for part, spent in watch.seconds.items()}))
    parts = list(dict.fromkeys(part for _, spent in rows for part in spent))
    for heading in ("tracker", *parts, "sum", "frames a second"):
        table.add_column(heading, justify="left" if heading == "tracker" else "right")
    for name, spent in rows:
        total = sum(spent.values())
        cells = [f"{spent[part]:.1f}" if part in spent else "" for part in parts]
        table.add_row(name, *cells, f"{total:.1f}", f"{1000 / total:.1f}")
    Console(width=160).print(table)


def inputs():
    """Returns (sequences, [(row's name, bands of its frames, function that makes a cube of a frame)])."""
    from hsgan import config as config_lib
    from hsgan.reconstruct.fitted import fitted
    from hsgan.spectra.srf import default_dictionary
    from hsgan.track.cubes import FrameCubes
    from hsgan.track.sequences import find_sequences
    from hsgan.track.simulate import simulated_sequences

    dictionary = default_dictionary(config_lib.wavelengths_nm(config_lib.default_config()))
    sequences = simulated_sequences(
        SIMULATED, dictionary.srf(dictionary.default_test_camera), dictionary.wavelengths_nm
    )
    if FLAGS.data:
        sequences = find_sequences([FLAGS.data])
    methods = fitted(config_lib.load("demo", ["prior.folds=0"]), FLAGS.cubes)
    makers = [("RGB", 3, None), ("16 bands", 16, None)]
    return sequences, makers + [(method.name, 3, FrameCubes(method)) for method in methods]


def watched():
    """Returns the stopwatch of all parts."""
    from hsgan.track import correlation, features, tracker, window
    from hsgan.track.course import CUBES, READING, TRACKING, Course

    watch = Stopwatch()
    for name, block in features.BLOCKS.items():
        watch.wrap(block, "maps", f"{name} maps")
    watch.wrap(features.Features, "__call__", "cells")
    watch.wrap(window, "pool", "cells")
    for name in ("spectrum", "response_spectrum"):
        watch.wrap(correlation, name, "responses")
    watch.wrap(tracker, "find_peak", "responses")
    watch.wrap(correlation, "train_filter", "training")
    timed = Course._timed

    def part_of(course, part, function, *arguments):
        known = {READING: READING, CUBES: CUBES, TRACKING: "rest"}[part]
        holder = type("Holder", (), {"call": staticmethod(function)})
        watch.wrap(holder, "call", known)
        return timed(course, part, holder.call, *arguments)

    Course._timed = part_of
    return watch


def follow(sequence, cubes):
    """Follows a target through the first frames; returns their number."""
    from hsgan.track.course import Course

    course = Course(sequence, cubes)
    return sum(1 for _ in itertools.islice(course, FLAGS.frames))


if __name__ == "__main__":
    cli.run(define_flags, main)
