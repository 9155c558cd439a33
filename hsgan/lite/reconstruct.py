"""`python -m hsgan.lite.reconstruct MODEL.tflite PHOTO --output=FILE.npz`: photo to cube by LiteRT and NumPy alone.

Any size of photo in bounded memory. The file holds `cube`, `wavelengths_nm`, `srf` and `metadata`, as those of
`hsgan.reconstruct` do.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from hsgan.disk.whole import staged
from hsgan.errors import DataError, HsganError
from hsgan.files.formats import npz
from hsgan.files.header import CubeHeader, radiance_facts
from hsgan.files.origin import of_encoding
from hsgan.lite.model import ARITHMETIC, LiteModel
from hsgan.lite.photos import open_photo
from hsgan.reconstruct import camera as camera_lib


def reconstruct(
    model: LiteModel,
    photo: str | Path,
    output: str | Path,
    encoding: str = "srgb",
    camera: str = "",
    progress: Callable[[float], None] | None = None,
) -> CubeHeader:
    """Writes the cube of a photo to an .npz file, which appears when it is whole.

    Args:
      model: `LiteModel`. photo, encoding: as `hsgan.lite.photos.open_photo`. output: path, ending in .npz.
      camera: that took it, as for `hsgan.reconstruct.camera.choose`; "" reads what is encoded as sRGB as the developed
        picture that it is, and estimates the SRF of linear light.
      progress: called with the share done, (0, 1], after each tile.

    Returns:
      `CubeHeader` of what was written.

    Raises:
      DataError: a photo that cannot be used, no such camera, or an output that is no .npz.
    """
    if Path(output).suffix != ".npz":
        raise DataError(f"--output: must end in .npz. Received: {output}")
    rgb, stored = open_photo(photo, encoding)
    seen_by = camera_lib.choose(camera, model, rgb, of_encoding(stored))
    facts = {
        **model.facts,
        "photo": Path(photo).name,
        "encoding": stored,
        **seen_by.facts,
        **radiance_facts(seen_by.light),
    }
    height, width = rgb.shape[:2]
    header = CubeHeader(height, width, model.wavelengths_nm, seen_by.srf, facts)
    with staged([output]) as paths:
        writer, done = npz.Writer(paths, header), 0
        for place, block in model.reconstruct(rgb, seen_by.srf):
            writer.put(place, block)
            done += block.shape[0] * block.shape[1]
            if progress is not None:
                progress(done / (header.height * header.width))
        writer.finish(header)
    return header


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    program = argparse.ArgumentParser("python -m hsgan.lite.reconstruct", description=__doc__.splitlines()[0])
    program.add_argument("model", help="TFLite file of hsgan.export")
    program.add_argument("photo", help=".npy or .ppm; with Pillow JPEG, PNG, BMP, WebP")
    program.add_argument("--output", required=True, help="file to write, .npz")
    program.add_argument("--encoding", choices=("srgb", "linear"), default="srgb", help="of 8 and 16 bit values")
    program.add_argument(
        "--camera",
        default="",
        help="that took the photo: a name in the model, a file of its SRF, srgb or estimate; default: srgb for what is "
        "encoded so, estimate for linear light",
    )
    program.add_argument(
        "--arithmetic", choices=ARITHMETIC, default="float32", help="float16 is faster where it exists"
    )
    program.add_argument("--threads", type=int, help="how many compute; default: one for each processor")
    return program


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the program; returns its exit status."""
    flags = parser().parse_args(arguments)
    show = _show if sys.stderr.isatty() else None
    try:
        model = LiteModel(flags.model, flags.threads, flags.arithmetic)
        header = reconstruct(model, flags.photo, flags.output, flags.encoding, flags.camera, show)
    except (HsganError, OSError) as error:
        print(f"hsgan.lite.reconstruct: error: {error}", file=sys.stderr)
        return 1
    height, width, bands = header.shape
    print(f"{flags.photo}: {height} x {width} pixels, {bands} bands -> {flags.output}")
    print(f"  camera {header.facts['camera']} ({header.facts['camera_source']})")
    return 0


def _show(share):
    print(f"\r{share:4.0%}", end="\n" if share == 1 else "", file=sys.stderr, flush=True)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # at an ordinary end LiteRT says on stderr what it frees
