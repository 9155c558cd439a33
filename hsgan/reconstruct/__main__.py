"""`python -m hsgan.reconstruct PHOTO...`: photos in, hyperspectral cubes out.

Of each photo, or frame of a video: the cube in every format asked for, and a preview; the round-trip check is printed.
The weights that come with the package are used unless --run, --saved_model or --model names others.
"""

import math
import signal
import sys

from absl import flags

from hsgan import beam, cli
from hsgan.config import ENCODINGS
from hsgan.errors import DataError
from hsgan.files import formats
from hsgan.files.convert import WHITE, background
from hsgan.files.dtypes import DTYPES, FLOAT32
from hsgan.prior import cards, pretrained
from hsgan.reconstruct import AUTO, ENGINES, TENSORFLOW

FLAGS = flags.FLAGS
NO_CUBES = "none"
TERMINATED = 128 + signal.SIGTERM


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_enum(
        "model", None, pretrained.NAMES, f"Weights that come with the package; default: {pretrained.DEFAULT}."
    )
    flags.DEFINE_bool("list_models", False, "Print the cards of the weights that come with the package, and end.")
    flags.DEFINE_string("run", None, "Run folder of hsgan.train, in place of the package's weights.")
    flags.DEFINE_string("saved_model", None, "Model of hsgan.export, in place of the package's weights.")
    flags.DEFINE_enum("checkpoint", "best", ["best", "last"], "Weights of the run: best on validation, or last.")
    flags.DEFINE_string(
        "method", "", "Without a network: mixture, wiener, smooth, ridge or bi; default: the run's network, or mixture."
    )
    flags.DEFINE_string("output", "cubes", "Folder for cubes and previews; files of the same name are replaced.")
    flags.DEFINE_list(
        "formats",
        [formats.DEFAULT],
        f"Formats of the cube: {', '.join(formats.WRITTEN)}, comma-separated; {NO_CUBES}: previews alone.",
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
    flags.DEFINE_string(
        "white", "", "ROW,COLUMN[,SIZE] of a neutral patch: the cube is divided by its spectrum, to be reflectance."
    )
    flags.DEFINE_string(
        "light", "", "Light of the scene, divided out: D65, A, LED-B3, ... or a CSV file of wavelength and power."
    )
    flags.DEFINE_string("crop", "", "TOP,LEFT,HEIGHT,WIDTH: reconstruct this part of each photo alone, pixels.")
    flags.DEFINE_float(
        "max_megapixels", 0, "Of larger photos take means over squares of pixels; 0 takes all.", lower_bound=0
    )
    flags.DEFINE_bool("convert", False, "Take CMYK photos, transparent pixels and the first frame of a GIF as well.")
    flags.DEFINE_string("background", WHITE, "Of --convert: the color behind transparent pixels, a name or #rrggbb.")
    flags.DEFINE_enum("engine", ENGINES[0], ENGINES, "What computes a run's network; auto: the fastest here.")
    flags.DEFINE_bool("self_ensemble", False, "Mean over 8 flips and turns of the photo, in 8 times the time.")
    flags.DEFINE_integer("every", 1, "Of a video take every so many frames.", lower_bound=1)
    beam.define_flags(FLAGS, "this process, a photo at a time")
    flags.DEFINE_bool("previews", True, "Write a picture beside each cube, and a video beside each video's.")
    flags.register_multi_flags_validator(
        ["run", "saved_model", "model"],
        lambda given: sum(map(bool, given.values())) <= 1,
        "give one of them at most: a training's folder, an exported model, or weights of the package",
    )
    flags.register_multi_flags_validator(
        ["engine", "run"],
        lambda given: given["engine"] in (AUTO, TENSORFLOW) or given["run"],
        "another engine than tensorflow needs --run: it runs a run's network",
    )
    flags.register_multi_flags_validator(
        ["method", "saved_model"],
        lambda given: not given["method"] or not given["saved_model"],
        "a SavedModel is one method; give --run, or leave out --saved_model",
    )


@cli.takes_arguments
@cli.without_tensorflow  # so that cards are printed at once; it is imported below
def main(argv):
    if FLAGS.list_models:
        print("\n\n".join(cards.text(pretrained.card(name)) for name in pretrained.NAMES))
        return
    cli.import_tensorflow()
    from hsgan.reconstruct import many

    # A program that is asked to end leaves no unfinished files behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    options, choice, arguments = options_of_flags(), choice_of_flags(), beam.arguments_of(FLAGS)
    method = choice.load()
    if FLAGS.list_cameras:
        print("\n".join(method.dictionary.names))
        return
    written = () if FLAGS.formats == [NO_CUBES] else tuple(FLAGS.formats)
    job = many.Job(choice, argv[1:], FLAGS.output, written, options)
    failed = done = 0
    for outcome in job.spread(method, arguments) if arguments else job.here(method):
        if outcome.error:
            failed += 1
            print(f"error: {outcome.error}", file=sys.stderr, flush=True)
            continue
        if not done:
            print(method.introduction)
        done += 1
        print(outcome.text, flush=True)
        if outcome.warning:
            print(f"warning: {outcome.name}: {outcome.warning}", file=sys.stderr, flush=True)
    if failed:
        others = f"; the others are in {FLAGS.output}" if done else ""
        raise DataError(f"{failed} of {failed + done} photos could not be reconstructed{others}")


def choice_of_flags():
    """Returns the `Choice` of a method that the flags express."""
    from hsgan.reconstruct.choice import Choice

    names = ("run", "saved_model", "model", "method", "checkpoint", "engine")
    return Choice(**{name: FLAGS[name].value or "" for name in names}, self_ensemble=FLAGS.self_ensemble)


def options_of_flags():
    """Returns the `Options` that the flags express."""
    from hsgan.reconstruct.photos import Options
    from hsgan.reconstruct.reflectance import parse_white
    from hsgan.reconstruct.region import Region, parse_crop
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
        white=parse_white(FLAGS.white),
        light=FLAGS.light,
        region=Region(parse_crop(FLAGS.crop), math.ceil(1e6 * FLAGS.max_megapixels)),
        conversion=background(FLAGS.background) if FLAGS.convert else None,
    )


if __name__ == "__main__":
    cli.run(define_flags, main)
