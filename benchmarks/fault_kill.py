"""One program killed again and again, or before a full disk; each time in a copy of one prepared folder.

As a program it takes the name of one of `fault_programs` on its command line and on its input lines of JSON: the kind
of fault and its number. It answers each by a line of JSON: what became of it. TensorFlow is imported once: every run is
a fork of this process, which itself never computes anything.
"""

import contextlib
import importlib
import io
import json
import os
import resource
import runpy
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).parents[1]
CALL, MOMENT, DISK = "call", "moment", "disk"  # kill before the N-th call, after a share of the time; bytes of a file
MOST_SECONDS = 900
_EVENTS = ("os.", "shutil.", "fcntl.")
_LEFT = (".unfinished", ".arriving", ".partial")


class Trial:
    """A program, the folder it starts from, and what it does when nobody disturbs it."""

    def __init__(self, name: str):
        import fault_programs

        self.program = fault_programs.programs()[name]
        self.root = Path(tempfile.mkdtemp(prefix="faults-"))
        self.sound = self.root / "sound"
        self.sound.mkdir()
        in_child(self.program.prepare, self.sound)
        self.before = in_child(self.program.state, self.sound)
        folder, start = self._copy(), time.monotonic()
        status, text, self.calls = self._run(folder)
        if status:
            raise RuntimeError(f"{name}: an undisturbed run ends with status {status}: {text}")
        self.seconds = time.monotonic() - start
        self.after = in_child(self.program.state, folder)
        self.largest = max(path.stat().st_size for path in folder.rglob("*") if path.is_file())

    def fault(self, kind: str, number: float) -> tuple[str, str]:
        """Returns ("survived" or "lost", why) of one fault and the run after it."""
        folder = self._copy()
        status, text, _ = self._run(folder, kind, number)
        if kind == DISK and (status not in (0, 1) or not all("error: " in line for line in text.splitlines())):
            return "lost", f"status {status} and more than lines of errors: {text!r}"
        try:
            there = in_child(self.program.state, folder)
        except RuntimeError as error:
            return "lost", f"half: {error}"
        if not self.program.steps and there not in (self.before, self.after):
            return "lost", f"neither old nor new: {there}"
        again, text, _ = self._run(folder)
        if again and there != self.after:
            return "lost", f"the next run ends with status {again}: {text}"
        try:
            found = in_child(self.program.state, folder)
        except RuntimeError as error:
            return "lost", f"half after the next run: {error}"
        if found != self.after:
            return "lost", f"the next run gives {found}, not {self.after}"
        left = [str(path.relative_to(folder)) for path in folder.rglob(".*") if path.name.endswith(_LEFT)]
        if left and not again:
            return "lost", f"left behind: {left}"
        shutil.rmtree(folder)
        return "survived", "killed" if status < 0 else f"status {status}"

    def _copy(self):
        folder = Path(tempfile.mkdtemp(dir=self.root))
        shutil.copytree(self.sound, folder, dirs_exist_ok=True)
        return folder

    def _run(self, folder, kind="", number=0):
        """Runs the program in a folder; returns (status, what it wrote to stderr, calls of the file system)."""
        told, count = self.root / "stderr", self.root / "calls"
        child = os.fork()
        if not child:
            with open(told, "wb") as errors, open(os.devnull, "wb") as nothing:
                os.dup2(errors.fileno(), 2)
                os.dup2(nothing.fileno(), 1)
            os.chdir(folder)
            if kind == DISK:
                resource.setrlimit(resource.RLIMIT_FSIZE, (int(number), int(number)))
            calls = watched(str(folder), int(number) if kind == CALL else 0)
            status = run_program(self.program)
            if kind != DISK:
                count.write_text(str(calls()))
            os._exit(status)
        status = wait(child, number * self.seconds if kind == MOMENT else MOST_SECONDS)
        return status, told.read_text(errors="replace").strip(), int(count.read_text()) if count.exists() else 0


def watched(folder: str, kill_before: int):
    """Counts this process's calls of the file system that concern a folder; kills it before one of them.

    Returns:
      A function without arguments that gives the count.
    """
    count = 0

    def hook(event, arguments):
        nonlocal count
        if event != "open" and not event.startswith(_EVENTS):
            return
        paths = [os.fsdecode(value) for value in arguments if isinstance(value, str | bytes | os.PathLike)]
        if event.startswith("fcntl.") or any(not path.startswith("/") or path.startswith(folder) for path in paths):
            count += 1
            if count == kill_before:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return lambda: count


def run_program(program) -> int:
    """Runs a program as `python -m` does; returns its exit status."""
    sys.argv = [program.module, *program.arguments]
    try:
        runpy.run_module(program.module, run_name="__main__", alter_sys=True)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
        return 70
    return 0


def wait(child: int, seconds: float) -> int:
    """Returns the exit status of a child, negative for a signal; kills it after a time."""
    end = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.01)


def in_child(function, *arguments):
    """Returns what a function gives in a fork of this process, or raises `RuntimeError` with its error."""
    receive, send = os.pipe()
    child = os.fork()
    if not child:
        os.close(receive)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                answer = ["value", function(*arguments)]
        except BaseException as error:
            answer = ["error", f"{type(error).__name__}: {error}"]
        with os.fdopen(send, "w") as file:
            json.dump(answer, file, default=str)
        os._exit(0)
    os.close(send)
    with os.fdopen(receive) as file:
        text = file.read()
    os.waitpid(child, 0)
    kind, value = json.loads(text) if text else ("error", "the process died")
    if kind == "error":
        raise RuntimeError(value)
    return value


def main():
    """Prepares the program named on the command line and answers faults until the input ends."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # Before the forks, which then start in no time.
    for name in ("tensorflow", "hsgan.export.export", "hsgan.reconstruct.outputs", "hsgan.train.loop"):
        importlib.import_module(name)
    trial = Trial(sys.argv[1])
    print(json.dumps([trial.calls, trial.largest]), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(trial.fault(*json.loads(line))), file=answers, flush=True)
    shutil.rmtree(trial.root, ignore_errors=True)


if __name__ == "__main__":
    main()
