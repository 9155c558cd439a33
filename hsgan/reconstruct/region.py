"""Less of a photo: a part of it, or means over squares of its pixels, so that its cube takes less time and room."""

from dataclasses import dataclass

from hsgan.errors import DataError
from hsgan.reconstruct import tiling
from hsgan.reconstruct.tiling import Decoded, Image


@dataclass(frozen=True)
class Region:
    """What of a photo is reconstructed.

    Attributes:
      crop: (top, left, height, width) in pixels of the upright photo; () is all of it.
      most_pixels: of more, means over squares are taken; 0 takes any number.
    """

    crop: tuple[int, ...] = ()
    most_pixels: int = 0

    def of(self, rgb: Image) -> tuple[Image, dict]:
        """Returns (the region of an image, facts about it for the cube's file).

        Raises:
          DataError: a part that is not within the image.
        """
        height, width, _ = tiling.check_shape(rgb)
        facts = {}
        if self.crop:
            top, left, high, wide = self.crop
            if top + high > height or left + wide > width:
                raise DataError(
                    f"crop: must lie within the photo, which has {height} rows and {width} columns. "
                    f"Received: {high} x {wide} pixels from row {top}, column {left}"
                )
            part = slice(top, top + high), slice(left, left + wide)
            rgb = Decoded(rgb.array[part], rgb.decode) if isinstance(rgb, Decoded) else rgb[part]
            facts["crop"] = f"{high} x {wide} pixels from row {top}, column {left}"
        if self.most_pixels and rgb.shape[0] * rgb.shape[1] > self.most_pixels:
            before = rgb.shape[:2]
            rgb = tiling.thumbnail(rgb, self.most_pixels)
            facts["averaged_from"] = f"{before[0]} x {before[1]} pixels"
        return rgb, facts


def parse_crop(text: str) -> tuple[int, ...]:
    """Returns (top, left, height, width) of "TOP,LEFT,HEIGHT,WIDTH"; () of "".

    Raises:
      DataError: anything else.
    """
    if not text:
        return ()
    parts = [part.strip() for part in text.split(",")]
    whole = all(part.isdecimal() and part.isascii() and len(part) < 9 for part in parts)
    if len(parts) != 4 or not whole or any(not int(part) for part in parts[2:]):
        raise DataError(f"crop: must be TOP,LEFT,HEIGHT,WIDTH, whole numbers of pixels. Received: {text!r}")
    return tuple(map(int, parts))
