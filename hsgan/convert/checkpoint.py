"""A PyTorch checkpoint on disk as arrays by name. Nothing in it is run: it is read with `weights_only=True`.

PyTorch's convolutions are [out, in, height, width], depthwise ones [channels, 1, height, width]; ours are [height,
width, in, out] and [height, width, 1, channels].
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from hsgan.disk import guard
from hsgan.errors import ConfigError, DataError

# What counts batches, and no inference needs.
_COUNTERS = "num_batches_tracked"


def read(path: str | Path) -> dict[str, np.ndarray]:
    """Returns all arrays of a checkpoint by their names; those of a part in it begin with the part's name and a dot.

    Raises:
      ConfigError: PyTorch is not installed.
      DataError: no such file, a damaged one, or one that holds objects other than arrays.
    """
    guard.check_kind(path)
    try:
        import torch
    except ImportError as error:
        raise ConfigError("a PyTorch checkpoint is read by PyTorch: pip install 'hsgan[torch]'") from error
    with guard.reading(path, "a PyTorch checkpoint of arrays alone"):
        content = torch.load(path, map_location="cpu", weights_only=True)
    arrays = dict(_arrays(content, "", torch.Tensor))
    if not arrays:
        raise DataError(f"{path}: holds no arrays")
    return arrays


def _arrays(content, prefix, tensor):
    """Yields (name, array) of all tensors in nested dictionaries."""
    if not isinstance(content, Mapping):
        return
    for name, value in content.items():
        if isinstance(value, tensor):
            yield f"{prefix}{name}", value.detach().to("cpu").numpy()
        else:
            yield from _arrays(value, f"{prefix}{name}.", tensor)


class Part:
    """The arrays of one network in a checkpoint, whatever stands before their names; each is taken once.

    Args:
      path: of the checkpoint, for errors.
      arrays: of the whole checkpoint.
      anchor: name of an array that only this network has.
      what: the network, for errors.

    Raises:
      DataError: no such array, or several of this name.
    """

    def __init__(self, path: str | Path, arrays: Mapping[str, np.ndarray], anchor: str, what: str):
        found = [name for name in arrays if name == anchor or name.endswith(f".{anchor}")]
        if len(found) != 1:
            shown = ", ".join(found or list(arrays)[:3])
            raise DataError(f"{path}: holds {'several' if found else 'no'} {what} ({anchor}). Received: {shown}, ...")
        self.path, self.what, self.prefix = path, what, found[0].removesuffix(anchor)
        self.arrays = {
            name.removeprefix(self.prefix): value for name, value in arrays.items() if name.startswith(self.prefix)
        }
        self.taken: set[str] = set()

    def take(self, name: str, shape: Iterable[int]) -> np.ndarray:
        """Returns the array called `name`, float32.

        Raises:
          DataError: no such array, another shape, or a value that is not finite.
        """
        if name not in self.arrays:
            raise DataError(f"{self.path}: is no {self.what}: it has no {self.prefix}{name}")
        value, shape = self.arrays[name], tuple(shape)
        if value.shape != shape:
            raise DataError(
                f"{self.path}: {self.prefix}{name}: must have the shape {shape} of {self.what}. Received: {value.shape}"
            )
        if not np.isfinite(value).all():
            raise DataError(f"{self.path}: {self.prefix}{name}: must be finite")
        self.taken.add(name)
        return value.astype(np.float32)

    def convolution(self, name: str, shape: Iterable[int]) -> np.ndarray:
        """Returns a kernel [height, width, in, out] of that shape; a depthwise one is [height, width, 1, channels]."""
        height, width, inside, outside = shape
        return self.take(name, (outside, inside, height, width)).transpose(2, 3, 1, 0)

    def refuse_rest(self, others: Iterable[str] = ()) -> None:
        """Raises `DataError` if an array was not taken, but for those whose names end in one of `others`."""
        passed = (_COUNTERS, *others)
        left = [name for name in self.arrays if name not in self.taken and not name.endswith(passed)]
        if left:
            raise DataError(
                f"{self.path}: is no {self.what}: it has {len(left)} arrays more. Received: {', '.join(left[:3])}"
            )
