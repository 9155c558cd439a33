"""The one protocol: RGB in, cube out. Whatever does that is a `Method`; NumPy alone.

rgb: float32 [height, width, 3], linear, [0, 1]: an array, or anything that `hsgan.reconstruct.tiling` reads in parts.
srf: float32 [3, bands], of the camera that made it, known or estimated. cube: float32 [height, width, bands].
"""

import abc
from collections.abc import Callable, Iterator

import numpy as np

from hsgan.errors import RunError
from hsgan.reconstruct import tiling
from hsgan.reconstruct.tiling import Block, Image
from hsgan.spectra import developed, exposure
from hsgan.spectra.srf import SrfDictionary

Place = tuple[slice, slice]


class Method(abc.ABC):
    """A way from RGB to a cube.

    A subclass defines `window`, and `srf_of` if it estimates the camera. Tiles, halos, thumbnails, checks of the
    image and its exposure are here.

    A method that knows how uncertain its values are sets `gives_deviation`, and defines `uncertain_window`.

    Args:
      name: what tables and figures call it.
      dictionary: the cameras that it knows by name; their wavelengths are those of its cubes.
      facts: strings and numbers about it, for the files that it makes.

    Attributes:
      name, dictionary, facts: see above.
      brightness: that every image is brought to, by one factor for the whole of it, before `window` and `srf_of` see
        it; what they make of it is brought back (`hsgan.spectra.exposure`). 0: they see images as they are.
      needs_camera: whether `reconstruct` uses its SRF.
      estimates_camera: whether `estimate_srf` looks at the image.
      takes_negative_srf: whether the SRF may have negative values, as that of a developed picture.
      gives_deviation: whether it also gives a standard deviation of every value.
      receptive_radius: pixels on each side that a pixel of the cube depends on once the SRF is fixed; None: the whole
        image.
      stride: windows begin at multiples of it.
      tile: largest side of what is computed at a time, without its halo, pixels.
      one_tile_pixels: an image of at most so many pixels is computed at once.
      whole_pixels: largest image where `receptive_radius` is None.
      thumbnail_pixels: of a larger image the SRF is estimated from means over squares.
    """

    brightness = 0.0
    needs_camera = True
    estimates_camera = False
    takes_negative_srf = True
    gives_deviation = False
    receptive_radius: int | None = 0
    stride = 1
    tile = tiling.TILE
    one_tile_pixels = 0
    whole_pixels = tiling.WHOLE_PIXELS
    thumbnail_pixels = tiling.THUMBNAIL_PIXELS

    def __init__(self, name: str, dictionary: SrfDictionary, facts: dict | None = None):
        self.name, self.dictionary, self.facts = name, dictionary, dict(facts or {})

    def __repr__(self) -> str:
        first, last = self.wavelengths_nm[[0, -1]]
        return f"<{type(self).__name__} {self.name!r}: {self.bands} bands, {first:g}-{last:g} nm>"

    @property
    def introduction(self) -> str:
        """The model, its version, what computes it, and the terms of what it learned from, in one line."""
        facts = self.facts
        known = ", ".join(str(facts[name]) for name in ("model", "model_version") if name in facts) or self.name
        known += f", by {facts['engine']}" if "engine" in facts else ""
        return f"model {known}: {facts.get('license', 'terms not recorded')}"

    @property
    def wavelengths_nm(self) -> np.ndarray:
        """Band centers, float32 [bands], nm."""
        return self.dictionary.wavelengths_nm

    @property
    def bands(self) -> int:
        """Number of bands of the cube."""
        return len(self.wavelengths_nm)

    @property
    def mean_camera(self) -> np.ndarray:
        """SRF float32 [3, bands] that a method supposes without looking at the image: the dictionary's mean."""
        return self.dictionary.responses.mean(axis=0)

    @property
    def picture_srf(self) -> np.ndarray:
        """SRF float32 [3, bands] that a developed picture is read with (`hsgan.spectra.developed.responses`).

        Raises:
          DataError: bands that leave one of its channels without response.
        """
        return developed.responses(self.wavelengths_nm)

    def estimate_srf(self, rgb: Image) -> np.ndarray:
        """Returns the SRF float32 [3, bands] that the method supposes of an image.

        Raises:
          DataError: an image of the wrong shape; where the method looks at it also one of another type, or with a
            value that is not finite.
        """
        if self.estimates_camera:
            return self.srf_of(self.glance(rgb))
        tiling.check_shape(rgb)
        return self.mean_camera

    def glance(self, rgb: Image) -> np.ndarray:
        """Returns what is looked at to know the camera: a thumbnail float32 [h, w, 3] at the method's brightness.

        Raises:
          DataError: as `estimate_srf`.
        """
        return self.exposed(tiling.thumbnail(rgb, self.thumbnail_pixels), self.gain(rgb))

    def reconstruct(self, rgb: Image, srf: np.ndarray) -> Iterator[Block]:
        """Reconstructs an image of any size in bounded memory, under a given SRF.

        The blocks are those of the whole image's cube, up to float32 rounding of another order of summation. No more
        than a tile and its halo is read at a time.

        Args:
          rgb: the image.
          srf: float32 [3, bands].

        Yields:
          ((row slice, column slice), float32 [h, w, bands]) of each block, row by row.

        Raises:
          DataError: an image of the wrong shape or type, with a value that is not finite, or too large for a method
            that looks at the whole of it.
        """
        gain, srf = self.gain(rgb), np.asarray(srf, np.float32)

        return self.blocks(lambda window: self.exposed_window(window, srf, gain), rgb)

    def exposed_window(self, rgb: np.ndarray, srf: np.ndarray, gain: np.float32) -> np.ndarray:
        """Returns what `window` makes of a window times a factor, divided by it: the cube of the window as it is.

        A method whose formula takes the factor may define it anew, to save two passes over the values.
        """
        return self.exposed(self.window(self.exposed(rgb, gain), srf), 1 / gain)

    def check_deviation(self) -> None:
        """Raises `RunError` unless the method also gives the standard deviations of its values."""
        if not self.gives_deviation:
            raise self._without_deviation()

    def reconstruct_uncertain(self, rgb: Image, srf: np.ndarray) -> Iterator[tuple[Place, np.ndarray, np.ndarray]]:
        """As `reconstruct`, of a method that `gives_deviation`.

        Yields:
          (place, block, deviation): beside each block the standard deviation of its values, of the same shape.
        """

        gain, srf = self.gain(rgb), np.asarray(srf, np.float32)

        def compute(window):
            both = np.concatenate(self.uncertain_window(self.exposed(window, gain), srf), axis=-1)
            return self.exposed(both, 1 / gain)

        for place, both in self.blocks(compute, rgb):
            yield place, both[..., : self.bands], both[..., self.bands :]

    def gain(self, rgb: Image) -> np.float32:
        """Returns the factor that brings an image to the method's `brightness`; 1 where it sees images as they are.

        Raises:
          DataError: an image of the wrong shape.
        """
        tiling.check_shape(rgb)
        return exposure.gain(rgb, self.brightness)

    @staticmethod
    def exposed(values: np.ndarray, gain: np.float32) -> np.ndarray:
        """Returns float32 values times a factor; themselves where that is 1."""
        return values if gain == 1 else values * np.float32(gain)

    def cube(self, rgb: Image, srf: np.ndarray) -> np.ndarray:
        """Returns the cube float32 [height, width, bands] of an image under an SRF: `reconstruct`, joined."""
        cube = np.empty((*tiling.check_shape(rgb)[:2], self.bands), np.float32)
        for place, block in self.reconstruct(rgb, srf):
            cube[place] = block
        return cube

    def cube_and_deviation(self, rgb: Image, srf: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Returns the cube, and the standard deviation of its values of the same shape, None if it gives none."""
        if not self.gives_deviation:
            return self.cube(rgb, srf), None
        both = np.empty((2, *tiling.check_shape(rgb)[:2], self.bands), np.float32)
        for place, block, deviation in self.reconstruct_uncertain(rgb, srf):
            both[0][place], both[1][place] = block, deviation
        return both[0], both[1]

    def blocks(self, compute: Callable[[np.ndarray], np.ndarray], rgb: Image) -> Iterator[Block]:
        """Yields (place, block) of what `compute` makes of the image's windows; as `reconstruct`.

        Args:
          compute: a window float32 [h, w, 3] -> float32 [h, w, channels].
          rgb: the image.
        """
        height, width, _ = tiling.check_shape(rgb)
        tile = (height, width) if height * width <= self.one_tile_pixels else self.tile
        return tiling.run_tiles(compute, rgb, tile, self.receptive_radius, self.stride, self.whole_pixels)

    @abc.abstractmethod
    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        """Returns the cube float32 [h, w, bands] of a window float32 [h, w, 3] under an SRF float32 [3, bands]."""

    # The two below are for methods that set the flag named. Of any other they say what is true of it.

    def uncertain_window(self, rgb: np.ndarray, srf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns what `window` does, and the standard deviation of each value; if `gives_deviation`.

        Raises:
          RunError: the method does not know it.
        """
        raise self._without_deviation()

    def srf_of(self, rgb: np.ndarray) -> np.ndarray:
        """Returns the SRF float32 [3, bands] estimated from a thumbnail float32 [h, w, 3]; if `estimates_camera`.

        A method that does not look at the image supposes the mean camera.
        """
        return self.mean_camera

    def _without_deviation(self):
        return RunError(
            f"{self.name}: does not say how uncertain its values are; the mixture prior does: --method=mixture"
        )
