"""KAIST: 30 scenes of reflectance, 2704x3376x31, 420-720 nm, one OpenEXR file a scene.

Source: Choi, Jeon, Nam, Gutierrez, Kim, "High-Quality Hyperspectral Reconstruction Using a Spectral Prior", SIGGRAPH
Asia 2017. The channels of a file are called w420nm ... w720nm (beside R, G, B).
"""

import numpy as np

from hsgan.disk import guard
from hsgan.errors import DataError
from tfrecords_tools.readers import counts
from tfrecords_tools.readers.cubes import CubeFiles

_BLOCK_BYTES = 32 << 20


class KaistReader(CubeFiles):
    """Reads `*.exr`, some rows at a time, twice: once for the peak, once for the counts; all train."""

    source = "kaist"
    note = "KAIST hyperspectral reflectances, Choi et al. 2017; research use, cite the source."
    what = "the folder that holds KAIST's .exr files"
    wavelengths_nm = np.arange(420, 721, 10, dtype=np.float32)
    size = (2704, 3376)

    def find(self):
        """Yields (path, split)."""
        for path in sorted(self.folder.rglob("*.exr")):
            yield path, "train"

    def read(self, scene):
        """Returns the `CubeRecord` of a scene.

        Raises:
          DataError: the package OpenEXR is not there, a damaged file, missing channels (names them), another size,
            values that are NaN or negative.
        """
        path = self._paths[scene]
        openexr, imath = _openexr()
        with guard.reading(path, "an OpenEXR file"):
            return self._read(openexr.InputFile(str(path)), scene, imath)

    def _read(self, file, scene, imath):
        path, header = self._paths[scene], file.header()
        names = [f"w{wavelength:g}nm" for wavelength in self.wavelengths_nm]
        missing = [name for name in names if name not in header["channels"]]
        if missing:
            there = ", ".join(sorted(header["channels"]))
            raise DataError(f"{path}: no channel {', '.join(missing)}; present: {there}")
        window = header["dataWindow"]
        top, height, width = window.min.y, window.max.y - window.min.y + 1, window.max.x - window.min.x + 1
        counts.check_axes((height, width, len(names)), self.size, len(names), path)
        guard.check_bytes(path, 2 * height * width * len(names))
        rows = max(1, _BLOCK_BYTES // (4 * width * len(names)))

        def blocks():
            for start in range(0, height, rows):
                stop = min(start + rows, height)
                parts = file.channels(names, imath.PixelType(imath.PixelType.FLOAT), top + start, top + stop - 1)
                planes = [np.frombuffer(part, np.float32).reshape(stop - start, width) for part in parts]
                yield slice(start, stop), np.stack(planes, axis=-1)

        found = counts.Range(path, self.wavelengths_nm)
        for _, block in blocks():
            found.add(block, slice(0, len(names)))
        values = np.empty((height, width, len(names)), np.uint16)
        for cut, block in blocks():
            values[cut] = found.counts(block)
        return counts.record(values, found.scale(self.white_level), self.wavelengths_nm, scene, self.source)


def _openexr():
    try:
        import Imath
        import OpenEXR
    except ImportError as error:
        raise DataError("KAIST's files need the package OpenEXR: pip install 'hsgan[exr]'") from error
    return OpenEXR, Imath
