"""One module for each cube file format, all with the same parts.

`SUFFIXES` of its files; `Writer(paths, header)` with `put((rows, columns), block)` and `finish(header)` (whose facts
may say more than the first one's); `read(path)`, which gives (array [height, width, bands], wavelengths_nm, srf, facts)
and raises `DataError` for a file that is not of that form. `FORMATS` is the list, in `hsgan.files.cubes`.
"""
