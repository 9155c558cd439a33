"""`python -m hsgan.evaluate --run=DIR --data=RECORDS --output=DIR`: a run on test cubes, in numbers and pictures.

Every cube is projected with one camera and reconstructed blind (or, with --known_srf, with that camera given) by the
network and by the methods without one. Writes metrics.json and figures/ into the output folder.
"""

from absl import flags

from hsgan import cli
from hsgan.metrics.protocols import PROTOCOLS
from hsgan.reconstruct import ENGINES

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("run", None, "Run folder of hsgan.train.")
    flags.DEFINE_string("data", None, "Folder of cube records (tfrecords_tools.build_hsi).")
    flags.DEFINE_string("output", None, "Folder for metrics.json and figures/; those of an earlier one are replaced.")
    flags.DEFINE_string(
        "camera", "", "Camera of the run's dictionary that projects the cubes; default: its test camera."
    )
    flags.DEFINE_bool(
        "known_srf", None, "Give the camera to the methods instead of estimating it; default: as the run was validated."
    )
    flags.DEFINE_string("split", "validation", "Split of the records.")
    flags.DEFINE_enum("checkpoint", "best", ["best", "last"], "Weights of the run: best on validation, or last.")
    flags.DEFINE_enum("protocol", "seed", list(PROTOCOLS), "What is computed, and over which pixels.")
    flags.DEFINE_enum("engine", ENGINES[0], ENGINES, "What computes; openvino is fastest in 16 bits, as an extra.")
    flags.DEFINE_integer("figures", 3, "Scenes to draw figures of.", lower_bound=0)
    for name in ("run", "data", "output"):
        flags.mark_flag_as_required(name)


def main(_):
    from hsgan.evaluate.harness import METRICS_FILE, evaluate_run
    from hsgan.evaluate.table import print_results

    results = evaluate_run(
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
    )
    print_results(results)
    print(f"{FLAGS.output}: {METRICS_FILE}, {len(results['figures'])} figures in figures/")


if __name__ == "__main__":
    cli.run(define_flags, main)
