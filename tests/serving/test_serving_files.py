"""What TensorFlow Serving reads: the warm-up requests, the configurations, the compose file; and joined requests."""

import re
import shlex
import subprocess
from pathlib import Path

import numpy as np
import pytest
import stand_in
import tensorflow as tf
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format, wrappers_pb2
from requests_to_try import SIGNATURES, requests
from tensorflow_serving.apis import prediction_log_pb2
from tensorflow_serving.config import model_server_config_pb2

from hsgan.export.saved_model import MAX_PIXELS, WARMUP

ROOT = Path(__file__).parents[2]
SERVING = ROOT / "serving"
# Flags of tensorflow_model_server (its main.cc) that we name.
FLAGS = {
    "model_config_file",
    "model_config_file_poll_wait_seconds",
    "rest_api_timeout_in_ms",
    "enable_batching",
    "batching_parameters_file",
}


@pytest.fixture(scope="module")
def batching_parameters():
    """The class of tensorflow.serving.BatchingParameters.

    The wheel does not have it: it is made here with the names, numbers and types of the server's
    session_bundle_config.proto.
    """
    wrapped = {"max_batch_size": 1, "batch_timeout_micros": 2, "max_enqueued_batches": 3, "num_batch_threads": 4}
    file = descriptor_pb2.FileDescriptorProto(name="batching.proto", package="tensorflow.serving", syntax="proto3")
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    message = file.message_type.add(name="BatchingParameters")
    kind = descriptor_pb2.FieldDescriptorProto
    for name, number in wrapped.items():
        message.field.add(
            name=name,
            number=number,
            label=kind.LABEL_OPTIONAL,
            type=kind.TYPE_MESSAGE,
            type_name=".google.protobuf.Int64Value",
        )
    message.field.add(name="allowed_batch_sizes", number=6, label=kind.LABEL_REPEATED, type=kind.TYPE_INT64)
    message.field.add(name="pad_variable_length_inputs", number=7, label=kind.LABEL_OPTIONAL, type=kind.TYPE_BOOL)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("tensorflow.serving.BatchingParameters"))


def test_warmup_requests_replay(served, core):
    records = tf.data.TFRecordDataset(str(served[1] / "1" / WARMUP)).as_numpy_iterator()
    replayed = []
    for record in records:
        log = prediction_log_pb2.PredictionLog.FromString(record)
        assert log.WhichOneof("log_type") == "predict_log"
        request = log.predict_log.request
        assert (request.model_spec.name, request.model_spec.version.value) == ("demo", 1)
        response = core.predict(request)
        assert all(np.isfinite(tf.make_ndarray(tensor)).all() for tensor in response.outputs.values())
        # Else the server, when it joins requests, would not load the version.
        assert {tensor.tensor_shape.dim[0].size for tensor in request.inputs.values()} == {1}
        replayed.append(request.model_spec.signature_name)
    assert sorted(replayed) == sorted(SIGNATURES)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_joined_requests_have_the_answers_of_each(served, loaded, signature):
    one, other = requests(served[0], 0)[signature], requests(served[0], 1)[signature]
    joined = {key: np.concatenate([one[key], other[key]]) for key in one}
    function = loaded.signatures[signature]
    both = function(**{key: tf.constant(value) for key, value in joined.items()})
    for index, request in enumerate((one, other)):
        for key, value in function(**{key: tf.constant(value) for key, value in request.items()}).items():
            found, wanted = both[key].numpy()[index : index + 1].astype(np.float64), value.numpy()
            # float32 sums in another order; integers a step.
            limit = 1 if wanted.dtype == np.uint16 else 1e-5 * np.abs(wanted).max()
            assert found.shape == wanted.shape and np.abs(found - wanted).max() <= limit


def test_models_config_is_read_by_the_servers_proto():
    text = (SERVING / "models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path, model.model_platform) == ("demo", "/models/demo", "tensorflow")
    assert model.model_version_policy.latest.num_versions == 1
    with pytest.raises(text_format.ParseError, match="base_paht"):
        text_format.Parse(text.replace("base_path", "base_paht"), model_server_config_pb2.ModelServerConfig())


def test_batching_config_fits_the_proto_and_the_models_limit(batching_parameters):
    text = (SERVING / "batching.config").read_text()
    config = text_format.Parse(text, batching_parameters())
    assert config.max_batch_size.value * 482 * 512 <= MAX_PIXELS
    assert config.num_batch_threads.value >= 1 and not config.pad_variable_length_inputs
    with pytest.raises(text_format.ParseError, match="max_batch"):
        text_format.Parse(text.replace("max_batch_size", "max_batch"), batching_parameters())


def test_compose_mounts_what_it_names():
    services = yaml.safe_load((SERVING / "compose.yaml").read_text())["services"]
    for service in services.values():
        flags = dict(flag.removeprefix("--").split("=") for flag in service["command"])
        assert set(flags) <= FLAGS
        for path in (value for value in flags.values() if value.startswith("/")):
            assert (SERVING / Path(path).relative_to("/serving")).is_file()
    assert services["hsgan"]["volumes"] == ["../saved_models:/models:ro", ".:/serving:ro"]
    assert {"8500:8500", "8501:8501"} == {port.removeprefix("127.0.0.1:") for port in services["hsgan"]["ports"]}


def test_the_docker_commands_name_flags_that_exist():
    text = (ROOT / "docs" / "serving.md").read_text()
    commands = re.findall(r"^docker run .*?(?:[^\\]\n)", text, re.MULTILINE | re.DOTALL)
    assert len(commands) == 1
    words = shlex.split(commands[0].replace("\\\n", " "))
    after_image = words[next(index for index, word in enumerate(words) if word.startswith("tensorflow/serving:")) + 1 :]
    assert {word.removeprefix("--").partition("=")[0] for word in after_image} <= FLAGS


@pytest.mark.parametrize(("state", "status"), [("AVAILABLE", 0), ("LOADING", 1)])
def test_the_health_check_of_the_compose_file(core, state, status):
    services = yaml.safe_load((SERVING / "compose.yaml").read_text())["services"]
    kind, *command = services["hsgan"]["healthcheck"]["test"]
    assert kind == "CMD"
    with stand_in.serving(core.in_state(state)) as addresses:
        command[-1] = command[-1].replace("localhost/8501", addresses["rest"].replace(":", "/"))
        assert subprocess.run(command, timeout=30).returncode == status


def test_a_rest_request_for_uint16_is_refused_as_by_the_server(served, core):
    request = prediction_log_pb2.PredictionLog().predict_log.request
    request.model_spec.name, request.model_spec.signature_name = "demo", "compact"
    for key, value in requests(served[0])["compact"].items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    with pytest.raises(stand_in.ServingError, match="Failed to write JSON value for tensor type: uint16"):
        stand_in.json_of(core.predict(request))
