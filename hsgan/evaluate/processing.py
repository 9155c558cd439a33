"""What cameras and their owners do to pictures: JPEG, tone, saturation; by name in `PROCESSING`.

Each is a function of an 8-bit sRGB image of Pillow's. Source: method section 20.
"""

import io
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageEnhance

from hsgan.spectra.imaging import srgb_decode, srgb_encode

AS_IT_IS = "as it is"
_CONTRAST = 0.4  # share of the cubic in the tone curve, whose slope in the middle is then 1.2
_SATURATION = 1.2


def compressed(quality: int) -> Callable[[Image.Image], Image.Image]:
    """Returns what a JPEG of a quality, as Pillow writes it, makes of a picture."""

    def change(picture):
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality)
        return Image.open(file).convert("RGB")

    return change


def toned(picture: Image.Image) -> Image.Image:
    """Returns a picture under an S-shaped tone curve: darker shadows, brighter lights, 20 % more contrast between."""
    codes = np.arange(256) / 255
    curve = (1 - _CONTRAST) * codes + _CONTRAST * (3 * codes**2 - 2 * codes**3)
    return picture.point([round(255 * value) for value in curve] * 3)


def saturated(picture: Image.Image) -> Image.Image:
    """Returns a picture of 20 % more saturation."""
    return ImageEnhance.Color(picture).enhance(_SATURATION)


PROCESSING = {
    AS_IT_IS: lambda picture: picture,
    "JPEG 90": compressed(90),
    "JPEG 75": compressed(75),
    "tone curve": toned,
    "saturation": saturated,
}


def processed(rgb: np.ndarray, change: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    """Returns linear RGB after it was an sRGB picture of 8 bits, and changed; float32 [height, width, 3], [0, 1].

    Args:
      rgb: float [height, width, 3], linear; beyond [0, 1] it is clipped.
      change: of `PROCESSING`, or the like.
    """
    codes = np.round(srgb_encode(rgb).numpy() * 255).astype(np.uint8)
    return srgb_decode(np.asarray(change(Image.fromarray(codes)), np.float32) / 255).numpy()
