"""Errors that a user can cause, and mend.

Every one of them is a single clear line: what, where, the rule, the remedy. The command-line programs
(`hsgan.cli`) print that line and exit non-zero; a notebook sees an ordinary exception.
"""


class HsganError(Exception):
    """Base of all errors that have a user-side cause and remedy."""


class ConfigError(HsganError):
    """A configuration with unknown fields, wrong types or values out of range; lists all of them."""


class UsageError(HsganError):
    """A command line with unknown flags, values that cannot be, or what the program does not take; lists all."""


class DataError(HsganError):
    """An input file or record that cannot be used; names the file and, where there is one, the record."""


class RunError(HsganError):
    """A run folder that cannot be used as asked (no checkpoint, another configuration's run)."""


class TrainingError(HsganError):
    """Training cannot go on, e.g. a loss term that is not finite; names the term and the step."""
