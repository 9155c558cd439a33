"""MATLAB files of version 5 to 7, read by Python alone: real arrays of numbers.

SciPy's reader was measured in place of this one: of damaged files it ends the whole process (a segmentation fault), and
behind a child process of its own, which costs 0.4 s to start, it would hold back a set of thousands of label maps. What
is read here is a list of tagged elements whose sizes are all checked before anything is allocated.

Source: "MAT-File Format", The MathWorks, 2023, chapter 1.
"""

import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import imagecodecs
import numpy as np

from hsgan.disk import guard

_HEADER_BYTES = 128
_ORDERS = {b"IM": "<", b"MI": ">"}
_NAME_TYPE, _DIMENSIONS_TYPE, _FLAGS_TYPE, _MATRIX, _COMPRESSED = 1, 5, 6, 14, 15
_NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_NUMERIC_CLASSES = range(6, 16)  # double to uint64
_OPAQUE_CLASS, _COMPLEX = 17, 0x08
_START_BYTES = 4096  # enough for what stands before a matrix's numbers
_MOST_AXES = 32


@dataclass(frozen=True)
class Variable:
    """A matrix in a file.

    Attributes:
      name: of the variable.
      shape: as in MATLAB.
      numeric: whether it holds real numbers: no cells, text, structures, complex or sparse ones.
    """

    name: str
    shape: tuple
    numeric: bool
    _element: "_Element"


@dataclass(frozen=True)
class _Element:
    """An element of the file: byte order, type, offset of what it holds, bytes of that."""

    order: str
    kind: int
    start: int
    size: int


def variables(path: str | Path) -> list[Variable]:
    """Returns the variables of a file, by the headers alone.

    Raises:
      ValueError, struct.error, zlib.error: a damaged file.
    """
    with open(path, "rb") as file:
        return [_header(_start(file, element)[0], element)[0] for element in _elements(file)]


def read(path: str | Path, variable: Variable) -> np.ndarray:
    """Returns the array of a variable that is `numeric`, in the type in which the file holds its numbers.

    Raises:
      DataError: more values than are plausible.
      ValueError, RuntimeError, struct.error, zlib.error: a damaged file.
    """
    element = variable._element
    with open(path, "rb") as file:
        _, size = _start(file, element)
        file.seek(element.start)
        if element.kind == _COMPRESSED:
            guard.check_bytes(path, size, element.size)
            content = imagecodecs.deflate_decode(file.read(element.size), out=size + 8)[8:]
        else:
            guard.check_bytes(path, size)
            content = file.read(size)
    variable, offset = _header(content, element)
    kind, numbers, _ = _sub_element(content, offset, element.order)
    if kind not in _NUMBERS:
        raise ValueError(f"numbers of MATLAB's type {kind}")
    values = np.frombuffer(numbers, element.order + _NUMBERS[kind])
    return values.reshape(variable.shape, order="F")


def _elements(file):
    """Yields the matrices of a file."""
    head = file.read(_HEADER_BYTES)
    order = _ORDERS.get(head[-2:])
    if order is None:
        raise ValueError(f"a byte order must be stated as IM or MI. Received: {head[-2:]!r}")
    start, end = _HEADER_BYTES, os.fstat(file.fileno()).st_size
    while start < end:
        file.seek(start)
        kind, size = struct.unpack(f"{order}II", file.read(8))
        start += 8
        if start + size > end:
            raise ValueError(f"an element of {size} bytes where {end - start} are left")
        if kind in (_MATRIX, _COMPRESSED):
            yield _Element(order, kind, start, size)
        start += size if kind == _COMPRESSED else size + -size % 8


def _start(file, element):
    """Returns (the first bytes in a matrix, how many there are in all)."""
    file.seek(element.start)
    if element.kind == _MATRIX:
        return file.read(min(element.size, _START_BYTES)), element.size
    data = zlib.decompressobj().decompress(file.read(min(element.size, 16 * _START_BYTES)), 8 + _START_BYTES)
    kind, size = struct.unpack(f"{element.order}II", data[:8])
    if kind != _MATRIX:
        raise ValueError(f"a matrix must be what is compressed. Received: type {kind}")
    return data[8:], size


def _header(content, element):
    """Returns (`Variable`, offset of its numbers) of the beginning of a matrix."""
    kind, flags, place = _sub_element(content, 0, element.order)
    if kind != _FLAGS_TYPE or len(flags) != 8:
        raise ValueError("a matrix must begin with its flags")
    flags = struct.unpack(f"{element.order}I", flags[:4])[0]
    if flags & 0xFF == _OPAQUE_CLASS:
        return Variable("", (), False, element), place
    kind, sides, place = _sub_element(content, place, element.order)
    if kind != _DIMENSIONS_TYPE or not 0 < len(sides) <= 4 * _MOST_AXES:
        raise ValueError("a matrix must state its dimensions")
    shape = struct.unpack(f"{element.order}{len(sides) // 4}i", sides)
    if min(shape) < 0:
        raise ValueError(f"dimensions must not be negative. Received: {shape}")
    kind, name, place = _sub_element(content, place, element.order)
    if kind != _NAME_TYPE:
        raise ValueError("a matrix must state its name")
    numeric = flags & 0xFF in _NUMERIC_CLASSES and not flags >> 8 & _COMPLEX
    return Variable(name.decode("latin-1"), shape, numeric, element), place


def _sub_element(content, start, order):
    """Returns (type, bytes, offset of what follows) of an element within a matrix; small ones are in their own tag."""
    kind, size = struct.unpack_from(f"{order}II", content, start)
    if kind >> 16:
        kind, size, begin, end = kind & 0xFFFF, kind >> 16, start + 4, start + 8
        if size > 4:
            raise ValueError(f"a small element has at most 4 bytes. Received: {size}")
    else:
        begin, end = start + 8, start + 8 + size + -size % 8
    if begin + size > len(content):
        raise ValueError(f"an element of {size} bytes where {len(content) - begin} are left")
    return kind, content[begin : begin + size], end
