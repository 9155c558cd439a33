"""The prior fitted to records and materials."""

import numpy as np
import pytest
from mixtures import CAMERA, GRID, PRIOR

from hsgan.config import default_config
from hsgan.errors import DataError
from hsgan.prior import fit, samples
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_cubes
from hsgan.spectra import closed_form, mixture


@pytest.fixture(scope="module")
def cubes(demo_records):
    return demo_records[0]


def settings(**changes):
    """Returns `config.prior` of a fit of a moment, a quarter of it materials."""
    values = default_config().prior
    values.update({"components": 4, "samples": 2000, "materials": 0.25} | changes)
    return values


def pixels_of(cubes, count):
    return np.concatenate(list(samples.scene_spectra(cubes, ("train",), count, seed=0).values()))


def test_cube_spectra_are_pixels_of_all_scenes_under_exposures(cubes):
    drawn = samples.expose(pixels_of(cubes, 30), 1.0, np.random.default_rng(0))
    directions = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    scenes = [cube.reshape(-1, 31).astype(np.float64) for _, cube in iterate_cubes(cubes, "train")]
    assert drawn.shape == (30, 31) and len(scenes) == 3
    gains = []
    for index, (spectrum, direction) in enumerate(zip(drawn, directions, strict=True)):
        pixels = scenes[index // 10]
        lengths = np.linalg.norm(pixels, axis=1)
        best = (pixels @ direction / np.maximum(lengths, 1e-9)).argmax()
        gains.append(spectrum.sum() / pixels[best].sum())
        np.testing.assert_allclose(spectrum, gains[-1] * pixels[best], rtol=1e-5)
    assert min(gains) >= np.exp(-1) and max(gains) <= np.exp(1) and max(gains) / min(gains) > 2


def test_cube_spectra_are_the_pixels_themselves(cubes):
    drawn = pixels_of(cubes, 9)
    pixels = {tuple(pixel) for _, cube in iterate_cubes(cubes, "train") for pixel in cube.reshape(-1, 31).tolist()}
    assert {tuple(spectrum) for spectrum in drawn.tolist()} <= pixels


def test_a_scene_of_few_pixels_gives_all_of_them(cubes):
    pixels = [cube[..., 0].size for _, cube in iterate_cubes(cubes, "train")]
    assert len(pixels_of(cubes, 10**6)) == sum(pixels)


def test_bright_pixels_are_drawn_by_their_level_and_none_twice():
    """Of levels 1, 4 and 9 the chances are 1 to 2 to 3 with the root of the level, and equal with a power of 0."""
    levels = np.repeat([0.1, 0.4, 0.9], 20_000)
    pixels = np.random.default_rng(0).permutation(np.stack([levels, levels], axis=1) * [0.9, 1.1])
    rng = np.random.default_rng(1)
    for power, expected in ((0.5, [1 / 6, 2 / 6, 3 / 6]), (1.0, [1 / 14, 4 / 14, 9 / 14]), (0.0, [1 / 3] * 3)):
        found = samples.draw(pixels, 1200, power, rng).mean(axis=1)
        shares = [(np.abs(found - level) < 1e-6).mean() for level in (0.1, 0.4, 0.9)]
        np.testing.assert_allclose(shares, expected, atol=0.05)  # deviation 0.014
    distinct = np.arange(1.0, 51)[:, None] * np.ones(3)
    assert len({tuple(pixel) for pixel in samples.draw(distinct, 30, 2.0, rng).tolist()}) == 30
    assert len(samples.draw(distinct, 60, 2.0, rng)) == 50
    brightest = samples.draw(distinct[::-1], 30, 500.0, rng)  # beyond the range of powers
    assert sorted(brightest[:, 0]) == list(range(21, 51))
    assert np.isfinite(samples.draw(np.zeros((50, 3)), 30, 0.5, rng)).all()  # black pixels have chances, too


def test_shifted_spectra_are_those_of_wavelengths_before():
    """A line stays a line, moved; whole steps move bands; beyond the ends the last values go on. Uneven bands too."""
    grid = np.array([400.0, 410, 425, 450, 500, 600, 700])
    line = 0.2 + 0.001 * (grid - 400)
    moved = samples.shift(np.stack([line] * 3), grid, np.array([0.0, 10.0, -25.0]))
    np.testing.assert_allclose(moved[0], line)
    np.testing.assert_allclose(moved[1], np.maximum(line - 0.01, line[0]))
    np.testing.assert_allclose(moved[2], np.minimum(line + 0.025, line[-1]))
    spectrum = np.random.default_rng(0).random(31)
    moved = samples.shift(np.stack([spectrum] * 2), GRID, np.array([20.0, -10.0]))
    np.testing.assert_allclose(moved[0], [*spectrum[[0, 0]], *spectrum[:-2]])
    np.testing.assert_allclose(moved[1], [*spectrum[1:], spectrum[-1]])


def test_some_pixels_are_shifted_and_all_exposed():
    spectrum = np.exp(-0.5 * ((GRID - 550) / 20.0) ** 2)
    pixels = np.stack([spectrum] * 4000).astype(np.float32)
    found = samples.vary(pixels, GRID, settings(shifted=0.25, shift=10.0, exposure=0.5), np.random.default_rng(0))
    center = found @ GRID / found.sum(axis=1) - 550
    moved = np.abs(center) > 1e-3
    assert moved.mean() == pytest.approx(0.25, abs=0.03) and center[moved].std() == pytest.approx(10, rel=0.1)
    gains = found[~moved].sum(axis=1) / spectrum.sum()
    assert np.exp(-0.5) <= gains.min() < 0.65 and 1.6 < gains.max() <= np.exp(0.5)
    np.testing.assert_array_equal(pixels, np.stack([spectrum] * 4000).astype(np.float32))  # not in place
    for changes in ({"shift": 0.0}, {"shifted": 0.0}):
        same = samples.vary(pixels, GRID, settings(exposure=0.0, **changes), np.random.default_rng(0))
        np.testing.assert_array_equal(same, pixels)


def test_material_spectra_are_mixtures_of_two():
    measured = samples.materials_at(GRID)
    drawn = samples.material_spectra(measured, 200, np.random.default_rng(0))
    directions = measured / np.linalg.norm(measured, axis=1, keepdims=True)
    nearest = (drawn @ directions.T / np.linalg.norm(drawn, axis=1, keepdims=True)).max(axis=1)
    assert (nearest > 1 - 1e-6).mean() > 0.1 and nearest.min() < 0.999  # nearly pure ones, and real mixtures
    assert np.median(drawn.mean(axis=1)) == pytest.approx(0.15, rel=0.3)
    spectrum = drawn[nearest.argmin()]  # exactly in the plane of some two
    pairs = (measured[[index, other]].T for index in range(len(measured)) for other in range(index))
    assert min(np.linalg.norm(spectrum - pair @ np.linalg.pinv(pair) @ spectrum) for pair in pairs) < 1e-9


def test_prior_is_fitted_to_both_and_says_so(cubes):
    prior = fit.fit_prior(GRID, settings(seed=1), cubes)
    assert prior.components == 4 and prior.weights.sum() == pytest.approx(1)
    assert np.linalg.eigvalsh(prior.covariances).min() > 0.9e-6
    np.testing.assert_array_equal(prior.wavelengths_nm, GRID)
    assert prior.temperature == 1
    assert prior.source == (
        f"{read_manifest(cubes).source} (train): 1500 pixels of 3 scenes, drawn by level^0.5, 33 % shifted by 10 nm, "
        "exposures within e^1; 500 mixtures of two materials (CIE 224:2017, ColorChecker N Ohta, BabelColor Average, "
        "ISO 17321-1, PMC; colour-science); 4 components, seed 1"
    )
    again = fit.fit_prior(GRID, settings(seed=1), cubes)
    np.testing.assert_array_equal(again.means, prior.means)
    other = fit.fit_prior(GRID, settings(seed=1), cubes, splits=("train", "validation"))
    assert other.source.startswith(f"{read_manifest(cubes).source} (train, validation): 1500 pixels of 4 scenes")


def test_several_fits_are_pooled_with_equal_weights(cubes):
    one, pooled = (fit.fit_prior(GRID, settings(components=4 * fits, fits=fits), cubes) for fits in (1, 3))
    assert pooled.components == 12 and pooled.weights.sum() == pytest.approx(1)
    assert "12 components of 3 fits, seed 0" in pooled.source
    for number in range(3):
        assert pooled.weights[4 * number : 4 * number + 4].sum() == pytest.approx(1 / 3)
    np.testing.assert_array_equal(pooled.means[:4], one.means)  # the first is the one there would be alone
    assert np.abs(pooled.means[4:8] - one.means).max() > 1e-3


def test_materials_alone_need_no_cube():
    prior = fit.fit_prior(GRID, settings())
    assert prior.source.startswith("0 pixels of 0 scenes") and "2000 mixtures" in prior.source


def test_it_knows_what_it_was_fitted_to_better_than_one_gaussian_does(cubes):
    prior = fit.fit_prior(GRID, settings(components=8, samples=4000, exposure=0.0, materials=0.0), cubes)
    spectra = pixels_of(cubes, 4000)[None]
    rgb = (spectra @ CAMERA.T).astype(np.float32)
    found = mixture.mixture(rgb, CAMERA, prior.parameters)
    one = closed_form.wiener(rgb, CAMERA, spectra[0].mean(axis=0), np.cov(spectra[0].T), 1e-4)
    assert np.square(found - spectra).mean() < 0.8 * np.square(one - spectra).mean()


def test_standard_errors_are_errors_over_deviations():
    truth = np.abs(np.random.default_rng(0).multivariate_normal(PRIOR.means[0], PRIOR.covariances[0], 50))
    form = mixture.solve_mixture(CAMERA, PRIOR.parameters, 1e-6)
    estimate, deviation = mixture.deviate_mixture((truth @ CAMERA.T).astype(np.float32), form)
    expected = np.abs(truth - estimate) / deviation
    np.testing.assert_allclose(fit.standard_errors(truth, CAMERA, form), expected, rtol=1e-5)


def test_the_temperature_makes_intervals_of_scenes_left_out_hold(cubes, monkeypatch):
    """Each scene is judged by a prior that has not seen it; nine in ten of all standard errors lie in the interval."""
    scenes = samples.scene_spectra(cubes, ("train",), 600, seed=0)
    fitted, judged, real = [], [], fit.standard_errors
    monkeypatch.setattr(fit, "fit_scenes", lambda grid, values, others: fitted.append(set(others)) or PRIOR)
    monkeypatch.setattr(fit, "standard_errors", lambda *arguments: judged.append(real(*arguments)) or judged[-1])
    temperature = fit.calibrate(GRID, settings(folds=2), scenes, CAMERA)
    names = sorted(scenes)
    assert fitted == [{names[1]}, {names[0], names[2]}] and len(judged) == 3
    assert (np.concatenate(judged) < 1.645 * temperature).mean() == pytest.approx(0.9, abs=1e-3)


def test_cameras_that_are_not_told_widen_the_intervals(cubes):
    """The errors of both count alike: nine in ten of all of them lie in the intervals."""
    scenes = samples.scene_spectra(cubes, ("train",), 600, seed=0)
    cameras = np.stack([np.roll(CAMERA, shift, axis=1) for shift in (-2, 0, 1)])
    known, both = (fit.calibrate(GRID, settings(folds=2), scenes, CAMERA, found) for found in (None, cameras))
    assert both > 1.02 * known
    assert fit.calibrate(GRID, settings(folds=2), scenes, CAMERA, CAMERA[None]) == pytest.approx(known)
    names, errors = sorted(scenes), []
    for fold in range(2):
        out = names[fold::2]
        prior = fit.fit_scenes(GRID, settings(folds=2), {name: scenes[name] for name in names if name not in out})
        form = mixture.solve_mixture(CAMERA, prior.parameters, settings().noise)
        for pixels in (scenes[name] for name in out):
            seen = [pixels @ CAMERA.T, [cameras[n % 3] @ spectrum for n, spectrum in enumerate(pixels)]]
            for rgb in seen:
                estimate, deviation = mixture.deviate_mixture(np.asarray(rgb, np.float32), form)
                errors.append(np.abs(pixels - estimate) / deviation.numpy())
    assert (np.concatenate(errors) < 1.645 * both).mean() == pytest.approx(0.9, abs=1e-3)


@pytest.mark.parametrize(
    ("scene", "components"),
    [(np.full((3, 31), 0.2), 3), (np.zeros((50, 31)), 1), (np.full((50, 31), 0.3), 4)],
    ids=["three pixels", "black", "one color"],
)
def test_poor_scenes_give_a_prior_of_fewer_components_or_a_narrow_one(scene, components):
    """As many components as there are distinct spectra; the exposures make a line of one color."""
    prior = fit.fit_scenes(GRID, settings(materials=0), {"scene": scene})
    assert prior.components == components
    estimate, deviation = mixture.deviate_mixture(
        np.array([[0.2, 0.3, 0.1]], np.float32), mixture.solve_mixture(CAMERA, prior.parameters, 1e-6)
    )
    assert np.isfinite(estimate).all() and np.isfinite(deviation).all()


@pytest.mark.parametrize("changes", [{"folds": 0}, {"folds": 1}])
def test_without_folds_the_uncertainty_stays_as_it_is(cubes, changes):
    assert fit.fit_prior(GRID, settings(**changes), cubes, srf=CAMERA).temperature == 1


def test_wavelengths_without_measured_materials():
    """A prior of materials alone is refused there; one of cubes does without them, and its source does not name any."""
    far = np.arange(400, 1001, 10)
    with pytest.raises(DataError, match=r"reflectances: none of .* was measured over all of 400-1000 nm"):
        fit.fit_prior(far, settings())
    assert fit.material_share(far, settings()) == 0 and fit.material_share(GRID, settings()) == 0.25
