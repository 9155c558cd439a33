"""OpenVINO gives TensorFlow's numbers, within what its precision allows, or is refused."""

import sys

import numpy as np
import pytest
from trained_run import WAVELENGTHS_NM, agd_net, network

from hsgan import config as config_lib
from hsgan.errors import RunError
from hsgan.reconstruct import openvino_engine
from hsgan.reconstruct.engine import engine_of, use_engine
from hsgan.reconstruct.methods import estimate_srf, reconstruct_cube
from hsgan.spectra import srf as srf_lib

openvino = pytest.importorskip("openvino", reason="the engine needs the extra [openvino]")
RNG = np.random.default_rng(4)
SRF = srf_lib.load("default", WAVELENGTHS_NM).responses[3].astype(np.float32)


def difference(model, engine, rgb):
    """The largest difference from TensorFlow's cube, relative to its largest value."""
    use_engine(model, "tensorflow")
    expected = reconstruct_cube(model, rgb, SRF)
    use_engine(model, engine)
    return np.abs(reconstruct_cube(model, rgb, SRF) - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (65, 33)])
def test_float32_gives_the_same_numbers(size):
    # Rounding in another order; found: 7e-8.
    assert difference(network(), "openvino-float32", RNG.random((*size, 3), np.float32)) < 1e-6


@pytest.mark.parametrize(("engine", "capability"), [("openvino-bfloat16", "BF16"), ("openvino-float16", "FP16")])
def test_16_bits_give_numbers_nearby(engine, capability):
    found = difference(network(), engine, RNG.random((48, 40, 3), np.float32))
    assert found < 0.02  # found: 0.0099 and 0.0012
    # A processor without the type computes in float32.
    if capability in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        assert found > 1e-5


@pytest.mark.parametrize("initialization", config_lib.INITIALIZATIONS)
def test_other_networks_run_too(initialization):
    assert difference(agd_net(initialization), "openvino-float32", RNG.random((20, 24, 3), np.float32)) < 1e-6


def test_the_camera_is_estimated_as_ever_and_a_cube_stays_when_the_next_is_made():
    model, rgb = network(), RNG.random((32, 32, 3), np.float32)
    expected = estimate_srf(model, rgb)
    use_engine(model, "openvino-float32")
    assert np.array_equal(estimate_srf(model, rgb), expected)
    engine = engine_of(model)
    first = engine.reconstruct(rgb, SRF)
    kept = first.copy()
    engine.reconstruct(1 - rgb, SRF)
    assert np.array_equal(first, kept)


def test_numbers_too_far_from_tensorflows_are_refused(monkeypatch):
    monkeypatch.setitem(openvino_engine.LIMITS, "bfloat16", 1e-9)
    with pytest.raises(RunError, match=r"in bf16 a test image differs by .* where 1e-09 is allowed; take float32"):
        use_engine(network(), "openvino-bfloat16")


def test_a_machine_without_openvino_gets_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(
        RunError, match=r"not installed; pip install 'hsgan\[openvino\]', or take the engine tensorflow"
    ):
        use_engine(network(), "openvino-float32")
