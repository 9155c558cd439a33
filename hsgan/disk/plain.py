"""Whole files: their bytes, their text, or the values of their JSON."""

import json
from pathlib import Path
from typing import Any

from hsgan.disk import guard
from hsgan.errors import DataError, HsganError


def read_bytes(path: str | Path, most: int = guard.MAX_BYTES, error: type[HsganError] = DataError) -> bytes:
    """Returns a file's bytes.

    Args:
      path: the file.
      most: bytes at most.
      error: the class of the error.

    Raises:
      HsganError: of the class `error`: no such file, or one that cannot be read or is too large.
    """
    path = Path(path)
    with guard.reading(path, "a file", error):
        size = path.stat().st_size
        if size > most:
            raise error(f"{path}: must have at most {most} bytes. Received: {size}")
        return path.read_bytes()


def read_text(path: str | Path, most: int = guard.MAX_TEXT, error: type[HsganError] = DataError) -> str:
    """Returns a file's text in UTF-8; raises as `read_bytes`, and for a file that is no text."""
    data = read_bytes(path, most, error)
    try:
        return data.decode()
    except UnicodeDecodeError as cause:
        raise error(f"{path}: must be a text file: {cause.reason}") from cause


def read_json(path: str | Path, most: int = guard.MAX_TEXT, error: type[HsganError] = DataError) -> Any:
    """Returns the values of a JSON file; raises as `read_text`, and for a file that is no JSON."""
    text = read_text(path, most, error)
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as cause:
        raise error(f"{path}: is not JSON: {guard.reason(cause)}") from cause
