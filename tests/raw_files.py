"""Small camera RAW files and videos for tests."""

import av
import numpy as np
import tifffile

BLACK, WHITE = 512, 16383
NEUTRAL = (0.5, 1.0, 0.7)  # what the sensor gives for a white surface


def write_dng(path, rgb, orientation=1, **tags):
    """Writes a DNG of a sensor with an RGGB pattern that sees `rgb`.

    Args:
      path: the file. rgb: float [height, width, 3], even sides, white-balanced, [0, 1]. orientation: EXIF.
      tags: in place of the usual: CFA pattern as `pattern`, four numbers; `make` and `model`, None for none; color
        matrices as `matrices`, {CalibrationIlluminant: nine numbers}, at most two.
    """
    pattern = tags.get("pattern", (0, 1, 1, 2))
    native = rgb * np.array(NEUTRAL)
    mosaic = np.empty(rgb.shape[:2], np.uint16)
    for place, channel in enumerate(pattern):
        row, column = divmod(place, 2)
        seen = native[row::2, column::2, channel]
        mosaic[row::2, column::2] = np.round(BLACK + seen * (WHITE - BLACK))
    # CIE XYZ to linear sRGB in D65 (21) stands in for the camera's color matrix.
    srgb = (3.2406, -1.5372, -0.4986, -0.9689, 1.8758, 0.0415, 0.0557, -0.2040, 1.0570)
    matrices = tags.get("matrices", {21: srgb})
    extra = [
        (33421, "H", 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, "B", 4, bytes(pattern), True),  # CFAPattern
        (50706, "B", 4, bytes((1, 4, 0, 0)), True),  # DNGVersion
        (50707, "B", 4, bytes((1, 1, 0, 0)), True),  # DNGBackwardVersion
        (50708, "s", 0, "Synthetic One", True),  # UniqueCameraModel
        (50714, "H", 1, BLACK, True),  # BlackLevel
        (50717, "H", 1, WHITE, True),  # WhiteLevel
        (50728, "2I", 3, rationals(NEUTRAL), True),  # AsShotNeutral
        (274, "H", 1, orientation, True),
    ]
    for number, (light, matrix) in enumerate(matrices.items()):
        extra.append((50721 + number, "2i", 9, rationals(matrix), True))  # ColorMatrix1, ColorMatrix2
        extra.append((50778 + number, "H", 1, light, True))  # CalibrationIlluminant1, CalibrationIlluminant2
    for number, name in ((271, tags.get("make", "Synthetic")), (272, tags.get("model", "One"))):
        if name is not None:
            extra.append((number, "s", 0, name, True))
    tifffile.imwrite(path, mosaic, photometric=32803, extratags=extra, metadata=None, byteorder="<")
    return path


def rationals(values):
    """Returns numerators and denominators in turn."""
    return tuple(part for value in values for part in (round(value * 10000), 10000))


def write_video(path, colors, size=(48, 32), stated=True):
    """Writes a video whose frames are of one color each, nearly without loss.

    Args:
      path: the file. colors: [(r, g, b)] of 8 bits. size: (width, height).
      stated: whether the file says that its matrix is BT.709; otherwise it says nothing and is BT.601.
    """
    spaces = av.video.reformatter.Colorspace
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height = size
        stream.pix_fmt, stream.options = "yuv444p", {"crf": "1"}
        if stated:
            stream.codec_context.colorspace = int(spaces.ITU709)
        for color in colors:
            pixels = np.broadcast_to(np.uint8(color), (size[1], size[0], 3))
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame = frame.reformat(format="yuv444p", dst_colorspace=spaces.ITU709 if stated else spaces.ITU601)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
