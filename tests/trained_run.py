"""A run folder and records as a training leaves them, made in a moment: tiny networks that were never trained."""

import json

import keras
import numpy as np
from mixtures import PRIOR

from hsgan import config as config_lib
from hsgan.export import metadata
from hsgan.networks.agd_net import AGDNet
from hsgan.networks.hsgan_net import HSGANNet
from hsgan.networks.mixture_net import MixtureNet
from hsgan.records.manifest import Manifest
from hsgan.records.schema import CubeRecord
from hsgan.records.writer import RecordWriter
from hsgan.run.folder import RunFolder
from hsgan.spectra import srf as srf_lib

WAVELENGTHS_NM = np.arange(400, 701, 10, dtype=np.float32)

STATISTICS = np.full(31, 0.3), 0.02 * np.exp(-((WAVELENGTHS_NM[:, None] - WAVELENGTHS_NM) ** 2) / 5000)


def small_config(initialization="smooth"):
    """Returns a configuration whose networks are small."""
    config = config_lib.default_config()
    with config.unlocked():
        config.generator.update(stages=3, growth=6, units=2, initialization=initialization)
        config.srf_estimator.update(widths=((4, 4), (4, 4)), kernels=(3, 3), head=(4, 4, 4))
    return config_lib.validate(config)


def as_file(config, folder):
    """Writes `config` as a configuration file into a folder; returns its path."""
    values, path = folder / "config.json", folder / "from_json.py"
    values.write_text(json.dumps(config_lib.to_dict(config)))
    path.write_text(
        "import json, pathlib\n"
        "from hsgan import config\n"
        "def get_config():\n"
        f"    return config.from_dict(json.loads(pathlib.Path({str(values)!r}).read_text()))\n"
    )
    return path


def network(initialization="smooth"):
    """Returns a small `HSGANNet` with weights that do something, equal in every call."""
    keras.utils.set_random_seed(1)
    model = HSGANNet(small_config(initialization), srf_lib.load("default", WAVELENGTHS_NM), STATISTICS, prior=PRIOR)
    rng = np.random.default_rng(7)
    for weight in model.generator.weights:
        weight.assign(rng.normal(0, 0.3, weight.shape))
    # With these the estimate differs by 2 % between two images: no layer's ReLU is 0 everywhere.
    rng = np.random.default_rng(8)
    for weight in model.srf_estimator.weights:
        weight.assign(weight + rng.normal(0, 0.3, weight.shape))
    return model


def agd_net(initialization="smooth"):
    """A small AGD-Net, the camera given, whose weights all matter."""
    config = small_config()
    with config.unlocked():
        config.model = "agd_net"
        config.agd_net.update(stages=2, growth=4, units=2, degradation="given", initialization=initialization)
    model = AGDNet(config, srf_lib.load("default", WAVELENGTHS_NM), STATISTICS, prior=PRIOR)
    rng = np.random.default_rng(6)
    for weight in model.weights:
        if weight.ndim == 4:
            weight.assign(rng.normal(0, 0.2, weight.shape))
    return model


def mixture_net():
    """A `MixtureNet` that is still the prior it started at."""
    config = config_lib.load("mixture", ["data.cubes=demo", f"prior.components={PRIOR.components}"])
    return MixtureNet(config, srf_lib.load("default", WAVELENGTHS_NM), STATISTICS, prior=PRIOR), config


def make_run(path):
    """Makes a run folder with "best" and "last" weights; returns its path."""
    folder = RunFolder.create(path, small_config())
    model = network()
    folder.save_dictionary(model.dictionary)
    for which in ("best", "last"):
        folder.save_weights(which, model, {"step": 7, "psnr": 20.0})
    return folder.path


def make_mixture_run(path):
    """Makes the run folder of a trained mixture that is still the prior it started at; returns its path."""
    model, config = mixture_net()
    folder = RunFolder.create(path, config)
    folder.save_dictionary(model.dictionary)
    folder.save_prior(PRIOR)
    folder.save_weights("best", model, {"step": 0, "psnr": 20.0})
    return folder.path


def described(model, **changes):
    """Returns the metadata of an exported network, as far as running it takes."""
    return {
        "schema": 1,
        "name": "small",
        "version": 1,
        "wavelengths_nm": WAVELENGTHS_NM.tolist(),
        "cameras": {
            "names": list(model.dictionary.names),
            "responses": np.asarray(model.dictionary.responses).tolist(),
            "source": "test",
        },
        "needs_camera": model.needs_camera,
        "estimates_camera": model.estimates_camera,
        "takes_negative_srf": True,
        "developed": metadata.picture(WAVELENGTHS_NM),
        "receptive_radius": model.receptive_radius,
        "stride": model.stride,
        "thumbnail_pixels": 2**20,
    } | changes


def scene(seed, height=24, width=20):
    """Returns a smooth uint16 cube [height, width, 31]."""
    rng = np.random.default_rng(seed)
    basis = np.stack([np.exp(-(((WAVELENGTHS_NM - center) / 60) ** 2)) for center in (430, 520, 600, 680)])
    spectra = rng.random((4, 4, 4)) @ basis
    return np.round(spectra.repeat(6, axis=0).repeat(5, axis=1)[:height, :width] * 20000).astype(np.uint16)


def make_records(path, wavelengths_nm=WAVELENGTHS_NM):
    """Makes a folder of cube records with one training and two validation scenes; returns its path."""
    header = Manifest(kind="cubes", source="test", wavelengths_nm=tuple(float(value) for value in wavelengths_nm))
    with RecordWriter(path, header, shards=1) as writer:
        for number, split in enumerate(("train", "validation", "validation")):
            values = scene(number)[..., : len(wavelengths_nm)]
            writer.write(split, CubeRecord(values, 1 / 65535, wavelengths_nm, f"scene {number}", "test"))
    return path
