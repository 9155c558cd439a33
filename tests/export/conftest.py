"""One export of a small network, with all that it holds."""

import pytest
from trained_run import make_records, make_run

from hsgan.export.export import export


@pytest.fixture(scope="session")
def exported(tmp_path_factory):
    """(folder of the version, its metadata, run folder, records)."""
    folder = tmp_path_factory.mktemp("export")
    run, records = make_run(folder / "run"), make_records(folder / "records")
    path, described = export(run, folder / "small", records=records, max_pixels=8192)
    return path, described, run, records
