"""What all command-line programs share: one clear line for an error, a non-zero exit, `--config.x.y=z` overrides."""

import contextlib
import errno
import os
import re
import sys
import tempfile
from pathlib import Path

from absl import app, flags, logging

from hsgan import config as config_lib
from hsgan.errors import HsganError

_OVERRIDES = []
# What a user can mend: a disk that is full, and a path that cannot be written or is something else.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_USERS = (*_FULL, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG)
_LOG_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# TensorFlow's log lines below fatal, and its complaint about the order in which it sets up logging.
_NOISE = re.compile(rb"(I|W|E)\d{4} \d\d:|\d{4}-\d\d-\d\d [\d:.]+: [IWE] |WARNING: All log messages before absl::")


def run(main):
    """Runs `main(argv)` under absl; a user-side error ends in one line on stderr and exit status 1.

    An error without a remedy on the user's side keeps its traceback: it is ours to mend.
    """

    def guarded(argv):
        if len(argv) > 1 and not getattr(main, "takes_arguments", False):
            _fail(f"unexpected arguments: {' '.join(argv[1:])}; --help lists the flags")
        if not getattr(main, "needs_no_tensorflow", False):
            import_tensorflow()
        try:
            main(argv)
        except HsganError as error:
            _fail(str(error))
        except OSError as error:
            if error.errno not in _USERS:
                raise
            remedy = "; make room and run the same command again" if error.errno in _FULL else ""
            _fail(f"{error.filename or 'output'}: {os.strerror(error.errno)}{remedy}")
        except KeyboardInterrupt:
            _fail("interrupted", status=130)

    logging.set_verbosity(logging.WARNING)
    app.run(guarded, flags_parser=_parse)


def import_tensorflow():
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


def _fail(message, status=1):
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    program = spec.name.removesuffix(".__main__") if spec else Path(sys.argv[0]).name
    print(f"{program}: error: {message}", file=sys.stderr)
    sys.exit(status)


def takes_arguments(main):
    """Marks a `main` that accepts positional arguments (files)."""
    main.takes_arguments = True
    return main


def without_tensorflow(main):
    """Marks a `main` that does without TensorFlow, its half gigabyte and its seconds, or imports it when it must."""
    main.needs_no_tensorflow = True
    return main


class ConfigFlag:
    """`--config=FILE.py` plus any number of `--config.section.field=value` overrides.

    absl knows only flags that are declared; `run` takes the overrides out of the command line before absl parses the
    rest, so that all unknown names and bad values are reported together by `hsgan.config`.
    """

    def __init__(self, default="configs/demo.py"):
        self._file = flags.DEFINE_string(
            "config",
            default,
            "Python file whose get_config() returns the configuration; single fields are set by "
            "--config.section.field=value.",
        )
        # So that --help shows it, as if the program itself had defined it.
        flags.FLAGS.register_key_flag_for_module(sys.argv[0], flags.FLAGS["config"])

    def load(self, data_problems=None):
        """Returns the validated configuration of file and overrides; arguments and errors as `hsgan.config.load`."""
        return config_lib.load(self._file.value, _OVERRIDES, data_problems)


def _parse(argv):
    """absl's flags parser, but for the overrides of the configuration, which are kept for `ConfigFlag.load`."""
    _OVERRIDES.clear()
    rest = []
    for argument in argv:
        name = argument.lstrip("-")
        if "config" in flags.FLAGS and argument.startswith("-") and name.startswith("config."):
            _OVERRIDES.append(name.removeprefix("config."))
        else:
            rest.append(argument)
    try:
        return flags.FLAGS(rest)
    except flags.Error as error:
        _fail(f"{' '.join(str(error).split())}; --help lists the flags")
