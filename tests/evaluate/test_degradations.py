"""Each degradation does what its level says, and nothing else."""

import colour
import numpy as np
import pytest

from hsgan.errors import ConfigError
from hsgan.evaluate.degradations import DEGRADATIONS, NO_JPEG, Setting, other_cameras
from hsgan.spectra import imaging, srf

WAVELENGTHS_NM = np.arange(400, 701, 10, dtype=np.float32)
CAMERAS = srf.load("default", WAVELENGTHS_NM)
CAMERA, OTHER = CAMERAS.srf("Nikon 5100"), CAMERAS.srf("Sigma SDMerill")
SETTING = Setting(CAMERA, WAVELENGTHS_NM, seed=4, cameras={"other": OTHER})


def flat(value, height=64, width=64):
    """A gray scene: cube and RGB of one value."""
    truth = np.full((height, width, 31), value, np.float32)
    return truth, imaging.project(truth, CAMERA).numpy()


def scene():
    rng = np.random.default_rng(0)
    basis = np.stack([np.exp(-(((WAVELENGTHS_NM - center) / 70) ** 2)) for center in (430, 540, 650)])
    coarse = rng.random((4, 4, 3)).repeat(16, axis=0).repeat(16, axis=1)
    truth = (coarse @ basis / 2.5).astype(np.float32)
    return truth, imaging.project(truth, CAMERA).numpy()


def apply(name, level, truth, rgb, setting=SETTING, where="scene"):
    return DEGRADATIONS[name].build(level, setting)(where, truth, rgb)


@pytest.mark.parametrize("name", [name for name in DEGRADATIONS if name != "jpeg"])
def test_the_clean_level_changes_nothing(name):
    clean = DEGRADATIONS[name].clean
    assert clean in DEGRADATIONS[name].levels
    truth, rgb = scene()
    found = apply(name, clean, truth, rgb)
    # Relighting by the scene's own light and projecting again rounds in float32.
    np.testing.assert_allclose(found.truth, truth, atol=1e-6)
    np.testing.assert_allclose(found.rgb, rgb, atol=1e-6)
    np.testing.assert_allclose(found.srf, CAMERA, atol=1e-6)
    assert found.gain == 1


@pytest.mark.parametrize("name, level, deviation", [
    ("read_noise", 0.05, 0.05), ("shot_noise", 0.01, 0.05), ("shot_noise", 0.0016, 0.02),
])  # fmt: skip
def test_noise_has_the_strength_asked_for(name, level, deviation):
    truth, rgb = flat(0.25, 128, 128)
    found = apply(name, level, truth, rgb)
    error = found.rgb - rgb
    expected = deviation if name == "read_noise" else np.sqrt(level * 0.25)
    # 49,152 draws: the standard error of a deviation is 1 / sqrt(2 * 49152) = 0.3 % of it.
    assert error.std() == pytest.approx(expected, rel=0.015)
    assert abs(error.mean()) < 0.02 * expected
    assert found.truth is truth


def test_noise_is_clipped_and_repeatable_and_differs_between_scenes():
    truth, rgb = scene()
    found = apply("read_noise", 0.5, truth, rgb)
    assert found.rgb.min() == 0 and found.rgb.max() == 1
    np.testing.assert_array_equal(found.rgb, apply("read_noise", 0.5, truth, rgb).rgb)
    assert np.abs(found.rgb - apply("read_noise", 0.5, truth, rgb, where="another").rgb).max() > 0.1
    assert np.abs(found.rgb - apply("read_noise", 0.5, truth, rgb, Setting(CAMERA, WAVELENGTHS_NM, 5)).rgb).max() > 0.1


def test_the_pattern_of_the_noise_is_scaled_by_the_level():
    truth, rgb = flat(0.5)
    weak, strong = (apply("read_noise", level, truth, rgb).rgb - rgb for level in (0.01, 0.02))
    np.testing.assert_allclose(strong, 2 * weak, atol=1e-6)


def test_jpeg_is_worse_the_lower_its_quality_and_near_at_the_best():
    truth, rgb = scene()
    errors = [np.abs(apply("jpeg", quality, truth, rgb).rgb - rgb).mean() for quality in (100, 90, 50, 10)]
    assert errors == sorted(errors)
    assert errors[0] < 0.01


def test_jpeg_keeps_a_gray_photo_to_eight_bits():
    truth, rgb = flat(0.2)
    found = apply("jpeg", 100, truth, rgb)
    code = np.round(255 * imaging.srgb_encode(np.float32(0.2)).numpy())
    expected = imaging.srgb_decode(np.float32(code / 255)).numpy()
    np.testing.assert_allclose(found.rgb, expected, atol=1e-6)


def test_exposure_scales_saturates_and_is_taken_back():
    truth, rgb = flat(0.3)
    for stops, value in ((-2, 0.075), (1, 0.6), (2, 1.0)):
        found = apply("exposure", stops, truth, rgb)
        np.testing.assert_allclose(found.rgb, value, rtol=1e-5)
        assert found.gain == 2.0**stops
        assert found.truth is truth


@pytest.mark.parametrize("name", ["A", "D50"])
def test_relighting_is_the_ratio_of_the_lights(name):
    truth, rgb = flat(0.3)
    found = apply("illuminant", name, truth, rgb)
    lights = [colour.SDS_ILLUMINANTS[light].copy().align(colour.SpectralShape(400, 700, 10)) for light in (name, "D65")]
    ratio = lights[0].values / lights[1].values
    # Theirs are values at the band's center, ours means over the band: daylight's kinks make up to 4 % of difference.
    np.testing.assert_allclose(found.truth[3, 5], 0.3 * ratio / ratio.mean(), rtol=0.04)
    assert found.truth.mean(dtype=float) == pytest.approx(0.3, rel=1e-5)
    np.testing.assert_allclose(found.rgb, imaging.project(found.truth, CAMERA), atol=1e-6)


def test_a_black_scene_survives_every_degradation():
    truth, rgb = flat(0.0)
    for name, degradation in DEGRADATIONS.items():
        for level in degradation.levels:
            if level != NO_JPEG:
                found = apply(name, level, truth, rgb)
                assert np.isfinite(found.rgb).all() and np.isfinite(found.truth).all(), name


def test_a_shifted_camera_sees_the_same_scene_otherwise():
    truth, rgb = scene()
    found = apply("camera_shift", 10, truth, rgb)
    assert found.truth is truth
    np.testing.assert_allclose(found.srf.sum(axis=-1), 1, rtol=1e-6)
    # A whole number of bands: the curve moves by one, what is shifted in is dark.
    moved = np.pad(CAMERA, ((0, 0), (1, 0)))[:, :-1]
    np.testing.assert_allclose(found.srf, moved / moved.sum(axis=-1, keepdims=True), atol=1e-6)
    np.testing.assert_allclose(found.rgb, imaging.project(truth, found.srf), atol=1e-6)
    assert np.abs(found.rgb - rgb).max() > 0.005


def test_another_camera_is_the_one_of_that_name():
    truth, _ = scene()
    degradation = other_cameras("Nikon 5100", SETTING.cameras)
    assert degradation.levels == ("Nikon 5100", "other") and degradation.clean == "Nikon 5100"
    found = degradation.build("other", SETTING)("scene", truth, None)
    np.testing.assert_array_equal(found.srf, OTHER)
    np.testing.assert_allclose(found.rgb, imaging.project(truth, OTHER), atol=1e-6)


def test_a_metamer_changes_the_truth_and_not_the_photo():
    truth, rgb = scene()
    found = apply("metamer", 0.2, truth, rgb)
    assert found.rgb is rgb
    np.testing.assert_allclose(imaging.project(found.truth, CAMERA), rgb, atol=1e-6)
    assert np.abs(found.truth - truth).max() > 0.02


@pytest.mark.parametrize(
    "name, level, message",
    [
        ("read_noise", -0.1, r"read_noise: must be a standard deviation in \[0, 1\]. Received: -0.1"),
        ("shot_noise", "much", "shot_noise: must be a variance at full scale"),
        ("jpeg", 0, "jpeg: must be a whole number, 1 to 100. Received: 0"),
        ("jpeg", 90.5, "jpeg: must be a whole number"),
        ("exposure", float("nan"), "exposure: must be stops"),
        ("illuminant", "D66", r"illuminant: no 'D66'; near: .*D65"),
        ("camera_shift", "far", "camera_shift: must be a number of nm"),
        ("camera_shift", 5000, "camera_shift: .* shift it by less"),
        ("metamer", -1, "metamer: must not be negative"),
    ],
)
def test_levels_out_of_range_are_refused(name, level, message):
    with pytest.raises(ConfigError, match=message):
        DEGRADATIONS[name].build(level, SETTING)


def test_an_unknown_camera_is_refused():
    with pytest.raises(ConfigError, match=r"camera: must be one of the other cameras \(other\)\. Received: 'x'"):
        other_cameras("Nikon 5100", SETTING.cameras).build("x", SETTING)
