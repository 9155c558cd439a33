"""Imports go one way: a module may import only modules of lower layers (docs/architecture.md)."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Longest prefix wins. A module may import modules of a lower layer, and of its own package.
LAYERS = {
    "hsgan.errors": 0,
    "hsgan.config": 0.5,
    "hsgan.spectra": 1,
    "hsgan.records": 1,
    "hsgan.metrics": 1,
    "hsgan.files": 2,
    "hsgan.losses": 2,
    "hsgan.layers": 2,
    "hsgan.networks": 3,
    "hsgan.inference": 3.5,
    "hsgan.data": 3,
    "hsgan.models": 4,
    "hsgan.training.run_folder": 5,
    "hsgan.evaluation": 6,
    "hsgan.training": 7,
    "hsgan.cli": 8,
    "hsgan.train": 9,
    "hsgan.evaluate": 9,
    "hsgan.reconstruct": 9,
    "hsgan.plot": 9,
    "hsgan.export": 9,
    "hsgan.benchmark": 9,
    "hsgan.api": 8,
    "hsgan.exporting": 6.5,
    "hsgan.lite": 4,
    "hsgan.app": 9,
    "hsgan.suites": 8,
    "hsgan.explorer": 8.5,
    "hsgan.pretrain_parser": 9,
    "tfrecords_tools": 9,
}


def modules():
    for package in ("hsgan", "tfrecords_tools"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            yield name.removesuffix(".__init__"), path


def layer(name):
    prefixes = [prefix for prefix in LAYERS if name == prefix or name.startswith(prefix + ".")]
    return max(prefixes, key=len) if prefixes else None


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def violations(name, targets):
    own = layer(name)
    for target in targets:
        other = layer(target)
        if other is not None and other != own and LAYERS[other] >= LAYERS[own]:
            yield f"{name} ({own}) imports {target} ({other})"


def test_every_module_has_a_layer():
    assert [name for name, _ in modules() if name != "hsgan" and layer(name) is None] == []


def test_imports_go_one_way():
    assert [line for name, path in modules() if name != "hsgan" for line in violations(name, imported(path))] == []


def test_the_walk_sees_a_backward_import():
    assert list(violations("hsgan.spectra.srf", ["hsgan.models.hsgan.HSGAN"]))
    assert not list(violations("hsgan.models.hsgan", ["hsgan.spectra.srf.load"]))
