"""Networks as methods: the contract, and the Keras model's numbers."""

import keras
import numpy as np
import pytest
from method_contract import MethodContract
from trained_run import WAVELENGTHS_NM, make_run, network, small_config

from hsgan.config import MODELS
from hsgan.errors import RunError
from hsgan.networks.build import build_network
from hsgan.reconstruct import AUTO, ENGINES, engine
from hsgan.reconstruct.models import NetworkMethod
from hsgan.run.folder import RunFolder
from hsgan.spectra import srf as srf_lib

CAMERAS = srf_lib.load("default", WAVELENGTHS_NM)


def small_network(name):
    """A small network of each kind, whose halos are wider than some tiles, and whose weights all matter."""
    keras.utils.set_random_seed(2)
    config = small_config("learned")
    with config.unlocked():
        config.model = name
        config.agd_net.update(stages=2, growth=6, units=2)
        config.hscnn_d.blocks = 3
        config.fm_net.update(blocks=1, width=8)
        config.gated_mixture.update(growth=6, units=2)
        config.prior.trained = True
    other = build_network(config, CAMERAS)
    rng = np.random.default_rng(4)
    for weight in other.trainable_weights:
        fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 and weight.shape[-2] > 1 else 9
        weight.assign(rng.normal(0, np.sqrt(1 / fan_in), weight.shape))
    return other


class TestNetworks(MethodContract):
    # Convolutions of other sizes may sum in another order: float32 rounding through all layers.
    tolerance = 2e-5

    @pytest.fixture(scope="class", params=MODELS)
    @classmethod
    def method(cls, request):
        return NetworkMethod(small_network(request.param), request.param)

    def test_it_gives_the_numbers_of_the_keras_model(self, method):
        for size in ((37, 53), (1, 1)):
            rgb = np.random.default_rng(4).random((*size, 3), np.float32)
            expected = method.network(rgb[None])
            found = method.estimate_srf(rgb)
            np.testing.assert_allclose(found, expected["srf"][0], atol=1e-6)  # float32
            for srf in (found, method.dictionary.srf("Sigma SDMerill")):
                cube = method.network(rgb[None], srf=srf[None])["cube"][0].numpy()
                np.testing.assert_allclose(method.cube(rgb, srf), cube, atol=self.tolerance * np.abs(cube).max())


def test_receptive_radius_is_enough_and_not_more():
    method = NetworkMethod(network())
    radius = 3 * (1 + 2)  # every stage looks one pixel further by its first convolution and by each of its units
    assert method.receptive_radius == radius
    srf = method.dictionary.srf("Nikon 5100")
    dark = np.zeros((41, 41, 3), np.float32)
    lit = dark.copy()
    lit[20, 20] = 1
    changed = np.abs(method.cube(lit, srf) - method.cube(dark, srf)).max(-1) > 0
    assert np.abs(np.argwhere(changed) - 20).max() == radius


@pytest.mark.parametrize("name", ["hsgan", "agd_net"])
def test_weights_that_change_count_from_then_on(name):
    method = NetworkMethod(small_network(name))
    rgb, srf = np.random.default_rng(0).random((20, 20, 3), np.float32), CAMERAS.responses[0]
    before = method.cube(rgb, srf)
    for weight in method.network.trainable_weights:
        weight.assign(weight * 0.9)
    after = method.cube(rgb, srf)
    expected = method.network(rgb[None], srf=srf[None])["cube"][0].numpy()
    assert np.abs(after - before).max() > 1e-3
    np.testing.assert_allclose(after, expected, atol=2e-5 * np.abs(expected).max())


def test_a_graph_is_compiled_once_for_all_sizes_and_weights():
    graph = engine.GraphEngine(small_network("agd_net"))
    for size in (20, 33):
        rgb = np.zeros((size, 24, 3), np.float32)
        graph.reconstruct(rgb, graph.estimate_srf(rgb))
    assert [form.experimental_get_tracing_count() for form in (graph._estimate, graph._reconstruct)] == [1, 1]


def test_of_a_run(tmp_path):
    folder = RunFolder.open(make_run(tmp_path / "run"))
    assert repr(folder) == f"<RunFolder {str(tmp_path / 'run')!r}: hsgan, model {folder.config.model}>"
    method = NetworkMethod.from_run(folder, "last")
    assert (method.name, method.facts["model"], method.facts["engine"]) == ("hsgan", "hsgan", "tensorflow")
    assert method.facts["model_version"] == "run, last weights, step 7"


def test_all_cameras_are_known_and_the_mean_is_of_those_of_the_training(tmp_path):
    config = small_config()
    with config.unlocked():
        config.model = "fm_net"
        config.fm_net.update(blocks=1, width=4)
        config.cameras.held_out = CAMERAS.names[2:]
    folder = RunFolder.create(tmp_path / "run", config)
    folder.save_dictionary(CAMERAS)
    model = build_network(config, folder.training_dictionary())
    folder.save_weights("best", model, {"step": 1})
    method = NetworkMethod.from_run(folder)
    assert method.dictionary.names == CAMERAS.names and not method.estimates_camera
    found = method.estimate_srf(np.zeros((4, 4, 3), np.float32))
    np.testing.assert_allclose(found, CAMERAS.responses[:2].mean(axis=0), atol=1e-7)
    np.testing.assert_allclose(found, model.estimate_srf(np.zeros((1, 4, 4, 3), np.float32))[0], atol=1e-7)


def test_engines_by_name():
    assert (AUTO, *engine.BUILDERS) == ENGINES
    with pytest.raises(RunError, match=r"engine: must be one of tensorflow, tensorflow-graph, .* Received: 'onnx'"):
        NetworkMethod(network(), engine="onnx")
