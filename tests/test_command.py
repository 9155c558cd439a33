"""The command `hsgan` and what all programs do alike: help, version, Ctrl-C, a reader that goes away."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from absl import flags
from command_line import module_of

import hsgan
from hsgan import __main__ as command
from hsgan import cli

ROOT = Path(__file__).parents[1]
NAMES = [module.removesuffix(".__main__") for module, _ in command.PROGRAMS.values()]


@pytest.fixture
def run_command(monkeypatch, capsys):
    """Runs `hsgan ARGUMENTS` inside this process; gives (status, stdout, stderr)."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["hsgan", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            command.main()
        return ended.value.code, *capsys.readouterr()

    return run


def test_the_command_has_every_program():
    files = [path for folder in ("hsgan", "tfrecords_tools") for path in sorted((ROOT / folder).rglob("*.py"))]
    programs = [path for path in files if "cli.run(define_flags, main)" in path.read_text()]
    modules = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in programs}
    assert modules == {module for module, _ in command.PROGRAMS.values()}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_names_every_flag_and_is_no_error(name, flag, program):
    with cli.program_flags(module_of(name).define_flags) as names:
        assert names
    status, stdout, stderr = program(name, flag)
    assert status == 0 and stderr == ""
    assert stdout.startswith(module_of(name).__doc__.strip())
    for flag_name in names:
        assert re.search(rf"^--(\[no\])?{re.escape(flag_name)}:", stdout, re.MULTILINE), flag_name
    assert not set(names) & set(flags.FLAGS)  # nothing is left behind


def test_the_help_of_a_record_builder_has_its_main_flags(program):
    _, stdout, _ = program("tfrecords_tools.build_hsi", "--help")
    for name in ("source", "input", "output", "validation", "workers"):
        assert f"\n--{name}:" in stdout


def test_programs_are_the_same_under_the_command(run_command, program, tmp_path):
    arguments = f"--output={tmp_path / 'out'}", tmp_path / "no.npz"
    status, stdout, stderr = run_command("plot", *arguments)
    assert (status, stdout, stderr) == program("hsgan.plot", *arguments) and "no such file" in stderr and status == 1
    assert run_command("plot", "--help") == program("hsgan.plot", "--help")


def test_the_command_lists_programs_and_says_its_version(run_command):
    assert run_command("--version") == (0, f"hsgan {hsgan.__version__}\n", "")
    for flag in ("-h", "--help"):
        status, stdout, stderr = run_command(flag)
        assert status == 0 and stderr == "" and all(name in stdout for name in command.PROGRAMS)
    status, stdout, stderr = run_command("tran")
    assert status == 2 and stdout == "" and "invalid choice: 'tran' (choose from 'train', " in stderr
    status, _, stderr = run_command()
    assert status == 2 and "required: PROGRAM" in stderr


def python(program, **options):
    """Starts a program that runs `work` under `cli.run`."""
    text = f"""
import sys, time
from hsgan import cli

@cli.without_tensorflow
def main(argv):
{program}

cli.run(lambda: None, main, ["program"])
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", text], env=environment, text=True, stderr=subprocess.PIPE, **options)


def test_a_reader_that_goes_away_ends_the_program_quietly():
    reader, writer = os.pipe()
    process = python("    while True: print('a line of many')", stdout=writer)
    os.close(writer)
    assert os.read(reader, 6) == b"a line"
    os.close(reader)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (128 + signal.SIGPIPE, "")


def test_another_broken_pipe_keeps_its_traceback():
    program = "    import os\n    reader, writer = os.pipe()\n    os.close(reader)\n    os.write(writer, b'x')"
    process = python(program, stdout=subprocess.PIPE)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1 and "BrokenPipeError" in stderr and "Traceback" in stderr


def test_ctrl_c_is_one_line():
    # A shell that starts the tests in the background makes its children deaf to SIGINT.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = python("    print('working', flush=True); time.sleep(60)", stdout=subprocess.PIPE)
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout.readline() == "working\n"
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (128 + signal.SIGINT, "-c: error: interrupted\n")
