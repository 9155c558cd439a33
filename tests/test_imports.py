"""Imports go one way: a module may import only modules of lower layers (docs/architecture.md)."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
# One whole number a package; a module may import modules of packages of lower numbers, and of its own package.
PACKAGES = (
    "hsgan.errors",
    "hsgan.disk",
    "hsgan.config",
    "hsgan.cli",
    "hsgan.beam",
    "hsgan.replicas",
    "hsgan.repeatable",
    "hsgan.spectra",
    "hsgan.records",
    "hsgan.files",
    "hsgan.metrics",
    "hsgan.prior",
    "hsgan.losses",
    "hsgan.networks",
    "hsgan.demo",
    "hsgan.data",
    "hsgan.run",
    "hsgan.plot",
    "hsgan.reconstruct",
    "hsgan.evaluate",
    "hsgan.track",
    "hsgan.train",
    "hsgan.pretrain_parser",
    "hsgan.convert",
    "hsgan.fit_prior",
    "hsgan.pretrained",
    "hsgan.lite",
    "hsgan.export",
    "hsgan.benchmark",
    "hsgan.app",
    "tfrecords_tools",
    "hsgan.__main__",
)
LAYERS = {package: number for number, package in enumerate(PACKAGES)}


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


def test_the_table_of_the_architecture_is_this_list():
    table = (ROOT / "docs" / "architecture.md").read_text().partition("| package |")[2].partition("\n\n")[0]
    assert tuple(re.findall(r"^\| `([\w.]+)` \|", table, re.MULTILINE)) == PACKAGES


def test_every_module_has_a_layer():
    assert [name for name, _ in modules() if name != "hsgan" and layer(name) is None] == []


def test_imports_go_one_way():
    assert [line for name, path in modules() if name != "hsgan" for line in violations(name, imported(path))] == []


def test_the_walk_sees_a_backward_import():
    assert list(violations("hsgan.spectra.srf", ["hsgan.train.unpaired.UnpairedTrainer"]))
    assert not list(violations("hsgan.train.unpaired", ["hsgan.spectra.srf.load"]))
