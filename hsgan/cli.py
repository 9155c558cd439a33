"""What all command-line programs share: one clear line for an error, a non-zero exit, `--config.x.y=z` overrides."""

import errno
import os
import sys

# Before TensorFlow is imported anywhere: it reports absent GPUs as errors. Its Python warnings are not touched.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from absl import app, flags, logging

from hsgan import config as config_lib
from hsgan.errors import HsganError

_OVERRIDES = []


def run(main):
    """Runs `main(argv)` under absl; a user-side error ends in one line on stderr and exit status 1.

    An error without a remedy on the user's side keeps its traceback: it is ours to mend.
    """

    def guarded(argv):
        if len(argv) > 1 and not getattr(main, "takes_arguments", False):
            raise app.UsageError(f"unexpected arguments: {' '.join(argv[1:])}")
        try:
            main(argv)
        except HsganError as error:
            _fail(str(error))
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.EISDIR):
                raise
            _fail(f"{error.filename or 'output'}: {error.strerror}")

    logging.set_verbosity(logging.WARNING)
    app.run(guarded, flags_parser=_parse)


def _fail(message):
    program = (getattr(sys.modules.get("__main__"), "__spec__", None) or sys).name.removesuffix(".__main__")
    print(f"{program}: error: {message}", file=sys.stderr)
    sys.exit(1)


def takes_arguments(main):
    """Marks a `main` that accepts positional arguments (files)."""
    main.takes_arguments = True
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

    def load(self):
        """Returns the validated configuration of file and overrides (`hsgan.config.load`)."""
        return config_lib.load(self._file.value, _OVERRIDES)


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
    return app.parse_flags_with_usage(rest)
