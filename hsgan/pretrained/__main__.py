"""Makes the weights that come with the package again: `python -m hsgan.pretrained --data=RECORDS --cameras=FILE`.

Each is a prior of spectra (`hsgan.prior`), a card about it, and the card as a page. The records need the splits "train"
and "validation": the weights are fitted to both, and the card's numbers are those of a fit without the latter.
"""

from absl import flags

from hsgan import cli

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    from hsgan.prior.pretrained import NAMES

    flags.DEFINE_string("data", None, "Folder of cube records (tfrecords_tools.build_hsi).", required=True)
    flags.DEFINE_string("cameras", None, "Measured cameras to measure with: a camspec_database.txt.", required=True)
    flags.DEFINE_string("output", "saved_models", "Folder to write to.")
    flags.DEFINE_multi_enum("model", list(NAMES), NAMES, "Which to make; may be given more than once.")


def main(_):
    from hsgan.pretrained.build import build
    from hsgan.prior import cards, pretrained

    for name in FLAGS.model:
        weights, about, page = build(name, FLAGS.data, FLAGS.cameras, FLAGS.output)
        print(cards.text(pretrained.read_card(about)))
        print(f"{weights}, {about.name}, {page.name}", flush=True)


if __name__ == "__main__":
    cli.run(define_flags, main)
