"""A small network as a SavedModel in the folder layout that TensorFlow Serving reads."""

import pytest
import stand_in
import tensorflow as tf
from trained_run import network

from hsgan.export.saved_model import write_saved_model

MAX_PIXELS = 2**16


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """(the Keras network, base path of its model "demo", whose version is 1)."""
    base, model = tmp_path_factory.mktemp("models") / "demo", network()
    write_saved_model(model, base / "1", "demo", 1, MAX_PIXELS)
    return model, base


@pytest.fixture(scope="session")
def loaded(served):
    """The SavedModel, loaded by TensorFlow in Python."""
    return tf.saved_model.load(str(served[1] / "1"))


@pytest.fixture(scope="session")
def core(loaded):
    """What answers in the stand-in."""
    return stand_in.Core(loaded)
