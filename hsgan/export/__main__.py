"""`python -m hsgan.export --output=saved_models/NAME [--run=DIR]`: a trained network as files that others run.

Without --run the weights that come with the package are exported, as a network of no stages (`hsgan.networks`).

Writes the next version, `NAME/1/`: a SavedModel for TensorFlow Serving, TFLite files for devices, and metadata.json.
Each is loaded again and compared with the Keras model; what each precision costs is measured and printed.
"""

import contextlib
import tempfile
from pathlib import Path

from absl import flags

from hsgan import cli
from hsgan.errors import HsganError
from hsgan.prior import pretrained

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("run", None, "Run folder of hsgan.train, in place of the package's weights.")
    flags.DEFINE_enum(
        "model", None, pretrained.NAMES, f"Weights that come with the package; default: {pretrained.DEFAULT}."
    )
    flags.register_multi_flags_validator(
        ["run", "model"],
        lambda given: not (given["run"] and given["model"]),
        "give one of them at most: a training's folder, or weights of the package",
    )
    flags.DEFINE_string("output", None, "Folder of the versions; its name is the model's.", required=True)
    flags.DEFINE_list(
        "tflite",
        ["all"],
        "TFLite files to write, comma-separated: float32, float16, dynamic, int8, int16x8; or all that the network "
        "has, or none. One without convolutions, as the package's weights, has float32 alone.",
    )
    flags.DEFINE_string(
        "records", None, "Folder of cube records to calibrate with and to measure on; default: the run's."
    )
    flags.DEFINE_integer("version", None, "Number of the version; default: the next one.", lower_bound=1)
    flags.DEFINE_enum("checkpoint", "best", ["best", "last"], "Weights of the run: best on validation, or last.")
    flags.DEFINE_integer("scenes", 8, "Validation cubes to measure on.", lower_bound=1)
    flags.DEFINE_integer(
        "max_pixels", 2**21, "Largest images * height * width that the SavedModel accepts.", lower_bound=2**13
    )


def main(_):
    from rich.console import Console

    from hsgan.export.export import export
    from hsgan.export.table import export_table

    with contextlib.ExitStack() as stack:
        run = FLAGS.run or pretrained_run(stack)
        path, described = export(
            run,
            FLAGS.output,
            precisions=chosen(FLAGS.tflite),
            records=FLAGS.records,
            version=FLAGS.version,
            checkpoint=FLAGS.checkpoint,
            scenes=FLAGS.scenes,
            max_pixels=FLAGS.max_pixels,
        )
    Console().print(export_table(described))
    print(f"{path}: {', '.join(entry['file'] for entry in described['precisions'].values())}, metadata.json")


def pretrained_run(stack):
    """Returns a run folder of the package's weights, which is there until the stack ends."""
    from hsgan.reconstruct.pretrained import as_run

    name = FLAGS.model or pretrained.DEFAULT
    return as_run(name, Path(stack.enter_context(tempfile.TemporaryDirectory())) / name).path


def chosen(names):
    """Returns the precisions that `--tflite` names; None for all that the network has.

    Raises:
      HsganError: an unknown one.
    """
    from hsgan.export.tflite import PRECISIONS

    names = [name.strip() for name in names]
    if names == ["all"]:
        return None
    if names == ["none"]:
        return ()
    for name in names:
        if name not in PRECISIONS:
            raise HsganError(f"--tflite: must be all, none, or of {', '.join(PRECISIONS)}. Received: {name!r}")
    return tuple(name for name in PRECISIONS if name in names)


if __name__ == "__main__":
    cli.run(define_flags, main)
