"""Seconds and memory of a reconstruction, in a process of its own."""

import numpy as np
import pytest
from trained_run import make_run

from hsgan.benchmark.measure import measure
from hsgan.errors import RunError


def test_a_run_is_measured_in_a_process_of_its_own(tmp_path):
    run = make_run(tmp_path / "run")
    ballast = np.ones((3 * 2**30 // 8,))  # what this process holds does not count
    found = measure(run, 20, 30)
    assert set(found) == {"seconds", "peak_mib"}
    assert 0 < found["seconds"] < 60
    assert 100 < found["peak_mib"] < ballast.nbytes / 2**20
    with pytest.raises(RunError, match=r"could not be measured: .*no 'middle' weights"):
        measure(run, 20, 30, "middle")
