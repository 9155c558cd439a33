"""Photos to cubes: files, names that never collide, bad photos among good ones."""

import errno
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from trained_run import WAVELENGTHS_NM, make_run, network

from hsgan.errors import DataError
from hsgan.evaluation import reconstruction
from hsgan.files import cubes
from hsgan.files.photos import read_photo
from hsgan.spectra.imaging import project


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("reconstruct") / "run")


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "in" / "cat.png"
    path.parent.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def test_one_photo_for_a_notebook(photo):
    model = network()
    result = reconstruction.reconstruct_photo(model, photo)
    np.testing.assert_array_equal(result.rgb, read_photo(photo))
    output = model(result.rgb[None])
    np.testing.assert_allclose(result.cube, output["cube"][0], atol=1e-5)  # float32 of values up to about 8
    np.testing.assert_allclose(result.srf, output["srf"][0], atol=1e-7)
    assert result.camera == "" and result.wavelengths_nm.tolist() == WAVELENGTHS_NM.tolist()
    again = project(result.cube, result.srf).numpy()
    assert result.check["rmse"] == pytest.approx(np.sqrt(np.mean((again - result.rgb) ** 2)), rel=1e-5)


def test_known_camera_is_used(photo):
    model = network()
    result = reconstruction.reconstruct_photo(model, photo, camera="Nikon 5100")
    np.testing.assert_array_equal(result.srf, model.dictionary.srf("Nikon 5100"))
    assert result.camera == "Nikon 5100"


def test_files_hold_what_was_reconstructed(tmp_path, run, photo):
    done = list(reconstruction.reconstruct_photos(run, [photo], tmp_path / "out", ["npz", "envi"]))
    [(name, paths, result)] = done
    assert name == str(photo)
    assert [path.name for path in paths] == ["cat.npz", "cat.img", "cat.hdr", "cat_preview.png"]
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())
    with np.load(paths[0]) as stored:
        np.testing.assert_array_equal(stored["cube"], result.cube)
        np.testing.assert_array_equal(stored["srf"], result.srf)
        metadata = json.loads(str(stored["metadata"]))
    assert metadata["photo"] == "cat.png" and metadata["camera"] == "estimated"
    assert metadata["round_trip_rmse"] == result.check["rmse"] and "tensorflow" in metadata


def test_one_bad_photo_does_not_stop_the_others(tmp_path, run, photo):
    bad = tmp_path / "in" / "text.png"
    bad.write_text("not a photo")
    done = list(reconstruction.reconstruct_photos(run, [bad, tmp_path / "none.jpg", photo], tmp_path / "out"))
    assert [bool(paths) for _, paths, _ in done] == [False, False, True]
    assert "text.png: is not a photo" in str(done[0][2]) and "none.jpg: no such file" in str(done[1][2])


def test_full_disk_is_told_for_each_photo(tmp_path, run, photo, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cubes.os, "fsync", full)
    [(_, paths, error)] = reconstruction.reconstruct_photos(run, [photo], tmp_path / "out")
    assert not paths and str(error) == f"{photo}: cannot be written to {tmp_path / 'out'}: No space left on device"
    assert not list((tmp_path / "out").iterdir())


def test_output_must_be_a_folder(run, photo):
    with pytest.raises(DataError, match=r"cat\.png is a file; give a folder"):
        list(reconstruction.reconstruct_photos(run, [photo], photo))


def test_same_names_do_not_collide():
    photos = ["a/cat.jpg", "a/cat.png", "b/cat.png", "b/Cat.PNG", "cat-png-2.jpg", "dog.tif"]
    stems = reconstruction.output_stems(photos, "out")
    assert [photo for photo, _ in stems] == photos
    names = [stem.name for _, stem in stems]
    assert names[0] == "cat-jpg" and names[1] == "cat-png" and names[-1] == "dog"
    assert len({name.lower() for name in names}) == len(photos)


def test_a_photo_is_never_written_over(tmp_path, run, photo):
    preview = photo.with_name("cat_preview.png")
    preview.write_bytes(photo.read_bytes())
    with pytest.raises(DataError, match="is one of the photos"):
        list(reconstruction.reconstruct_photos(run, [photo, preview], photo.parent))
    assert sorted(path.name for path in photo.parent.iterdir()) == ["cat.png", "cat_preview.png"]


@pytest.mark.parametrize("arguments, message", [
    ({"photos": []}, "give at least one photo"),
    ({"formats": ["npz", "jpg"]}, "formats: must be among npz, envi. Received: jpg"),
    ({"camera": "Nikon 5200"}, "no 'Nikon 5200' among .* near: Nikon 5100"),
])  # fmt: skip
def test_unfit_arguments_are_refused_before_any_work(tmp_path, run, photo, arguments, message):
    with pytest.raises(DataError, match=message):
        list(
            reconstruction.reconstruct_photos(**{"run": run, "photos": [photo], "output": tmp_path / "out"} | arguments)
        )
    assert not Path(tmp_path / "out").exists()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (700, 9)])
def test_odd_sizes_go_through(tmp_path, run, size):
    path = tmp_path / "p.png"
    Image.new("RGB", size, (90, 120, 30)).save(path)
    [(_, paths, result)] = reconstruction.reconstruct_photos(run, [path], tmp_path)
    assert paths and result.cube.shape == (size[1], size[0], 31)


def test_black_photo_goes_through(tmp_path, run):
    path = tmp_path / "p.png"
    Image.new("RGB", (20, 20)).save(path)
    [(_, paths, result)] = reconstruction.reconstruct_photos(run, [path], tmp_path)
    assert paths and np.isfinite(result.cube).all() and np.isfinite(list(result.check.values())).all()
