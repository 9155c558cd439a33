"""What the two clients share (serve_grpc.py, serve_rest.py): a photo as a request's tensors, an answer as a file.

It needs NumPy and Pillow only, no `hsgan`: copy these files to wherever the client runs.
"""

import io
import json
import os
import signal
import sys

import numpy as np
from absl import app, flags
from PIL import Image

FLAGS = flags.FLAGS
SIGNATURES = ["serving_default", "encoded", "known_srf", "compact", "compact_encoded", "estimate_srf"]
OF_FILES = ("encoded", "compact_encoded")  # which are sent the photo's file; the others its linear light
COMPACT = ("compact", "compact_encoded")  # which are asked for bands


TERMINATED = 128 + signal.SIGTERM


class RequestError(Exception):
    """What stops a client, in one line."""


def define(server):
    """Defines the flags of a client, whose server is at `server` by default."""
    flags.DEFINE_string("photo", None, "JPEG or PNG file, 8 bit RGB, turned upright, in sRGB.")
    flags.DEFINE_string(
        "output",
        None,
        "NPZ file to write: wavelengths_nm, and cube [h, w, bands], srf [3, bands] if the answer has them.",
    )
    flags.DEFINE_string("server", server, "Host and port; by REST also an address, http://... or https://...")
    flags.DEFINE_string("model", "demo", "Name of the model.")
    flags.DEFINE_enum(
        "signature",
        "encoded",
        SIGNATURES,
        "What to ask for (docs/export.md). Those with encoded read the photo as the developed picture that it is; the "
        "others take its values for a sensor's own.",
    )
    flags.DEFINE_list("bands", [], "Of compact and compact_encoded: indices of the bands wanted; default: all.")
    flags.DEFINE_string("srf", None, "Of known_srf: NPY file of the camera's SRF, [3, bands], each row summing to 1.")
    flags.DEFINE_string(
        "metadata",
        None,
        "metadata.json of the export, where the server cannot be asked for the wavelengths.",
    )
    flags.DEFINE_float("timeout", 120, "Seconds to wait for an answer.", lower_bound=0.001)
    flags.DEFINE_bool("check", False, "Only ask whether the model is there: exit status 0 if it is.")


def run(check, predict):
    """Runs a client: `check()` returns {version: state}, `predict(signature, inputs)` returns {output: array}.

    An error ends in one line on stderr and exit status 1.
    """

    def main(argv):
        # A program that is asked to end leaves no unfinished file behind.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
        try:
            _client(argv, check, predict)
        except (RequestError, OSError) as error:
            print(f"{os.path.basename(argv[0])}: error: {' '.join(str(error).split())}", file=sys.stderr)
            sys.exit(1)

    app.run(main)


def _client(argv, check, predict):
    if len(argv) > 1:
        raise RequestError(f"unexpected arguments: {' '.join(argv[1:])}; --help lists the flags")
    versions = check()
    if "AVAILABLE" not in versions.values():
        raise RequestError(f"{FLAGS.model}: no version is available on {FLAGS.server}. Received: {versions}")
    if FLAGS.check:
        print("\n".join(f"{FLAGS.model}: version {version} {state}" for version, state in versions.items()))
        return
    if not FLAGS.photo or not FLAGS.output:
        raise RequestError("--photo and --output must be given, or --check")
    check_output(FLAGS.output)
    request = inputs()
    grid = read_wavelengths(FLAGS.metadata) if FLAGS.metadata else served_wavelengths(predict)
    answer = in_radiance(predict(FLAGS.signature, request))
    answer = with_wavelengths(answer, grid, FLAGS.bands if FLAGS.signature in COMPACT else [])
    save(FLAGS.output, answer)
    print(f"{FLAGS.output}: {', '.join(f'{name} {list(value.shape)}' for name, value in answer.items())}")


def inputs():
    """Returns the tensors that the flags ask to send, {name: array, or list of bytes}, for one image."""
    if FLAGS.signature in OF_FILES:
        with open(FLAGS.photo, "rb") as file:
            tensors = {"image": [file.read()]}
    else:
        tensors = {"rgb": linear_rgb(FLAGS.photo)[None]}
    if FLAGS.signature in COMPACT:
        tensors["bands"] = _bands(FLAGS.bands)
    if FLAGS.signature == "known_srf":
        tensors["srf"] = _srf(FLAGS.srf)
    return tensors


def linear_rgb(path):
    """Returns a photo as linear light: float32 [h, w, 3] in [0, 1], by sRGB's curve (IEC 61966-2-1)."""
    with open(path, "rb") as file:
        data = file.read()
    try:
        image = Image.open(io.BytesIO(data))
        if image.mode != "RGB":
            raise RequestError(f"{path}: must be 8 bit RGB. Received: mode {image.mode}; convert it first")
        values = np.asarray(image, np.float32) / 255
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise RequestError(f"{path}: must be a whole JPEG or PNG file. Received: {error}") from error
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


def _bands(names):
    try:
        return np.array([[int(name) for name in names]], np.int32)
    except ValueError as error:
        raise RequestError(f"--bands: must be whole numbers, comma-separated. Received: {','.join(names)}") from error


def _srf(path):
    if not path:
        raise RequestError("--srf: must name the camera's SRF for known_srf, an NPY file [3, bands]")
    try:
        srf = np.load(path)
    except (ValueError, EOFError) as error:
        raise RequestError(f"{path}: must be an NPY file. Received: {error}") from error
    if srf.ndim != 2 or len(srf) != 3:
        raise RequestError(f"{path}: must be [3, bands], rows R, G, B. Received: {list(srf.shape)}")
    return srf.astype(np.float32)[None]


def in_radiance(answer):
    """Returns the answer to one image without its first axis, and the integers of `COMPACT` as float32 radiance."""
    single = {name: value[0] for name, value in answer.items()}
    scale = single.pop("scale", None)
    if scale is not None:
        single["cube"] = single["cube"] * np.float32(scale)
    return single


def served_wavelengths(predict):
    """Returns the wavelengths of the model's bands, float32 [bands], as the server says them.

    It is asked before it computes anything: a cube without wavelengths is one that no program can read.
    """
    try:
        (grid,) = predict("wavelengths", {"bands": np.zeros((1, 0), np.int32)})["wavelengths_nm"]
    except RequestError as error:
        if "signature" not in str(error) or "not found" not in str(error):
            raise
        raise RequestError(
            f"{FLAGS.model}: an older export, which does not say its wavelengths; give --metadata, its metadata.json"
        ) from error
    return grid


def read_wavelengths(path):
    """Returns the wavelengths of the model's bands, float32 [bands], of its metadata.json."""
    try:
        with open(path, encoding="utf-8") as file:
            return np.array(json.load(file)["wavelengths_nm"], np.float32)
    except (ValueError, KeyError, TypeError) as error:
        raise RequestError(f"{path}: must be the metadata.json of an export. Received: {error!r}") from error


def with_wavelengths(answer, grid, bands):
    """Returns the answer with `wavelengths_nm`; those of `bands` alone, where they were asked for, in ascending order.

    The SRF goes along: it is that of the same bands.
    """
    chosen = np.array([int(band) for band in bands] or range(len(grid)))
    order = np.argsort(chosen)
    found = {**answer, "wavelengths_nm": grid[chosen[order]]}
    if "cube" in answer:
        if answer["cube"].shape[-1] != len(order):
            raise RequestError(f"--metadata: is of {len(order)} bands. Received: a cube of {answer['cube'].shape[-1]}")
        found["cube"] = answer["cube"][..., order]
    if "srf" in answer:
        found["srf"] = answer["srf"][:, chosen[order]]
    return found


def check_output(path):
    """Raises unless a file can be made at `path`: said before the server has worked for nothing."""
    folder = os.path.dirname(path) or "."
    if os.path.isdir(path) or not os.path.isdir(folder):
        raise RequestError(f"{path}: its folder must be there, and it must be a file")
    if not os.access(folder, os.W_OK):
        raise RequestError(f"{path}: its folder cannot be written to")


def save(path, arrays):
    """Writes an NPZ file; it appears whole or not at all."""
    temporary = f"{path}.{os.getpid()}.part"
    try:
        with open(temporary, "wb") as file:
            np.savez(file, **arrays)
        os.replace(temporary, path)
    finally:
        if os.path.exists(temporary):
            os.remove(temporary)
