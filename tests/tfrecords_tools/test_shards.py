"""Building by several processes: the same records; what kills it leaves finished shards and nothing half-written."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.records.manifest import read_manifest
from hsgan.records.schema import CubeRecord
from tfrecords_tools import pool, shards
from tfrecords_tools.convert import Build, convert_cubes

ROOT = Path(__file__).parents[2]
WAVELENGTHS = np.array([400.0, 410.0, 420.0], np.float32)


class SlowReader:
    """Makes up scenes; each read is noted in a file, and may wait, fail, or end its process."""

    source, note, wavelengths_nm = "slow", "", WAVELENGTHS

    def __init__(self, log, count=8, wait=0.0, bad=(), deadly=()):
        self.log, self.count, self.wait, self.bad, self.deadly = Path(log), count, wait, bad, deadly

    def scenes(self):
        return [(f"scene{index}", "train") for index in range(self.count)]

    def read(self, scene):
        with open(self.log, "a") as file:
            file.write(f"{scene}\n")
        time.sleep(self.wait)
        if scene in self.deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        if scene in self.bad:
            raise DataError("is bad")
        values = np.random.default_rng(int(scene[5:])).integers(0, 65536, (20, 20, 3)).astype(np.uint16)
        return CubeRecord(values, 1.0, WAVELENGTHS, scene, "slow")


def reads(log):
    return log.read_text().split() if log.exists() else []


def digests(folder):
    return {shard.file: shard.sha256 for split in read_manifest(folder).splits.values() for shard in split.shards}


def test_processes_write_what_one_writes(tmp_path):
    reader = SlowReader(tmp_path / "log")
    for workers in (1, 2):
        convert_cubes(reader, tmp_path / f"out{workers}", build=Build(shards=3, workers=workers))
    assert digests(tmp_path / "out1") == digests(tmp_path / "out2")
    assert len(digests(tmp_path / "out1")) == 3
    assert read_manifest(tmp_path / "out2").verify() == 8
    assert sorted(reads(tmp_path / "log")) == sorted(2 * [f"scene{index}" for index in range(8)])


def test_bad_scene_in_a_process_leaves_nothing(tmp_path):
    with pytest.raises(DataError, match=r"scene5: is bad \(--skip_bad leaves such scenes out\)"):
        convert_cubes(SlowReader(tmp_path / "log", bad=("scene5",)), tmp_path / "out", build=Build(workers=2))
    assert os.listdir(tmp_path) == ["log"]


def _start(tmp_path, reader, workers, **limits):
    program = f"""
        import resource, signal
        from pathlib import Path
        from hsgan.errors import DataError
        from test_shards import SlowReader
        from tfrecords_tools.convert import Build, convert_cubes
        if __name__ == "__main__":
            limit = {limits.get("file_bytes", 0)}
            if limit:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            try:
                convert_cubes({reader}, "out", build=Build(shards=4, workers={workers}))
            except DataError as error:
                print("DataError:", error)
    """
    (tmp_path / "program.py").write_text(textwrap.dedent(program))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{Path(__file__).parent}:{ROOT / 'tests'}"}
    # A shell that starts the tests in the background makes its children deaf to SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "program.py"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)


def _finished(tmp_path):
    return sorted(path.name for path in (tmp_path / ".out.partial").glob("*.json") if path.name != "plan.json")


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_run_goes_on_with_its_finished_shards(tmp_path, workers):
    process = _start(tmp_path, "SlowReader('log', wait=0.15)", workers)
    deadline = time.time() + 60
    while time.time() < deadline and not _finished(tmp_path):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)  # a process that outlived it would keep its output open
    before = _finished(tmp_path)
    assert before and len(before) < 4 and not (tmp_path / "out").exists()
    time.sleep(0.5)  # processes that it started end by themselves
    seen = len(reads(tmp_path / "log"))
    time.sleep(0.5)
    assert len(reads(tmp_path / "log")) == seen, "a process outlived its parent"
    kept = {scene for name in before for scene in json.loads((tmp_path / ".out.partial" / name).read_text())["details"]}
    (tmp_path / "log").unlink()
    again = _start(tmp_path, "SlowReader('log', wait=0.15)", workers)
    assert again.communicate() == ("", None) and again.returncode == 0
    assert set(reads(tmp_path / "log")) == {f"scene{index}" for index in range(8)} - kept
    convert_cubes(SlowReader(tmp_path / "other"), tmp_path / "fresh", build=Build(shards=4))
    assert digests(tmp_path / "out") == digests(tmp_path / "fresh")
    assert not (tmp_path / ".out.partial").exists()


class Killed(BaseException):
    """What a kill is to the code: it goes no further, and nothing is tidied up."""


def test_a_run_killed_while_it_finishes_keeps_every_shard(tmp_path, monkeypatch):
    """Before each call that changes the disk, from the first shard that gets its name to the last tidying up."""
    reader = SlowReader(tmp_path / "log", count=3)
    tasks = shards.plan(reader, reader.scenes(), _header(), 2, False)
    expected, call, killed = None, 0, True
    while killed:
        call += 1
        output = tmp_path / f"out{call}"
        staging = shards.Staging(output, tasks).__enter__()
        pool.run(tasks, staging.folder, 1, 3, "x")
        killed = _killed_before(call, lambda staging=staging: _finish(staging), monkeypatch)
        staging._lock.release()
        (tmp_path / "log").unlink()
        if not output.exists():
            with shards.Staging(output, tasks) as again:
                assert again.waiting() == [], call
                again.finish()
        else:
            with pytest.raises(DataError, match="exists and is not empty"):
                shards.Staging(output, tasks)
        expected = expected or digests(output)
        assert digests(output) == expected and read_manifest(output).verify() == 3
        assert not (tmp_path / f".out{call}.partial").exists() and not reads(tmp_path / "log"), call
        (tmp_path / "log").write_text("")
    assert call > 15


def _finish(staging):
    staging.finish()
    staging.__exit__(None, None, None)


def _killed_before(call, work, monkeypatch):
    """Does some work up to a call that changes the disk; returns whether there was one."""
    count = 0

    def counted(function):
        def counting(*arguments, **options):
            nonlocal count
            count += 1
            if count >= call:  # also what tidies up on the way out
                raise Killed
            return function(*arguments, **options)

        return counting

    with monkeypatch.context() as patch:
        for name in ("replace", "rename", "mkdir", "unlink", "rmdir"):
            patch.setattr(os, name, counted(getattr(os, name)))
        try:
            work()
        except Killed:
            return True
    return False


def test_another_command_does_not_take_over_the_shards(tmp_path):
    reader = SlowReader(tmp_path / "log")
    tasks = shards.plan(reader, reader.scenes(), _header(), 4, False)
    with pytest.raises(KeyboardInterrupt), shards.Staging(tmp_path / "out", tasks) as staging:
        pool.run(tasks[:3], staging.folder, 1, 8, "x")
        (staging.folder / "train-00003.abc.writing").write_text("half")
        raise KeyboardInterrupt
    assert len(_finished(tmp_path)) == 3
    with pytest.raises(KeyboardInterrupt), shards.Staging(tmp_path / "out", tasks) as staging:
        assert [task.number for task in staging.waiting()] == [3]
        assert not list(staging.folder.glob("*.writing"))
        raise KeyboardInterrupt
    other = shards.plan(SlowReader(tmp_path / "log", bad=("scene1",)), reader.scenes(), _header(), 4, False)
    with shards.Staging(tmp_path / "out", other) as staging:
        assert len(staging.waiting()) == 4


def _header():
    from hsgan.records.manifest import Manifest

    return Manifest("cubes", "slow", wavelengths_nm=tuple(WAVELENGTHS.tolist()))


def test_second_run_at_the_same_time_is_refused(tmp_path):
    reader = SlowReader(tmp_path / "log")
    tasks = shards.plan(reader, reader.scenes(), _header(), 4, False)
    with shards.Staging(tmp_path / "out", tasks):
        with pytest.raises(DataError, match="out: another run is writing it"):
            convert_cubes(reader, tmp_path / "out", build=Build(shards=4))
        assert (tmp_path / ".out.partial" / "plan.json").is_file()


def test_died_process_is_named_and_its_siblings_work_is_kept(tmp_path):
    reader = SlowReader(tmp_path / "log", deadly=("scene7",))
    with pytest.raises(DataError, match=r"a process died, perhaps for want of memory; the same command with fewer"):
        convert_cubes(reader, tmp_path / "out", build=Build(shards=8, workers=2))
    assert (tmp_path / ".out.partial").is_dir() and not (tmp_path / "out").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_full_disk_is_one_line_and_leaves_nothing(tmp_path, workers):
    """A limit on the size of files stands in for the full disk: the write fails just so."""
    process = _start(tmp_path, "SlowReader('/dev/null', count=60)", workers, file_bytes=10_000)
    printed, _ = process.communicate(timeout=60)
    assert "cannot be written: File too large" in printed
    assert os.listdir(tmp_path) == ["program.py"]


def test_shards_are_one_for_every_eight_scenes_unless_told():
    pairs = [(f"scene{index}", "train") for index in range(100)] + [("a", "test"), ("b", "test")]
    tasks = shards.plan(SlowReader("x"), pairs, None, 0, False)
    assert [sum(task.split == split for task in tasks) for split in ("train", "test")] == [13, 2]
    assert max(len(task.scenes) for task in tasks) == 8
    assert len(shards.plan(SlowReader("x"), pairs, None, 3, False)) == 5


def test_interrupted_run_ends_soon_and_keeps_its_finished_shards(tmp_path):
    process = _start(tmp_path, "SlowReader('log', count=40, wait=0.1)", 2)
    deadline = time.time() + 60
    while time.time() < deadline and not reads(tmp_path / "log"):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode != 0 and not (tmp_path / "out").exists()
    assert len(reads(tmp_path / "log")) < 40
    assert (tmp_path / ".out.partial" / "plan.json").is_file()
