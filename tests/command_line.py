"""Programs inside the test's own process: their flags, and what they print."""

import contextlib
import importlib
import sys

import pytest
from absl import flags

from hsgan import cli


@contextlib.contextmanager
def flags_of(module):
    """Defines a program's flags, as it does itself, and no other program's; gives `absl.flags.FLAGS`.

    A process runs one program, absl has one set of flags a process, and two programs' flags have equal names. So the
    flags of programs that ran before are taken away meanwhile, and given back.

    Args:
      module: the program, imported.
    """
    known, others = flags.FLAGS, {}
    for owner, defined in known.flags_by_module_dict().items():
        others |= {flag.name: (owner, flag) for flag in defined if not owner.startswith("absl")}
    for name in others:
        delattr(known, name)
    before = set(known)
    try:
        config = module.define_flags()
        if isinstance(config, cli.ConfigFlag):
            module.CONFIG = config
        yield known
    finally:
        for name in set(known) - before:
            delattr(known, name)
        for name, (owner, flag) in others.items():
            known[name] = flag
            known.register_flag_by_module(owner, flag)
        known.unparse_flags()


def run_program(name, arguments, monkeypatch, capsys):
    """Runs a program inside this process; returns (exit status, stdout, stderr).

    Args:
      name: of the module that `python -m` would run: "hsgan.plot", "tfrecords_tools.build_hsi".
      arguments: of its command line. monkeypatch, capsys: pytest's.
    """
    module = importlib.import_module(name)
    if hasattr(module, "__path__"):
        module = importlib.import_module(f"{name}.__main__")
    monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
    capsys.readouterr()
    with flags_of(module), pytest.raises(SystemExit) as ended:
        cli.run(module.main)
    return ended.value.code, *capsys.readouterr()
