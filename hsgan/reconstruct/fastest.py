"""The engine that is fastest for a network on this machine: measured once, and remembered in the user's cache folder.

Which one it is depends on the processor: its vector registers, whether TensorFlow uses oneDNN there, how many cores
there are. Only engines in float32 take part, whose cubes differ from TensorFlow's in rounding alone. Arithmetic of 16
bits is for those who ask for it by name.
"""

import os
import platform
import time
from importlib import metadata
from pathlib import Path

import numpy as np
import tensorflow as tf

from hsgan.disk import checksums, plain, whole
from hsgan.disk.cache import user_cache
from hsgan.errors import DataError, HsganError, RunError
from hsgan.networks.base import ReconstructionNetwork
from hsgan.reconstruct import GRAPH, OPENVINO_FLOAT32, TENSORFLOW
from hsgan.reconstruct.engine import Engine, build_engine

SIZE = 256  # of the image that is measured, pixels
REPEATS = 3  # of each engine, in turn, so that other load meets all of them
LIMIT = 1e-4  # of the largest value: the most by which an engine's cube may differ from TensorFlow's
GAIN = 0.9  # an engine that takes more than this share of TensorFlow's time is not worth loading


def fastest(network: ReconstructionNetwork) -> str:
    """Returns the name of the engine that is fastest for a network on this machine.

    Networks of one form (class and shapes of weights) share one measurement, which takes some seconds. It is repeated
    when the processor, its cores, a library or TensorFlow's settings of oneDNN are others.
    """
    file = user_cache() / "engines" / f"{_circumstances(network)}.json"
    return _remembered(file) or _measured(network, file)


def candidates(network: ReconstructionNetwork) -> dict[str, Engine]:
    """Returns the engines that can take TensorFlow's place for a network, by name, it itself first."""
    default = build_engine(network, TENSORFLOW)
    found = {TENSORFLOW: default}
    if hasattr(default, "deviate"):  # no other one says how uncertain its values are
        return found
    for name in (GRAPH, OPENVINO_FLOAT32):
        try:
            engine = build_engine(network, name)
        except RunError:  # not installed, or none for this network
            continue
        if type(engine) is not type(default):
            found[name] = engine
    return found


def measure(engines: dict[str, Engine], network: ReconstructionNetwork) -> dict[str, float]:
    """Returns {name: seconds} of a tile, the best of `REPEATS`, of those engines whose cube is TensorFlow's.

    Args:
      engines: of `candidates`.
      network: the one that they run.
    """
    rgb = np.random.default_rng(0).random((SIZE, SIZE, 3), np.float32)
    srf = np.asarray(network.dictionary.responses, np.float32).mean(axis=0)
    cubes = {name: engine.reconstruct(rgb, srf) for name, engine in engines.items()}  # compiles them, too
    largest = np.abs(cubes[TENSORFLOW]).max()
    equal = [name for name, cube in cubes.items() if np.abs(cube - cubes[TENSORFLOW]).max() <= LIMIT * largest]
    seconds = dict.fromkeys(equal, np.inf)
    for _ in range(REPEATS):
        for name in equal:
            start = time.perf_counter()
            engines[name].reconstruct(rgb, srf)
            seconds[name] = min(seconds[name], time.perf_counter() - start)
    return seconds


def choose(seconds: dict[str, float]) -> str:
    """Returns the fastest engine's name; TensorFlow's, unless another one saves enough (`GAIN`)."""
    best = min(seconds, key=seconds.__getitem__)
    return best if seconds[best] <= GAIN * seconds[TENSORFLOW] else TENSORFLOW


def _measured(network, file):
    engines = candidates(network)
    if len(engines) == 1:
        return TENSORFLOW
    seconds = measure(engines, network)
    name = choose(seconds)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        whole.write_json(file, {"engine": name, "seconds": seconds})
    except (OSError, HsganError):  # a cache that cannot be written is no reason to stop; it is measured again
        pass
    return name


def _remembered(file):
    """Returns the engine's name that a file of the cache holds; "" without a file that says one."""
    try:
        values = plain.read_json(file)
    except DataError:
        return ""
    name = values.get("engine") if isinstance(values, dict) else ""
    return name if name in (TENSORFLOW, GRAPH, OPENVINO_FLOAT32) else ""


def _circumstances(network):
    """Returns a checksum of all that the choice depends on."""
    libraries = []
    for library in ("hsgan", "tensorflow", "openvino"):
        try:
            libraries.append(metadata.version(library))
        except metadata.PackageNotFoundError:
            libraries.append("")
    facts = [
        _processor(),
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        os.environ.get("TF_ENABLE_ONEDNN_OPTS", ""),
        tf.config.threading.get_intra_op_parallelism_threads(),
        *libraries,
        type(network).__name__,
        [tuple(weight.shape) for weight in network.weights],
    ]
    return checksums.of_text(repr(facts))


def _processor():
    """Returns what is known of the processor: its name and what it can do."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
