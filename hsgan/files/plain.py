"""Whole files: their bytes, or their text."""

from pathlib import Path

from hsgan.errors import DataError


def read_bytes(path):
    """Returns a file's bytes, or raises `DataError` if there is no such file."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None


def read_text(path):
    """Returns a file's text, or raises `DataError` if there is no such file or no text in it."""
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: must be a text file: {error.reason}") from error
