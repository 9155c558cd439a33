"""The tracker on targets whose motion is known."""

import numpy as np
import pytest
from targets import moving_target

from hsgan.errors import ConfigError
from hsgan.metrics.tracking import center_errors
from hsgan.track import window
from hsgan.track.features import Features
from hsgan.track.settings import Settings
from hsgan.track.tracker import Tracker, View


@pytest.mark.parametrize("names, bands", [(("hog", "color"), 3), (("hog",), 3), (("sshmg", "abundances"), 8)])
def test_follows_a_moving_target_within_a_pixel(names, bands):
    frames, truth = moving_target(bands=bands)
    tracker = Tracker(Features(names), frames[0], truth[0])
    found = np.array([tracker.box, *(tracker.update(frame) for frame in frames[1:])])
    errors = center_errors(truth, found)
    assert np.abs(np.diff(truth[:, :2], axis=0)).max() > 2  # pixels a frame, between cells
    assert errors.max() < 1


@pytest.mark.parametrize("growth", [1.01, 0.99])
def test_follows_a_target_that_grows_or_shrinks(growth):
    frames, truth = moving_target(size=256, side=40, count=16, growth=growth)
    tracker = Tracker(Features(("hog", "color")), frames[0], truth[0])
    found = np.array([tracker.box, *(tracker.update(frame) for frame in frames[1:])])
    assert center_errors(truth, found).max() < 1
    # Sizes are seen less well than places: a cell is a tenth of the target.
    assert found[-1, 2] / truth[-1, 2] == pytest.approx(1, abs=0.1)
    assert np.sign(found[-1, 2] - found[0, 2]) == np.sign(growth - 1)


def test_a_large_target_is_followed_in_a_shrunk_window():
    frames, truth = moving_target(size=320, side=70, count=4)
    tracker = Tracker(Features(("hog",)), frames[0], truth[0])
    assert tracker.cells == Settings().max_cells and tracker.pixel > 1.5
    found = np.array([tracker.box, *(tracker.update(frame) for frame in frames[1:])])
    assert center_errors(truth, found).max() < 1


def test_the_box_stays_in_the_frame_when_the_target_leaves():
    frames, truth = moving_target(count=6, velocity=(-16.0, 0.0))
    tracker = Tracker(Features(("hog",)), frames[0], truth[0])
    for frame in frames[1:]:
        tracker.update(frame)
        assert (tracker.center >= 0).all() and (tracker.center <= frame.shape[0]).all()


def test_no_learning_keeps_the_filter():
    frames, truth = moving_target(count=3)
    still = Tracker(Features(("hog",)), frames[0], truth[0], Settings(learning_rate=0.0))
    before = [half.copy() for half in still.filters]
    still.update(frames[1])
    for half, old in zip(still.filters, before, strict=True):
        np.testing.assert_allclose(half, old, rtol=1e-4, atol=1e-6 * np.abs(old).max())


def test_settings_report_all_problems_together():
    with pytest.raises(ConfigError, match=r"tracker: cell must be at least 1, is 0; scales must be odd.*, is 2$"):
        Settings(cell=0, scales=2)


def test_a_view_looks_once_and_again_where_it_must():
    frames, _ = moving_target(count=1)
    calls = []

    class Counted(Features):
        def maps(self, pixels, grain):
            calls.append(pixels.shape)
            return super().maps(pixels, grain)

    features = Counted(("hog", "color"))
    features.begin(frames[0])
    view = View(features, frames[0], 2)
    first = view.cells(np.array([50.0, 60.0]), np.array([4.0, 4.04]), 10)
    assert first.shape == (2, 10, 10, 42)
    near = view.cells(np.array([50.5, 59.5]), np.array([4.0]), 10)
    assert len(calls) == 1 and calls[0][0] < 60
    view.cells(np.array([70.0, 60.0]), np.array([4.0]), 10)
    assert len(calls) == 2
    # What was looked at before does not matter for what is seen.
    fresh = View(features, frames[0], 2).cells(np.array([50.5, 59.5]), np.array([4.0]), 10)
    np.testing.assert_allclose(near, fresh, atol=1e-5)


def test_shrinking_takes_means():
    frame = np.random.default_rng(0).random((5, 6, 2), np.float32)
    found = window.shrink(frame, 2)
    assert found.shape == (3, 3, 2) and window.shrink(frame, 1) is frame
    np.testing.assert_allclose(found[1, 2], frame[2:4, 4:6].mean(axis=(0, 1)), rtol=1e-6)
    np.testing.assert_allclose(found[2, 0], frame[4, :2].mean(axis=0), rtol=1e-6)
