"""One module for each cube file format, all with the same parts.

`SUFFIXES` of its files; `Writer(paths, header)` with `put((rows, columns), block)` and `finish(header)` (whose facts
may say more than the first one's); `targets(path)`, the files that belong to a cube of which one is given, as they are
written together; `read(*targets)`, which gives (array [height, width, bands], wavelengths_nm, srf, facts). `read` may
raise anything: `hsgan.files.cubes.open_cube`, its only caller, is the border (`hsgan.disk.guard`) and checks what came
out of it. It must not allocate what a header announces before `hsgan.disk.guard.check_bytes` has seen it. `FORMATS` is
the list, in `hsgan.files.cubes`.
"""
