"""Validation in training: the weights of the moment, by graphs that are made once."""

import pytest

from hsgan import config as config_lib
from hsgan.networks.build import build_network
from hsgan.records.manifest import read_manifest
from hsgan.spectra import srf
from hsgan.train.validation import METRICS, Validator


@pytest.mark.parametrize("known", [False, True])
def test_validations_share_one_graph_and_see_the_weights_of_the_moment(small_config, known):
    with small_config.unlocked():
        small_config.model, small_config.hscnn_d.blocks, small_config.cameras.known = "hscnn_d", 1, known
    dictionary = srf.load("default", config_lib.wavelengths_nm(small_config))
    network = build_network(small_config, dictionary)
    cubes = read_manifest(small_config.data.cubes)
    validator = Validator(small_config, cubes, network, dictionary, "Nikon 5100")
    first = validator(0)
    assert list(first) == [*METRICS, *([] if known else ["srf_error"])]
    for weight in network.trainable_weights:
        weight.assign(0.5 * weight)
    assert abs(validator(1)["psnr"] - first["psnr"]) > 0.01
    assert validator.method.engine._reconstruct.experimental_get_tracing_count() == 1
