"""The SavedModel: named signatures that check their inputs, and requests for TensorFlow Serving to warm up with."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from hsgan.disk.whole import write_file
from hsgan.export import requests
from hsgan.networks.base import ReconstructionNetwork
from hsgan.reconstruct.forward import forward_of, reconstruct_whole
from hsgan.spectra import developed

if TYPE_CHECKING:  # of the packages of "export", which need not be installed
    from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog

WARMUP = Path("assets.extra") / "tf_serving_warmup_requests"
# A whole image in one graph takes some 2 kB a pixel of memory.
MAX_PIXELS = 2**21
SMALLEST_MAX_PIXELS = 2**13  # what an export is checked and warmed up with must pass
_CODES = 65535  # largest uint16


class Server(tf.Module):
    """What is saved: the network's forward pass, and a function for each signature (docs/export.md).

    Args:
      network: a trained `hsgan.networks.base.ReconstructionNetwork`.
      max_pixels: largest n * h * w of a request.
    """

    def __init__(self, network: ReconstructionNetwork, max_pixels: int = MAX_PIXELS):
        super().__init__(name="server")
        self.forward = forward_of(network)
        self.bands, self.max_pixels, self.brightness = network.bands, max_pixels, network.brightness
        self.wavelengths_nm = np.asarray(network.dictionary.wavelengths_nm, np.float32)
        self.picture_srf = developed.responses_within(self.wavelengths_nm)

    def signatures(self) -> dict[str, tf.types.experimental.PolymorphicFunction]:
        """Returns {name: tf.function}."""
        rgb = tf.TensorSpec((None, None, None, 3), tf.float32, "rgb")
        image = tf.TensorSpec((None,), tf.string, "image")
        srf = tf.TensorSpec((None, 3, self.bands), tf.float32, "srf")
        bands = tf.TensorSpec((None, None), tf.int32, "bands")
        return {
            "serving_default": tf.function(self.serving_default, input_signature=[rgb], autograph=False),
            "encoded": tf.function(self.encoded, input_signature=[image], autograph=False),
            "known_srf": tf.function(self.known_srf, input_signature=[rgb, srf], autograph=False),
            "compact": tf.function(self.compact, input_signature=[rgb, bands], autograph=False),
            "compact_encoded": tf.function(self.compact_encoded, input_signature=[image, bands], autograph=False),
            "estimate_srf": tf.function(self.estimate_srf, input_signature=[rgb], autograph=False),
            "wavelengths": tf.function(self.wavelengths, input_signature=[bands], autograph=False),
        }

    def serving_default(self, rgb: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._reconstructed(requests.checked_rgb(rgb, self.max_pixels))

    def encoded(self, image: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._of_picture(requests.decoded(image, self.max_pixels))

    def known_srf(self, rgb: tf.Tensor, srf: tf.Tensor) -> dict[str, tf.Tensor]:
        rgb = self._checked_part(rgb)
        srf = requests.checked_srf(srf, tf.shape(rgb)[0], self.bands)
        return {"cube": self.forward.reconstruct(rgb, srf)}

    def compact(self, rgb: tf.Tensor, bands: tf.Tensor) -> dict[str, tf.Tensor]:
        rgb = requests.checked_rgb(rgb, self.max_pixels)
        return self._compact(rgb, bands, self._reconstructed)

    def compact_encoded(self, image: tf.Tensor, bands: tf.Tensor) -> dict[str, tf.Tensor]:
        return self._compact(requests.decoded(image, self.max_pixels), bands, self._of_picture)

    def estimate_srf(self, rgb: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"srf": self.forward.estimate_srf(self._checked_part(rgb))}

    def wavelengths(self, bands: tf.Tensor) -> dict[str, tf.Tensor]:
        bands = requests.checked_bands(bands, tf.shape(bands)[0], self.bands)
        return {"wavelengths_nm": tf.gather(tf.constant(self.wavelengths_nm), bands)}

    def _compact(self, rgb, bands, reconstruct):
        """Returns the bands asked for of what `reconstruct` makes of images, as integers with a scale for each."""
        bands = requests.checked_bands(bands, tf.shape(rgb)[0], self.bands)
        result = reconstruct(rgb)
        cube = tf.gather(result["cube"], bands, axis=-1, batch_dims=1)
        largest = tf.reduce_max(cube, axis=(1, 2, 3))
        scale = tf.maximum(largest, 1e-6) / _CODES  # a black cube needs one too
        codes = tf.round(tf.clip_by_value(cube / scale[:, None, None, None], 0, _CODES))
        return {"cube": tf.cast(codes, tf.uint16), "scale": scale, "srf": result["srf"]}

    def _checked_part(self, rgb):
        # Of an image whose brightness the client knows: it scales the parts and the thumbnail by one factor.
        return requests.checked_rgb(rgb, self.max_pixels, full_scale=not self.brightness)

    def _reconstructed(self, rgb):
        return reconstruct_whole(self.forward, rgb, self.brightness)

    def _of_picture(self, rgb):
        # A picture in sRGB is no sensor's own values. Where the bands leave a channel out it can be none of this scene.
        if self.picture_srf is None:
            return self._reconstructed(rgb)
        srf = tf.repeat(tf.constant(self.picture_srf)[None], tf.shape(rgb)[0], axis=0)
        return reconstruct_whole(self.forward, rgb, self.brightness, srf)


def write_saved_model(
    network: ReconstructionNetwork, folder: str | Path, name: str, version: int, max_pixels: int = MAX_PIXELS
) -> None:
    """Writes the SavedModel of a network, with its warm-up requests, into `folder`.

    Args:
      network: a trained network. folder: path. name: of the model when it is served. version: its number.
      max_pixels: largest n * h * w of a request.
    """
    server = Server(network, max_pixels)
    tf.saved_model.save(server, str(folder), signatures=server.signatures())
    path = Path(folder) / WARMUP
    path.parent.mkdir(exist_ok=True)
    logs = warmup_requests(network, name, version)
    write_file(path, lambda temporary: _write_records(temporary, logs))


def warmup_requests(network: ReconstructionNetwork, name: str, version: int, side: int = 64) -> list["PredictionLog"]:
    """Returns one small request for every signature, `tensorflow_serving.apis.prediction_log_pb2.PredictionLog`s."""
    from tensorflow_serving.apis import prediction_log_pb2

    rgb = tf.fill((1, side, side, 3), 0.5)
    png = tf.io.encode_png(tf.fill((side, side, 3), tf.constant(128, tf.uint8)))[None]
    inputs = {
        "serving_default": {"rgb": rgb},
        "encoded": {"image": png},
        "known_srf": {"rgb": rgb, "srf": tf.constant(network.dictionary.responses[:1], tf.float32)},
        "compact": {"rgb": rgb, "bands": tf.zeros((1, 0), tf.int32)},
        "compact_encoded": {"image": png, "bands": tf.zeros((1, 0), tf.int32)},
        "estimate_srf": {"rgb": rgb},
        "wavelengths": {"bands": tf.zeros((1, 0), tf.int32)},
    }
    logs = []
    for signature, tensors in inputs.items():
        log = prediction_log_pb2.PredictionLog()
        request = log.predict_log.request
        request.model_spec.name, request.model_spec.signature_name = name, signature
        request.model_spec.version.value = version
        for key, tensor in tensors.items():
            request.inputs[key].CopyFrom(tf.make_tensor_proto(tensor))
        logs.append(log)
    return logs


def _write_records(path, logs):
    with tf.io.TFRecordWriter(path) as writer:
        for log in logs:
            writer.write(log.SerializeToString())
