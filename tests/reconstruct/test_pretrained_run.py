"""Pretrained weights as a run folder: whatever takes a run takes them."""

import numpy as np
import pytest

from hsgan.export.metadata import training_data
from hsgan.prior import pretrained
from hsgan.reconstruct.models import NetworkMethod
from hsgan.reconstruct.pretrained import as_run, pretrained_method
from hsgan.run.folder import RunFolder


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return RunFolder.open(as_run("", tmp_path_factory.mktemp("pretrained") / "run").path)


def test_its_network_is_the_method(run):
    network, method = NetworkMethod.from_run(run), pretrained_method()
    rgb = np.random.default_rng(0).uniform(0.1, 0.6, (9, 7, 3)).astype(np.float32)
    srf = method.dictionary.responses[0]
    # Weights in float32, logits of some thousands.
    np.testing.assert_allclose(network.cube(rgb, srf), method.cube(rgb, srf), atol=2e-3)
    assert run.prior().source == pretrained.load().prior.source and network.gives_deviation


def test_it_says_what_it_was_fitted_to(run):
    assert run.config.name == "cave_and_materials" and run.config.prior.components == 64
    data = training_data(run)
    assert "research" in data["cubes"]["note"] and "BSD" in data["materials"]["note"]
    assert "CAVE" in NetworkMethod.from_run(run).facts["license"]
