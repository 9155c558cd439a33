"""The paired stream: what a camera makes of a patch, who is drawn, and where a stream goes on."""

import numpy as np
import pytest
import scipy.fft

from hsgan.data import pairs, pipelines, sources
from hsgan.data.share import WHOLE, Share
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


def paired(config, dictionary, start_step=0, share=WHOLE):
    return pairs.paired(config, read_manifest(config.data.cubes), dictionary, start_step, share)


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


def test_variants_are_groups_of_all_cameras_under_one_shift_and_stretch(config, dictionary):
    few, grid = dictionary.without(dictionary.names[2:]), dictionary.wavelengths_nm
    config.cameras.update({"variants": 3, "shift_nm": 12.0, "stretch": 0.0})
    drawn = sources.drawn_cameras(config, few)
    groups = np.split(drawn.responses, 4)
    np.testing.assert_array_equal(groups[0], few.responses)
    shifts = [float(name.split(", ")[1].split(" nm")[0]) for name in drawn.names[2::2]]
    assert all(abs(shift) <= 12 for shift in shifts) and len(set(shifts)) == 3
    for shift, group in zip(shifts, groups[1:], strict=True):
        for before, after in zip(few.responses, group, strict=True):
            # Names have a tenth of a nm; per nm a response of 31 bands changes by less than 0.01.
            np.testing.assert_allclose(after, srf_lib.varied(before, grid, shift), atol=5e-4)
    config.cameras.update({"shift_nm": 0.0})
    np.testing.assert_allclose(
        sources.drawn_cameras(config, few).responses, np.tile(few.responses, (4, 1, 1)), atol=1e-6
    )


def test_a_shift_off_the_wavelengths_is_a_problem_of_the_cameras(config):
    config.cameras.update({"variants": 50, "shift_nm": 900.0})
    problems = sources.camera_problems(config)
    assert len(problems) == 1 and "lies outside the wavelengths" in problems[0]


def test_synthetic_pairs_mix_cameras_of_one_group(dictionary):
    one, other = dictionary.responses[:1], dictionary.responses[1:2]
    both = srf_lib.SrfDictionary(("a", "b"), dictionary.wavelengths_nm, np.concatenate([one, other]), "test")
    _, _, found = pairs.synthetic(np.ones((40, 1, 1, 31), np.float32), both, 0.0, (1, 2), groups=2)
    kinds = {srf.tobytes() for srf in found.numpy()}
    assert kinds == {one.astype(np.float32).tobytes(), other.astype(np.float32).tobytes()}


def test_nothing_is_diversified_by_default(config):
    cube = np.random.default_rng(0).random((2, 3, 3, 31)).astype(np.float32)
    assert pairs.diversified(cube, config.pairs, (1, 2), len(cube), None) is cube


def test_mixed_scenes_are_convex_with_the_patch_before(config):
    levels = np.arange(60, dtype=np.float32)
    cube = np.broadcast_to(levels[:, None, None, None], (60, 2, 2, 31))
    mixed = pairs.mixed_scenes(cube, 0.5, (1, 2)).numpy()
    np.testing.assert_array_equal(mixed, np.broadcast_to(mixed[:, :1, :1, :1], mixed.shape))
    shares = (mixed[1:, 0, 0, 0] - levels[:-1]) / (levels[1:] - levels[:-1])  # of neighbors that differ by 1
    assert ((shares >= -1e-5) & (shares <= 1)).all()
    assert 15 < (shares < 1).sum() < 45  # 29.5 expected, deviation 3.8
    np.testing.assert_array_equal(pairs.mixed_scenes(cube, 0.0, (1, 2)), cube)
    same = np.ones_like(cube)
    np.testing.assert_allclose(pairs.mixed_scenes(same, 1.0, (1, 2)), same, rtol=1e-6)


def test_random_light_is_smooth_and_no_exposure():
    logs = np.log(pairs.random_light(4000, 31, 0.2, (3, 4)).numpy().astype(np.float64))
    np.testing.assert_allclose(logs.mean(axis=1), 0, atol=1e-6)  # of float32 gains
    parts = scipy.fft.dct(logs, axis=1)
    np.testing.assert_allclose(parts[:, 4:], 0, atol=1e-4)  # three cosines and no more
    assert np.sqrt((logs**2).mean()) == pytest.approx(0.2, rel=0.03)  # of 12,000 draws


def test_pairs_under_random_light_are_still_projections(config, dictionary):
    plain = batches(paired(config, dictionary), 1)[0]
    config.pairs.light = 0.3
    lit = batches(paired(config, dictionary), 1)[0]
    np.testing.assert_array_equal(lit["srf"], plain["srf"])
    gain = lit["cube"][..., 0] / np.maximum(plain["cube"][..., 0], 1e-6)
    assert np.ptp(gain, axis=(1, 2)).max() < 1e-3 and np.ptp(gain) > 0.05
    np.testing.assert_allclose(lit["rgb"], np.einsum("bhws,bcs->bhwc", lit["cube"], lit["srf"]), atol=1e-5)
    for worker in range(2):
        (own,) = batches(paired(config, dictionary, share=Share(worker, 2)), 1)
        np.testing.assert_array_equal(own["cube"], lit["cube"][worker : worker + 1])


def test_apart_are_the_rgb_of_one_patch_and_the_cube_of_another(config, dictionary):
    stream = pairs.apart(config, read_manifest(config.data.cubes), dictionary)
    for made, other in zip(batches(stream, 3), batches(paired(config, dictionary), 3), strict=True):
        assert set(made) == {"rgb", "cube"}
        np.testing.assert_array_equal(made["rgb"], other["rgb"])
        np.testing.assert_array_equal(made["cube"], other["cube"][[-1, *range(len(other["cube"]) - 1)]])
