"""A closed form is one entry: every form of every unrolled network takes it from there."""

import numpy as np
import pytest
import tensorflow as tf
from mixtures import PRIOR
from trained_run import agd_net, network

from hsgan import config as config_lib
from hsgan.networks.unrolled import LEARNED
from hsgan.reconstruct.forward import forward_of, portable_forward_of
from hsgan.reconstruct.fused import FusedReconstructor
from hsgan.spectra import closed_form
from hsgan.spectra.closed_form import STARTS, ClosedForm

# Forms that compute in float32 alike, but for the order of sums; found: 2e-6 of the largest value.
TOLERANCE = 1e-5


def test_the_configuration_knows_them_all():
    assert (LEARNED, *STARTS) == config_lib.INITIALIZATIONS


def solve(srf, knowledge, noise, operations):
    """The middle spectrum by the sum of the RGB, in place of an estimate: its own coefficients, its own formula."""
    (middle,) = knowledge
    return {"spectrum": middle, "gain": noise * tf.reduce_sum(srf, axis=(-2, -1))}


def estimate(rgb, coefficients, operations):
    gain = coefficients["gain"]
    gain = gain if gain.shape.rank == 0 else gain[:, None, None, None]
    return gain * tf.reduce_sum(rgb, axis=-1, keepdims=True) ** 2 * coefficients["spectrum"]


@pytest.mark.parametrize("make", [network, agd_net])
def test_a_new_one_stands_in_every_form(make, monkeypatch):
    model, rng = make("prior"), np.random.default_rng(0)
    rgb, srf = rng.random((1, 23, 18, 3), np.float32), model.dictionary.responses[2:3]
    before = model.reconstruct(rgb, srf)
    monkeypatch.setattr(type(model), "middle", (tf.constant(np.hanning(31), tf.float32),), raising=False)
    monkeypatch.setitem(STARTS, "prior", ClosedForm("middle", solve, estimate))
    expected = model.reconstruct(rgb, srf).numpy()
    scale = np.abs(expected).max()
    assert np.abs(expected - before).max() > 0.1 * scale
    forms = [forward_of(model).reconstruct(rgb, srf), portable_forward_of(model).reconstruct(rgb, srf)]
    if make is network:
        forms.append(FusedReconstructor(model).reconstruct(rgb[0], srf[0], block=(8, 8))[None])
    for found in forms:
        np.testing.assert_allclose(found, expected, atol=TOLERANCE * scale)


def test_coefficients_serve_any_part_of_an_image():
    """What is solved once for a camera is applied block by block."""
    rng = np.random.default_rng(1)
    rgb, srf = tf.constant(rng.random((12, 9, 3)), tf.float32), tf.constant(rng.random((3, 31)), tf.float32)
    spectra = rng.random((40, 31))
    statistics = spectra.mean(axis=0).astype(np.float32), np.cov(spectra.T).astype(np.float32)
    known = {None: (), "statistics": statistics, "mixture": PRIOR.parameters}
    for form in STARTS.values():
        coefficients = form.solve(srf, known[form.needs], 1e-4, closed_form.EXACT)
        whole = form.estimate(rgb, coefficients, closed_form.EXACT)
        parts = [form.estimate(part, coefficients, closed_form.EXACT) for part in (rgb[:5], rgb[5:])]
        np.testing.assert_allclose(tf.concat(parts, axis=0), whole, atol=1e-5)
