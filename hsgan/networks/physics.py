"""What networks know of image formation: the projection of a cube, and the closed forms that a first estimate can be.

A network takes these operations from here, or from a module that has the same two functions in other operations
(`hsgan.reconstruct.portable`).
"""

from hsgan.spectra import closed_form, imaging

project = imaging.project


def start(initialization, rgb, srf, statistics, noise):
    """Returns the closed form that stands before the stages, float32 [batch, h, w, bands] (method section 17).

    Args:
      initialization: "smooth" or "prior". rgb: float32 [batch, h, w, 3], linear. srf: float32 [batch, 3, bands].
      statistics: (mean [bands], covariance [bands, bands]) of real cubes, and `noise`, the variance of the RGB noise:
        for "prior".
    """
    if initialization == "smooth":
        return closed_form.smooth(rgb, srf)
    return closed_form.wiener(rgb, srf, *statistics, noise=noise)
