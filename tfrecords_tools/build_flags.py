"""Flags that the programs which build records share, and the reader and settings that they say."""

import inspect
import sys

from absl import flags

from hsgan import beam
from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.spectra.bands import parse_grid
from tfrecords_tools.beam_pipeline import runner
from tfrecords_tools.convert import Build


def define(values, readers):
    """Defines the common flags in `values`; `readers` is the dictionary that --source chooses from."""
    common = {"required": True, "flag_values": values}
    flags.DEFINE_enum("source", None, sorted(readers), "Data set.", **common)
    flags.DEFINE_string("input", None, "Folder of the data set, as published.", **common)
    flags.DEFINE_string("output", None, "Folder to be made.", **common)
    flags.DEFINE_list("validation", [], "Names of the scenes or photos held out for validation.", flag_values=values)
    flags.DEFINE_list("test", [], "Names of the scenes or photos held out for tests.", flag_values=values)
    flags.DEFINE_bool("skip_bad", False, "Leave out what cannot be used, and count it.", flag_values=values)
    flags.DEFINE_integer("shards", 0, "Files a split, at most; 0: one for every 8 scenes.", flag_values=values)
    flags.DEFINE_integer("workers", 0, "Processes, each with one scene in memory; 0: one a core.", flag_values=values)
    flags.DEFINE_bool(
        "keep_duplicates", False, "Accept near-duplicates between splits that were chosen.", flag_values=values
    )
    beam.define_flags(values, "processes of this machine")


def held_out(values):
    """Returns {split: names} of the flags that move scenes."""
    return {split: values[split].value for split in ("validation", "test")}


def build(values):
    """Returns the `Build` of the flags.

    Raises:
      DataError: a negative number of workers.
      UsageError: Beam's options without a runner.
    """
    if values.workers < 0:
        raise DataError(f"--workers: must not be negative. Received: {values.workers}")
    arguments = beam.arguments_of(values)
    chosen = runner(arguments) if arguments else None
    return Build(values.shards, values.skip_bad, tuple(sys.argv), values.workers, values.keep_duplicates, chosen)


def reader(readers, values, optional):
    """Returns the reader that --source names, made of --input and of those `optional` flags that were given.

    Args:
      readers: dictionary name -> class.
      values: the flags.
      optional: {flag: function of its value} of flags that some readers take by that name.

    Raises:
      DataError: a flag that this reader does not take; as the reader.
    """
    chosen = readers[values.source]
    takes = inspect.signature(chosen).parameters
    given = {name: parse(values[name].value) for name, parse in optional.items() if values[name].present}
    strange = [name for name in given if name not in takes]
    if strange:
        raise DataError(f"--{strange[0]}: the reader of {values.source!r} does not take it")
    with guard.translated(values.input, f"the data set {values.source!r}"):
        return chosen(values.input, **given)


def size(text):
    """Returns (height, width) of "HEIGHTxWIDTH", or "any".

    Raises:
      DataError: something else.
    """
    if text == "any":
        return text
    parts = text.lower().split("x")
    if len(parts) != 2 or not all(part.isdigit() and int(part) for part in parts):
        raise DataError(f"--size: must be HEIGHTxWIDTH or any. Received: {text!r}")
    return int(parts[0]), int(parts[1])


def wavelengths(text):
    """Returns the grid that --wavelengths says."""
    return parse_grid(text, "--wavelengths")
