"""`setup.py` asks for what the code imports, and for nothing else."""

import ast
import re
import sys
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ("hsgan", "tfrecords_tools", "configs")
BESIDE = ("tests", "benchmarks")
OWN = {"hsgan", "tfrecords_tools"} | {path.stem for folder in BESIDE for path in (ROOT / folder).rglob("*.py")}
# Not imported: TensorFlow's summaries need tensorboard to be seen.
INDIRECT = {"tensorboard"}
# Comes with TensorFlow, whatever its version.
WITH_TENSORFLOW = {"protobuf"}
PROGRAMS = {"ruff", "pytest-xdist", "mypy"}


def declared():
    """Returns ({names of the requirements}, {extra: names}) of `setup.py`."""
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse((ROOT / "setup.py").read_text()).body
        if isinstance(node, ast.Assign)
    }
    extras = {extra: names(requirements) for extra, requirements in values["EXTRAS"].items()}
    return names(values["REQUIREMENTS"]), extras


def names(requirements):
    return {normal(re.match(r"[\w.-]+", requirement).group()) for requirement in requirements}


def normal(name):
    return name.lower().replace("_", "-")


def imported(*folders):
    """Returns the distributions that the modules in `folders` import."""
    modules = set()
    for path in (path for folder in folders for path in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add(node.module)
    owners = metadata.packages_distributions()
    found = set()
    for module in modules:
        top = module.partition(".")[0]
        if top in OWN or top in sys.stdlib_module_names:
            continue
        if module.startswith("google.protobuf"):
            found.add("protobuf")
        else:
            found.add(normal(owners.get(top, [top.replace("keras_hub", "keras-hub")])[0]))
    return found


def test_requirements_are_what_the_package_imports():
    requirements, extras = declared()
    optional = set().union(*(names for extra, names in extras.items() if extra != "test"))
    assert imported(*PACKAGE) - WITH_TENSORFLOW - optional == requirements - INDIRECT


def test_extra_test_is_what_the_tests_need_beside():
    requirements, extras = declared()
    beside = imported(*PACKAGE, *BESIDE) - requirements - WITH_TENSORFLOW
    assert extras["test"] - PROGRAMS <= beside <= set().union(*extras.values())


def test_a_page_says_why_each_is_there():
    requirements, extras = declared()
    tables, _, _ = (ROOT / "docs" / "dependencies.md").read_text().partition("\n## ")
    for name in requirements.union(*extras.values()):
        assert re.search(rf"\b{name}\b", normal(tables)), f"docs/dependencies.md does not say what {name} is for"


def test_every_package_is_found_and_the_configurations_travel_along():
    text = (ROOT / "setup.py").read_text()
    assert '"hsgan.configs": "configs"' in text
    for folder in ("hsgan", "tfrecords_tools"):
        for path in (ROOT / folder).rglob("*.py"):
            assert (path.parent / "__init__.py").is_file(), f"{path.parent} is no package: it would not be installed"


@pytest.mark.parametrize("name", ["LICENSE", "CHANGELOG.md", ".ci/run"])
def test_what_setup_and_readme_refer_to_is_there(name):
    assert (ROOT / name).is_file()
