"""Simulated videos: the target is where the boxes say, and both forms show the same."""

import numpy as np
import pytest

from hsgan.spectra.srf import default_dictionary
from hsgan.track.cubes import mosaic_filters
from hsgan.track.simulate import Movie, simulated_sequences

WAVELENGTHS_NM = np.arange(400, 701, 10.0)


@pytest.fixture(scope="module")
def dictionary():
    return default_dictionary(WAVELENGTHS_NM)


@pytest.fixture(scope="module")
def sequences(dictionary):
    return simulated_sequences(2, dictionary.srf(dictionary.default_test_camera), WAVELENGTHS_NM)


def test_both_forms_have_one_path(sequences):
    assert [sequence.name for sequence in sequences] == ["sim-1", "sim-1-HSI", "sim-2", "sim-2-HSI"]
    assert [sequence.bands for sequence in sequences] == [3, 16, 3, 16]
    np.testing.assert_array_equal(sequences[0].truth, sequences[1].truth)
    assert not np.array_equal(sequences[0].truth, sequences[2].truth)
    steps = np.abs(np.diff(sequences[0].truth[:, :2], axis=0))
    assert 1 < steps.max() < 15 and len(sequences[0].truth) == 80


def test_frames_are_the_same_again(sequences):
    first, second = (next(iter(sequences[0].frames())) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.uint8 and first.shape == (192, 192, 3)
    cube = next(iter(sequences[1].frames()))
    assert cube.dtype == np.float32 and cube.shape == (192, 192, 16)


def test_the_target_lies_in_its_box(dictionary):
    from hsgan.demo.materials import load

    movie = Movie(0, load(WAVELENGTHS_NM), size=96, count=6)
    still = Movie(0, load(WAVELENGTHS_NM), size=96, count=6)
    still.patches[0] = np.zeros_like(still.patches[0])
    boxes = movie.boxes()
    for number in (0, 5):
        changed = (np.abs(movie.cube(number) - still.cube(number)) > 1e-6).any(axis=-1)
        rows, columns = np.nonzero(changed)
        left, top, width, height = boxes[number]
        # To half a pixel of soft rim on each side.
        for low, high, start, size in (
            (columns.min(), columns.max() + 1, left, width),
            (rows.min(), rows.max() + 1, top, height),
        ):
            assert start - 1.5 < low < start + 1.5 and start + size - 1.5 < high < start + size + 1.5


def test_bands_of_the_mosaic_keep_a_flat_spectrum_and_a_slope():
    matrix = mosaic_filters(WAVELENGTHS_NM)
    assert matrix.shape == (16, 31)
    np.testing.assert_allclose(matrix @ np.full(31, 0.3), 0.3)
    np.testing.assert_allclose(matrix @ WAVELENGTHS_NM, np.arange(470, 621, 10), atol=1e-6)  # the filters are even
