"""Configurations in and out of files and command lines."""

import ast
import json
import runpy
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ml_collections import ConfigDict

from hsgan.config.defaults import default_config
from hsgan.config.rules import problems_of
from hsgan.config.tree import get, leaves
from hsgan.errors import ConfigError, DataError, HsganError


def load(
    path: str | Path, overrides: Sequence[str] = (), data_problems: Callable[[ConfigDict], list[str]] | None = None
) -> ConfigDict:
    """Returns the checked configuration of a `configs/*.py` file with `section.field=value` overrides applied.

    The file defines `get_config()`, and where its fields depend on what the overrides say also `complete(config)`,
    which gets the configuration after them and returns it.

    Args:
      path: of the file, or the name of one that comes with the package.
      overrides: texts "section.field=value".
      data_problems: function configuration -> list of texts, what is wrong with the data that it names, to be
        reported with the rest (`hsgan.data.sources.problems`); None leaves the data for later.

    Raises:
      ConfigError: no such file, no `get_config`, and all unknown fields, wrong types and values out of range together.
      DataError: nothing but the data is wrong, or the file does not find what it takes from them.
    """
    file = _find(path)
    try:
        defined = runpy.run_path(str(file))
    except Exception as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {' '.join(str(error).split())}") from error
    if "get_config" not in defined:
        raise ConfigError(f"{path}: a configuration file must define get_config()")
    config = _called(path, defined["get_config"])
    problems = []
    for override in overrides:
        problems += _override(config, override)
    if "complete" in defined and not problems:
        config = _called(path, defined["complete"], config)
    refuse(problems + problems_of(config), data_problems(config) if data_problems else ())
    return config


def validate(config: ConfigDict) -> ConfigDict:
    """Raises `ConfigError` naming every problem of `config`; returns it otherwise."""
    refuse(problems_of(config))
    return config


def refuse(problems: Sequence[str], data_problems: Sequence[str] = ()) -> None:
    """Raises one error that names every problem, each in a line of its own where there are several.

    Args:
      problems: texts, what is wrong with a configuration.
      data_problems: texts, what is wrong with the data that it names.

    Raises:
      ConfigError: there are problems of the configuration.
      DataError: there are problems of the data alone.
    """
    found = [*problems, *data_problems]
    if not found:
        return
    lines = found[0] if len(found) == 1 else "\n  ".join([f"{len(found)} problems:", *found])
    if problems:
        raise ConfigError(f"configuration: {lines}")
    raise DataError(lines)


def from_dict(values: dict[str, Any]) -> ConfigDict:
    """Returns the checked configuration of a dictionary as `to_dict` gives it.

    Raises:
      ConfigError: unknown fields, wrong types and values out of range, all together.
    """
    config = default_config()
    problems = []
    for name, value in leaves(values):
        problems += _set(config, name, value)
    refuse(problems + problems_of(config))
    return config


def to_dict(config: ConfigDict) -> dict[str, Any]:
    """Returns `config` as plain dictionaries, lists and scalars, fit for JSON."""
    return json.loads(json.dumps(config.to_dict()))


def differences(a: ConfigDict, b: ConfigDict) -> list[str]:
    """Returns the names of the fields in which two configurations differ."""
    left, right = dict(leaves(to_dict(a))), dict(leaves(to_dict(b)))
    return sorted(name for name in left.keys() | right.keys() if left.get(name) != right.get(name))


def _called(path: str | Path, function: Callable[..., ConfigDict], *arguments: ConfigDict) -> ConfigDict:
    """Returns what a function of a configuration file gives; whatever it does wrong becomes one line of error."""
    try:
        return function(*arguments)
    except HsganError:
        raise
    except Exception as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {' '.join(str(error).split())}") from error


def _find(path):
    """Returns the file called `path`, or of that name among the configurations that come with the package."""
    here = Path(__file__).parents[1]
    shipped = [folder for folder in (here / "configs", here.parent / "configs") if folder.is_dir()]
    # Beside a path: NAME, NAME.py or configs/NAME.py of those that come with the package.
    name = str(path).removeprefix("configs/").removesuffix(".py")
    for file in (Path(path), *(folder / f"{name}.py" for folder in shipped if "/" not in name)):
        if file.is_file():
            return file
    names = sorted(file.stem for folder in shipped for file in folder.glob("*.py"))
    raise ConfigError(f"--config: no such file: {path}; configurations that come with the package: {', '.join(names)}")


def _override(config, text):
    """Applies one `section.field=value` text; returns the problems it has."""
    name, equals, value = text.partition("=")
    if not equals:
        return [f"{name}: an override needs a value, --config.{name}=VALUE"]
    try:
        current = get(config, name)
    except (KeyError, AttributeError, TypeError):
        return [_unknown(config, name)]
    if not isinstance(current, str):
        try:
            value = _literal(value)
        except (ValueError, SyntaxError):
            return [f"{name}: must be of type {type(current).__name__}. Received: {value!r}"]
    return _set(config, name, value)


def _literal(text):
    """Returns the value that a text stands for, as Python writes it or JSON (true, NaN, Infinity)."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return json.loads(text)  # its error is a ValueError


def _set(config, name, value):
    *parents, leaf = name.split(".")
    try:
        node = get(config, ".".join(parents)) if parents else config
        current = node[leaf]
    except (KeyError, AttributeError, TypeError):
        return [_unknown(config, name)]
    wanted = type(current)
    if isinstance(current, tuple) and isinstance(value, (list, tuple)):
        value = _tuples(value)
    elif wanted is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not wanted:
        return [f"{name}: must be of type {wanted.__name__}. Received: {value!r}"]
    node[leaf] = value
    return []


def _tuples(value):
    return tuple(_tuples(item) for item in value) if isinstance(value, (list, tuple)) else value


def _unknown(config, name):
    import difflib

    names = [leaf for leaf, _ in leaves(config.to_dict())]
    near = difflib.get_close_matches(name, names, n=3)
    return f"{name}: no such field" + (f" (near: {', '.join(near)})" if near else "")
