"""Files, folders and patterns on a command line."""

import pytest

from hsgan.errors import DataError
from hsgan.files.inputs import find_inputs, is_video


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.jpg", "a.PNG", "c.nef", "clip.mp4", "notes.txt", "sub/d.tif", "odd[1].jpg"):
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def names(arguments):
    return [path.name for path in find_inputs(arguments)]


def test_a_folder_gives_its_photos_and_videos_by_name(folder):
    assert names([folder]) == ["a.PNG", "b.jpg", "c.nef", "clip.mp4", "odd[1].jpg"]


def test_patterns(folder):
    assert names([f"{folder}/*.jpg"]) == ["b.jpg", "odd[1].jpg"]
    assert names([f"{folder}/**/*.tif"]) == ["d.tif"]
    assert "notes.txt" not in names([f"{folder}/*"])


def test_files_are_taken_as_they_are_and_once(folder):
    assert names([folder / "odd[1].jpg", folder / "none.jpg", folder / "notes.txt"]) == [
        "odd[1].jpg", "none.jpg", "notes.txt",
    ]  # fmt: skip
    assert names([folder / "b.jpg", folder, folder / "sub" / ".." / "b.jpg"])[:2] == ["b.jpg", "a.PNG"]
    assert names([folder / "b.jpg", folder]).count("b.jpg") == 1


def test_videos_are_told_by_their_suffix():
    assert is_video("a.MOV") and not is_video("a.jpg")


@pytest.mark.parametrize("arguments, message", [
    ([], "PHOTO: give at least one photo"),
    (["{folder}/*.webp"], "webp: the pattern matches nothing"),
    (["{folder}/empty"], "empty: the folder holds no photo"),
])  # fmt: skip
def test_nothing_found_is_told(folder, arguments, message):
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match=message):
        find_inputs([argument.format(folder=folder) for argument in arguments])
