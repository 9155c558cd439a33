"""The stream of single pixels: what is in a batch, and that it goes on where it stopped."""

import itertools

import numpy as np
import pytest

from hsgan import config as config_lib
from hsgan.data.pixels import pixel_pairs
from hsgan.data.share import WHOLE, Share
from hsgan.records.manifest import read_manifest
from hsgan.spectra import srf

GRID = np.arange(400, 701, 10)
DICTIONARY = srf.load("default", GRID)


@pytest.fixture
def config(demo_records):
    config = config_lib.load("mixture")
    config.data.cubes = str(demo_records[0])
    config.train.batch, config.mixture.pixels = 50, 300
    return config


def batches(config, count, start_step=0, share=WHOLE):
    stream = pixel_pairs(config, read_manifest(config.data.cubes), DICTIONARY, start_step, share)
    return list(itertools.islice(stream.as_numpy_iterator(), count))


def test_rgb_is_the_projection_by_a_convex_mixture_of_cameras(config):
    config.mixture.blind = 0.0
    cameras = DICTIONARY.responses.reshape(len(DICTIONARY.names), -1).T
    for batch in batches(config, 3):
        assert batch["cube"].shape == (50, 1, 1, 31) and np.ptp(batch["srf"], axis=0).max() == 0
        np.testing.assert_allclose(batch["rgb"][:, 0], batch["cube"][:, 0] @ batch["srf"][0].T, rtol=1e-5)
        shares = np.linalg.lstsq(cameras, batch["srf"][0].reshape(-1))[0]
        np.testing.assert_allclose(cameras @ shares, batch["srf"][0].reshape(-1), atol=1e-6)
        np.testing.assert_allclose(batch["srf"].sum(axis=-1), 1, rtol=1e-5)


def test_the_mean_camera_is_told_in_its_share_of_the_steps(config):
    mean = DICTIONARY.responses.mean(axis=0)
    config.mixture.blind = 0.5
    told = [np.allclose(batch["srf"][0], mean, atol=1e-6) for batch in batches(config, 40)]
    assert 10 < sum(told) < 30  # 20 expected, deviation 3
    config.mixture.blind = 1.0
    batch = batches(config, 1)[0]
    np.testing.assert_allclose(batch["srf"][0], mean, atol=1e-6)
    assert np.abs(batch["rgb"] - batch["cube"] @ mean.T).max() > 1e-3


@pytest.mark.parametrize("materials", [0.0, 0.5])
def test_materials_have_their_share(config, materials):
    """The cubes' pixels are under lights; of the materials some are nearly pure, and exactly so in the tables."""
    from hsgan.prior.samples import materials_at

    config.prior.materials = materials
    measured = materials_at(GRID)
    directions = measured / np.linalg.norm(measured, axis=1, keepdims=True)
    spectra = batches(config, 1)[0]["cube"][:, 0, 0]
    nearest = (spectra @ directions.T / np.linalg.norm(spectra, axis=1, keepdims=True)).max(axis=1)
    assert (nearest[25:] > 1 - 1e-6).any() == (materials > 0) and not (nearest[:25] > 1 - 1e-6).any()


def test_a_resumed_stream_goes_on(config):
    whole, rest = batches(config, 4), batches(config, 2, start_step=2)
    for one, other in zip(whole[2:], rest, strict=True):
        for name in one:
            np.testing.assert_array_equal(one[name], other[name])
    assert not np.array_equal(whole[0]["cube"], whole[1]["cube"])


def test_a_worker_gets_its_own_rows_of_the_whole_batch(config):
    parts = [batches(config, 2, share=Share(worker, 2)) for worker in range(2)]
    for whole, *own in zip(batches(config, 2), *parts, strict=True):
        for name, values in whole.items():
            np.testing.assert_array_equal(np.concatenate([part[name] for part in own]), values)
            assert len(own[0][name]) == 25
