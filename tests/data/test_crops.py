"""Crops are what they say: sub-windows, area averages, labels that stay on their pixels."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan.data import crops
from hsgan.data.area import average_window
from hsgan.records.schema import VOID


def _coordinates(height, width):
    """Returns an array whose values are the coordinates: [height, width, 2]."""
    return np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1)


def _steps(plane, axis):
    return np.unique(np.diff(plane, axis=axis))


@pytest.mark.parametrize("seed", range(12))
def test_cube_crop_at_factor_one_is_a_sub_window(seed):
    values = _coordinates(20, 30).astype(np.uint16)
    crop = crops.cube_crop(tf.constant(values), [1, seed], 8, (1.0, 1.0)).numpy()
    assert crop.shape == (8, 8, 2) and crop.dtype == np.float32
    rows, columns = crop[..., 0], crop[..., 1]
    # One step of +1 or -1 (flipped) along its own axis, none along the other.
    assert _steps(rows, 0).tolist() in ([1], [-1]) and _steps(columns, 1).tolist() in ([1], [-1])
    assert _steps(rows, 1).tolist() == [0] == _steps(columns, 0).tolist()


def test_cube_crops_reach_everywhere_and_flip_both_ways():
    values = tf.constant(_coordinates(10, 11).astype(np.uint16))
    found = [crops.cube_crop(values, [2, seed], 8, (1.0, 1.0)).numpy() for seed in range(80)]
    assert {crop[..., 0].min() for crop in found} == {0, 1, 2}
    assert {crop[..., 1].min() for crop in found} == {0, 1, 2, 3}
    flips = {(crop[0, 0, 0] > crop[-1, 0, 0], crop[0, 0, 1] > crop[0, -1, 1]) for crop in found}
    assert len(flips) == 4


def test_cube_crop_at_factor_half_is_the_mean_of_2x2_blocks():
    values = np.random.default_rng(0).integers(0, 65536, (16, 16, 3)).astype(np.uint16)
    crop = crops.cube_crop(tf.constant(values), [1, 3], 8, (0.5, 0.5)).numpy()
    expected = values.reshape(8, 2, 8, 2, 3).mean(axis=(1, 3))
    flips = [expected[::a, ::b] for a in (1, -1) for b in (1, -1)]
    # Float32 sums of four 16-bit numbers.
    assert min(abs(crop - flip).max() for flip in flips) < 1e-2


@pytest.mark.parametrize("window", [(7, 41), (8, 12), (53, 8), (3, 5)])
@pytest.mark.parametrize("flips", [(False, False), (True, False), (False, True), (True, True)])
def test_window_average_weighs_pixels_by_their_overlap(window, flips):
    """Against sums of areas in double precision: windows that shrink and that grow, with fractions of pixels."""
    size, unit, offset = 18, 0.25, (2, 3)
    values = np.random.default_rng(0).integers(0, 65536, (60, 50, 3)).astype(np.uint16)
    found = average_window(tf.constant(values), tf.constant(offset), tf.constant(window), size, flips, unit)
    expected = values[2 : 2 + window[0], 3 : 3 + window[1]].astype(np.float64) * unit
    for axis in (0, 1):
        weights = np.zeros((size, window[axis]))
        for index in range(size):
            low, high = index * window[axis] / size, (index + 1) * window[axis] / size
            pixels = np.arange(window[axis])
            weights[index] = np.clip(np.minimum(high, pixels + 1) - np.maximum(low, pixels), 0, None) / (high - low)
        weights = weights[::-1] if flips[axis] else weights
        expected = np.moveaxis(np.tensordot(weights, expected, (1, axis)), 0, axis)
    np.testing.assert_allclose(found, expected, rtol=1e-5)  # float32 sums of some tens of numbers


def test_cube_scale_is_drawn_for_each_axis():
    values = tf.constant(_coordinates(400, 400).astype(np.uint16))
    spans = []
    for seed in range(40):
        crop = crops.cube_crop(values, [4, seed], 32, (0.25, 1.0)).numpy()
        spans.append([np.ptp(crop[..., 0]) / 31, np.ptp(crop[..., 1]) / 31])
    spans = np.array(spans)
    assert spans.min() >= 0.99 and spans.max() <= 4.01  # the step between pixels is 1 / factor
    assert spans.max() > 3 and spans.min() < 1.3
    assert abs(np.corrcoef(spans.T)[0, 1]) < 0.5


def test_window_larger_than_the_scene_is_the_whole_scene():
    values = _coordinates(12, 40).astype(np.uint16)
    crop = crops.cube_crop(tf.constant(values), [1, 2], 8, (0.25, 0.25)).numpy()  # wants 32x32
    np.testing.assert_allclose(np.sort(crop[:, 0, 0]), [0.25, 1.75, 3.25, 4.75, 6.25, 7.75, 9.25, 10.75], atol=0.1)


def _marked_photo(height, width):
    """Returns an image whose channels are the coordinates over 255, and labels that equal the row or column parity."""
    grid = _coordinates(height, width)
    image = np.concatenate([grid, grid[..., :1] * 0], axis=-1).astype(np.float32) / 255
    labels = (grid[..., 0] * 7 + grid[..., 1]) % 200
    return tf.constant(image), tf.constant(labels.astype(np.uint8))


@pytest.mark.parametrize("seed", range(8))
def test_labels_stay_on_their_pixels_at_factor_one(seed):
    image, labels = _marked_photo(30, 40)
    crop, kept = crops.photo_crop(image, labels, [1, seed], 16, (1.0, 1.0))
    position = np.rint(crop.numpy()[..., :2] * 255).astype(int)
    np.testing.assert_array_equal(kept, labels.numpy()[position[..., 0], position[..., 1]])
    assert kept.dtype == tf.int32


@pytest.mark.parametrize("factor", [0.5, 0.7, 2.0])
def test_labels_stay_on_their_pixels_under_scale_and_flip(factor):
    image, labels = _marked_photo(64, 64)
    for seed in range(6):
        crop, kept = crops.photo_crop(image, labels, [2, seed], 24, (factor, factor))
        position = crop.numpy()[2:-2, 2:-2, :2] * 255  # at the rim the filter is cut and not centered
        ids = kept.numpy()[2:-2, 2:-2]
        near = np.rint(position).astype(int)
        # The nearest pixel's label: the one under the interpolated position or a direct neighbor.
        around = [labels.numpy()[near[..., 0] + dy, near[..., 1] + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
        assert np.any([ids == neighbor for neighbor in around], axis=0).all()
        assert (kept.numpy() != VOID).all()


def test_photo_crop_flips_left_to_right_only():
    image, labels = _marked_photo(16, 16)
    found = [crops.photo_crop(image, labels, [3, seed], 16, (1.0, 1.0))[0].numpy() for seed in range(20)]
    assert {float(crop[0, 0, 0] * 255) for crop in found} == {0.0}
    assert {round(float(crop[0, 0, 1] * 255)) for crop in found} == {0, 15}


def test_small_photo_is_reflected_and_void_there():
    image, labels = _marked_photo(10, 40)
    crop, kept = crops.photo_crop(image, labels, [1, 1], 16, (0.5, 1.0))
    rows = np.rint(crop.numpy()[:, 0, 0] * 255).astype(int)
    assert rows.tolist() == [3, 2, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6]
    void = (kept.numpy() == VOID).all(axis=1)
    assert void.tolist() == [True] * 3 + [False] * 10 + [True] * 3


def test_photo_far_smaller_than_the_crop_is_reflected_as_often_as_need_be():
    image, labels = _marked_photo(3, 2)
    crop, _ = crops.photo_crop(image, labels, [1, 1], 16, (1.0, 1.0))
    assert set(np.rint(crop.numpy()[..., 0].ravel() * 255)) == {0, 1, 2}


def test_photo_that_fits_at_some_factor_is_never_padded():
    image, labels = _marked_photo(24, 50)
    for seed in range(20):
        _, kept = crops.photo_crop(image, labels, [5, seed], 32, (0.5, 2.0))
        assert (kept.numpy() != VOID).all()


def test_shrink_is_the_area_mean():
    image = np.random.default_rng(0).random((12, 12, 3)).astype(np.float32)
    expected = image.reshape(4, 3, 4, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(crops.shrink(tf.constant(image), 4), expected, rtol=1e-5)  # float32 sums of nine
