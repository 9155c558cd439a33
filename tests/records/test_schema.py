"""Records: exact round trips, in Python and in a graph, and refusal of what is not a record of this version."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan.errors import DataError
from hsgan.records import graph, schema, wire

WAVELENGTHS = np.arange(400, 431, 10, dtype=np.float32)


def _cube(**changes):
    values = np.random.default_rng(0).integers(0, 65536, (5, 7, 4)).astype(np.uint16)
    fields = {"values": values, "scale": 1 / 65535, "wavelengths_nm": WAVELENGTHS, "scene": "s", "source": "test"}
    return schema.CubeRecord(**{**fields, **changes})


def _photo(labels=True, **changes):
    rng = np.random.default_rng(1)
    image = tf.io.encode_png(rng.integers(0, 256, (6, 9, 3)).astype(np.uint8)).numpy()
    ids = rng.integers(0, 3, (6, 9)).astype(np.uint8)
    ids[0, 0] = schema.VOID
    fields = {"image": image, "labels": ids if labels else None, "height": 6, "width": 9, "classes": 3}
    return schema.PhotoRecord(**{**fields, "encoding": "srgb", "scene": "p", "source": "test", **changes})


def _changed(serialized, **features):
    example = tf.train.Example.FromString(serialized)
    for name, value in features.items():
        if value is None:
            del example.features.feature[name]
        elif isinstance(value, bytes):
            example.features.feature[name].bytes_list.value[:] = [value]
        else:
            example.features.feature[name].int64_list.value[:] = [value]
    return example.SerializeToString()


def _in_graph(parse, serialized):
    return next(iter(tf.data.Dataset.from_tensors(serialized).map(parse)))


def test_cube_round_trip_is_exact_in_python_and_in_a_graph():
    record = _cube()
    serialized = schema.encode_cube(record)
    for found in (vars(schema.decode_cube(serialized)), _in_graph(graph.parse_cube, serialized)):
        np.testing.assert_array_equal(found["values"], record.values)
        assert np.asarray(found["values"]).dtype == np.uint16
        assert float(found["scale"]) == np.float32(record.scale)
        np.testing.assert_array_equal(found["wavelengths_nm"], WAVELENGTHS)
    assert schema.decode_cube(serialized).scene == "s"
    np.testing.assert_array_equal(record.cube(), record.values.astype(np.float32) * np.float32(1 / 65535))


def test_values_are_little_endian_in_the_record():
    record = _cube(values=np.full((1, 1, 4), 0x0102, np.uint16))
    example = tf.train.Example.FromString(schema.encode_cube(record))
    assert example.features.feature["values"].bytes_list.value[0] == b"\x02\x01" * 4


@pytest.mark.parametrize("labels", [True, False])
def test_photo_round_trip_is_exact_in_python_and_in_a_graph(labels):
    record = _photo(labels)
    serialized = schema.encode_photo(record)
    found = schema.decode_photo(serialized)
    assert found.image == record.image
    parsed = _in_graph(graph.parse_photo, serialized)
    if labels:
        np.testing.assert_array_equal(found.labels, record.labels)
        np.testing.assert_array_equal(parsed["labels"], record.labels)
    else:
        assert found.labels is None
        assert (parsed["labels"].numpy() == schema.VOID).all()
    expected = tf.io.decode_png(record.image).numpy() / np.float32(255)
    # One rounding apart: the decoder divides in another order.
    np.testing.assert_allclose(parsed["image"], expected, rtol=0, atol=6e-8)


def test_another_version_is_named_beside_ours():
    serialized = _changed(schema.encode_cube(_cube()), schema_version=7, values=None)
    with pytest.raises(DataError, match="schema version 7, this program reads version 1"):
        schema.decode_cube(serialized)
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"record_of_schema_version.* \[7\] .* shape \[1\]"):
        _in_graph(graph.parse_cube, serialized)


@pytest.mark.parametrize("name", ["values", "scale", "height", "wavelengths_nm", "scene", "source"])
def test_required_features_have_no_default(name):
    serialized = _changed(schema.encode_cube(_cube()), **{name: None})
    with pytest.raises(DataError, match=f"lacks {name}"):
        schema.decode_cube(serialized)
    with pytest.raises(tf.errors.InvalidArgumentError):
        _in_graph(graph.parse_cube, serialized)


@pytest.mark.parametrize("data", [b"", b"\0" * 278, b"\0" * 282])
def test_values_must_fill_the_shape(data):
    serialized = _changed(schema.encode_cube(_cube()), values=data)
    with pytest.raises(DataError, match=rf"\[5, 7, 4\].* Received: {len(data)} bytes"):
        schema.decode_cube(serialized)
    with pytest.raises(tf.errors.InvalidArgumentError):
        _in_graph(graph.parse_cube, serialized)


@pytest.mark.parametrize("side", [1, 5, 40, 90])  # lengths of one to three bytes in the wire format
@pytest.mark.parametrize("name", ["s", "s" * 150])
def test_values_end_the_record_where_tensors_align(side, name):
    """Then a graph takes them from the record without a copy."""
    values = np.random.default_rng(0).integers(0, 65536, (side, side, 4)).astype(np.uint16)
    serialized = schema.encode_cube(_cube(values=values, scene=name))
    assert serialized.endswith(values.tobytes()) and (len(serialized) - values.nbytes) % 64 == 0
    np.testing.assert_array_equal(_in_graph(graph.parse_cube, serialized)["values"], values)


def test_features_may_come_in_any_order():
    """Another program's records: values first, and others that end as if they were last."""
    record = _cube()
    features = dict(schema_version=1, scale=record.scale, height=5, width=7, bands=4, source="test")
    features |= dict(wavelengths_nm=record.wavelengths_nm.tolist(), values=record.values)
    for order in (
        dict(features, scene="s"),
        {"scene": "s", **features},
        {**dict(reversed(features.items())), "scene": "s"},
    ):
        serialized = b"".join(wire.example(order))
        np.testing.assert_array_equal(_in_graph(graph.parse_cube, serialized)["values"], record.values)
        np.testing.assert_array_equal(schema.decode_cube(serialized).values, record.values)


def test_graph_refuses_another_number_of_bands():
    with pytest.raises(tf.errors.InvalidArgumentError, match="bands_as_configured"):
        _in_graph(lambda data: graph.parse_cube(data, 31), schema.encode_cube(_cube()))


def test_graph_refuses_labels_of_another_size_even_if_only_transposed():
    serialized = _changed(schema.encode_photo(_photo()), labels=tf.io.encode_png(np.zeros((9, 6, 1), np.uint8)).numpy())
    with pytest.raises(tf.errors.InvalidArgumentError, match="labels_have_the_image_size"):
        _in_graph(graph.parse_photo, serialized)
    with pytest.raises(DataError, match=r"must be a PNG of the image.s size \[6, 9\]"):
        schema.decode_photo(serialized)


def test_map_functions_hold_no_stateful_op():
    """A stateful op would put the map on one thread under op determinism."""
    from tensorflow.python.framework import op_def_registry

    for parse in (graph.parse_cube, graph.parse_photo):
        traced = tf.function(parse).get_concrete_function(tf.TensorSpec([], tf.string)).graph.as_graph_def()
        nodes = [node.op for part in (traced.node, *(f.node_def for f in traced.library.function)) for node in part]
        assert not [op for op in nodes if getattr(op_def_registry.get(op), "is_stateful", False)]


def test_quantize_is_within_half_a_count_and_keeps_the_peak():
    cube = np.random.default_rng(2).random((4, 4, 4)) * 0.05
    values, scale = schema.quantize(cube)
    assert values.max() == 65535
    # Half a count, and float32's rounding of the scale.
    assert abs(values * np.float64(scale) - cube).max() <= scale * 0.501
    assert schema.quantize(np.zeros((2, 2, 2)))[0].max() == 0


@pytest.mark.parametrize(
    "bad, text", [(np.nan, "must be finite.*1 values"), (np.inf, "finite"), (-0.1, "negative.*-0.1")]
)
def test_quantize_refuses_what_is_no_radiance(bad, text):
    cube = np.ones((2, 2, 3))
    cube[1, 0, 2] = bad
    with pytest.raises(DataError, match=text):
        schema.quantize(cube)


@pytest.mark.parametrize(
    "record, text",
    [
        (lambda: _cube(values=np.zeros((2, 2, 4), np.float32)), "must be uint16"),
        (lambda: _cube(wavelengths_nm=WAVELENGTHS[:3]), "one for each of 4 bands"),
        (lambda: _cube(wavelengths_nm=WAVELENGTHS[::-1]), "must ascend"),
        (lambda: _cube(scale=0.0), "scale must be positive"),
        (lambda: _photo(classes=2), r"below 2, or 255 \(void\). Received: \[2\]"),
        (lambda: _photo(height=7), r"image's size \[7, 9\]"),
        (lambda: _photo(encoding="gamma"), "encoding must be one of"),
    ],
)
def test_encoding_refuses_what_does_not_fit(record, text):
    record = record()
    encode = schema.encode_cube if isinstance(record, schema.CubeRecord) else schema.encode_photo
    with pytest.raises(DataError, match=text):
        encode(record)


def test_not_a_record_and_not_an_image():
    with pytest.raises(DataError, match=r"no tf.train.Example"):
        schema.decode_cube(b"\xff\xff\xff")
    with pytest.raises(DataError, match="no schema version"):
        schema.decode_cube(tf.train.Example().SerializeToString())
    with pytest.raises(DataError, match="x: must be a JPEG or PNG"):
        schema.image_size(b"text", "x")
    with pytest.raises(DataError, match="x: the image does not decode"):
        schema.image_size(_photo().image[:60], "x")
