"""Exported models by their metadata: what they know of themselves, and how large their windows are."""

import numpy as np
import pytest
from trained_run import described, network

from hsgan.errors import DataError
from hsgan.reconstruct.exported import Exported
from hsgan.spectra import developed

METADATA = described(network())
LATER = {"takes_negative_srf": False, "developed": None}  # what exports of before do not say, and what it is then


class Gray(Exported):
    """Repeats the mean of the channels; remembers the windows that it got."""

    def __init__(self, **changes):
        super().__init__(METADATA | changes, "gray.model")
        self.sizes = []

    def window(self, rgb, srf):
        self.sizes.append(rgb.shape[0] * rgb.shape[1])
        return rgb.mean(axis=-1, keepdims=True).repeat(self.bands, axis=-1)


@pytest.mark.parametrize(("radius", "stride", "most"), [(0, 1, 900), (9, 1, 900), (5, 8, 2500), (2, 4, 400)])
def test_windows_are_no_larger_than_the_model_takes(radius, stride, most):
    model = Gray(receptive_radius=radius, stride=stride)
    model.limit_windows(most)
    rgb = np.random.default_rng(0).random((120, 70, 3), np.float32)
    cube = model.cube(rgb, model.mean_camera)
    np.testing.assert_allclose(cube[..., 3], rgb.mean(axis=-1), rtol=1e-6)  # float32
    assert len(model.sizes) > 1 and max(model.sizes) <= most
    assert model.thumbnail_pixels == most


def test_a_whole_image_beyond_what_the_model_takes_is_refused():
    model = Gray(receptive_radius=None)
    model.limit_windows(120)
    assert model.cube(np.zeros((12, 10, 3), np.float32), model.mean_camera).shape == (12, 10, 31)
    with pytest.raises(DataError, match=r"at most 120 pixels\. Received: 11 x 11; make it smaller"):
        model.cube(np.zeros((11, 11, 3), np.float32), model.mean_camera)


def test_limits_beyond_its_own_change_nothing():
    model = Gray()
    before = model.tile, model.thumbnail_pixels, model.whole_pixels
    model.limit_windows(2**30)
    assert (model.tile, model.thumbnail_pixels, model.whole_pixels) == before


@pytest.mark.parametrize("name", [name for name in METADATA if name not in ("schema", "max_pixels", *LATER)])
def test_metadata_must_be_whole(name):
    rest = {key: value for key, value in METADATA.items() if key != name}
    with pytest.raises(DataError, match=rf"x\.tflite: its metadata is not whole \(KeyError: '{name}'\); export"):
        Exported.__init__(Gray(), rest, "x.tflite")


def test_an_export_of_before_is_read(monkeypatch):
    monkeypatch.setitem(globals(), "METADATA", {key: METADATA[key] for key in METADATA if key not in LATER})
    old = Gray()
    assert old.takes_negative_srf is LATER["takes_negative_srf"]
    np.testing.assert_array_equal(old.picture_srf, developed.responses(old.wavelengths_nm))


def test_what_is_said_of_a_picture_is_taken():
    other = METADATA["cameras"]["responses"][5]
    model = Gray(developed={"light": "D65", "srf": other})
    np.testing.assert_allclose(model.picture_srf, other, rtol=1e-6)  # float32
    with pytest.raises(DataError, match="its bands leave a channel of a developed picture without response"):
        _ = Gray(developed=LATER["developed"]).picture_srf
