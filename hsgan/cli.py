"""What all command-line programs share: one clear line for an error, a non-zero exit, `--config.x.y=z` overrides."""

import errno
import sys

from absl import app, flags, logging

from hsgan import config as config_lib
from hsgan.errors import HsganError


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
    app.run(guarded)


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

    absl knows only flags that are declared; the overrides are taken out of the command line before it parses
    the rest, so that all unknown names and bad values are reported together by `hsgan.config`.
    """

    def __init__(self, default):
        self.overrides = []
        self._file = flags.DEFINE_string(
            "config",
            default,
            "Python file whose get_config() returns the configuration; "
            "single fields are set by --config.section.field=value.",
        )

    def parse(self, argv):
        """The `flags_parser` for `app.run`: collects the overrides, lets absl parse the rest."""
        rest = []
        for argument in argv:
            if argument.lstrip("-").startswith("config.") and argument.startswith("-"):
                self.overrides.append(argument.lstrip("-").removeprefix("config."))
            else:
                rest.append(argument)
        return flags.FLAGS(rest)

    def load(self):
        """Returns the validated configuration of file and overrides (`hsgan.config.load`)."""
        return config_lib.load(self._file.value, self.overrides)
