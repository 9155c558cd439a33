"""Metrics against scikit-image, a few lines of NumPy, and fixed values."""

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from hsgan.metrics import protocols, quality


@pytest.fixture
def pair():
    rng = np.random.default_rng(3)
    truth = rng.random((70, 23, 5), np.float32)
    return truth, (truth + rng.normal(0, 0.1, truth.shape)).astype(np.float32)


def test_psnr_is_the_mean_over_bands_of_the_outside_oracle(pair):
    truth, estimate = pair
    bands = [
        peak_signal_noise_ratio(truth[..., i].astype(float), estimate[..., i].astype(float), data_range=1)
        for i in range(5)
    ]
    # Both in float64: only the order of the sums differs.
    assert quality.psnr(truth, estimate) == pytest.approx(np.mean(bands), rel=1e-12)


def test_psnr_fixed_values():
    truth = np.zeros((4, 4, 2))
    estimate = np.stack([np.full((4, 4), 0.1), np.full((4, 4), 0.01)], axis=-1)
    assert quality.psnr(truth, estimate) == pytest.approx((20 + 40) / 2)
    # No clipping: a value beyond 1 is as wrong as it is.
    assert quality.psnr(truth + 1, estimate * 0 + 11) == pytest.approx(-20)


@pytest.mark.parametrize("data_range", [1.0, 2.0])
def test_ssim_agrees_with_scikit_image(pair, data_range):
    truth, estimate = (cube.astype(np.float64) for cube in pair)
    expected = structural_similarity(truth, estimate, win_size=7, data_range=data_range, channel_axis=-1)
    # Running sums against a moving filter, both float64: 1e-10 leaves room for cancellation in the variances.
    assert quality.ssim(truth, estimate, data_range) == pytest.approx(expected, abs=1e-10)


def test_ssim_on_dark_smooth_cubes_agrees_with_scikit_image():
    rows, columns = np.mgrid[0:40, 0:50]
    truth = np.stack([1e-3 * rows / 40, 0.02 + 1e-4 * columns], axis=-1)
    estimate = truth * 1.01 + 1e-5
    expected = structural_similarity(truth, estimate, win_size=7, data_range=1, channel_axis=-1)
    assert quality.ssim(truth, estimate) == pytest.approx(expected, abs=1e-10)


def test_angles_agree_with_a_plain_loop(pair):
    truth, estimate = pair
    angles = quality.spectral_angles(truth, estimate)
    for row, column in ((0, 0), (63, 5), (64, 22), (69, 1)):
        a, b = truth[row, column].astype(float), estimate[row, column].astype(float)
        expected = np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b)))
        assert angles[row, column] == pytest.approx(expected, rel=1e-9)


def test_angles_fixed_values():
    truth = np.array([[[1, 0], [1, 0], [1, 0], [0, 0], [0, 0], [3, 4]]], float)
    estimate = np.array([[[0, 2], [1, 1], [-1, 0], [0, 0], [1, 0], [6, 8]]], float)
    assert quality.spectral_angles(truth, estimate)[0] == pytest.approx([90, 45, 180, 0, 90, 0], abs=1e-12)


def test_angle_ignores_scale(pair):
    truth, _ = pair
    assert quality.spectral_angles(truth, 0.25 * truth).max() == 0


def test_lit_angle_counts_lit_pixels_only():
    truth = np.zeros((8, 8, 2))
    truth[:4, :, 0] = 0.5
    truth[4:, :, 0] = 0.04  # a mean of exactly 0.02 does not exceed the threshold
    estimate = truth.copy()
    estimate[4:, :, 1], estimate[4:, :, 0] = 1, 0
    found = protocols.seed(truth, estimate)
    assert found["sam_deg"] == pytest.approx(45)
    assert found["sam_lit_deg"] == pytest.approx(0, abs=1e-9)
    assert found["lit_fraction"] == 0.5


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_equal_cubes_have_finite_best_values(value):
    cube = np.full((9, 8, 3), value, np.float32)
    found = protocols.seed(cube, cube)
    assert found["psnr"] == quality.PSNR_CAP_DB
    assert (found["assim"], found["assim_r2"], found["sam_deg"], found["sam_lit_deg"]) == (1, 1, 0, 0)


def test_zero_truth_and_zero_estimate_are_finite():
    zero, lit = np.zeros((8, 8, 3)), np.full((8, 8, 3), 0.5)
    for truth, estimate in ((zero, lit), (lit, zero)):
        found = protocols.seed(truth, estimate)
        assert np.isfinite(list(found.values())).all()
        assert found["sam_deg"] == 90


def test_float32_input_is_summed_in_double_precision():
    truth = np.zeros((512, 512, 1), np.float32)
    estimate = np.full_like(truth, 0.1)
    assert quality.psnr(truth, estimate) == pytest.approx(-20 * np.log10(float(np.float32(0.1))), rel=1e-12)


@pytest.mark.parametrize(
    "bad, message",
    [
        (np.zeros((8, 8, 4)), "must be .height, width, bands. of one shape"),
        (np.full((8, 8, 3), np.nan), "estimate: must hold finite values only"),
    ],
)
def test_unfit_cubes_are_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        protocols.seed(np.zeros((8, 8, 3)), bad)


def test_too_small_for_ssim_is_refused():
    with pytest.raises(ValueError, match="at least 7 pixels a side"):
        protocols.seed(np.zeros((6, 8, 3)), np.zeros((6, 8, 3)))


def test_unknown_protocol_lists_the_known():
    with pytest.raises(ValueError, match=rf"must be one of {', '.join(protocols.PROTOCOLS)}\. Received: 'x'"):
        protocols.protocol("x")


def test_average_is_over_scenes_and_numbers():
    scenes = {"a": {"psnr": 30.0, "note": "x"}, "b": {"psnr": 40.0, "note": "y", "extra": 1.0}}
    assert protocols.average(scenes) == {"psnr": 35.0}
    with pytest.raises(ValueError, match="at least one scene"):
        protocols.average({})


def test_the_best_scale_is_that_of_least_squares():
    rng = np.random.default_rng(5)
    truth, estimate = rng.random((2, 6, 7, 5)).astype(np.float32)
    expected = np.linalg.lstsq(estimate.reshape(-1, 1).astype(float), truth.ravel().astype(float))[0]
    assert quality.best_scale(truth, estimate) == pytest.approx(float(expected[0]), rel=1e-9)
    assert quality.best_scale(truth, truth / 4) == 4
    assert quality.best_scale(truth, np.zeros_like(truth)) == 1
