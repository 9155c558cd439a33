"""One module for each cube file format, listed here by their names, all with the same parts.

`SUFFIXES` of its files; `targets(path)`, the files that belong to a cube of which one is given, as they are written
together; `read(*targets, choice)`, which gives what is there as `hsgan.files.stored.Stored`, ours or another's, and
fills in nothing. `read` may raise anything: `hsgan.files.readers.read_stored`, its only caller, is the border
(`hsgan.disk.guard`) and checks what came out of it. It must not allocate what a header announces before
`hsgan.disk.guard.check_bytes` has seen it.

Those that are written, too, have `HOLDS`, the names in `hsgan.files.dtypes.DTYPES` that they can hold, and
`Writer(paths, header)` with `put((rows, columns), block)`, a block of the header's type, and `finish(header)`, whose
facts may say more than the first one's.

A module may also say: `OTHERS`, suffixes that are read and not written; `FOLDER`, that a cube is a folder;
`COMPRESSED`, that a file may take less than its numbers; `check_installed()`, which raises a `DataError` where the
library that writes it is missing.
"""

WRITTEN = ("npz", "envi", "matlab", "tiff", "zarr")  # and read; the first is the default
READ = ("npy", "netcdf", "pictures")
DEFAULT = WRITTEN[0]
