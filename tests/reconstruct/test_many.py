"""Many photos as one job over processes: the files of the plain program, nothing done twice, nothing lost."""

import os

import numpy as np
import pytest
from PIL import Image
from trained_run import make_run

from hsgan import beam
from hsgan.reconstruct import many

needs_beam = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return make_run(tmp_path_factory.mktemp("many") / "run")


@pytest.fixture
def photos(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(4):
        pixels = np.random.default_rng(number).integers(0, 255, (16, 24 + number, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / f"photo{number}.png")
    return tmp_path / "in"


@pytest.fixture
def here(monkeypatch):
    """Stands in for the pipeline: the names of the tasks that this process did."""
    done = []

    def work(tasks, worker, folder, arguments):
        assert arguments == ("--runner=DirectRunner",)
        for path in folder.glob("*.error"):
            path.unlink()
        loaded = worker.load() if tasks else None
        for task in tasks:
            done.append(os.path.basename(task.photo))
            beam.attempt(task, worker, loaded, folder)
        return {path.stem: beam.read_json(path) for path in folder.glob("*.error")}

    monkeypatch.setattr(many.beam, "run", work)
    return done


def spread(program, run, photos, output, *flags):
    return program("hsgan.reconstruct", f"--run={run}", photos, f"--output={output}", "--runner=DirectRunner", *flags)


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_it_writes_and_says_what_one_process_does(tmp_path, run, photos, program, here):
    flags = "--formats=npz,envi", "--consistent"
    status, expected, _ = program("hsgan.reconstruct", f"--run={run}", photos, f"--output={tmp_path / 'a'}", *flags)
    assert status == 0
    status, stdout, stderr = spread(program, run, photos, tmp_path / "b", *flags)
    assert status == 0, stderr
    assert contents(tmp_path / "b") == contents(tmp_path / "a") and len(contents(tmp_path / "b")) == 16
    assert stdout == expected.replace(str(tmp_path / "a"), str(tmp_path / "b"))


def test_after_a_failure_only_what_is_missing_is_done(tmp_path, run, photos, program, here):
    good = (photos / "photo1.png").read_bytes()
    (photos / "photo1.png").write_text("not a photo")
    output = tmp_path / "out"
    status, stdout, stderr = spread(program, run, photos, output)
    assert status == 1 and f"error: {photos / 'photo1.png'}: is not a photo" in stderr
    assert "error: 1 of 4 photos could not be reconstructed; the others are in" in stderr
    assert stdout.count("round trip") == 3
    first = contents_of(output)
    (photos / "photo1.png").write_bytes(good)
    here.clear()
    status, stdout, _ = spread(program, run, photos, output)
    assert status == 0 and here == ["photo1.png"]
    assert stdout.count("is there already") == 3 and stdout.count("round trip") == 1
    assert {name: data for name, data in contents(output).items() if name in first} == first
    assert not [name for name in os.listdir(output) if name.startswith(".")]


def contents_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("change", ["photo", "cube", "gone", "note", "settings"])
def test_what_has_changed_is_done_again(tmp_path, run, photos, program, here, change):
    (photos / "bad.png").write_text("not a photo")
    output = tmp_path / "out"
    assert spread(program, run, photos, output)[0] == 1
    here.clear()
    flags = ()
    if change == "photo":
        Image.new("RGB", (24, 16), (9, 99, 199)).save(photos / "photo2.png")
    elif change == "cube":  # by another job
        (output / "photo2.npz").write_bytes((output / "photo2.npz").read_bytes())
    elif change == "gone":
        (output / "photo2_preview.png").unlink()
    elif change == "note":
        (folder,) = output.glob(".photos-*")
        for note in folder.glob("*.json"):
            if "photo2" in note.read_text():
                note.write_text(note.read_text()[:-20])
    else:
        flags = ("--consistent",)
    assert spread(program, run, photos, output, *flags)[0] == 1
    everything = [f"photo{number}.png" for number in range(4)]
    assert here == ["bad.png", *(everything if change == "settings" else ["photo2.png"])]


def test_two_processes_do_not_do_the_same_job(tmp_path, run, photos, program, here):
    output = tmp_path / "out"
    (photos / "bad.png").write_text("not a photo")
    assert spread(program, run, photos, output)[0] == 1
    (notes,) = output.glob(".photos-*")
    with many.Lock.take(notes / "lock"):
        status, _, stderr = spread(program, run, photos, output)
    assert status == 1 and "another process is reconstructing the same photos; wait for that, or stop it" in stderr


def test_what_the_runner_leaves_out_is_told(tmp_path, run, photos, program, monkeypatch):
    monkeypatch.setattr(many.beam, "run", lambda *arguments: {})
    status, _, stderr = spread(program, run, photos, tmp_path / "out")
    assert status == 1 and stderr.count("the runner has left it out; run the same command again") == 4


def test_options_of_beam_need_a_runner(tmp_path, photos, program):
    status, _, stderr = program("hsgan.reconstruct", photos, f"--output={tmp_path}", "--beam_options=--region=r")
    assert status == 1 and stderr == "hsgan.reconstruct: error: --beam_options: they need a --runner\n"


@needs_beam
@pytest.mark.parametrize("options", [
    "--direct_num_workers=1,--direct_running_mode=in_memory",
    pytest.param("--direct_num_workers=2,--direct_running_mode=multi_processing", marks=pytest.mark.slow),
], ids=["one process", "two processes"])  # fmt: skip
def test_direct_runner_writes_the_same(tmp_path, run, photos, program, options):
    pytest.importorskip("apache_beam", reason="needs apache-beam: pip install 'hsgan[beam]'")
    (photos / "bad.png").write_text("not a photo")
    assert program("hsgan.reconstruct", f"--run={run}", photos, f"--output={tmp_path / 'a'}")[0] == 1
    status, stdout, stderr = spread(program, run, photos, tmp_path / "b", f"--beam_options={options}")
    assert status == 1 and stdout.count("round trip") == 4, stderr
    assert stderr.splitlines()[-1].startswith("hsgan.reconstruct: error: 1 of 5 photos could not be reconstructed")
    assert contents_of(tmp_path / "b") == contents_of(tmp_path / "a")
    (photos / "bad.png").unlink()
    status, stdout, stderr = spread(program, run, photos, tmp_path / "b", f"--beam_options={options}")
    assert status == 0 and stdout.count("is there already") == 4, stderr
    assert contents(tmp_path / "b") == contents(tmp_path / "a")


@needs_beam
def test_a_runner_that_cannot_be_reached_is_one_line(tmp_path, run, photos, program):
    pytest.importorskip("apache_beam", reason="needs apache-beam: pip install 'hsgan[beam]'")
    options = "--job_endpoint=127.0.0.1:1,--environment_type=LOOPBACK,--job_server_timeout=1"
    flags = f"--run={run}", photos, f"--output={tmp_path / 'out'}", "--runner=PortableRunner"
    status, _, stderr = program("hsgan.reconstruct", *flags, f"--beam_options={options}")
    assert status == 1, stderr
    last = stderr.splitlines()[-1]
    assert last.startswith("hsgan.reconstruct: error: --runner=PortableRunner: the pipeline ended: "), stderr
    assert last.endswith("; the same command goes on with what is finished")


class Counted:
    """A worker that writes down who loads it, and for whom."""

    def __init__(self, folder):
        self.folder = folder

    def load(self):
        with open(f"{self.folder}/loads", "a") as file:
            file.write(f"{os.getpid()}\n")
        return 7

    def work(self, task, loaded):
        with open(f"{self.folder}/done", "a") as file:
            file.write(f"{task.photo} {loaded}\n")


@needs_beam
def test_a_process_loads_once_for_all_its_tasks(tmp_path):
    pytest.importorskip("apache_beam", reason="needs apache-beam: pip install 'hsgan[beam]'")
    arguments = ("--runner=DirectRunner", "--direct_num_workers=3", "--direct_running_mode=multi_threading")
    tasks = [many.PhotoTask(str(number), str(number)) for number in range(9)]
    assert beam.run(tasks, Counted(str(tmp_path)), tmp_path, arguments) == {}
    assert sorted((tmp_path / "done").read_text().splitlines()) == [f"{number} 7" for number in range(9)]
    assert (tmp_path / "loads").read_text() == f"{os.getpid()}\n"
