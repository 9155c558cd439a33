"""Records in a TensorFlow graph, for `Dataset.map`.

Errors are the runtime's: `hsgan.records.reader.diagnose` finds the record and the reason.
"""

import tensorflow as tf

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
