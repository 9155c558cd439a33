"""What `--convert` makes RGB of: CMYK, transparent pixels, the first frame of a GIF.

By default such photos are refused: what becomes of inks and of a see-through pixel is a choice, and not in the file.
Gray photos are refused in any case, since there is no color in them.
"""

import io
from dataclasses import dataclass
from typing import cast

import numpy as np
from PIL import Image, ImageCms, ImageColor

from hsgan.errors import DataError

WHITE = "white"
REMEDY = "convert it first, or give --convert"


@dataclass(frozen=True)
class Conversion:
    """How photos that are no opaque RGB become it.

    Attributes:
      background: behind transparent pixels, R, G, B of sRGB, 0 to 255.
    """

    background: tuple[int, int, int] = (255, 255, 255)

    def flatten(self, values: np.ndarray) -> np.ndarray:
        """Returns [height, width, 3] of values [height, width, 4]: over the background, as programs do, in the codes.

        Args:
          values: uint8, uint16, or float in [0, 1].
        """
        whole = np.issubdtype(values.dtype, np.integer)
        full = float(np.iinfo(values.dtype).max) if whole else 1.0
        alpha = values[..., 3:] / np.float32(full)
        behind = np.array(self.background, np.float32) * np.float32(full / 255)
        mixed = alpha * values[..., :3] + (1 - alpha) * behind
        return np.round(mixed).astype(values.dtype) if whole else mixed.astype(values.dtype)


def background(color: str) -> Conversion:
    """Returns the `Conversion` over a color by its name ("white") or as "#rrggbb".

    Raises:
      DataError: no such color.
    """
    try:
        return Conversion(ImageColor.getrgb(color)[:3])
    except ValueError as error:
        raise DataError(f"background: must be a color's name, or #rrggbb. Received: {color!r}") from error


def of_inks(path: object, image: Image.Image, profile: bytes) -> Image.Image:
    """Returns an sRGB image of a CMYK one: by its ICC profile, or without one by Pillow's plain formula.

    Raises:
      DataError: a profile that is damaged or not for CMYK.
    """
    if not profile:
        return image.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return cast(Image.Image, converted)  # nothing is returned only where the image itself is changed
    except (ImageCms.PyCMSError, OSError) as error:
        raise DataError(f"{path}: its ICC profile is damaged or not for CMYK; convert it to sRGB first") from error
