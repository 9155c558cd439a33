"""Zarr arrays (format 2) as this package writes them, read chunk by chunk when they are used.

Not by the library: it would load whatever codec a folder names (pickle is one), fill chunks that are missing without a
word, and mix the chunks of two cubes where another process replaces the folder meanwhile. Here the little-endian types
that this package writes, uncompressed or by Blosc, are all there is, the folder stays the one that was opened, and each
chunk is checked against its own header before anything is allocated.
"""

import itertools
import os
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import xarray
from xarray.core import indexing

from hsgan.disk import guard
from hsgan.errors import DataError
from hsgan.files.dtypes import DTYPES

_TYPES = {dtype.numpy.str: dtype.numpy for dtype in DTYPES.values()}
_CHUNK_BYTES = 1 << 28
_BLOSC_HEADER = struct.Struct("<4B3I")  # ..., bytes inflated, bytes of a block, bytes deflated


class Folder:
    """An open folder: the one that had the name when it was opened, even if another has it since."""

    def __init__(self, path: str | Path):
        self.path = path
        self._handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)

    def read(self, name: str, most: int) -> bytes:
        """Returns the bytes of a file in it.

        Raises:
          DataError: there is no such file, or it has more than `most` bytes.
        """
        try:
            handle = os.open(name, os.O_RDONLY | os.O_NONBLOCK, dir_fd=self._handle)
        except FileNotFoundError as error:
            raise DataError(f"{self.path}: holds no {name}; it is not whole, or was replaced: open it again") from error
        with open(handle, "rb") as file:
            guard.check_bytes(f"{self.path}/{name}", os.fstat(handle).st_size, most=most)
            return file.read(most + 1)

    def __del__(self):
        if hasattr(self, "_handle"):
            os.close(self._handle)


class Chunks(xarray.backends.BackendArray):
    """One array of a folder, for xarray.

    Args:
      folder: `Folder`.
      name: of the array.
      described: its `.zarray`.

    Raises:
      DataError: an array of another form than ours.
    """

    def __init__(self, folder: Folder, name: str, described: Mapping[str, Any]):
        self._folder, self._name = folder, name
        self.shape, self._chunks = tuple(described["shape"]), tuple(described["chunks"])
        compressor, self._separator = described["compressor"], described.get("dimension_separator", ".")
        self._blosc = compressor is not None
        plain = described["zarr_format"] == 2 and described["order"] == "C" and not described.get("filters")
        sides = [*self.shape, *self._chunks]
        if (
            not plain
            or described["dtype"] not in _TYPES
            or (self._blosc and compressor["id"] != "blosc")
            or self._separator not in (".", "/")
            or len(self.shape) != len(self._chunks)
            or not all(isinstance(side, int) and not isinstance(side, bool) and side > 0 for side in sides)
        ):
            raise DataError(
                f"{folder.path}: {name} must be a Zarr array of {', '.join(_TYPES)}, uncompressed or by Blosc. "
                f"Received: {guard.shortened(described)}"
            )
        self.dtype = _TYPES[described["dtype"]]
        self._bytes = self.dtype.itemsize * int(np.prod(self._chunks, dtype=object))
        guard.check_bytes(folder.path, self._bytes, most=_CHUNK_BYTES)

    def variable(self, names: Sequence[str]) -> xarray.Variable:
        """Returns the `xarray.Variable` with these names of dimensions."""
        return xarray.Variable(names, indexing.LazilyIndexedArray(self))

    def __getitem__(self, key):
        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, self._read)

    def __deepcopy__(self, memo):
        return self

    def _read(self, key):
        """Returns the values of a tuple of whole numbers and slices with steps above 0."""
        spans = [
            range(side)[part] if isinstance(part, slice) else (part,)
            for part, side in zip(key, self.shape, strict=True)
        ]
        with guard.translated(self._folder.path, "a cube"):
            values = np.empty([len(span) for span in spans], self.dtype)
        if values.size:
            touched = [
                sorted({index // side for index in span}) for span, side in zip(spans, self._chunks, strict=True)
            ]
            for place in itertools.product(*touched):
                outer, inner = zip(*map(_overlap, spans, place, self._chunks), strict=True)
                values[np.ix_(*outer)] = self._chunk(place)[np.ix_(*inner)]
        return values[tuple(slice(None) if isinstance(part, slice) else 0 for part in key)]

    def _chunk(self, place):
        name = f"{self._name}/{self._separator.join(map(str, place))}"
        data = self._folder.read(name, self._bytes + (1 << 16))
        if self._blosc:
            stated = _BLOSC_HEADER.unpack(data[: _BLOSC_HEADER.size]) if len(data) >= _BLOSC_HEADER.size else ()
            if stated[4:5] != (self._bytes,) or stated[6:] != (len(data),):
                raise DataError(f"{self._folder.path}: {name} is damaged: it must inflate to {self._bytes} bytes")
            try:
                data = imagecodecs.blosc_decode(data, out=self._bytes)
            except RuntimeError as error:
                raise DataError(f"{self._folder.path}: {name} is damaged ({guard.reason(error)})") from error
        if len(data) != self._bytes:
            raise DataError(f"{self._folder.path}: {name} must have {self._bytes} bytes. Received: {len(data)}")
        return np.frombuffer(data, self.dtype).reshape(self._chunks)


def _overlap(span, chunk, side):
    """Returns (places in the result, places in the chunk) of the indices of a span that lie in a chunk."""
    indices = np.asarray(span)
    outer = np.flatnonzero(indices // side == chunk)
    return outer, indices[outer] - chunk * side
