"""Makes a camera dictionary: `python -m tfrecords_tools.build_srf FILES --output=cameras.npz [--plot=PNG]`."""

from absl import flags

from hsgan import cli


def define_flags(values=flags.FLAGS):
    """Defines the flags of this program in `values`; returns it."""
    common = {"flag_values": values}
    flags.DEFINE_string("output", None, "Dictionary to be made (.npz).", required=True, **common)
    flags.DEFINE_string(
        "grid", "", "Its wavelengths, START:STOP:STEP in nm; '' is the default configuration's.", **common
    )
    flags.DEFINE_list("only", [], "Names of the cameras to keep.", **common)
    flags.DEFINE_string("plot", "", "PNG of the curves.", **common)
    flags.DEFINE_bool("skip_bad", False, "Leave out cameras that do not reach over the grid, and list them.", **common)
    return values


@cli.takes_arguments
@cli.without_tensorflow
def main(argv, values=flags.FLAGS):
    """Reads the files, merges their cameras, writes dictionary and plot."""
    from hsgan.spectra.bands import parse_grid
    from tfrecords_tools import camera_dictionary, grids

    grid = parse_grid(values.grid, "--grid") if values.grid else grids.configured()
    dictionary, skipped = camera_dictionary.build(argv[1:], grid, values.only, values.skip_bad)
    camera_dictionary.write(dictionary, values.output)
    if values.plot:
        camera_dictionary.plot(dictionary).savefig(values.plot, dpi=110, format="png")
    span = f"{grid[0]:g}-{grid[-1]:g} nm, {len(grid)} samples"
    print(f"{values.output}: {len(dictionary.names)} cameras, {span}, {len(skipped)} skipped")
    for name, reason in skipped.items():
        print(f"  skipped {name}: {reason}")
    print("use it by --config.cameras.dictionary=" + values.output)


if __name__ == "__main__":
    cli.run(define_flags, main)
