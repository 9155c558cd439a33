"""Models that photos are reconstructed with, behind one interface: of a run folder, or exported.

Attributes of each: `dictionary` (`SrfDictionary`, the cameras known by name), `wavelengths_nm` (float32 [bands]) and
`facts` (strings and numbers about the model, for the files it makes). `estimate_srf(rgb)` gives float32 [3, bands], and
`tiles(rgb, srf)` yields ((row slice, column slice), float32 [h, w, bands]) over the image, in bounded memory.
"""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf

from hsgan.errors import DataError, RunError
from hsgan.reconstruct import TENSORFLOW, tiling
from hsgan.reconstruct.engine import use_engine
from hsgan.reconstruct.methods import estimate_srf, reconstruct_tiles
from hsgan.run.folder import RunFolder, versions
from hsgan.spectra.srf import SrfDictionary

_UNKNOWN_LICENSE = "the terms of the model's training data are not recorded"


class NetworkModel:
    """A network in memory.

    Args:
      network: a trained `hsgan.networks.base.ReconstructionNetwork`.
      dictionary: cameras to know by name; None takes the network's own.
      facts: about the network.
    """

    def __init__(self, network, dictionary=None, facts=None):
        self.network = network
        self.dictionary = network.dictionary if dictionary is None else dictionary
        self.facts = facts or {}

    @classmethod
    def from_run(cls, run, checkpoint="best", engine=TENSORFLOW):
        """Returns the model of a run folder, with all cameras of its dictionary; `engine` is of `ENGINES`.

        Raises:
          RunError: no run, or one without such weights; an engine that cannot run it.
        """
        folder = RunFolder.open(run)
        step = folder.weights_record(checkpoint).get("step", "unknown")
        facts = {
            "model": folder.config.model,
            "model_version": f"{folder.path.name}, {checkpoint} weights, step {step}",
            "license": _license(folder.provenance),
            **versions(),
        }
        network = folder.network(checkpoint)
        use_engine(network, engine)
        return cls(network, folder.dictionary(), facts | {"engine": engine})

    @property
    def wavelengths_nm(self):
        return self.dictionary.wavelengths_nm

    def estimate_srf(self, rgb):
        return estimate_srf(self.network, rgb)

    def tiles(self, rgb, srf):
        return reconstruct_tiles(self.network, rgb, srf)


class ExportedModel:
    """A SavedModel of `python -m hsgan.export` with its `metadata.json` (docs/export.md).

    Args:
      path: the folder of one version, or the folder of all, of which the newest is taken.

    Raises:
      RunError: there is no such model, or one of another schema.
    """

    def __init__(self, path):
        folder = _version_folder(Path(path))
        try:
            self.metadata = json.loads((folder / "metadata.json").read_text())
            cameras = self.metadata["cameras"]
            self.wavelengths_nm = np.array(self.metadata["wavelengths_nm"], np.float32)
            self.dictionary = SrfDictionary(
                tuple(cameras["names"]),
                self.wavelengths_nm,
                np.array(cameras["responses"], np.float32),
                str(cameras["source"]),
            )
            self.facts = {
                "model": self.metadata["model"],
                "model_version": f"{self.metadata['name']} {self.metadata['version']}",
                "license": _license(self.metadata["training"]["data"]),
                **versions(),
            }
        except (OSError, json.JSONDecodeError, KeyError, TypeError) as error:
            raise RunError(
                f"{folder / 'metadata.json'}: cannot be read ({type(error).__name__}: {error}); "
                "export the model again: python -m hsgan.export"
            ) from error
        try:
            self.signatures = (loaded := tf.saved_model.load(str(folder))).signatures
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise RunError(f"{folder}: is no SavedModel ({' '.join(str(error).split())}); export it again") from error
        self._keeps_functions_alive = loaded

    def estimate_srf(self, rgb):
        small = tiling.thumbnail(rgb, self.metadata["thumbnail_pixels"])
        return self.signatures["estimate_srf"](rgb=tf.constant(small[None]))["srf"][0].numpy()

    def tiles(self, rgb, srf):
        known, srf = self.signatures["known_srf"], tf.constant(srf[None], tf.float32)

        def run(window):
            return known(rgb=tf.constant(np.ascontiguousarray(window)[None]), srf=srf)["cube"][0].numpy()

        radius, stride = self.metadata["receptive_radius"], self.metadata["stride"]
        if radius is None and rgb.shape[0] * rgb.shape[1] > self.metadata["max_pixels"]:
            raise DataError(
                f"image: this model takes at most {self.metadata['max_pixels']} pixels at once. "
                f"Received: {rgb.shape[0]} x {rgb.shape[1]}; make it smaller"
            )
        return tiling.run_tiles(run, rgb, tiling.TILE, radius, stride)


def _version_folder(path):
    """Returns the folder that holds saved_model.pb: `path`, or its subfolder of the highest number."""
    if (path / "saved_model.pb").is_file():
        return path
    versions_there = [child for child in path.glob("[0-9]*") if child.name.isdigit()] if path.is_dir() else []
    if not versions_there:
        raise RunError(f"{path}: holds no saved_model.pb; make one: python -m hsgan.export")
    return max(versions_there, key=lambda child: int(child.name))


def _license(data):
    """Returns what a cube's user should know of the terms of the data that its model was trained on.

    Args:
      data: {kind: {"source", "note"}} of a training.
    """
    notes = [
        f"{kind} of {entry['source']}: {entry.get('note') or 'terms not recorded'}" for kind, entry in data.items()
    ]
    return "Estimated by a model trained on " + "; ".join(notes) if notes else _UNKNOWN_LICENSE
