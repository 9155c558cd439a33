"""`hsgan PROGRAM ...`: every program of the package under one command; `python -m hsgan.PROGRAM ...` is the same."""

import argparse
import importlib
import sys

import hsgan
from hsgan import cli

# In the order in which a newcomer needs them: {name: (module, what it does)}.
PROGRAMS = {
    "train": ("hsgan.train.__main__", "train a network on cubes and on photos of other scenes"),
    "reconstruct": ("hsgan.reconstruct.__main__", "photos in, hyperspectral cubes out"),
    "plot": ("hsgan.plot.__main__", "pictures, spectra and numbers of cubes"),
    "app": ("hsgan.app.__main__", "a page in the browser that makes and shows cubes"),
    "evaluate": ("hsgan.evaluate.__main__", "a trained network on test cubes, in numbers and pictures"),
    "track": ("hsgan.track.__main__", "follow a target through a video"),
    "benchmark": ("hsgan.benchmark.__main__", "the papers' tables"),
    "export": ("hsgan.export.__main__", "a trained network as SavedModel and TFLite files"),
    "pretrain_parser": ("hsgan.pretrain_parser", "pre-train the scene parser alone"),
    "convert": ("hsgan.convert.__main__", "weights published as PyTorch checkpoints, as ours"),
    "fit_prior": ("hsgan.fit_prior", "fit the mixture prior of a run that has none"),
    "pretrained": ("hsgan.pretrained.__main__", "make the weights that come with the package again"),
    "build_hsi": ("tfrecords_tools.build_hsi", "make records of hyperspectral cubes"),
    "build_rgb": ("tfrecords_tools.build_rgb", "make records of photos"),
    "build_srf": ("tfrecords_tools.build_srf", "make a dictionary of cameras"),
    "build_video": ("tfrecords_tools.build_video", "make records of hyperspectral videos"),
    "show_records": ("tfrecords_tools.show_records", "show what is in records"),
}


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line up to the program's name; the rest is the program's own."""
    command = argparse.ArgumentParser("hsgan", description=hsgan.__doc__.splitlines()[0], allow_abbrev=False)
    command.add_argument("--version", action="version", version=f"hsgan {hsgan.__version__}")
    programs = command.add_subparsers(dest="program", metavar="PROGRAM", required=True, title="programs")
    for name, (_, text) in PROGRAMS.items():
        programs.add_parser(name, help=text, add_help=False)
    command.epilog = "hsgan PROGRAM --help lists a program's flags."
    return command


def main() -> None:
    """Runs the program that the command line names, and ends the process."""
    name = parser().parse_known_args()[0].program
    module = importlib.import_module(PROGRAMS[name][0])
    cli.run(module.define_flags, module.main, [f"hsgan {name}", *sys.argv[2:]])


if __name__ == "__main__":
    main()
