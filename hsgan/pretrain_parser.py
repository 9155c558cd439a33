"""Pre-trains our own scene parser: `python -m hsgan.pretrain_parser --config=FILE.py --output=DIR [--steps=N]`.

Writes `parser.weights.h5`, to be named by `--config.semantic.parser_weights`, and `parser.json` beside it.
"""

from absl import flags

from hsgan import cli
from hsgan.models import parser_trainer
from hsgan.networks.parsers import REPORT_FILE, WEIGHTS_FILE

_CONFIG = cli.ConfigFlag("configs/demo.py")
_OUTPUT = flags.DEFINE_string("output", None, "Folder for the weights and the report.", required=True)
_STEPS = flags.DEFINE_integer("steps", None, "Updates; default: config.semantic.pretrain_steps.", lower_bound=1)
_BATCH = flags.DEFINE_integer("batch", None, "Photos a step; default: config.semantic.pretrain_batch.", lower_bound=1)


def main(argv):
    """Pre-trains, and prints the scores and where the weights are."""
    del argv
    report = parser_trainer.pretrain(_CONFIG.load(), _OUTPUT.value, _STEPS.value, _BATCH.value)
    print(f"{report['parser']}, {report['classes']} classes, {report['steps']} steps in {report['seconds']:.0f} s")
    scores = report["validation"]
    if scores:
        print(f"validation ({scores['photos']} photos): pixel accuracy {scores['pixel_accuracy']:.1%}, "
              f"mean IoU {scores['miou']:.1%}")  # fmt: skip
    print(f"wrote {WEIGHTS_FILE} and {REPORT_FILE} to {_OUTPUT.value}")


if __name__ == "__main__":
    cli.run(main)
