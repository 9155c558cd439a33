"""Makes pretrained weights and their card: fitted to all scenes, measured with some of them left out."""

from dataclasses import asdict
from pathlib import Path

import numpy as np

from hsgan.disk import checksums, whole
from hsgan.errors import DataError
from hsgan.pretrained.measure import HOW, measure
from hsgan.pretrained.recipes import NOT_FOR, RECIPES, Recipe
from hsgan.prior import cards, pretrained
from hsgan.prior.fit import fit_prior
from hsgan.prior.mixture import MixturePrior
from hsgan.prior.pretrained import SCHEMA, Card
from hsgan.reconstruct.pretrained import method_of_prior
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.run.folder import versions
from hsgan.spectra import developed, srf

FITTED, LEFT_OUT = ("train",), ("validation",)


def build(name: str, data: str | Path, cameras: str | Path, output: str | Path) -> tuple[Path, ...]:
    """Writes the weights `name`, their card and its page, as the package carries them.

    The same records, settings and machine give the same bytes of the weights. On another processor sums may differ in
    the last bits.

    Args:
      name: in `RECIPES`.
      data: folder of cube records with the splits "train" and "validation". The weights are fitted to both; the card's
        numbers are those of a fit to the first, on the second.
      cameras: a dictionary of measured cameras to measure with; the weights do not depend on it.
      output: folder to write to.

    Returns:
      The paths of the files.

    Raises:
      DataError: no such recipe, records that cannot be used, or a camera that is missing.
    """
    if name not in RECIPES:
        raise DataError(f"model: must be one of {', '.join(RECIPES)}. Received: {name!r}")
    recipe, manifest = RECIPES[name], read_manifest(data)
    wavelengths_nm = np.array(manifest.wavelengths_nm, np.float32)
    measured_cameras = srf.load(cameras, wavelengths_nm)
    partial = fit(recipe, wavelengths_nm, data, FITTED)
    method = method_of_prior(partial, recipe.values.noise, recipe.brightness)
    rows = measure(method, dict(iterate_cubes(data, *LEFT_OUT)), measured_cameras)
    weights, about, page = pretrained.paths(name, Path(output))
    prior = fit(recipe, wavelengths_nm, data, (*FITTED, *LEFT_OUT)) if recipe.cubes else partial
    prior.save(weights)
    card = describe(name, manifest, rows, checksums.of_file(weights))
    whole.write_json(about, {"schema": SCHEMA, **asdict(card)})
    whole.write_text(page, cards.page(card))
    return weights, about, page


def fit(recipe: Recipe, wavelengths_nm: np.ndarray, data: str | Path, splits: tuple[str, ...]) -> MixturePrior:
    """Returns the prior of a recipe, calibrated for developed pictures.

    Args:
      recipe: one of `RECIPES`.
      wavelengths_nm: float32 [bands].
      data: folder of cube records.
      splits: of the records, to fit to.
    """
    directory = data if recipe.cubes else None
    camera = developed.responses(wavelengths_nm)
    return fit_prior(wavelengths_nm, recipe.values, directory, splits, camera, recipe.brightness)


def describe(name: str, manifest: Manifest, rows: list[dict], sha256: str) -> Card:
    """Returns the card of weights.

    Args:
      name: in `RECIPES`.
      manifest: of the cube records.
      rows: of `measure`.
      sha256: of the weights' file.
    """
    recipe = RECIPES[name]
    fitted, left_out = (manifest.split(*splits).scenes for splits in (FITTED, LEFT_OUT))
    settings = recipe.values.to_dict() | {"brightness": recipe.brightness}
    numbers = {"components": settings["components"], "scenes": len(fitted) + len(left_out)}
    partly = f"the same recipe fitted to the other {len(fitted)} scenes" if recipe.cubes else "no scene fitted to"
    how = HOW.format(fitted=partly, scenes=", ".join(left_out), source=manifest.source)
    made_with = {package: version for package, version in versions().items() if package != "commit"}
    return Card(
        name,
        recipe.title.format(**numbers),
        recipe.terms,
        recipe.data(manifest),
        settings,
        how,
        rows,
        [*NOT_FOR, *recipe.not_for],
        sha256,
        made_with,
    )
