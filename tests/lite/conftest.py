"""One small network in Keras and as a TFLite file with its metadata."""

import numpy as np
import pytest
from trained_run import WAVELENGTHS_NM, network

from hsgan.export import metadata, tflite


def write_model(path, model, **changes):
    """Writes a network as `hsgan.export` does, with the metadata that reading it takes."""
    path.write_bytes(tflite.convert(model))
    described = {
        "schema": 1,
        "name": "small",
        "version": 1,
        "wavelengths_nm": WAVELENGTHS_NM.tolist(),
        "cameras": {
            "names": list(model.dictionary.names),
            "responses": np.asarray(model.dictionary.responses).tolist(),
            "source": "test",
        },
        "receptive_radius": model.receptive_radius,
        "stride": model.stride,
        "thumbnail_pixels": 2**20,
    }
    metadata.embed(path, described | changes)
    return path


@pytest.fixture(scope="session")
def lite_file(tmp_path_factory):
    """(the Keras network, its TFLite file)."""
    model = network("learned")
    return model, write_model(tmp_path_factory.mktemp("lite") / "float32.tflite", model)
