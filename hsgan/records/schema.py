"""What is in a record. Only this module and `hsgan.records.graph` beside it know the TFRecord keys.

A cube record is one whole scene (or a tile of one): `values` uint16 little-endian [height, width, bands], and a `scale`
so that `values * scale` is linear radiance. A photo record is one image as published (JPEG or PNG bytes) with its
label map as PNG (uint8, one class a pixel, `VOID` where there is none), or without labels. A frame record is one image
of a video as published, with the boxes of the targets in it.

Every feature but those in `_OPTIONAL` is required and has no default: a record that lacks one is refused. The
`encode_*` and `decode_*` functions run in Python and name what is wrong; what writes records needs no TensorFlow.
"""

import math
from dataclasses import dataclass

import imagecodecs
import numpy as np

from hsgan.errors import DataError
from hsgan.records import wire
from hsgan.records.values import VOID, check_labels, decode_labels, encode_labels, image_size, quantize
from hsgan.spectra.bands import mosaic_bands

__all__ = [
    "ENCODINGS",
    "SCHEMA_VERSION",
    "VOID",
    "CubeRecord",
    "FrameRecord",
    "PhotoRecord",
    "Record",
    "buffers",
    "check_labels",
    "decode_cube",
    "decode_frame",
    "decode_photo",
    "encode_cube",
    "encode_frame",
    "encode_photo",
    "image_size",
    "quantize",
]
SCHEMA_VERSION = 1
ENCODINGS = ("srgb", "linear")

CUBE_KEYS = ("values", "scale", "height", "width", "bands", "wavelengths_nm", "scene", "source")
PHOTO_KEYS = ("image", "labels", "height", "width", "classes", "encoding", "scene", "source")
FRAME_KEYS = ("image", "false_color", "boxes", "height", "width", "mosaic", "sequence", "frame", "scene", "source")
_OPTIONAL = ("labels", "false_color", "boxes")
_NUMBERS = {"scale": "float_list", "wavelengths_nm": "float_list", "boxes": "float_list"} | dict.fromkeys(
    ("schema_version", "height", "width", "bands", "classes", "mosaic", "frame"), "int64_list"
)
_KINDS = dict.fromkeys((*CUBE_KEYS, *PHOTO_KEYS, *FRAME_KEYS), "bytes_list") | _NUMBERS


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

    def cube(self) -> np.ndarray:
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


@dataclass(frozen=True, eq=False)
class FrameRecord:
    """One frame of a video.

    Attributes:
      image: JPEG or PNG bytes as published; of a mosaic camera the raw mosaic (16-bit grayscale PNG).
      boxes: float32 [targets, 4]: x, y of the top left corner, width, height, in pixels of the image, or of the cube
        where the image is a mosaic; [0, 4] where the frame has none; NaN where a target is not in it.
      height, width: of the image, pixels.
      mosaic: side of the filter mosaic (4: 16 bands); 0 for a color image.
      sequence: name of the video.
      frame: number of the frame in it, from 0.
      scene: name of the frame, unique in its folder of records.
      source: name of the data set.
      false_color: JPEG bytes of the color rendering that the publishers ship beside a mosaic, or None.
    """

    image: bytes
    boxes: np.ndarray
    height: int
    width: int
    mosaic: int
    sequence: str
    frame: int
    scene: str
    source: str
    false_color: bytes | None = None

    def cube(self) -> np.ndarray:
        """Returns a mosaic frame as uint16 [height / mosaic, width / mosaic, mosaic^2], bands row by row of the mosaic.

        Raises:
          DataError: the frame is no mosaic.
        """
        if not self.mosaic:
            raise DataError(f"scene {self.scene}: is a color image, no mosaic of bands")
        return mosaic_bands(imagecodecs.png_decode(self.image), self.mosaic)


Record = CubeRecord | PhotoRecord | FrameRecord


def buffers(record: Record) -> list[wire.Buffer]:
    """Returns a record of any kind, serialized, as a list of buffers (see `hsgan.records.wire`); no copy of a cube.

    Raises:
      DataError: as `encode_cube`, `encode_photo`, `encode_frame`.
    """
    kinds = {CubeRecord: _cube_buffers, PhotoRecord: _photo_buffers, FrameRecord: _frame_buffers}
    return kinds[type(record)](record)


def encode_cube(record: CubeRecord) -> bytes:
    """Returns a `CubeRecord` as serialized bytes.

    Raises:
      DataError: values of another type or shape, wavelengths that do not fit the bands, a scale that is not positive.
    """
    return b"".join(_cube_buffers(record))


def encode_photo(record: PhotoRecord) -> bytes:
    """Returns a `PhotoRecord` as serialized bytes.

    Raises:
      DataError: labels of another size or type or outside the classes, an unknown encoding.
    """
    return b"".join(_photo_buffers(record))


def encode_frame(record: FrameRecord) -> bytes:
    """Returns a `FrameRecord` as serialized bytes.

    Raises:
      DataError: boxes that are not [targets, 4], a mosaic that does not divide the image.
    """
    return b"".join(_frame_buffers(record))


def _cube_buffers(record):
    values, wavelengths = record.values, np.asarray(record.wavelengths_nm, np.float32)
    if values.dtype != np.uint16 or values.ndim != 3 or 0 in values.shape:
        raise DataError(
            f"scene {record.scene}: values must be uint16 [height, width, bands]. "
            f"Received: {values.dtype} {list(values.shape)}"
        )
    ascend = np.isfinite(wavelengths).all() and (np.diff(wavelengths) > 0).all()
    if wavelengths.shape != values.shape[2:] or not ascend:
        raise DataError(
            f"scene {record.scene}: wavelengths must ascend, one for each of {values.shape[2]} bands. "
            f"Received: {wavelengths.tolist()}"
        )
    if not (np.isfinite(record.scale) and record.scale > 0):
        raise DataError(f"scene {record.scene}: scale must be positive. Received: {record.scale}")
    height, width, bands = values.shape
    features = dict(
        schema_version=SCHEMA_VERSION,
        scale=float(record.scale),
        height=height,
        width=width,
        bands=bands,
        wavelengths_nm=wavelengths.tolist(),
        scene=record.scene,
        source=record.source,
        values=np.ascontiguousarray(values, "<u2"),  # last and aligned: `graph` then reads them without a copy
    )
    return wire.aligned_example(features)


def _photo_buffers(record):
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
        features["labels"] = encode_labels(record.labels)
    return _example(**features)


def _frame_buffers(record):
    boxes = np.asarray(record.boxes, np.float32)
    where = f"scene {record.scene}"
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise DataError(f"{where}: boxes must be [targets, 4] (x, y, width, height). Received: {list(boxes.shape)}")
    if record.mosaic and (record.height % record.mosaic or record.width % record.mosaic):
        raise DataError(
            f"{where}: a mosaic of {record.mosaic}x{record.mosaic} must divide the image. "
            f"Received: {[record.height, record.width]}"
        )
    features = dict(
        image=record.image,
        height=record.height,
        width=record.width,
        mosaic=record.mosaic,
        sequence=record.sequence,
        frame=record.frame,
        scene=record.scene,
        source=record.source,
    )
    if record.false_color is not None:
        features["false_color"] = record.false_color
    if boxes.size:
        features["boxes"] = boxes.ravel().tolist()
    return _example(**features)


def decode_cube(serialized: bytes) -> CubeRecord:
    """Returns the `CubeRecord` of serialized bytes.

    Raises:
      DataError: not a cube record, a missing feature, another version, values that do not fill the shape, wavelengths
        that do not ascend, a scale that is not positive.
    """
    features = _features(serialized, CUBE_KEYS, "cube")
    shape = tuple(_count(features, name) for name in ("height", "width", "bands"))
    wavelengths = np.array(features["wavelengths_nm"], np.float32)
    data, scale = features["values"][0], features["scale"][0]
    if len(data) != 2 * math.prod(shape) or len(wavelengths) != shape[2]:
        raise DataError(
            f"values must fill {list(shape)} (2 bytes each) and have one wavelength a band. "
            f"Received: {len(data)} bytes, {len(wavelengths)} wavelengths"
        )
    if not (np.isfinite(wavelengths).all() and (np.diff(wavelengths) > 0).all()):
        raise DataError(f"wavelengths must ascend. Received: {wavelengths.tolist()}")
    if not (np.isfinite(scale) and scale > 0):
        raise DataError(f"scale must be positive. Received: {scale}")
    values = np.frombuffer(data, "<u2").reshape(shape).astype(np.uint16, copy=False)
    return CubeRecord(values, scale, wavelengths, _text(features, "scene"), _text(features, "source"))


def decode_photo(serialized: bytes) -> PhotoRecord:
    """Returns the `PhotoRecord` of serialized bytes, after decoding image and labels once to see that they are sound.

    Raises:
      DataError: not a photo record, a missing feature, another version, an unknown encoding, an image or label map that
        does not decode, has another size or labels outside the classes.
    """
    features = _features(serialized, PHOTO_KEYS, "photo")
    size, classes, encoding = _checked_size(features), _count(features, "classes", 0), _text(features, "encoding")
    if encoding not in ENCODINGS:
        raise DataError(f"encoding must be one of {', '.join(ENCODINGS)}. Received: {encoding!r}")
    labels = decode_labels(features["labels"][0], size, classes, "the record") if features.get("labels") else None
    scene, source = (_text(features, name) for name in ("scene", "source"))
    return PhotoRecord(features["image"][0], labels, size[0], size[1], classes, encoding, scene, source)


def decode_frame(serialized: bytes) -> FrameRecord:
    """Returns the `FrameRecord` of serialized bytes, after decoding its images once to see that they are sound.

    Raises:
      DataError: not a frame record, a missing feature, another version, an image that does not decode or has another
        size, a mosaic that does not divide it, boxes that are not four numbers each or infinite.
    """
    features = _features(serialized, FRAME_KEYS, "frame")
    size = _checked_size(features)
    boxes = np.array(features.get("boxes", []), np.float32)
    if boxes.size % 4 or np.isinf(boxes).any():
        raise DataError(f"boxes must be four numbers each, none infinite. Received: {boxes.size} numbers")
    mosaic, frame = _count(features, "mosaic", 0), _count(features, "frame", 0)
    if mosaic and (size[0] % mosaic or size[1] % mosaic):
        raise DataError(f"a mosaic of {mosaic}x{mosaic} must divide the image. Received: {list(size)}")
    scene, source = (_text(features, name) for name in ("scene", "source"))
    color = features["false_color"][0] if features.get("false_color") else None
    if color is not None:
        image_size(color, "the false color picture")
    return FrameRecord(
        image=features["image"][0],
        boxes=boxes.reshape(-1, 4),
        height=size[0],
        width=size[1],
        mosaic=mosaic,
        sequence=_text(features, "sequence"),
        frame=frame,
        scene=scene,
        source=source,
        false_color=color,
    )


def _checked_size(features):
    """Returns (height, width) as stated, after decoding the image and comparing."""
    stated = tuple(_count(features, name) for name in ("height", "width"))
    size = image_size(features["image"][0], "the image")
    if size != stated:
        raise DataError(f"the image must have the stated size {list(stated)}. Received: {list(size)}")
    return size


def _count(features, name, least=1):
    """Returns a whole number of a record that is at least `least`."""
    value = features[name][0]
    if not isinstance(value, int) or value < least:
        raise DataError(f"{name} must be a whole number of at least {least}. Received: {value!r}")
    return value


def _example(**features):
    return wire.example({"schema_version": SCHEMA_VERSION, **features})


def _features(serialized, spec, kind):
    """Returns {name: list of values} after checking version and presence."""
    import tensorflow as tf  # only what reads records needs it
    from google.protobuf.message import DecodeError

    try:
        example = tf.train.Example.FromString(serialized)
    except DecodeError as error:
        raise DataError("is no tf.train.Example; make the records again") from error
    features = {}
    for name, feature in example.features.feature.items():
        field = feature.WhichOneof("kind")
        features[name] = list(getattr(feature, field).value) if field else []
        if name in _KINDS and field not in (None, _KINDS[name]):
            raise DataError(f"{name} must be a {_KINDS[name]}. Received: {field}")
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
