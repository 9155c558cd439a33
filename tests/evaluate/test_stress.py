"""The stress suite with methods whose results are known beforehand, and its figure."""

import json

import numpy as np
import pytest
from method_contract import Known

from hsgan.errors import ConfigError, DataError
from hsgan.evaluate.degradations import DEGRADATIONS
from hsgan.evaluate.harness import evaluate
from hsgan.evaluate.stress import METRICS, stress
from hsgan.plot.curves import stress_curves
from hsgan.plot.figures import save
from hsgan.spectra import closed_form, srf

WAVELENGTHS_NM = np.arange(400, 701, 10, dtype=np.float32)
CAMERAS = srf.load("default", WAVELENGTHS_NM)
NAME = "Nikon 5100"
CAMERA, OTHER = CAMERAS.srf(NAME), CAMERAS.srf("Sigma SDMerill")


def scenes(count=2, size=24):
    for number in range(count):
        rng = np.random.default_rng(number)
        basis = np.stack([np.exp(-(((WAVELENGTHS_NM - center) / 70) ** 2)) for center in (430, 540, 650)])
        yield f"scene {number}", (rng.random((size, size, 3)) @ basis / 2.5).astype(np.float32)


def smooth(rgb, camera):
    return closed_form.smooth(rgb, camera).numpy()


def gray(rgb, camera):
    return np.repeat(rgb.mean(axis=-1, keepdims=True), 31, axis=-1)


METHODS = [Known("gray", CAMERAS, gray), Known("smooth", CAMERAS, smooth)]


def run(levels=None, methods=METHODS, **arguments):
    return stress(methods, list(scenes()), NAME, CAMERA, WAVELENGTHS_NM, levels=levels, **arguments)


@pytest.fixture(scope="module")
def results():
    return run(cameras={"Sigma SDMerill": OTHER})


def test_every_degradation_has_a_number_for_every_level_method_and_metric(results):
    assert list(results["degradations"]) == [*DEGRADATIONS, "camera"]
    assert (results["camera"], results["blind"], results["scenes"]) == (NAME, False, 2)
    for name, panel in results["degradations"].items():
        levels = DEGRADATIONS[name].levels if name in DEGRADATIONS else (NAME, "Sigma SDMerill")
        assert tuple(panel["levels"]) == levels
        assert list(panel["methods"]) == ["gray", "smooth"]
        for curves in panel["methods"].values():
            assert set(curves) == set(METRICS)
            assert all(len(values) == len(levels) and np.isfinite(values).all() for values in curves.values())


def test_clean_is_the_harness_without_a_degradation(results):
    expected = evaluate(METHODS, scenes(), NAME, CAMERA)["methods"]
    for panel in results["degradations"].values():
        at = panel["levels"].index(panel["clean"])
        for method, curves in panel["methods"].items():
            for metric in METRICS:
                assert curves[metric][at] == results["clean"][method][metric] == expected[method]["mean"][metric]


def test_more_is_worse(results):
    for name in ("read_noise", "shot_noise", "metamer"):
        psnr = results["degradations"][name]["methods"]["smooth"]["psnr"]
        assert psnr == sorted(psnr, reverse=True), name


def test_a_linear_method_does_not_mind_a_shorter_exposure_but_saturation(results):
    panel = results["degradations"]["exposure"]
    psnr = dict(zip(panel["levels"], panel["methods"]["smooth"]["psnr"], strict=True))
    assert psnr[-2] == pytest.approx(psnr[0], abs=1e-3)
    assert psnr[2] < psnr[0] - 3


def test_metamers_leave_the_round_trip_alone(results):
    values = results["degradations"]["metamer"]["methods"]["gray"]["round_trip_rmse"]
    assert values == [values[0]] * len(values)


def test_the_same_seed_gives_the_same_numbers_and_json(results):
    levels = {"read_noise": [0.01], "metamer": [0.1, 0.4]}
    first, again = run(levels), run(levels)
    assert first == again == json.loads(json.dumps(first))
    assert run(levels, seed=1) != first
    at = results["degradations"]["read_noise"]["levels"].index(0.01)
    for method, curves in first["degradations"]["read_noise"]["methods"].items():
        assert curves["psnr"][0] == results["degradations"]["read_noise"]["methods"][method]["psnr"][at]


def test_scenes_may_be_read_anew_each_time():
    levels = {"exposure": [-1, 1]}
    lazily = stress(METHODS, scenes, NAME, CAMERA, WAVELENGTHS_NM, levels=levels)
    assert lazily == run(levels)


def test_a_known_camera_stays_the_nominal_one_and_a_blind_method_sees_the_photo():
    seen = []

    def watched(rgb, camera):
        seen.append(camera)
        return gray(rgb, camera)

    levels = {"camera": ["Sigma SDMerill"]}
    run(levels, [Known("m", CAMERAS, watched)], cameras={"Sigma SDMerill": OTHER})
    assert all((camera == CAMERA).all() for camera in seen)
    photos = []
    method = Known("m", CAMERAS, gray, lambda rgb: photos.append(rgb) or OTHER)
    found = run(levels, [method], cameras={"Sigma SDMerill": OTHER}, estimators={"m": method})
    assert found["blind"] and len(photos) == 4
    # Each is the photo of the camera that took it: first the two clean ones.
    cubes = [cube for _, cube in scenes()]
    for photo, cube, camera in zip(photos, cubes * 2, (CAMERA, CAMERA, OTHER, OTHER), strict=True):
        np.testing.assert_allclose(photo, cube @ camera.T, atol=1e-5)


def test_every_method_may_have_its_own_estimate():
    methods = [Known(name, CAMERAS, smooth) for name in ("right", "wrong", "right too")]
    right, wrong = (Known("", CAMERAS, smooth, lambda rgb, srf=srf: srf) for srf in (CAMERA, OTHER))
    found = run({"exposure": [-1]}, methods, estimators={"right": right, "wrong": wrong, "right too": right})
    assert list(found["clean"]) == ["right", "wrong", "right too"]
    assert found["clean"]["right"] == found["clean"]["right too"]
    assert found["clean"]["right"]["psnr"] > found["clean"]["wrong"]["psnr"]


def test_bad_requests_are_refused_before_anything_is_evaluated():
    def never(rgb, camera):
        pytest.fail("a method was called")

    for levels, message in (
        ({"fog": [1]}, "no degradation 'fog'; there are read_noise, shot_noise"),
        ({"camera": ["x"]}, "no degradation 'camera'"),
        ({"jpeg": []}, r"levels of jpeg: must be a list of at least one\. Received: \[\]"),
        ({"jpeg": [90, 200]}, "level of jpeg: must be a whole number, 1 to 100. Received: 200"),
    ):
        with pytest.raises(ConfigError, match=message):
            run(levels, [Known("m", CAMERAS, never)])
    with pytest.raises(DataError, match="not one scene"):
        stress(METHODS, [], NAME, CAMERA, WAVELENGTHS_NM)


def test_the_harness_compares_with_the_degraded_truth_at_the_truths_scale():
    """Twice the exposure, a method that gives back what it got: the error is that of the scene as it was."""
    truth = np.full((8, 8, 31), 0.25, np.float32)
    found = stress(METHODS[:1], [("flat", truth)], NAME, CAMERA, WAVELENGTHS_NM, levels={"exposure": [1, 3]})
    once, clipped = found["degradations"]["exposure"]["methods"]["gray"]["psnr"]
    assert once > 90
    # 0.25 * 8 saturates at 1 and is scaled back to 0.125.
    assert clipped == pytest.approx(-20 * np.log10(0.125), rel=1e-4)


@pytest.mark.parametrize("metric", ["psnr", "sam_lit_deg", "round_trip_rmse"])
def test_the_figure_has_a_panel_for_each_and_a_line_for_each(results, metric, tmp_path):
    figure = stress_curves(results, metric)
    panels = [axis for axis in figure.axes if axis.lines]
    assert len(panels) == len(results["degradations"])
    for axis, panel in zip(panels, results["degradations"].values(), strict=True):
        drawn = {line.get_label(): line.get_ydata() for line in axis.lines if not line.get_label().startswith("_")}
        assert list(drawn) == list(panel["methods"])
        for name, values in drawn.items():
            np.testing.assert_array_equal(values, panel["methods"][name][metric])
        assert axis.get_xlabel() == panel["label"]
    assert save(figure, tmp_path / "curves.png").stat().st_size > 20_000


def test_an_unknown_metric_is_refused(results):
    with pytest.raises(ValueError, match=r"must be one of psnr, .*round_trip_rmse.*\. Received: 'x'"):
        stress_curves(results, "x")
