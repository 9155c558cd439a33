"""The protocols `quick`, `ntire2022` and `mstpp` against scikit-image, plain NumPy and fixed values."""

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from skimage.metrics import mean_squared_error, normalized_root_mse, peak_signal_noise_ratio

from hsgan.metrics import measures, protocols, quality
from hsgan.metrics.columns import COLUMNS


def pair(height, width, bands=3):
    rng = np.random.default_rng(height)
    truth = rng.random((height, width, bands), np.float32)
    return truth, (truth + rng.normal(0, 0.2, truth.shape)).astype(np.float32)


def check(found, truth, estimate):
    """`found` against scikit-image and one line of NumPy on what the protocol looks at, float64."""
    truth, estimate = truth.astype(np.float64), estimate.astype(np.float64)
    # Only the order of float64 sums differs.
    assert found["rmse"] == pytest.approx(mean_squared_error(truth, estimate) ** 0.5, rel=1e-12)
    norm = np.sqrt(np.mean(truth**2))
    assert found["rmse"] == pytest.approx(normalized_root_mse(truth, estimate) * norm, rel=1e-12)
    assert found["psnr"] == pytest.approx(peak_signal_noise_ratio(truth, estimate, data_range=1), rel=1e-12)
    assert found["mrae"] == pytest.approx(np.mean(np.abs(estimate - truth) / np.maximum(truth, 1e-3)), rel=1e-12)


@pytest.mark.parametrize("height, width", [(40, 24), (37, 50), (3, 1), (482, 512)])
def test_ntire2022_is_the_central_half(height, width):
    truth, estimate = pair(height, width)
    rows, columns = height // 4, width // 4
    inner = np.s_[rows : height - rows, columns : width - columns]
    check(protocols.ntire2022(truth, estimate), truth[inner], estimate[inner])


def test_ntire2022_does_not_see_the_border():
    truth, estimate = pair(16, 16)
    expected = protocols.ntire2022(truth, estimate)
    spoilt = estimate.copy()
    spoilt[:4], spoilt[12:], spoilt[:, :4], spoilt[:, 12:] = 9, 9, 9, 9
    assert protocols.ntire2022(truth, spoilt) == expected
    spoilt[4, 4] = 9
    assert protocols.ntire2022(truth, spoilt) != expected


@pytest.mark.parametrize("height, width", [(258, 300), (257, 257)])
def test_mstpp_is_clamped_and_without_its_border(height, width):
    truth, estimate = pair(height, width)
    assert estimate.min() < 0 and estimate.max() > 1
    inner = np.s_[128:-128, 128:-128]
    check(protocols.mstpp(truth, estimate), np.clip(truth[inner], 0, 1), np.clip(estimate[inner], 0, 1))


@pytest.mark.parametrize("shape", [(256, 300, 2), (300, 256, 2), (4, 4, 2)])
def test_mstpp_refuses_cubes_of_which_nothing_is_left(shape):
    cube = np.zeros(shape)
    with pytest.raises(
        ValueError, match=r"needs more than 256 a side; take protocol ntire2022 .* Received: \(\d+, \d+"
    ):
        protocols.mstpp(cube, cube)


def test_fixed_values():
    truth = np.full((8, 8, 2), 0.5)
    estimate = truth + np.array([0.1, -0.3])
    found = protocols.ntire2022(truth, estimate)
    assert found["mrae"] == pytest.approx((0.2 + 0.6) / 2)
    assert found["rmse"] == pytest.approx(np.sqrt((0.01 + 0.09) / 2))
    assert found["psnr"] == pytest.approx(-10 * np.log10(0.05))
    # The mean of decibels over bands is another number.
    assert protocols.quick(truth, estimate)["psnr"] == pytest.approx((20 - 20 * np.log10(0.3)) / 2)


def test_black_truth_divides_by_the_smallest_denominator():
    truth, estimate = np.zeros((4, 4, 2)), np.full((4, 4, 2), 0.002)
    assert protocols.ntire2022(truth, estimate)["mrae"] == pytest.approx(0.002 / quality.SMALLEST_DENOMINATOR)
    truth[...] = quality.SMALLEST_DENOMINATOR
    assert protocols.ntire2022(truth, estimate)["mrae"] == pytest.approx(1)


@pytest.mark.parametrize("name", ["quick", "ntire2022", "mstpp", "seed"])
@pytest.mark.parametrize("value", [0.0, 0.3, 1.0])
def test_equal_cubes_have_finite_best_values(name, value):
    cube = np.full((260, 260, 2), value, np.float32)
    found = protocols.protocol(name)(cube, cube)
    best = {"psnr": quality.PSNR_CAP_DB, "assim": 1, "assim_r2": 1, "lit_fraction": float(value > 0)}
    assert found == {metric: best.get(metric, 0) for metric in found}


@pytest.mark.parametrize("name", protocols.PROTOCOLS)
def test_zero_cubes_and_black_pixels_are_finite(name):
    zero, lit = np.zeros((260, 260, 2), np.float32), np.full((260, 260, 2), 0.5, np.float32)
    black = lit.copy()
    black[128:131, 130] = 0
    for truth, estimate in ((zero, lit), (lit, zero), (black, lit), (lit, black)):
        found = protocols.protocol(name)(truth, estimate)
        assert np.isfinite(list(found.values())).all()
        assert found["psnr"] < quality.PSNR_CAP_DB


@pytest.mark.parametrize("name", protocols.PROTOCOLS)
def test_every_metric_has_a_heading(name):
    cube = np.full((260, 260, 2), 0.5, np.float32)
    found = protocols.protocol(name)(cube, cube)
    assert "psnr" in found  # by which the best weights are chosen
    assert set(found) <= set(COLUMNS)


def test_every_measure_is_listed_and_belongs_to_a_protocol():
    folder = Path(measures.__file__).parent
    assert sorted(measures.MODULES) == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    for module in protocols.MEASURES:
        assert module.PROTOCOLS and set(module.PROTOCOLS) <= set(protocols.PROTOCOLS), module.__name__
        cube = np.full((8, 8, 2), 0.5)
        assert list(module.measure(cube, cube)) == list(module.COLUMNS)


def test_a_new_measure_is_in_its_protocols_and_their_tables(monkeypatch):
    largest = ModuleType("largest")
    largest.COLUMNS = {"largest": measures.Column("largest error", "{:.3f}", more_is_better=False)}
    largest.PROTOCOLS = ("quick",)
    largest.measure = lambda truth, estimate: {"largest": float(np.abs(estimate - truth).max())}
    monkeypatch.setattr(protocols, "MEASURES", [*protocols.MEASURES, largest])
    quick = protocols.Protocol("quick", protocols.whole)
    assert list(quick.columns) == [*protocols.quick.columns, "largest"]
    assert quick(np.zeros((8, 8, 2)), np.full((8, 8, 2), 0.25))["largest"] == 0.25
    assert "largest" not in protocols.Protocol("seed", protocols.whole).columns


def test_quick_is_a_part_of_seed():
    truth, estimate = pair(20, 30, 5)
    full, part = protocols.seed(truth, estimate), protocols.quick(truth, estimate)
    assert {name: full[name] for name in part} == part
    assert set(full) - set(part) == {"assim", "assim_r2"}


@pytest.mark.parametrize("name", ["quick", "ntire2022", "mstpp"])
def test_unfit_cubes_are_refused(name):
    with pytest.raises(ValueError, match="estimate: must hold finite values only"):
        protocols.protocol(name)(np.zeros((300, 300, 1)), np.full((300, 300, 1), np.inf))
    with pytest.raises(ValueError, match="of one shape"):
        protocols.protocol(name)(np.zeros((300, 300, 1)), np.zeros((300, 299, 1)))


def test_float32_is_summed_in_double_precision():
    truth = np.full((512, 512, 1), 0.5, np.float32)
    found = protocols.ntire2022(truth, truth + np.float32(0.1))
    error = float(np.float32(0.5) + np.float32(0.1)) - 0.5
    assert found["rmse"] == pytest.approx(error, rel=1e-12)
    assert found["mrae"] == pytest.approx(error / 0.5, rel=1e-12)
