"""`python -m hsgan.app`: a page in the browser to make cubes out of photos and to explore them.

The weights that come with the package are used unless --run or --model names others. Works without internet and
listens on this machine only. A photo or cube named on the command line is opened at once.
"""

import importlib.util
from pathlib import Path

from absl import flags

from hsgan import cli
from hsgan.errors import DataError, HsganError
from hsgan.files import cube_flags
from hsgan.prior import pretrained

FLAGS = flags.FLAGS
CUBES_ONLY = "none"


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("run", "", "Run folder of hsgan.train, in place of the package's weights.")
    flags.DEFINE_enum(
        "model", "", ["", *pretrained.NAMES, CUBES_ONLY],
        f"Weights that come with the package; default: {pretrained.DEFAULT}. none: cubes can be opened, no photos.",
    )  # fmt: skip
    flags.DEFINE_enum("checkpoint", "best", ["best", "last"], "Weights of the run: best on validation, or last.")
    flags.DEFINE_string("method", "", "mixture, wiener, smooth, ...; default: the run's network, or mixture.")
    flags.DEFINE_string("host", "127.0.0.1", "Address to listen on; another one lets others in, without a password.")
    flags.DEFINE_integer("port", 8080, "Port to listen on.", lower_bound=1, upper_bound=65535)
    flags.DEFINE_float("max_megapixels", 16, "Largest photo or cube; its cube takes 124 MB a megapixel.", lower_bound=0)
    flags.DEFINE_float("max_upload_mb", 256, "Largest upload, megabytes.", lower_bound=0)
    flags.DEFINE_bool("api", False, "Serve programs, not people: plain HTTP, a photo in, a cube's file out.")
    flags.DEFINE_integer(
        "queue", 8, "Of --api: requests in hand at a time; others are told to try again.", lower_bound=1
    )
    cube_flags.define()
    flags.DEFINE_bool("browser", False, "Open the page in the default browser.")


@cli.takes_arguments
@cli.without_tensorflow  # so that mistakes are told at once; it is imported below
def main(argv):
    from hsgan.app.bounds import Limits, check_address

    if importlib.util.find_spec("nicegui") is None:
        raise HsganError("hsgan.app: needs NiceGUI; install it: pip install 'hsgan[app]'")
    first = [Path(path) for path in argv[1:]]
    for path in first:
        if not path.exists():
            raise DataError(f"{path}: no such file")
    if FLAGS.run and FLAGS.model:
        raise HsganError("run, model: give one of them at most: a training's folder, or weights of the package")
    if FLAGS.api and (first or FLAGS.model == CUBES_ONLY):
        raise HsganError("api: needs a model, and no files; they come in the requests")
    choice = cube_flags.choice()
    check_address(FLAGS.host, FLAGS.port)
    limits = Limits(int(FLAGS.max_upload_mb * 1e6), int(FLAGS.max_megapixels * 1e6))
    cli.import_tensorflow()
    import hsgan
    from hsgan.app.server import serve, serve_api

    if FLAGS.run:
        model = hsgan.Reconstructor.from_run(FLAGS.run, checkpoint=FLAGS.checkpoint, method=FLAGS.method)
    else:
        model = None if FLAGS.model == CUBES_ONLY else hsgan.Reconstructor.pretrained(FLAGS.model, FLAGS.method)
    if model is not None:
        print(model.method.introduction, flush=True)
    if FLAGS.api:
        serve_api(model, limits, FLAGS.host, FLAGS.port, FLAGS.queue)
    else:
        serve(model, limits, FLAGS.host, FLAGS.port, FLAGS.browser, first, choice)


if __name__ == "__main__":
    cli.run(define_flags, main)
