"""Makes a folder of cube records: `python -m tfrecords_tools.build_hsi --source=cave --input=DIR --output=DIR`."""

import sys

from absl import flags

from hsgan import cli
from tfrecords_tools.convert import convert_cubes
from tfrecords_tools.readers import HSI_READERS

_SOURCE = flags.DEFINE_enum("source", None, sorted(HSI_READERS), "Data set.", required=True)
_INPUT = flags.DEFINE_string("input", None, "Folder of the data set, as published.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Folder to be made.", required=True)
_VALIDATION = flags.DEFINE_list("validation", [], "Names of the scenes held out for validation.")
_SKIP_BAD = flags.DEFINE_bool("skip_bad", False, "Leave out scenes that cannot be used, instead of stopping.")
_SHARDS = flags.DEFINE_integer("shards", 4, "Files a split, at most.")


def main(argv):
    """Converts the data set and prints the summary."""
    del argv
    reader = HSI_READERS[_SOURCE.value](_INPUT.value)
    print(convert_cubes(reader, _OUTPUT.value, _VALIDATION.value, _SHARDS.value, _SKIP_BAD.value, sys.argv))


if __name__ == "__main__":
    cli.run(main)
