"""Damage to files: random, but equal for equal seeds."""

import struct

import numpy as np

_EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    """Returns the bytes of a file after one to three kinds of damage."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        data = KINDS[rng.integers(len(KINDS))](bytearray(data), rng)
    return bytes(data)


def _place(data, rng):
    """Returns a position; often one near the beginning or the end, where formats keep their headers."""
    area = rng.integers(3)
    near = min(len(data), 600)
    return int([rng.integers(near), len(data) - 1 - rng.integers(near), rng.integers(len(data))][area])


def _flipped_bits(data, rng):
    for _ in range(rng.integers(1, 9)):
        if data:
            data[_place(data, rng)] ^= 1 << rng.integers(8)
    return data


def _random_bytes(data, rng):
    for _ in range(rng.integers(1, 30)):
        if data:
            data[_place(data, rng)] = rng.integers(256)
    return data


def _extreme_number(data, rng):
    """A number of 1, 2 or 4 bytes, of either order, becomes a least or largest one."""
    if len(data) < 4:
        return data
    for _ in range(rng.integers(1, 4)):
        form, value = "<>"[rng.integers(2)] + "BHI"[rng.integers(3)], int(rng.choice(_EXTREMES))
        size = struct.calcsize(form)
        place = min(_place(data, rng), len(data) - size)
        data[place : place + size] = struct.pack(form, value & (256**size - 1))
    return data


def _changed_digit(data, rng):
    """A decimal digit becomes another: formats in text have their sizes so."""
    digits = [place for place, byte in enumerate(data[:4000]) if 48 <= byte <= 57]
    for place in rng.choice(digits, min(len(digits), rng.integers(1, 4))) if digits else ():
        data[place] = rng.choice(list(b"0123456789-e.n"))
    return data


def _truncated(data, rng):
    return data[: rng.integers(len(data) + 1)]


def _run_of_one_byte(data, rng):
    start = int(rng.integers(len(data) + 1))
    end = min(start + int(rng.integers(1, 400)), len(data))
    data[start:end] = bytes([int(rng.choice([0, 255, 65]))]) * (end - start)
    return data


def _left_out(data, rng):
    start = int(rng.integers(len(data) + 1))
    del data[start : start + int(rng.integers(1, 60))]
    return data


def _repeated(data, rng):
    start = int(rng.integers(len(data) + 1))
    data[start:start] = data[start : start + int(rng.integers(1, 300))]
    return data


def _garbage_behind(data, rng):
    return data + rng.bytes(int(rng.integers(1, 200)))


def _exchanged(data, rng):
    size = int(rng.integers(1, 65))
    if len(data) > 2 * size:
        first, second = sorted(rng.choice(len(data) - size, 2, replace=False).tolist())
        if second - first >= size:
            data[first : first + size], data[second : second + size] = (
                data[second : second + size],
                data[first : first + size],
            )
    return data


KINDS = (
    _flipped_bits,
    _random_bytes,
    _extreme_number,
    _changed_digit,
    _truncated,
    _run_of_one_byte,
    _left_out,
    _repeated,
    _garbage_behind,
    _exchanged,
)
