"""What tests of files made to harm share: how a refusal must look, and a cube's file of any arrays."""

import contextlib
import resource

import fault_samples
import numpy as np
import pytest

from hsgan.errors import DataError
from hsgan.files import cubes

WAVELENGTHS_NM = fault_samples.WAVELENGTHS_NM


def refused(path, read, message):
    """Checks that reading a file raises one line of a `DataError` that names it."""
    with pytest.raises(DataError, match=message) as caught:
        read(path)
    assert "\n" not in str(caught.value) and str(path.name) in str(caught.value)


def cube_values(path):
    return cubes.open_cube(path).values


def write_npz(path, **arrays):
    np.savez(path, **({"wavelengths_nm": WAVELENGTHS_NM, "srf": fault_samples.srf()} | arrays))
    return path


@contextlib.contextmanager
def full_disk(size):
    """Forbids this process to let a file grow beyond `size`: to it, a disk that fills up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
