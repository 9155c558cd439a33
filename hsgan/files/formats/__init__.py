"""One module for each cube file format, all with the same parts.

`SUFFIXES` of its files; `targets(path)`, the files that belong to a cube of which one is given, as they are written
together; `read(*targets, choice)`, which gives what is there as `hsgan.files.stored.Stored`, ours or another's, and
fills in nothing. `read` may raise anything: `hsgan.files.readers.read_stored`, its only caller, is the border
(`hsgan.disk.guard`) and checks what came out of it. It must not allocate what a header announces before
`hsgan.disk.guard.check_bytes` has seen it.

Those that are written, too (`FORMATS` in `hsgan.files.cubes`), have `HOLDS`, the names in
`hsgan.files.dtypes.DTYPES` that they can hold, and `Writer(paths, header)` with `put((rows, columns), block)`, a block
of the header's type, and `finish(header)`, whose facts may say more than the first one's.
"""

NAMES = ("npz", "envi", "matlab", "tiff", "zarr")  # of those that are written; the first is the default
DEFAULT = NAMES[0]
