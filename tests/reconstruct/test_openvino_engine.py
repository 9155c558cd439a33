"""OpenVINO gives TensorFlow's numbers, within what its precision allows, or is refused."""

import os
import sys

import numpy as np
import pytest
from method_contract import MethodContract
from trained_run import WAVELENGTHS_NM, agd_net, network

from hsgan import config as config_lib
from hsgan.errors import RunError
from hsgan.reconstruct import openvino_engine
from hsgan.reconstruct.models import NetworkMethod
from hsgan.spectra import srf as srf_lib

openvino = pytest.importorskip("openvino", reason="the engine needs the extra [openvino]")
RNG = np.random.default_rng(4)
SRF = srf_lib.load("default", WAVELENGTHS_NM).responses[3].astype(np.float32)


class TestOpenVino(MethodContract):
    @pytest.fixture(scope="class")
    @classmethod
    def method(cls):
        return NetworkMethod(network("learned"), engine="openvino-float32")


def difference(model, engine, rgb):
    """The largest difference from TensorFlow's cube, relative to its largest value."""
    expected = NetworkMethod(model).cube(rgb, SRF)
    return np.abs(NetworkMethod(model, engine=engine).cube(rgb, SRF) - expected).max() / np.abs(expected).max()


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (65, 33)])
def test_float32_gives_the_same_numbers(size):
    # Rounding in another order; found: 7e-8.
    assert difference(network(), "openvino-float32", RNG.random((*size, 3), np.float32)) < 1e-6


@pytest.mark.parametrize(("engine", "capability"), [("openvino-bfloat16", "BF16"), ("openvino-float16", "FP16")])
def test_16_bits_give_numbers_nearby(engine, capability):
    if capability not in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        pytest.skip(f"this processor has no {capability}")
    if "ONEDNN_MAX_CPU_ISA" in os.environ:
        pytest.skip("ONEDNN_MAX_CPU_ISA forbids instructions that OpenVINO believes to have")
    found = difference(network(), engine, RNG.random((48, 40, 3), np.float32))
    assert 1e-5 < found < 0.02  # found: 0.0099 and 0.0012


class Processor:
    """`openvino.Core`, as far as it tells what a processor has."""

    def __init__(self, *capabilities):
        self.capabilities = capabilities

    def get_property(self, device, name):
        assert (device, name) == ("CPU", "OPTIMIZATION_CAPABILITIES")
        return list(self.capabilities)


@pytest.mark.parametrize(("has", "precision", "message"), [
    (("FP32", "INT8"), "bfloat16", "has no bfloat16 arithmetic, .* in float32. It has: float32; take openvino-float32"),
    (("FP32", "BF16"), "float16", "has no float16 arithmetic, .* It has: float32, bfloat16; take"),
    (("FP32", "FP16"), "bfloat16", "has no bfloat16 arithmetic, .* It has: float32, float16; take"),
])  # fmt: skip
def test_arithmetic_that_the_processor_has_not_is_refused(has, precision, message, monkeypatch):
    with pytest.raises(RunError, match=message):
        openvino_engine.check_processor(Processor(*has), precision)
    for name in openvino_engine.PRECISIONS:
        openvino_engine.check_processor(Processor("FP32", "BF16", "FP16"), name)
    # And so before a network is read.
    monkeypatch.setattr(openvino, "Core", lambda: Processor(*has))
    with pytest.raises(RunError, match=message):
        NetworkMethod(network(), engine=f"openvino-{precision}")


@pytest.mark.parametrize("initialization", config_lib.INITIALIZATIONS)
def test_other_networks_run_too(initialization):
    assert difference(agd_net(initialization), "openvino-float32", RNG.random((20, 24, 3), np.float32)) < 1e-6


def test_the_camera_is_estimated_as_ever_and_a_cube_stays_when_the_next_is_made():
    model, rgb = network(), RNG.random((32, 32, 3), np.float32)
    method = NetworkMethod(model, engine="openvino-float32")
    assert np.array_equal(method.estimate_srf(rgb), NetworkMethod(model).estimate_srf(rgb))
    first = method.window(rgb, SRF)
    kept = first.copy()
    method.window(1 - rgb, SRF)
    assert np.array_equal(first, kept)


def test_numbers_too_far_from_tensorflows_are_refused(monkeypatch):
    monkeypatch.setitem(openvino_engine.LIMITS, "float32", 1e-12)
    with pytest.raises(RunError, match=r"in f32 a test image differs by .* where 1e-12 is allowed; take float32"):
        NetworkMethod(network(), engine="openvino-float32")


def test_a_machine_without_openvino_gets_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(
        RunError, match=r"not installed; pip install 'hsgan\[openvino\]', or take the engine tensorflow"
    ):
        NetworkMethod(network(), engine="openvino-float32")
