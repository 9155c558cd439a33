"""Programs inside the test's own process: their flags, and what they print."""

import importlib
import sys

import pytest

from hsgan import cli


def module_of(name):
    """Returns the module that `python -m NAME` would run: "hsgan.plot", "tfrecords_tools.build_hsi"."""
    module = importlib.import_module(name)
    return importlib.import_module(f"{name}.__main__") if hasattr(module, "__path__") else module


def run_program(name, arguments, monkeypatch, capsys):
    """Runs a program inside this process; returns (exit status, stdout, stderr).

    Args:
      name: of its module, as `module_of` takes it.
      arguments: of its command line.
      monkeypatch, capsys: pytest's.
    """
    module = module_of(name)
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        cli.run(module.define_flags, module.main)
    return ended.value.code, *capsys.readouterr()
