"""Formats that are modules of a package, by their names and by the suffixes of their files."""

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType


def load(package: ModuleType, names: Iterable[str]) -> dict[str, ModuleType]:
    """Returns {name: module} of a package's modules."""
    return {name: import_module(f"{package.__name__}.{name}") for name in names}


def by_suffix(modules: Iterable[ModuleType]) -> dict[str, ModuleType]:
    """Returns the format of each suffix.

    Raises:
      ValueError: two formats have one suffix: whose files these are would depend on their order.
    """
    found: dict[str, ModuleType] = {}
    for module in modules:
        for suffix in (*module.SUFFIXES, *getattr(module, "OTHERS", ())):
            if found.setdefault(suffix, module) is not module:
                raise ValueError(f"{suffix}: is the suffix of {found[suffix].__name__} and of {module.__name__}")
    return found
