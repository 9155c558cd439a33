"""Records in a TensorFlow graph, for `Dataset.map`.

Errors are the runtime's: `hsgan.records.reader.diagnose` finds the record and the reason.
"""

import tensorflow as tf

from hsgan.disk.guard import MAX_PIXELS
from hsgan.records.schema import CUBE_KEYS, PHOTO_KEYS, SCHEMA_VERSION, VOID

_INTEGERS = ("height", "width", "bands", "classes")
_VERSION = {"schema_version": tf.io.FixedLenFeature([], tf.int64)}


def _spec(keys):
    spec = {name: tf.io.FixedLenFeature([], tf.int64 if name in _INTEGERS else tf.string) for name in keys}
    if "scale" in spec:
        spec |= {"scale": tf.io.FixedLenFeature([], tf.float32), "wavelengths_nm": tf.io.VarLenFeature(tf.float32)}
    if "labels" in spec:
        spec["labels"] = tf.io.FixedLenFeature([], tf.string, default_value="")
    return spec


_CUBE, _PHOTO = _spec(CUBE_KEYS), _spec(PHOTO_KEYS)
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_PNG_DEPTH = 24  # place of the byte that tells bits a channel, behind the size
_START = _PNG_DEPTH + 1
# The start of a map entry with a cube's `values`, key and tag, and the tags of the value's list and of its one element.
_KEY, _TAG = tuple(b"\n\x06values\x12"), tuple(b"\n")
_VALUES = {"values": _CUBE.pop("values")}


def parse_cube(serialized: tf.Tensor, bands: int | None = None) -> dict[str, tf.Tensor]:
    """Parses a cube record in a graph.

    Args:
      serialized: string [].
      bands: the number of bands to be found; None accepts any.

    Returns:
      Dictionary: `values` uint16 [height, width, bands], `scale` float32 [], `wavelengths_nm` float32 [bands],
      `scene` and `source` strings. `values * scale` is linear radiance.
    """
    serialized = _checked_version(serialized)
    features = tf.io.parse_single_example(serialized, _CUBE)
    wavelengths = tf.sparse.to_dense(features["wavelengths_nm"])
    shape = tf.stack([features["height"], features["width"], features["bands"]])
    rules = {
        "one_wavelength_a_band": tf.size(wavelengths, out_type=tf.int64) == features["bands"],
        "wavelengths_ascend": tf.reduce_all(tf.math.is_finite(wavelengths))
        & tf.reduce_all(wavelengths[1:] > wavelengths[:-1]),
        "sides_are_positive": tf.reduce_all(shape > 0),
        "scale_is_positive": tf.math.is_finite(features["scale"]) & (features["scale"] > 0),
    }
    shape += tf.cast(_kept(rules), tf.int64)
    values = tf.ensure_shape(_values(serialized, shape), [None, None, bands], name="bands_as_configured")
    return {
        "values": values,
        "scale": features["scale"],
        "wavelengths_nm": wavelengths,
        "scene": features["scene"],
        "source": features["source"],
    }


def parse_photo(serialized: tf.Tensor) -> dict[str, tf.Tensor]:
    """Parses and decodes a photo record in a graph.

    Returns:
      Dictionary: `image` float32 [height, width, 3] in [0, 1], in the record's encoding; `labels` uint8 [height, width]
      (all `VOID` for a photo without labels); `scene`, `source` and `encoding` strings.
    """
    features = tf.io.parse_single_example(_checked_version(serialized), _PHOTO)
    stated, has_labels = tf.stack([features["height"], features["width"]]), tf.strings.length(features["labels"]) > 0
    rules = {
        "not_too_many_pixels": tf.reduce_all(stated > 0) & (stated[0] <= MAX_PIXELS // tf.maximum(stated[1], 1)),
        "image_has_the_stated_size": tf.reduce_all(_size_in_header(features["image"]) == stated),
        "labels_have_the_image_size": ~has_labels | tf.reduce_all(_png_size(features["labels"]) == stated),
        "labels_have_8_bits": ~has_labels | (tf.strings.substr(_start(features["labels"]), _PNG_DEPTH, 1) == b"\x08"),
    }
    # Only then is anything decoded: a few bytes may announce any number of pixels.
    data = tf.strings.substr(features["image"], _kept(rules), tf.int32.max)
    image = tf.io.decode_image(data, channels=3, dtype=tf.float32, expand_animations=False)
    image.set_shape([None, None, 3])
    size = tf.shape(image)[:2]

    def void():
        return tf.fill(size, tf.constant(VOID, tf.uint8))

    def decoded():
        return tf.io.decode_png(features["labels"], channels=1)[..., 0]

    labels = tf.cond(has_labels, decoded, void)
    known = tf.reduce_all((tf.cast(labels, tf.int64) < features["classes"]) | (labels == VOID))
    labels = tf.reshape(labels, tf.shape(labels) + _kept({"labels_are_classes_or_void": known}))
    return {
        "image": image,
        "labels": labels,
        "scene": features["scene"],
        "source": features["source"],
        "encoding": features["encoding"],
    }


def _values(serialized, shape):
    """Returns a cube record's values, uint16 [height, width, bands] of the shape int64 [3].

    Where they end the record, as `schema` writes it, they are a view of its bytes (a copy, unless they lie at multiples
    of 64, TensorFlow's alignment). To parse them and to decode what was parsed would copy a whole scene twice.
    """
    data = tf.io.decode_raw(serialized, tf.uint8)
    size, length = tf.size(data, out_type=tf.int64), 2 * tf.reduce_prod(shape)
    # All of what is written before them: the key alone may stand before other values that more features follow.
    header = _tagged(_KEY, _tagged(_TAG, _tagged(_TAG, tf.zeros(0, tf.uint8), length), length), length)
    header_size = tf.size(header, out_type=tf.int64)
    start = size - length - header_size

    def viewed():
        values = tf.slice(data, [size - length], [length])
        return tf.bitcast(tf.reshape(values, tf.concat([shape, [2]], axis=0)), tf.uint16)

    inside = tf.clip_by_value(start, 0, size - header_size)
    ends_record = (start == inside) & tf.reduce_all(tf.slice(data, inside[None], header_size[None]) == header)
    return tf.cond(ends_record, viewed, lambda: _parsed_values(serialized, shape))


def _parsed_values(serialized, shape):
    values = tf.io.decode_raw(tf.io.parse_single_example(serialized, _VALUES)["values"], tf.uint16, little_endian=True)
    # decode_raw of too few bytes is no error by itself: the reshape makes it one.
    return tf.reshape(values, shape)


def _tagged(tag, header, length):
    """Returns a protobuf field's start, uint8: tag, size of what follows, and `header`, which `length` bytes follow."""
    return tf.concat([tag, _varint(tf.size(header, out_type=tf.int64) + length), header], axis=0)


def _varint(number):
    """Returns uint8 [bytes]: a positive int64 of up to 49 bits as protobuf writes it, low seven bits first."""
    groups = number // [1 << bits for bits in range(0, 49, 7)]
    groups = tf.boolean_mask(groups, groups > 0)
    return tf.cast(groups % 128 + 128 * tf.cast(groups >= 128, tf.int64), tf.uint8)


def _checked_version(serialized):
    """Returns `serialized`, or fails unless it is of our version: a record of another may lack other features.

    The check flows into the start of a slice that takes everything, which does not copy the record, as a gather would.
    """
    version = tf.io.parse_single_example(serialized, _VERSION)["schema_version"]
    zero = _zero(version, SCHEMA_VERSION, "record_of_schema_version", "schema_version")
    return tf.reshape(tf.slice(serialized[None], zero[None], [1]), [])


def _size_in_header(image):
    """Returns (height, width), int64 [2], that the header of PNG or JPEG bytes states; zeros for anything else."""
    is_png, is_jpeg = (tf.strings.substr(_start(image), 0, len(magic)) == magic for magic in (_PNG, _JPEG))
    return tf.cond(
        is_png,
        lambda: _png_size(image),
        lambda: tf.cond(
            is_jpeg,
            lambda: tf.image.extract_jpeg_shape(image, output_type=tf.int64)[:2],
            lambda: tf.zeros(2, tf.int64),
        ),
    )


def _png_size(data):
    start = tf.cast(tf.io.decode_raw(_start(data), tf.uint8), tf.int64)
    sides = [tf.reduce_sum(start[at : at + 4] * [1 << 24, 1 << 16, 1 << 8, 1]) for at in (20, 16)]
    return tf.stack(sides)


def _start(data):
    """Returns the first bytes of a file, zeros where it is shorter."""
    return tf.strings.substr(tf.strings.join([tf.strings.substr(data, 0, _START), b"\0" * _START]), 0, _START)


def _kept(rules):
    """Returns int32 0, to flow into the data, or fails by the name of the first of {name: bool []} that is not kept."""
    return tf.add_n([_zero(tf.cast(~kept, tf.int64), 0, f"not_{name}", name) for name, kept in rules.items()])


def _zero(found, expected, found_name, name):
    """Returns int32 0, or fails unless `found` equals `expected`, saying both.

    The message is "Shape of tensor FOUND_NAME [found] is not compatible with expected shape [expected] {{node NAME}}".
    Not `tf.debugging.Assert`: with `enable_op_determinism`, tf.data runs a map that holds a stateful op on one thread.
    The zero must flow into the data: a stateless check that hangs on a control dependency is optimized away.
    """
    checked = tf.ensure_shape(tf.fill(found[None], 0, name=found_name), [expected], name=name)
    return tf.reduce_sum(checked)
