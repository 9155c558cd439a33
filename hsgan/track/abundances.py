"""Material abundances: how much of each material of the first frame's window a pixel holds.

Source: Xiong, Zhou and Qian, TIP 2020, section III-B: linear unmixing with endmembers of the first frame. Theirs come
from a library of materials; ours are spectra of the window itself, chosen by successive projection (Araujo et al., "The
Successive Projections Algorithm for Variable Selection", 2001): each is the one farthest from all that the others span.
"""

import numpy as np

MATERIALS = 8
# What is left of a spectrum, relative to the largest, below which it holds no further material.
_REST = 1e-2


def endmembers(spectra: np.ndarray, count: int = MATERIALS) -> np.ndarray:
    """Returns the spectra of materials, each scaled to norm 1: float64 [materials, bands].

    Args:
      spectra: float [pixels, bands], not all 0.
      count: of the materials, at most: no more than the spectra span.
    """
    spectra = np.asarray(spectra, np.float64)
    left = spectra.copy()
    largest = np.linalg.norm(left, axis=1).max()
    chosen: list[np.ndarray] = []
    while len(chosen) < count:
        norms = np.linalg.norm(left, axis=1)
        index = int(norms.argmax())
        if norms[index] <= _REST * largest:
            break
        chosen.append(spectra[index] / np.linalg.norm(spectra[index]))
        direction = left[index] / norms[index]
        left -= np.outer(left @ direction, direction)
    return np.array(chosen)


def unmix(spectra: np.ndarray, materials: np.ndarray) -> np.ndarray:
    """Returns the non-negative least-squares abundances of materials, float64 [pixels, materials].

    Exact, for all pixels together: pixels with the same set of present materials are solved at once, and the set is
    exchanged until no abundance is negative and no absent material would help.

    Args:
      spectra: float [pixels, bands].
      materials: float [materials, bands], linearly independent.

    Source: Kim and Park, "Toward Faster Nonnegative Matrix Factorization", ICDM 2008: block principal pivoting.
    """
    gram, right = materials @ materials.T, np.asarray(spectra, np.float64) @ materials.T
    count = len(materials)
    tolerance = 1e-10 * max(float(np.abs(right).max(initial=0)), 1e-300)
    present = np.ones(right.shape, bool)
    # Kim and Park's counters: the fewest wrong ones so far, and how many full exchanges may fail to lower them.
    fewest, chances = np.full(len(right), count + 1), np.full(len(right), 3)
    found, todo = np.zeros_like(right), np.arange(len(right))
    while len(todo):
        found[todo] = _solve_sets(gram, right[todo], present[todo])
        dual = right[todo] - found[todo] @ gram
        wrong = np.where(present[todo], found[todo] < -tolerance, dual > tolerance)
        number = wrong.sum(axis=1)
        todo, wrong, number = todo[number > 0], wrong[number > 0], number[number > 0]
        better = number < fewest[todo]
        fewest[todo] = np.minimum(number, fewest[todo])
        chances[todo] = np.where(better, 3, chances[todo] - 1)
        # Where full exchanges go round in circles, only the last wrong one changes: that ends.
        single = np.zeros_like(wrong)
        single[np.arange(len(todo)), count - 1 - wrong[:, ::-1].argmax(axis=1)] = True
        present[todo] ^= np.where((better | (chances[todo] >= 0))[:, None], wrong, single)
    return np.maximum(found, 0)


def _solve_sets(gram, right, present):
    """Returns the least-squares abundances with the materials `present` (bool [pixels, materials]), 0 elsewhere."""
    codes = present @ (1 << np.arange(len(gram)))
    found = np.zeros_like(right)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(codes[order]) > 0])
    for pixels in np.split(order, starts[1:]):
        chosen = np.flatnonzero(present[pixels[0]])
        if len(chosen):
            part = np.linalg.solve(gram[np.ix_(chosen, chosen)], right[np.ix_(pixels, chosen)].T).T
            found[np.ix_(pixels, chosen)] = part
    return found
