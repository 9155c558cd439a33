"""Makes a folder of photo records: `python -m tfrecords_tools.build_rgb --source=camvid --input=DIR --output=DIR`."""

import sys

from absl import flags

from hsgan import cli
from tfrecords_tools.convert import convert_photos
from tfrecords_tools.readers import RGB_READERS

_SOURCE = flags.DEFINE_enum("source", None, sorted(RGB_READERS), "Data set.", required=True)
_INPUT = flags.DEFINE_string("input", None, "Folder of the data set, as published.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Folder to be made.", required=True)
_SKIP_BAD = flags.DEFINE_bool("skip_bad", False, "Leave out photos that cannot be used, instead of stopping.")
_SHARDS = flags.DEFINE_integer("shards", 4, "Files a split, at most.")


def main(argv):
    """Converts the data set and prints the summary."""
    del argv
    reader = RGB_READERS[_SOURCE.value](_INPUT.value)
    print(convert_photos(reader, _OUTPUT.value, _SHARDS.value, _SKIP_BAD.value, sys.argv))


if __name__ == "__main__":
    cli.run(main)
