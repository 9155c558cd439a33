"""`python -m hsgan.track` as a user runs it: boxes and videos that are true, and one line for each mistake."""

import csv

import numpy as np
import pytest
from PIL import Image
from targets import moving_target

from hsgan.files import photos, video
from hsgan.files.video_writer import write_video
from hsgan.metrics.tracking import center_errors


@pytest.fixture(scope="module")
def sequence(tmp_path_factory):
    """A folder as OTB's, of eight frames, and the true boxes counted from 0."""
    folder = tmp_path_factory.mktemp("sequences") / "Disk"
    frames, truth = moving_target(size=160, side=28, count=8)
    (folder / "img").mkdir(parents=True)
    for number, frame in enumerate(frames, 1):
        Image.fromarray(frame).save(folder / "img" / f"{number:04d}.png")
    lines = [",".join(f"{value:.3f}" for value in box) for box in np.add(truth, [1, 1, 0, 0])]
    (folder / "groundtruth_rect.txt").write_text("\n".join(lines))
    write_video(folder.parent / "disk.mp4", frames)
    return folder, truth


def boxes_of(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["frame"]) for row in rows] == list(range(1, len(rows) + 1))
    return np.array([[float(row[name]) for name in ("left", "top", "width", "height")] for row in rows]) - [1, 1, 0, 0]


def test_boxes_video_and_measures(sequence, tmp_path, program):
    folder, truth = sequence
    status, out, err = program("hsgan.track", folder, f"--output={tmp_path / 'new'}")
    assert not status, err
    found = boxes_of(tmp_path / "new" / "Disk.csv")
    errors = center_errors(truth, found)
    assert errors.max() < 1
    assert out.startswith("Disk: 8 frames, ") and "AP 100.00 %, DP 100.00 %" in out
    assert f"location error {errors.mean():.2f} px" in out
    shown = [frame for _, frame in video.iterate_frames(tmp_path / "new" / "Disk.mp4", photos.check_size)]
    assert len(shown) == 8
    # The top edge of the box that was found is orange: much more red than blue.
    left, top, width, _ = np.round(found[3]).astype(int)
    edges = [shown[3][row, left : left + width].astype(int) for row in (top, top - 4)]
    red, other = ((edge[:, 0] - edge[:, 2]).mean() for edge in edges)
    assert red > 150 and red > other + 50


def test_a_video_with_a_first_box(sequence, tmp_path, program):
    folder, truth = sequence
    box = ",".join(f"{value:.2f}" for value in truth[0] + [1, 1, 0, 0])
    status, out, err = program(
        "hsgan.track", folder.parent / "disk.mp4", f"--box={box}", f"--output={tmp_path}", "--novideo", "--features=hog"
    )
    assert not status, err
    assert "AP" not in out and not (tmp_path / "disk.mp4").exists()
    # The outline alone, after the video's compression.
    assert center_errors(truth, boxes_of(tmp_path / "disk.csv")).max() < 1.5


MISTAKES = {
    "nothing": ([], "SEQUENCE: give at least one folder of frames, or video"),
    "no such features": (["{}", "--features=lbp"], "features: must be of hog, color, sshmg, abundances. Received: lbp"),
    "bad box": (["{}", "--box=1,2"], "--box: must be x, y, width, height in pixels. Received: '1,2'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_ends_in_one_line(name, sequence, tmp_path, program):
    arguments, line = MISTAKES[name]
    filled = [argument.replace("{}", str(sequence[0])) for argument in arguments]
    status, _, err = program("hsgan.track", *filled, f"--output={tmp_path / 'out'}")
    assert (status == 1 and err.splitlines() == [f"hsgan.track: error: {line}"]) or line in err
    assert len(err.splitlines()) == 1 and not (tmp_path / "out").exists()


def test_one_bad_sequence_does_not_stop_the_others(sequence, tmp_path, program):
    folder, _ = sequence
    arguments = [folder.parent / "disk.mp4", folder, "--box=400,400,9,9", f"--output={tmp_path}", "--novideo"]
    status, out, err = program("hsgan.track", *arguments)
    assert status == 1 and not out and not list(tmp_path.iterdir())
    assert err.count("must lie in the image, 160 x 160. Received: 400,400,9,9") == 2
    assert "2 of 2 sequences could not be followed" in err


@pytest.mark.parametrize("cubes", ["smooth", "materials"])
def test_cubes_of_every_frame(cubes, sequence, demo_records, tmp_path, program):
    folder, truth = sequence
    arguments = [folder, f"--output={tmp_path}", "--novideo", f"--cubes={cubes}", f"--data={demo_records[0]}"]
    status, out, err = program("hsgan.track", *arguments)
    assert not status, err
    assert "frames a second (" in out and "with the cubes)" in out
    assert "\n  camera srgb (a developed picture, not a sensor's own values)\n" in out
    assert center_errors(truth, boxes_of(tmp_path / "Disk.csv")).max() < 1


@pytest.mark.parametrize(
    ("camera", "line"),
    [("estimate", "camera mean camera (of the measured; as asked for)"), ("Nikon 5100", "Nikon 5100 (as asked for)")],
)
def test_the_camera_that_a_user_names(camera, line, sequence, demo_records, tmp_path, program):
    arguments = [sequence[0], f"--output={tmp_path}", "--novideo", "--cubes=bi", f"--data={demo_records[0]}"]
    status, out, err = program("hsgan.track", *arguments, f"--camera={camera}")
    assert not status, err
    assert line in out


CUBE_MISTAKES = {
    "no such method": (
        ["--cubes=dream"],
        "cubes: must be none, a run's folder, an exported model's, or one of bi, smooth",
    ),
    "a folder of something else": (["--cubes={}"], "{}: holds no saved_model.pb"),
    "no such camera": (["--cubes=bi", "--camera=Nikn 5100"], "camera: no 'Nikn 5100' among the"),
    "no records": (["--cubes=bi", "--data=nowhere"], "nowhere"),
}


@pytest.mark.parametrize("name", CUBE_MISTAKES)
def test_cubes_that_cannot_be_made(name, sequence, demo_records, tmp_path, program):
    arguments, line = CUBE_MISTAKES[name]
    given = [argument.replace("{}", str(tmp_path)) for argument in arguments]
    data = [] if "--data=nowhere" in given else [f"--data={demo_records[0]}"]
    status, _, err = program("hsgan.track", sequence[0], *given, *data, f"--output={tmp_path / 'out'}")
    assert status == 1 and len(err.splitlines()) == 1
    assert line.replace("{}", str(tmp_path)) in err and not (tmp_path / "out").exists()
