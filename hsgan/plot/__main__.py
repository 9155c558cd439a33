"""`python -m hsgan.plot CUBE... --output=DIR`: pictures of cubes, by their files' names or patterns of them.

Of each cube: a contact sheet of its bands, its look under a light, spectra at points; and if asked for index maps and a
comparison with another cube. Cubes are files that `hsgan.reconstruct` writes, or others that `hsgan.open_cube` reads.
"""

import re
import sys

from absl import flags

from hsgan import cli
from hsgan.errors import DataError, HsganError
from hsgan.files import cube_flags

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_string("output", None, "Folder for the pictures; those of the same name are replaced.", required=True)
    flags.DEFINE_string("illuminant", "D65", "Light to show the cube in: D65, A, E, FL2, LED-B3 and others of the CIE.")
    flags.DEFINE_string(
        "scene_illuminant", "", "Light of the scene, divided out first; default: the cube's own record of it, or none."
    )
    flags.DEFINE_bool("adapted", False, "Show white as white under any light, as an eye does that has adapted to it.")
    flags.DEFINE_string("points", "", "Points to show spectra of: row,column;row,column; default: four that differ.")
    flags.DEFINE_string("grid", "", "Show spectra of an even grid of points: ROWSxCOLUMNS, e.g. 2x3.")
    flags.DEFINE_bool("csv", False, "Write the points' numbers, too: radiance, deviation, XYZ, Lab, sRGB, as CSV.")
    flags.DEFINE_multi_string(
        "region", [], "Mean and standard deviation of a rectangle, as figure, .sli and CSV: top,left,bottom,right, its "
        "last row and column included; may repeat."
    )  # fmt: skip
    flags.DEFINE_string("library", "", "Spectral library (.sli or CSV): maps of the spectral angle to its spectra.")
    flags.DEFINE_multi_string(
        "index", [], "Map of a normalized difference: A,B in nm, or grvi, pri, npci, ndti, bgi, ndvi, ndwi; may repeat."
    )
    flags.DEFINE_string("against", "", "Cube to compare with, taken as the truth: error maps, angles, numbers.")
    flags.DEFINE_enum(
        "scale", "none", ["none", "best"], "Of --against: best multiplies the cube by what brings it nearest first."
    )
    cube_flags.define()


@cli.takes_arguments
def main(argv):
    from hsgan.files.inputs import expand, output_stems
    from hsgan.plot import figures, pictures

    cubes, failed = [str(path) for argument in argv[1:] for path in expand(argument)], 0
    if not cubes:
        raise DataError("CUBE: give at least one cube file; python -m hsgan.reconstruct makes them out of photos")
    wish = wish_of_flags()
    figures.check_folder(FLAGS.output)
    reference = (FLAGS.against, cube_flags.opened(FLAGS.against)) if FLAGS.against else None
    for path, stem in output_stems(cubes, FLAGS.output):
        try:
            paths, lines = pictures.draw(cube_flags.opened(path), stem, wish, reference)
        except HsganError as error:
            failed += 1
            text = str(error) if str(error).startswith(path) else f"{path}: {error}"
            print(f"error: {text}", file=sys.stderr, flush=True)
        else:
            print("\n  ".join([f"{path}:", *map(str, paths), *lines]), flush=True)
    if failed:
        raise DataError(f"{failed} of {len(cubes)} cubes could not be drawn as asked")


def wish_of_flags():
    """Returns the `Wish` that the flags express.

    Raises:
      DataError: a flag that cannot be read, an unknown light or index.
    """
    from hsgan.files.libraries import read_library
    from hsgan.plot.pictures import Wish
    from hsgan.spectra import illuminants, indices

    for name in filter(None, (FLAGS.illuminant, FLAGS.scene_illuminant)):
        illuminants.check(name)
    if FLAGS.points and FLAGS.grid:
        raise DataError("points, grid: give one of them")
    return Wish(
        light=FLAGS.illuminant,
        scene_light=FLAGS.scene_illuminant,
        adapted=FLAGS.adapted,
        points=_points(FLAGS.points),
        grid=_grid(FLAGS.grid),
        csv=FLAGS.csv,
        regions=tuple(_region(text) for text in FLAGS.region),
        library=(FLAGS.library, read_library(FLAGS.library)) if FLAGS.library else None,
        index=tuple(indices.parse(text) for text in FLAGS.index),
        scale=FLAGS.scale,
    )


def _points(text):
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if not all(re.fullmatch(r"-?\d+\s*,\s*-?\d+", part) for part in parts):
        raise DataError(f"points: must be row,column;row,column in whole pixels. Received: {text!r}")
    return tuple(tuple(int(number) for number in part.split(",")) for part in parts)


def _region(text):
    from hsgan.plot.places import Place

    if not re.fullmatch(r"\s*-?\d+(\s*,\s*-?\d+){3}\s*", text):
        raise DataError(f"region: must be top,left,bottom,right in whole pixels. Received: {text!r}")
    top, left, bottom, right = (int(number) for number in text.split(","))
    return Place(top, left, bottom + 1, right + 1)


def _grid(text):
    match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", text)
    if text and (match is None or int(match[1]) * int(match[2]) > 36):
        raise DataError(f"grid: must be ROWSxCOLUMNS, 36 points at most. Received: {text!r}")
    return (int(match[1]), int(match[2])) if text else ()


if __name__ == "__main__":
    cli.run(define_flags, main)
