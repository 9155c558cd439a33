"""`python -m hsgan.convert --kind=parser|generator --input=CHECKPOINT --output=DIR`: published weights as ours.

Of a public HRNet: parser.weights.h5 and parser.json, to be named by --config.semantic.parser_weights. Of the authors'
generator: a run folder, as training leaves one.
"""

from absl import flags

from hsgan import cli

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_enum("kind", None, ["parser", "generator"], "What the checkpoint holds.", required=True)
    flags.DEFINE_string("input", None, "PyTorch checkpoint; it is read with weights_only=True.", required=True)
    flags.DEFINE_string("output", None, "Folder of the parser's weights, or of the run.", required=True)
    flags.DEFINE_string("parser", "hrnet_w48", "Which HRNet the checkpoint is.")
    cli.define_config()


def main(_):
    print((convert_parser if FLAGS.kind == "parser" else convert_generator)())


def convert_parser():
    """Writes a scene parser's weights; returns what to print."""
    from hsgan.convert import parser
    from hsgan.networks.parsers import WEIGHTS_FILE
    from hsgan.train.parser_trainer import write_parser

    model = parser.convert(FLAGS.input, FLAGS.parser)
    classes = int(model.output_shape[-1])
    write_parser(model, {"parser": FLAGS.parser, "classes": classes, "converted": FLAGS.input}, FLAGS.output)
    return f"{FLAGS.output}: {WEIGHTS_FILE} of {FLAGS.parser}, {classes} classes"


def convert_generator():
    """Writes a run folder; returns what to print."""
    from hsgan.convert import generator
    from hsgan.data import sources
    from hsgan.data.statistics import cube_statistics
    from hsgan.networks.cost import parameters
    from hsgan.run.folder import RunFolder

    config = generator.sized(FLAGS.input, cli.load_config(sources.cube_problems))
    dictionary = sources.cameras(config)
    statistics = cube_statistics(sources.folder(config, "cubes"), "train")
    cameras = sources.training_cameras(config, dictionary)
    network = generator.convert(FLAGS.input, config, cameras, statistics)
    folder = RunFolder.create(FLAGS.output, config)
    folder.save_dictionary(dictionary)
    for which in ("last", "best"):
        folder.save_weights(which, network, {"step": 0, "converted": FLAGS.input})
    return f"{FLAGS.output}: a run of {config.generator.stages} stages, {parameters(network):,} parameters"


if __name__ == "__main__":
    cli.run(define_flags, main)
