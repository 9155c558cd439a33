"""What is in a record. The only module that knows the TFRecord keys.

A cube record is one whole scene (or a tile of one): `values` uint16 little-endian [height, width, bands], and a `scale`
so that `values * scale` is linear radiance. A photo record is one image as published (JPEG or PNG bytes) with its
label map as PNG (uint8, one class a pixel, `VOID` where there is none), or without labels.

Every feature but the label map is required and has no default: a record that lacks one is refused. The `encode_*` and
`decode_*` functions run in Python and name what is wrong; the `parse_*` functions are TensorFlow graph functions for
`Dataset.map` (their errors are the runtime's; `hsgan.records.reader.diagnose` finds the record and the reason).
"""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from hsgan.errors import DataError

SCHEMA_VERSION = 1
VOID = 255
ENCODINGS = ("srgb", "linear")

_VERSION = {"schema_version": tf.io.FixedLenFeature([], tf.int64)}
_CUBE = {
    "values": tf.io.FixedLenFeature([], tf.string),
    "scale": tf.io.FixedLenFeature([], tf.float32),
    "height": tf.io.FixedLenFeature([], tf.int64),
    "width": tf.io.FixedLenFeature([], tf.int64),
    "bands": tf.io.FixedLenFeature([], tf.int64),
    "wavelengths_nm": tf.io.VarLenFeature(tf.float32),
    "scene": tf.io.FixedLenFeature([], tf.string),
    "source": tf.io.FixedLenFeature([], tf.string),
}
_PHOTO = {
    "image": tf.io.FixedLenFeature([], tf.string),
    "labels": tf.io.FixedLenFeature([], tf.string, default_value=""),
    "height": tf.io.FixedLenFeature([], tf.int64),
    "width": tf.io.FixedLenFeature([], tf.int64),
    "classes": tf.io.FixedLenFeature([], tf.int64),
    "encoding": tf.io.FixedLenFeature([], tf.string),
    "scene": tf.io.FixedLenFeature([], tf.string),
    "source": tf.io.FixedLenFeature([], tf.string),
}
_OPTIONAL = ("labels",)


@dataclass(frozen=True, eq=False)
class CubeRecord:
    """One scene's cube.

    Attributes:
      values: uint16 [height, width, bands].
      scale: radiance of one count; `values * scale` is linear radiance.
      wavelengths_nm: float32 [bands], band centers, ascending.
      scene: name of the scene, unique in its folder of records.
      source: name of the data set.
    """

    values: np.ndarray
    scale: float
    wavelengths_nm: np.ndarray
    scene: str
    source: str

    def cube(self):
        """Returns the linear radiance, float32 [height, width, bands]."""
        return self.values.astype(np.float32) * np.float32(self.scale)


@dataclass(frozen=True, eq=False)
class PhotoRecord:
    """One photo.

    Attributes:
      image: JPEG or PNG bytes as published.
      labels: uint8 [height, width], classes 0 to `classes - 1` and `VOID`; None where the photo has no labels.
      height, width: of the image, pixels.
      classes: number of classes of the data set; 0 where it has none.
      encoding: "srgb" or "linear": how the image's values relate to light.
      scene, source: name of the photo, and of the data set.
    """

    image: bytes
    labels: np.ndarray | None
    height: int
    width: int
    classes: int
    encoding: str
    scene: str
    source: str


def quantize(cube):
    """Returns `(values uint16, scale)` with `values * scale` within half a count of `cube`; the peak becomes 65535.

    Args:
      cube: float [height, width, bands], linear radiance.

    Raises:
      DataError: values that are not finite, or negative.
    """
    cube = np.asarray(cube)
    if not np.isfinite(cube).all():
        raise DataError(f"a cube must be finite. Received: {int((~np.isfinite(cube)).sum())} values NaN or infinite")
    if cube.min() < 0:
        raise DataError(f"a cube must not be negative. Received: a least value of {cube.min():g}")
    scale = np.float32((cube.max() or 1.0) / 65535)
    return np.minimum(np.rint(cube / scale), 65535).astype(np.uint16), float(scale)


def encode_cube(record):
    """Returns a `CubeRecord` as serialized bytes.

    Raises:
      DataError: values of another type or shape, wavelengths that do not fit the bands, a scale that is not positive.
    """
    values, wavelengths = record.values, np.asarray(record.wavelengths_nm, np.float32)
    if values.dtype != np.uint16 or values.ndim != 3 or 0 in values.shape:
        raise DataError(
            f"scene {record.scene}: values must be uint16 [height, width, bands]. "
            f"Received: {values.dtype} {list(values.shape)}"
        )
    if wavelengths.shape != values.shape[2:] or not (np.diff(wavelengths) > 0).all():
        raise DataError(
            f"scene {record.scene}: wavelengths must ascend, one for each of {values.shape[2]} bands. "
            f"Received: {wavelengths.tolist()}"
        )
    if not (np.isfinite(record.scale) and record.scale > 0):
        raise DataError(f"scene {record.scene}: scale must be positive. Received: {record.scale}")
    height, width, bands = values.shape
    return _serialize(
        values=values.astype("<u2").tobytes(),
        scale=float(record.scale),
        height=height,
        width=width,
        bands=bands,
        wavelengths_nm=wavelengths.tolist(),
        scene=record.scene,
        source=record.source,
    )


def encode_photo(record):
    """Returns a `PhotoRecord` as serialized bytes.

    Raises:
      DataError: labels of another size or type or outside the classes, an unknown encoding.
    """
    check_labels(record.labels, (record.height, record.width), record.classes, f"scene {record.scene}")
    if record.encoding not in ENCODINGS:
        raise DataError(f"scene {record.scene}: encoding must be one of {ENCODINGS}. Received: {record.encoding!r}")
    features = dict(
        image=record.image,
        height=record.height,
        width=record.width,
        classes=record.classes,
        encoding=record.encoding,
        scene=record.scene,
        source=record.source,
    )
    if record.labels is not None:
        features["labels"] = tf.io.encode_png(record.labels[..., None]).numpy()
    return _serialize(**features)


def check_labels(labels, size, classes, where):
    """Raises `DataError` unless `labels` is None, or uint8 of `size` with ids below `classes` or `VOID`."""
    if labels is None:
        return
    if labels.dtype != np.uint8 or labels.shape != tuple(size):
        raise DataError(
            f"{where}: the label map must be uint8 of the image's size {list(size)}. "
            f"Received: {labels.dtype} {list(labels.shape)}"
        )
    ids = np.unique(labels)
    strange = ids[(ids >= classes) & (ids != VOID)]
    if strange.size:
        raise DataError(f"{where}: labels must be below {classes}, or {VOID} (void). Received: {strange.tolist()}")


def decode_cube(serialized):
    """Returns the `CubeRecord` of serialized bytes.

    Raises:
      DataError: not a cube record, a missing feature, another version, values that do not fill the shape.
    """
    features = _features(serialized, _CUBE, "cube")
    shape = tuple(int(features[name][0]) for name in ("height", "width", "bands"))
    wavelengths = np.array(features["wavelengths_nm"], np.float32)
    data = features["values"][0]
    if len(data) != 2 * int(np.prod(shape)) or len(wavelengths) != shape[2]:
        raise DataError(
            f"values must fill {list(shape)} (2 bytes each) and have one wavelength a band. "
            f"Received: {len(data)} bytes, {len(wavelengths)} wavelengths"
        )
    values = np.frombuffer(data, "<u2").reshape(shape).astype(np.uint16, copy=False)
    return CubeRecord(values, features["scale"][0], wavelengths, _text(features, "scene"), _text(features, "source"))


def decode_photo(serialized):
    """Returns the `PhotoRecord` of serialized bytes, after decoding image and labels once to see that they are sound.

    Raises:
      DataError: not a photo record, a missing feature, another version, an image or label map that does not decode, has
        another size or labels outside the classes.
    """
    features = _features(serialized, _PHOTO, "photo")
    height, width, classes = (int(features[name][0]) for name in ("height", "width", "classes"))
    size = image_size(features["image"][0], "the image")
    if size != (height, width):
        raise DataError(f"the image must have the stated size {[height, width]}. Received: {list(size)}")
    labels = None
    if features.get("labels"):
        try:
            labels = tf.io.decode_png(features["labels"][0], channels=1).numpy()[..., 0]
        except tf.errors.InvalidArgumentError as error:
            raise DataError(f"the label map does not decode: {_first_line(error)}") from error
        check_labels(labels, size, classes, "the record")
    return PhotoRecord(
        features["image"][0],
        labels,
        height,
        width,
        classes,
        _text(features, "encoding"),
        _text(features, "scene"),
        _text(features, "source"),
    )


def image_size(data, where):
    """Returns `(height, width)` of JPEG or PNG bytes after decoding them whole.

    Raises:
      DataError: `where` and the reason, if the bytes are no sound JPEG or PNG.
    """
    if not data.startswith((b"\xff\xd8", b"\x89PNG\r\n\x1a\n")):
        raise DataError(f"{where}: must be a JPEG or PNG image. Received: {len(data)} bytes of something else")
    try:
        image = tf.io.decode_image(data, channels=3, expand_animations=False)
    except tf.errors.InvalidArgumentError as error:
        raise DataError(f"{where}: the image does not decode: {_first_line(error)}") from error
    return int(image.shape[0]), int(image.shape[1])


def parse_cube(serialized, bands=None):
    """Parses a cube record in a graph.

    Args:
      serialized: string [].
      bands: the number of bands to be found; None accepts any.

    Returns:
      Dictionary: `values` uint16 [height, width, bands], `scale` float32 [], `wavelengths_nm` float32 [bands],
      `scene` and `source` strings. `values * scale` is linear radiance.
    """
    features = _parse(serialized, _CUBE)
    values = tf.io.decode_raw(features["values"], tf.uint16, little_endian=True)
    wavelengths = tf.sparse.to_dense(features["wavelengths_nm"])
    mismatch = tf.size(wavelengths, out_type=tf.int64) != features["bands"]
    zero = _zero(tf.cast(mismatch, tf.int64), 0, "wavelengths_mismatch", "one_wavelength_a_band")
    shape = tf.stack([features["height"], features["width"], features["bands"]]) + tf.cast(zero, tf.int64)
    # decode_raw of too few bytes is no error by itself: the reshape makes it one.
    values = tf.reshape(values, shape)
    values = tf.ensure_shape(values, [None, None, bands], name="bands_as_configured")
    return {
        "values": values,
        "scale": features["scale"],
        "wavelengths_nm": wavelengths,
        "scene": features["scene"],
        "source": features["source"],
    }


def parse_photo(serialized):
    """Parses and decodes a photo record in a graph.

    Returns:
      Dictionary: `image` float32 [height, width, 3] in [0, 1], in the record's encoding; `labels` uint8 [height, width]
      (all `VOID` for a photo without labels); `scene`, `source` and `encoding` strings.
    """
    features = _parse(serialized, _PHOTO)
    image = tf.io.decode_image(features["image"], channels=3, dtype=tf.float32, expand_animations=False)
    image.set_shape([None, None, 3])
    size = tf.shape(image)[:2]

    def void():
        return tf.fill(size, tf.constant(VOID, tf.uint8))

    def decoded():
        return tf.io.decode_png(features["labels"], channels=1)[..., 0]

    labels = tf.cond(tf.strings.length(features["labels"]) > 0, decoded, void)
    mismatch = tf.reduce_any(tf.shape(labels) != size)
    zero = _zero(tf.cast(mismatch, tf.int64), 0, "labels_mismatch", "labels_have_the_image_size")
    labels = tf.reshape(labels, tf.shape(labels) + zero)
    return {
        "image": image,
        "labels": labels,
        "scene": features["scene"],
        "source": features["source"],
        "encoding": features["encoding"],
    }


def _parse(serialized, spec):
    """Checks the version first: a record of another version may lack other features."""
    version = tf.io.parse_single_example(serialized, _VERSION)["schema_version"]
    zero = _zero(version, SCHEMA_VERSION, "record_of_schema_version", "schema_version")
    return tf.io.parse_single_example(tf.gather([serialized], zero), spec)


def _zero(found, expected, found_name, name):
    """Returns int32 0, or fails unless `found` equals `expected`, saying both.

    The message is "Shape of tensor FOUND_NAME [found] is not compatible with expected shape [expected] {{node NAME}}".
    Not `tf.debugging.Assert`: with `enable_op_determinism`, tf.data runs a map that holds a stateful op on one thread.
    The zero must flow into the data: a stateless check that hangs on a control dependency is optimized away.
    """
    checked = tf.ensure_shape(tf.fill(found[None], 0, name=found_name), [expected], name=name)
    return tf.reduce_sum(checked)


def _serialize(**features):
    return tf.train.Example(
        features=tf.train.Features(
            feature={name: _feature(value) for name, value in {"schema_version": SCHEMA_VERSION, **features}.items()}
        )
    ).SerializeToString()


def _feature(value):
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))
    if isinstance(value, int):
        return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
    values = value if isinstance(value, list) else [value]
    return tf.train.Feature(float_list=tf.train.FloatList(value=values))


def _features(serialized, spec, kind):
    """Returns {name: list of values} after checking version and presence."""
    from google.protobuf.message import DecodeError  # comes with TensorFlow

    try:
        example = tf.train.Example.FromString(serialized)
    except DecodeError as error:
        raise DataError("is no tf.train.Example; make the records again") from error
    features = {}
    for name, feature in example.features.feature.items():
        field = feature.WhichOneof("kind")
        features[name] = list(getattr(feature, field).value) if field else []
    if not features.get("schema_version"):
        raise DataError("has no schema version: written by another program; make the records again")
    version = int(features["schema_version"][0])
    if version != SCHEMA_VERSION:
        raise DataError(
            f"is of schema version {version}, this program reads version {SCHEMA_VERSION}; "
            "make the records again, or use the program's version that wrote them"
        )
    missing = [name for name in spec if name not in _OPTIONAL and not features.get(name)]
    if missing:
        raise DataError(f"is no {kind} record: it lacks {', '.join(missing)}")
    return features


def _text(features, name):
    return features[name][0].decode()


def _first_line(error):
    return error.message.split("\n")[0].split("[Op:")[0].strip()
