"""Runs a suite: trains what has no run yet, evaluates what has no result yet, keeps everything it has finished.

In the output folder: `runs/ROW-seedN` (run folders), `priors/` (of spectra, shared by runs), `results.json` (replaced
after every finished row), `plan.json` (the steps of every row, fixed when the suite begins), and what
`hsgan.benchmark.report` writes. A suite that was killed goes on where it was.

All rows are scored on the same scenes (`hsgan.benchmark.scenes`), whatever each is trained on. Numbers are of the
*last* weights, as the papers', and of those that were *best* on validation beside them. Nothing is chosen on the scenes
that are reported: where a row is validated on them, there are the last weights alone.
"""

import gc
import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import ml_collections
import numpy as np
import tensorflow as tf
from tqdm import tqdm

from hsgan import config as config_lib
from hsgan.benchmark import budget as budget_lib
from hsgan.benchmark.budget import Budget
from hsgan.benchmark.extras import EXTRAS
from hsgan.benchmark.measure import measure
from hsgan.benchmark.options import reported_weights
from hsgan.benchmark.rows import Row, Suite
from hsgan.benchmark.scenes import Black, Scenes
from hsgan.config.tree import leaves
from hsgan.data import sources
from hsgan.disk import guard
from hsgan.disk.plain import read_json
from hsgan.disk.whole import staged, write_json
from hsgan.errors import RunError
from hsgan.evaluate.harness import evaluate
from hsgan.networks.cost import multiply_adds, parameters
from hsgan.networks.parsers import REPORT_FILE
from hsgan.prior.mixture import MixturePrior
from hsgan.reconstruct.fitted import fit_config, fitted
from hsgan.reconstruct.method import Method
from hsgan.reconstruct.models import NetworkMethod
from hsgan.run.folder import RunFolder, versions
from hsgan.train import loop
from hsgan.train.state import checkpoints

RESULTS, PLAN, RUNS, PRIORS = "results.json", "plan.json", "runs", "priors"
SIZE = (482, 512)  # of the image that costs are measured on
VALIDATIONS = 10  # in the course of a run, for its curve, and to choose weights by


class SuiteRun:
    """One suite in one output folder.

    Args:
      suite: `hsgan.benchmark.rows.Suite`.
      base: the configuration that its rows change.
      budget: `hsgan.benchmark.budget.Budget` of every row.
      seeds: of every row.
      output: folder.
      split: of the scored records, or "all".
      camera: that projects test cubes; "" takes the base's.
      known: whether methods are given the camera.
      earlier: folder of a suite whose runs and plan are taken for the rows of the same name; "": every row is trained
        here.
      data: folder of the cube records that are scored; "": the base's, which rows train on.
      weights: of "last" and "best", the first for figures and extras; () takes all that may be reported.
      bands_nm: whose errors are drawn; () takes the suite's.

    Raises:
      RunError: the folder holds another suite, or is a file; `earlier` holds none, or one of another budget.
      ConfigError: the best weights are asked for, and a row is validated on the scenes that are scored.
      DataError: no records of cubes or photos, other wavelengths, no such split or camera, scored scenes that a row is
        trained on.
    """

    def __init__(
        self, suite: Suite, base: ml_collections.ConfigDict, budget: Budget, seeds: Iterable[int], output: str | Path,
        split: str = "validation", camera: str = "", known: bool = False, earlier: str | Path = "", data: str = "",
        weights: Iterable[str] = (), bands_nm: Iterable[float] = (),
    ):  # fmt: skip
        self.suite, self.budget, self.seeds = suite, budget, tuple(seeds)
        self.base, self.known = base, known
        self.bands_nm = tuple(bands_nm) or suite.bands_nm
        # Before anything is written: the records and cameras of every row, and the scenes that are reported.
        found, configs = sources.cube_problems(base), [self.config_of(row, self.seeds[0], 1) for row in suite.rows]
        for config in configs:
            found += sources.problems(config)
        config_lib.refuse((), list(dict.fromkeys(found)))
        self.dictionary = sources.cameras(base)
        self.training_cameras = sources.training_cameras(base, self.dictionary)
        self.camera = camera or base.cameras.test or self.dictionary.default_test_camera
        self.srf = self.dictionary.srf(self.camera)
        self.scenes = Scenes(data or base.data.cubes, split, base)
        for config in configs:
            self.scenes.refuse_trained_on(config)
        self.validated = any(self.scenes.validates(config) for config in configs)
        self.weights = reported_weights(tuple(weights), self.validated, split)
        self.output = Path(output)
        self.earlier = Path(earlier) if earlier else None
        self.earlier_plan = self.check_earlier(self.earlier) if self.earlier else {}
        self.results = self.begin()

    @property
    def which(self) -> str:
        """The weights of figures and extras."""
        return self.weights[0]

    def check_earlier(self, folder: Path) -> dict[str, int]:
        """Returns the plan of the earlier suite in `folder`, after checking that its budget is this one's."""
        for name in (RESULTS, PLAN):
            if not (folder / name).exists():
                raise RunError(f"{folder}: holds no suite (no {name}); name the --output of one in --runs")
        with guard.reading(folder / RESULTS, "the results of a suite", RunError):
            there = read_json(folder / RESULTS, error=RunError)["identity"]["budget"]
            plan = read_json(folder / PLAN, error=RunError)
        if there != asdict(self.budget):
            other = Budget(**there)
            raise RunError(
                f"{folder}: its rows trained for {other}, not {self.budget}; give --budget={other.amount:g}{other.unit}"
            )
        return plan

    def begin(self) -> dict[str, Any]:
        """Returns the results so far, after checking that they are of this very suite."""
        if self.output.exists() and not self.output.is_dir():
            raise RunError(f"{self.output}: is a file; a suite needs a folder: choose another --output")
        identity = {
            "suite": self.suite.name,
            "budget": asdict(self.budget),
            "data": str(self.scenes.name),
            "split": self.scenes.split,
            "weights": list(self.weights),
            "camera": self.camera,
            "known_srf": self.known,
            "config": _without_free_fields(config_lib.to_dict(self.base)),
        }
        file = self.output / RESULTS
        if not file.is_file():
            if any(not path.name.startswith(".") for path in self.output.glob("*")):
                raise RunError(f"{self.output}: is not empty and holds no suite ({RESULTS}); choose another --output")
            self.output.mkdir(parents=True, exist_ok=True)
            found = {"identity": identity, "closed_forms": {}, "rows": {}, "extra": {}}
            write_json(file, found)
            return found
        with guard.reading(file, "the results of a suite", RunError):
            found = read_json(file, error=RunError)
            there = found["identity"]
        changed = [name for name in identity if there.get(name) != identity[name]]
        if changed:
            raise RunError(
                f"{self.output}: holds a suite with another {', '.join(changed)}; choose another --output, or go on "
                "with its own settings"
            )
        return found

    def run(self) -> dict[str, Any]:
        """Trains and evaluates all that is missing; returns the results, as in `results.json`."""
        plan = self.plan()
        todo = [(row, seed) for row in self.suite.rows for seed in self.seeds]
        for row, seed in tqdm(todo, f"suite {self.suite.name}", unit="run", disable=None):
            self.finish_row(row, seed, plan[row.name])
        self.finish_closed_forms()
        if self.suite.extra and not self.results["extra"]:
            self.results["extra"] = EXTRAS[self.suite.extra](self)
        self.results |= {"versions": versions(), "title": self.suite.title, "plan": plan}
        self.save()
        return self.results

    def plan(self) -> dict[str, int]:
        """Returns {row: steps}; measured once, so that a suite that goes on keeps to it."""
        file = self.output / PLAN
        found = read_json(file, error=RunError) if file.is_file() else {}
        found = self.earlier_plan | found
        for row in self.suite.rows:
            if row.name not in found and not row.like and row.trained:
                found[row.name] = budget_lib.steps_of(self.budget, self.config_of(row, self.seeds[0], 1))
                tqdm.write(f"{row.name}: {found[row.name]} steps in {self.budget}")
                write_json(file, found)
                forget()
        steps = {row.name: found.get(row.name) or found[row.like] for row in self.suite.rows if row.trained}
        found = {row.name: steps.get(row.name, 0) for row in self.suite.rows}
        write_json(file, found)
        return found

    def config_of(self, row: Row, seed: int, steps: int) -> ml_collections.ConfigDict:
        """Returns the checked configuration of a row."""
        steps = max(steps, 1)  # of a row that is not trained, for the configuration
        every = max(steps // VALIDATIONS, 1)
        changes = {
            "seed": seed, "name": row.name, "train.steps": steps, "train.checkpoint_every": every,
            "train.validate_every": every, "train.evaluate": False, "cameras.known": self.known,
        } | row.settings  # fmt: skip
        values = dict(leaves(config_lib.to_dict(self.base))) | changes
        nested: dict[str, Any] = {}
        for name, value in values.items():
            *parents, leaf = name.split(".")
            node = nested
            for parent in parents:
                node = node.setdefault(parent, {})
            node[leaf] = value
        if not config_lib.MODELS[nested["model"]].takes_camera:
            nested["cameras"]["known"] = False
        return config_lib.from_dict(nested)

    def folder_of(self, row: Row, seed: int) -> Path:
        """Returns the path of a row's run folder: that of the earlier suite, where it has one."""
        name = f"{re.sub(r'[^A-Za-z0-9_]+', '_', row.name)}-seed{seed}"
        earlier = self.earlier / RUNS / name if self.earlier else None
        return earlier if earlier and earlier.is_dir() else self.output / RUNS / name

    def finish_row(self, row: Row, seed: int, steps: int) -> None:
        """Trains and evaluates a row with one seed, unless that is done."""
        config = self.config_of(row, seed, steps)
        fingerprint = hashlib.sha256(json.dumps(config_lib.to_dict(config), sort_keys=True).encode()).hexdigest()
        entry = self.results["rows"].setdefault(row.name, {"settings": row.settings, "seeds": {}})
        if entry["seeds"].get(str(seed), {}).get("fingerprint") == fingerprint:
            return
        tqdm.write(f"{row.name}, seed {seed}: {steps} steps")
        self.share_parser(config, self.folder_of(row, seed))
        self.share_prior(config, self.folder_of(row, seed))
        methods = self.trained(config, row, seed) if row.trained else self.untrained(config, row, seed)
        if "cost" not in entry:
            network = next(iter(methods.values())).network
            entry["cost"] = {"parameters": parameters(network), "multiply_adds": multiply_adds(network, *SIZE)}
            if row.trained:
                entry["cost"] |= measure(self.folder_of(row, seed), *SIZE, self.which)
        entry["seeds"][str(seed)] = {
            "fingerprint": fingerprint,
            "steps": steps if row.trained else 0,
            "weights": {which: self.scored(method) for which, method in methods.items()},
            **self.course(row, seed),
        }
        self.save()
        forget()

    def trained(self, config: ml_collections.ConfigDict, row: Row, seed: int) -> dict[str, NetworkMethod]:
        """Trains a row to its end; returns {weights: its method}."""
        folder = loop.train(config, self.folder_of(row, seed))
        return {which: NetworkMethod(folder.network(which), row.name) for which in self.weights}

    def untrained(self, config: ml_collections.ConfigDict, row: Row, seed: int) -> dict[str, NetworkMethod]:
        """Returns {weights: the method of a network as it starts}, for each the same."""
        opened = sources.open_sources(config)
        folder = RunFolder.create(self.folder_of(row, seed), config)
        network = loop.new_trainer(config, opened, folder).inference_model
        return {self.which: NetworkMethod(network, row.name)}

    def scored(self, method: Method) -> dict[str, Any]:
        """Returns {"mean", "scenes"} of a row's method, and "srf" where it estimates the camera."""
        results = self.evaluate([method], method)
        return results["methods"][method.name] | ({"srf": results["srf"]} if "srf" in results else {})

    def course(self, row: Row, seed: int) -> dict[str, Any]:
        """Returns the minutes of a row's training, its validations, and the steps of its weights."""
        if not row.trained:
            return {"minutes": 0.0, "history": [], "at": {}}
        folder = RunFolder.open(self.folder_of(row, seed))
        return {
            "minutes": seconds_trained(folder) / 60,
            "history": folder.history(),
            "at": {which: folder.weights_record(which)["step"] for which in self.weights},
        }

    def share_parser(self, config: ml_collections.ConfigDict, path: str | Path) -> None:
        """Gives a run that has not begun the scene parser of another row that would pre-train an equal one."""
        folder = RunFolder.create(path, config)
        if folder.begun or not config.semantic.pretrain_steps:
            return
        for report in sorted((self.output / RUNS).glob(f"*/parser/{REPORT_FILE}")):
            if _parser_settings(RunFolder.open(report.parents[1]).config) == _parser_settings(config):
                with staged([folder.path / "parser"]) as (part,):
                    shutil.copytree(report.parent, part)
                return

    def finish_closed_forms(self) -> None:
        """Evaluates what needs no training; blind, it gets the mean of the training's cameras."""
        methods = self.closed_forms()
        if self.results["closed_forms"] or not methods:
            return
        results = self.evaluate(methods, methods[0])
        self.results["closed_forms"] = results["methods"]
        self.save()

    @property
    def mean_camera(self) -> np.ndarray:
        """SRF float32 [3, bands], the mean of the training's cameras: what blind methods without a network suppose."""
        return self.training_cameras.responses.mean(axis=0)

    def closed_forms(self) -> list[Method]:
        """Returns the suite's methods without a network, for the training's cameras, fitted to the training cubes.

        Where rows train on several sets of cubes, what is fitted is there once for each, named after it.
        """
        black: list[Method] = [Black(self.training_cameras)] if self.suite.black else []
        if not self.suite.closed_forms:
            return black
        sets = {row.settings.get("data.cubes", self.base.data.cubes): row for row in self.suite.rows}
        if len(sets) < 2:
            return [*black, *fitted(self.base, self.suite.closed_forms, self.prior)]
        found: dict[str, Method] = {}
        for cubes, row in sets.items():
            for method in fitted(self.config_of(row, self.seeds[0], 1), self.suite.closed_forms, self.prior):
                if method.needs_cubes:
                    method.name = f"{method.name}, {Path(cubes).name}"
                found.setdefault(method.name, method)
        return [*black, *found.values()]

    def prior(self, config: ml_collections.ConfigDict) -> MixturePrior:
        """Returns the mixture prior of a configuration; all that would fit an equal one share it."""
        asked = {name: config_lib.to_dict(config)[name] for name in ("prior", "cameras", "wavelengths", "data")}
        fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
        file = self.output / PRIORS / f"{fingerprint[:12]}.npz"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            fit_config(config).save(file)
        return MixturePrior.open(file)

    def share_prior(self, config: ml_collections.ConfigDict, path: str | Path) -> None:
        """Gives a run that has none the prior that it would fit."""
        folder = RunFolder.create(path, config)
        if folder.prior() is None:
            folder.save_prior(self.prior(config))

    def evaluate(self, methods: Sequence[Method], estimator: Method, camera: str | None = None) -> dict[str, Any]:
        """Returns `hsgan.evaluate.harness.evaluate` of methods on the reported scenes, through a camera."""
        return evaluate(
            methods,
            self.scenes,
            camera or self.camera,
            self.dictionary.srf(camera) if camera else self.srf,
            estimator=None if self.known else estimator,
        )

    def networks(self) -> Iterator[NetworkMethod]:
        """Yields every trained row's method: the network of its first seed, with the weights that are reported."""
        for row in self.suite.rows:
            if not row.trained:
                continue
            yield NetworkMethod(RunFolder.open(self.folder_of(row, self.seeds[0])).network(self.which), row.name)

    def save(self) -> None:
        """Replaces results.json."""
        write_json(self.output / RESULTS, self.results)


def seconds_trained(folder: RunFolder) -> float:
    """Returns the seconds of all training steps of a run, as its last checkpoint counts them."""
    _, latest = checkpoints(folder.path / "checkpoints")[0]
    return float(tf.train.load_checkpoint(str(latest)).get_tensor("seconds/.ATTRIBUTES/VARIABLE_VALUE"))


def forget() -> None:
    """Gives back what Keras and TensorFlow keep of the last model."""
    keras.backend.clear_session()
    gc.collect()


def summary(entry: dict[str, Any], which: str = "last") -> dict[str, tuple[float, float]]:
    """Returns {metric: (mean, spread over seeds)} of a row of the results; the spread of one seed is 0."""
    means = [seed["weights"][which]["mean"] for seed in entry["seeds"].values()]
    return {name: (float(np.mean(v)), float(np.std(v))) for name in means[0] for v in [[mean[name] for mean in means]]}


def _parser_settings(config):
    # All that `hsgan.train.parser_trainer.pretrain` reads.
    photos = {name: value for name, value in config.data.items() if name.startswith("rgb")}
    return config.semantic.to_dict(), photos, config.seed, config.train.precision


def _without_free_fields(values):
    # Where the demo set is kept does not change a number.
    return {**values, "data": {**values["data"], "cache": ""}}
