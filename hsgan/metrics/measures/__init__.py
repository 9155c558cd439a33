"""One module for each metric of a cube against the truth, listed here by their names, all with the same parts.

`COLUMNS`, {metric: `Column`} of the numbers that it gives; `PROTOCOLS`, the names in
`hsgan.metrics.protocols.PROTOCOLS` that have it; `measure(truth, estimate)`, which gives {metric: number} of two cubes
float [height, width, bands]. They are the part that the protocol looks at, of one shape, finite. Numbers must be
finite for black pixels, all-zero cubes and equal cubes.
"""

from typing import NamedTuple


class Column(NamedTuple):
    """How a metric is headed and printed in every table and figure.

    Attributes:
      heading: with the unit.
      form: of a number, for `str.format`.
      more_is_better: which end is the good one.
      shown: whether it stands in every table; otherwise in files, and where a published table has it.
    """

    heading: str
    form: str
    more_is_better: bool
    shown: bool = True


MODULES = ("psnr", "assim", "sam", "mrae", "rmse", "psnr_whole")  # in the order of the tables
