"""The streams are functions of configuration and step: resumable anywhere, in the middle of an epoch too."""

import numpy as np
import pytest
import tensorflow as tf

from hsgan import config as config_lib
from hsgan.data import pairs, pipelines
from hsgan.data.share import Share
from hsgan.records import reader, schema
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.writer import RecordWriter
from hsgan.spectra import exposure, imaging, srf

BANDS = np.arange(400, 701, 100, dtype=np.float32)
SCENES = 7
PHOTOS = 5


def _write_cubes(folder, wavelengths=BANDS):
    with RecordWriter(folder, Manifest("cubes", "t", tuple(wavelengths.tolist())), shards=3) as writer:
        for index in range(SCENES + 1):
            values = np.empty((40 + index, 50, len(wavelengths)), np.uint16)
            rows, columns = np.meshgrid(np.arange(40 + index), np.arange(50), indexing="ij")
            values[..., 0], values[..., 1], values[..., 2:] = 1000 + index, rows, columns[..., None]
            record = schema.CubeRecord(values, 0.5, wavelengths, f"scene{index}", "t")
            writer.write("validation" if index == SCENES else "train", record)
    return str(folder)


def _write_photos(folder, encoding="srgb"):
    rng = np.random.default_rng(0)
    header = Manifest("photos", "t", class_names=("a", "b"), encoding=encoding)
    with RecordWriter(folder, header, shards=2) as writer:
        for index in range(PHOTOS):
            image = tf.io.encode_png(rng.integers(0, 256, (48, 56, 3)).astype(np.uint8)).numpy()
            labels = np.full((48, 56), index % 2, np.uint8)
            writer.write("train", schema.PhotoRecord(image, labels, 48, 56, 2, encoding, f"photo{index}", "t"))
    return str(folder)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    base = tmp_path_factory.mktemp("streams")
    return _write_cubes(base / "cubes"), _write_photos(base / "photos"), _write_photos(base / "linear", "linear")


@pytest.fixture
def config(folders):
    config = config_lib.default_config()
    config.wavelengths.step_nm = 100
    config.data.cubes, config.data.rgb = folders[:2]
    config.data.cube_scale = (1.0, 1.0)
    config.data.crops_per_read = 3
    config.data.rgb_crop = 40
    config.train.batch = 2
    config.train.patch = 32
    config.semantic.pretrain_batch = 3
    return config


def _take(dataset, count):
    return list(dataset.take(count).as_numpy_iterator())


def _same(left, right):
    tf.nest.map_structure(np.testing.assert_array_equal, left, right)


def unpaired(config, *where):
    return pipelines.unpaired(config, read_manifest(config.data.cubes), read_manifest(config.data.rgb), *where)


def cube_patches(config, *where):
    return pipelines.cube_patches(config, read_manifest(config.data.cubes), *where)


def photo_crops(config, *where):
    return pipelines.photo_crops(config, read_manifest(config.data.rgb), *where)


def labelled_photos(config, *where):
    return pipelines.labelled_photos(config, read_manifest(config.data.rgb), *where)


def paired(config, *where):
    responses = np.random.default_rng(3).dirichlet(np.ones(len(BANDS)), (5, 3)).astype(np.float32)
    cameras = srf.SrfDictionary(tuple("abcde"), BANDS, responses, "t")
    return pairs.paired(config, read_manifest(config.data.cubes), cameras, *where)


STREAMS = (unpaired, cube_patches, photo_crops, labelled_photos, paired)


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.__name__)
def test_resumed_stream_equals_the_uninterrupted_one(config, stream):
    # 7 scenes and 5 photos in batches of 2 and 3: epochs end inside batches and inside groups of reads.
    whole = _take(stream(config), 14)
    for start in (1, 5, 8, 11):
        _same(_take(stream(config, start), 2), whole[start : start + 2])


@pytest.mark.parametrize(
    "stream",
    [pytest.param(unpaired, marks=pytest.mark.slow), *STREAMS[1:]],  # the first one is two of the others
    ids=lambda stream: stream.__name__,
)
def test_the_shares_of_all_workers_are_the_batch(config, stream):
    config.train.batch, config.semantic.pretrain_batch = 6, 6
    for start in (0, 4):  # of 3 crops a read: at the begin of a group, and inside of one
        whole = _take(stream(config, start), 5)
        shares = [_take(stream(config, start, Share(worker, 3)), 5) for worker in range(3)]
        for step, batch in enumerate(whole):
            parts = [share[step] for share in shares]
            _same(tf.nest.map_structure(lambda *rows: np.concatenate(rows), *parts), batch)


def test_a_worker_reads_its_own_records_alone(config, monkeypatch):
    """Of 6 batches of 7 scenes, one crop a read, a worker of 7 reads 6 scenes."""
    config.train.batch, config.data.crops_per_read, read = 7, 1, []
    parse = pipelines.graph.parse_cube

    def noted(serialized, bands):
        tf.py_function(lambda: read.append(1), [], [])
        return parse(serialized, bands)

    monkeypatch.setattr(pipelines.graph, "parse_cube", noted)
    monkeypatch.setattr(pipelines, "_parallel_records", lambda manifest: 1)
    _take(cube_patches(config, 0, Share(3, 7)), 6)
    assert 6 <= len(read) <= 12  # and some ahead


def test_all_crops_of_an_uninterrupted_stream_differ(config):
    batches = _take(unpaired(config), 14)
    for name in ("cube", "rgb", "encoded"):
        assert len({sample.tobytes() for batch in batches for sample in batch[name]}) == 28


def test_seed_alone_decides(config):
    first = _take(unpaired(config), 3)
    tf.random.set_seed(1234)
    _same(_take(unpaired(config), 3), first)
    config.seed = 1
    other = _take(unpaired(config), 3)
    for left, right in zip(first, other, strict=True):
        assert not np.array_equal(left["cube"], right["cube"]) and not np.array_equal(left["rgb"], right["rgb"])


def test_shapes_types_and_ranges(config):
    spec = unpaired(config).element_spec
    assert {name: (tuple(part.shape), part.dtype.name) for name, part in spec.items()} == {
        "cube": ((2, 32, 32, 4), "float32"),
        "rgb": ((2, 32, 32, 3), "float32"),
        "encoded": ((2, 40, 40, 3), "float32"),
        "labels": ((2, 40, 40), "int32"),
    }
    for batch in _take(unpaired(config), 4):
        for name in ("rgb", "encoded"):
            assert batch[name].min() >= 0 and batch[name].max() <= 1
    assert set(labelled_photos(config).element_spec) == {"encoded", "labels"}


def test_cube_patches_are_sub_windows_of_different_scenes(config):
    scenes = []
    for batch in _take(cube_patches(config), 21):
        values = batch / 0.5
        assert (np.ptp(values[..., 0], axis=(1, 2)) == 0).all()  # one scene a patch
        scenes.append((values[:, 0, 0, 0] - 1000).astype(int).tolist())
        rows, columns = values[..., 1], values[..., 2]
        assert (abs(np.diff(rows, axis=1)) == 1).all() and (np.diff(rows, axis=2) == 0).all()
        assert (abs(np.diff(columns, axis=2)) == 1).all() and (np.diff(columns, axis=1) == 0).all()
    # A group of 3 batches has the same two scenes: one read serves three crops.
    groups = [scenes[index : index + 3] for index in range(0, 21, 3)]
    assert all(group[0] == group[1] == group[2] for group in groups)
    # 7 groups of 2 reads are two epochs: every scene exactly twice, each epoch whole.
    reads = [scene for group in groups for scene in group[0]]
    assert sorted(reads[:SCENES]) == sorted(reads[SCENES:]) == list(range(SCENES))
    assert reads[:SCENES] != reads[SCENES:]


def test_rgb_is_the_linear_light_of_the_encoded_crop(config, folders):
    config.data.rgb_crop = 32  # no shrinking between the two
    for batch in _take(photo_crops(config), 2):
        encoded = batch["encoded"].astype(np.float64)
        expected = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
        np.testing.assert_allclose(batch["rgb"], expected, atol=2e-6)  # float32's power
    config.data.rgb, config.data.rgb_encoding = folders[2], "linear"
    for batch in _take(photo_crops(config), 2):
        linear = batch["rgb"].astype(np.float64)
        expected = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
        np.testing.assert_allclose(batch["encoded"], expected, atol=2e-6)


def test_rgb_is_averaged_in_linear_light(config):
    config.data.rgb_crop = 64
    config.data.rgb_scale = (2.0, 2.0)
    batch = _take(photo_crops(config), 1)[0]
    encoded = batch["encoded"].astype(np.float64)
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    np.testing.assert_allclose(batch["rgb"], linear.reshape(2, 32, 2, 32, 2, 3).mean(axis=(2, 4)), atol=2e-6)


def test_fewer_records_than_a_batch_repeat(config, tmp_path):
    with RecordWriter(tmp_path / "one", Manifest("cubes", "t", tuple(BANDS.tolist()))) as writer:
        values = np.random.default_rng(0).integers(0, 9999, (60, 60, 4)).astype(np.uint16)
        writer.write("train", schema.CubeRecord(values, 1.0, BANDS, "s", "t"))
    config.data.cubes = str(tmp_path / "one")
    whole = _take(cube_patches(config), 6)
    assert len({patch.tobytes() for batch in whole for patch in batch}) == 12
    _same(_take(cube_patches(config, 4), 2), whole[4:6])


def test_damaged_record_stops_the_stream(config, tmp_path):
    config.data.cubes = _write_cubes(tmp_path / "cubes")
    path = next((tmp_path / "cubes").glob("t-train-00001*"))
    data = bytearray(path.read_bytes())
    data[300] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises(tf.errors.DataLossError):
        _take(cube_patches(config), 12)


@pytest.fixture
def conversions(monkeypatch):
    """Whether AutoGraph is to convert what is given to `map` and its like, filled as streams are made."""
    found = set()

    def noted(method):
        def call(*arguments, **options):
            found.add(tf.__internal__.autograph.control_status_ctx().status.name)
            return method(*arguments, **options)

        return call

    for name in ("map", "flat_map", "filter", "interleave"):
        monkeypatch.setattr(tf.data.Dataset, name, noted(getattr(tf.data.Dataset, name)))
    return found


def test_maps_stay_parallel_under_op_determinism_and_no_autograph_converts_them(config, conversions):
    """tf.data gives up parallelism if any function of the pipeline holds a stateful op that it does not know."""
    from tensorflow.python.framework import op_def_registry

    known = ("TFRecordDataset", "TensorSliceDataset", "RangeDataset")  # its list, in make_deterministic.cc
    for stream in STREAMS:
        graph = tf.compat.v1.GraphDef.FromString(stream(config)._as_serialized_graph().numpy())
        for function in graph.library.function:
            for node in function.node_def:
                if getattr(op_def_registry.get(node.op), "is_stateful", False):
                    assert node.op.startswith(known), f"{stream.__name__}: {node.op}"
        assert conversions == {"DISABLED"}, stream.__name__


def test_brightness_leaves_the_shapes_known(config):
    """A network needs them in a graph, to split its kernels."""
    config.data.brightness = 0.4
    stream = pipelines.unpaired(config, read_manifest(config.data.cubes), read_manifest(config.data.rgb))
    patch = config.train.patch
    assert stream.element_spec["rgb"].shape == (config.train.batch, patch, patch, 3)
    assert stream.element_spec["cube"].shape[:3] == (config.train.batch, patch, patch)


def test_brightness_is_that_of_whole_cubes_and_photos(config):
    """One factor for every crop of a scene: the same crops as without it, times what its scene needs."""
    plain, parser = _take(unpaired(config), 5), _take(labelled_photos(config), 2)
    config.data.brightness = 0.4
    exposed = _take(unpaired(config), 5)
    _same(_take(labelled_photos(config), 2), parser)
    scenes = {}
    for record in reader.iterate_records(config.data.cubes, "train"):
        scenes[int(record.values[0, 0, 0]) - 1000] = 0.4 / exposure.brightness(record.values.astype(float))
    stored = [tf.io.decode_png(record.image) for record in reader.iterate_records(config.data.rgb, "train")]
    photos = [imaging.srgb_decode(tf.cast(image, tf.float32) / 255) for image in stored]
    gains = [exposure.gain(photo.numpy(), 0.4) for photo in photos]
    for before, after in zip(plain, exposed, strict=True):
        _same(after["encoded"], before["encoded"])
        for old, new in zip(before["cube"] / 0.5, after["cube"], strict=True):
            np.testing.assert_allclose(new, old * scenes[int(old[0, 0, 0]) - 1000], rtol=1e-4)
        for old, new in zip(before["rgb"], after["rgb"], strict=True):
            ratio = float(new.sum() / old.sum())
            np.testing.assert_allclose(new, old * ratio, rtol=1e-4, atol=1e-6)
            assert min(abs(ratio / gain - 1) for gain in gains) < 1e-3
