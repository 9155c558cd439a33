"""Makes a folder of cube records: `python -m tfrecords_tools.build_hsi --source=icvl --input=DIR --output=DIR`."""

from absl import flags

from hsgan import cli


def define_flags(values=flags.FLAGS):
    """Defines the flags of this program in `values`; returns it."""
    from tfrecords_tools import build_flags
    from tfrecords_tools.readers import HSI_READERS

    build_flags.define(values, HSI_READERS)
    common = {"flag_values": values}
    flags.DEFINE_string(
        "grid", "", "Wavelengths of the records, START:STOP:STEP in nm; '' is the default configuration's.", **common
    )
    flags.DEFINE_string("wavelengths", "", "Of npz, mat, tiff: their bands, START:STOP:STEP or W1,W2,...", **common)
    flags.DEFINE_string("variable", "", "Of npz, mat: name of the cube in the files.", **common)
    flags.DEFINE_float("white_level", 1.0, "Of envi, npz, mat, tiff: the value that stands for 1.", **common)
    cli.define_renamed("white", "white_level", values)
    flags.DEFINE_string("size", "", "HEIGHTxWIDTH of the scenes where it is not the published one, or any.", **common)
    flags.DEFINE_integer("test_scenes", 20, "Of icvl: scenes at the end of the list that are the test split.", **common)
    flags.DEFINE_string("order", "", "Of icvl: list of its scenes, a name a line; '' is by file names.", **common)
    flags.DEFINE_string("calibration", "", "Of harvard: its calib.txt, to be divided out.", **common)
    return values


@cli.without_tensorflow
def main(_, values=flags.FLAGS):
    """Converts the data set and prints the summary."""
    from hsgan.spectra.bands import parse_grid
    from tfrecords_tools import build_flags, grids
    from tfrecords_tools.convert import convert_cubes
    from tfrecords_tools.readers import HSI_READERS

    same = {name: lambda value: value for name in ("variable", "white_level", "test_scenes", "order", "calibration")}
    optional = {"wavelengths": build_flags.wavelengths, "size": build_flags.size, **same}
    grid = parse_grid(values.grid, "--grid") if values.grid else grids.configured()
    reader = build_flags.reader(HSI_READERS, values, optional)
    print(convert_cubes(reader, values.output, build_flags.held_out(values), grid, build_flags.build(values)))


if __name__ == "__main__":
    cli.run(define_flags, main)
