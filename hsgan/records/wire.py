"""The two formats that records are written in, `tf.train.Example` and TFRecord, without TensorFlow and without copies.

Programs that build records import no TensorFlow: it takes half a gigabyte a process, five times what reading a scene
takes. A serialized record is a list of buffers, so that a scene of 100 MB is written from where it lies.

protobuf alone, with a descriptor of `Example` built in code, was measured in place of `example`: it copies a scene when
it is set and again when it is serialized. Encoding and writing 112 MB took 0.32 s of a core (here 0.12) and 330 MB
(here 1), in each of the processes that share 1 GB; and its maps have no order, so that a scene's values cannot come
last, at a multiple of 64 bytes, where TensorFlow reads them in place (`hsgan.records.graph`).

Source: `tensorflow/core/example/{example,feature}.proto`; protobuf's wire format (a varint key `field << 3 | type`,
then a varint length for type 2); TFRecord: length (uint64), masked CRC-32C of it, data, masked CRC-32C of the data.
"""

import contextlib
import hashlib
import os
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import google_crc32c
import numpy as np

_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = 1, 2, 3
_CRC_BYTES = 4
_HEADER_BYTES = 8 + _CRC_BYTES
Buffer = bytes | memoryview
Value = str | bytes | memoryview | np.ndarray | int | float | list[float]  # of a feature


def example(features: Mapping[str, Value]) -> list[Buffer]:
    """Returns `tf.train.Example` of {name: value} as a list of buffers, to be written one after the other.

    Args:
      features: values are str, bytes-like or a C-contiguous array (its bytes), int (not negative), float, or a list of
        floats.
    """
    entries = [_entry(name, value) for name, value in features.items()]
    return _message(1, [part for entry in entries for part in _message(1, entry)])


def aligned_example(features: Mapping[str, Value], alignment: int = 64) -> list[Buffer]:
    """Returns `example(features)` with a feature `padding` that puts the bytes of the last feature where they align.

    Args:
      features: as of `example`; the last one is bytes-like or an array, not empty.
      alignment: the offset of those bytes in the record is a multiple of it.
    """
    *others, (last, value) = features.items()
    count = 0
    while True:  # twice, or once more where the padding makes a length that is written before it a byte longer
        buffers = example({**dict(others), "padding": bytes(count), last: value})
        excess = sum(map(_size, buffers[:-1])) % alignment
        if not excess:
            return buffers
        count += alignment - excess


class TFRecordFile:
    """Context manager that writes one TFRecord file, and knows its `records`, `bytes` and `sha256` as it grows.

    The file is synced to disk when it closes without an error.
    """

    def __init__(self, path: str | Path):
        self._file = open(path, "wb")  # noqa: SIM115 - closed by __exit__
        self._digest = hashlib.sha256()
        self.records = self.bytes = 0

    def __enter__(self) -> "TFRecordFile":
        return self

    def write(self, buffers: Sequence[Buffer]) -> None:
        """Appends one record, given as a list of buffers."""
        length = struct.pack("<Q", sum(_size(buffer) for buffer in buffers))
        crc = 0
        for buffer in buffers:
            crc = _extend(crc, buffer)
        for part in (length, _masked(_extend(0, length)), *buffers, _masked(crc)):
            self._file.write(part)
            self._digest.update(part)
            self.bytes += _size(part)
        self.records += 1

    def close(self) -> None:
        """Writes what is buffered through to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    @property
    def sha256(self) -> str:
        """sha256 of everything written, in hexadecimal."""
        return self._digest.hexdigest()

    def __exit__(self, kind, error, traceback):
        if kind is None:
            self.close()
        else:  # the error on its way out is the one to report
            with contextlib.suppress(OSError):
                self._file.close()


def read_records(path: str | Path) -> Iterator[bytes]:
    """Yields the data of the records of a TFRecord file, after comparing their checksums.

    TensorFlow's reader, given a length that its own checksum confirms, allocates it, whatever the file's size: a forged
    one ends the process.

    Raises:
      ValueError: a record that is cut off, or whose checksum differs.
    """
    with open(path, "rb") as file:
        left = os.fstat(file.fileno()).st_size
        while left:
            header = file.read(_HEADER_BYTES)
            if len(header) < _HEADER_BYTES or header[8:] != _masked(_extend(0, header[:8])):
                raise ValueError("its length is damaged")
            (length,) = struct.unpack("<Q", header[:8])
            left -= _HEADER_BYTES + length + _CRC_BYTES
            if left < 0:
                raise ValueError("it is truncated")
            data = file.read(length)
            if file.read(_CRC_BYTES) != _masked(_extend(0, data)):
                raise ValueError("its checksum differs")
            yield data


def _entry(name, value):
    """One entry of the map: key 1 the name, key 2 the Feature."""
    key = name.encode()
    return [*_message(1, [key]), *_message(2, _feature(value))]


def _feature(value):
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, int):
        return _message(_INT64_LIST, _message(1, [_varint(value)]))
    if isinstance(value, float | list):
        return _message(_FLOAT_LIST, _message(1, [np.atleast_1d(np.asarray(value, "<f4")).tobytes()]))
    return _message(_BYTES_LIST, _message(1, [memoryview(value).cast("B")]))


def _message(field, parts):
    """Prepends key and length to the parts of a field of type 2."""
    return [_varint(field << 3 | 2) + _varint(sum(_size(part) for part in parts)), *parts]


def _varint(value):
    data = bytearray()
    while value > 127:
        data.append(value & 127 | 128)
        value >>= 7
    data.append(value)
    return bytes(data)


def _size(buffer):
    return memoryview(buffer).nbytes


def _extend(crc, buffer):
    """CRC-32C so far, continued; the C function takes bytes only, so a large buffer goes in pieces."""
    view = memoryview(buffer).cast("B")
    for start in range(0, len(view), 1 << 20):
        crc = google_crc32c.extend(crc, bytes(view[start : start + (1 << 20)]))
    return crc


def _masked(crc):
    return struct.pack("<I", ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF)
