"""Temporary files that are one user's alone."""

import os
import stat
import tempfile

import pytest

from hsgan.disk.private import private_folder


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_it_is_the_same_folder_every_time_and_closed_to_others(temporary):
    path = private_folder("program")
    assert path == private_folder("program") == temporary / f"program-{os.getuid()}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.parametrize("before", ["open to others", "a link", "a file"])
def test_where_somebody_else_was_first_it_is_another_folder(temporary, before):
    path = temporary / f"program-{os.getuid()}"
    if before == "a file":
        path.touch(mode=0o600)
    elif before == "a link":
        (temporary / "elsewhere").mkdir(mode=0o700)
        path.symlink_to(temporary / "elsewhere")
    else:
        path.mkdir()
        path.chmod(0o777)
    found = private_folder("program")
    assert found.is_dir() and found != path and stat.S_IMODE(found.stat().st_mode) == 0o700
