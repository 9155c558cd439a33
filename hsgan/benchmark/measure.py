"""Seconds and peak memory of one reconstruction, in a process of its own.

`python -m hsgan.benchmark.measure RUN HEIGHT WIDTH WHICH`, of the best or last weights, prints one line of JSON:
{"seconds": best of three after a first one, "peak_mib": of the whole process}.
"""

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hsgan.errors import RunError


def main(argv: Sequence[str]) -> None:
    """Measures the "last" or "best" weights of a run on noise of the size asked for, blind."""
    from hsgan.reconstruct.models import NetworkMethod
    from hsgan.run.folder import RunFolder

    method = NetworkMethod(RunFolder.open(argv[1]).network(argv[4]))
    rgb = np.random.default_rng(0).random((int(argv[2]), int(argv[3]), 3), np.float32)
    seconds = []
    for _ in range(4):
        began = time.perf_counter()
        method.cube(rgb, method.estimate_srf(rgb))
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": min(seconds[1:]), "peak_mib": peak_mib()}))


def peak_mib() -> float:
    """Returns the largest resident memory of this process so far, MiB."""
    status = Path("/proc/self/status")
    # Linux's rusage begins with the peak of the process that this one was forked from, a whole training's.
    own = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.is_file() else None
    if own:
        return int(own[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def measure(run: str | Path, height: int, width: int, which: str = "last") -> dict[str, float]:
    """Returns {"seconds", "peak_mib"} of a blind reconstruction by the run in folder `run`; `which` weights.

    Raises:
      RunError: the process failed.
    """
    command = [sys.executable, "-m", "hsgan.benchmark.measure", str(run), str(height), str(width), which]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RunError(f"{run}: could not be measured: {' '.join(answer.stderr.split())[-300:]}")
    return json.loads(answer.stdout.splitlines()[-1])


if __name__ == "__main__":
    main(sys.argv)
