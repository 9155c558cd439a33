"""Ways from RGB to a cube, behind one interface: `method(rgb, srf) -> cube`.

rgb float32 [height, width, 3] (linear), srf float32 [3, bands]: the camera's, known or estimated; cube float32
[height, width, bands], all NumPy. A method that needs no SRF ignores it.
"""

import numpy as np

from hsgan.spectra import closed_form

NETWORK = "hsgan"
# A larger image is estimated from a thumbnail and reconstructed in tiles, so that memory is bounded but for the cube.
TILE = 512
THUMBNAIL_PIXELS = 2**20


def methods_of(reconstructor):
    """Returns {name: method}: the network, and three methods without one that always stand beside it.

    `bi`: interpolation over the bands; `smooth`: the smoothest cube that reproduces the RGB; `wiener`: the Gaussian
    prior of the network's own (unpaired) training cubes.

    Args:
      reconstructor: a trained `hsgan.networks.reconstructor.Reconstructor`.
    """
    wavelengths_nm = reconstructor.dictionary.wavelengths_nm
    mean, covariance = reconstructor.statistics
    noise = reconstructor.generator.prior_noise
    return {
        "bi": lambda rgb, srf: closed_form.interpolate_bands(rgb, wavelengths_nm).numpy(),
        "smooth": lambda rgb, srf: closed_form.smooth(rgb, srf).numpy(),
        "wiener": lambda rgb, srf: closed_form.wiener(rgb, srf, mean, covariance, noise).numpy(),
        NETWORK: lambda rgb, srf: reconstruct_cube(reconstructor, rgb, srf),
    }


def estimate_srf(reconstructor, rgb):
    """Returns the SRF float32 [3, bands] that the network estimates from an image float32 [height, width, 3].

    From the whole image, or beyond `THUMBNAIL_PIXELS` from its means over squares.
    """
    factor = int(np.ceil(np.sqrt(rgb.shape[0] * rgb.shape[1] / THUMBNAIL_PIXELS)))
    return reconstructor.srf_estimator(_thumbnail(rgb, factor)[None])[0].numpy()


def reconstruct_cube(reconstructor, rgb, srf, tile=TILE):
    """Returns the network's cube float32 [height, width, bands] under a given SRF.

    Tiles overlap by the network's receptive radius, so that they give the numbers of the whole image, up to rounding.

    Args:
      rgb: float32 [height, width, 3], linear.
      srf: float32 [3, bands].
      tile: side of what one call of the network keeps, pixels; an image of that size is not cut.
    """
    height, width = rgb.shape[:2]
    cube = np.empty((height, width, srf.shape[-1]), np.float32)
    halo = _receptive_radius(reconstructor.generator)
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            up, before = max(top - halo, 0), max(left - halo, 0)
            part = rgb[up : top + tile + halo, before : left + tile + halo]
            output = reconstructor(part[None], srf=srf[None])["cube"][0].numpy()
            rows, columns = slice(top - up, top - up + tile), slice(left - before, left - before + tile)
            cube[top : top + tile, left : left + tile] = output[rows, columns]
    return cube


def _receptive_radius(generator):
    """Every stage looks one pixel further by its first convolution and by each of its units (method section 2)."""
    return sum(1 + stage.arguments["units"] for stage in generator.stages)


def _thumbnail(rgb, factor):
    if factor == 1:
        return rgb
    height, width = (max(side // factor, 1) for side in rgb.shape[:2])
    rows, columns = min(factor, rgb.shape[0]), min(factor, rgb.shape[1])
    squares = rgb[: height * rows, : width * columns].reshape(height, rows, width, columns, 3)
    return squares.mean(axis=(1, 3), dtype=np.float32)
