"""`python -m hsgan.evaluate --run=DIR --data=RECORDS --output=DIR`: a run on test cubes, in numbers and pictures.

Every cube is projected with one camera and reconstructed blind (or, with --known_srf, with that camera given) by the
network and by the methods without one. With --photos and --truth, real photos are reconstructed and compared with the
true cubes of their scenes; with --protocol=developed, developed pictures, read in two ways and processed further.
Writes metrics.json and figures/ into the output folder.
"""

from absl import flags

from hsgan import cli
from hsgan.config import ENCODINGS
from hsgan.files import cube_flags
from hsgan.metrics.protocols import PROTOCOLS
from hsgan.metrics.quality import SCALES
from hsgan.reconstruct import ENGINES, TENSORFLOW

FLAGS = flags.FLAGS
DEVELOPED = "developed"


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("run", None, "Run folder of hsgan.train.", required=True)
    flags.DEFINE_string("data", "", "Folder of cube records (tfrecords_tools.build_hsi); or give --photos and --truth.")
    flags.DEFINE_list("photos", [], "Photos of known scenes: files, folders and patterns; comma-separated.")
    flags.DEFINE_string("truth", "", "Folder of the true cubes of --photos, matched by name; any format.")
    flags.DEFINE_enum("scale", "best", SCALES, "Of --photos: best multiplies each cube by what brings it nearest.")
    flags.DEFINE_enum("encoding", "srgb", ENCODINGS, "Of --photos: how 8 and 16 bit values are stored.")
    cube_flags.define()
    flags.DEFINE_string(
        "output", None, "Folder for metrics.json and figures/; those of an earlier one are replaced.", required=True
    )
    flags.DEFINE_string(
        "camera",
        "",
        "Camera of the run's dictionary that projects the cubes; default: its test camera. Of --photos: as for "
        "hsgan.reconstruct; default: the best evidence in each file.",
    )
    flags.DEFINE_bool(
        "known_srf", None, "Give the camera to the methods instead of estimating it; default: as the run was validated."
    )
    flags.DEFINE_string("split", "validation", "Split of the records.")
    flags.DEFINE_enum("checkpoint", "best", ["best", "last"], "Weights of the run: best on validation, or last.")
    flags.DEFINE_enum(
        "protocol", "seed", [*PROTOCOLS, DEVELOPED], "What is computed, and over which pixels; developed: of --photos."
    )
    flags.DEFINE_enum("engine", TENSORFLOW, ENGINES, "What computes; auto: the fastest on this machine.")
    flags.DEFINE_bool("self_ensemble", False, "The network's cubes are means over 8 flips and turns of the image.")
    flags.DEFINE_integer("figures", 3, "Scenes to draw figures of.", lower_bound=0)
    flags.register_multi_flags_validator(
        ["data", "photos", "truth"],
        lambda given: bool(given["data"]) != bool(given["photos"]) == bool(given["truth"]),
        "give --data, a folder of records, or --photos and --truth",
    )
    flags.register_multi_flags_validator(
        ["protocol", "photos"],
        lambda given: given["protocol"] != DEVELOPED or bool(given["photos"]),
        "developed is of pictures: give --photos and --truth",
    )
    flags.register_multi_flags_validator(
        ["protocol", "self_ensemble"],
        lambda given: given["protocol"] != DEVELOPED or not given["self_ensemble"],
        "developed compares readings of a picture: leave out --self_ensemble",
    )


def main(_):
    from hsgan.evaluate.harness import METRICS_FILE

    if FLAGS.protocol == DEVELOPED:
        print_developed()
        print(f"{FLAGS.output}: {METRICS_FILE}")
        return
    from hsgan.evaluate.table import print_results

    results = of_photos() if FLAGS.photos else of_records()
    print_results(results)
    print(f"{FLAGS.output}: {METRICS_FILE}, {len(results['figures'])} figures in figures/")


def of_records():
    """Returns the results on projected cubes."""
    from hsgan.evaluate.harness import evaluate_run

    return evaluate_run(
        FLAGS.run,
        FLAGS.data,
        FLAGS.output,
        camera=FLAGS.camera or None,
        known_srf=FLAGS.known_srf,
        split=FLAGS.split,
        checkpoint=FLAGS.checkpoint,
        protocol=FLAGS.protocol,
        figure_scenes=FLAGS.figures,
        engine=FLAGS.engine,
        self_ensemble=FLAGS.self_ensemble,
    )


def of_photos():
    """Returns the results on photos."""
    from hsgan.evaluate.harness import evaluate_photos

    return evaluate_photos(
        FLAGS.run,
        FLAGS.photos,
        FLAGS.truth,
        FLAGS.output,
        camera=FLAGS.camera,
        encoding=FLAGS.encoding,
        scale=FLAGS.scale,
        checkpoint=FLAGS.checkpoint,
        protocol=FLAGS.protocol,
        figure_scenes=FLAGS.figures,
        engine=FLAGS.engine,
        self_ensemble=FLAGS.self_ensemble,
        opened=cube_flags.opened,
    )


def print_developed():
    """Evaluates developed pictures, and prints the tables."""
    from hsgan.evaluate import developed
    from hsgan.evaluate.table import show

    results = developed.evaluate_developed(
        FLAGS.run, FLAGS.photos, FLAGS.truth, FLAGS.output, FLAGS.checkpoint, FLAGS.engine, cube_flags.opened
    )
    show(developed.tables(results))


if __name__ == "__main__":
    cli.run(define_flags, main)
