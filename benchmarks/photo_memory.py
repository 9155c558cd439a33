"""Peak memory and seconds of `python -m hsgan.reconstruct` on one large photo, for every output format.

  python benchmarks/photo_memory.py [--width=4000 --height=3000 --formats=npz,envi,matlab,tiff,zarr --consistent]

The photo is a JPEG made here; the network is untrained, of the size that the configuration asks for. Each row is
a process of its own, as a user starts it: TensorFlow's import, the photo, the cube's file and the preview all count.
"""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from absl import flags
from PIL import Image

from hsgan import cli
from hsgan import config as config_lib
from hsgan.files.cubes import FORMATS
from hsgan.networks.build import build_network
from hsgan.run.folder import RunFolder
from hsgan.spectra import srf as srf_lib

FLAGS = flags.FLAGS


def define_flags():
    """Defines the flags; returns the configuration's."""
    flags.DEFINE_integer("width", 4000, "Of the photo.", lower_bound=1)
    flags.DEFINE_integer("height", 3000, "Of the photo.", lower_bound=1)
    flags.DEFINE_list("formats", list(FORMATS), "One row for each.")
    flags.DEFINE_bool("consistent", False, "Make consistent cubes.")
    flags.DEFINE_bool("together", False, "One row more: all formats in one call.")
    cli.define_config("configs/demo.py")


def make_photo(path, width, height):
    """Writes a JPEG with smooth areas, edges and grain."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(30, 230, (12, 16, 3), np.uint8)).resize((width, height), Image.BICUBIC)
    pixels = np.asarray(coarse).astype(np.int16) + rng.integers(-6, 7, (height, width, 1), np.int16)
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path, quality=92)


def make_run(path, config):
    """Makes a run folder whose network has its initial weights."""
    folder = RunFolder.create(path, config)
    dictionary = srf_lib.load("default", config_lib.wavelengths_nm(config))
    folder.save_dictionary(dictionary)
    folder.save_weights("best", build_network(config, dictionary), {"step": 0})


def measure(command):
    """Runs a command; returns (seconds, CPU seconds, peak MiB) of its process."""
    start, process = time.perf_counter(), subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)}: failed")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(_):
    """Prints the table."""
    config = cli.load_config()
    rows = [*FLAGS.formats, *([",".join(FLAGS.formats)] if FLAGS.together else [])]
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{FLAGS.width} x {FLAGS.height} JPEG, T = {config.generator.stages}, growth {config.generator.growth}, "
          f"consistent {FLAGS.consistent}; TensorFlow and this program alone: {own:.0f} MiB")  # fmt: skip
    print(f"{'seconds':>9}{'CPU s':>9}{'peak MiB':>10}{'file MB':>9}  formats")
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        make_photo(work / "photo.jpg", FLAGS.width, FLAGS.height)
        make_run(work / "run", config)
        for formats in rows:
            output = work / "out"
            seconds, cpu, peak = measure([
                sys.executable, "-m", "hsgan.reconstruct", f"--run={work / 'run'}", str(work / "photo.jpg"),
                f"--output={output}", f"--formats={formats}", f"--consistent={FLAGS.consistent}",
            ])  # fmt: skip
            size = sum(path.stat().st_size for path in output.rglob("*") if path.suffix != ".png") / 1e6
            print(f"{seconds:9.0f}{cpu:9.0f}{peak:10.0f}{size:9.0f}  {formats}", flush=True)
            shutil.rmtree(output)


if __name__ == "__main__":
    cli.run(define_flags, main)
