"""The SavedModel in a C program without Python: what TensorFlow Serving does with it, through the same library."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from requests_to_try import SIGNATURES, requests
from tensorflow.core.protobuf import saved_model_pb2

SOURCE = Path(__file__).with_name("load_and_run.c")
LIBRARIES = ("libtensorflow_cc.so.2", "libtensorflow_framework.so.2")
# The same kernels on the same values: what is left is the order of threads' sums.
LIMIT = 1e-6


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The compiled program."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: install gcc")
    folder = Path(tf.sysconfig.get_lib())
    missing = [name for name in LIBRARIES if not (folder / name).is_file()]
    if missing:
        pytest.skip(f"TensorFlow's wheel has no {' and no '.join(missing)} on this system")
    path = tmp_path_factory.mktemp("c") / "load_and_run"
    flags = ["-std=gnu11", "-Wall", "-Werror", "-O1", f"-I{tf.sysconfig.get_include()}", f"-L{folder}"]
    libraries = [f"-l:{name}" for name in LIBRARIES]
    command = [compiler, *flags, str(SOURCE), "-o", str(path), *libraries, f"-Wl,-rpath,{folder}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture(scope="module")
def signatures(served):
    """The SavedModel's SignatureDefs by name: which tensors of the graph are inputs and outputs."""
    saved = saved_model_pb2.SavedModel.FromString((served[1] / "1" / "saved_model.pb").read_bytes())
    return saved.meta_graphs[0].signature_def


def plan_of(signature, name, inputs, folder):
    """Returns the plan's lines for one request, whose tensors it writes into files."""
    lines = []
    for key, value in inputs.items():
        path = folder / f"{name}.{key}.in"
        path.write_bytes(value[0] if isinstance(value, list) else value.tobytes())
        shape = (1,) if isinstance(value, list) else value.shape
        tensor, dtype = signature.inputs[key].name.split(":"), signature.inputs[key].dtype
        lines.append(" ".join(map(str, ("in", *tensor, dtype, len(shape), *shape, path))))
    for key, info in sorted(signature.outputs.items()):
        lines.append(" ".join(("out", *info.name.split(":"), str(folder / f"{name}.{key}.out"))))
    return [*lines, f"run {name}"]


def run(program, model, plan, folder):
    """Returns (exit status, what it says by request: {name: [lines]}, stderr)."""
    path = folder / "plan"
    path.write_text("\n".join(plan) + "\n")
    environment = {"TF_CPP_MIN_LOG_LEVEL": "3", "PATH": "/nonexistent"}
    done = subprocess.run([program, model, path], capture_output=True, text=True, env=environment)
    said, name = {}, None
    for line in done.stdout.splitlines():
        if not line[0].isdigit():
            name, _, rest = line.partition(": ")
            said[name] = [rest]
        else:
            said[name].append(line)
    return done.returncode, said, done.stderr


def output(lines, index, path):
    """Returns an output's array: its type and shape as the program printed them, its values from the file."""
    dtype, _, *shape = map(int, lines[1 + index].split())
    return np.frombuffer(path.read_bytes(), tf.as_dtype(dtype).as_numpy_dtype).reshape(shape)


def test_every_signature_gives_pythons_numbers(program, served, loaded, signatures, tmp_path):
    model, base = served
    assert set(SIGNATURES) <= set(signatures)
    tried = requests(model)
    plan = [line for name in SIGNATURES for line in plan_of(signatures[name], name, tried[name], tmp_path)]
    status, said, stderr = run(program, base / "1", plan, tmp_path)
    assert (status, list(said)) == (0, list(SIGNATURES)), stderr
    for name in SIGNATURES:
        expected = loaded.signatures[name](**{key: tf.constant(value) for key, value in tried[name].items()})
        assert said[name][0] == "ok"
        for index, key in enumerate(sorted(expected)):
            found, wanted = output(said[name], index, tmp_path / f"{name}.{key}.out"), expected[key].numpy()
            assert found.dtype == wanted.dtype and found.shape == wanted.shape
            step = 1 if found.dtype == np.uint16 else LIMIT * np.abs(wanted).max()
            assert np.abs(found.astype(np.float64) - wanted).max() <= step, (name, key)


def test_a_bad_request_is_an_error_and_the_next_is_served(program, served, signatures, tmp_path):
    model, base = served
    tried = requests(model)
    bad = tried["serving_default"]["rgb"].copy()
    bad[0, 3, 4, 1] = np.nan
    plan = [
        *plan_of(signatures["serving_default"], "nan", {"rgb": bad}, tmp_path),
        *plan_of(signatures["encoded"], "truncated", {"image": [tried["encoded"]["image"][0][:50]]}, tmp_path),
        *plan_of(signatures["estimate_srf"], "good", tried["estimate_srf"], tmp_path),
    ]
    status, said, _ = run(program, base / "1", plan, tmp_path)
    assert status == 1 and list(said) == ["nan", "truncated", "good"]
    assert said["nan"][0].startswith("error 3: ") and "rgb: every value must be finite" in said["nan"][0]
    assert said["truncated"][0].startswith("error 3: ") and "PNG" in said["truncated"][0]
    assert said["good"] == ["ok", "1 3 1 3 31"]
    assert not (tmp_path / "nan.cube.out").exists()


def test_a_folder_without_a_model_is_an_error(program, tmp_path):
    status, said, stderr = run(program, tmp_path, [], tmp_path)
    assert (status, said) == (2, {}) and f"error: {tmp_path}: Could not find SavedModel" in stderr
