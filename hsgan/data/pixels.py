"""The stream that the mixture prior is trained on: pairs of single pixels, made without any captured pair.

A batch is pixels of unpaired cubes, varied as for the fit of the prior, measured materials beside them, and the RGB
that one random camera makes of them. All of it is a function of (seed, step): a stream built with `start_step=s`
continues exactly as an uninterrupted one does. Source: method section 18.
"""

import itertools
from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from hsgan.data.share import WHOLE, Share
from hsgan.data.sources import drawn_cameras
from hsgan.prior.fit import material_share
from hsgan.prior.samples import material_spectra, materials_at, scene_spectra, vary
from hsgan.records.manifest import Manifest
from hsgan.spectra.srf import SrfDictionary

_PIXELS = 5  # this stream's own constant in all its seeds


def pixel_pairs(
    config: ConfigDict,
    cubes: Manifest,
    dictionary: SrfDictionary,
    start_step: int = 0,
    share: Share = WHOLE,
) -> tf.data.Dataset:
    """Returns the endless stream of training batches from `start_step` on.

    Args:
      config: the configuration; `config.mixture` is this stream's section.
      cubes: of the cube records.
      dictionary: the cameras to mix.
      start_step: number of batches that a resumed run has already seen.
      share: the rows of every batch to give; `batch` below is their number.

    Returns:
      `tf.data.Dataset` of dictionaries, images of one pixel: `cube` float32 [batch, 1, 1, bands]; `rgb` float32 [batch,
      1, 1, 3], its projection; `srf` float32 [batch, 3, bands], in all rows the one camera that made the batch, or in
      some steps the mean camera in its place, so that both are learned.

    Raises:
      DataError: records that cannot be read.
    """
    bands, rows = len(cubes.wavelengths_nm), share.rows(config.train.batch)
    own = rows.stop - rows.start
    shapes = {"cube": (own, 1, 1, bands), "rgb": (own, 1, 1, 3), "srf": (own, 3, bands)}

    def made():
        scenes = scene_spectra(cubes.directory, ("train",), config.mixture.pixels, config.seed, config.data.brightness)
        whole = batches(config, np.concatenate(list(scenes.values())), dictionary, start_step)
        return ({name: values[rows] for name, values in batch.items()} for batch in whole)

    signature = {name: tf.TensorSpec(shape) for name, shape in shapes.items()}
    return tf.data.Dataset.from_generator(made, output_signature=signature).prefetch(4)


def batches(
    config: ConfigDict,
    pixels: np.ndarray,
    dictionary: SrfDictionary,
    start_step: int = 0,
) -> Iterator[dict[str, np.ndarray]]:
    """Yields the batches of `pixel_pairs` without end.

    Args:
      config: as there.
      pixels: of cubes, float32 [n, bands], to draw from.
      dictionary: as there.
      start_step: as there.
    """
    values, prior, batch = config.mixture, config.prior, config.train.batch
    wavelengths_nm = dictionary.wavelengths_nm
    of_materials = round(batch * material_share(wavelengths_nm, prior))
    measured = materials_at(wavelengths_nm) if of_materials else np.empty((0, len(wavelengths_nm)))
    drawn, mean = drawn_cameras(config, dictionary).responses, dictionary.responses.mean(axis=0)
    groups = np.split(drawn, 1 + config.cameras.variants)
    for step in itertools.count(start_step):
        rng = np.random.default_rng([config.seed, _PIXELS, step])
        spectra = vary(pixels[rng.integers(len(pixels), size=batch - of_materials)], wavelengths_nm, prior, rng)
        if of_materials:
            spectra = np.concatenate([spectra, material_spectra(measured, of_materials, rng)])
        shares = rng.dirichlet(np.full(len(groups[0]), values.concentration))
        blind = rng.random() < values.blind
        camera = np.tensordot(shares, groups[rng.integers(len(groups))], axes=1)
        told, rgb = mean if blind else camera, spectra @ camera.T
        made = {"cube": spectra[:, None, None], "rgb": rgb[:, None, None], "srf": np.tile(told, (batch, 1, 1))}
        yield {name: array.astype(np.float32) for name, array in made.items()}
