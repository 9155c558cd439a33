"""The weights of the package made again, on a very small set of records, by the real program and a small recipe."""

from dataclasses import replace

import numpy as np
import pytest

from hsgan.disk.plain import read_json
from hsgan.pretrained import measure, recipes
from hsgan.prior import cards, pretrained
from hsgan.prior.mixture import MixturePrior
from hsgan.spectra import srf

SMALL = {"components": 3, "samples": 300, "folds": 2}


@pytest.fixture
def small(monkeypatch):
    """Small recipes, and measurements with cameras that come with the package."""
    for name, recipe in recipes.RECIPES.items():
        monkeypatch.setitem(recipes.RECIPES, name, replace(recipe, settings=SMALL | {"materials": 0.5}))
    monkeypatch.setattr(measure, "CAMERAS", ("Nikon 5100",))


def make(program, records, output, *arguments):
    done = program("hsgan.pretrained", f"--data={records}", "--cameras=default", f"--output={output}", *arguments)
    assert done[0] == 0, done[2]
    return done[1]


def test_the_same_records_give_the_same_bytes(demo_records, tmp_path, program, small):
    told = make(program, demo_records[0], tmp_path / "a")
    make(program, demo_records[0], tmp_path / "b")
    for name in pretrained.NAMES:
        first, second = (pretrained.paths(name, tmp_path / folder) for folder in "ab")
        for one, other in zip(first, second, strict=True):
            assert one.read_bytes() == other.read_bytes()
        card = pretrained.read_card(first[1])
        assert cards.text(card) in told and f"sha256 of `{name}.npz`: `{card.sha256}`" in first[2].read_text()
    # Fitted to the scenes of both splits; a prior of materials alone to none.
    counts = [MixturePrior.open(tmp_path / "a" / f"{name}.npz").source for name in pretrained.NAMES]
    assert "of 4 scenes" in counts[0] and "(train, validation)" in counts[0] and "of 0 scenes" in counts[1]


def test_card_says_what_was_left_out(demo_records, tmp_path, program, small):
    make(program, demo_records[0], tmp_path, "--model=cave_and_materials")
    card = read_json(tmp_path / "cave_and_materials.json")
    assert "fitted to the other 3 scenes" in card["how"]
    assert card["settings"]["components"] == 3 and card["data"]["cubes"]["source"] == "demo"
    assert len(card["measured"]) == 4 + 1 + len(measure.PICTURES) + 1
    assert not (tmp_path / "materials.npz").exists()


def test_the_measurement_is_of_scenes_that_were_not_fitted(demo_records, monkeypatch, tmp_path, small):
    """A prior that has seen the scene would be better: the numbers must not be its."""
    from hsgan.pretrained import build

    seen = []
    fit = build.fit
    monkeypatch.setattr(build, "fit", lambda *arguments: seen.append(arguments[-1]) or fit(*arguments))
    measured = []
    monkeypatch.setattr(build, "measure", lambda method, scenes, _: measured.append(sorted(scenes)) or [])
    build.build("cave_and_materials", demo_records[0], "default", tmp_path)
    assert seen == [("train",), ("train", "validation")] and len(measured[0]) == 1


def test_pictures_are_read_better_as_what_they_are(demo_records):
    from hsgan.reconstruct.pretrained import pretrained_method
    from hsgan.records.reader import iterate_cubes

    method = pretrained_method("materials")
    scenes = dict(iterate_cubes(demo_records[0], "validation"))
    kinds = {(kind.photo, kind.read_as): kind for kind in measure.kinds(method, cameras())}
    known, mean = (measure._score(method, kinds["RAW of a Nikon D700", way], *scenes.values())
                   for way in ("that camera", "the mean camera"))  # fmt: skip
    assert known["psnr"] > mean["psnr"] and 0 <= known["coverage_90"] <= 1


def cameras():
    """Cameras of the names that are measured, made of the embedded ones."""
    grid = np.arange(400, 701, 10)
    default = srf.load("default", grid)
    responses = default.responses[[0, 9, 18]]
    return srf.SrfDictionary(measure.CAMERAS, default.wavelengths_nm, responses, "test")


def test_a_missing_camera_is_named(demo_records, tmp_path, program, monkeypatch):
    monkeypatch.setitem(recipes.RECIPES, "materials", replace(recipes.RECIPES["materials"], settings=SMALL))
    arguments = f"--data={demo_records[0]}", "--cameras=default", f"--output={tmp_path}", "--model=materials"
    status, _, stderr = program("hsgan.pretrained", *arguments)
    assert status == 1 and stderr.count("\n") == 1 and "no 'Nikon D700' among the 28 cameras" in stderr
    assert not list(tmp_path.iterdir())
