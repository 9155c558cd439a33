"""Spectra to fit and train the prior with: pixels of unpaired cubes under random exposures, and measured materials."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ml_collections import ConfigDict

from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra import exposure, reflectances

MATERIALS = ("CIE 224:2017", *reflectances.CHARTS)
_MIX = 0.3  # both parameters of the beta distribution of the share of one of two materials: mostly nearly one of them
_LEVEL, _SPREAD = 0.15, 1.0  # mean radiance of a material: its median, and the deviation of its logarithm
_DARKEST = 1e-4  # mean radiance below which all pixels are drawn as often


def scene_spectra(
    directory: str | Path,
    splits: Sequence[str],
    count: int,
    seed: int,
    brightness: float = 0.0,
) -> dict[str, np.ndarray]:
    """Returns random pixels of a folder's cubes by scene, {scene: float32 [n, bands]}; as many of every scene.

    There are `count` in all, or a few more; of a scene with too few pixels all are taken, which may make it less.
    Memory holds one scene and the pixels.

    Args:
      directory: of the records.
      splits: of the records.
      count: of pixels.
      seed: of what is random.
      brightness: that the cubes are brought to in their mean (`hsgan.spectra.exposure`), by one factor for all of them,
        so that they keep the differences between their exposures; 0: they stay as they are.

    Raises:
      DataError: no such records, or one that cannot be read.
    """
    manifest = read_manifest(directory)
    each = -(-count // sum(manifest.split(split).records for split in splits))
    drawn: dict[str, np.ndarray] = {}
    found: list[float] = []
    for split in splits:
        for scene, cube in iterate_cubes(directory, split):
            pixels = cube.reshape(-1, cube.shape[-1])
            drawn[scene] = pixels[np.random.default_rng([seed, len(drawn)]).permutation(len(pixels))[:each]]
            found.append(exposure.brightness(cube) if brightness else 0.0)
    if brightness:
        drawn = {scene: pixels * np.float32(brightness / np.mean(found)) for scene, pixels in drawn.items()}
    return drawn


def draw(pixels: np.ndarray, count: int, power: float, rng: np.random.Generator) -> np.ndarray:
    """Returns some pixels of a scene, bright ones more often than dark ones, of which there are more.

    A pixel's chance is proportional to its mean radiance to the power of `power`. None is drawn twice.

    Args:
      pixels: [n, bands], in random order.
      count: of pixels; if there are fewer, all.
      power: 0: all pixels have the same chance, and the first are taken.
      rng: what is random.
    """
    if not power or count >= len(pixels):
        return pixels[:count]
    level = np.maximum(pixels.mean(axis=1, dtype=np.float64), _DARKEST)
    # The smallest of exponential variables, each of its own rate, is each one with the share of its rate in their sum.
    waiting = np.log(rng.standard_exponential(len(pixels))) - power * np.log(level)
    return pixels[np.argsort(waiting)[:count]]


def shift(spectra: np.ndarray, wavelengths_nm: np.ndarray, shifts_nm: np.ndarray) -> np.ndarray:
    """Returns spectra [n, bands] moved along wavelength, with linear interpolation; the ends go on as they are.

    Args:
      spectra: [n, bands].
      wavelengths_nm: float [bands], ascending.
      shifts_nm: float [n], positive to longer wavelengths.
    """
    wavelengths_nm = np.asarray(wavelengths_nm, np.float64)
    seen = np.clip(wavelengths_nm - np.asarray(shifts_nm)[:, None], wavelengths_nm[0], wavelengths_nm[-1])
    right = np.clip(np.searchsorted(wavelengths_nm, seen, side="right"), 1, len(wavelengths_nm) - 1)
    share = (seen - wavelengths_nm[right - 1]) / np.diff(wavelengths_nm)[right - 1]
    before, after = (np.take_along_axis(spectra, index, axis=1) for index in (right - 1, right))
    return (1 - share) * before + share * after


def vary(spectra: np.ndarray, wavelengths_nm: np.ndarray, values: ConfigDict, rng: np.random.Generator) -> np.ndarray:
    """Returns pixels of cubes as they might be in other scenes: some shifted along wavelength, all under exposures.

    A dye that a few scenes do not have is much like one that they have, with its edges at other wavelengths.

    Args:
      spectra: float [n, bands].
      wavelengths_nm: float [bands].
      values: `config.prior`.
      rng: what is random.
    """
    if values.shift and values.shifted:
        spectra = np.array(spectra, np.float64)
        chosen = rng.random(len(spectra)) < values.shifted
        spectra[chosen] = shift(spectra[chosen], wavelengths_nm, rng.normal(0, values.shift, chosen.sum()))
    return expose(spectra, values.exposure, rng)


def expose(spectra: np.ndarray, exposure: float, rng: np.random.Generator) -> np.ndarray:
    """Returns spectra [n, bands], each multiplied by `exp(U(-exposure, exposure))`, float64."""
    return spectra * np.exp(rng.uniform(-exposure, exposure, (len(spectra), 1)))


def materials_at(wavelengths_nm: np.ndarray) -> np.ndarray:
    """Returns the reflectances float64 [materials, bands] that `material_spectra` mixes.

    Raises:
      DataError: wavelengths at which none was measured.
    """
    return reflectances.load(wavelengths_nm, MATERIALS)


def material_spectra(measured: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Returns mixtures of two materials each, under random light levels, float64 [count, bands].

    Args:
      measured: reflectances [materials, bands].
      count: of spectra.
      rng: what is random.
    """
    first, second = measured[rng.integers(len(measured), size=(2, count))]
    share = rng.beta(_MIX, _MIX, (count, 1))
    mixed = share * first + (1 - share) * second
    level = _LEVEL * np.exp(_SPREAD * rng.standard_normal((count, 1)))
    return mixed / mixed.mean(axis=1, keepdims=True) * level
