"""Types of the public surface: every signature says them, and a checker finds no contradiction."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MISTAKES = Path(__file__).with_name("typed_mistakes.py")


def typed_files():
    return [file for file in sorted((ROOT / "hsgan").rglob("*.py")) if file.name != "__main__.py"]


def incomplete(node, where, is_class=False):
    """Yields "file:line name" of every public function below `node` of which a type is missing."""
    for item in node.body:
        if isinstance(item, ast.ClassDef) and not item.name.startswith("_"):
            yield from incomplete(item, where, is_class=True)
        if not isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if item.name.startswith("_") and item.name != "__init__":
            continue
        given = item.args
        arguments = [*given.posonlyargs, *given.args]
        static = any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in item.decorator_list)
        arguments = arguments[1:] if is_class and not static else arguments
        arguments += [*given.kwonlyargs, *(extra for extra in (given.vararg, given.kwarg) if extra)]
        returns = item.returns is not None or item.name == "__init__"
        if not returns or any(argument.annotation is None for argument in arguments):
            yield f"{where}:{item.lineno} {item.name}"


@pytest.mark.parametrize("file", typed_files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_public_signature_has_its_types(file):
    assert not list(incomplete(ast.parse(file.read_text()), file.relative_to(ROOT)))


def test_what_is_incomplete_is_found():
    text = (
        "def a(x: int) -> int: ...\ndef b(x): ...\nclass C:\n  def d(self, *e) -> None: ...\n  def _f(self, g): ...\n"
    )
    assert list(incomplete(ast.parse(text), "x")) == ["x:2 b", "x:4 d"]


def checked(*arguments):
    """Returns what mypy says: its exit status, and its report."""
    command = [sys.executable, "-m", "mypy", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_the_checker_finds_no_contradiction():
    """mypy over the files of `pyproject.toml`, a user's program (`typed_usage.py`) among them."""
    status, report = checked()
    assert status == 0, report


def test_the_checker_finds_the_mistakes_of_a_user():
    """Those of `typed_mistakes.py`, each where it is and by its name, and no other."""
    lines = MISTAKES.read_text().splitlines()
    marked = [(number, re.search(r"  # ([a-z-]+): ", line)) for number, line in enumerate(lines, 1)]
    expected = {(number, mark[1]) for number, mark in marked if mark}
    status, report = checked(str(MISTAKES))
    found = re.findall(rf"{MISTAKES.name}:(\d+): error: .*\[([a-z-]+)\]", report)
    assert status == 1 and {(int(number), name) for number, name in found} == expected and len(expected) == 8, report


def test_the_package_says_that_it_is_typed():
    assert (ROOT / "hsgan" / "py.typed").is_file()
