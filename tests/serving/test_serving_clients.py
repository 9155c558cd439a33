"""The example clients against the stand-in: both protocols, every signature, and one clear line for every error."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import stand_in
import tensorflow as tf
from PIL import Image
from requests_to_try import SIGNATURES, photo

from hsgan.files.cubes import open_cube
from hsgan.spectra.imaging import srgb_decode

EXAMPLES = Path(__file__).parents[2] / "examples"
FORKING = Path(__file__).with_name("forking_client.py")
PROTOCOLS = ("grpc", "rest")
COMPACT = ("compact", "compact_encoded")
# REST sends light with seven decimals, and the client decodes sRGB in NumPy.
LIMIT = 1e-5


@pytest.fixture(scope="module")
def addresses(core):
    with stand_in.serving(core) as found:
        yield found


@pytest.fixture
def files(served, tmp_path):
    """A folder with photo.png and srf.npy."""
    (tmp_path / "photo.png").write_bytes(photo())
    np.save(tmp_path / "srf.npy", np.asarray(served[0].dictionary.responses[0], np.float32))
    return tmp_path


@pytest.fixture(scope="module")
def client():
    """Function of (protocol, address, folder, *flags): runs a client in a process of its own, returns it when ended."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, FORKING], text=True, env=environment, **pipes) as runner:

        def run(protocol, address, folder, *flags):
            said = [str(folder / "stdout"), str(folder / "stderr")]
            program = str(EXAMPLES / f"serve_{protocol}.py")
            line = json.dumps([program, str(folder), *said, f"--server={address}", *flags])
            print(line, file=runner.stdin, flush=True)
            status = int(runner.stdout.readline())
            return subprocess.CompletedProcess(line, status, *(Path(path).read_text() for path in said))

        yield run


def failure(done, protocol):
    """Returns the one line that a client says when it fails."""
    assert done.returncode == 1 and not done.stdout
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("serve_")]
    assert "Traceback" not in done.stderr and line.startswith(f"serve_{protocol}.py: error: ")
    return line


def expected(loaded, served, signature):
    """Returns what the SavedModel itself says of the photo, {output: array}."""
    data = photo()
    rgb = srgb_decode(tf.image.decode_png(data).numpy() / np.float32(255)).numpy()[None]
    inputs = {
        "serving_default": {"rgb": rgb},
        "encoded": {"image": [data]},
        "known_srf": {"rgb": rgb, "srf": np.asarray(served[0].dictionary.responses[:1], np.float32)},
        "compact": {"rgb": rgb, "bands": np.array([[30, 4]], np.int32)},
        "compact_encoded": {"image": [data], "bands": np.array([[30, 4]], np.int32)},
        "estimate_srf": {"rgb": rgb},
    }[signature]
    outputs = loaded.signatures[signature](**{key: tf.constant(value) for key, value in inputs.items()})
    found = {key: value.numpy()[0] for key, value in outputs.items()}
    if signature in COMPACT:
        # The client puts the bands in ascending order, and the SRF goes along.
        found["cube"] = (found["cube"] * found.pop("scale"))[..., ::-1]
        found["srf"] = found["srf"][:, [4, 30]]
    grid = np.asarray(served[0].dictionary.wavelengths_nm, np.float32)
    return {**found, "wavelengths_nm": grid[[4, 30]] if signature in COMPACT else grid}


@pytest.mark.parametrize(("protocol", "prefix"), [("grpc", ""), ("rest", ""), ("rest", "http://")])
def test_health(addresses, files, protocol, prefix):
    server = prefix + addresses[protocol]
    command = [sys.executable, EXAMPLES / f"serve_{protocol}.py", f"--server={server}", "--check"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=files, timeout=120)
    assert (done.returncode, done.stdout) == (0, "demo: version 1 AVAILABLE\n"), done.stderr


@pytest.mark.parametrize("signature", [name for name in SIGNATURES if name != "wavelengths"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_photo_becomes_what_the_model_says(client, addresses, files, served, loaded, protocol, signature):
    flags = ["--photo=photo.png", "--output=cube.npz", f"--signature={signature}"]
    flags += ["--bands=30,4"] * (signature in COMPACT) + ["--srf=srf.npy"] * (signature == "known_srf")
    done = client(protocol, addresses[protocol], files, *flags)
    if protocol == "rest" and signature in COMPACT:
        assert "JSON has no uint16; use gRPC" in failure(done, protocol)
        assert not (files / "cube.npz").exists()
    else:
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("cube.npz: ")
        found, wanted = np.load(files / "cube.npz"), expected(loaded, served, signature)
        assert set(found) == set(wanted)
        for name, value in wanted.items():
            # Integers: two codes beyond, each a 65535th of the largest.
            limit = (3 / 65535 if signature in COMPACT else LIMIT) * np.abs(value).max()
            assert found[name].shape == value.shape and np.abs(found[name] - value).max() <= limit, name
    assert sorted(path.name for path in files.iterdir() if "part" in path.name) == []


@pytest.fixture
def before(core):
    """As `core`, of an export that has no signature for its wavelengths."""
    signatures = {name: function for name, function in core.loaded.signatures.items() if name != "wavelengths"}
    return stand_in.Core(SimpleNamespace(signatures=signatures))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_export_of_before_needs_its_metadata_and_is_not_asked_for_a_cube(client, before, files, served, protocol):
    grid = np.asarray(served[0].dictionary.wavelengths_nm, float)
    (files / "metadata.json").write_text(json.dumps({"wavelengths_nm": grid.tolist()}))
    flags = ["--photo=photo.png", "--output=cube.npz"]
    with stand_in.serving(before) as addresses:
        line = failure(client(protocol, addresses[protocol], files, *flags), protocol)
        assert "demo: an older export, which does not say its wavelengths; give --metadata" in line
        assert not (files / "cube.npz").exists()
        done = client(protocol, addresses[protocol], files, *flags, "--metadata=metadata.json")
        assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(open_cube(files / "cube.npz")["wavelength"], grid)


def test_the_cubes_file_is_a_cube_to_open(client, addresses, files, served):
    grid = np.asarray(served[0].dictionary.wavelengths_nm, float)
    flags = ["--photo=photo.png", "--output=cube.npz"]
    done = client("grpc", addresses["grpc"], files, *flags)
    assert done.returncode == 0, done.stderr
    cube = open_cube(files / "cube.npz")
    np.testing.assert_array_equal(cube["wavelength"], grid)
    done = client("grpc", addresses["grpc"], files, *flags, "--signature=compact_encoded", "--bands=30,4")
    assert done.returncode == 0, done.stderr
    two = open_cube(files / "cube.npz")
    np.testing.assert_array_equal(two["wavelength"], grid[[4, 30]])
    # The estimate is computed again, in threads that may sum in another order.
    np.testing.assert_allclose(two.attrs["srf"], cube.attrs["srf"][:, [4, 30]], rtol=1e-5)
    # Whole numbers of 16 bits, none negative, and a few codes of the arithmetic.
    limit = 3 / 65535 * float(cube.max())
    assert np.abs(two.values - np.maximum(cube.values[..., [4, 30]], 0)).max() <= limit


@pytest.mark.parametrize("output", ["none/cube.npz", "."])
def test_a_place_that_cannot_be_written_is_told_first(client, addresses, files, output):
    flags = ["--photo=photo.png", f"--output={output}", "--signature=estimate_srf", "--srf=none.npy"]
    line = failure(client("grpc", addresses["grpc"], files, *flags), "grpc")
    assert f"{output}: its folder must be there, and it must be a file" in line


ERRORS = {
    "no such model": (["--model=other"], "Servable not found for request: Latest(other)|Could not find"),
    "not an image": (["--photo=notes.txt"], "image: must be the bytes of a JPEG or PNG file"),
    "camera missing": (["--signature=known_srf"], "--srf: must name the camera's SRF"),
    "wrong camera": (["--signature=known_srf", "--srf=wrong.npy"], "srf: its rows must sum to 1"),
    "gray photo": (
        ["--signature=serving_default", "--photo=gray.png"],
        "gray.png: must be 8 bit RGB. Received: mode L",
    ),
    "truncated": (["--signature=serving_default", "--photo=cut.png"], "cut.png: must be a whole JPEG or PNG file"),
    "no photo": (["--photo=none.png"], "none.png"),
}


@pytest.mark.parametrize(("flags", "message"), ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_an_error_is_one_line(client, addresses, files, protocol, flags, message):
    (files / "notes.txt").write_text("not an image")
    (files / "cut.png").write_bytes(photo()[:200])
    np.save(files / "wrong.npy", np.ones((3, 31), np.float32))
    Image.fromarray(np.zeros((5, 4), np.uint8)).save(files / "gray.png")
    done = client(protocol, addresses[protocol], files, "--photo=photo.png", "--output=cube.npz", *flags)
    line = failure(done, protocol)
    assert any(part in line for part in message.split("|")), line
    assert "{{node" not in line and not (files / "cube.npz").exists()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_nobody_there(client, files, protocol):
    line = failure(client(protocol, "127.0.0.1:1", files, "--check", "--timeout=3"), protocol)
    assert "127.0.0.1:1: " in line and ("UNAVAILABLE" in line or "Connection refused" in line)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_model_that_still_loads_is_not_healthy(client, core, files, protocol):
    with stand_in.serving(core.in_state("LOADING")) as addresses:
        line = failure(client(protocol, addresses[protocol], files, "--check"), protocol)
    assert "demo: no version is available" in line and "LOADING" in line


def test_a_large_answer_passes_grpcs_default_limit(client, addresses, tmp_path):
    Image.fromarray(np.full((260, 150, 3), 128, np.uint8)).save(tmp_path / "photo.png")  # 4.8 MB of cube
    flags = ["--photo=photo.png", "--output=cube.npz"]
    for limit in (4, 2):
        line = failure(client("grpc", addresses["grpc"], tmp_path, *flags, f"--max_message_mb={limit}"), "grpc")
        assert "RESOURCE_EXHAUSTED" in line and str(limit * 2**20) in line
    done = client("grpc", addresses["grpc"], tmp_path, *flags)
    assert done.returncode == 0, done.stderr
