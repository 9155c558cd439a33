"""Methods that a network was exported to, as their metadata describes them (docs/export.md). NumPy alone."""

import math
from pathlib import Path

import numpy as np

from hsgan.errors import DataError
from hsgan.reconstruct.method import Method
from hsgan.spectra.srf import SrfDictionary, check

SCHEMA = 1


class Exported(Method):
    """What all artefacts of `python -m hsgan.export` have in common.

    Args:
      metadata: of the artefact.
      file: that it was read from, for messages.

    Attributes:
      metadata: see above.

    Raises:
      DataError: metadata of another schema, or not whole.
    """

    def __init__(self, metadata: dict, file: str | Path):
        if not isinstance(metadata, dict) or metadata.get("schema") != SCHEMA:
            found = metadata.get("schema") if isinstance(metadata, dict) else metadata
            raise DataError(f"{file}: its metadata must be of schema {SCHEMA}. Received: {found!r}")
        self.metadata = metadata
        try:
            cameras = metadata["cameras"]
            dictionary = SrfDictionary(
                tuple(cameras["names"]),
                np.array(metadata["wavelengths_nm"], np.float32),
                np.array(cameras["responses"], np.float32),
                str(cameras["source"]),
            )
            self.needs_camera, self.estimates_camera = metadata["needs_camera"], metadata["estimates_camera"]
            # Older exports refuse an SRF with negative values, as developed pictures have it.
            self.takes_negative_srf = metadata.get("takes_negative_srf", False)
            # Said, so that a device need not compute it; older exports do not say it, and None is that there is none.
            stated = metadata.get("developed")
            self._picture_srf = None if stated is None else check(stated["srf"], len(dictionary.wavelengths_nm))
            # Older exports see images as they are.
            self.brightness = float(metadata.get("brightness", 0.0))
            self.receptive_radius, self.stride = metadata["receptive_radius"], metadata["stride"]
            self.thumbnail_pixels = metadata["thumbnail_pixels"]
            super().__init__(metadata["name"], dictionary, self.facts_of(metadata))
        except (DataError, KeyError, TypeError, ValueError) as error:
            raise DataError(
                f"{file}: its metadata is not whole ({type(error).__name__}: {error}); "
                "export the model again: python -m hsgan.export"
            ) from error

    @property
    def picture_srf(self) -> np.ndarray:
        if "developed" not in self.metadata:
            return super().picture_srf
        if self._picture_srf is None:
            raise DataError(
                f"{self.name}: its bands leave a channel of a developed picture without response; give the camera, or "
                "let it be estimated"
            )
        return self._picture_srf

    def facts_of(self, metadata: dict) -> dict:
        """Returns the facts for the files that the artefact makes."""
        return {"model": f"{metadata['name']} {metadata['version']}"}

    def limit_windows(self, most: int) -> None:
        """Makes windows, thumbnails and whole images of at most `most` pixels, where halos leave room for that."""
        self.thumbnail_pixels, self.whole_pixels = min(self.thumbnail_pixels, most), min(self.whole_pixels, most)
        if self.receptive_radius is not None:
            halo = -(-self.receptive_radius // self.stride) * self.stride
            self.tile = max(min(self.tile, math.isqrt(most) - 2 * halo), 1)
