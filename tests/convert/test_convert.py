"""Converted weights give what the PyTorch network gives, layer by layer; what is no such checkpoint is one line."""

import dataclasses
import json

import keras
import numpy as np
import pytest
from trained_run import STATISTICS, WAVELENGTHS_NM

from hsgan import config as config_lib
from hsgan.convert import checkpoint, generator, parser
from hsgan.errors import DataError
from hsgan.networks import hrnet
from hsgan.run.folder import RunFolder
from hsgan.spectra import srf

torch = pytest.importorskip("torch", reason="checkpoints are written and read by PyTorch (hsgan[torch])")
nets = pytest.importorskip("published_nets")

VARIANT = hrnet.Variant(bottlenecks=(2, 4), modules=(1, 2, 1), blocks=2, width=4)
SMALL = {"widths": ((4, 6), (5, 5)), "kernels": (5, 3), "head": (6, 7)}


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setitem(hrnet.VARIANTS, "hrnet_test", VARIANT)


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """A small random HRNet, and its checkpoint as the public ones are."""
    net = nets.randomize(nets.HRNet(VARIANT, 5))
    path = tmp_path_factory.mktemp("public") / "hrnet.pth"
    torch.save({"state_dict": {f"model.{name}": value for name, value in net.state_dict().items()}}, path)
    return net, path


def test_hrnet_gives_the_same_in_every_layer(public):
    net, path = public
    ours = parser.convert(path, "hrnet_test")
    photo = np.random.default_rng(0).uniform(size=(2, 64, 96, 3)).astype(np.float32)
    normalized = (photo - hrnet.IMAGENET_MEAN) / hrnet.IMAGENET_STD
    with torch.no_grad():
        scores = net(torch.as_tensor(normalized.transpose(0, 3, 1, 2), dtype=torch.float32))
    names = list(net.seen)
    assert len(names) == 1 + 2 + (2 + 3 * 2 + 4) * 2  # the stem, stage 1, branches and exchanges of all modules
    outputs = keras.Model(ours.input, [*(ours.get_layer(name).output for name in names), ours.output])(photo)
    for name, found, expected in zip([*names, "scores"], outputs, [*net.seen.values(), scores], strict=True):
        expected = expected.numpy().transpose(0, 2, 3, 1)
        # float32 sums in another order, through some 40 layers
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4 * np.abs(expected).max(), err_msg=name)


@pytest.mark.slow
def test_w48_has_a_name_for_every_array():
    """Names and shapes of the full-size network, of which no weights are made."""
    with torch.device("meta"):
        published = {name: tuple(value.shape) for name, value in nets.HRNet(FULL, 59).state_dict().items()}
    wanted = {}

    class Recorded(checkpoint.Part):
        def __init__(self):
            self.taken = set()

        def take(self, name, shape):
            wanted[name] = tuple(shape)
            return np.zeros(tuple(shape), np.float32)

    for layer in hrnet.build_hrnet("hrnet_w48", 59).layers:
        if layer.weights:
            parser.weights_of(layer, Recorded())
    assert wanted == {name: shape for name, shape in published.items() if not name.endswith("num_batches_tracked")}


FULL = hrnet.VARIANTS["hrnet_w48"]


def test_the_program_writes_weights_that_a_training_takes(public, tmp_path, program):
    status, out, err = program(
        "hsgan.convert", "--kind=parser", f"--input={public[1]}", "--parser=hrnet_test", f"--output={tmp_path}"
    )
    assert not status, err
    assert "parser.weights.h5 of hrnet_test, 5 classes" in out
    assert json.loads((tmp_path / "parser.json").read_text())["classes"] == 5
    from hsgan.networks.parsers import load_weights

    loaded = hrnet.build_hrnet("hrnet_test", 5, seed=3)
    load_weights(loaded, tmp_path / "parser.weights.h5", "hrnet_test", 5)
    for one, other in zip(loaded.get_weights(), parser.convert(public[1], "hrnet_test").get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def authors(tmp_path_factory):
    """A small generator and SRF estimator, random, and a checkpoint of both."""
    cameras = srf.load("default", WAVELENGTHS_NM)
    made = nets.randomize(nets.Generator(31, 3, 6, 3), 1), nets.randomize(nets.Estimator(cameras.responses, **SMALL), 2)
    path = tmp_path_factory.mktemp("authors") / "checkpoint.pth"
    torch.save({"hsiG": made[0].state_dict(), "respG": made[1].state_dict()}, path)
    return *made, path


def configured():
    config = config_lib.default_config()
    config.srf_estimator.update(SMALL)
    return config


def test_the_generator_gives_the_same_cube_and_camera(authors):
    theirs, estimator, path = authors
    config = generator.sized(path, configured())
    assert (config.generator.stages, config.generator.growth, config.generator.units) == (3, 6, 3)
    network = generator.convert(path, config, srf.load("default", WAVELENGTHS_NM), STATISTICS)
    rgb = np.random.default_rng(1).uniform(size=(2, 16, 16, 3)).astype(np.float32)
    planes = torch.as_tensor(rgb.transpose(0, 3, 1, 2))
    with torch.no_grad():
        camera = estimator(planes)
        cube = theirs(planes, camera).numpy().transpose(0, 2, 3, 1)
    found = network(rgb)
    np.testing.assert_allclose(found["srf"], camera.numpy(), rtol=1e-4, atol=1e-6)
    assert np.abs(np.diff(camera.numpy(), axis=0)).max() > 1e-4  # it looks at the image
    np.testing.assert_allclose(found["cube"], cube, rtol=1e-3, atol=1e-4 * np.abs(cube).max())


def test_the_program_writes_a_run(authors, demo_records, tmp_path, program):
    status, out, err = program(
        "hsgan.convert", "--kind=generator", f"--input={authors[2]}", f"--output={tmp_path / 'run'}",
        f"--config.data.cubes={demo_records[0]}", "--config.srf_estimator.widths=((4,6),(5,5))",
        "--config.srf_estimator.kernels=(5,3)", "--config.srf_estimator.head=(6,7)",
    )  # fmt: skip
    assert not status, err
    assert "a run of 3 stages" in out
    network = RunFolder.open(tmp_path / "run").network("best")
    assert network.generator.stages[1].head.kernel.shape == (3, 3, 3, 31)
    kernel = authors[0].stages[1].Upconv.conv.weight.detach().numpy().transpose(2, 3, 1, 0)
    np.testing.assert_array_equal(network.generator.stages[1].head.kernel, -kernel)


class Hostile:
    def __reduce__(self):
        return (print, ("run",))


def broken(path, public, how):
    """Writes a file that is no HRNet's checkpoint."""
    arrays = dict(public.state_dict())
    if how == "objects":
        torch.save({"state_dict": Hostile()}, path)
    elif how == "text":
        path.write_text("I am no checkpoint")
    elif how == "nothing":
        torch.save({"epoch": 3}, path)
    elif how != "no file":
        if how == "classification":
            del arrays["last_layer.3.weight"]
        elif how == "missing":
            del arrays["layer1.1.bn2.running_var"]
        elif how == "more":
            arrays["aux_head.0.weight"] = torch.zeros(3)
        elif how == "shape":
            arrays["stage2.0.branches.0.0.conv1.weight"] = torch.zeros(4, 4, 1, 1)
        elif how == "nan":
            arrays["conv1.weight"] = torch.full_like(arrays["conv1.weight"], float("nan"))
        elif how == "another":
            arrays = {"fc.weight": torch.zeros(3, 3)}
        torch.save(arrays, path)


FAULTS = {
    "no file": "no such file",
    "objects": "is damaged or truncated, or not a PyTorch checkpoint of arrays alone",
    "text": "is damaged or truncated, or not a PyTorch checkpoint of arrays alone",
    "nothing": "holds no arrays",
    "classification": "is no hrnet_test for segmentation: it has no last_layer.3.weight; weights for",
    "missing": "is no hrnet_test for segmentation: it has no layer1.1.bn2.running_var",
    "more": "it has 1 arrays more. Received: aux_head.0.weight",
    "shape": r"stage2.0.branches.0.0.conv1.weight: must have the shape \(4, 4, 3, 3\).*Received: \(4, 4, 1, 1\)",
    "nan": "conv1.weight: must be finite",
    "another": "holds no hrnet_test for segmentation .*Received: fc.weight",
}


@pytest.mark.parametrize("how", FAULTS)
def test_what_is_no_such_checkpoint_is_one_line(how, public, tmp_path, capsys):
    path = tmp_path / "bad.pth"
    broken(path, public[0], how)
    with pytest.raises(DataError, match=FAULTS[how]) as caught:
        parser.convert(path, "hrnet_test")
    assert "\n" not in str(caught.value)
    assert "run" not in capsys.readouterr().out.split()  # nothing of the file was run


def test_a_generator_of_other_sizes_is_refused(authors, public, tmp_path):
    config = generator.sized(authors[2], configured())
    config.generator.growth = 8
    with pytest.raises(DataError, match=r"denselayers.0.compressLayer.conv.weight: must have .*\(8, 31, 1, 1\)"):
        generator.convert(authors[2], config, srf.load("default", WAVELENGTHS_NM), STATISTICS)
    with pytest.raises(DataError, match="holds no generator"):
        generator.sized(public[1], configured())


def test_sizes_that_are_compared_are_those_of_the_variant():
    assert dataclasses.astuple(FULL) == ((4, 64), (1, 4, 3), 4, 48)
