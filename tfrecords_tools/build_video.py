"""Makes a folder of video records: `python -m tfrecords_tools.build_video --source=hotc --input=DIR --output=DIR`."""

from absl import flags

from hsgan import cli


def define_flags(values=flags.FLAGS):
    """Defines the flags of this program in `values`; returns it."""
    from tfrecords_tools import build_flags
    from tfrecords_tools.readers import VIDEO_READERS

    build_flags.define(values, VIDEO_READERS)
    return values


@cli.without_tensorflow
def main(_, values=flags.FLAGS):
    """Converts the videos and prints the summary."""
    from tfrecords_tools import build_flags
    from tfrecords_tools.convert import convert_videos
    from tfrecords_tools.readers import VIDEO_READERS

    reader = build_flags.reader(VIDEO_READERS, values, {})
    print(convert_videos(reader, values.output, build_flags.build(values)))


if __name__ == "__main__":
    cli.run(define_flags, main)
