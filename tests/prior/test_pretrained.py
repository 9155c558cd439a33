"""The weights that come with the package: they are there, they are what their cards say, and damage is told."""

import shutil

import numpy as np
import pytest

from hsgan.errors import RunError
from hsgan.prior import cards, pretrained

MOST_BYTES = 2e6


@pytest.fixture
def copies(tmp_path, monkeypatch):
    """The folder of copies, which is the only one there is."""
    for name in pretrained.NAMES:
        for path in pretrained.paths(name, pretrained.FOLDERS[1]):
            shutil.copy(path, tmp_path)
    monkeypatch.setattr(pretrained, "FOLDERS", (tmp_path,))
    return tmp_path


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_weights_are_a_mixture_and_what_their_card_says(name):
    found = pretrained.load(name)
    prior, card = found.prior, found.card
    assert card.name == name and prior.components == card.settings["components"]
    assert prior.weights.sum() == pytest.approx(1) and (prior.weights > 0).all()
    assert np.linalg.eigvalsh(prior.covariances).min() > 0
    assert prior.wavelengths_nm[[0, -1]].tolist() == [400, 700]
    assert (name == "materials") == ("cubes" not in card.data) == ("CAVE" not in card.terms)
    # What is measured grows worse with what is known of the camera, and with what is done to a picture.
    psnr = {(row["photo"], row["read_as"]): row["psnr"] for row in card.measured}
    for camera in ("Nikon D700", "Canon 60D", "Nokia N900"):
        ways = [psnr[f"RAW of a {camera}", way] for way in ("that camera", "its color matrix", "the mean camera")]
        assert ways == sorted(ways, reverse=True)
    kinds = ("sRGB, not rounded", "sRGB of 8 bits", "JPEG of quality 90", "JPEG of quality 75")
    pictures = [psnr[kind, "sRGB"] for kind in kinds]
    assert pictures == sorted(pictures, reverse=True)
    assert psnr["sRGB of 8 bits", "sRGB"] > psnr["sRGB of 8 bits", "the mean camera"] + 5


def test_they_take_little_room():
    found = [path for name in pretrained.NAMES for path in pretrained.paths(name, pretrained.FOLDERS[1])]
    assert sum(path.stat().st_size for path in found) < MOST_BYTES


@pytest.mark.parametrize("name", pretrained.NAMES)
def test_the_page_is_the_card(name):
    path = pretrained.paths(name, pretrained.FOLDERS[1])[2]
    card = pretrained.card(name)
    assert path.read_text() == cards.page(card)
    assert card.terms in cards.text(card) and all(row["photo"] in cards.text(card) for row in card.measured)


def test_unknown_weights_are_refused_with_the_names():
    with pytest.raises(RunError, match=r"model: must be one of cave_and_materials, materials\. Received: 'best'"):
        pretrained.load("best")


@pytest.mark.parametrize("number", [0, 1])
def test_missing_weights_are_one_line_with_a_remedy(copies, number):
    pretrained.paths(pretrained.DEFAULT, copies)[number].unlink()
    with pytest.raises(RunError) as caught:
        pretrained.load()
    assert str(caught.value).startswith(f"{copies}/cave_and_materials.npz: the weights of the package are missing; ")
    assert "install the package again, or give --run=DIR" in str(caught.value) and "\n" not in str(caught.value)
    assert pretrained.load("materials").card.name == "materials"


def test_changed_weights_are_refused(copies):
    weights, _, _ = pretrained.paths(pretrained.DEFAULT, copies)
    content = bytearray(weights.read_bytes())
    content[5000] ^= 1
    weights.write_bytes(content)
    with pytest.raises(RunError, match=r"cave_and_materials\.npz: is damaged: its checksum"):
        pretrained.load()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema": 2}', '{"schema": 1, "name": "a"}'])
def test_damaged_cards_are_refused(copies, content):
    pretrained.paths(pretrained.DEFAULT, copies)[1].write_text(content)
    with pytest.raises(RunError) as caught:
        pretrained.load()
    assert str(caught.value).startswith(f"{copies}/cave_and_materials.json: ") and "\n" not in str(caught.value)
