"""Cubes of frames: a video is a developed picture, simulated frames are a sensor's own values."""

import numpy as np
import pytest
from targets import sequence_of

from hsgan.benchmark import trackers
from hsgan.reconstruct.camera import ESTIMATE, Camera
from hsgan.reconstruct.methods import Knowledge, closed_forms
from hsgan.spectra import developed
from hsgan.spectra.imaging import srgb_decode
from hsgan.spectra.srf import default_dictionary
from hsgan.track.cubes import FrameCubes, mosaic_filters
from hsgan.track.simulate import simulated_sequences

WAVELENGTHS_NM = np.arange(400, 701, 10.0)
DICTIONARY = default_dictionary(WAVELENGTHS_NM)
PICTURE = developed.responses(WAVELENGTHS_NM)
MEAN = DICTIONARY.responses.mean(axis=0)
FRAME = np.random.default_rng(0).integers(0, 256, (12, 10, 3), np.uint8)


def simulated():
    return simulated_sequences(1, DICTIONARY.responses[3], WAVELENGTHS_NM)[0]


@pytest.fixture
def method():
    return closed_forms(DICTIONARY, Knowledge((np.full(31, 0.3), np.eye(31))), ["smooth"])[0]


def sixteen(method, srf):
    """The frame's cube under an SRF, in 16 bands."""
    return method.cube(srgb_decode(FRAME / np.float32(255)).numpy(), srf) @ mosaic_filters(WAVELENGTHS_NM).T


@pytest.mark.parametrize(
    ("options", "name", "srf"),
    [
        ({}, "srgb", PICTURE),
        ({"origin": sequence_of("a").origin}, "srgb", PICTURE),
        ({"origin": simulated().origin}, "mean camera", MEAN),
        ({"wish": ESTIMATE}, "mean camera", MEAN),
        ({"wish": "Nikon 5100", "origin": simulated().origin}, "Nikon 5100", DICTIONARY.srf("Nikon 5100")),
        ({"camera": Camera("mine", DICTIONARY.responses[7], "told")}, "mine", DICTIONARY.responses[7]),
    ],
)
def test_the_camera_of_the_frames(method, options, name, srf):
    cubes = FrameCubes(method, **options)
    found = cubes(FRAME)
    assert cubes.camera.name == name
    np.testing.assert_allclose(found, sixteen(method, srf), atol=1e-5)
    cubes(FRAME // 2)
    np.testing.assert_array_equal(cubes.camera.srf, srf)


def test_a_suite_reads_each_sequence_as_what_it_is(method, monkeypatch):
    seen = []
    monkeypatch.setattr(trackers, "follow", lambda sequence, cubes=None: seen.append((cubes.camera, cubes.origin)))
    row = next(row for row in trackers.contenders([method]) if row.name == method.name)
    videos = [sequence_of("a"), simulated()]
    for sequence in videos:
        row.follow(sequence)
    assert seen == [(None, sequence.origin) for sequence in videos] and seen[0][1].kind != seen[1][1].kind
