"""Asks a TensorFlow Serving server for a photo's cube, by REST: from anywhere that speaks HTTP and JSON.

  pip install numpy pillow absl-py
  python examples/serve_rest.py --check
  python examples/serve_rest.py --photo=photo.jpg --output=cube.npz

JSON takes five times gRPC's bytes, and has no uint16: the signatures `compact...` are gRPC's alone (docs/serving.md).
"""

import base64
import contextlib
import http.client
import json
import urllib.error
import urllib.request

import numpy as np
import serving_requests
from absl import flags

FLAGS = flags.FLAGS
serving_requests.define(server="localhost:8501")
# JSON has the name of a signature's outputs only where there are several.
SINGLE = {"known_srf": "cube", "estimate_srf": "srf", "wavelengths": "wavelengths_nm"}


def check():
    """Returns {version: state} of the model, e.g. {1: "AVAILABLE"}."""
    status = call("")
    return {int(entry["version"]): entry["state"] for entry in status["model_version_status"]}


def predict(signature, inputs):
    """Returns {output: array} of a signature."""
    if signature in serving_requests.COMPACT:
        raise serving_requests.RequestError(
            f"--signature={signature}: TensorFlow Serving's JSON has no uint16; use gRPC"
        )
    # By images ("instances"): by names ("inputs") the server writes every number on a line of its own, indented.
    image = {name: to_json(value[0]) for name, value in inputs.items()}
    body = {"signature_name": signature, "instances": [image]}
    (outputs,) = call(":predict", json.dumps(body).encode())["predictions"]
    named = {SINGLE[signature]: outputs} if signature in SINGLE else outputs
    return {name: np.array([value], np.float32) for name, value in named.items()}


def to_json(value):
    """Returns a tensor as nested lists; bytes in base64."""
    if isinstance(value, bytes):
        return {"b64": base64.b64encode(value).decode()}
    # Seven decimals: float32 has no more in [0, 1], but its digits as float64 would be twice as many.
    return np.round(value.astype(np.float64), 7).tolist()


def call(method, body=None):
    """Returns what the server says, from JSON."""
    server = FLAGS.server if "://" in FLAGS.server else f"http://{FLAGS.server}"
    request = urllib.request.Request(f"{server}/v1/models/{FLAGS.model}{method}", body)
    try:
        with urllib.request.urlopen(request, timeout=FLAGS.timeout) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        raise serving_requests.RequestError(f"{FLAGS.server}: HTTP {error.code}: {message_of(error)}") from error
    except (urllib.error.URLError, http.client.HTTPException, json.JSONDecodeError) as error:
        raise serving_requests.RequestError(f"{FLAGS.server}: {getattr(error, 'reason', error)}") from error


def message_of(error):
    """Returns the first line of the server's message; what follows is a trace through the graph."""
    text = error.read().decode(errors="replace")
    # Not JSON: from something before the server, e.g. a proxy, in its own words.
    with contextlib.suppress(json.JSONDecodeError, KeyError, TypeError):
        text = json.loads(text)["error"]
    return text.replace("\\n", "\n").partition("\n")[0]


if __name__ == "__main__":
    serving_requests.run(check, predict)
