"""Pictures as cameras and programs develop them: 8 bits of sRGB, tone and saturation to taste, JPEG."""

import io

import numpy as np
from PIL import Image, ImageEnhance

from hsgan.spectra import imaging


def develop(rgb: np.ndarray, quality: int, saturation: float = 1.0, contrast: float = 1.0) -> np.ndarray:
    """Returns a photo after it was an sRGB JPEG as Pillow writes it (colors at half resolution), linear again.

    Args:
      rgb: float [height, width, 3], linear; beyond [0, 1] it is clipped.
      quality: of the JPEG, 1 to 100.
      saturation: of the colors, 1 leaves them.
      contrast: about the mean gray, 1 leaves it.

    Returns:
      float32 [height, width, 3], linear, [0, 1].
    """
    image = Image.fromarray(np.round(imaging.srgb_encode(rgb).numpy() * 255).astype(np.uint8))
    for enhance, factor in ((ImageEnhance.Color, saturation), (ImageEnhance.Contrast, contrast)):
        if factor != 1:
            image = enhance(image).enhance(factor)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return imaging.srgb_decode(np.asarray(Image.open(file), np.float32) / 255).numpy()
