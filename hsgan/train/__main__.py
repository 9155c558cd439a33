"""`python -m hsgan.train --config=FILE.py --workdir=DIR [--config.section.field=VALUE ...]`: the main job.

Trains, and at the end evaluates blind on the validation cubes. Run it again to go on after an interruption: the result
is the same, bit for bit.
"""

from pathlib import Path

from absl import flags

from hsgan import cli
from hsgan.data import sources

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("workdir", "", "Run folder to begin or to go on with; default: runs/NAME of the configuration.")
    cli.define_config()


@cli.without_tensorflow  # until all is checked: a mistake in the configuration costs no wait
def main(_):
    config = cli.load_config(sources.problems)
    cli.import_tensorflow_to_train()
    from hsgan.evaluate.harness import evaluate_run
    from hsgan.evaluate.table import print_results
    from hsgan.train import strategies
    from hsgan.train.loop import train

    strategies.begin(config)  # before TensorFlow computes anything
    opened = sources.open_sources(config)
    folder = train(config, FLAGS.workdir or Path("runs") / config.name, opened)
    if not strategies.Team(config).is_chief:
        return
    print(f"run folder: {folder.path} (weights/, logs/ for TensorBoard, history.jsonl)")
    if config.train.evaluate:
        output = folder.path / "evaluation"
        results = evaluate_run(folder.path, opened.cubes.directory, output, split=config.data.validation_split)
        print_results(results)
        print(f"pictures: {output / 'figures'}; numbers: {output / 'metrics.json'}")


if __name__ == "__main__":
    cli.run(define_flags, main)
