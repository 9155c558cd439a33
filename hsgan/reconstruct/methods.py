"""Ways from RGB to a cube, behind one interface: `method(rgb, srf) -> cube`.

rgb float32 [height, width, 3] (linear), srf float32 [3, bands]: the camera's, known or estimated; cube float32
[height, width, bands], all NumPy. A method that needs no SRF ignores it.
"""

import numpy as np
import tensorflow as tf

from hsgan.reconstruct import tiling
from hsgan.reconstruct.engine import engine_of
from hsgan.spectra import closed_form

NETWORK = "hsgan"


def methods_of(network, name=NETWORK, noise=1e-4):
    """Returns {name: method}: the network, and the methods without one that always stand beside it.

    Args:
      network: a trained `hsgan.networks.base.ReconstructionNetwork`.
      name: what to call it. noise: noise variance of `wiener` and `ridge`.
    """
    methods = closed_form_methods(network.dictionary.wavelengths_nm, network.statistics, noise)
    return {**methods, name: lambda rgb, srf: reconstruct_cube(network, rgb, srf)}


def closed_form_methods(wavelengths_nm, statistics, noise=1e-4):
    """Returns {name: method} of the methods without a network.

    `bi`: interpolation over the bands; `smooth`: the smoothest cube that reproduces the RGB; `wiener`: the most
    probable cube under a Gaussian with the statistics of cubes (no pairs needed); `ridge`: paired linear regression,
    which is the same without the mean.

    Args:
      wavelengths_nm: float [bands]. statistics: (mean [bands], covariance [bands, bands]) of the training cubes.
      noise: noise variance of `wiener` and `ridge`.
    """
    mean, covariance = (tf.convert_to_tensor(value, tf.float32) for value in statistics)
    second_moment = covariance + mean[:, None] * mean
    return {
        "bi": lambda rgb, srf: closed_form.interpolate_bands(rgb, wavelengths_nm).numpy(),
        "smooth": lambda rgb, srf: closed_form.smooth(rgb, srf).numpy(),
        "wiener": lambda rgb, srf: closed_form.wiener(rgb, srf, mean, covariance, noise).numpy(),
        "ridge": lambda rgb, srf: closed_form.ridge(rgb, srf, second_moment, noise).numpy(),
    }


def estimate_srf(network, rgb):
    """Returns the SRF float32 [3, bands] that the network estimates from an image float32 [height, width, 3].

    From the whole image, or beyond `tiling.THUMBNAIL_PIXELS` from its means over squares.

    Args:
      network: a `hsgan.networks.base.ReconstructionNetwork`.
      rgb: linear; an array, or anything that `hsgan.reconstruct.tiling` can read in parts.

    Raises:
      DataError: an image of the wrong shape or type, or with a value that is not finite.
    """
    return engine_of(network).estimate_srf(tiling.thumbnail(rgb))


def reconstruct_tiles(network, rgb, srf, tile=None):
    """Reconstructs an image of any size in bounded memory, under a given SRF.

    The blocks are those of the whole image's cube, up to float32 rounding of another order of summation.

    Args:
      network, rgb: as `estimate_srf`; of `rgb` no more than a tile and its halo is read at a time.
      srf: float32 [3, bands].
      tile: largest side of what is computed at a time without its halo, pixels; None takes a fast one.

    Yields:
      ((row slice, column slice), float32 [h, w, bands]): the cube's blocks, row by row.

    Raises:
      DataError: as `estimate_srf`; an image too large for a network that looks at the whole of it.
    """
    engine = engine_of(network)
    tile = tiling.TILE if tile is None else tile
    yield from tiling.run_tiles(
        lambda window: engine.reconstruct(window, srf), rgb, tile, network.receptive_radius, network.stride
    )


def reconstruct_cube(network, rgb, srf, tile=None):
    """Returns the network's cube float32 [height, width, bands] under a given SRF: `reconstruct_tiles`, joined."""
    cube = np.empty((*rgb.shape[:2], network.bands), np.float32)
    for block, part in reconstruct_tiles(network, rgb, srf, tile):
        cube[block] = part
    return cube
