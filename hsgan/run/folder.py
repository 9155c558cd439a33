"""The run folder: everything one training run leaves behind, and the way back in.

config.json          the resolved configuration
run.json             versions, git commit, command lines and when they were given, the data's manifests
cameras.npz          the SRF dictionary
prior.npz            the mixture prior of the training's spectra
checkpoints/         full training state, last two (resume)
weights/             last.weights.h5, best.weights.h5: the network, with last.json, best.json (step, metrics)
history.jsonl        one line a validation
logs/                TensorBoard
parser/, evaluation/ where the run pre-trained a scene parser, and was evaluated
"""

import json
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np

from hsgan import config as config_lib
from hsgan.data.sources import training_cameras
from hsgan.errors import ConfigError, RunError
from hsgan.files.atomic import write_atomically, write_json, write_text, write_weights
from hsgan.networks.build import build_network
from hsgan.prior.mixture import MixturePrior
from hsgan.spectra.srf import SrfDictionary

# What may change between the sessions of one run without changing its numbers.
FREE_FIELDS = {"train.max_minutes", "train.evaluate", "data.cache"}
PACKAGES = ("hsgan", "tensorflow", "keras", "numpy", "h5py", "colour-science")


class RunFolder:
    """A run folder that exists. Use `create` to begin or go on with a run, `open` to read one."""

    def __init__(self, path, config):
        self.path = Path(path)
        self.config = config

    @classmethod
    def create(cls, path, config):
        """Begins a run in `path`, or goes on with the one that is there.

        Raises:
          RunError: the folder holds another configuration's run that has begun, or files that are no run; or it is a
            file.
        """
        path = Path(path)
        if path.exists() and not path.is_dir():
            raise RunError(f"{path}: is a file; a run needs a folder: choose another --workdir")
        if (path / "config.json").is_file():
            there = cls.open(path)
            changed = [name for name in config_lib.differences(there.config, config) if name not in FREE_FIELDS]
            if changed and there.begun:
                raise RunError(
                    f"{path}: holds a run with another configuration ({', '.join(changed)} differ); "
                    "choose another --workdir, or go on with its own configuration"
                )
        elif path.is_dir() and any(path.iterdir()):
            raise RunError(f"{path}: is not empty and holds no run (no config.json); choose another --workdir")
        path.mkdir(parents=True, exist_ok=True)
        write_json(path / "config.json", config_lib.to_dict(config))
        for name in ("checkpoints", "weights", "logs"):
            (path / name).mkdir(exist_ok=True)
        return cls(path, config)

    @property
    def begun(self):
        """Whether there is anything to lose: a checkpoint, weights or a pre-trained scene parser."""
        return any(any((self.path / name).glob("*")) for name in ("checkpoints", "weights", "parser"))

    @classmethod
    def open(cls, path):
        """Opens the run in `path` for reading.

        Raises:
          RunError: there is no run, or its configuration is not of this version.
        """
        path = Path(path)
        try:
            values = json.loads((path / "config.json").read_text())
        except FileNotFoundError:
            raise RunError(f"{path}: holds no run (no config.json); train one: python -m hsgan.train") from None
        except json.JSONDecodeError as error:
            raise RunError(f"{path / 'config.json'}: is not JSON: {error}") from error
        try:
            return cls(path, config_lib.from_dict(values))
        except ConfigError as error:
            raise RunError(f"{path / 'config.json'}: {error}") from error

    def record_session(self, provenance):
        """Appends this session (command line, versions, commit, data) to run.json.

        Args:
          provenance: {kind of data: {"sha256": ..., ...}}.

        Raises:
          RunError: the run began on other data.
        """
        file = self.path / "run.json"
        sessions = json.loads(file.read_text()) if file.is_file() and self.begun else []
        for kind, data in sessions[0]["data"].items() if sessions else ():
            if data["sha256"] != provenance[kind]["sha256"]:
                raise RunError(
                    f"{self.path}: the run began on other {kind} ({data['source']}) than are there now "
                    f"({provenance[kind]['source']}); restore them, or choose another --workdir"
                )
        sessions.append(
            {
                "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
                "versions": versions(),
                "data": provenance,
            }
        )
        write_json(file, sessions)

    @property
    def provenance(self):
        """What the run was trained on, {kind of data: {"source", "note", "sha256", ...}}; empty if it never began."""
        file = self.path / "run.json"
        return json.loads(file.read_text())[0]["data"] if file.is_file() else {}

    def save_dictionary(self, dictionary):
        """Writes the SRF dictionary to cameras.npz, so that the run can be used without the file it came from."""
        file = self.path / "cameras.npz"
        write_atomically(
            file,
            lambda path: np.savez(
                path,
                names=np.array(dictionary.names),
                wavelengths_nm=dictionary.wavelengths_nm,
                responses=dictionary.responses,
                source=dictionary.source,
            ),
        )

    def dictionary(self):
        """Returns the run's `SrfDictionary`."""
        file = self.path / "cameras.npz"
        if not file.is_file():
            raise RunError(f"{self.path}: holds no cameras.npz: the run never started training")
        with np.load(file) as data:
            names = tuple(str(name) for name in data["names"])
            return SrfDictionary(names, data["wavelengths_nm"], data["responses"], str(data["source"]))

    def save_prior(self, prior: MixturePrior) -> None:
        """Writes the prior of the training's spectra to prior.npz."""
        prior.save(self.path / "prior.npz")

    def prior(self) -> MixturePrior | None:
        """Returns the prior of the training's spectra; None of a run that was made before runs kept one.

        Raises:
          DataError: prior.npz cannot be read.
        """
        file = self.path / "prior.npz"
        return MixturePrior.open(file) if file.is_file() else None

    def training_dictionary(self):
        """Returns the `SrfDictionary` of the cameras that training saw: `config.cameras.training`, not `held_out`."""
        return training_cameras(self.config, self.dictionary())

    @property
    def test_camera(self):
        """Name of the run's test camera: `config.cameras.test`, or the dictionary's default."""
        return self.config.cameras.test or self.dictionary().default_test_camera

    def history(self):
        """Returns the validations so far, a list of {"step", metric: value}."""
        file = self.path / "history.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []

    def write_history(self, records):
        """Replaces history.jsonl."""
        write_text(self.path / "history.jsonl", "".join(json.dumps(record) + "\n" for record in records))

    def save_weights(self, which, model, record):
        """Writes the network `model` as weights/`which`.weights.h5 and `record` (a dictionary) beside it."""
        folder = self.path / "weights"
        write_weights(folder / f"{which}.weights.h5", model)
        write_json(folder / f"{which}.json", record)

    def weights_record(self, which):
        """Returns the record (step, metrics) beside weights/`which`.weights.h5."""
        file = self.path / "weights" / f"{which}.json"
        if not file.is_file():
            raise RunError(f"{self.path}: holds no {which!r} weights yet; train longer, or choose best or last")
        return json.loads(file.read_text())

    def network(self, which="best", dtype=None):
        """Returns the trained `ReconstructionNetwork`.

        Args:
          which: "best" on validation, or "last".
          dtype: policy of the stages; None is float32.

        Raises:
          RunError: the run has no such weights, or they cannot be read.
        """
        self.weights_record(which)
        file = self.path / "weights" / f"{which}.weights.h5"
        model = build_network(self.config, self.training_dictionary(), dtype=dtype)
        try:
            model.load_weights(file)
        except (OSError, ValueError, KeyError) as error:
            raise RunError(f"{file}: cannot be read as this run's weights: {' '.join(str(error).split())}") from error
        return model


def versions():
    """Returns the versions of Python, this package and what its numbers depend on, and the git commit if any."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    source = Path(__file__).parents[2]
    if (source / ".git").exists():
        command = ["git", "-C", str(source), "rev-parse", "HEAD"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        found["commit"] = answer.stdout.strip() or "unknown"
    return found
