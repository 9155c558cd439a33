"""Asks a TensorFlow Serving server for a photo's cube, by gRPC: the small and exact way (docs/serving.md).

pip install numpy pillow absl-py tensorflow-serving-api
python examples/serve_grpc.py --check
python examples/serve_grpc.py --photo=photo.jpg --output=cube.npz
python examples/serve_grpc.py --photo=photo.jpg --output=cube.npz --signature=compact_encoded --bands=5,15,25
"""

import grpc
import serving_requests
import tensorflow as tf
from absl import flags
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

FLAGS = flags.FLAGS
serving_requests.define(server="localhost:8500")
# gRPC's own limit is 4 MB, and the answer for 482x512 pixels and 31 bands has 30.
flags.DEFINE_integer("max_message_mb", 512, "Largest answer taken, in MB.", lower_bound=1, upper_bound=2047)


def check():
    """Returns {version: state} of the model, e.g. {1: "AVAILABLE"}."""
    request = get_model_status_pb2.GetModelStatusRequest()
    request.model_spec.name = FLAGS.model
    status = call(lambda channel: model_service_pb2_grpc.ModelServiceStub(channel).GetModelStatus, request)
    states = get_model_status_pb2.ModelVersionStatus.State
    return {entry.version: states.Name(entry.state) for entry in status.model_version_status}


def predict(signature, inputs):
    """Returns {output: array} of a signature."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name, request.model_spec.signature_name = FLAGS.model, signature
    for name, value in inputs.items():
        request.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    response = call(lambda channel: prediction_service_pb2_grpc.PredictionServiceStub(channel).Predict, request)
    return {name: tf.make_ndarray(tensor) for name, tensor in response.outputs.items()}


def call(method, request):
    """Returns the server's response to `method(channel)(request)`."""
    options = [("grpc.max_receive_message_length", FLAGS.max_message_mb * 2**20)]
    with grpc.insecure_channel(FLAGS.server, options=options) as channel:
        try:
            return method(channel)(request, timeout=FLAGS.timeout)
        except grpc.RpcError as error:
            # What follows the first line is a trace through the graph.
            details = (error.details() or "").partition("\n")[0]
            raise serving_requests.RequestError(f"{FLAGS.server}: {error.code().name}: {details}") from error


if __name__ == "__main__":
    serving_requests.run(check, predict)
