"""Fits the prior of spectra: to the pixels of unpaired cubes, and to measured materials (method section 18)."""

from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from hsgan import config as config_lib
from hsgan.prior import em
from hsgan.prior.mixture import MixturePrior
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra import reflectances

MATERIALS = ("CIE 224:2017", *reflectances.CHARTS)
_MIX = 0.3  # both parameters of the beta distribution of the share of one of two materials: mostly nearly one of them
_LEVEL, _SPREAD = 0.15, 1.0  # mean radiance of a material: its median, and the deviation of its logarithm
# Streams of random numbers, each its own constant in all its seeds.
_CUBES, _MATERIALS = 1, 2


def fit_prior(
    wavelengths_nm: np.ndarray,
    directory: str | Path | None = None,
    split: str = "train",
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
      split: of the records.
      components: Gaussians; fewer where there are not so many distinct spectra.
      samples: spectra that it is fitted to, of cubes and materials together.
      exposure: each pixel of a cube is multiplied by `exp(U(-exposure, exposure))`.
      materials: share of the samples that are materials. Without cubes all are; at wavelengths where no materials
        were measured, none.
      seed: of all that is random.

    Raises:
      DataError: as `cube_spectra` and `material_spectra`.
    """
    wavelengths_nm = np.asarray(wavelengths_nm, np.float32)
    of_materials = samples
    if directory is not None:
        of_materials = round(samples * materials) if reflectances.cover(wavelengths_nm, MATERIALS) else 0
    drawn, sources = [], []
    if of_materials < samples:
        drawn.append(cube_spectra(directory, split, samples - of_materials, exposure, seed))
        sources.append(f"{len(drawn[-1])} spectra of {read_manifest(directory).source} ({split})")
    if of_materials:
        drawn.append(material_spectra(wavelengths_nm, of_materials, seed))
        sources.append(f"{of_materials} mixtures of materials measured by others, as colour-science ships them")
    weights, means, covariances = em.fit(np.concatenate(drawn), components, seed)
    source = f"{', '.join(sources)}; {len(weights)} components, exposures within e^{exposure:g}, seed {seed}"
    return MixturePrior(weights, means, covariances, wavelengths_nm, source)


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


def cube_spectra(directory: str | Path, split: str, count: int, exposure: float, seed: int) -> np.ndarray:
    """Returns about `count` pixels of cubes under random exposures, float64 [n, bands]; as many of every scene.

    Of a scene with too few pixels all are taken, so `n` may be less than `count`.

    Args:
      directory, split: of the records. exposure, seed: as for `fit_prior`.

    Raises:
      DataError: no such records, or one that cannot be read.
    """
    scenes = read_manifest(directory).split(split).records
    drawn = []
    for index, (_, cube) in enumerate(iterate_cubes(directory, split)):
        rng = np.random.default_rng([seed, _CUBES, index])
        pixels = cube.reshape(-1, cube.shape[-1])
        chosen = rng.permutation(len(pixels))[: -(-count // scenes)]
        spectra = pixels[chosen].astype(np.float64)
        drawn.append(spectra * np.exp(rng.uniform(-exposure, exposure, (len(spectra), 1))))
    return np.concatenate(drawn)


def material_spectra(wavelengths_nm: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Returns mixtures of two measured materials each, under random light levels, float64 [count, bands].

    Args:
      wavelengths_nm: float [bands]. count: of spectra. seed: of what is random.

    Raises:
      DataError: wavelengths at which none was measured.
    """
    measured = reflectances.load(wavelengths_nm, MATERIALS)
    rng = np.random.default_rng([seed, _MATERIALS])
    first, second = measured[rng.integers(len(measured), size=(2, count))]
    share = rng.beta(_MIX, _MIX, (count, 1))
    mixed = share * first + (1 - share) * second
    level = _LEVEL * np.exp(_SPREAD * rng.standard_normal((count, 1)))
    return mixed / mixed.mean(axis=1, keepdims=True) * level
