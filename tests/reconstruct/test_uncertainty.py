"""Photos to cubes with uncertainty, by a run's methods without a network: library, notebook, program."""

import numpy as np
import pytest
from mixtures import PRIOR
from PIL import Image
from trained_run import STATISTICS, make_mixture_run, make_records, make_run

import hsgan
from hsgan.errors import RunError
from hsgan.evaluate.harness import evaluate_run
from hsgan.reconstruct import methods
from hsgan.reconstruct.models import method_of
from hsgan.run.folder import RunFolder

PIXELS = np.random.default_rng(0).integers(0, 255, (16, 24, 3), np.uint8)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    path = make_run(tmp_path_factory.mktemp("uncertainty") / "run")
    RunFolder.open(path).save_prior(PRIOR)
    return path


@pytest.fixture(scope="module")
def old_run(tmp_path_factory):
    """A run of before, which keeps no prior."""
    return make_run(tmp_path_factory.mktemp("old") / "run")


def test_a_run_gives_every_method(run, old_run):
    folder = RunFolder.open(run)
    for name in methods.CLOSED_FORMS:
        method = method_of(folder, name)
        assert method.name == method.facts["model"] == name and "best weights" in method.facts["model_version"]
    assert method_of(folder).name == method_of(folder, "hsgan").name == "hsgan"
    with pytest.raises(RunError, match=r"must be one of bi, .*, mixture, mixture_averaged, hsgan\. Received: 'x'"):
        method_of(folder, "x")
    with pytest.raises(RunError, match=r"ridge, hsgan; .* keeps no prior of spectra, .* hsgan\.fit_prior --run"):
        method_of(RunFolder.open(old_run), "mixture")


def test_the_notebook_gets_deviations(run):
    model = hsgan.Reconstructor.from_run(run, method="mixture")
    cube = model.reconstruct(PIXELS, camera="Nikon 5100", uncertainty=True)
    rgb = cube.attrs["srf"]
    (method,) = methods.closed_forms(model.method.dictionary, methods.Knowledge(STATISTICS, prior=PRIOR), ["mixture"])
    from hsgan.files.photos import to_linear

    expected = method.cube_and_deviation(to_linear(PIXELS, "srgb"), rgb)
    np.testing.assert_allclose(cube.values, expected[0], atol=1e-5)
    np.testing.assert_allclose(cube.coords["deviation"].values, expected[1], rtol=1e-4)
    assert "deviation" not in model.reconstruct(PIXELS, camera="Nikon 5100").coords


def test_a_network_does_not_pretend_to_know(run):
    with pytest.raises(RunError, match=r"hsgan: does not say how uncertain its values are; .* --method=mixture"):
        hsgan.Reconstructor.from_run(run).reconstruct(PIXELS, uncertainty=True)


def test_the_program_writes_both(tmp_path, run, program):
    Image.fromarray(PIXELS).save(tmp_path / "cat.png")
    out = tmp_path / "out"
    arguments = [f"--run={run}", "--method=mixture", "--camera=Nikon 5100", "--formats=npz,envi", "--uncertainty"]
    status, stdout, stderr = program("hsgan.reconstruct", *arguments, f"--output={out}", tmp_path / "cat.png")
    assert status == 0, stderr
    assert "cat_deviation.npz" in stdout
    first, second = (hsgan.open_cube(out / name) for name in ("cat.npz", "cat.hdr"))
    np.testing.assert_array_equal(first.coords["deviation"].values, second.coords["deviation"].values)
    assert (first.coords["deviation"].values > 0).all() and first.attrs["prior"] == "five bumps"
    expected = hsgan.Reconstructor.from_run(run, method="mixture").reconstruct(
        PIXELS, camera="Nikon 5100", uncertainty=True
    )
    np.testing.assert_allclose(first.coords["deviation"].values, expected.coords["deviation"].values, rtol=1e-5)


def test_the_program_refuses_it_of_a_network_in_one_line(tmp_path, run, program):
    Image.fromarray(PIXELS).save(tmp_path / "cat.png")
    status, _, stderr = program(
        "hsgan.reconstruct", f"--run={run}", "--uncertainty", f"--output={tmp_path / 'out'}", tmp_path / "cat.png"
    )
    assert status == 1 and stderr.count("\n") == 1 and "does not say how uncertain" in stderr
    assert not (tmp_path / "out").exists()


def test_an_evaluation_says_how_true_it_is_or_why_it_is_not_there(tmp_path, run, old_run):
    records = make_records(tmp_path / "records")
    found = evaluate_run(run, records, tmp_path / "out", figure_scenes=0)
    assert list(found["methods"]) == ["bi", "smooth", "wiener", "ridge", "mixture", "hsgan"] and "absent" not in found
    for scene in found["methods"]["mixture"]["scenes"].values():
        assert 0 <= scene["coverage_50"] <= scene["coverage_90"] <= 1
    assert "coverage_90" in found["methods"]["mixture"]["mean"] and "coverage_90" not in found["methods"]["bi"]["mean"]
    found = evaluate_run(old_run, records, tmp_path / "old", figure_scenes=0)
    assert "mixture" not in found["methods"] and "python -m hsgan.fit_prior" in found["absent"]["mixture"]


def test_the_trained_mixture_stands_beside_the_fitted_one(tmp_path):
    """Under a name of its own; untrained, it gives the same numbers."""
    path, records = make_mixture_run(tmp_path / "run"), make_records(tmp_path / "records")
    found = evaluate_run(path, records, tmp_path / "out", figure_scenes=0)["methods"]
    assert list(found) == ["bi", "smooth", "wiener", "ridge", "mixture", "mixture_trained"]
    assert found["mixture_trained"]["mean"] == pytest.approx(found["mixture"]["mean"], rel=1e-3)
    folder = RunFolder.open(path)
    assert method_of(folder).name == method_of(folder, "mixture_trained").name == "mixture_trained"
    assert method_of(folder, "mixture").name == "mixture"


def test_a_run_of_before_gets_its_prior(tmp_path, program):
    path = make_run(tmp_path / "run")
    records = make_records(tmp_path / "records")
    status, stdout, stderr = program("hsgan.fit_prior", f"--run={path}", f"--data={records}")
    assert status == 0, stderr
    prior = RunFolder.open(path).prior()
    assert prior.source.startswith("test (train): ") and prior.source in stdout
    status, stdout, _ = program("hsgan.fit_prior", f"--run={path}")
    assert status == 0 and "keeps a prior already" in stdout
