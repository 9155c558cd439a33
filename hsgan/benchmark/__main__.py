"""`python -m hsgan.benchmark --suite=NAME --config=FILE.py --data=RECORDS --output=DIR`: the papers' tables.

Trains what has no run yet, every row with the same budget, evaluates, and writes results.json, table.md, figures and
report.html. Run it again to go on after an interruption: finished rows are kept.
"""

from absl import flags

from hsgan import cli
from hsgan.config import INITIALIZATIONS

FLAGS = flags.FLAGS
SUITES = ("table1", "table2", "table3", "table4", "table5", "table6", "srf", "stress", "agdnet")

TRACKING, SOURCES = "table4", "table6"


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_enum("suite", None, SUITES, "Which table or figure.", required=True)
    flags.DEFINE_string(
        "output", "", "Folder of runs, results and report; an earlier one goes on; default: suites/NAME."
    )
    flags.DEFINE_string("runs", "", "The --output of an earlier suite, whose runs are taken for rows of the same name.")
    flags.DEFINE_list(
        "data", [], "Folder of cube records that are scored (table4: of videos); default: those trained on."
    )
    flags.DEFINE_list(
        "train_data", [], "Folder of cube records to train on (table6: two); default: --data, or the configuration's."
    )
    flags.DEFINE_list("rgb", [], "Folder of photo records (table6: two); default: the configuration's.")
    flags.DEFINE_string(
        "budget", "", "Of every row: e.g. 600steps or 5minutes; default: 600steps, in table3 and table5 1000steps."
    )
    flags.DEFINE_enum("size", "small", ["small", "published"], "Of the networks.")
    flags.DEFINE_list("seeds", [], "Every row is trained once with each; default: 0, in table3 and table5 0,1,2.")
    flags.DEFINE_string("split", "validation", "Split of the scored records, or all.")
    flags.DEFINE_list("weights", [], "Of last and best on validation; default: both, or last where they are scored.")
    flags.DEFINE_enum("start", "mixture", INITIALIZATIONS, "Where networks of table3 and table5 start.")
    flags.DEFINE_list("bands", [], "Bands whose errors are drawn, nm; default: those of the paper's Fig. 3.")
    flags.DEFINE_string("camera", "", "Projects the test cubes; default: the configuration's test camera.")
    flags.DEFINE_integer("simulated", 4, "Simulated videos of table4 beside those of --data.", lower_bound=0)
    flags.DEFINE_bool("known_srf", None, "Give methods the camera; default: only in the suite agdnet.")
    cli.define_config("configs/cave_camvid.py")


def main(_):
    from hsgan.evaluate.table import show

    output = FLAGS.output or f"suites/{FLAGS.suite}"
    shown, paths = (follow_targets if FLAGS.suite == TRACKING else train_rows)(output)
    show(shown)
    print(f"{output}: {', '.join(path.name for path in paths)}")


def train_rows(output):
    """Trains and evaluates the rows of a suite; returns (tables for the screen, paths of what was written)."""
    from hsgan.benchmark import budget, options, report, rows, runner

    config = cli.load_config()
    trained = FLAGS.train_data or ([] if FLAGS.suite == SOURCES else FLAGS.data) or [config.data.cubes]
    photos = FLAGS.rgb or [config.data.rgb]
    suite = rows.build(FLAGS.suite, FLAGS.size, trained, photos, FLAGS.start)
    scored = options.one_folder(FLAGS.data, FLAGS.suite == SOURCES)
    config.data.cubes, config.data.rgb = trained[0], photos[0]
    known = FLAGS.suite == "agdnet" if FLAGS.known_srf is None else FLAGS.known_srf
    seeds = options.parse_seeds(FLAGS.seeds) if FLAGS.seeds else suite.seeds
    run = runner.SuiteRun(
        suite, config, budget.parse(FLAGS.budget or suite.budget), seeds, output, FLAGS.split, FLAGS.camera, known,
        FLAGS.runs, scored, options.parse_weights(FLAGS.weights), options.parse_bands(FLAGS.bands),
    )  # fmt: skip
    results = run.run()
    return [report.screen_table(suite, results)], report.write(suite, results, run)


def follow_targets(output):
    """Follows targets by every tracker and method; returns as `train_rows`."""
    from hsgan.benchmark import tracking

    if flags.FLAGS["config"].using_default_value:
        # Its cubes are all that counts here, for methods without a network; the demo set's are made on first use.
        FLAGS.config = "configs/demo.py"
    config = cli.load_config()
    config.prior.folds = 0  # how uncertain a cube is does not matter here
    suite = tracking.prepare(config, FLAGS.data, FLAGS.simulated, output, FLAGS.camera, FLAGS.runs)
    suite.run()
    return suite.screen_tables(), suite.write()


if __name__ == "__main__":
    cli.run(define_flags, main)
