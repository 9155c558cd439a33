"""The real programs, to be killed at any call of the file system, or to find the disk full.

Each `Program` is a command line in a folder of its own that `prepare` has filled, and `state`, what it leaves there in
terms that do not depend on when it ran. A killed program, run again to its end, must give what one gives that nobody
disturbed, and at the moment of the kill what was there before or what there is afterwards.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from fault_samples import WAVELENGTHS_NM, cube, srf
from PIL import Image
from trained_run import as_file, make_records, make_run

from hsgan.disk import arrays
from hsgan.errors import HsganError
from hsgan.files import cubes
from hsgan.records.manifest import read_manifest
from hsgan.run.folder import RunFolder

TINY = (
    "--config.train.steps=3", "--config.train.batch=2", "--config.train.checkpoint_every=1",
    "--config.train.validate_every=2", "--config.train.log_every=1", "--config.train.evaluate=False",
    "--config.semantic.parser=", "--config.semantic.pretrain_steps=0",
)  # fmt: skip


@dataclass(frozen=True)
class Program:
    """A command line and what it makes.

    Attributes:
      module: run as `python -m`.
      arguments: of its command line, relative to its folder.
      prepare: fills the folder.
      state: returns what is there for all to see, or raises an error where something is half or lost.
      steps: whether what is there after a kill may also be a state on the way, as of a training.
      native: whether it also writes by libraries whose calls Python does not see.
    """

    module: str
    arguments: tuple
    prepare: Callable[[Path], None]
    state: Callable[[Path], object]
    steps: bool = False
    native: bool = False


def _picture(folder):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(20, 230, (16, 20, 3), np.uint8)).save(folder / "photo.png")


def _reconstruction(form):
    def prepare(folder):
        make_run(folder / "run")
        _picture(folder)
        (folder / "out").mkdir()
        cubes.write_cube(folder / "out/photo", cube(), WAVELENGTHS_NM, srf(), {"old": "yes"}, [form])

    def state(folder):
        path = cubes.paths_of(folder / "out/photo", [form])[-1]
        opened = cubes.open_cube(path)
        return "old" if opened.attrs.get("old") else _digest(opened.values)

    arguments = ("--run=run", "photo.png", "--output=out", f"--formats={form}", "--nopreviews")
    return Program("hsgan.reconstruct", arguments, prepare, state)


def _scenes(folder):
    (folder / "in").mkdir()
    for number in range(4):
        arrays.write_npz(
            folder / f"in/scene{number}.npz", {"cube": cube(seed=number), "wavelengths_nm": WAVELENGTHS_NM}
        )


def _records(folder):
    if not (folder / "records").exists():
        return "none"
    manifest = read_manifest(folder / "records")
    manifest.verify()
    return {shard.file: shard.sha256 for split in manifest.splits.values() for shard in split.shards}


def _small_training(folder):
    from hsgan import config as config_lib
    from hsgan.demo import records as demo

    few = {"cubes": {"train": 2, "validation": 1}, "photos": {"train": 2, "validation": 1}}
    config = config_lib.load("demo")
    folders = demo.make(config_lib.wavelengths_nm(config), folder / "demo", **few)
    config.data.cubes, config.data.rgb = (str(path.relative_to(folder)) for path in folders)
    config.model, config.dbf.widths, config.train.patch, config.data.rgb_crop = "dbf", (4, 4, 4), 32, 32
    as_file(config, folder).rename(folder / "small.py")


def _training(folder):
    """Weights, history and records of a run; "none" before there are any."""
    if not (folder / "run/weights/last.json").exists() and not list((folder / "run/weights").glob(".*")):
        return "none"
    run = RunFolder.open(folder / "run")
    found = {}
    for which in ("best", "last"):
        try:
            record = run.weights_record(which)
        except HsganError as error:
            if "weights yet" not in str(error):
                raise
            continue
        found[which] = record["step"], _digest(*run.network(which).get_weights())
    return found


def _exported(folder):
    make_run(folder / "run")
    make_records(folder / "records")


def _export(folder):
    path = folder / "out/1"
    if not path.exists():
        return "none"
    from hsgan.reconstruct.models import SavedModel

    model = SavedModel(path)
    return _digest(model.srf_of(np.full((16, 16, 3), 0.5, np.float32)))


def _digest(*values):
    digest = hashlib.sha256()
    for array in values:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def programs() -> dict[str, Program]:
    """Returns {name: `Program`}."""
    build = ("--source=npz", "--input=in", "--output=records", "--workers=1", "--shards=2")
    export = ("--run=run", "--output=out", "--records=records", "--tflite=none")
    return {
        "records": Program("tfrecords_tools.build_hsi", build, _scenes, _records),
        **{f"cube, {form}": _reconstruction(form) for form in cubes.FORMATS},
        "training": Program(
            "hsgan.train", ("--config=small.py", "--workdir=run", *TINY), _small_training, _training, True, True
        ),
        "export": Program("hsgan.export", export, _exported, _export, native=True),
    }
