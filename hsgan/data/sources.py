"""What a training reads besides its configuration: records of cubes and photos, and cameras. Checked here, once.

`problems` names everything that is wrong with them, in a moment: it imports no TensorFlow and makes no demo set.
`open_sources` is where a training begins: it makes the demo set if need be, and gives the `Sources` that everything
below takes.
"""

import importlib.util
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from hsgan import config as config_lib
from hsgan.demo.materials import check_wavelengths
from hsgan.errors import DataError
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.spectra import developed
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.srf import SrfDictionary

DEMO = "demo"  # in place of a folder
HUB = "hub:"  # before the name of a parser of keras-hub
_VARIANTS = 7  # of cameras: this draw's own constant in its seeds


@dataclass(frozen=True)
class Sources:
    """What one training reads, opened and checked.

    Attributes:
      cubes: of the cube records.
      photos: of the photo records; None where the model trains without photos.
      dictionary: all cameras, those held out included.
    """

    cubes: Manifest
    photos: Manifest | None
    dictionary: SrfDictionary

    @property
    def manifests(self) -> dict[str, Manifest]:
        """What there is of {"cubes": manifest, "photos": manifest}."""
        found = {"cubes": self.cubes, "photos": self.photos}
        return {kind: manifest for kind, manifest in found.items() if manifest is not None}


def open_sources(config: ConfigDict) -> Sources:
    """Returns the `Sources` of `config`, after checking both; the demo set is made if need be.

    Raises:
      ConfigError: every problem of the configuration, and those of its data with them.
      DataError: every problem of the data, where the configuration itself has none.
    """
    config_lib.refuse(config_lib.problems_of(config), problems(config))
    cubes = read_manifest(folder(config, "cubes"))
    for split in _cube_splits(config):  # of the demo set, which is there only now
        cubes.files(split)
    photos = read_manifest(folder(config, "photos")) if config_lib.wants_photos(config) else None
    return Sources(cubes, photos, cameras(config))


def open_photos(config: ConfigDict) -> Manifest:
    """Returns the manifest of the labelled photos that a scene parser of `config` is pre-trained on.

    Raises:
      DataError: every problem of the photos.
    """
    config_lib.refuse((), photo_problems(config, labels=True))
    return read_manifest(folder(config, "photos"))


def folder(config: ConfigDict, kind: str) -> Path:
    """Returns the folder of records of a kind, "cubes" or "photos"; the demo set is made if need be.

    Raises:
      DataError: the demo set's folder cannot be written, or it cannot be made on the configured wavelengths.
    """
    named = {"cubes": config.data.cubes, "photos": config.data.rgb}[kind]
    if named != DEMO:
        return Path(named)
    from hsgan.demo import records as demo

    made = demo.make(config_lib.wavelengths_nm(config), config.data.cache)
    return dict(zip(("cubes", "photos"), made, strict=True))[kind]


def cameras(config: ConfigDict) -> SrfDictionary:
    """Returns all cameras of `config.cameras.dictionary`.

    Raises:
      DataError: it cannot be read, or does not reach over the wavelengths.
    """
    return srf_lib.load(config.cameras.dictionary, config_lib.wavelengths_nm(config))


def training_cameras(config: ConfigDict, dictionary: SrfDictionary) -> SrfDictionary:
    """Returns the `SrfDictionary` of the cameras that a training of `config` sees.

    Raises:
      DataError: a camera that is not in the dictionary, or none is left.
    """
    names = config.cameras
    for name in names.training:
        dictionary.srf(name)
    others = set(dictionary.names) - set(names.training) if names.training else set()
    return dictionary.without(sorted(others | set(names.held_out)))


def drawn_cameras(config: ConfigDict, cameras: SrfDictionary) -> SrfDictionary:
    """Returns the cameras that pairs are projected with: of every kind of `config.cameras.kinds`, and their variants.

    Args:
      config: the configuration.
      cameras: those of the training (`training_cameras`); they are the kind "raw".

    Returns:
      The cameras, then each group of `config.cameras.variants`: all of them under one random shift and stretch.

    Raises:
      DataError: wavelengths that leave a channel of a developed picture, or of a variant, without response.
    """
    cameras = _of_kinds(config, cameras)
    if not config.cameras.variants:
        return cameras
    groups = [_variant(config, cameras, number) for number in range(config.cameras.variants)]
    names, responses = zip((cameras.names, cameras.responses), *groups, strict=True)
    names, responses = tuple(itertools.chain(*names)), np.concatenate(responses)
    return SrfDictionary(names, cameras.wavelengths_nm, responses, cameras.source)


def _variant(config, cameras, number):
    """Returns names and responses of all cameras under one random shift and stretch."""
    values, rng = config.cameras, np.random.default_rng([config.seed, _VARIANTS, number])
    shift = rng.uniform(-values.shift_nm, values.shift_nm)
    stretch = rng.uniform(1 - values.stretch, 1 + values.stretch)
    names = [f"{name}, {shift:+.1f} nm, x {stretch:.3f}" for name in cameras.names]
    grid = cameras.wavelengths_nm
    return names, np.stack([srf_lib.varied(srf, grid, shift, stretch) for srf in cameras.responses])


def _of_kinds(config, cameras):
    kinds, grid = config.cameras.kinds, cameras.wavelengths_nm
    if tuple(kinds) == ("raw",):
        return cameras
    of_kind = {
        "raw": lambda: (cameras.names, cameras.responses),
        "rendered": lambda: (
            [f"{name}, rendered" for name in cameras.names],
            developed.rendered(cameras.responses, grid),
        ),
        "srgb": lambda: ([developed.NAME], developed.responses(grid)[None]),
    }
    names, responses = zip(*(of_kind[kind]() for kind in dict.fromkeys(kinds)), strict=True)
    return SrfDictionary(tuple(itertools.chain(*names)), grid, np.concatenate(responses), cameras.source)


def problems(config: ConfigDict) -> list[str]:
    """Returns all that is wrong with the records, the cameras and the scene parser that training `config` reads."""
    found = cube_problems(config) + camera_problems(config)
    if config_lib.wants_photos(config):
        found += photo_problems(config, config_lib.wants_labels(config))
    if config_lib.model_of(config).semantic:
        found += parser_problems(config)
    # The demo set's wavelengths are those of its cubes and of its photos: one problem, not two.
    return list(dict.fromkeys(found))


def cube_problems(config: ConfigDict) -> list[str]:
    """Returns what is wrong with the cube records: none, others than cubes, their wavelengths, a split, a shard."""
    found = _Problems()
    if config.data.cubes == DEMO:
        return found.demo(config)
    manifest = found.manifest(config.data.cubes, "cubes")
    if manifest is None:
        return found.texts
    if config_lib.grid_is_whole(config):
        found.of(manifest.check_wavelengths, config_lib.wavelengths_nm(config))
    for split in _cube_splits(config):
        found.of(manifest.files, split)
    return found.texts


def photo_problems(config: ConfigDict, labels: bool) -> list[str]:
    """Returns what is wrong with the photo records: none, others than photos, their encoding, a shard, no labels.

    Args:
      config: the configuration.
      labels: whether they must be labelled.
    """
    found = _Problems()
    if config.data.rgb == DEMO:
        return found.demo(config)
    manifest = found.manifest(config.data.rgb, "photos")
    if manifest is None:
        return found.texts
    if manifest.encoding != config.data.rgb_encoding:
        found.texts.append(
            f"{config.data.rgb}: its photos are {manifest.encoding}-encoded; set --config.data.rgb_encoding so. "
            f"Received: {config.data.rgb_encoding!r}"
        )
    if labels and not manifest.classes:
        found.texts.append(
            f"{config.data.rgb}: its photos have no labels for the scene parser and the semantic term; turn them off: "
            "--config.semantic.parser= --config.semantic.pretrain_steps=0"
        )
    found.of(manifest.files, "train")
    return found.texts


def camera_problems(config: ConfigDict) -> list[str]:
    """Returns what is wrong with the cameras: the file of curves, its range, names that are not in it, none left."""
    found, names = _Problems(), config.cameras
    if not config_lib.grid_is_whole(config):
        return []
    dictionary = found.of(cameras, config)
    if dictionary is None:
        return found.texts
    for name in (*filter(None, [names.test]), *names.training, *names.held_out):
        found.of(dictionary.srf, name)
    if not found.texts:
        training = found.of(training_cameras, config, dictionary)
        if training is not None:
            found.of(drawn_cameras, config, training)
    return found.texts


def parser_problems(config: ConfigDict) -> list[str]:
    """Returns what is wrong with the scene parser, as far as that is seen without loading it."""
    name, weights = config.semantic.parser, config.semantic.parser_weights
    own = ", ".join(config_lib.PARSERS)
    if not name:
        return []
    if name in config_lib.PARSERS:
        if weights and not Path(weights).is_file():
            return [f"{weights}: no such file of parser weights; make one by python -m hsgan.pretrain_parser"]
        if not weights and not config.semantic.pretrain_steps:
            return [
                f"semantic.parser_weights: {name} needs weights, or it would give noise: set the file that "
                "python -m hsgan.pretrain_parser writes, or semantic.pretrain_steps > 0"
            ]
        return []
    found = []
    if weights:
        found.append(
            f"semantic.parser_weights: only for our own parsers ({own}); {name} brings its own: "
            f'leave it "". Received: {weights!r}'
        )
    if name.startswith(HUB):
        if importlib.util.find_spec("keras_hub") is None:
            found.append(f"semantic.parser: {name} needs keras-hub: pip install 'hsgan[hub]'")
    elif not Path(name).is_file():
        found.append(
            f'semantic.parser: must be "", one of {own}, {HUB}PRESET or an existing .keras file. Received: {name!r}'
        )
    return found


class _Problems:
    """Collects what data errors say."""

    def __init__(self):
        self.texts = []

    def of(self, function: Callable, *arguments: Any) -> Any:
        """Returns what `function` gives; None, and its error is noted, where the data do not allow it."""
        try:
            return function(*arguments)
        except DataError as error:
            self.texts.append(str(error))
            return None

    def manifest(self, directory: str, kind: str) -> Manifest | None:
        """Returns the manifest of records; None, and why is noted, where there are none of that kind."""
        manifest = self.of(read_manifest, directory)
        if manifest is None or manifest.kind == kind:
            return manifest
        self.texts.append(f"{directory}: must hold {kind}. Received: {manifest.kind}")
        return None

    def demo(self, config: ConfigDict) -> list[str]:
        """Returns what keeps the demo set from being made."""
        if config_lib.grid_is_whole(config):
            self.of(check_wavelengths, config_lib.wavelengths_nm(config))
        return self.texts


def _cube_splits(config: ConfigDict) -> list[str]:
    """Returns the names of the splits that training and validation read, each once."""
    return list(dict.fromkeys(("train", config.data.validation_split)))
