"""Tiles cover the image once with whole halos; a network run over them gives the untiled numbers, bit for bit."""

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.reconstruct import tiling

RNG = np.random.default_rng(5)


def filtered(rgb, radius):
    """A stand-in for a network: exact integer sums over a square with zeros outside; a border is seen everywhere."""
    padded = np.pad(rgb, [(radius, radius), (radius, radius), (0, 0)], constant_values=0)
    side = 2 * radius + 1
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))
    weights = np.arange(1, side * side + 1).reshape(side, side) % 7
    return np.einsum("hwcij,ij->hwc", windows, weights).astype(np.float32)


def image(height, width):
    """Small integers: sums of them are exact in float32."""
    return RNG.integers(0, 256, (height, width, 3)).astype(np.float32)


def joined(parts, shape):
    """The image of the yielded blocks; each pixel must come once."""
    found, count = np.zeros(shape, np.float32), np.zeros(shape[:2], int)
    for block, part in parts:
        found[block] = part
        count[block] += 1
    assert (count == 1).all()
    return found


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (40, 3), (37, 53), (64, 64)])
@pytest.mark.parametrize("tile", [1, 2, 5, 16, 64])
@pytest.mark.parametrize("radius", [0, 1, 6])
def test_tiles_give_the_untiled_numbers(size, tile, radius):
    rgb = image(*size)
    found = joined(tiling.run_tiles(lambda window: filtered(window, radius), rgb, tile, radius), rgb.shape)
    np.testing.assert_array_equal(found, filtered(rgb, radius))


def test_a_radius_one_too_small_is_seen():
    rgb = image(40, 40)
    found = joined(tiling.run_tiles(lambda window: filtered(window, 3), rgb, 8, 2), rgb.shape)
    assert (found != filtered(rgb, 3)).any()


@pytest.mark.parametrize("size", [(1, 1), (7, 90), (50, 64), (53, 61)])
@pytest.mark.parametrize("tile", [1, 9, 24])
@pytest.mark.parametrize(("radius", "stride"), [(0, 8), (5, 4), (12, 8)])
def test_strides_are_kept(size, tile, radius, stride):
    for block, window, inner in tiling.tiles(*size, tile, radius, stride):
        for part, wide, within, side in zip(block, window, inner, size, strict=True):
            assert wide.start % stride == 0 and (wide.stop % stride == 0 or wide.stop == side)
            assert part.start - wide.start >= radius or wide.start == 0
            assert wide.stop - part.stop >= radius or wide.stop == side
            assert (wide.start + within.start, wide.start + within.stop) == (part.start, part.stop)
            assert part.start < part.stop
    blocks = [(tile.block, np.ones([side.stop - side.start for side in tile.block] + [1]))
              for tile in tiling.tiles(*size, tile, radius, stride)]  # fmt: skip
    assert joined(blocks, (*size, 1)).all()


@pytest.mark.parametrize("side", [200, 481, 1000])
def test_windows_have_one_size_and_a_bound(side):
    windows = {tuple(part.stop - part.start for part in tile.window) for tile in tiling.tiles(side, side, 100, 24)}
    assert len(windows) == 1
    assert max(windows.pop()) <= 100 + 2 * 24


def test_an_unbounded_radius_takes_the_whole_image_but_not_any_size():
    rgb = image(20, 30)
    ((block, part),) = tiling.run_tiles(lambda window: window, rgb, 4, None)
    assert block == (slice(0, 20), slice(0, 30))
    np.testing.assert_array_equal(part, rgb)
    with pytest.raises(DataError, match=r"at most 599 pixels\. Received: 20 x 30; make it smaller"):
        list(tiling.run_tiles(lambda window: window, rgb, 4, None, whole_pixels=599))


@pytest.mark.parametrize(("size", "most"), [((37, 53), 10000), ((300, 200), 1000), ((1, 5000), 100), ((5000, 2), 100)])
def test_thumbnails_are_means_over_squares(size, most, monkeypatch):
    monkeypatch.setattr(tiling, "_READ_PIXELS", 700)
    rgb = image(*size)
    found = tiling.thumbnail(rgb, most)
    factor = int(np.ceil(np.sqrt(size[0] * size[1] / most)))
    rows, columns = (min(factor, side) for side in size)
    whole = rgb[: size[0] // rows * rows, : size[1] // columns * columns].astype(float)
    expected = whole.reshape(size[0] // rows, rows, size[1] // columns, columns, 3).mean(axis=(1, 3))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6)  # float32 sums of some hundred values


def test_a_memory_mapped_file_is_read_in_parts(tmp_path):
    np.save(tmp_path / "photo.npy", RNG.integers(0, 256, (60, 45, 3)).astype(np.uint8))
    array, largest = np.load(tmp_path / "photo.npy", mmap_mode="r"), []

    def decode(part):
        largest.append(part.shape[0] * part.shape[1])
        return part.astype(np.float32) / 255

    rgb = tiling.Decoded(array, decode)
    assert rgb.shape == (60, 45, 3)
    found = joined(tiling.run_tiles(lambda window: window, rgb, 10, 3), rgb.shape)
    np.testing.assert_array_equal(found, decode(array))
    assert max(largest[:-1]) <= 16 * 16


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (4, 4, 1), (0, 4, 3), (4, 0, 3), (1, 4, 4, 3)])
def test_other_shapes_are_refused(shape):
    rgb = np.zeros(shape, np.float32)
    with pytest.raises(DataError, match=r"image: must be \[height, width, 3\] with at least one pixel. Received: \["):
        list(tiling.run_tiles(lambda window: window, rgb, 4, 1))
    with pytest.raises(DataError, match="give one RGB image"):
        tiling.thumbnail(rgb)


def test_other_types_and_values_that_are_not_finite_are_refused():
    with pytest.raises(DataError, match=r"must be float32 .* Received: uint8"):
        list(tiling.run_tiles(lambda window: window, np.zeros((4, 4, 3), np.uint8), 4, 1))
    for bad in (np.nan, np.inf):
        rgb = image(30, 30)
        rgb[21, 7, 1] = bad
        with pytest.raises(DataError, match=r"must be finite\. Received: NaN or infinity in row 21, column 7"):
            list(tiling.run_tiles(lambda window: window, rgb, 8, 2))
        with pytest.raises(DataError, match="row 21, column 7"):
            tiling.thumbnail(rgb, 100)
