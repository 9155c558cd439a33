"""One small network in Keras and as a TFLite file with its metadata."""

import pytest
from trained_run import described, mixture_net, network

from hsgan.export import metadata, tflite


def write_model(path, model, **changes):
    """Writes a network as `hsgan.export` does, with the metadata that reading it takes."""
    path.write_bytes(tflite.convert(model))
    metadata.embed(path, described(model, **changes))
    return path


@pytest.fixture(scope="session")
def lite_file(tmp_path_factory):
    """(the Keras network, its TFLite file)."""
    model = network("learned")
    return model, write_model(tmp_path_factory.mktemp("lite") / "float32.tflite", model)


@pytest.fixture
def mixture_file(tmp_path):
    """(a mixture prior in Keras, its TFLite file)."""
    model, _ = mixture_net()
    return model, write_model(tmp_path / "mixture.tflite", model)
