"""Photos to cubes: files, names that never collide, bad photos among good ones, videos, pictures."""

import errno
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from raw_files import write_dng, write_video
from trained_run import WAVELENGTHS_NM, make_run

from hsgan.disk import whole
from hsgan.errors import DataError
from hsgan.files import inputs
from hsgan.files.cubes import open_cube
from hsgan.files.formats import WRITTEN
from hsgan.files.photos import read_photo
from hsgan.reconstruct import outputs as reconstruction
from hsgan.reconstruct.models import NetworkMethod
from hsgan.reconstruct.photos import Options
from hsgan.reconstruct.preview import LARGEST_SIDE, Sample
from hsgan.reconstruct.round_trip import round_trip
from hsgan.run.folder import RunFolder
from hsgan.spectra import developed


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return NetworkMethod.from_run(RunFolder.open(make_run(tmp_path_factory.mktemp("reconstruct") / "run")))


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "in" / "cat.png"
    path.parent.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def reconstruct(*arguments, **options):
    """Returns the results as a list, without previews, which are slow, unless they are asked for."""
    options = Options(**{"previews": False} | options)
    return list(reconstruction.reconstruct_photos(*arguments, options=options))


def test_files_hold_what_was_reconstructed(tmp_path, model, photo):
    [(name, paths, result)] = reconstruct(
        model, [photo], tmp_path / "out", ["npz", "envi"], previews=True, camera="estimate"
    )
    assert name == str(photo)
    assert [path.name for path in paths] == ["cat.npz", "cat.img", "cat.hdr", "cat_preview.png"]
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())
    with np.load(paths[0]) as stored:
        rgb = read_photo(photo)
        output = model.network(rgb[None])
        np.testing.assert_allclose(stored["cube"], output["cube"][0], atol=1e-5)  # float32 of values up to about 8
        np.testing.assert_allclose(stored["srf"], output["srf"][0], atol=1e-7)
        metadata = json.loads(str(stored["metadata"]))
        check = round_trip(stored["cube"], stored["srf"], rgb)
    assert result.check == pytest.approx(check, rel=1e-5)
    assert {f"round_trip_{key}": value for key, value in result.check.items()}.items() <= metadata.items()
    assert metadata["photo"] == "cat.png" and metadata["camera"] == "estimated" and metadata["encoding"] == "srgb"
    assert metadata["model_version"] == "run, best weights, step 7" and "tensorflow" in metadata
    with Image.open(paths[-1]) as picture:
        assert picture.width > 1000


def test_a_large_photo_comes_tile_by_tile(tmp_path, model):
    path = tmp_path / "wide.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 1200, 3), np.uint8)).save(path)
    [(_, paths, _)] = reconstruct(model, [path], tmp_path / "out", ["npz", "matlab"], camera="Nikon 5100")
    rgb = read_photo(path)
    assert len(list(model.reconstruct(rgb, model.dictionary.srf("Nikon 5100")))) > 1
    whole = model.network(rgb[None], srf=model.dictionary.srf("Nikon 5100")[None])["cube"][0]
    for path in paths:
        np.testing.assert_allclose(open_cube(path), whole, atol=1e-5)


def test_known_cameras_and_files_of_cameras(tmp_path, model, photo):
    srf = model.dictionary.srf("Nikon 5100")
    [(_, [path], _)] = reconstruct(model, [photo], tmp_path / "out", camera="Nikon 5100")
    assert open_cube(path).attrs["camera"] == "Nikon 5100"
    rows = np.column_stack([WAVELENGTHS_NM, srf.T])
    (tmp_path / "mine.csv").write_text("\n".join(",".join(map(repr, row.tolist())) for row in rows))
    [(_, [other], _)] = reconstruct(model, [photo], tmp_path / "out2", camera=str(tmp_path / "mine.csv"))
    assert open_cube(other).attrs["camera"] == "mine"
    np.testing.assert_allclose(open_cube(other), open_cube(path), atol=1e-6)


def test_each_file_is_read_with_the_camera_that_it_tells(tmp_path, model, photo):
    gray = np.full((24, 30, 3), 0.4)
    measured = write_dng(tmp_path / "in" / "a.dng", gray, make="NIKON CORPORATION", model="NIKON D5100")
    other = write_dng(tmp_path / "in" / "b.dng", gray, make="Leica Camera AG", model="LEICA Q2")
    done = reconstruct(model, [measured, other, photo], tmp_path / "out")
    found = [open_cube(path).attrs for _, [path], _ in done]
    assert [attributes["camera"] for attributes in found] == ["Nikon 5100", "LEICA Q2", "srgb"]
    assert "color matrix" in found[1]["camera_source"] and "developed" in found[2]["camera_source"]
    assert [result.header.facts["camera"] for _, _, result in done] == ["Nikon 5100", "LEICA Q2", "srgb"]


def test_a_developed_picture_comes_back_and_can_be_made_consistent(tmp_path, model, photo):
    [(_, [path], made)] = reconstruct(model, [photo], tmp_path / "out", consistent=True)
    # All of sRGB's colors are those of lights; as exact as the tolerance allows extreme spectra.
    assert made.check["max"] < 1e-3 and float(open_cube(path).min()) >= 0
    np.testing.assert_array_equal(open_cube(path).attrs["srf"], developed.responses(WAVELENGTHS_NM))


def test_consistent_cubes_give_the_photo_back(tmp_path, model):
    path = tmp_path / "soft.png"
    pixels = np.random.default_rng(0).integers(110, 150, (20, 30, 3), np.uint8)  # no color that light cannot cause
    Image.fromarray(pixels).save(path)
    [(_, [before], plain)] = reconstruct(model, [path], tmp_path / "a", camera="Nikon 5100")
    [(_, [after], made)] = reconstruct(model, [path], tmp_path / "b", camera="Nikon 5100", consistent=True)
    # Not 0: float32 sums. Without: the network's own error.
    assert made.check["max"] < 1e-5 < plain.check["max"]
    assert made.check["brightness"] == pytest.approx(1, abs=1e-6) and made.check["tint"] < 1e-6
    assert float(open_cube(after).min()) >= 0 > float(open_cube(before).min())
    assert open_cube(after).attrs["round_trip_max"] == made.check["max"]


def test_raw_and_video(tmp_path, model, monkeypatch):
    estimates = iter([model.dictionary.srf("Nikon 5100"), *model.dictionary.responses[5:]])
    monkeypatch.setattr(model, "estimate_srf", lambda rgb: next(estimates))
    raw = write_dng(tmp_path / "a.dng", np.full((24, 30, 3), (0.5, 0.4, 0.3)))
    clip = write_video(tmp_path / "clip.mp4", [(200, 90, 90), (90, 200, 90), (90, 90, 200)])
    first, *frames, (name, paths, whole) = reconstruct(model, [raw, clip], tmp_path / "out", every=2, camera="estimate")
    assert (name, paths, whole.frames, whole.shape) == (str(clip), [], 2, (32, 48, 31))
    assert open_cube(first[1][0]).attrs["encoding"] == "camera RAW" and open_cube(first[1][0]).shape == (24, 30, 31)
    assert [name for name, _, _ in frames] == [f"{clip}, frame 0", f"{clip}, frame 2"]
    assert [str(path.relative_to(tmp_path / "out")) for _, [path], _ in frames] == [
        "clip/000000.npz", "clip/000002.npz",
    ]  # fmt: skip
    cubes = [open_cube(path) for _, [path], _ in frames]
    assert [cube.attrs["frame"] for cube in cubes] == [0, 2]
    for cube in cubes:  # of the second estimate, made for the first frame
        np.testing.assert_array_equal(cube.attrs["srf"], model.dictionary.responses[5])
    assert float(abs(cubes[0] - cubes[1]).max()) > 0.1


def test_folders_and_patterns(tmp_path, model, photo):
    photo.with_name("notes.txt").write_text("no photo")
    for argument in (photo.parent, f"{photo.parent}/*.png"):
        assert [name for name, _, _ in reconstruct(model, [argument], tmp_path / "out")] == [str(photo)]


def test_one_bad_photo_does_not_stop_the_others(tmp_path, model, photo):
    bad, clip = tmp_path / "in" / "text.png", tmp_path / "in" / "a.mp4"
    bad.write_text("not a photo")
    clip.write_text("not a video")
    done = reconstruct(model, [bad, tmp_path / "none.jpg", clip, photo], tmp_path / "out")
    assert [bool(paths) for _, paths, _ in done] == [False, False, False, True]
    errors = [str(error) for _, _, error in done[:3]]
    assert errors[0].startswith(f"{bad}: is not a photo") and errors[1] == f"{tmp_path / 'none.jpg'}: no such file"
    assert errors[2].startswith(f"{clip}: is damaged or truncated, or not a video")


def test_no_photo_stops_the_others(tmp_path, model, photo, monkeypatch):
    folder = tmp_path / "in"
    names = ["a_$5_and_$7_.png", os.fsdecode(b"caf\xe9.png"), "{}.png", "two\nlines.png", "long" * 60 + ".png"]
    for name in names:
        shutil.copy(photo, folder / name)
    os.mkfifo(folder / "pipe.png")
    read_image = reconstruction.read_image

    def odd(path, *arguments):
        if Path(path).name == "two\nlines.png":
            raise ZeroDivisionError("a fault of ours")
        return read_image(path, *arguments)

    monkeypatch.setattr(reconstruction, "read_image", odd)
    found = [*(folder / name for name in names), folder / "pipe.png", photo]
    done = reconstruct(model, found, tmp_path / "out", ["npz", "envi", "tiff"])
    assert [bool(paths) for _, paths, _ in done] == [True, True, True, False, True, False, True]
    messages = [str(error) for _, paths, error in done if not paths]
    assert "cannot be reconstructed (ZeroDivisionError: a fault of ours)" in messages[0]
    assert "is a pipe or a device" in messages[1]
    assert open_cube(tmp_path / "out" / os.fsdecode(b"caf\xe9.npz")).attrs["photo"] == "caf?.png"


def test_full_disk_is_told_for_each_photo(tmp_path, model, photo, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(whole.os, "fsync", full)
    [(_, paths, error)] = reconstruct(model, [photo], tmp_path / "out")
    assert not paths and str(error) == f"{photo}: cannot be written to {tmp_path / 'out'}: No space left on device"
    assert not list((tmp_path / "out").iterdir())


def test_a_stopped_reconstruction_leaves_nothing(tmp_path, model, photo, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(reconstruction.Sample, "add", stop)
    with pytest.raises(KeyboardInterrupt):
        reconstruct(model, [photo], tmp_path / "out", ["npz", "zarr"], previews=True)
    assert not list((tmp_path / "out").iterdir())


def test_output_must_be_a_folder(model, photo):
    with pytest.raises(DataError, match=r"cat\.png is a file; give a folder"):
        reconstruct(model, [photo], photo)


def test_same_names_do_not_collide():
    photos = ["a/cat.jpg", "a/cat.png", "b/cat.png", "b/Cat.PNG", "cat-png-2.jpg", "dog.tif"]
    stems = inputs.output_stems(photos, "out")
    assert [photo for photo, _ in stems] == photos
    names = [stem.name for _, stem in stems]
    assert names[0] == "cat-jpg" and names[1] == "cat-png" and names[-1] == "dog"
    assert len({name.lower() for name in names}) == len(photos)


@pytest.mark.parametrize("name, formats", [("cat_preview.png", ["npz"]), ("cat.tif", ["npz", "tiff"])])
def test_a_photo_is_never_written_over(tmp_path, model, photo, name, formats):
    Image.open(photo).save(photo.with_name(name))
    if name == "cat.tif":  # alone its cube would be cat.tif as well
        photo.unlink()
    there = sorted(photo.parent.iterdir())
    with pytest.raises(DataError, match="is one of the photos; give another --output"):
        reconstruct(model, there, photo.parent, formats)
    assert sorted(photo.parent.iterdir()) == there


@pytest.mark.parametrize("changes, options, message", [
    ({"arguments": []}, {}, "give at least one photo"),
    ({"formats": ["npz", "jpg"]}, {}, f"formats: must be among {', '.join(WRITTEN)}. Received: jpg"),
    ({}, {"camera": "Nikon 5200"}, "no 'Nikon 5200' among .* near: Nikon 5100"),
    ({}, {"camera": "none.csv"}, r"none\.csv: no such file"),
])  # fmt: skip
def test_unfit_arguments_are_refused_before_any_work(tmp_path, model, photo, changes, options, message):
    arguments = {"method": model, "arguments": [photo], "output": tmp_path / "out"} | changes
    with pytest.raises(DataError, match=message):
        list(reconstruction.reconstruct_photos(**arguments, options=Options(**options)))
    assert not Path(tmp_path / "out").exists()


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (700, 9)])
def test_odd_sizes_go_through(tmp_path, model, size):
    path = tmp_path / "p.png"
    Image.new("RGB", size, (90, 120, 30)).save(path)
    [(_, paths, _)] = reconstruct(model, [path], tmp_path, list(reconstruction.cubes.FORMATS), consistent=True)
    for path in paths:
        assert open_cube(path).shape == (size[1], size[0], 31)


def test_black_photo_goes_through(tmp_path, model):
    path = tmp_path / "p.png"
    Image.new("RGB", (20, 20)).save(path)
    [(_, paths, result)] = reconstruct(model, [path], tmp_path, previews=True)
    assert np.isfinite(open_cube(paths[0])).all() and np.isfinite(list(result.check.values())).all()


@pytest.mark.parametrize("shape", [(3 * LARGEST_SIDE + 5, 40, 2), (7, 9, 2), (2, LARGEST_SIDE + 1, 2)])
def test_a_sample_of_blocks_is_that_of_the_whole(shape):
    cube, sample = np.random.default_rng(0).random(shape, np.float32), Sample(shape)
    for rows in (slice(0, 1), slice(1, shape[0])):
        for columns in (slice(0, shape[1] // 2), slice(shape[1] // 2, shape[1])):
            sample.add(rows, columns, cube[rows, columns])
    np.testing.assert_array_equal(sample.cube, cube[:: sample.step, :: sample.step])
    assert max(sample.cube.shape[:2]) <= LARGEST_SIDE
