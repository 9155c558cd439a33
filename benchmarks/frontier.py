"""Decibels against seconds: every method of some runs and every engine, as a table and a picture.

  python benchmarks/frontier.py --runs=runs/cave_camvid,runs/agdnet_small,runs/mixture --data=records/cave
                                [--output=docs/frontier.png] [--size=482x512] [--noknown_srf]

PSNR is the mean over the validation scenes, through the first run's test camera. Seconds are those of all processors
together for one image of `--size`, the least of some runs, estimate of the camera and tiles included: the wall clock
says less where a machine is shared. Methods without a network are those of the first run that keeps a prior. LiteRT
runs what `hsgan.export` would write, in float32.
"""

import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from absl import flags
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from hsgan import cli
from hsgan.errors import RunError
from hsgan.evaluate.harness import evaluate
from hsgan.export import metadata, tflite
from hsgan.lite.model import LiteModel
from hsgan.plot import figures
from hsgan.reconstruct import ENGINES
from hsgan.reconstruct.exported import SCHEMA
from hsgan.reconstruct.models import NetworkMethod, closed_forms_of
from hsgan.records.reader import iterate_cubes
from hsgan.run.folder import RunFolder

FLAGS = flags.FLAGS
WITHOUT_NETWORK = "without a network"
MARKS = "osD^vPX"


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_list("runs", None, "Run folders of hsgan.train.", required=True)
    flags.DEFINE_string("data", None, "Folder of cube records.", required=True)
    flags.DEFINE_string("output", "", "Picture to write, PNG; default: none.")
    flags.DEFINE_string("size", "482x512", "Image, rows x columns.")
    flags.DEFINE_bool("known_srf", True, "Whether the methods are told the camera.")
    flags.DEFINE_integer("repeats", 5, "Timed runs, after a first one.", lower_bound=1)


def lite_of(method, folder):
    """Returns a network as a method that LiteRT runs, with the metadata that an export has."""
    network, path = method.network, Path(folder) / f"{method.name}.tflite"
    path.write_bytes(tflite.convert(network))
    metadata.embed(path, {"schema": SCHEMA, "name": method.name, "version": 1, **metadata.describe_network(network)})
    return LiteModel(path)


def methods_of(runs, folder):
    """Yields (name, engine, method) of all methods of the runs."""
    networks = [NetworkMethod.from_run(run) for run in runs]
    first = next((number for number, run in enumerate(runs) if run.prior() is not None), 0)
    for method in closed_forms_of(runs[first], networks[first]):
        yield method.name, WITHOUT_NETWORK, method
    for run, network in zip(runs, networks, strict=True):
        yield network.name, "tensorflow", network
        yield network.name, "LiteRT", lite_of(network, folder)
        for engine in ENGINES[3:] if find_spec("openvino") else ():
            try:
                yield network.name, engine, NetworkMethod.from_run(run, engine=engine)
            except RunError as error:
                print(f"{network.name}, {engine}: {error}", flush=True)


def seconds_of(method, rgb, srf):
    """Returns the least processor seconds of an image."""
    found = []
    for _ in range(FLAGS.repeats + 1):
        start = time.process_time()
        for _ in method.reconstruct(rgb, method.estimate_srf(rgb) if srf is None else srf):
            pass
        found.append(time.process_time() - start)
    return min(found[1:])


def draw(rows):
    """Returns the picture of rows (name, engine, seconds, decibels)."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.add_subplot(xscale="log", xlabel="processor seconds, one image", ylabel="PSNR, dB")
    engines = list(dict.fromkeys(engine for _, engine, _, _ in rows))
    for engine, mark in zip(engines, MARKS, strict=False):
        color = figures.METHOD_COLORS[engines.index(engine) % len(figures.METHOD_COLORS)]
        points = [(seconds, decibels) for _, other, seconds, decibels in rows if other == engine]
        axes.plot(*zip(*points, strict=True), mark, color=color, label=engine)
    labelled = {}
    for name, _, seconds, decibels in rows:  # one label a method, at its fastest
        if seconds < labelled.get(name, (np.inf,))[0]:
            labelled[name] = (seconds, decibels)
    for name, place in labelled.items():
        axes.annotate(name, place, xytext=(4, 5), textcoords="offset points", fontsize=9)
    axes.margins(0.12)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    return figure


def main(_):
    runs = [RunFolder.open(run) for run in FLAGS.runs]
    height, width = map(int, FLAGS.size.split("x"))
    rgb = np.random.default_rng(0).random((height, width, 3), np.float32)
    srf = runs[0].dictionary().srf(runs[0].test_camera)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, engine, method in methods_of(runs, folder):
            scenes = iterate_cubes(FLAGS.data, "validation")
            told = None if FLAGS.known_srf else method
            result = evaluate([method], scenes, runs[0].test_camera, srf, estimator=told, protocol="quick")
            decibels = result["methods"][method.name]["mean"]["psnr"]
            rows.append((name, engine, seconds_of(method, rgb, srf if FLAGS.known_srf else None), decibels))
            print(f"{name}, {engine}: {rows[-1][2]:.3f} s, {decibels:.2f} dB", flush=True)
    table = Table(title=f"{FLAGS.size}, {'camera known' if FLAGS.known_srf else 'blind'}, {runs[0].test_camera}")
    for heading in ("method", "engine", "CPU s", "PSNR dB"):
        table.add_column(heading, justify="right" if heading in ("CPU s", "PSNR dB") else "left")
    for name, engine, seconds, decibels in sorted(rows, key=lambda row: row[2]):
        table.add_row(name, engine, f"{seconds:.3f}", f"{decibels:.2f}")
    Console(width=100).print(table)
    if FLAGS.output:
        figures.save(draw(rows), FLAGS.output)


if __name__ == "__main__":
    cli.run(define_flags, main)
