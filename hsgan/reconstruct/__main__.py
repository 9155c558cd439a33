"""`python -m hsgan.reconstruct --run=DIR PHOTO... --output=DIR`: photos in, hyperspectral cubes out.

Of each photo, or frame of a video: the cube in every format asked for, and a preview; the round-trip check is printed.
"""

import signal
import sys

from absl import flags

from hsgan import cli
from hsgan.config import ENCODINGS
from hsgan.errors import DataError
from hsgan.files import formats
from hsgan.files.dtypes import DTYPES, FLOAT32
from hsgan.reconstruct import ENGINES, TENSORFLOW

FLAGS = flags.FLAGS
TERMINATED = 128 + signal.SIGTERM


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("run", None, "Run folder of hsgan.train; or give --saved_model.")
    flags.DEFINE_string("saved_model", None, "Model of hsgan.export, in place of a run.")
    flags.DEFINE_enum("checkpoint", "best", ["best", "last"], "Weights of the run: best on validation, or last.")
    flags.DEFINE_string(
        "method", "", "Of a run: mixture, wiener, smooth, ridge or bi, which need no network; default: its network."
    )
    flags.DEFINE_string("output", None, "Folder for cubes and previews; files of the same name are replaced.")
    flags.DEFINE_list(
        "formats", [formats.DEFAULT], f"Formats of the cube: {', '.join(formats.WRITTEN)}; comma-separated."
    )
    flags.DEFINE_enum("dtype", FLOAT32, list(DTYPES), "Numbers in the files; 16 bits are half of the bytes.")
    flags.DEFINE_string("bands", "", "Write these bands alone: W1,W2,... or START:STOP:STEP in nm; default: all.")
    flags.DEFINE_enum(
        "encoding", "srgb", ENCODINGS, "How 8 and 16 bit photos are stored; linear ignores ICC profiles. RAW is linear."
    )
    flags.DEFINE_string(
        "camera",
        "",
        "Camera that took the photos: a name (--list_cameras), a file of its SRF, srgb for developed pictures, or "
        "estimate; default: the best evidence in each file.",
    )
    flags.DEFINE_bool("list_cameras", False, "Print the names of the cameras that the model knows, and end.")
    flags.DEFINE_bool(
        "consistent", False, "Change cubes by the least that makes them give back the photo, without negative values."
    )
    flags.DEFINE_bool(
        "uncertainty", False, "Write the standard deviation of every value beside the cube; of --method=mixture."
    )
    flags.DEFINE_enum("engine", ENGINES[0], ENGINES, "What computes; openvino is fastest in 16 bits, as an extra.")
    flags.DEFINE_integer("every", 1, "Of a video take every so many frames.", lower_bound=1)
    flags.DEFINE_bool("previews", True, "Write a picture beside each cube.")
    flags.register_multi_flags_validator(
        ["run", "saved_model"],
        lambda given: bool(given["run"]) != bool(given["saved_model"]),
        "give one of them: the folder of a training, or of an exported model",
    )
    flags.register_multi_flags_validator(
        ["engine", "saved_model"],
        lambda given: given["engine"] == TENSORFLOW or not given["saved_model"],
        "another engine than tensorflow needs --run: a SavedModel is TensorFlow's",
    )
    flags.register_multi_flags_validator(
        ["method", "saved_model"],
        lambda given: not given["method"] or not given["saved_model"],
        "a method of its own needs --run: a SavedModel is one method",
    )
    flags.register_multi_flags_validator(
        ["output", "list_cameras"],
        lambda given: bool(given["output"]) or given["list_cameras"],
        "give --output, a folder for the cubes",
    )


@cli.takes_arguments
def main(argv):
    from hsgan.reconstruct.models import SavedModel, method_of
    from hsgan.reconstruct.photos import reconstruct_photos
    from hsgan.run.folder import RunFolder

    # A program that is asked to end leaves no unfinished files behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    if FLAGS.run:
        method = method_of(RunFolder.open(FLAGS.run), FLAGS.method, FLAGS.checkpoint, FLAGS.engine)
    else:
        method = SavedModel(FLAGS.saved_model)
    if FLAGS.list_cameras:
        print("\n".join(method.dictionary.names))
        return
    options = options_of_flags()
    failed = done = 0
    for name, paths, result in reconstruct_photos(method, argv[1:], FLAGS.output, FLAGS.formats, options):
        if isinstance(result, Exception):
            failed += 1
            print(f"error: {result}", file=sys.stderr, flush=True)
        else:
            done += 1
            print(report(name, paths, result), flush=True)
    if failed:
        others = f"; the others are in {FLAGS.output}" if done else ""
        raise DataError(f"{failed} of {failed + done} photos could not be reconstructed{others}")


def options_of_flags():
    """Returns the `Options` that the flags express."""
    from hsgan.reconstruct.photos import Options
    from hsgan.spectra.bands import parse_grid

    return Options(
        encoding=FLAGS.encoding,
        camera=FLAGS.camera,
        consistent=FLAGS.consistent,
        every=FLAGS.every,
        previews=FLAGS.previews,
        uncertainty=FLAGS.uncertainty,
        dtype=FLAGS.dtype,
        bands_nm=tuple(parse_grid(FLAGS.bands, "--bands").tolist()) if FLAGS.bands else (),
    )


def report(name, paths, result):
    """Returns the lines about one photo: its files, bands, camera and round-trip check."""
    header, check = result.header, result.check
    first, last = header.wavelengths_nm[[0, -1]]
    height, width, bands = header.shape
    return (
        f"{name}: {height} x {width} pixels, {bands} bands {first:g}-{last:g} nm\n"
        f"  camera {header.facts['camera']} ({header.facts['camera_source']})\n"
        f"  {', '.join(str(path) for path in paths)}\n"
        f"  round trip to RGB: RMSE {check['rmse']:.6f}, largest error {check['max']:.4f}, "
        f"PSNR {check['psnr']:.2f} dB, mean brightness x{check['brightness']:.4f}, tint {check['tint']:.4f}"
    )


if __name__ == "__main__":
    cli.run(define_flags, main)
