"""The one reader of cubes knows each format by its suffix."""

from types import ModuleType

import pytest

from hsgan.files import readers


def module(name, *suffixes, others=()):
    found = ModuleType(name)
    found.SUFFIXES, found.OTHERS = suffixes, others
    return found


def test_each_suffix_is_one_formats():
    a, b = module("a", ".x", others=(".y",)), module("b", ".z")
    assert readers.by_suffix([a, b]) == {".x": a, ".y": a, ".z": b}


def test_a_suffix_of_two_formats_is_refused():
    with pytest.raises(ValueError, match=r"^\.y: is the suffix of a and of b$"):
        readers.by_suffix([module("a", ".x", others=(".y",)), module("b", ".y")])
