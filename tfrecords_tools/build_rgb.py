"""Makes a folder of photo records: `python -m tfrecords_tools.build_rgb --source=camvid --input=DIR --output=DIR`."""

import sys

from absl import flags

from hsgan import cli


def define_flags(values=flags.FLAGS):
    """Defines the flags of this program in `values`; returns it."""
    cli.import_tensorflow()
    from tfrecords_tools.readers import RGB_READERS

    common = {"required": True, "flag_values": values}
    flags.DEFINE_enum("source", None, sorted(RGB_READERS), "Data set.", **common)
    flags.DEFINE_string("input", None, "Folder of the data set, as published.", **common)
    flags.DEFINE_string("output", None, "Folder to be made.", **common)
    flags.DEFINE_bool("skip_bad", False, "Leave out what cannot be used, and count it.", flag_values=values)
    flags.DEFINE_integer("shards", 4, "Files a split, at most.", flag_values=values)
    return values


def main(_, values=flags.FLAGS):
    """Converts the data set and prints the summary."""
    from tfrecords_tools.convert import convert_photos
    from tfrecords_tools.readers import RGB_READERS

    reader = RGB_READERS[values.source](values.input)
    summary = convert_photos(reader, values.output, values.shards, values.skip_bad, sys.argv)
    print(summary)


if __name__ == "__main__":
    define_flags()
    cli.run(main)
