"""The least change of a cube that makes its re-projection exact and its values not negative; NumPy.

Of each pixel with spectrum `y`, RGB `x` and camera `C` it is the point nearest to `y` among those with `C y' = x` and
`y' >= 0`. Without the second condition that is the closed form `y + C^T (C C^T)^-1 (x - C y)`. With it the solution has
the form `max(y + C^T z, 0)`, and the three numbers `z` of the pixel minimize a convex, once differentiable function
(the dual), here by damped Newton steps. RGB that no light can cause (it lies outside the cone of the camera's columns:
single pixels of most photos, whose saturated colors were clipped) has no solution: a small weight on `z` then leads
near the nearest RGB that there is, without spectra growing beyond bounds, and an error remains.

Source: the dual of a projection onto a polyhedron, e.g. Boyd and Vandenberghe, "Convex Optimization", section 5.2;
damping as in Levenberg's and Marquardt's method.
"""

import numpy as np

# Weight of `z`, relative to the trace of `C C^T`: where a solution exists it costs about 1e-7 of RGB in [0, 1].
_WEIGHT = 1e-7
_TOLERANCE = 1e-7  # of RGB in [0, 1]
_ITERATIONS = 60
_DECREASE = 1e-4  # of the dual, in a step that counts as one, relative to what its slope promises
_PIXELS = 1 << 12  # at a time, in whole rows


def make_consistent(cube: np.ndarray, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
    """Returns the cube nearest to `cube` that is not negative and whose projection through `srf` is `rgb`.

    Args:
      cube: float32 [height, width, bands]; negative values are allowed.
      rgb: float32 [height, width, 3], linear, [0, 1].
      srf: float32 [3, bands], of rank 3; negative values are allowed.

    Returns:
      float32 [height, width, bands]. For RGB that no non-negative spectrum has, the projection is the nearest that is
      possible.
    """
    result = np.empty(cube.shape, np.float32)
    step = max(_PIXELS // cube.shape[1], 1)
    for start in range(0, len(cube), step):
        part = slice(start, start + step)
        spectra, colors = (values[part].reshape(-1, values.shape[-1]).astype(np.float64) for values in (cube, rgb))
        result[part] = _nearest(spectra, colors, srf).reshape(result[part].shape)
    return result


def _nearest(spectra, colors, srf):
    """`make_consistent` of pixels [n, bands] and [n, 3], in float64."""
    srf = np.asarray(srf, np.float64)
    gram = srf @ srf.T
    weight = _WEIGHT * np.trace(gram)
    # The closed form, and where it is not negative already the solution.
    duals = np.linalg.solve(gram + weight * np.eye(3), (colors - spectra @ srf.T).T).T
    damping, todo = np.full(len(spectra), weight), np.arange(len(spectra))
    value, gradient, active = _dual(spectra, colors, srf, duals, weight)
    for _ in range(_ITERATIONS):
        far = np.abs(gradient).max(axis=1) > _TOLERANCE
        todo, value, gradient, active = todo[far], value[far], gradient[far], active[far]
        if not len(todo):
            break
        step = _damped_step(gradient, active, srf, damping[todo])
        trial = duals[todo] - step
        new = _dual(spectra[todo], colors[todo], srf, trial, weight)
        better = new[0] <= value - _DECREASE * (gradient * step).sum(axis=1)
        duals[todo[better]] = trial[better]
        damping[todo] = np.maximum(np.where(better, damping[todo] / 8, damping[todo] * 8), weight)
        for old, there in zip((value, gradient, active), new, strict=True):
            old[better] = there[better]
    return np.maximum(spectra + duals @ srf, 0)


def _dual(spectra, colors, srf, duals, weight):
    """Returns the dual's value [n], its gradient [n, 3], and which bands are above zero [n, bands]."""
    shifted = spectra + duals @ srf
    active = shifted > 0
    clipped = np.where(active, shifted, 0)
    value = ((clipped**2).sum(axis=1) + weight * (duals**2).sum(axis=1)) / 2 - (duals * colors).sum(axis=1)
    return value, clipped @ srf.T - colors + weight * duals, active


def _damped_step(gradient, active, srf, damping):
    """Returns the step [n, 3] to be subtracted: Newton's, with the Hessian of the bands above zero, damped."""
    products = (srf[:, None] * srf[None]).reshape(9, -1)
    hessian = (active @ products.T).reshape(-1, 3, 3) + damping[:, None, None] * np.eye(3)
    return np.linalg.solve(hessian, gradient[..., None])[..., 0]
