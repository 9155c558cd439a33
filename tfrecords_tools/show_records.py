"""Shows what is in records: `python -m tfrecords_tools.show_records DIR|FILES [--sheet=PNG] [--verify]`."""

from absl import flags

from hsgan import cli

CHECKSUM = {
    True: "the manifest's own checksum holds",
    False: "the manifest has no checksum: it was written by an older version, and may have been changed since",
}


def define_flags(values=flags.FLAGS):
    """Defines the flags of this program in `values`; returns it."""
    common = {"flag_values": values}
    flags.DEFINE_integer("count", 12, "Records in the table and on the sheet, spread evenly; 0: all.", **common)
    flags.DEFINE_string("sheet", "", "PNG to be written: the records as pictures and spectra.", **common)
    flags.DEFINE_bool("verify", False, "Read everything again, against the manifest.", **common)
    return values


@cli.takes_arguments
def main(argv, values=flags.FLAGS):
    """Prints the table of each folder or file, writes the sheet, verifies."""
    from rich.console import Console
    from rich.table import Table

    from hsgan.errors import DataError
    from tfrecords_tools import contact_sheet, contents

    if len(argv) < 2:
        raise DataError("give folders of records, or files in them")
    selections = [contents.select(path) for path in argv[1:]]
    if values.sheet and len({selection.manifest.directory for selection in selections}) > 1:
        raise DataError(f"--sheet: one folder at a time. Received: {len(selections)}")
    console, drawn = Console(), []
    for selection in selections:
        near = contents.verify(selection) if values.verify else None
        for line in contents.header(selection.manifest):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        table = Table(*contents.COLUMNS)
        chosen = contents.spread(selection, values.count)
        for split, record in chosen:
            table.add_row(*contents.row(split, record))
        console.print(table)
        console.print(f"{len(chosen)} of {selection.count} records shown")
        drawn += chosen if values.sheet else []
        if near is not None:
            for first, split, second, other, bits in near:
                console.print(f"near-duplicates: {first} ({split}) and {second} ({other}), {bits} of 256 bits differ")
            console.print(f"verified: {selection.count} records against the manifest, {len(near)} near-duplicates")
            console.print(CHECKSUM[selection.manifest.proved], soft_wrap=True)
    if values.sheet:
        manifest = selections[0].manifest
        figure = contact_sheet.draw(drawn, manifest.wavelengths_nm, f"{manifest.source}, {manifest.kind}")
        figure.savefig(values.sheet, dpi=110, format="png")
        console.print(f"sheet: {values.sheet}", soft_wrap=True)


if __name__ == "__main__":
    cli.run(define_flags, main)
