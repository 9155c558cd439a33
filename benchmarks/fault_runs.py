"""Run folders, checkpoints and exports, to be damaged and read; they take TensorFlow, and longer than other files."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import tensorflow as tf
from fault_samples import Subject
from trained_run import make_records, make_run, network

from hsgan.disk import whole
from hsgan.run.folder import RunFolder
from hsgan.train.state import TrainingState

_SOUND = {}


class SmallModel:
    """What `TrainingState` wants of a model."""

    def __init__(self, value):
        self.step = tf.Variable(value, dtype=tf.int64)
        self.variables = [self.step, tf.Variable(np.full(50, value, np.float32))]
        self.optimizers = ()


def _run(folder):
    path = make_run(folder / "run")
    run = RunFolder.open(path)
    run.record_session({"cubes": {"source": "test", "sha256": "0" * 64, "note": "", "directory": "nowhere"}})
    run.write_history([{"step": 0, "psnr": 10.0}, {"step": 4, "psnr": 20.0}])
    whole.write_json(path / "reached.json", {"step": 4})
    names = ("config.json", "run.json", "cameras.npz", "history.jsonl", "reached.json")
    return [*(path / name for name in names), path / "weights/best.json"]


def _read_run(folder):
    run = RunFolder.open(folder / "run")
    return run.history(), run.provenance, run.dictionary(), run.reached, run.weights_record("best"), run.test_camera


def _weights(folder):
    path = make_run(folder / "run")
    return [path / "weights/best.weights.h5"]


def _read_weights(folder):
    read = RunFolder.open(folder / "run").network("best")
    if "weights" not in _SOUND:
        _SOUND["weights"] = network().get_weights()
    if not all(np.array_equal(one, other) for one, other in zip(read.get_weights(), _SOUND["weights"], strict=True)):
        raise AssertionError("damaged weights are taken as sound ones")
    return read


def _checkpoint(folder):
    for step in (2, 4):
        TrainingState(folder, SmallModel(step)).save(1.0)
    newest = sorted((folder / "state-4").iterdir())
    return [*newest, folder / "state-2" / newest[-1].name]


def _read_checkpoint(folder):
    model = SmallModel(0)
    step = TrainingState(folder, model).restore(4)
    if model.step.numpy() != step or (model.variables[1].numpy() != step).any() or step not in (2, 4):
        raise AssertionError(f"restored step {step}, but {model.step.numpy()} and {model.variables[1].numpy()[:3]}")
    return step


def _export():
    """Returns the folder of an export, made once a process."""
    if "export" not in _SOUND:
        from hsgan.export.export import export

        folder = Path(tempfile.mkdtemp(prefix="faults-"))
        run, records = make_run(folder / "run"), make_records(folder / "records")
        _SOUND["export"], _ = export(run, folder / "out", ("float32",), records, scenes=1)
    return _SOUND["export"]


def _saved_model(folder):
    shutil.copytree(_export(), folder / "1")
    return sorted(path for path in (folder / "1").rglob("*") if path.is_file() and path.suffix != ".tflite")


def _read_saved_model(folder):
    from hsgan.reconstruct.models import SavedModel

    return SavedModel(folder / "1").estimate_srf(np.full((16, 16, 3), 0.5, np.float32))


def _tflite(folder):
    shutil.copy(_export() / "float32.tflite", folder)
    return [folder / "float32.tflite"]


def _read_tflite(folder):
    from hsgan.lite.model import LiteModel

    return LiteModel(folder / "float32.tflite", threads=1).estimate_srf(np.full((16, 16, 3), 0.5, np.float32))


def subjects() -> dict[str, Subject]:
    """Returns {name: `Subject`}."""
    return {
        "run folder": Subject(_run, _read_run, 0.5),
        "run, weights": Subject(_weights, _read_weights, 0.15),
        "run, checkpoint": Subject(_checkpoint, _read_checkpoint, 0.5),
        "export, SavedModel": Subject(_saved_model, _read_saved_model, 0.1),
        "export, TFLite": Subject(_tflite, _read_tflite, 0.2),
    }
