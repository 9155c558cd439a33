"""The harness with methods whose results are known beforehand, and on a run folder."""

import json

import numpy as np
import pytest
from method_contract import Known
from trained_run import WAVELENGTHS_NM, make_records, make_run, scene

from hsgan.errors import DataError, RunError
from hsgan.evaluate import harness
from hsgan.spectra import srf as srf_lib

CAMERAS = srf_lib.load("default", WAVELENGTHS_NM)
FEWER = srf_lib.load("default", WAVELENGTHS_NM[:-1])


def zeros(rgb, srf):
    return np.zeros((*rgb.shape[:2], 31), np.float32)


def scenes():
    return [(f"scene {number}", scene(number).astype(np.float32) / 65535) for number in (1, 2)]


def test_known_camera_scores_closed_forms():
    truths = dict(scenes())
    remaining = iter(scenes())
    methods = [Known("exact", CAMERAS, lambda rgb, srf: next(remaining)[1]), Known("zero", CAMERAS, zeros)]
    results = harness.evaluate(methods, scenes(), "Nikon 5100", CAMERAS.srf("Nikon 5100"))
    assert (results["protocol"], results["camera"], results["blind"]) == ("seed", "Nikon 5100", False)
    assert "srf" not in results
    exact, zero = results["methods"]["exact"], results["methods"]["zero"]
    assert exact["mean"]["psnr"] == 100 and exact["mean"]["sam_deg"] == 0 and exact["mean"]["assim"] == 1
    # Sums of 31 products in another order than the projection's: 2.6e-8 on another processor.
    assert exact["mean"]["round_trip_rmse"] == pytest.approx(0, abs=1e-6)
    assert exact["mean"]["round_trip_brightness"] == pytest.approx(1, abs=1e-6)
    expected = {name: np.mean(-10 * np.log10((cube.astype(float) ** 2).mean((0, 1)))) for name, cube in truths.items()}
    assert {name: zero["scenes"][name]["psnr"] for name in truths} == pytest.approx(expected)
    assert zero["mean"]["psnr"] == pytest.approx(np.mean(list(expected.values())))
    assert zero["mean"]["sam_deg"] == 90


def test_methods_get_the_projection_and_the_camera():
    srf, seen = CAMERAS.srf("Nikon 5100"), []

    def watched(rgb, given):
        seen.append((rgb, given))
        return zeros(rgb, given)

    harness.evaluate([Known("m", CAMERAS, watched)], scenes(), "Nikon 5100", srf)
    for (rgb, given), (_, cube) in zip(seen, scenes(), strict=True):
        np.testing.assert_array_equal(given, srf)
        np.testing.assert_allclose(rgb, np.einsum("hws,cs->hwc", cube, srf), atol=1e-6)


def test_blind_gives_every_method_the_estimate_of_one():
    true, other = CAMERAS.srf("Nikon 5100"), CAMERAS.srf("Sigma SDMerill")
    seen = []

    def watched(rgb, srf):
        seen.append(srf)
        return zeros(rgb, srf)

    methods = [Known(name, CAMERAS, watched, lambda rgb: other) for name in "ab"]
    results = harness.evaluate(methods, scenes(), "Nikon 5100", true, estimator=methods[1])
    assert len(seen) == 4 and all((srf == other).all() for srf in seen)
    assert results["blind"] is True
    error = np.abs(true - other).sum() / (true.sum() + other.sum())
    assert results["srf"]["error"] == pytest.approx(error, rel=1e-5)
    assert results["srf"]["precision"] == pytest.approx(1 - error, rel=1e-5)
    assert set(results["srf"]["scenes"]) == {"scene 1", "scene 2"}


@pytest.mark.parametrize("method, message", [
    (Known("m", CAMERAS, lambda rgb, srf: zeros(rgb, srf) + np.nan), "method m: estimate: must hold finite values"),
    (Known("m", FEWER, lambda rgb, srf: zeros(rgb, srf)[..., :30]), "method m: .*of one shape"),
])  # fmt: skip
def test_what_cannot_be_scored_is_named(method, message):
    with pytest.raises(DataError, match=f"scene scene 1, {message}"):
        harness.evaluate([method], scenes(), "Nikon 5100", CAMERAS.srf("Nikon 5100"))


def test_no_scene_and_double_scenes_and_double_methods_are_refused():
    methods, srf = [Known("m", CAMERAS, zeros)], CAMERAS.srf("Nikon 5100")
    with pytest.raises(DataError, match=r"methods: must have different names\. Received: m, m"):
        harness.evaluate(methods * 2, scenes(), "Nikon 5100", srf)
    with pytest.raises(DataError, match="not one scene"):
        harness.evaluate(methods, [], "Nikon 5100", srf)
    with pytest.raises(DataError, match="scene scene 1: there are two"):
        harness.evaluate(methods, scenes()[:1] * 2, "Nikon 5100", srf)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("evaluate") / "run")


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    return make_records(tmp_path_factory.mktemp("evaluate") / "records")


@pytest.mark.parametrize("known", [False, True])
def test_run_is_evaluated_and_written(tmp_path, run, records, known):
    results = harness.evaluate_run(run, records, tmp_path / "out", known_srf=known, figure_scenes=1, checkpoint="last")
    stored = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert stored == json.loads(json.dumps(results))
    assert stored["camera"] == "Nikon 5100" and stored["blind"] is not known
    assert stored["checkpoint"] == {"which": "last", "step": 7, "psnr": 20.0}
    assert list(stored["methods"]) == ["bi", "smooth", "wiener", "ridge", "hsgan"]
    assert set(stored["absent"]) == {"mixture"}
    for method in stored["methods"].values():
        assert set(method["scenes"]) == {"scene 1", "scene 2"}
        for name in ("psnr", "assim", "sam_deg", "sam_lit_deg"):
            values = [metrics[name] for metrics in method["scenes"].values()]
            assert method["mean"][name] == pytest.approx(np.mean(values))
    expected = ["figures/scene_1-errors.png", "figures/scene_1-spectra.png"] + ["figures/srf.png"] * (not known)
    assert stored["figures"] == expected
    assert all((tmp_path / "out" / name).stat().st_size > 5000 for name in expected)
    assert not list((tmp_path / "out").rglob(".*"))


def test_evaluation_is_repeatable(tmp_path, run, records):
    first, second = (harness.evaluate_run(run, records, tmp_path, figure_scenes=0) for _ in range(2))
    assert first["methods"] == second["methods"]
    assert not first["figures"]


def test_unfit_runs_and_records_are_refused(tmp_path, run, records):
    with pytest.raises(RunError, match="holds no run"):
        harness.evaluate_run(tmp_path, records, tmp_path / "out")
    with pytest.raises(DataError, match=r"no 'Nikon 5200' among .* near: Nikon 5100"):
        harness.evaluate_run(run, records, tmp_path / "out", camera="Nikon 5200")
    with pytest.raises(DataError, match="no records of split 'test'"):
        harness.evaluate_run(run, records, tmp_path / "out", split="test")
    with pytest.raises(DataError, match="no such folder of records"):
        harness.evaluate_run(run, tmp_path / "none", tmp_path / "out")
    other = make_records(tmp_path / "short", WAVELENGTHS_NM[:-1])
    with pytest.raises(DataError, match="other wavelengths than the configuration"):
        harness.evaluate_run(run, other, tmp_path / "out")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="file is a file; give a folder"):
        harness.evaluate_run(run, records, tmp_path / "file")
    untrained = make_run(tmp_path / "untrained")
    (untrained / "weights" / "best.json").unlink()
    with pytest.raises(RunError, match="holds no 'best' weights yet"):
        harness.evaluate_run(untrained, records, tmp_path / "out")
    assert not (tmp_path / "out").exists()
