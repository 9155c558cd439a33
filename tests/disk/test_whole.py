"""Outputs that appear whole: the old state or the new one, whoever is killed, reads or writes meanwhile."""

import errno
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hsgan.disk import whole
from hsgan.disk.locks import Lock

ROOT = Path(__file__).parents[2]
# Runs `program` again and again in a folder of its own that `prepare` has filled, each time in a process that is killed
# before one more call of the file system, until none is left.
KILLER = """
import os, signal, sys
sys.path.insert(0, {root!r})
from hsgan.disk import whole
prepare, program = sys.argv[1:]

def killed_before(call):
    os.mkdir(str(call))
    os.chdir(str(call))
    exec(prepare)
    left = call
    def hook(event, arguments):
        nonlocal left
        if event == "open" or event.startswith(("os.", "shutil.", "fcntl.")):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)
    exec(program)
    os._exit(0)

call, status = 0, 1
while status:
    call += 1
    child = os.fork()
    if not child:
        killed_before(call)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL), status
"""
PAIR = """
with whole.staged(["a.img", "a.hdr"]) as (data, header):
    data.write_text("new data")
    header.write_text("new header")
"""
FOLDER = """
with whole.staged(["a.zarr"]) as (part,):
    part.mkdir()
    (part / "one").write_text("new")
    (part / "two").write_text("new")
"""
WITHOUT_EXCHANGE = "whole._exchange = lambda part, target: False\n"


def killed_everywhere(folder, program, prepare):
    """Returns the folders that are left, each by one more call of the file system before the kill; the last by none."""
    command = [sys.executable, "-c", KILLER.format(root=str(ROOT)), prepare, program]
    subprocess.run(command, cwd=folder, check=True)
    return [folder / str(call) for call in range(1, len(os.listdir(folder)) + 1)]


def killed_in(folder, program):
    """Runs a program that kills itself."""
    command = [sys.executable, "-c", "import os\nfrom hsgan.disk import whole\n" + program]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run(command, cwd=folder, env=environment, check=False).returncode == -9


def texts(*paths):
    return [path.read_text() for path in paths]


def folder_texts(path):
    return {child.name: child.read_text() for child in path.iterdir()}


@pytest.mark.parametrize("program", [FOLDER, WITHOUT_EXCHANGE + FOLDER], ids=["exchange", "no exchange"])
def test_a_folder_killed_anywhere_is_old_or_new(tmp_path, program):
    places = killed_everywhere(tmp_path, program, "os.mkdir('a.zarr'); open('a.zarr/old', 'w').write('old')")
    states = []
    for place in places:
        states.append(whole.read_whole([place / "a.zarr"], folder_texts))
        whole.sweep(place)
        assert os.listdir(place) == ["a.zarr"], place
    old, new = {"old": "old"}, {"one": "new", "two": "new"}
    switch = states.index(new)
    assert states == switch * [old] + (len(places) - switch) * [new] and 10 < switch < len(places) - 3


def test_two_files_killed_anywhere_are_old_or_new(tmp_path):
    old, new, states = ["old data", "old header"], ["new data", "new header"], []
    prepare = "open('a.img', 'w').write('old data'); open('a.hdr', 'w').write('old header')"
    places = killed_everywhere(tmp_path, PAIR, prepare)
    for place in places:
        targets = [place / "a.img", place / "a.hdr"]
        there = [path.read_text() if path.exists() else None for path in targets]
        # Another program: never the one beside the other; the header may be missing.
        assert there in (old, new, [old[0], None], [new[0], None]), place
        states.append(whole.read_whole(targets, texts))
        whole.sweep(place)
        assert sorted(os.listdir(place)) == ["a.hdr", "a.img"] and whole.read_whole(targets, texts) == states[-1]
    switch = states.index(new)
    assert states == switch * [old] + (len(places) - switch) * [new] and 10 < switch < len(places) - 10


def test_a_reader_without_the_right_to_write_sees_the_new_state(tmp_path, monkeypatch):
    targets = [tmp_path / "a.img", tmp_path / "a.hdr"]
    for path in targets:
        path.write_text("old")

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(whole.os, "replace", stopped)
        with pytest.raises(KeyboardInterrupt), whole.staged(targets) as parts:
            for part in parts:
                part.write_text("new")
    with monkeypatch.context() as patch:

        def forbidden(folder):
            raise PermissionError(errno.EACCES, "Permission denied")

        patch.setattr(whole, "_complete", forbidden)
        assert whole.read_whole(targets, texts) == ["new", "new"]
    assert (tmp_path / ".a.hdr.arriving").is_dir()
    assert whole.read_whole(targets, texts) == ["new", "new"] == texts(*targets)
    assert sorted(os.listdir(tmp_path)) == ["a.hdr", "a.img"]


@pytest.mark.parametrize("writers", [1, 2])
def test_readers_never_mix_two_states(tmp_path, writers):
    targets = [tmp_path / "a.img", tmp_path / "a.hdr"]
    stop, errors = threading.Event(), []

    def write(name):
        count = 0
        while not stop.is_set():
            count += 1
            with whole.staged(targets) as parts:
                for part in parts:
                    part.write_text(f"{name} {count}")

    def slow_read(data, header):
        first = header.read_text()
        time.sleep(0.0005)
        return data.read_text(), first

    with whole.staged(targets) as parts:
        for part in parts:
            part.write_text("first")
    threads = [threading.Thread(target=write, args=[name]) for name in range(writers)]
    for thread in threads:
        thread.start()
    seen = set()
    try:
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            data, header = whole.read_whole(targets, slow_read)
            if data != header:
                errors.append((data, header))
            seen.add(data)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not errors and len(seen) > 5
    assert sorted(os.listdir(tmp_path)) == ["a.hdr", "a.img"]


def test_the_living_keep_their_work_and_the_dead_are_swept(tmp_path):
    with whole.staged([tmp_path / "a"]) as (part,):
        part.write_text("x")
        whole.sweep(tmp_path)
        assert part.exists()
        killed_in(tmp_path, "with whole.staged(['b']) as (part,):\n    os.kill(os.getpid(), 9)")
        assert len(os.listdir(tmp_path)) == 2
        whole.sweep(tmp_path)
        assert part.exists() and len(os.listdir(tmp_path)) == 1
    assert os.listdir(tmp_path) == ["a"]


def test_what_another_sweeps_between_lock_and_folder_is_no_error(tmp_path, monkeypatch):
    unlink, swept = Path.unlink, []

    def unlink_and_sweep(path, **options):
        unlink(path, **options)
        if path.name == "lock" and not swept:
            whole.sweep(tmp_path)
            swept.append(os.listdir(tmp_path))

    monkeypatch.setattr(Path, "unlink", unlink_and_sweep)
    with whole.staged([tmp_path / "a", tmp_path / "b"]) as parts:
        for part in parts:
            part.write_text("text")
    assert sorted(swept[0]) == sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_somebody_elses_folder_is_left_alone(tmp_path):
    mine = tmp_path / ".thesis.unfinished"
    mine.mkdir()
    (mine / "chapter").write_text("1")
    whole.write_text(tmp_path / "a", "text")
    assert (mine / "chapter").read_text() == "1"


def test_an_error_or_interruption_leaves_what_was_there(tmp_path):
    (tmp_path / "a").write_text("good")
    for kind in (OSError, KeyboardInterrupt):
        with pytest.raises(kind), whole.staged([tmp_path / "a"]) as (part,):
            part.write_text("half")
            raise kind
    assert (tmp_path / "a").read_text() == "good" and os.listdir(tmp_path) == ["a"]


def test_kinds_do_not_replace_each_other(tmp_path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    with pytest.raises(NotADirectoryError), whole.staged([tmp_path / "file"]) as (part,):
        part.mkdir()
    with pytest.raises(IsADirectoryError), whole.staged([tmp_path / "folder"]) as (part,):
        part.write_text("x")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_what_may_not_be_replaced_stays(tmp_path):
    for name in ("empty", "full"):
        (tmp_path / name).mkdir()
    (tmp_path / "full" / "x").write_text("old")
    for name in ("empty", "new"):
        with whole.staged([tmp_path / name], replace=False) as (part,):
            part.mkdir()
            (part / "x").write_text("new")
    with pytest.raises(FileExistsError), whole.staged([tmp_path / "full"], replace=False) as (part,):
        part.mkdir()
    assert [(tmp_path / name / "x").read_text() for name in ("empty", "new", "full")] == ["new", "new", "old"]
    assert sorted(os.listdir(tmp_path)) == ["empty", "full", "new"]


@pytest.mark.parametrize("length", [41, 150, 250])
def test_long_names(tmp_path, length):
    targets = [tmp_path / ("ä" * (length // 2) + suffix) for suffix in (".a", ".b")]
    for text in ("old", "new"):
        with whole.staged(targets) as parts:
            for part in parts:
                part.write_text(text)
    assert whole.read_whole(targets, texts) == ["new", "new"]
    assert len(os.listdir(tmp_path)) == 2


def test_text_and_json(tmp_path):
    whole.write_text(tmp_path / "a.txt", "text")
    whole.write_json(tmp_path / "a.json", {"a": [1.5]})
    assert (tmp_path / "a.txt").read_text() == "text"
    assert (tmp_path / "a.json").read_text() == '{\n  "a": [\n    1.5\n  ]\n}\n'
    with pytest.raises(ValueError, match="Out of range float"):
        whole.write_json(tmp_path / "b.json", {"a": float("nan")})
    assert not (tmp_path / "b.json").exists()


def test_a_failed_write_names_the_file(tmp_path):
    def fail(part):
        Path(part).write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match=r"No space left on device: .*/weights'"):
        whole.write_file(tmp_path / "weights", fail)
    assert os.listdir(tmp_path) == []


def test_a_lock_is_for_one_and_ends_with_it(tmp_path):
    path = tmp_path / "lock"
    with Lock.take(path):
        assert Lock.take(path) is None
    lock = Lock.take(path)
    path.unlink()
    with Lock.take(path) as other:
        assert other is not None and Lock.take(path) is None
    lock.release()


def test_a_scratch_folder_goes_with_its_process(tmp_path):
    with whole.Scratch(tmp_path, "photos") as scratch:
        (scratch.path / "photo").write_text("x")
    assert os.listdir(tmp_path) == []
    killed_in(tmp_path, "scratch = whole.Scratch('.', 'photos')\nos.kill(os.getpid(), 9)")
    assert len(os.listdir(tmp_path)) == 1
    whole.Scratch(tmp_path, "photos").close()
    assert os.listdir(tmp_path) == []


def test_a_request_to_end_while_a_folder_is_locked_leaves_none(tmp_path, monkeypatch):
    def asked_to_end(path):
        path.touch()
        raise SystemExit(143)

    monkeypatch.setattr(whole.Lock, "take", asked_to_end)
    with pytest.raises(SystemExit), whole.staged([tmp_path / "a"]):
        pass
    assert os.listdir(tmp_path) == []
