"""The scenes that a suite scores: the same for every row, whatever the rows are trained on. And a black image."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import ml_collections
import numpy as np

from hsgan import config as config_lib
from hsgan.data import sources
from hsgan.errors import DataError
from hsgan.reconstruct.method import Method
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra.srf import SrfDictionary

ALL, BLACK = "all", "black"


class Scenes:
    """Cubes of one split of a folder of records, or of all: iterate to get (name, cube).

    Args:
      name: of the folder, or "demo".
      split: of its records, or "all".
      config: whose wavelengths the cubes must have.

    Raises:
      DataError: no such records of cubes, no such split, other wavelengths.
    """

    def __init__(self, name: str, split: str, config: ml_collections.ConfigDict):
        self.name, self.split = name, split
        self.folder = _folder(config, name)
        self.manifest = read_manifest(self.folder)
        self.manifest.check_wavelengths(config_lib.wavelengths_nm(config))
        self.splits = tuple(self.manifest.splits) if split == ALL else (split,)
        for part in self.splits:
            self.manifest.files(part)

    def __iter__(self) -> Iterator[tuple[str, np.ndarray]]:
        for part in self.splits:
            yield from iterate_cubes(self.folder, part)

    def refuse_trained_on(self, config: ml_collections.ConfigDict) -> None:
        """Raises `DataError` where a training of `config` sees one of these scenes."""
        common = self._common(config, "train")
        if common:
            raise DataError(
                f"--split={self.split}: the scenes that are scored must not be those of the training; {config.name} is "
                f"trained on {len(common)} of them, such as {min(common)} of {config.data.cubes}"
            )

    def validates(self, config: ml_collections.ConfigDict) -> bool:
        """Whether the validation of a training of `config` sees one of these scenes."""
        return bool(self._common(config, config.data.validation_split))

    def _common(self, config, split):
        """Returns the names of the scenes that are also in a split of what `config` trains on."""
        there = _marks(read_manifest(_folder(config, config.data.cubes)), [split])
        return {scene for scene, _ in _marks(self.manifest, self.splits) & there}


class Black(Method):
    """A black cube, whatever the image: a method that says less than this says nothing."""

    needs_camera = False

    def __init__(self, dictionary: SrfDictionary):
        super().__init__(BLACK, dictionary)

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return np.zeros((*rgb.shape[:2], self.bands), np.float32)


def _folder(config: ml_collections.ConfigDict, name: str) -> Path:
    """Returns the path of a folder of records, or of the demo set's cubes."""
    copy = ml_collections.ConfigDict(config.copy_and_resolve_references())
    copy.data.cubes = str(name)
    return sources.folder(copy, "cubes")


def _marks(manifest: Manifest, splits: Iterable[str]) -> set[tuple[str, str]]:
    """Returns (name, fingerprint) of scenes; the set's name where there are no fingerprints."""
    parts = [manifest.splits[split] for split in splits if split in manifest.splits]
    return {
        (scene, part.details.get(scene, {}).get("fingerprint") or manifest.source)
        for part in parts
        for scene in part.scenes
    }
