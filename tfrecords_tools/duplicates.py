"""Near-duplicate scenes: a fingerprint of each, and the pairs of scenes in different splits whose fingerprints agree.

The fingerprint is a difference hash: the scene as 16x17 gray averages, one bit for each pair of horizontal neighbors.
It is blind to scale, size, encoding and noise, and two different scenes differ in about half of the 256 bits.
"""

import io

import numpy as np
import PIL.Image

from hsgan.records.schema import CubeRecord

_ROWS, _COLUMNS = 16, 17
NEAR_BITS = 10  # of 256: one scene read twice, compressed or scaled, differs in fewer
_SAMPLES = 512


def fingerprint(record):
    """Returns the fingerprint of a record as 64 hexadecimal digits; "" for a scene without any structure."""
    if isinstance(record, CubeRecord):
        step = [max(1, extent // _SAMPLES) for extent in record.values.shape[:2]]
        gray = PIL.Image.fromarray(record.values[:: step[0], :: step[1]].mean(axis=2, dtype=np.float32))
    else:
        with PIL.Image.open(io.BytesIO(record.image)) as image:
            image.draft("L", (4 * _COLUMNS, 4 * _ROWS))
            gray = PIL.Image.fromarray(np.asarray(image.convert("L"), np.float32))
    small = np.asarray(gray.resize((_COLUMNS, _ROWS), PIL.Image.Resampling.BOX))
    if np.ptp(small) <= 1e-6 * np.abs(small).max():
        return ""
    return np.packbits(small[:, 1:] > small[:, :-1]).tobytes().hex()


def across_splits(splits, near_bits=NEAR_BITS):
    """Returns [(scene, split, scene, split, differing bits)] of near-duplicates in different splits.

    Args:
      splits: {split: {scene: fingerprint}}.
      near_bits: at most so many bits differ.
    """
    pairs, names = [], list(splits)
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            pairs += _between(splits, first, second, near_bits)
    return pairs


def of_manifest(manifest):
    """Returns `across_splits` of a folder of records whose manifest states fingerprints."""
    return across_splits(
        {
            name: {scene: detail["fingerprint"] for scene, detail in split.details.items()}
            for name, split in manifest.splits.items()
        }
    )


def _between(splits, first, second, near_bits):
    (names, bits), (others, other_bits) = (_bits(splits[name]) for name in (first, second))
    if not len(others):
        return []
    for name, row in zip(names, bits, strict=True):
        distances = np.bitwise_count(other_bits ^ row).sum(axis=1)
        for index in np.flatnonzero(distances <= near_bits):
            yield name, first, others[index], second, int(distances[index])


def _bits(fingerprints):
    known = {name: bytes.fromhex(text) for name, text in fingerprints.items() if text}
    words = np.frombuffer(b"".join(known.values()), np.uint64).reshape(len(known), _ROWS * (_COLUMNS - 1) // 64)
    return list(known), words
