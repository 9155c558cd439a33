"""HDF5: files opened so that nothing but themselves is read, and large data sets read a piece at a time.

An HDF5 file may name other files: external links, external storage and virtual data sets would make any file of this
machine part of a stranger's. They are refused, and so are soft links, which nothing here writes.

Compressed data sets are inflated by libdeflate in place of the zlib within HDF5. A scene of ICVL's size, 93 MB of
doubles compressed as MATLAB does, took 1.08 s of a core to read by h5py alone and 0.51 s here; the whole way to a
record 1.83 s and 0.74 s.
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py
import imagecodecs
import numpy as np
from numpy.typing import DTypeLike

from hsgan.disk import guard
from hsgan.errors import DataError, HsganError

_FILTERS = frozenset(
    (h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_LZF)
)
_CHUNK_BYTES = 1 << 28
_SLAB_BYTES = 1 << 20


@contextmanager
def opened(path: str | Path, what: str = "an HDF5 file", error: type[HsganError] = DataError) -> Iterator[h5py.File]:
    """Gives an open file; whatever goes wrong with it is one line of `error` (`hsgan.disk.guard.reading`)."""
    with guard.reading(path, what, error), h5py.File(path, "r") as file:
        yield file


def dataset(group: h5py.Group, name: str) -> h5py.Dataset:
    """Returns a data set of numbers that lies in the file itself.

    Raises:
      DataError: a link, no data set, other values than numbers, data kept in other files or by unknown filters.
    """
    where = f"{group.file.filename}: variable {name!r}"
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise DataError(f"{where} must lie in the file itself. Received: a link")
    found = group[name]
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "fiub" or found.shape is None:
        raise DataError(f"{where} must be an array of numbers. Received: {found}")
    if found.is_virtual or found.external:
        raise DataError(f"{where} must lie in the file itself. Received: a reference to other files")
    plist = found.id.get_create_plist()
    filters = {plist.get_filter(number)[0] for number in range(plist.get_nfilters())}
    if filters - _FILTERS:
        raise DataError(f"{where} must be stored plainly or by gzip. Received: HDF5's filter {max(filters - _FILTERS)}")
    if found.chunks and int(np.prod(found.chunks)) * found.dtype.itemsize > _CHUNK_BYTES:
        raise DataError(f"{where} must be in chunks of at most {_CHUNK_BYTES} bytes. Received: {list(found.chunks)}")
    return found


def attribute(owner: h5py.HLObject, name: str) -> object:
    """Returns an attribute, or None where there is none, or one of variable length.

    Such text lies in a heap of its own, which HDF5 walks without end where a file is damaged.

    Args:
      owner: an open file, group or data set.
      name: of the attribute.
    """
    if name not in owner.attrs or owner.attrs.get_id(name).get_type().detect_class(h5py.h5t.VLEN):
        return None
    kind = owner.attrs.get_id(name).get_type()
    if isinstance(kind, h5py.h5t.TypeStringID) and kind.is_variable_str():
        return None
    return owner.attrs[name]


def datasets(group: h5py.Group) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yields (path, data set) of all that is in a file, by name; raises `DataError` as `dataset`."""
    seen, waiting = set(), [group]
    while waiting:
        group = waiting.pop()
        place = h5py.h5o.get_info(group.id).addr
        if place in seen:  # groups may contain each other
            continue
        seen.add(place)
        for name in sorted(group):
            if isinstance(group.get(name, getlink=True), h5py.HardLink) and isinstance(group[name], h5py.Group):
                waiting.append(group[name])
            else:
                found = dataset(group, name)
                yield found.name, found


def read(dataset: h5py.Dataset, dtype: DTypeLike, most: int = guard.MAX_BYTES) -> np.ndarray:
    """Returns the values of a data set as an array of `dtype`; beside it only a piece is held.

    Args:
      dataset: as `dataset` gives it.
      dtype: of the result.
      most: bytes of the result at most.

    Raises:
      DataError: more values than `most` bytes or than the file can hold.
      OSError, RuntimeError, ValueError: as h5py on damaged files; of compressed data that are damaged.
    """
    count = int(np.prod(dataset.shape, dtype=object))
    guard.check_bytes(dataset.file.filename, count * np.dtype(dtype).itemsize, most=most)
    guard.check_bytes(
        dataset.file.filename, count * dataset.dtype.itemsize, dataset.id.get_storage_size(), most=1 << 62
    )
    values = np.empty(dataset.shape, dtype)
    if not count:  # of no columns there may be any number of rows
        return values
    for cut, piece in _inflated(dataset) if _is_deflated(dataset) else _slabs(dataset):
        values[cut] = piece
    return values


def _slabs(dataset):
    """Yields (slices, array) along the first axis, or all of a single number."""
    if not dataset.ndim:
        yield (), dataset[()]
        return
    row = int(np.prod(dataset.shape[1:])) * dataset.dtype.itemsize
    chunk = dataset.chunks[0] if dataset.chunks else 1
    step = -(-max(_SLAB_BYTES // row, 1) // chunk) * chunk
    for start in range(0, dataset.shape[0], step):
        cut = slice(start, start + step)
        yield cut, dataset[cut]


def _is_deflated(dataset):
    """Whether all of it is compressed by gzip, and by nothing else."""
    if not dataset.chunks:
        return False
    filters = dataset.id.get_create_plist()
    chunks = np.prod([-(-extent // side) for extent, side in zip(dataset.shape, dataset.chunks, strict=True)])
    return (
        filters.get_nfilters() == 1
        and filters.get_filter(0)[0] == h5py.h5z.FILTER_DEFLATE
        and dataset.id.get_num_chunks() == chunks
    )


def _inflated(dataset):
    """Yields (slices, array) chunk by chunk; those at the borders are stored whole, too."""
    buffer = np.empty(int(np.prod(dataset.chunks)) * dataset.dtype.itemsize, np.uint8)
    corners = (range(0, extent, side) for extent, side in zip(dataset.shape, dataset.chunks, strict=True))
    for corner in itertools.product(*corners):
        cut = tuple(slice(start, start + side) for start, side in zip(corner, dataset.chunks, strict=True))
        skipped, data = dataset.id.read_direct_chunk(corner)
        if skipped:  # one that was not worth compressing
            yield cut, dataset[cut]
            continue
        found = imagecodecs.deflate_decode(data, out=buffer)
        if len(found) != len(buffer):
            raise ValueError(f"a chunk must inflate to {len(buffer)} bytes. Received: {len(found)}")
        inside = tuple(slice(extent - start) for extent, start in zip(dataset.shape, corner, strict=True))
        yield cut, found.view(dataset.dtype).reshape(dataset.chunks)[inside]
