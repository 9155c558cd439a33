"""Ways from RGB to a cube, behind one interface: `method(rgb, srf) -> cube`.

rgb float32 [height, width, 3] (linear), srf float32 [3, bands]: the camera's, known or estimated; cube float32
[height, width, bands], all NumPy. A method that needs no SRF ignores it.
"""

import weakref

import numpy as np

from hsgan.networks.fused import FusedReconstructor
from hsgan.spectra import closed_form

NETWORK = "hsgan"
# The SRF of a larger image is estimated from a thumbnail, so that memory is bounded but for the cube.
THUMBNAIL_PIXELS = 2**20
# The fast form of each network in use; it reads the weights at every call, so it never grows stale.
_fused = weakref.WeakKeyDictionary()


def methods_of(network, name=NETWORK, noise=1e-4):
    """Returns {name: method}: the network, and three methods without one that always stand beside it.

    `bi`: interpolation over the bands; `smooth`: the smoothest cube that reproduces the RGB; `wiener`: the Gaussian
    prior of the network's own training cubes (no pairs needed).

    Args:
      network: a trained `hsgan.networks.base.ReconstructionNetwork`.
      name: what to call it. noise: noise variance of `wiener`.
    """
    wavelengths_nm = network.dictionary.wavelengths_nm
    mean, covariance = network.statistics
    return {
        "bi": lambda rgb, srf: closed_form.interpolate_bands(rgb, wavelengths_nm).numpy(),
        "smooth": lambda rgb, srf: closed_form.smooth(rgb, srf).numpy(),
        "wiener": lambda rgb, srf: closed_form.wiener(rgb, srf, mean, covariance, noise).numpy(),
        name: lambda rgb, srf: reconstruct_cube(network, rgb, srf),
    }


def estimate_srf(network, rgb):
    """Returns the SRF float32 [3, bands] that the network estimates from an image float32 [height, width, 3].

    From the whole image, or beyond `THUMBNAIL_PIXELS` from its means over squares.
    """
    factor = int(np.ceil(np.sqrt(rgb.shape[0] * rgb.shape[1] / THUMBNAIL_PIXELS)))
    return _fast(network).estimate_srf(_thumbnail(rgb, factor))


def reconstruct_cube(network, rgb, srf, tile=None):
    """Returns the network's cube float32 [height, width, bands] under a given SRF, by its fast form.

    Args:
      rgb: float32 [height, width, 3], linear.
      srf: float32 [3, bands].
      tile: largest side of what is computed at a time, pixels; it does not change the cube, up to rounding. None takes
        the fastest.
    """
    return _fast(network).reconstruct(rgb, srf, *(() if tile is None else ((tile, tile),)))


def _fast(network):
    """Returns the `FusedReconstructor` of a network, made on first use."""
    if network not in _fused:
        _fused[network] = FusedReconstructor(network)
    return _fused[network]


def _thumbnail(rgb, factor):
    if factor == 1:
        return rgb
    height, width = (max(side // factor, 1) for side in rgb.shape[:2])
    rows, columns = min(factor, rgb.shape[0]), min(factor, rgb.shape[1])
    squares = rgb[: height * rows, : width * columns].reshape(height, rows, width, columns, 3)
    return squares.mean(axis=(1, 3), dtype=np.float32)
