"""A small mixture of smooth spectra, and what a camera says of it by the textbook's formulas, in NumPy and float64."""

import numpy as np
from scipy import special, stats

from hsgan.prior.mixture import MixturePrior
from hsgan.spectra import srf

GRID = np.arange(400, 701, 10)
CAMERA = srf.load("default", GRID).responses[0].astype(np.float64)


def draw(components: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns weights, means and covariances of a mixture over `GRID`, the last component dark and narrow."""
    rng = np.random.default_rng(seed)
    bumps = np.exp(-0.5 * ((GRID[:, None] - GRID[None, ::3]) / 40.0) ** 2)
    means = rng.random((components, bumps.shape[1])) @ bumps.T / 6
    roots = bumps[None] * rng.uniform(0.01, 0.06, (components, 1, bumps.shape[1]))
    means[-1], roots[-1] = 0.005, roots[-1] / 40
    covariances = roots @ roots.transpose(0, 2, 1) + 1e-6 * np.eye(len(GRID))
    return rng.dirichlet(np.ones(components)), means, covariances


def parameters_of(mixture: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns log weights, means and Cholesky factors."""
    weights, means, covariances = mixture
    return np.log(weights), means, np.linalg.cholesky(covariances)


def oracle(rgb: np.ndarray, srf: np.ndarray, mixture: tuple, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns the posterior mean [n, bands], not clipped, and covariance [n, bands, bands] of pixels [n, 3]."""
    weights, means, covariances = mixture
    logs, estimates, inside = [], [], []
    for weight, mean, covariance in zip(weights, means, covariances, strict=True):
        seen = srf @ covariance @ srf.T + noise * np.eye(3)
        logs.append(np.log(weight) + stats.multivariate_normal.logpdf(rgb, srf @ mean, seen).reshape(-1))
        gain = covariance @ srf.T @ np.linalg.inv(seen)
        estimates.append(mean + (rgb - srf @ mean) @ gain.T)
        inside.append(covariance - gain @ srf @ covariance)
    share = special.softmax(np.array(logs), axis=0).T
    estimates = np.array(estimates)
    mean = np.einsum("nk,kns->ns", share, estimates)
    apart = estimates - mean
    between = np.einsum("nk,kns,knt->nst", share, apart, apart)
    return mean, np.einsum("nk,kst->nst", share, np.array(inside)) + between


PRIOR = MixturePrior(*draw(), GRID.astype(np.float32), "five bumps")
