"""Previews of videos: one video that shows each frame, as fast as its pixels are reconstructed, whole or not at all."""

import errno
import os

import numpy as np
import pytest
from raw_files import write_video
from trained_run import make_run

from hsgan.errors import DataError
from hsgan.files import photos, video
from hsgan.files.cubes import open_cube
from hsgan.files.video_writer import VideoWriter
from hsgan.reconstruct.models import NetworkMethod
from hsgan.reconstruct.outputs import reconstruct_photos
from hsgan.reconstruct.photos import Options
from hsgan.reconstruct.pretrained import pretrained_method
from hsgan.reconstruct.preview import LARGEST_SIDE, sampling_step
from hsgan.reconstruct.reflectance import White
from hsgan.reconstruct.video_preview import Sheet, VideoPreview
from hsgan.run.folder import RunFolder
from hsgan.spectra.imaging import srgb_encode

COLORS = [(200, 90, 90), (90, 200, 90), (90, 90, 200)]


@pytest.fixture(scope="module")
def mixture():
    return pretrained_method("", "")


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    return NetworkMethod.from_run(RunFolder.open(make_run(tmp_path_factory.mktemp("run") / "run")))


READ = video.iterate_frames


def frames_of(path):
    return [frame.astype(int) for _, frame in READ(path, photos.check_size)]


@pytest.mark.parametrize("formats", [(), ("npz",)])
def test_a_video_has_one_preview_that_shows_its_frames(tmp_path, mixture, formats):
    clip = write_video(tmp_path / "clip.mp4", COLORS, size=(640, 480))
    *frames, (name, paths, result) = reconstruct_photos(mixture, [clip], tmp_path / "out", formats, Options(every=2))
    assert (name, paths, result.frames) == (str(clip), [tmp_path / "out" / "clip_preview.mp4"], 2)
    # Without cubes no more is reconstructed than what is shown.
    assert result.shape == ((480, 640, 31) if formats else (240, 320, 31))
    assert len(frames) == 2 * len(formats) and result.worst < 1e-3 and not result.warning
    assert video.frame_rate(paths[0]) == 5  # of 10
    shown = frames_of(paths[0])
    assert len(shown) == 2
    for frame, color in zip(shown, COLORS[::2], strict=True):
        assert np.abs(frame[150, 160] - color).max() <= 6
        cube = frame[150, 500]  # another exposure, the same color
        assert cube.argmax() == np.argmax(color) and cube.max() > cube.min() + 20
    long, short = ([frame[-20, left] for frame in shown] for left in (648 - 50, 50))  # 670 nm, 420 nm
    assert long[0].max() > long[1].max() + 40 and short[1].max() > short[0].max() + 40


def test_pixels_that_are_shown_alone_are_those_of_the_whole(tmp_path, mixture):
    size, rng = (700, 500), np.random.default_rng(0)
    rgb = rng.uniform(0.1, 0.9, (size[1], size[0], 3)).astype(np.float32)
    step = sampling_step(rgb.shape)
    assert step == 2
    shown = VideoPreview(tmp_path / "a.mp4", mixture.wavelengths_nm, 25)
    few, all_ = (shown.sample((*image.shape[:2], 31)) for image in (rgb[::step, ::step], rgb))
    for sample, image in ((few, rgb[::step, ::step]), (all_, rgb)):
        for (rows, columns), block in mixture.reconstruct(image, mixture.mean_camera):
            sample.add(rows, columns, block)
    # The brightness is measured on other pixels.
    np.testing.assert_allclose(few.cube, all_.cube, rtol=0.02, atol=2e-3)


def test_encoded_values_are_within_a_code_of_srgb(tmp_path):
    shown = VideoPreview(tmp_path / "a.mp4", np.arange(400.0, 701, 10), 25)
    linear = np.linspace(-0.1, 1.1, 9001, dtype=np.float32)
    truth = srgb_encode(linear / np.float32(0.8)).numpy() * 255
    assert np.abs(shown.encoded(linear, 0.8) - truth).max() <= 1


def test_the_first_dark_frame_is_told(tmp_path, mixture):
    clip = write_video(tmp_path / "clip.mp4", [(230, 230, 230), (3, 3, 3), (2, 2, 2)])
    *_, (_, _, made) = reconstruct_photos(mixture, [clip], tmp_path / "out", ())
    assert made.warning.startswith("frame 1 is dark")


def test_white_stays_so_that_a_dark_frame_is_dark(tmp_path, mixture):
    clip = write_video(tmp_path / "clip.mp4", [(230, 230, 230), (60, 60, 60)], size=(320, 240))
    *_, (_, [path], _) = reconstruct_photos(mixture, [clip], tmp_path / "out", ())
    bright, dark = (frame[140, 500].mean() for frame in frames_of(path))
    assert bright > 200 and dark < 90


@pytest.mark.parametrize("shape", [(1, 1), (48, 2), (2, 48), (512, 512), (1, LARGEST_SIDE)])
@pytest.mark.parametrize("labels", [["420 nm"], ["420 nm"] * 6])
def test_a_sheet_has_room_for_all_panels(shape, labels):
    sheet = Sheet(shape, labels)
    planes = [np.full((len(sheet.rows), len(sheet.columns)), 200, np.uint8)] * len(labels)
    made = sheet.filled([np.full((*shape, 3), 50, np.uint8), np.full((*shape, 3), 100, np.uint8), *planes])
    assert sheet.rows.max() < shape[0] and sheet.columns.max() < shape[1]
    for value, pixels in ((50, 2), (100, 2), (200, 0)):
        assert (made == value).all(axis=-1).sum() >= (shape[0] * shape[1] if pixels else 1)


def test_what_is_damaged_keeps_the_frames_before(tmp_path, mixture):
    clip = write_video(tmp_path / "clip.mkv", COLORS * 20, size=(64, 48))
    content = clip.read_bytes()
    clip.write_bytes(content[: len(content) * 3 // 4])
    done = list(reconstruct_photos(mixture, [clip], tmp_path / "out", ()))
    whole = [result for _, _, result in done if not isinstance(result, Exception)]
    [made] = whole
    assert 0 < made.frames < 60 and len(frames_of(tmp_path / "out" / "clip_preview.mp4")) == made.frames


def test_an_error_in_the_middle_is_told_after_the_preview(tmp_path, mixture, monkeypatch):
    clip = write_video(tmp_path / "clip.mp4", COLORS, size=(64, 48))
    window, calls = mixture.exposed_window, []

    def failing(*arguments):
        calls.append(1)
        if len(calls) > 2:
            raise ValueError("no more")
        return window(*arguments)

    monkeypatch.setattr(mixture, "exposed_window", failing)
    (_, [path], made), (name, nothing, error) = reconstruct_photos(mixture, [clip], tmp_path / "out", ())
    assert made.frames == 2 == len(frames_of(path)) and nothing == ()
    assert name == f"{clip}, frame 2" and "no more" in str(error)


def test_a_frame_of_another_size_is_told(tmp_path, mixture, monkeypatch):
    sizes = iter([(48, 64, 3), (32, 64, 3)])
    frames = [(number, np.full(next(sizes), 90, np.uint8)) for number in range(2)]
    monkeypatch.setattr(video, "iterate_frames", lambda *_: (frame for frame in frames))
    clip = write_video(tmp_path / "clip.mp4", COLORS, size=(64, 48))
    (_, [path], made), (name, _, error) = reconstruct_photos(mixture, [clip], tmp_path / "out", ())
    assert made.frames == 1 and len(frames_of(path)) == 1
    assert str(error).startswith(f"{clip}, frame 1: a preview is of one size") and name == f"{clip}, frame 1"


@pytest.mark.parametrize("written", [0, 2])
def test_a_preview_that_cannot_be_written_is_told_and_not_kept(tmp_path, mixture, monkeypatch, written):
    clip, write = write_video(tmp_path / "clip.mp4", COLORS, size=(64, 48)), VideoWriter.write

    def full(writer, frame):
        if writer.frames == written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(writer, frame)

    monkeypatch.setattr(VideoWriter, "write", full)
    *video_itself, (name, paths, error) = reconstruct_photos(mixture, [clip], tmp_path / "out", ())
    assert "No space left" in str(error) and name == f"{clip}, frame {written}" and not paths
    assert [(paths, made.frames) for _, paths, made in video_itself] == ([([], written)] if written else [])
    assert not list((tmp_path / "out").iterdir())


def test_a_stopped_video_leaves_no_preview(tmp_path, mixture):
    clip = write_video(tmp_path / "clip.mp4", COLORS, size=(64, 48))
    outcomes = reconstruct_photos(mixture, [clip], tmp_path / "out", ("npz",))
    next(outcomes)
    outcomes.close()
    assert [path.name for path in (tmp_path / "out").rglob("*") if path.is_file()] == ["000000.npz"]


def test_networks_and_patches_need_all_pixels(tmp_path, network, mixture):
    clip = write_video(tmp_path / "clip.mp4", COLORS[:1], size=(600, 32))
    [(_, _, made)] = reconstruct_photos(network, [clip], tmp_path / "out", ())
    assert made.shape == (32, 600, 31)
    white = Options(white=White(4, 590, 5))
    [(_, _, made)] = reconstruct_photos(mixture, [clip], tmp_path / "out", (), white)
    assert made.shape == (32, 600, 31)


def test_something_must_be_written(tmp_path, mixture):
    clip = write_video(tmp_path / "clip.mp4", COLORS)
    with pytest.raises(DataError, match="without both nothing would be written"):
        list(reconstruct_photos(mixture, [clip], tmp_path / "out", (), Options(previews=False)))


def test_a_preview_replaces_no_video_that_is_read(tmp_path, mixture):
    clip, other = (write_video(tmp_path / name, COLORS) for name in ("clip.mp4", "clip_preview.mp4"))
    with pytest.raises(DataError, match="is one of the photos"):
        list(reconstruct_photos(mixture, [clip, other], tmp_path, ()))


def test_cubes_of_frames_are_as_before(tmp_path, mixture):
    clip = write_video(tmp_path / "clip.mp4", COLORS[:1])
    frame, _ = reconstruct_photos(mixture, [clip], tmp_path / "out", ("npz",))
    name, [path], result = frame
    assert name == f"{clip}, frame 0" and open_cube(path).shape == (32, 48, 31) == result.header.shape
