"""What all command-line programs share: flags, help, one clear line for an error, and the right exit status.

A program is a module with `define_flags()` and `main(argv)`, which does its work by calling the library; `run` joins
the two, in any process and also after another program.

Exit status: 0 when the work is done; 1 for a mistake of the user; 130 after Ctrl-C; 141 when what reads the output goes
away (`| head -1`), as for a program that the signal ends.
"""

import contextlib
import errno
import os
import re
import select
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import ml_collections
from absl import flags, logging

from hsgan import config as config_lib
from hsgan.errors import HsganError, UsageError

# What a user can mend: a disk that is full, and a path that cannot be written or is something else.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_USERS = (*_FULL, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)
_ROOM = "; make room and run the same command again"
_INTERRUPTED, _PIPE = 130, 141
_HELP = ("-h", "-help", "--help")
_TAKES_ARGUMENTS, _NEEDS_NO_TENSORFLOW = "takes_arguments", "needs_no_tensorflow"  # marks of a `main`
_PREFIX, _FIELD = "config.", "config.SECTION.FIELD"  # all `--config.x.y=z` are values of the one flag `_FIELD`
_MISSING = "must have a value other than None."  # how absl says that a flag must be given
_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_ONEDNN = "TF_ENABLE_ONEDNN_OPTS"  # 1: its kernels are used; 0: they are not
# TensorFlow's log lines below fatal, and its complaint about the order in which it sets up logging.
_NOISE = re.compile(rb"(I|W|E)\d{4} \d\d:|\d{4}-\d\d-\d\d [\d:.]+: [IWE] |WARNING: All log messages before absl::")


def run(define_flags: Callable[[], object], main: Callable[[list[str]], None], argv: list[str] | None = None) -> None:
    """Runs a program on a command line, and ends the process.

    An error without a remedy on the user's side keeps its traceback: it is ours to mend.

    Args:
      define_flags: defines the program's flags in `absl.flags.FLAGS`.
      main: the program; gets its name and the positional arguments.
      argv: the command line; None: that of this process.
    """
    argv = list(sys.argv if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):  # names of files may be any bytes
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="surrogateescape")
    try:
        with program_flags(define_flags) as names:
            before = argv[: argv.index("--")] if "--" in argv else argv
            if set(_HELP) & set(before[1:]):
                print(help_of(names, sys.modules[main.__module__].__doc__))
            else:
                _work(main, parse(argv))
            sys.stdout.flush()
    except HsganError as error:
        _fail(main, str(error))
    except KeyboardInterrupt:
        _fail(main, "interrupted", _INTERRUPTED)
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _nobody_reads():
            _end_quietly()
        if error.errno not in _USERS:
            raise
        remedy = _ROOM if error.errno in _FULL else ""
        _fail(main, f"{error.filename or 'output'}: {os.strerror(error.errno)}{remedy}")
    except Exception as error:
        said = _of_full_disk(error)
        if not said:
            raise
        _fail(main, f"output: {said}{_ROOM}")
    sys.exit(0)


def _of_full_disk(error):
    """Returns what an error of TensorFlow's says of the disk it wrote to; "" if that was not full."""
    if not type(error).__module__.startswith("tensorflow."):
        return ""
    return next((text for text in map(os.strerror, _FULL) if f"; {text}" in str(error)), "")


def _work(main, argv):
    if len(argv) > 1 and not getattr(main, _TAKES_ARGUMENTS, False):
        raise UsageError(f"unexpected arguments: {' '.join(argv[1:])}; --help lists the flags")
    logging.set_verbosity(logging.WARNING)
    if not getattr(main, _NEEDS_NO_TENSORFLOW, False):
        import_tensorflow()
    main(argv)


@contextlib.contextmanager
def program_flags(define_flags: Callable[[], object]) -> Iterator[list[str]]:
    """Defines a program's flags, and takes them away afterwards: absl has one set of flags a process.

    Yields:
      The flags' names, wherever they are defined, but for former ones (`define_renamed`).
    """
    before = set(flags.FLAGS)
    define_flags()
    names = sorted(set(flags.FLAGS) - before)
    try:
        yield [name for name in names if not isinstance(flags.FLAGS[name].parser, _Renamed)]
    finally:
        for name in names:
            delattr(flags.FLAGS, name)
        flags.FLAGS.unparse_flags()


def parse(argv: Sequence[str]) -> list[str]:
    """Parses a command line into `absl.flags.FLAGS`; returns the program's name and the positional arguments.

    Raises:
      UsageError: names every unknown flag, and every value that cannot be, each in a line of its own.
    """
    left = [_as_field(argument) if _FIELD in flags.FLAGS else argument for argument in argv]
    found: dict = {}
    while True:
        try:
            rest = flags.FLAGS(left)
            break
        except flags.Error as error:
            # absl stops at the first: what it names is taken out, and the rest looked at again.
            lines = {line: _flag_of(line) for line in str(error).splitlines()}
            new = {_in_words(line, flag): flag for line, flag in lines.items() if flag not in found.values()}
            found |= new
            kept = [argument for argument in left if argument.lstrip("-").partition("=")[0] not in new.values()]
            if kept == left:
                break
            left = kept
    if len(found) == 1:
        raise UsageError(f"{next(iter(found))}; --help lists the flags")
    if found:
        raise UsageError("\n  ".join([f"{len(found)} mistakes; --help lists the flags:", *found]))
    return rest


def _as_field(argument):
    """`--config.section.field=value` as a value of the flag that collects them; anything else as it is."""
    name = argument.lstrip("-")
    if not argument.startswith("-") or not name.startswith(_PREFIX):
        return argument
    return f"--{_FIELD}={name.removeprefix(_PREFIX)}"


def _flag_of(line):
    """Returns the flag that a line of absl's is about; the line itself where it is about several."""
    match = re.match(r"Unknown command line flag '([^']*)'|flag --([\w.]+)=", line)
    return (match[1] or match[2]) if match else line


def _in_words(line, flag):
    """Returns a line of absl's, but of a flag that is missing what it is for."""
    if not line.endswith(_MISSING):
        return line
    return f"flag --{flag}: must be given: {flags.FLAGS[flag].help.rstrip('.')}"


def help_of(names: Iterable[str], text: str | None) -> str:
    """Returns what `--help` prints: the program's own words, and its flags by name."""
    shown = flags.FlagValues()
    for name in sorted(names):
        shown[name] = flags.FLAGS[name]
    return f"{(text or '').strip()}\n\n{shown.get_help(include_special_flags=False)}"


def define_renamed(old: str, new: str, values: flags.FlagValues = flags.FLAGS) -> None:
    """Defines a flag that was called otherwise once: it is refused by a line that says how it is called, and not shown.

    Args:
      old: its former name.
      new: the name of today.
      values: that hold the flags.
    """
    flags.DEFINE(_Renamed(new), old, None, "", flag_values=values)


class _Renamed(flags.ArgumentParser):
    """Takes no value at all.

    Args:
      new: the flag to give in its place.
    """

    def __init__(self, new):
        self.new = new

    def parse(self, argument):
        raise ValueError(f"this flag is called --{self.new}")


def define_config(default: str = "configs/demo.py") -> None:
    """Defines `--config=FILE.py` and `--config.section.field=value`, which may be given any number of times.

    `ml_collections.config_flags` was tried in place of this. Of `--config.train.batchh=4 --config.train.batch=0
    --config.loss.smoothness=-1 --config.train.steps=x` it reports the first, by a traceback; here are four lines. It
    does not find the configurations that come with the package either.
    """
    flags.DEFINE_string("config", default, "Python file whose get_config() returns the configuration.")
    flags.DEFINE_multi_string(_FIELD, [], "Value of one field, e.g. --config.train.steps=500.")


def load_config(
    data_problems: Callable[[ml_collections.ConfigDict], list[str]] | None = None,
) -> ml_collections.ConfigDict:
    """Returns the checked configuration that the flags of `define_config` ask for.

    Args:
      data_problems: as `hsgan.config.load`.

    Raises:
      ConfigError, DataError: as `hsgan.config.load`.
    """
    return config_lib.load(flags.FLAGS.config, flags.FLAGS[_FIELD].value or (), data_problems)


def import_tensorflow_to_train() -> None:
    """As `import_tensorflow`, with oneDNN also on processors on which TensorFlow leaves it off by itself.

    There (x86-64 without AVX-512) its products and convolutions make a training step 1.5 times as fast (docs/speed.md).
    TF_ENABLE_ONEDNN_OPTS in the environment decides otherwise.
    """
    if "tensorflow" not in sys.modules:
        os.environ.setdefault(_ONEDNN, "1")
    import_tensorflow()


def import_tensorflow() -> None:
    """Imports TensorFlow and looks for GPUs, without the log lines that it prints meanwhile even where all is well.

    Whatever else is written to stderr meanwhile appears afterwards. TF_CPP_MIN_LOG_LEVEL=0 in the environment holds
    nothing back, e.g. to see why TensorFlow aborts the process.
    """
    if os.environ.setdefault(_LOG_LEVEL, "3") == "0" or "tensorflow" in sys.modules:
        return
    with contextlib.ExitStack() as stack:
        try:
            held = stack.enter_context(tempfile.TemporaryFile())
        except OSError:  # no room for the lines: the program itself may need none, and goes on with them on screen
            return
        sys.stderr.flush()
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            import tensorflow as tf

            tf.config.list_physical_devices()
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            os.write(2, b"".join(line for line in held if not _NOISE.match(line)))


def takes_arguments(main: Callable) -> Callable:
    """Marks a `main` that accepts positional arguments (files)."""
    setattr(main, _TAKES_ARGUMENTS, True)
    return main


def without_tensorflow(main: Callable) -> Callable:
    """Marks a `main` that does without TensorFlow, its half gigabyte and its seconds, or imports it when it must."""
    setattr(main, _NEEDS_NO_TENSORFLOW, True)
    return main


def _fail(main, message, status=1):
    print(f"{_name_of(main)}: error: {message}", file=sys.stderr)
    sys.exit(status)


def _name_of(main):
    """Returns the program's name: its module's, or the script's."""
    if main.__module__ != "__main__":
        return main.__module__.removesuffix(".__main__")
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    return spec.name.removesuffix(".__main__") if spec else Path(sys.argv[0]).name


def _nobody_reads():
    """Whether the reader of stdout or stderr is gone."""
    poll = select.poll()
    for stream in (1, 2):
        poll.register(stream, 0)
    return any(event & select.POLLERR for _, event in poll.poll(0))


def _end_quietly():
    # Python's own farewell would try to write what is left, and fail with a message.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    sys.exit(_PIPE)
