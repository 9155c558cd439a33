"""Pre-trains our own scene parser: `python -m hsgan.pretrain_parser --config=FILE.py --output=DIR [--steps=N]`.

Writes `parser.weights.h5`, to be named by `--config.semantic.parser_weights`, and `parser.json` beside it.
"""

from absl import flags

from hsgan import cli
from hsgan.data import sources

FLAGS = flags.FLAGS


def define_flags() -> None:
    """Defines the flags of this program."""
    flags.DEFINE_string("output", None, "Folder for the weights and the report.", required=True)
    flags.DEFINE_integer("steps", None, "Updates; default: config.semantic.pretrain_steps.", lower_bound=1)
    flags.DEFINE_integer("batch", None, "Photos a step; default: config.semantic.pretrain_batch.", lower_bound=1)
    cli.define_config()


@cli.without_tensorflow  # until all is checked: a mistake in the configuration costs no wait
def main(_: list[str]) -> None:
    config = cli.load_config(lambda config: sources.photo_problems(config, labels=True))
    cli.import_tensorflow_to_train()
    from hsgan.networks.parsers import REPORT_FILE, WEIGHTS_FILE
    from hsgan.train.parser_trainer import pretrain

    report = pretrain(config, FLAGS.output, FLAGS.steps, FLAGS.batch)
    if report is None:  # another worker's affair
        return
    print(f"{report['parser']}, {report['classes']} classes, {report['steps']} steps in {report['seconds']:.0f} s")
    scores = report["validation"]
    if scores:
        print(f"validation ({scores['photos']} photos): pixel accuracy {scores['pixel_accuracy']:.1%}, "
              f"mean IoU {scores['miou']:.1%}")  # fmt: skip
    print(f"wrote {WEIGHTS_FILE} and {REPORT_FILE} to {FLAGS.output}")


if __name__ == "__main__":
    cli.run(define_flags, main)
