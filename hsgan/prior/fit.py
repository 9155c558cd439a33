"""Fits the prior of spectra: to the pixels of unpaired cubes, and to measured materials (method section 18).

A fit is asked for by `config.prior` (`hsgan.config.defaults.prior`). The same settings and records give the same prior.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.prior import em
from hsgan.prior.mixture import MixturePrior
from hsgan.prior.samples import MATERIALS, draw, material_spectra, materials_at, scene_spectra, vary
from hsgan.records.manifest import read_manifest
from hsgan.spectra import reflectances
from hsgan.spectra.mixture import CameraForm, deviate_mixture, solve_mixture
from hsgan.spectra.srf import SrfDictionary

_POOL = 4  # random pixels for each that is fitted, to draw from
_NINE_IN_TEN = 1.645  # standard deviations on each side, of a Gaussian


def fit_prior(
    wavelengths_nm: np.ndarray,
    values: ConfigDict,
    directory: str | Path | None = None,
    splits: Sequence[str] = ("train",),
    srf: np.ndarray | None = None,
    brightness: float = 0.0,
    cameras: np.ndarray | None = None,
) -> MixturePrior:
    """Returns the prior of the spectra of a folder of cubes and of measured materials, or of materials alone.

    Its temperature is found by leaving scenes out in turn (`calibrate`), if a camera is given, `values.folds` ask for
    it, and there are two scenes. Otherwise it is 1. Memory holds one scene and the samples.

    Args:
      wavelengths_nm: float [bands], of the cubes.
      values: `config.prior`. At wavelengths where no materials were measured their share is none.
      directory: folder of cube records; None is materials alone.
      splits: of the records.
      srf: float [3, bands], the camera to calibrate for.
      brightness: as for `hsgan.prior.samples.scene_spectra`.
      cameras: as for `calibrate`.

    Raises:
      DataError: no such records, or one that cannot be read; no cubes, and wavelengths at which no materials were
        measured.
    """
    wavelengths_nm = np.asarray(wavelengths_nm, np.float32)
    scenes = {} if directory is None else scenes_to_fit(wavelengths_nm, values, directory, splits, brightness)
    prior = fit_scenes(wavelengths_nm, values, scenes)
    if directory is not None and scenes:
        prior = replace(prior, source=f"{read_manifest(directory).source} ({', '.join(splits)}): {prior.source}")
    if srf is None or values.folds < 2 or len(scenes) < 2:
        return prior
    return replace(prior, temperature=calibrate(wavelengths_nm, values, scenes, srf, cameras))


def scenes_to_fit(
    wavelengths_nm: np.ndarray,
    values: ConfigDict,
    directory: str | Path,
    splits: Sequence[str] = ("train",),
    brightness: float = 0.0,
) -> dict[str, np.ndarray]:
    """Returns pixels by scene for `fit_scenes` to draw from, {scene: float32 [n, bands]}; arguments as `fit_prior`."""
    cubes = round(values.samples * (1 - material_share(wavelengths_nm, values)))
    return scene_spectra(directory, splits, _POOL * cubes, values.seed, brightness)


def fit_run(values: ConfigDict, directory: str | Path, cameras: SrfDictionary, brightness: float = 0.0) -> MixturePrior:
    """Returns the prior of a run: of its training cubes, calibrated for the cameras that it trains with.

    Args:
      values: `config.prior`.
      directory: folder of its cube records.
      cameras: those of the training.
      brightness: as for `fit_prior`.

    Raises:
      DataError: as `fit_prior`.
    """
    mean = cameras.responses.mean(axis=0)
    responses = cameras.responses
    return fit_prior(cameras.wavelengths_nm, values, directory, srf=mean, brightness=brightness, cameras=responses)


def fit_scenes(wavelengths_nm: np.ndarray, values: ConfigDict, scenes: Mapping[str, np.ndarray]) -> MixturePrior:
    """Returns the prior of pixels of some scenes, varied (`hsgan.prior.samples.vary`), and of materials beside them.

    Several fits (`values.fits`), each with pixels, mixtures of materials and a start of its own, find other mixtures of
    about the same likelihood. Pooled with equal weights they err less than one of as many components.

    Args:
      wavelengths_nm: float32 [bands].
      values: `config.prior`.
      scenes: pixels of cubes by scene to draw from, [n, bands] each, in random order; none is materials alone.
    """
    share = material_share(wavelengths_nm, values)
    each = -(-round(values.samples * (1 - share)) // max(len(scenes), 1))
    pixels = sum(min(each, len(found)) for found in scenes.values())
    materials = round(pixels * share / (1 - share)) if scenes else values.samples
    measured = materials_at(wavelengths_nm) if materials else np.empty((0, len(wavelengths_nm)))
    fits = []
    for number in range(values.fits):
        seed = [values.seed, number] if number else values.seed
        rng = np.random.default_rng(seed)
        drawn = (draw(found, each, values.level_power, rng) for found in scenes.values())
        spectra = [vary(own, wavelengths_nm, values, rng) for own in drawn]
        if materials:
            spectra.append(material_spectra(measured, materials, rng))
        fits.append(em.fit(np.concatenate(spectra), values.components // values.fits, seed))
    weights, means, covariances = map(np.concatenate, zip(*fits, strict=True))
    source = (
        f"{pixels} pixels of {len(scenes)} scenes, drawn by level^{values.level_power:g}, "
        f"{100 * values.shifted:g} % shifted by {values.shift:g} nm, exposures within e^{values.exposure:g}; "
        f"{materials} mixtures of two materials ({', '.join(MATERIALS)}; colour-science); {len(weights)} components"
        f"{f' of {values.fits} fits' if values.fits > 1 else ''}, seed {values.seed}"
    )
    return MixturePrior(weights / values.fits, means, covariances, wavelengths_nm, source)


def material_share(wavelengths_nm: np.ndarray, values: ConfigDict) -> float:
    """Returns the share of materials in what is fitted beside cubes: `values.materials`, 0 where none were measured."""
    return values.materials if reflectances.cover(wavelengths_nm, MATERIALS) else 0.0


def calibrate(
    wavelengths_nm: np.ndarray,
    values: ConfigDict,
    scenes: Mapping[str, np.ndarray],
    srf: np.ndarray,
    cameras: np.ndarray | None = None,
) -> float:
    """Returns the temperature with which 90 % intervals hold nine in ten of the values of scenes not fitted to.

    The scenes are left out in turn, in `values.folds` groups, and what a prior of the others says of their pixels is
    compared with the truth. With `cameras` that is done twice, and both count alike: the camera that is told took the
    pixels, and each of `cameras` took as many of them. So intervals are a little wide where the camera is known, and
    not far too narrow where it is not.

    Args:
      wavelengths_nm: float32 [bands].
      values: `config.prior`.
      scenes: as for `fit_scenes`, at least two.
      srf: float [3, bands], the camera that the estimate is told.
      cameras: float [n, 3, bands], those that there may be instead.
    """
    names = sorted(scenes)
    errors = []
    for fold in range(min(values.folds, len(names))):
        out = names[fold :: values.folds]
        prior = fit_scenes(wavelengths_nm, values, {name: scenes[name] for name in names if name not in out})
        form = solve_mixture(tf.constant(srf), prior.parameters, values.noise)
        for name in out:
            errors.append(standard_errors(scenes[name], srf, form))
            if cameras is not None:
                each = cameras[np.arange(len(scenes[name])) % len(cameras)]
                errors.append(standard_errors(scenes[name], each, form))
    return float(np.quantile(np.concatenate(errors), 0.9) / _NINE_IN_TEN)


def recalibrate(
    temperature: float,
    spectra: np.ndarray,
    srf: np.ndarray,
    fitted: CameraForm,
    trained: CameraForm,
) -> float:
    """Returns the temperature of a prior after training, from that of the prior that it began as.

    Training for the estimates leaves the variances to themselves. What it does to them is seen on the spectra that it
    had: by so much as their errors, in deviations, become smaller or larger there, the temperature follows. How far the
    prior is from spectra that it did not have is in the temperature that it began with (`calibrate`).

    Args:
      temperature: of the prior as it was fitted.
      spectra: of the training, float [n, bands].
      srf: float [3, bands], the camera, known.
      fitted: the prior before the training, seen through it.
      trained: the prior after it.
    """
    before, after = (np.quantile(standard_errors(spectra, srf, form), 0.9) for form in (fitted, trained))
    return float(temperature * after / before)


def standard_errors(spectra: np.ndarray, srf: np.ndarray, form: CameraForm) -> np.ndarray:
    """Returns the absolute errors of estimates in standard deviations as they are without a temperature.

    Args:
      spectra: the truth, float [n, bands].
      srf: float [3, bands], the camera, or [n, 3, bands], of each spectrum.
      form: the prior seen through the camera that the estimate is told (`hsgan.spectra.mixture.solve_mixture`).
    """
    rgb = (np.asarray(srf) @ spectra[..., None])[..., 0].astype(np.float32)
    estimate, deviation = deviate_mixture(rgb, form)
    return np.abs(spectra - estimate) / deviation.numpy()
