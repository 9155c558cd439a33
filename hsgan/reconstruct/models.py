"""Trained networks as methods: in memory, of a run folder, or exported as a SavedModel."""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf
from numpy.typing import ArrayLike

from hsgan.disk import checksums, guard
from hsgan.disk.plain import read_json
from hsgan.errors import DataError, RunError
from hsgan.networks.base import ReconstructionNetwork
from hsgan.reconstruct import AUTO, TENSORFLOW
from hsgan.reconstruct.engine import MixtureEngine, build_engine
from hsgan.reconstruct.exported import Exported
from hsgan.reconstruct.fastest import fastest
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.methods import BESIDE, CLOSED_FORMS, Knowledge, closed_forms
from hsgan.reconstruct.pixelwise import ONE_TILE_PIXELS, TILE
from hsgan.run.folder import RunFolder, versions
from hsgan.spectra.srf import SrfDictionary

NO_PRIOR = "{run} keeps no prior of spectra, which runs did not always: python -m hsgan.fit_prior --run={run} fits it"
_UNKNOWN_LICENSE = "the terms of the model's training data are not recorded"
# What a failed check of `hsgan.export.requests` says: a text and values, each in brackets.
_CHECK_FAILED = re.compile(r"assertion failed: \[(.*)\]$", re.MULTILINE)


class NetworkMethod(Method):
    """A network in memory.

    Args:
      network: a trained one.
      name: what tables call it.
      engine: name in `hsgan.reconstruct.engine.BUILDERS`. With "tensorflow" the network's weights may change later.
      dictionary: cameras to know by name; None takes the network's own.
      facts: as for every `Method`.

    Attributes:
      network: see above.
      engine: what runs it.

    Raises:
      RunError: as `hsgan.reconstruct.engine.build_engine`.
    """

    def __init__(
        self,
        network: ReconstructionNetwork,
        name: str = "network",
        engine: str = TENSORFLOW,
        dictionary: SrfDictionary | None = None,
        facts: dict | None = None,
    ):
        super().__init__(name, network.dictionary if dictionary is None else dictionary, facts)
        self.network, self.engine = network, build_engine(network, engine)
        self.needs_camera, self.estimates_camera = network.needs_camera, network.estimates_camera
        self.brightness = network.brightness
        self.receptive_radius, self.stride = network.receptive_radius, network.stride
        self.gives_deviation = isinstance(self.engine, MixtureEngine)
        if self.gives_deviation:
            self.tile, self.one_tile_pixels = TILE, ONE_TILE_PIXELS

    @classmethod
    def from_run(cls, folder: RunFolder, checkpoint: str = "best", engine: str = TENSORFLOW) -> "NetworkMethod":
        """Returns the network of a run, with all cameras of the run's dictionary; its name is the model's.

        A trained form of a method without a network is called so: "mixture_trained" stands beside EM's "mixture".

        Args:
          folder: the run.
          checkpoint: "best" or "last".
          engine: as above, or "auto": the one that is fastest on this machine (`hsgan.reconstruct.fastest`).

        Raises:
          RunError: no such weights; an engine that cannot run it.
        """
        step = folder.weights_record(checkpoint).get("step", "unknown")
        model, network = folder.config.model, folder.network(checkpoint)
        engine = fastest(network) if engine == AUTO else engine
        facts = {
            "model": model,
            "model_version": f"{folder.path.name}, {checkpoint} weights, step {step}",
            "license": _license(folder.provenance),
            **versions(),
            "engine": engine,
        }
        name = f"{model}_trained" if model in CLOSED_FORMS else model
        return cls(network, name, engine, folder.dictionary(), facts)

    @property
    def mean_camera(self) -> np.ndarray:
        """SRF float32 [3, bands]: the mean of the cameras that the network was trained with."""
        return self.network.dictionary.responses.mean(axis=0)

    def srf_of(self, rgb: np.ndarray) -> np.ndarray:
        return self.engine.estimate_srf(rgb)

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return self.engine.reconstruct(rgb, srf)

    def exposed_window(self, rgb: np.ndarray, srf: np.ndarray, gain: np.float32) -> np.ndarray:
        if isinstance(self.engine, MixtureEngine):
            return self.engine.reconstruct(rgb, srf, gain)
        return super().exposed_window(rgb, srf, gain)

    def uncertain_window(self, rgb: np.ndarray, srf: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.engine.deviate(rgb, srf)


def closed_forms_of(folder: RunFolder, method: NetworkMethod, names: Iterable[str] = BESIDE) -> list[Method]:
    """Returns the methods without a network that belong to a run, with what it knows of spectra; its cameras.

    Args:
      folder: the run.
      method: its network.
      names: in `CLOSED_FORMS`.
    """
    values, facts = folder.config, {name: method.facts[name] for name in ("model_version", "license")}
    knowledge = Knowledge(
        method.network.statistics,
        values.generator.prior_noise,
        folder.prior(),
        values.prior.noise,
        values.data.brightness,
        facts,
    )
    return closed_forms(method.network.dictionary, knowledge, names)


def method_of(folder: RunFolder, name: str = "", checkpoint: str = "best", engine: str = TENSORFLOW) -> Method:
    """Returns a method of a run: its network, or one without.

    Args:
      folder: the run.
      name: of the method; "" is the network.
      checkpoint: "best" or "last".
      engine: of the network, as for `NetworkMethod.from_run`.

    Raises:
      RunError: as `NetworkMethod.from_run`; no such method, or `mixture` of a run that keeps no prior.
    """
    network = NetworkMethod.from_run(folder, checkpoint, engine)
    if name in ("", network.name):
        return network
    there = {method.name: method for method in (*closed_forms_of(folder, network, CLOSED_FORMS), network)}
    if name not in there:
        missing = f"; {NO_PRIOR.format(run=folder.path)}" if name == "mixture" else ""
        raise RunError(f"method: must be one of {', '.join(there)}{missing}. Received: {name!r}")
    return there[name]


class SavedModel(Exported):
    """A SavedModel of `python -m hsgan.export`.

    Args:
      path: the folder of one version, or the folder of all, of which the newest is taken.
      metadata: None reads the version's `metadata.json`.

    Raises:
      RunError: there is no such model.
      DataError: its metadata is damaged or of another schema.
    """

    def __init__(self, path: str | Path, metadata: dict | None = None):
        folder = _version_folder(Path(path))
        file = folder / "metadata.json"
        super().__init__(read_json(file) if metadata is None else metadata, file)
        self.limit_windows(self.metadata["max_pixels"])
        # What TensorFlow's loader makes of damage may end the process; exports of older versions have no checksums.
        checksums.check_folder(folder, self.metadata.get("checksums", {}), RunError)
        with guard.reading(folder, "a SavedModel; export it again", RunError, folder=True):
            self._loaded = tf.saved_model.load(str(folder))

    def facts_of(self, metadata: dict) -> dict:
        return {
            "model": metadata["model"],
            "model_version": f"{metadata['name']} {metadata['version']}",
            "license": _license(metadata["training"]["data"]),
            **versions(),
        }

    def run(self, signature: str, **inputs: ArrayLike) -> dict[str, np.ndarray]:
        """Returns {output: array} of a signature for its inputs.

        Raises:
          DataError: inputs that the model refuses.
        """
        function = self._loaded.signatures[signature]
        try:
            outputs = function(**tf.nest.map_structure(tf.constant, inputs))
        except tf.errors.InvalidArgumentError as error:
            failed = _CHECK_FAILED.search(error.message)
            reason = failed[1].replace("] [", " ") if failed else " ".join(error.message.split())
            raise DataError(f"{self.name}: refused its input: {reason}") from error
        return {name: value.numpy() for name, value in outputs.items()}

    def srf_of(self, rgb: np.ndarray) -> np.ndarray:
        return self.run("estimate_srf", rgb=rgb[None])["srf"][0]

    def window(self, rgb: np.ndarray, srf: np.ndarray) -> np.ndarray:
        return self.run("known_srf", rgb=np.ascontiguousarray(rgb)[None], srf=srf[None])["cube"][0]


def _version_folder(path: Path) -> Path:
    """Returns the folder that holds saved_model.pb: `path`, or its subfolder of the highest number."""
    if (path / "saved_model.pb").is_file():
        return path
    versions_there = [child for child in path.glob("[0-9]*") if child.name.isdigit()] if path.is_dir() else []
    if not versions_there:
        raise RunError(f"{path}: holds no saved_model.pb; make one: python -m hsgan.export")
    return max(versions_there, key=lambda child: int(child.name))


def _license(data: dict) -> str:
    """Returns what a cube's user should know of the terms of the data that its model was trained on.

    Args:
      data: {kind: {"source", "note"}} of a training.
    """
    notes = [
        f"{kind} of {entry['source']}: {entry.get('note') or 'terms not recorded'}" for kind, entry in data.items()
    ]
    return "Estimated by a model trained on " + "; ".join(notes) if notes else _UNKNOWN_LICENSE
