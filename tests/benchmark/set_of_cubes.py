"""A second set of cubes, beside that of `trained_run`."""

from trained_run import WAVELENGTHS_NM, scene

from hsgan.records.manifest import Manifest
from hsgan.records.schema import CubeRecord
from hsgan.records.writer import RecordWriter


def other_records(path, source="other"):
    """Makes a second set of cubes, of scenes of the same names as `make_records`; returns its path."""
    header = Manifest(kind="cubes", source=source, wavelengths_nm=tuple(map(float, WAVELENGTHS_NM)))
    with RecordWriter(path, header, shards=1) as writer:
        for number, split in enumerate(("train", "validation", "test")):
            writer.write(split, CubeRecord(scene(number + 10), 1 / 65535, WAVELENGTHS_NM, f"scene {number}", source))
    return path
