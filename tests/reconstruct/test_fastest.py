"""The engine of `auto` is the fastest one whose numbers are TensorFlow's; it is measured once."""

import importlib.util
import os

import numpy as np
import pytest
from trained_run import agd_net, make_run, mixture_net, network

from hsgan.files import cubes
from hsgan.reconstruct import AUTO, GRAPH, OPENVINO_FLOAT32, TENSORFLOW, fastest
from hsgan.reconstruct.models import NetworkMethod
from hsgan.run.folder import RunFolder

OPENVINO = [OPENVINO_FLOAT32] if importlib.util.find_spec("openvino") else []


class Scaled:
    """An engine whose cubes are another's, times a factor."""

    def __init__(self, other, factor):
        self.other, self.factor = other, factor

    def reconstruct(self, rgb, srf):
        return self.other.reconstruct(rgb, srf) * np.float32(self.factor)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache folder, and tiles that take no time."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(fastest, "SIZE", 32)
    return tmp_path / "cache" / "hsgan" / "engines"


@pytest.fixture
def measurements(monkeypatch, cache):
    """Networks that were measured; the plain graph always wins."""
    measured = []

    def measure(engines, model):
        measured.append(type(model).__name__)
        return {TENSORFLOW: 1.0, GRAPH: 0.5}

    monkeypatch.setattr(fastest, "measure", measure)
    return measured


def test_what_can_take_tensorflows_place():
    assert list(fastest.candidates(network())) == [TENSORFLOW, GRAPH, *OPENVINO]
    assert list(fastest.candidates(agd_net("learned"))) == [TENSORFLOW, *OPENVINO]  # its graph is TensorFlow's engine
    assert list(fastest.candidates(mixture_net()[0])) == [TENSORFLOW]  # no other engine knows its uncertainty


def test_an_engine_with_other_numbers_takes_no_part(cache):
    model = network()
    engines = fastest.candidates(model)
    engines["near"] = Scaled(engines[TENSORFLOW], 1 + fastest.LIMIT / 2)
    engines["far"] = Scaled(engines[TENSORFLOW], 1 + fastest.LIMIT * 2)
    seconds = fastest.measure(engines, model)
    assert set(seconds) == {TENSORFLOW, GRAPH, *OPENVINO, "near"}
    assert all(0 < value < 60 for value in seconds.values())


@pytest.mark.parametrize(
    ("seconds", "best"),
    [
        ({TENSORFLOW: 1.0}, TENSORFLOW),
        ({TENSORFLOW: 1.0, GRAPH: 0.95}, TENSORFLOW),  # not worth loading
        ({TENSORFLOW: 1.0, GRAPH: 0.8, OPENVINO_FLOAT32: 0.7}, OPENVINO_FLOAT32),
        ({TENSORFLOW: 1.0, GRAPH: 2.0}, TENSORFLOW),
    ],
)
def test_the_fastest_is_chosen_if_it_saves_enough(seconds, best):
    assert fastest.choose(seconds) == best


def test_networks_of_one_form_are_measured_once(measurements, monkeypatch):
    assert [fastest.fastest(network()) for _ in range(2)] == [GRAPH, GRAPH]
    assert measurements == ["HSGANNet"]
    # Other circumstances.
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "1" if os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "0" else "0")
    fastest.fastest(network())
    assert measurements == ["HSGANNet"] * 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"engine": "onnx"}', '{"engine": ["auto"]}', '{"engine": "auto"}'])
def test_a_damaged_memory_is_made_again(measurements, cache, content):
    fastest.fastest(network())
    (file,) = cache.iterdir()
    file.write_text(content)
    assert fastest.fastest(network()) == GRAPH
    assert len(measurements) == 2 and GRAPH in file.read_text()


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(measurements, cache):
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")
    assert fastest.fastest(network()) == GRAPH
    assert len(measurements) == 1


def test_a_run_says_what_computes_it(measurements, tmp_path):
    run = make_run(tmp_path / "run")
    method = NetworkMethod.from_run(RunFolder.open(run), engine=AUTO)
    assert method.facts["engine"] == GRAPH and f", by {GRAPH}: " in method.introduction


def test_a_cube_says_what_computed_it(measurements, program, tmp_path):
    from PIL import Image

    run = make_run(tmp_path / "run")
    Image.fromarray(np.full((12, 10, 3), 99, np.uint8)).save(tmp_path / "photo.png")
    status, printed, errors = program(
        "hsgan.reconstruct", str(tmp_path / "photo.png"), f"--run={run}", f"--output={tmp_path / 'out'}"
    )
    assert (status, errors) == (0, "")
    assert f"by {GRAPH}: " in printed
    assert cubes.open_cube(tmp_path / "out" / "photo.npz").attrs["engine"] == GRAPH
