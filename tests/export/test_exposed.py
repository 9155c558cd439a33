"""An export of a network that was trained on images of one brightness: whole images come as they are, parts scaled."""

import numpy as np
import pytest
from trained_run import described, network

from hsgan.errors import DataError
from hsgan.export import checks, metadata, tflite
from hsgan.export.saved_model import write_saved_model
from hsgan.lite.model import LiteModel
from hsgan.reconstruct.models import NetworkMethod, SavedModel

pytestmark = pytest.mark.slow  # a SavedModel and a TFLite file of its own
RGB = np.random.default_rng(0).random((30, 41, 3)).astype(np.float32) ** 2


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory):
    """(the network in memory, its SavedModel, its TFLite file), all methods."""
    folder = tmp_path_factory.mktemp("exposed")
    model = network("learned")
    model.brightness = 0.4
    about = described(model, brightness=0.4, max_pixels=8192, training={"data": {}}) | {"model": "hsgan"}
    write_saved_model(model, folder / "1", "small", 1)
    (folder / "float32.tflite").write_bytes(tflite.convert(model))
    metadata.embed(folder / "float32.tflite", about)
    return NetworkMethod(model), SavedModel(folder / "1", about), LiteModel(folder / "float32.tflite")


def test_every_signature_gives_the_keras_numbers(artefacts):
    reference = checks.Reference(artefacts[0].network)
    assert reference.saved_model_difference(artefacts[1]) <= checks.LIMITS["saved_model"]
    assert reference.lite_difference(artefacts[2]) <= checks.LIMITS["float32"]


@pytest.mark.parametrize("factor", [1, 1 / 30])
def test_less_light_gives_the_same_spectra_by_every_way(artefacts, factor):
    srf = artefacts[0].dictionary.responses[3]
    expected = artefacts[0].cube(RGB, srf)
    dark = RGB * np.float32(factor)
    for method in artefacts:
        assert method.brightness == 0.4
        np.testing.assert_allclose(method.cube(dark, srf) / factor, expected, atol=2e-4 * np.abs(expected).max())
    blind = artefacts[0].network.reconstruct(*exposed_alone(artefacts[0])).numpy()[0] / artefacts[0].gain(RGB)
    for method, signature in zip(artefacts[1:], ("serving_default", "reconstruct"), strict=True):
        found = method.run(signature, rgb=dark[None])["cube"][0] / factor
        np.testing.assert_allclose(found, blind, atol=5e-4 * np.abs(blind).max())


def test_a_block_stays_what_it_was_when_the_next_is_made(artefacts, monkeypatch):
    lite, srf = artefacts[2], artefacts[0].dictionary.responses[3]
    monkeypatch.setattr(lite, "tile", 8)
    cube, blocks = lite.cube(RGB, srf), list(lite.reconstruct(RGB, srf))
    assert len(blocks) > 1
    for place, block in blocks:
        np.testing.assert_array_equal(block, cube[place])


def exposed_alone(method):
    """Returns a batch of the image at the method's brightness, and the SRF that the network supposes of it."""
    rgb = (RGB * method.gain(RGB))[None]
    return rgb, method.network.estimate_srf(rgb)


def test_parts_may_be_brighter_than_full_scale_and_whole_images_not(artefacts):
    saved, srf = artefacts[1], artefacts[0].dictionary.responses[:1]
    bright = np.full((1, 8, 8, 3), 1.5, np.float32)
    saved.run("known_srf", rgb=bright, srf=srf)
    with pytest.raises(DataError, match=r"linear light in \[0, 1\]"):
        saved.run("serving_default", rgb=bright)
    with pytest.raises(DataError, match=r"linear light in \[0, 1\]"):
        saved.run("known_srf", rgb=-bright, srf=srf)


def test_an_export_of_before_sees_images_as_they_are(artefacts, tmp_path):
    model = network("learned")
    (tmp_path / "old.tflite").write_bytes(tflite.convert(model))
    metadata.embed(tmp_path / "old.tflite", described(model))
    assert "brightness" not in described(model) and LiteModel(tmp_path / "old.tflite").brightness == 0
