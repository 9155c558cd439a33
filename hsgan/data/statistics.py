"""Mean and covariance of the spectra in a folder of cubes: the Gaussian prior of method section 17."""

from pathlib import Path

import numpy as np

from hsgan.records import reader
from hsgan.spectra import exposure

Statistics = tuple[np.ndarray, np.ndarray]  # mean float32 [bands], covariance float32 [bands, bands]


def cube_statistics(directory: str | Path, split: str = "train", brightness: float = 0.0) -> Statistics:
    """Returns `(mean, covariance)` of all pixels of a split's cubes.

    Summed in float64, scene by scene, so that memory holds one scene.

    Args:
      directory: folder of cube records.
      split: name of the split.
      brightness: that every cube is brought to (`hsgan.spectra.exposure`); 0: as they are.

    Returns:
      mean float32 [bands], covariance float32 [bands, bands], of linear radiance.

    Raises:
      DataError: as `hsgan.records.reader.iterate_cubes`.
    """
    count = 0
    total: np.ndarray | float = 0.0
    products: np.ndarray | float = 0.0
    for _, cube in reader.iterate_cubes(directory, split):
        scale = exposure.gain(cube, brightness)
        for rows in np.array_split(cube, max(1, cube.shape[0] // 64)):
            spectra = rows.reshape(-1, rows.shape[-1]).astype(np.float64) * scale
            count += len(spectra)
            total = total + spectra.sum(axis=0)
            products = products + spectra.T @ spectra
    mean = np.asarray(total / count)
    covariance = products / count - np.outer(mean, mean)
    return mean.astype(np.float32), covariance.astype(np.float32)
