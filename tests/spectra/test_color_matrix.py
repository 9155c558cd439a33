"""Cameras from their color matrices: against another solver, on cameras made for it, and on measured ones left out."""

import numpy as np
import pytest
from scipy.optimize import lsq_linear
from scipy.stats import pearsonr

from hsgan.errors import DataError
from hsgan.spectra import closed_form, color_matrix, observer, reflectances, srf
from hsgan.spectra.illuminants import illuminant
from tfrecords_tools.readers.cave import CaveReader

NM = np.arange(400.0, 701.0, 10.0)
CHART = ("ISO 17321-1",)  # of which the matrices of these tests are made, and which the estimate does not use
VALIDATION = ("balloons", "feathers", "oil_painting", "thread_spools")
LEFT_OUT = ("Nikon D700", "Canon 60D", "Nokia N900", "Phase One", "Olympus E-PL2", "SONY NEX-5N")


@pytest.fixture(scope="module")
def dictionary():
    return srf.load("default", NM)


def matrix_of(camera, light="D65"):
    """Returns what a DNG says of a camera: the best matrix from XYZ on the patches of a chart, in four decimals."""
    lit = reflectances.load(NM, CHART) * illuminant(light, NM)
    matrix = np.linalg.lstsq(lit @ observer.observer(NM).T, lit @ np.asarray(camera, np.float64).T, rcond=None)[0].T
    return np.round(matrix / np.abs(matrix).max(), 4)


def test_the_estimate_is_the_least_squares_that_the_module_states(dictionary):
    """The same problem, built from the formula and solved by another method."""
    matrix, light = matrix_of(dictionary.srf("Nikon 5100")), illuminant("D65", NM)
    measured = dictionary.without(["Nikon 5100"])
    cameras = measured.responses.astype(np.float64)
    mean = cameras.mean(axis=0)
    target = matrix @ observer.observer(NM)
    target = target * (mean @ light / (target @ light))[:, None]
    spectra = reflectances.load(NM, ("CIE 224:2017", "rawtoaces")) * light
    scale = np.sqrt(np.mean((spectra @ mean.T) ** 2)) * np.sqrt(len(spectra))
    flat = (cameras - mean).reshape(len(cameras), -1)
    covariance = flat.T @ flat / len(flat)
    covariance += 0.3**2 * np.trace(covariance) / 93 * np.eye(93)
    rows = [np.kron(np.eye(3), spectra) / (0.01 * scale), np.linalg.cholesky(np.linalg.inv(covariance)).T]
    right = [(spectra @ target.T).T.ravel() / (0.01 * scale), rows[1] @ mean.ravel()]
    solved = lsq_linear(np.concatenate(rows), np.concatenate(right), bounds=(0, np.inf), tol=1e-12).x.reshape(3, 31)
    expected = solved / solved.sum(axis=1, keepdims=True)
    # The other method approaches bounds from inside.
    np.testing.assert_allclose(color_matrix.estimate(matrix, measured), expected, atol=2e-5)


@pytest.mark.parametrize("seed", range(4))
def test_a_camera_between_the_measured_sees_surfaces_as_its_estimate_does(dictionary, seed):
    """Any other surfaces than those of the matrix and of the estimate, in another light."""
    shares = np.random.default_rng(seed).dirichlet(np.full(len(dictionary.names), 0.2))
    camera = np.tensordot(shares, dictionary.responses, 1)
    seen = reflectances.load(NM, ("PMC",)) * illuminant("D50", NM)
    told = color_matrix.estimate(matrix_of(camera), dictionary), dictionary.responses.mean(axis=0)
    near, far = (np.sqrt(np.mean((seen @ (other - camera).T) ** 2)) for other in told)
    assert near < 0.5 * far


@pytest.mark.parametrize("scale", [1.0, [[2.0], [0.5], [7.0]]])
def test_the_scale_of_rows_does_not_count(dictionary, scale):
    matrix = matrix_of(dictionary.srf("Sigma SDMerill"))
    expected = color_matrix.estimate(matrix, dictionary)
    np.testing.assert_allclose(color_matrix.estimate(matrix * scale, dictionary), expected, atol=1e-6)


def test_the_estimate_is_a_camera(dictionary):
    # The matrix of sRGB stands for a camera with lobes, which sensors do not have.
    estimate = color_matrix.estimate(observer.XYZ_TO_SRGB, dictionary)
    assert estimate.dtype == np.float32 and estimate.shape == (3, 31) and (estimate >= 0).all()
    np.testing.assert_allclose(estimate.sum(axis=1), 1, atol=1e-6)
    assert (np.diff(estimate @ NM) < 0).all()  # R, G, B from long to short wavelengths


def test_the_light_of_the_matrix_counts(dictionary):
    camera = dictionary.srf("Nikon 5100")
    measured, matrix = dictionary.without(["Nikon 5100"]), matrix_of(camera, "A")
    errors = [np.abs(color_matrix.estimate(matrix, measured, light) - camera).sum() for light in ("A", "D65")]
    assert errors[0] < errors[1]


@pytest.mark.parametrize(
    "matrix",
    [np.zeros((3, 3)), np.full((3, 3), np.nan), np.ones((3, 3)), -observer.XYZ_TO_SRGB, np.eye(4), np.eye(3)[0]],
    ids=["zeros", "NaN", "singular", "negative", "4x4", "a row"],
)
def test_what_is_no_cameras_matrix_is_refused(dictionary, matrix):
    with pytest.raises(DataError, match=r"^color matrix: must be \[3, 3\], finite and not singular.*Received: \["):
        color_matrix.estimate(matrix, dictionary)


def test_one_camera_is_too_few(dictionary):
    with pytest.raises(DataError, match="needs two measured cameras"):
        color_matrix.estimate(np.eye(3), dictionary.without(dictionary.names[1:]))


def test_measured_cameras_left_out_in_turn(real_data):
    """On real cubes, a camera from its matrix alone loses less than half of what the mean camera loses."""
    dictionary = srf.load(real_data / "srf/camspec_database.txt", NM)
    reader = CaveReader(real_data / "cave")
    spectra = {name: cube_of(reader.read(name))[::4, ::4].reshape(-1, 31) for name, _ in reader.scenes()}
    fitted = np.concatenate([values for name, values in spectra.items() if name not in VALIDATION])
    statistics = fitted.mean(axis=0), np.cov(fitted.T).astype(np.float32)

    def psnr(camera, told):
        squares = []
        for name in VALIDATION:
            rgb = spectra[name] @ camera.T
            estimate = closed_form.wiener(rgb[None], told, *statistics, 1e-6).numpy()[0]
            squares.append(np.mean((np.maximum(estimate, 0) - spectra[name]) ** 2, axis=0))
        return float(np.mean(-10 * np.log10(squares)))

    lost = {}
    for name in LEFT_OUT:
        camera, others = dictionary.srf(name), dictionary.without([name])
        told = others.responses.mean(axis=0), color_matrix.estimate(matrix_of(camera), others)
        exact = psnr(camera, camera)
        lost[name] = [exact - psnr(camera, other) for other in told]
        assert pearsonr(told[1].ravel(), camera.ravel())[0] > 0.95, name
    by_mean, by_matrix = np.mean(list(lost.values()), axis=0)
    assert by_mean > 0.7 and by_matrix < 0.25 * by_mean


def cube_of(record):
    return (record.values * np.float32(record.scale)).astype(np.float32)
