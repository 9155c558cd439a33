"""The prior of spectra: what is known of them before any photo, as a mixture of Gaussians (method section 18)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hsgan.disk import guard
from hsgan.disk.arrays import read_npz, write_npz
from hsgan.errors import DataError

_ARRAYS = ("weights", "means", "covariances", "wavelengths_nm")


@dataclass(frozen=True, eq=False)
class MixturePrior:
    """A mixture of `k` Gaussians over spectra of linear radiance.

    Attributes:
      weights: float64 [k], positive, sum 1.
      means: float64 [k, bands].
      covariances: float64 [k, bands, bands], positive definite.
      wavelengths_nm: float32 [bands], ascending.
      source: what it was fitted to, and how.
      temperature: factor of the standard deviations of `hsgan.spectra.mixture`, which calibrates them.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray
    wavelengths_nm: np.ndarray
    source: str
    temperature: float = 1.0

    @property
    def components(self) -> int:
        """Number of Gaussians."""
        return len(self.weights)

    @property
    def factors(self) -> np.ndarray:
        """The lower Cholesky factors of the covariances, float64 [k, bands, bands]."""
        return np.linalg.cholesky(self.covariances)

    @property
    def parameters(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """`(log weights [k], means [k, bands], factors [k, bands, bands])`, as `hsgan.spectra.mixture` wants them."""
        return np.log(self.weights), self.means, self.factors

    @property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """The mean [bands] and the covariance [bands, bands] of all its spectra."""
        mean = self.weights @ self.means
        apart = self.means - mean
        inside = np.tensordot(self.weights, self.covariances, axes=1)
        return mean, inside + (self.weights[:, None] * apart).T @ apart

    def save(self, path: str | Path) -> None:
        """Writes the prior as one `.npz` file, whole or not at all."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        write_npz(path, {**arrays, "source": self.source, "temperature": self.temperature})

    @classmethod
    def open(cls, path: str | Path) -> "MixturePrior":
        """Reads what `save` wrote.

        Raises:
          DataError: no such file, or not of this form.
        """
        with guard.reading(path, "a prior of spectra"):
            found = read_npz(path, (*_ARRAYS, "source", "temperature"), "a prior of spectra")
            arrays = {name: found[name] for name in _ARRAYS}
            source, temperature = str(found["source"]), float(found["temperature"])
            return cls._checked(path, arrays, source, temperature)

    @classmethod
    def _checked(cls, path, arrays, source, temperature):
        k, bands = len(arrays["weights"]), len(arrays["wavelengths_nm"])
        found = [arrays[name].shape for name in _ARRAYS[:3]]
        if found != [(k,), (k, bands), (k, bands, bands)] or not all(np.isfinite(a).all() for a in arrays.values()):
            raise DataError(
                f"{path}: must hold finite weights [k], means [k, bands] and covariances [k, bands, bands]. "
                f"Received: shapes {', '.join(str(list(shape)) for shape in found)} for {bands} wavelengths"
            )
        return cls(**arrays, source=source, temperature=temperature)
