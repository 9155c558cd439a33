"""Fits the prior of spectra: to the pixels of unpaired cubes, and to measured materials (method section 18)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from hsgan import config as config_lib
from hsgan.prior import em
from hsgan.prior.mixture import MixturePrior
from hsgan.prior.samples import MATERIALS, expose, material_spectra, materials_at, scene_spectra
from hsgan.records.manifest import read_manifest
from hsgan.spectra import reflectances


def fit_prior(
    wavelengths_nm: np.ndarray,
    directory: str | Path | None = None,
    splits: Sequence[str] = ("train",),
    components: int = 32,
    samples: int = 40_000,
    exposure: float = 1.0,
    materials: float = 0.3,
    seed: int = 0,
) -> MixturePrior:
    """Returns the prior of the spectra of a folder of cubes, of measured materials, or of both.

    The same arguments and records give the same prior. Memory holds one scene and the samples.

    Args:
      wavelengths_nm: float [bands], of the cubes.
      directory: folder of cube records; None is materials alone.
      splits: of the records.
      components: Gaussians; fewer where there are not so many distinct spectra.
      samples: spectra that it is fitted to, of cubes and materials together.
      exposure: each pixel of a cube is multiplied by `exp(U(-exposure, exposure))`.
      materials: share of the samples that are materials. Without cubes all are; at wavelengths where no materials
        were measured, none.
      seed: of all that is random.

    Raises:
      DataError: no such records, or one that cannot be read; no cubes, and wavelengths at which no materials were
        measured.
    """
    wavelengths_nm = np.asarray(wavelengths_nm, np.float32)
    of_materials, pixels, sources = samples, [], []
    if directory is not None:
        of_materials = round(samples * materials) if reflectances.cover(wavelengths_nm, MATERIALS) else 0
    if of_materials < samples:
        pixels = list(scene_spectra(directory, splits, samples - of_materials, seed).values())
        sources.append(f"{sum(map(len, pixels))} spectra of {read_manifest(directory).source} ({', '.join(splits)})")
    if of_materials:
        sources.append(f"{of_materials} mixtures of materials measured by others, as colour-science ships them")
    spectra = fitted_spectra(wavelengths_nm, pixels, exposure, of_materials, seed)
    weights, means, covariances = em.fit(spectra, components, seed)
    source = f"{', '.join(sources)}; {len(weights)} components, exposures within e^{exposure:g}, seed {seed}"
    return MixturePrior(weights, means, covariances, wavelengths_nm, source)


def fitted_spectra(
    wavelengths_nm: np.ndarray,
    pixels: Sequence[np.ndarray],
    exposure: float,
    materials: int,
    seed: int,
) -> np.ndarray:
    """Returns what a prior is fitted to, float64 [n, bands]: pixels under random exposures, and materials.

    Args:
      wavelengths_nm: float [bands].
      pixels: of cubes, [n, bands] each.
      exposure: as for `fit_prior`.
      materials: number of mixtures of materials.
      seed: of what is random.
    """
    rng = np.random.default_rng(seed)
    spectra = [expose(each, exposure, rng) for each in pixels]
    if materials:
        spectra.append(material_spectra(materials_at(wavelengths_nm), materials, rng))
    return np.concatenate(spectra)


def fit_configured(config: ConfigDict, directory: str | Path) -> MixturePrior:
    """Returns the prior that `config.prior` asks for, of the training split of a folder of cubes; as `fit_prior`."""
    values = config.prior
    return fit_prior(
        config_lib.wavelengths_nm(config),
        directory,
        components=values.components,
        samples=values.samples,
        exposure=values.exposure,
        materials=values.materials,
        seed=values.seed,
    )
