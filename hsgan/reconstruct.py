"""`python -m hsgan.reconstruct --run=DIR PHOTO... --output=DIR`: photos in, hyperspectral cubes out.

Of each photo: the cube in every format asked for, and a preview; the round-trip check is printed.
"""

import sys

from absl import flags

from hsgan import cli
from hsgan.config import ENCODINGS
from hsgan.errors import DataError

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("run", None, "Run folder of hsgan.train.", required=True)
    flags.DEFINE_string(
        "output", None, "Folder for cubes and previews; files of the same name are replaced.", required=True
    )
    flags.DEFINE_list("formats", ["npz", "envi"], "Formats of the cube, comma-separated: npz, envi.")
    flags.DEFINE_enum("encoding", "srgb", ENCODINGS, "How 8 and 16 bit photos are stored; linear ignores ICC profiles.")
    flags.DEFINE_string("camera", "", "Camera of the run's dictionary that took the photos; default: estimated.")
    flags.DEFINE_enum("checkpoint", "best", ["best", "last"], "Weights of the run: best on validation, or last.")


@cli.takes_arguments
def main(argv):
    from hsgan.evaluation.reconstruction import reconstruct_photos

    photos, failed = argv[1:], 0
    arguments = (FLAGS.formats, FLAGS.encoding, FLAGS.camera, FLAGS.checkpoint)
    for photo, paths, result in reconstruct_photos(FLAGS.run, photos, FLAGS.output, *arguments):
        if isinstance(result, Exception):
            failed += 1
            print(f"error: {result}", file=sys.stderr, flush=True)
        else:
            print(report(photo, paths, result), flush=True)
    if failed:
        raise DataError(
            f"{failed} of {len(photos)} photos could not be reconstructed; the others are in {FLAGS.output}"
        )


def report(photo, paths, result):
    """Returns the lines about one photo: its files, bands, camera and round-trip check."""
    first, last = result.wavelengths_nm[[0, -1]]
    height, width, bands = result.cube.shape
    camera = f"camera {result.camera}" if result.camera else "camera estimated"
    check = result.check
    return (
        f"{photo}: {height} x {width} pixels, {bands} bands {first:g}-{last:g} nm, {camera}\n"
        f"  {', '.join(str(path) for path in paths)}\n"
        f"  round trip to RGB: RMSE {check['rmse']:.5f}, PSNR {check['psnr']:.2f} dB, "
        f"mean brightness x{check['brightness']:.4f}"
    )


if __name__ == "__main__":
    define_flags()
    cli.run(main)
