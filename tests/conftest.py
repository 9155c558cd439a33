"""Fixtures that all tests share."""

import os
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pytest


@pytest.fixture(scope="session")
def real_data():
    """Folder of real cubes, photos and cameras (`HSGAN_TEST_DATA`); skips where it is not."""
    default = Path(__file__).parents[1] / ".." / "shared" / "data"
    folder = Path(os.environ.get("HSGAN_TEST_DATA", default)).resolve()
    if not folder.is_dir():
        pytest.skip("no real data: set HSGAN_TEST_DATA to its folder")
    return folder
