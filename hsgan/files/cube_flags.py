"""Flags by which a user says what cubes' files of others do not; for all programs that open cubes."""

from typing import TYPE_CHECKING

from absl import flags

from hsgan import cli

if TYPE_CHECKING:
    import xarray

    from hsgan.files.stored import Choice

FLAGS = flags.FLAGS


def define() -> None:
    """Defines the flags."""
    flags.DEFINE_string("wavelengths", "", "Of cubes' files that state none: START:STOP:STEP or W1,W2,... in nm.")
    flags.DEFINE_string("variable", "", "Of cubes' files that hold several arrays: the name of the cube.")
    flags.DEFINE_float("white_level", None, "Of cubes' files that do not say it: the stored value that stands for 1.")
    cli.define_renamed("white", "white_level")


def choice() -> "Choice":
    """Returns what the flags say.

    Raises:
      DataError: wavelengths that cannot be read.
    """
    # Not before: the flags are defined, and --help printed, at once.
    from hsgan.files.stored import Choice
    from hsgan.spectra.bands import parse_grid

    given = parse_grid(FLAGS.wavelengths, "--wavelengths") if FLAGS.wavelengths else None
    return Choice(given, FLAGS.variable, FLAGS.white_level)


def opened(path: str) -> "xarray.DataArray":
    """Returns the cube in a file, opened as the flags say.

    Raises:
      DataError: as `hsgan.files.cubes.open_cube`; wavelengths that cannot be read.
    """
    from hsgan.files.cubes import open_cube

    given = choice()
    return open_cube(path, given.wavelengths_nm, given.variable, given.white_level)
