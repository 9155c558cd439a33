"""A server that speaks TensorFlow Serving's two protocols, on the real protos and on the SavedModel itself.

It answers as the server's documentation and sources say: gRPC status codes and HTTP statuses, JSON in rows, the
missing name of a single output, base64, no uint16 in JSON, answers as large as they come. It does not read the server's
configuration, keeps no versions and joins no requests. By hand, on ports of its choice:

  python tests/serving/stand_in.py saved_models/demo/1
"""

import base64
import contextlib
import json
import re
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import tensorflow as tf
from google.protobuf import json_format
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

HTTP_STATUS = {grpc.StatusCode.INVALID_ARGUMENT: 400, grpc.StatusCode.NOT_FOUND: 404}
PATH = re.compile(r"/v1/models/([^/:]+)(?:/versions/(\d+))?(:predict)?")
# What the server's JSON can say (its "JSON mapping"); of ours uint16 is missing.
IN_JSON = (tf.float32, tf.float64, tf.int8, tf.uint8, tf.int16, tf.int32, tf.uint32, tf.int64, tf.uint64, tf.bool)


class ServingError(Exception):
    """A status code and the server's words."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Core:
    """One model, in one version.

    Args:
      loaded: the SavedModel. name: of the model. state: what its version says of itself.
    """

    def __init__(self, loaded, name="demo", state="AVAILABLE"):
        self.loaded, self.name, self.version, self.state = loaded, name, 1, state

    def in_state(self, state):
        return Core(self.loaded, self.name, state)

    def check(self, spec):
        if spec.name != self.name or (spec.HasField("version") and spec.version.value != self.version):
            asked = (
                f"Specific({spec.name}, {spec.version.value})" if spec.HasField("version") else f"Latest({spec.name})"
            )
            raise ServingError(grpc.StatusCode.NOT_FOUND, f"Servable not found for request: {asked}")

    def status(self, spec):
        self.check(spec)
        response = get_model_status_pb2.GetModelStatusResponse()
        state = get_model_status_pb2.ModelVersionStatus.State.Value(self.state)
        response.model_version_status.add(version=self.version, state=state).status.SetInParent()
        return response

    def signature(self, spec):
        self.check(spec)
        name = spec.signature_name or "serving_default"
        if name not in self.loaded.signatures:
            message = f'Serving signature name: "{name}" not found in signature def'
            raise ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)
        return name, self.loaded.signatures[name]

    def predict(self, request):
        name, function = self.signature(request.model_spec)
        wanted = function.structured_input_signature[1]
        if set(request.inputs) != set(wanted):
            message = f"input size does not match signature: {sorted(request.inputs)} != {sorted(wanted)}"
            raise ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)
        tensors = {key: tf.constant(tf.make_ndarray(value)) for key, value in request.inputs.items()}
        for key, tensor in tensors.items():
            if tensor.dtype != wanted[key].dtype or not wanted[key].shape.is_compatible_with(tensor.shape):
                message = f"{key} must be {wanted[key]}. Received: {tensor.dtype.name} {tensor.shape}"
                raise ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)
        try:
            outputs = function(**tensors)
        except tf.errors.InvalidArgumentError as error:
            # Python's account comes before the line that leads to the first node; the server has none.
            lines = error.message.split("\n")
            first = next((number for number, line in enumerate(lines) if line.startswith("\t [[{{node")), 1)
            raise ServingError(grpc.StatusCode.INVALID_ARGUMENT, "\n".join(lines[first - 1 :])) from error
        response = predict_pb2.PredictResponse()
        response.model_spec.name, response.model_spec.signature_name = self.name, name
        response.model_spec.version.value = self.version
        for key, value in outputs.items():
            response.outputs[key].CopyFrom(tf.make_tensor_proto(value))
        return response


class Grpc(prediction_service_pb2_grpc.PredictionServiceServicer, model_service_pb2_grpc.ModelServiceServicer):
    """Predict and GetModelStatus."""

    def __init__(self, core):
        self.core = core

    def Predict(self, request, context):
        return self._answer(context, self.core.predict, request)

    def GetModelStatus(self, request, context):
        return self._answer(context, self.core.status, request.model_spec)

    def _answer(self, context, method, request):
        try:
            return method(request)
        except ServingError as error:
            context.abort(error.code, str(error))


def request_of(core, spec, body):
    """Returns the PredictRequest of a JSON body in rows, each an object with all inputs of an image."""
    try:
        body = json.loads(body)
        rows, spec.signature_name = body["instances"], body.get("signature_name", "")
        values = {key: [row[key] for row in rows] for key in rows[0]}
    except (ValueError, KeyError, IndexError) as error:
        raise ServingError(grpc.StatusCode.INVALID_ARGUMENT, f"JSON Parse error: {error}") from error
    request = predict_pb2.PredictRequest(model_spec=spec)
    wanted = core.signature(spec)[1].structured_input_signature[1]
    for key, value in values.items():
        if key not in wanted:
            raise ServingError(grpc.StatusCode.INVALID_ARGUMENT, f"JSON object: has an unknown input: {key}")
        if wanted[key].dtype == tf.string:
            value = [base64.b64decode(item["b64"]) for item in value]
        try:
            request.inputs[key].CopyFrom(tf.make_tensor_proto(value, wanted[key].dtype))
        except (TypeError, ValueError) as error:
            message = f"JSON Value: of {key} is not of expected type: {wanted[key].dtype.name}"
            raise ServingError(grpc.StatusCode.INVALID_ARGUMENT, message) from error
    return request


def json_of(response):
    """Returns the JSON body of a PredictResponse, in rows; a single output without its name."""
    values = {}
    for key, tensor in response.outputs.items():
        dtype = tf.as_dtype(tensor.dtype)
        if dtype not in IN_JSON:
            message = f"Failed to write JSON value for tensor type: {dtype.name}"
            raise ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)
        values[key] = tf.make_ndarray(tensor).tolist()
    rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
    return json.dumps({"predictions": rows if len(values) > 1 else values.popitem()[1]})


def handler_of(core):
    """Returns the class that answers HTTP requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            # As the server prints it: with spaces, and fields that have their default.
            self._answer(
                lambda spec: json_format.MessageToJson(core.status(spec), always_print_fields_with_no_presence=True),
                False,
            )

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(lambda spec: json_of(core.predict(request_of(core, spec, body))), True)

        def _answer(self, method, predicts):
            status = 200
            try:
                text = method(self._spec(predicts))
            except ServingError as error:
                status, text = HTTP_STATUS[error.code], json.dumps({"error": str(error)})
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def _spec(self, predicts):
            match = PATH.fullmatch(self.path)
            if not match or bool(match[3]) != predicts:
                message = f"Malformed request: {self.command} {self.path}"
                raise ServingError(grpc.StatusCode.INVALID_ARGUMENT, message)
            spec = predict_pb2.PredictRequest().model_spec
            spec.name = match[1]
            if match[2]:
                spec.version.value = int(match[2])
            return spec

        def log_message(self, *_):
            """The server does not log requests either."""

    return Handler


@contextlib.contextmanager
def serving(core):
    """Serves on free ports of this machine; yields {"grpc": "host:port", "rest": "host:port"}."""
    server = grpc.server(futures.ThreadPoolExecutor(2), options=[("grpc.max_receive_message_length", 2**31 - 1)])
    service = Grpc(core)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
    model_service_pb2_grpc.add_ModelServiceServicer_to_server(service, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    web = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(core))
    thread = threading.Thread(target=web.serve_forever)
    thread.start()
    try:
        yield {"grpc": f"127.0.0.1:{port}", "rest": f"127.0.0.1:{web.server_port}"}
    finally:
        web.shutdown()
        web.server_close()
        thread.join()
        server.stop(None).wait()


if __name__ == "__main__":
    with serving(Core(tf.saved_model.load(sys.argv[1]))) as found:
        print(f"model demo: gRPC on {found['grpc']}, REST on {found['rest']}; Ctrl-C ends it", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
