"""Makes a folder of photo records: `python -m tfrecords_tools.build_rgb --source=camvid --input=DIR --output=DIR`."""

from absl import flags

from hsgan import cli


def define_flags(values=flags.FLAGS):
    """Defines the flags of this program in `values`; returns it."""
    from hsgan.config import ENCODINGS
    from tfrecords_tools import build_flags
    from tfrecords_tools.readers import RGB_READERS

    build_flags.define(values, RGB_READERS)
    flags.DEFINE_enum(
        "encoding", "srgb", ENCODINGS, "Of folder: how the photos' values relate to light.", flag_values=values
    )
    return values


@cli.without_tensorflow
def main(_, values=flags.FLAGS):
    """Converts the data set and prints the summary."""
    from tfrecords_tools import build_flags
    from tfrecords_tools.convert import convert_photos
    from tfrecords_tools.readers import RGB_READERS

    reader = build_flags.reader(RGB_READERS, values, {"encoding": str})
    print(convert_photos(reader, values.output, build_flags.held_out(values), build_flags.build(values)))


if __name__ == "__main__":
    cli.run(define_flags, main)
