"""The paired stream: what a camera makes of a patch, who is drawn, and where a stream goes on."""

import numpy as np
import pytest

from hsgan.data import pairs, pipelines, sources
from hsgan.metrics.srf import srf_error
from hsgan.records.manifest import read_manifest
from hsgan.spectra import developed
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.observer import observer


@pytest.fixture
def dictionary():
    return srf_lib.load("default", np.arange(400, 701, 10, dtype=np.float32))


@pytest.fixture
def config(small_config):
    small_config.model = "hscnn_d"
    small_config.data.rgb = "nowhere"  # paired training reads no photos
    return small_config


def paired(config, dictionary, start_step=0):
    return pairs.paired(config, read_manifest(config.data.cubes), dictionary, start_step)


def batches(stream, count):
    return [{name: value.numpy() for name, value in batch.items()} for batch in stream.take(count)]


def test_rgb_is_the_projection_by_a_camera_of_the_dictionary(config, dictionary):
    few = dictionary.without(dictionary.names[3:])
    seen = set()
    for batch in batches(paired(config, few), 6):
        for cube, rgb, srf in zip(batch["cube"], batch["rgb"], batch["srf"], strict=True):
            # Two ways to sum 31 products of float32 in [0, 1].
            np.testing.assert_allclose(rgb, cube @ srf.T, atol=1e-6)
            matches = [name for name in few.names if np.array_equal(few.srf(name), srf)]
            assert len(matches) == 1
            seen.update(matches)
    assert seen == set(few.names)


def test_a_later_start_goes_on_where_an_uninterrupted_stream_is(config, dictionary):
    config.data.quarter_turns = True
    whole, rest = batches(paired(config, dictionary), 5), batches(paired(config, dictionary, 3), 2)
    for early, late in zip(whole[3:], rest, strict=True):
        for name in early:
            np.testing.assert_array_equal(early[name], late[name])


def test_quarter_turns_transpose_some_patches_and_leave_the_others(config, dictionary):
    plain = [cube.numpy() for cube in pipelines.cube_patches(config, read_manifest(config.data.cubes)).take(4)]
    config.data.quarter_turns = True
    turned = [batch["cube"] for batch in batches(paired(config, dictionary), 4)]
    kinds = set()
    for before, after in zip(np.concatenate(plain), np.concatenate(turned), strict=True):
        same, transposed = np.array_equal(before, after), np.array_equal(before.transpose(1, 0, 2), after)
        assert same or transposed
        kinds.add(same)
    assert kinds == {True, False}


def test_synthetic_pairs_are_projections_under_mixtures_of_cameras(dictionary):
    cameras, cube = dictionary, np.random.default_rng(0).random((3, 4, 5, 31)).astype(np.float32)
    made, rgb, cameras_of = (value.numpy() for value in pairs.synthetic(cube, cameras, 0.5, (1, 2)))
    gain = made / cube
    np.testing.assert_allclose(gain, gain[:, :1, :1, :1] * np.ones_like(gain), rtol=1e-5)
    assert (np.abs(np.log(gain)) <= 0.5 + 1e-5).all() and np.ptp(gain) > 0.01
    np.testing.assert_allclose(rgb, np.einsum("bhws,bcs->bhwc", made, cameras_of), rtol=1e-4)
    np.testing.assert_allclose(cameras_of.sum(axis=-1), 1, rtol=1e-5)
    low, high = cameras.responses.min(axis=0) - 1e-6, cameras.responses.max(axis=0) + 1e-6
    assert ((cameras_of >= low) & (cameras_of <= high)).all()


def test_kinds_of_cameras(config, dictionary):
    few = dictionary.without(dictionary.names[2:])
    assert sources.drawn_cameras(config, few) is few
    config.cameras.kinds = ("raw", "rendered", "srgb")
    drawn = sources.drawn_cameras(config, few)
    assert drawn.names == (*few.names, *(f"{name}, rendered" for name in few.names), "srgb")
    seen = {srf.tobytes() for batch in batches(paired(config, few), 12) for srf in batch["srf"]}
    assert seen == {srf.tobytes() for srf in drawn.responses}
    config.cameras.kinds = ("srgb",)
    for batch in batches(paired(config, few), 2):
        for srf in batch["srf"]:
            np.testing.assert_array_equal(srf, developed.responses(dictionary.wavelengths_nm))


def test_what_a_camera_renders_is_near_srgb_and_of_an_observer_it_is_srgb(dictionary):
    grid = dictionary.wavelengths_nm
    srgb = developed.responses(grid)
    for light in ("D65", "E"):
        # Any combination of the observer's curves renders exactly.
        mixed = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.0, 0.3, 0.7]]) @ observer(grid)
        found = developed.rendered(mixed[None], grid, light)[0]
        np.testing.assert_allclose(found, developed.responses(grid, light), atol=1e-5)
    rendered = developed.rendered(dictionary.responses, grid)
    errors = [[srf_error(srgb, srf) for srf in kind] for kind in (rendered, dictionary.responses)]
    assert np.mean(errors[0]) < 0.5 * np.mean(errors[1]) and rendered.min() < -0.01
    np.testing.assert_allclose(rendered.sum(axis=-1), 1, atol=1e-5)
