"""The round trip's measures, by hand and against NumPy; blocks give what the whole gives."""

import numpy as np
import pytest

from hsgan.reconstruct.round_trip import RoundTrip, round_trip

FLAT = np.full((3, 31), 1 / 31, np.float32)
CLOSE = 1e-5  # float32 sums of rows that sum to 1


def test_closed_forms():
    cube, rgb = np.full((3, 4, 31), 0.6, np.float32), np.full((3, 4, 3), 0.5, np.float32)
    check = round_trip(cube, FLAT, rgb)
    assert check["rmse"] == pytest.approx(0.1, rel=CLOSE) and check["max"] == pytest.approx(0.1, rel=CLOSE)
    assert check["psnr"] == pytest.approx(20, rel=CLOSE)
    assert check["brightness"] == pytest.approx(1.2, rel=CLOSE) and check["tint"] == pytest.approx(0, abs=CLOSE)
    black = round_trip(0 * cube, FLAT, 0 * rgb)
    assert black == {"rmse": 0, "psnr": 100, "max": 0, "brightness": 1, "tint": 0}


def test_a_tint_is_no_brightness():
    rgb = np.broadcast_to(np.float32([0.4, 0.5, 0.6]), (2, 2, 3))  # the cube gives 0.5 in each
    check = round_trip(np.full((2, 2, 31), 0.5, np.float32), FLAT, rgb)
    assert check["brightness"] == pytest.approx(1, rel=CLOSE)
    assert check["tint"] == pytest.approx(0.5 / 0.4 - 1, rel=1e-4)


def test_blocks_give_what_the_whole_gives():
    rng = np.random.default_rng(0)
    cube, rgb = rng.random((9, 8, 31), np.float32), rng.random((9, 8, 3), np.float32)
    srf = rng.dirichlet(np.ones(31), 3).astype(np.float32)
    check = RoundTrip()
    for rows in (slice(0, 4), slice(4, 9)):
        check.add(cube[rows], srf, rgb[rows])
    error = cube.astype(np.float64) @ srf.T.astype(np.float64) - rgb
    assert check.result() == pytest.approx(round_trip(cube, srf, rgb), rel=CLOSE)
    assert check.result()["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=CLOSE)
