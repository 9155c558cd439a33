"""Seconds, peak memory and GFLOP/s of blind reconstruction, of each engine and precision, beside the machine's ceiling.

  python benchmarks/inference.py [--sizes=482x512,1392x1300,4000x3000] [--engines=...] [--repeats=5]
                                 [--run=runs/demo --records=data/records] [--exported=saved_models/demo/1]

Each row is a process of its own. An image is reconstructed tile by tile, SRF estimate included, and the cube is thrown
away; "peak" is the process's, from its start. "GFLOP/s" is the network's own arithmetic (every weight of the generator
is one multiply-add a pixel; halos and the SRF estimator's few percent do not count) in the best run; that of the rows
"mixture" is the two products of the mixture prior. "ceiling": a plain 3x3 convolution of 64 channels in TensorFlow,
measured in the same process right after; "at ceiling": the seconds that as many multiply-adds take there. "CPU s": of
all processors together, at least; it says more than the wall clock where the machine is shared. With --run also the
PSNR over the run's validation scenes, and what a precision lost.

With --exported also every TFLite file of that folder, run by LiteRT.

OpenVINO is measured where it is installed (extra `openvino`).
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from absl import flags

from hsgan import cli
from hsgan import config as config_lib
from hsgan.errors import HsganError
from hsgan.lite.model import LiteModel
from hsgan.lite.runtime import Runner
from hsgan.reconstruct.exported import SCHEMA

FLAGS = flags.FLAGS
CEILING_CHANNELS = 64
LITE, MIXTURE_LITE = "model.tflite", "mixture.tflite"


def network_method(folder, engine):
    """Returns the network as a method, run by an engine of `hsgan.reconstruct`."""
    from hsgan.reconstruct.models import NetworkMethod

    return NetworkMethod(network_of(), engine=engine)


def fastest_method(folder, _):
    """Returns the network as a method, run by the engine that `auto` takes."""
    from hsgan.reconstruct.fastest import fastest
    from hsgan.reconstruct.models import NetworkMethod

    network = network_of()
    name = fastest(network)
    print(f"auto: {name}", file=sys.stderr)
    return NetworkMethod(network, engine=name)


def mixture_method(folder, engine):
    """Returns the mixture prior as a method, run by an engine of `hsgan.reconstruct`."""
    from hsgan.reconstruct.models import NetworkMethod

    return NetworkMethod(mixture_of(), engine=engine)


def plain_graph(folder, _):
    """Returns the network as a method whose Keras layers are one graph."""
    from hsgan.reconstruct.engine import GraphEngine

    method = network_method(folder, "tensorflow")
    method.engine = GraphEngine(method.network)
    return method


def lite(folder, arithmetic):
    """Returns the network as a method, run by LiteRT."""
    return LiteModel(Path(folder) / LITE, arithmetic=arithmetic)


def mixture_lite(folder, arithmetic):
    """Returns the mixture prior as a method, run by LiteRT."""
    return LiteModel(Path(folder) / MIXTURE_LITE, arithmetic=arithmetic)


class Interpreted(LiteModel):
    """A TFLite file by LiteRT's interpreter, as programs of others run it, in place of its compiled model."""

    def __init__(self, path):
        super().__init__(path)
        self._known = Runner(path, "known_srf", self._threads)


def interpreted(folder, name):
    """Returns a TFLite file of this program as a method, run by LiteRT's interpreter."""
    return Interpreted(Path(folder) / name)


def exported(_, file):
    """Returns a TFLite file of `--exported` as a method."""
    return LiteModel(Path(FLAGS.exported) / file)


ENGINES = {
    "TensorFlow, plain graph": (plain_graph, ""),
    "TensorFlow, fused": (network_method, "tensorflow"),
    "auto": (fastest_method, ""),
    "LiteRT": (lite, "float32"),
    "LiteRT, float16": (lite, "float16"),
    "LiteRT, interpreter": (interpreted, LITE),
    "OpenVINO": (network_method, "openvino-float32"),
    "OpenVINO, bfloat16": (network_method, "openvino-bfloat16"),
    "OpenVINO, float16": (network_method, "openvino-float16"),
    "mixture, TensorFlow": (mixture_method, "tensorflow"),
    "mixture, LiteRT": (mixture_lite, "float32"),
    "mixture, interpreter": (interpreted, MIXTURE_LITE),
}


def define_flags():
    """Defines the flags of this program."""
    flags.DEFINE_list("sizes", ["482x512", "1392x1300", "4000x3000"], "Images, rows x columns.")
    flags.DEFINE_list("engines", [], f"Of {'; '.join(ENGINES)}, by the part before and after the comma joined by '/'.")
    flags.DEFINE_integer("repeats", 5, "Timed runs of a 482x512 image, after a first one; fewer of larger ones.")
    flags.DEFINE_string("run", "", "Run folder to take the network from; default: random weights.")
    flags.DEFINE_string("records", "", "Cube records on whose validation scenes PSNR is measured; with --run.")
    flags.DEFINE_string("exported", "", "Folder of hsgan.export whose TFLite files are measured too.")
    flags.DEFINE_string("case", "", "Measure this one (JSON) and print it as JSON.")
    cli.define_config("configs/demo.py")


def network_of():
    """Returns the network: of `--run`, or of `--config` with random weights."""
    from hsgan.networks.build import build_network
    from hsgan.run.folder import RunFolder

    if FLAGS.run:
        return RunFolder.open(FLAGS.run).network("best")
    config, rng = cli.load_config(), np.random.default_rng(0)
    network = build_network(config, random_cameras(config))
    for weight in network.generator.weights:
        weight.assign(rng.normal(0, 0.1, weight.shape))
    return network


def mixture_of():
    """Returns the mixture prior as a network: of `--run`, or of `--config` with random components."""
    from hsgan.networks.build import build_network
    from hsgan.prior.mixture import MixturePrior
    from hsgan.run.folder import RunFolder

    if FLAGS.run:
        folder = RunFolder.open(FLAGS.run)
        config = folder.config.copy_and_resolve_references()
        config.model = "mixture"
        return build_network(config, folder.training_dictionary(), prior=folder.prior())
    config, rng = cli.load_config(), np.random.default_rng(0)
    config.model = "mixture"
    cameras, k = random_cameras(config), config.prior.components
    bands = len(cameras.wavelengths_nm)
    factors = rng.normal(0, 0.05, (k, bands, bands))
    covariances = factors @ factors.transpose(0, 2, 1) + 1e-6 * np.eye(bands)
    prior = MixturePrior(np.full(k, 1 / k), rng.random((k, bands)), covariances, cameras.wavelengths_nm, "random")
    return build_network(config, cameras, prior=prior)


def random_cameras(config):
    """Returns a dictionary of 28 random cameras."""
    from hsgan.spectra import srf as srf_lib

    wavelengths_nm = config_lib.wavelengths_nm(config)
    responses = srf_lib.normalize(np.random.default_rng(0).random((28, 3, len(wavelengths_nm))))
    names = tuple(f"camera {number}" for number in range(28))
    return srf_lib.SrfDictionary(names, wavelengths_nm, responses, "random")


def prepare(folder):
    """Writes the networks for the engines that read them from a file; prints the GFLOP for a pixel of each."""
    from hsgan.export import metadata, tflite

    networks = {LITE: network_of(), MIXTURE_LITE: mixture_of()}
    for name, network in networks.items():
        (Path(folder) / name).write_bytes(tflite.convert(network))
        described = {"schema": SCHEMA, "name": "benchmark", "version": 1, **metadata.describe_network(network)}
        metadata.embed(Path(folder) / name, described)
    products = networks[MIXTURE_LITE].mixture_layer.components * (10 + 4 * network.bands)
    print(json.dumps({"network": 2e-9 * networks[LITE].generator.count_params(), "mixture": 2e-9 * products}))


def measure(engine, height, width, folder, gflop_per_pixel):
    """Prints one row as JSON; to be called once in a process."""
    build, argument = ENGINES.get(engine, (exported, engine))
    try:
        method = build(folder, argument)
    except HsganError as error:
        print(json.dumps({"refused": str(error)}))
        return
    rgb, pixels = np.random.default_rng(0).random((height, width, 3), np.float32), height * width
    repeats = max(FLAGS.repeats * 482 * 512 // pixels, 1)
    seconds = []
    for _ in range(repeats + (repeats > 1)):
        start, cpu = time.perf_counter(), time.process_time()
        for _ in method.reconstruct(rgb, method.estimate_srf(rgb)):
            pass
        seconds.append((time.perf_counter() - start, time.process_time() - cpu))
    wall, processor = zip(*seconds[repeats > 1 :], strict=True)
    row = {"best": min(wall), "median": float(np.median(wall)), "cpu": min(processor), "runs": repeats}
    row |= {"peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
    row |= {"gflop": gflop_per_pixel * pixels, "ceiling": ceiling()}
    if FLAGS.run and FLAGS.records:
        row["psnr"] = psnr_of(method)
    print(json.dumps(row))


def psnr_of(method):
    """Returns the mean PSNR in dB over the validation scenes, blind, of the run's test camera."""
    from hsgan.metrics.quality import psnr
    from hsgan.records.reader import iterate_cubes
    from hsgan.run.folder import RunFolder
    from hsgan.spectra.imaging import project

    folder, found = RunFolder.open(FLAGS.run), []
    srf = folder.dictionary().srf(folder.config.cameras.test or folder.dictionary().names[0])
    for _, cube in iterate_cubes(FLAGS.records, "validation"):
        rgb = np.clip(project(cube, srf).numpy(), 0, 1)
        found.append(float(psnr(cube, method.cube(rgb, method.estimate_srf(rgb)))))
    return float(np.mean(found))


def ceiling(repeats=5, height=64, width=512):
    """Returns the billions of operations a second of a plain 3x3 convolution, at best."""
    import tensorflow as tf

    kernel = tf.random.normal((3, 3, CEILING_CHANNELS, CEILING_CHANNELS))
    features = tf.random.normal((1, height, width, CEILING_CHANNELS))
    # Ten at a time, so that the call itself does not count.
    stack = tf.function(lambda x: [tf.reduce_max(tf.nn.conv2d(x, kernel * scale, 1, "SAME")) for scale in range(10)])
    times = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        stack(features)
        times.append(time.perf_counter() - start)
    return 10 * 2 * 9 * CEILING_CHANNELS**2 * height * width / min(times[1:]) / 1e9


def in_a_process(case):
    """Runs this program for one case; returns what it printed."""
    command = [sys.executable, *sys.argv, f"--case={json.dumps(case)}"]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])


def main(_):
    """Prints the table."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if FLAGS.case:
        case = json.loads(FLAGS.case)
        (measure if "engine" in case else prepare)(**case)
        return
    wanted = [name for name in ENGINES if not FLAGS.engines or name.replace(", ", "/") in FLAGS.engines]
    wanted = [name for name in wanted if not name.startswith("OpenVINO") or find_spec("openvino")]
    files = sorted(Path(FLAGS.exported).glob("*.tflite")) if FLAGS.exported else []
    wanted += [file.name for file in files]
    for file in files:
        print(f"{file.name}: {file.stat().st_size / 2**10:.0f} KiB")
    print(f"{len(os.sched_getaffinity(0))} processors, blind, {FLAGS.run or 'random weights'}")
    columns = "".join(f"{name:>11}" for name in ("best s", "median s", "CPU s", "peak MiB", "GFLOP/s", "at ceiling"))
    with tempfile.TemporaryDirectory() as folder:
        gflop = in_a_process({"folder": folder})
        for size in FLAGS.sizes:
            height, width = map(int, size.split("x"))
            print(f"\n{size:26}{columns}  of ceiling")
            for engine in wanted:
                row = in_a_process({
                    "engine": engine, "height": height, "width": width, "folder": folder,
                    "gflop_per_pixel": gflop["mixture" if engine.startswith("mixture") else "network"],
                })  # fmt: skip
                print(line_of(engine, row), flush=True)


def line_of(engine, row):
    """Returns a row of the table as text."""
    if "refused" in row:
        return f"{engine:26}  {row['refused']}"
    speed, at_ceiling = row["gflop"] / row["best"], row["gflop"] / row["ceiling"]
    times = f"{row['best']:11.3f}{row['median']:11.3f}{row['cpu']:11.3f}"
    values = f"{times}{row['peak_mib']:11.0f}{speed:11.0f}{at_ceiling:11.3f}"
    psnr = f"   PSNR {row['psnr']:.3f} dB" if "psnr" in row else ""
    return f"{engine:26}{values}{speed / row['ceiling']:11.0%} of {row['ceiling']:.0f}{psnr}"


if __name__ == "__main__":
    cli.run(define_flags, cli.without_tensorflow(main))
