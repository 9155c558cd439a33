"""The run folder: everything one training run leaves behind, and the way back in.

config.json          the resolved configuration
run.json             versions, git commit, command lines and when they were given, the data's manifests
cameras.npz          the SRF dictionary
prior.npz            the mixture prior of the training's spectra
statistics.npz       mean and covariance of the training's spectra
checkpoints/         full training state, last two (resume)
reached.json         step of the newest checkpoint
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
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np
from ml_collections import ConfigDict

from hsgan import config as config_lib
from hsgan.data.sources import training_cameras
from hsgan.data.statistics import Statistics
from hsgan.disk import guard
from hsgan.disk.arrays import read_npz, write_npz
from hsgan.disk.locks import Lock
from hsgan.disk.plain import read_json, read_text
from hsgan.disk.whole import read_whole, write_json, write_text
from hsgan.errors import ConfigError, DataError, RunError
from hsgan.files.weights import load_weights, write_weights
from hsgan.networks.base import ReconstructionNetwork
from hsgan.networks.build import build_network
from hsgan.prior.mixture import MixturePrior
from hsgan.spectra.srf import SrfDictionary, read_stored, write_dictionary

# What may change between the sessions of one run without changing its numbers.
FREE_FIELDS = {
    "train.max_minutes",
    "train.evaluate",
    "train.strategy",
    "train.devices",
    "train.wait_minutes",
    "data.cache",
}
CONFIG, SESSIONS, CAMERAS, HISTORY, REACHED = "config.json", "run.json", "cameras.npz", "history.jsonl", "reached.json"
PRIOR, STATISTICS = "prior.npz", "statistics.npz"
PACKAGES = ("hsgan", "tensorflow", "keras", "numpy", "h5py", "colour-science")


class RunFolder:
    """A run folder that exists. Use `create` to begin or go on with a run, `open` to read one."""

    def __init__(self, path: str | Path, config: ConfigDict):
        self.path = Path(path)
        self.config = config

    def __repr__(self) -> str:
        return f"<RunFolder {str(self.path)!r}: {self.config.name}, model {self.config.model}>"

    @classmethod
    def create(cls, path: str | Path, config: ConfigDict) -> "RunFolder":
        """Begins a run in `path`, or goes on with the one that is there.

        Raises:
          RunError: the folder holds another configuration's run that has begun, or files that are no run; or it is a
            file.
        """
        path = Path(path)
        if path.exists() and not path.is_dir():
            raise RunError(f"{path}: is a file; a run needs a folder: choose another --workdir")
        if (path / CONFIG).is_file():
            there = cls.open(path)
            changed = [name for name in config_lib.differences(there.config, config) if name not in FREE_FIELDS]
            if changed and there.begun:
                raise RunError(
                    f"{path}: holds a run with another configuration ({', '.join(changed)} differ); "
                    "choose another --workdir, or go on with its own configuration"
                )
        elif path.is_dir() and any(_visible(path)):
            raise RunError(f"{path}: is not empty and holds no run (no {CONFIG}); choose another --workdir")
        path.mkdir(parents=True, exist_ok=True)
        write_json(path / CONFIG, config_lib.to_dict(config))
        for name in ("checkpoints", "weights", "logs"):
            (path / name).mkdir(exist_ok=True)
        return cls(path, config)

    @contextmanager
    def locked(self) -> Iterator["RunFolder"]:
        """Keeps other trainings out of the folder for the time of the `with`.

        Raises:
          RunError: another one is at work in it.
        """
        lock = Lock.take(self.path / ".lock")
        if lock is None:
            raise RunError(f"{self.path}: another training is at work in it; wait, or choose another --workdir")
        with lock:
            yield self

    @property
    def begun(self) -> bool:
        """Whether there is anything to lose: a checkpoint, weights or a pre-trained scene parser."""
        return any(any(_visible(self.path / name)) for name in ("checkpoints", "weights", "parser"))

    @property
    def reached(self) -> int:
        """The step up to which there must be a checkpoint; 0 where there may be none.

        Raises:
          RunError: the file that says so is damaged.
        """
        file = self.path / REACHED
        if not file.exists():  # a run of an older version: who validates after a checkpoint's step has saved one
            last = max((record["step"] for record in self.history()), default=0)
            return last if last > self.config.train.checkpoint_every else 0
        with guard.reading(file, "a run's step", RunError):
            return int(read_json(file, error=RunError)["step"])

    @classmethod
    def open(cls, path: str | Path) -> "RunFolder":
        """Opens the run in `path` for reading.

        Raises:
          RunError: there is no run, or its configuration is not of this version.
        """
        path = Path(path)
        if not (path / CONFIG).exists():
            raise RunError(f"{path}: holds no run (no {CONFIG}); train one: python -m hsgan.train")
        with guard.reading(path / CONFIG, "a configuration", RunError):
            values = read_json(path / CONFIG, error=RunError)
            try:
                return cls(path, config_lib.from_dict(values))
            except ConfigError as error:
                raise RunError(f"{path / CONFIG}: {error}") from error

    def record_session(self, provenance: dict[str, dict[str, str]]) -> None:
        """Appends this session (command line, versions, commit, data) to run.json.

        Args:
          provenance: {kind of data: {"sha256": ..., ...}}.

        Raises:
          RunError: the run began on other data; run.json is damaged.
        """
        file = self.path / SESSIONS
        sessions = self._sessions() if self.begun else []
        if sessions and set(sessions[0]["data"]) != set(provenance):
            there, now = (" and ".join(sorted(kinds)) for kinds in (sessions[0]["data"], provenance))
            raise RunError(f"{self.path}: the run began on {there}, not on {now}; choose another --workdir")
        for kind, data in sessions[0]["data"].items() if sessions else ():
            if kind in provenance and data["sha256"] != provenance[kind]["sha256"]:
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
    def provenance(self) -> dict[str, dict[str, str]]:
        """What the run was trained on, {kind of data: {"source", "note", "sha256", ...}}; empty if it never began."""
        sessions = self._sessions()
        return sessions[0]["data"] if sessions else {}

    def _sessions(self):
        """Returns the entries of run.json, oldest first; none where it is not there."""
        file = self.path / SESSIONS
        if not file.exists():
            return []
        with guard.reading(file, "a run's list of sessions", RunError):
            sessions = read_json(file, error=RunError)
            for session in sessions:
                for data in session["data"].values():
                    if not isinstance(data["sha256"], str) or not isinstance(data["source"], str):
                        raise ValueError("sha256 and source must be texts")
            return sessions

    def save_dictionary(self, dictionary: SrfDictionary) -> None:
        """Writes the SRF dictionary to cameras.npz, so that the run can be used without the file it came from.

        Raises:
          RunError: the run began with other cameras.
        """
        file = self.path / CAMERAS
        if self.begun and file.exists() and not _same(self.dictionary(), dictionary):
            raise RunError(
                f"{self.path}: the run began with other cameras than {dictionary.source} holds now; restore them, or "
                "choose another --workdir"
            )
        write_dictionary(dictionary, file)

    def dictionary(self) -> SrfDictionary:
        """Returns the run's `SrfDictionary`.

        Raises:
          RunError: there is none, or it is damaged.
        """
        file = self.path / CAMERAS
        if not file.exists():
            raise RunError(f"{self.path}: holds no {CAMERAS}: the run never started training")
        return read_stored(file, RunError)

    def save_prior(self, prior: MixturePrior) -> None:
        """Writes the prior of the training's spectra to prior.npz."""
        prior.save(self.path / PRIOR)

    def prior(self) -> MixturePrior | None:
        """Returns the prior of the training's spectra; None of a run that was made before runs kept one.

        Raises:
          DataError: prior.npz cannot be read.
        """
        file = self.path / PRIOR
        return MixturePrior.open(file) if file.is_file() else None

    def save_statistics(self, statistics: Statistics) -> None:
        """Writes mean and covariance of the training's spectra to statistics.npz."""
        write_npz(self.path / STATISTICS, dict(zip(("mean", "covariance"), statistics, strict=True)))

    def statistics(self) -> Statistics | None:
        """Returns mean and covariance of the training's spectra; None of a run that has none yet.

        Raises:
          RunError: statistics.npz cannot be read.
        """
        file = self.path / STATISTICS
        if not file.is_file():
            return None
        with guard.reading(file, "a run's statistics", RunError):
            found = read_npz(file, error=RunError)
            mean, covariance = found["mean"], found["covariance"]
            bands = len(config_lib.wavelengths_nm(self.config))
            if mean.shape != (bands,) or covariance.shape != (bands, bands):
                raise ValueError(f"shapes {mean.shape}, {covariance.shape} for {bands} bands")
            if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
                raise ValueError("values that are not finite")
            return mean, covariance

    def training_dictionary(self) -> SrfDictionary:
        """Returns the `SrfDictionary` of the cameras that training saw: `config.cameras.training`, not `held_out`."""
        return training_cameras(self.config, self.dictionary())

    @property
    def test_camera(self) -> str:
        """Name of the run's test camera: `config.cameras.test`, or the dictionary's default."""
        return self.config.cameras.test or self.dictionary().default_test_camera

    def history(self) -> list[dict[str, Any]]:
        """Returns the validations so far, a list of {"step", metric: value}.

        Raises:
          RunError: history.jsonl is damaged.
        """
        file = self.path / HISTORY
        if not file.exists():
            return []
        with guard.reading(file, "a run's history", RunError):
            records = [json.loads(line) for line in read_text(file, error=RunError).splitlines()]
            for record in records:
                if not isinstance(record["step"], int):
                    raise ValueError(f"step must be a whole number. Received: {record['step']!r}")
            return records

    def write_history(self, records: list[dict[str, Any]]) -> None:
        """Replaces history.jsonl."""
        write_text(self.path / HISTORY, "".join(json.dumps(record) + "\n" for record in records))

    def save_weights(self, which: str, model: keras.Model, record: dict[str, Any]) -> None:
        """Writes the network `model` as weights/`which`.weights.h5 and `record` (a dictionary) beside it, together."""
        weights, about = self._weights(which)
        write_weights(weights, about, model, record)

    def weights_record(self, which: str) -> dict[str, Any]:
        """Returns the record (step, metrics) beside weights/`which`.weights.h5.

        Raises:
          RunError: the run has no such weights, or the record is damaged.
        """
        return read_whole(self._weights(which), lambda weights, record: self._record(which, record))

    def network(self, which: str = "best", dtype: str | None = None) -> ReconstructionNetwork:
        """Returns the trained `ReconstructionNetwork`.

        Args:
          which: "best" on validation, or "last".
          dtype: policy of the stages; None is float32.

        Raises:
          RunError: the run has no such weights, or they cannot be read.
        """
        self.weights_record(which)
        model = build_network(self.config, self.training_dictionary(), dtype=dtype)

        def load(weights, _):
            try:
                load_weights(weights, model)
            except (DataError, OSError, ValueError, KeyError) as error:
                reason = " ".join(str(error).split())
                raise RunError(f"{weights}: cannot be read as this run's weights: {reason}") from error

        read_whole(self._weights(which), load)
        return model

    def _weights(self, which):
        """Returns the paths of weights and of the record beside them."""
        folder = self.path / "weights"
        return folder / f"{which}.weights.h5", folder / f"{which}.json"

    def _record(self, which, file):
        if not file.exists():
            raise RunError(f"{self.path}: holds no {which!r} weights yet; train longer, or choose best or last")
        with guard.reading(file, "a record of weights", RunError):
            return dict(read_json(file, error=RunError))


def _visible(folder):
    """Returns the names in a folder, if it is there, but for hidden ones: locks, and what is not finished."""
    return [path.name for path in folder.glob("*") if not path.name.startswith(".")]


def _same(first, second):
    """Whether two dictionaries have equal cameras; what they are called after does not matter."""
    return (
        first.names == second.names
        and np.array_equal(first.wavelengths_nm, second.wavelengths_nm)
        and np.array_equal(first.responses, second.responses)
    )


def versions() -> dict[str, str]:
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
