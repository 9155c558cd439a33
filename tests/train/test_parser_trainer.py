import json
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from trained_run import as_file

from hsgan import config as config_lib
from hsgan.errors import ConfigError, DataError, RunError, TrainingError
from hsgan.networks.hrnet import VARIANTS, Variant, build_hrnet
from hsgan.networks.layers.normalization import BatchNormalization
from hsgan.networks.parsers import REPORT_FILE, WEIGHTS_FILE, build_parser
from hsgan.records.manifest import Manifest, read_manifest
from hsgan.records.schema import VOID, PhotoRecord
from hsgan.records.writer import RecordWriter
from hsgan.train import parser_trainer
from hsgan.train.parser_trainer import ParserScorer, curve, pixel_cross_entropy, train_parser

TINY = Variant(bottlenecks=(1, 8), modules=(1, 1, 1), blocks=1, width=8)
CLASSES = 3


def batch(count=2, size=32, seed=0):
    """Photos of three colors in vertical stripes, labelled by color; void on top."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(rng.integers(0, CLASSES, (count, 1, size // 8)), 8, axis=2).repeat(size, axis=1)
    colors = np.float32([[0.8, 0.2, 0.2], [0.2, 0.7, 0.3], [0.1, 0.3, 0.9]])
    encoded = colors[labels] + rng.uniform(-0.1, 0.1, (count, size, size, 3)).astype(np.float32)
    labels = labels.astype(np.int32)
    labels[:, : size // 4] = VOID
    return {"encoded": encoded, "labels": labels}


def small_parser(seed=0, dtype=None):
    """As an HRNet from outside, but quick to trace."""
    photo = keras.Input((None, None, 3))
    start = keras.initializers.HeNormal(seed)
    x = keras.layers.Conv2D(16, 4, 4, "same", kernel_initializer=start, dtype=dtype)(photo)
    x = keras.layers.ReLU(dtype=dtype)(BatchNormalization(momentum=0.9, dtype=dtype)(x))
    scores = keras.layers.Conv2D(CLASSES, 1, kernel_initializer=start, dtype=dtype, name="scores")(x)
    return keras.Model(photo, keras.layers.Activation("linear", dtype="float32")(scores))


def endless(values):
    return tf.data.Dataset.from_tensors(values).repeat()


def configured(**semantic):
    config = config_lib.default_config()
    config.semantic.update({"parser": "hrnet_w18_small", **semantic})
    return config


def write_records(folder, encoding="srgb", void=(8,)):
    """Records of eight training and three validation photos, 40x48 but for one; `void` lines on top, in turn."""
    header = Manifest("photos", "stripes", class_names=("red", "green", "blue"), encoding=encoding)
    with RecordWriter(folder, header, shards=2) as writer:
        for index in range(11):
            data = batch(1, 40, seed=index)
            size = (40, 40 if index == 9 else 32)
            image = tf.io.encode_png(tf.image.convert_image_dtype(data["encoded"][0, :, : size[1]], tf.uint8)).numpy()
            labels = data["labels"][0, :, : size[1]].astype(np.uint8)
            labels[: void[index % len(void)]] = VOID
            record = PhotoRecord(image, labels, *size, CLASSES, encoding, f"scene {index}", "stripes")
            writer.write("train" if index < 8 else "validation", record)
    return folder


def values_of(variables):
    return [np.copy(variable.numpy()) for variable in variables]


def test_cross_entropy_is_the_mean_over_labelled_pixels():
    labels = np.full((1, 4, 4), VOID, np.int32)
    labels[0, 1, 1], labels[0, 1, 3] = 2, 0
    scores = np.random.default_rng(0).normal(size=(1, 4, 4, 3)).astype(np.float32)
    log_softmax = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
    expected = -(log_softmax[0, 1, 1, 2] + log_softmax[0, 1, 3, 0]) / 2
    np.testing.assert_allclose(pixel_cross_entropy(labels, scores), expected, rtol=1e-5)


def test_cross_entropy_takes_the_label_in_the_middle_of_a_score():
    labels = np.zeros((1, 8, 8), np.int32)
    labels[0, 2::4, 2::4] = 1
    scores = np.tile(np.float32([0.0, 50.0]), (1, 2, 2, 1))
    assert pixel_cross_entropy(labels, scores) < 1e-6
    assert pixel_cross_entropy(1 - labels, scores) > 49


def test_void_alone_costs_nothing_and_moves_nothing():
    scores = tf.constant(np.random.default_rng(0).normal(size=(1, 2, 2, 3)).astype(np.float32))
    with tf.GradientTape() as tape:
        tape.watch(scores)
        loss = pixel_cross_entropy(np.full((1, 8, 8), VOID, np.int32), scores)
    assert loss == 0
    np.testing.assert_array_equal(tape.gradient(loss, scores), np.zeros((1, 2, 2, 3)))


def scores_of(photos, classes):
    """Trains nothing: the scores of a parser that gives what the photo's channels hold, photo by photo."""
    photo = keras.Input((None, None, 3))
    scorer = ParserScorer(keras.Model(photo, photo[..., :classes]), classes)
    scorer.compile()
    for labels, predicted in photos:
        channels = np.eye(3, dtype=np.float32)[np.int32([[predicted]])]
        found = scorer.test_step({"encoded": channels, "labels": np.int32([[labels]])})
    return {name: float(value) for name, value in found.items()}


def test_scores_of_a_segmentation_by_hand():
    # Class 0: 2 of 3 found, one false; class 1: 1 of 2 found, one false; class 2 nowhere.
    found = scores_of([([0, 0, 0, 1, 1, VOID], [0, 0, 1, 1, 0, 2])], 3)
    assert found["pixel_accuracy"] == pytest.approx(3 / 5)
    assert found["miou"] == pytest.approx((2 / 4 + 1 / 3) / 2)


def test_scores_add_up_over_photos():
    found = scores_of([([0, 0], [0, 0]), ([1, 1], [0, 0])], 2)
    assert found["pixel_accuracy"] == 0.5
    assert found["miou"] == 0.25  # class 0: 2 of 4 pixels; class 1: none


def test_scores_count_every_pixel_of_many_photos():
    """More pixels of a class than float32 counts one by one."""
    photo, many = keras.Input((None, None, 2)), 2.0**24
    scorer = ParserScorer(keras.Model(photo, photo[..., :2]), 2)
    scorer.compile()
    scorer.miou.total_cm.assign([[many, 0], [0, many]])
    scorer.accuracy.total.assign(2 * many)
    scorer.accuracy.count.assign(2 * many)
    found = scorer.test_step({"encoded": np.float32([[[[0, 1]]]]), "labels": np.int32([[[0]]])})
    assert found["pixel_accuracy"] == 2 * many / (2 * many + 1)
    np.testing.assert_array_equal(scorer.miou.total_cm, [[many, 1], [0, many]])


def test_one_batch_can_be_overfitted():
    data = batch()
    parser = build_hrnet(TINY, CLASSES)
    losses = train_parser(configured(pretrain_learning_rate=0.1), parser, endless(data), 80, False)
    assert len(losses) == 80
    assert losses[0] > 0.9  # ln 3 = 1.1 is ignorance
    assert np.mean(losses[-5:]) < 0.05
    scorer = ParserScorer(parser, CLASSES)
    scorer.compile()
    scores = scorer.evaluate(tf.data.Dataset.from_tensors(data), verbose=0, return_dict=True)
    assert set(scores) == {"loss", "pixel_accuracy", "miou"}
    assert scores["pixel_accuracy"] > 0.9 and scores["miou"] > 0.8  # BatchNorm's averages lag behind


def test_a_step_is_sgd_with_the_l2_gradient_in_the_momentum():
    """Written out here for two steps; Keras's momentum holds the steps, with the rate of their time."""
    parser = small_parser()
    variable, decay, rate = parser.get_layer("scores").kernel, 0.1, 0.5
    before, velocity = np.copy(variable.numpy()), 0.0
    config = configured(pretrain_learning_rate=rate, pretrain_weight_decay=decay)
    all_void = {**batch(), "labels": np.full((2, 32, 32), VOID, np.int32)}  # no gradient but the decay's
    train_parser(config, parser, endless(all_void), 2, False)
    for step in range(2):
        velocity = 0.9 * velocity - rate * (1 - step / 2) ** 0.9 * decay * before
        before = before + velocity
    np.testing.assert_allclose(variable.numpy(), before, rtol=1e-5)  # float32


def test_equal_runs_end_in_equal_weights():
    ends = []
    for _ in range(2):
        parser = small_parser(seed=3)
        train_parser(configured(), parser, endless(batch()), 3, False)
        ends.append(values_of(parser.variables))
    for one, other in zip(*ends, strict=True):
        np.testing.assert_array_equal(one, other)


def test_mixed_precision_trains_float32_weights():
    parser = small_parser(dtype="mixed_bfloat16")
    start = values_of(parser.trainable_variables)
    losses = train_parser(configured(pretrain_learning_rate=0.05), parser, endless(batch()), 20, False)
    assert np.mean(losses[-3:]) < 0.7 * losses[0]
    assert all(variable.dtype == "float32" for variable in parser.variables)
    moved = [np.any(a != b) for a, b in zip(start, values_of(parser.trainable_variables), strict=True)]
    assert all(moved)


def test_validation_leaves_the_parser_alone():
    parser = small_parser()
    before = values_of(parser.variables)
    scorer = ParserScorer(parser, CLASSES)
    scorer.compile()
    scorer.evaluate(tf.data.Dataset.from_tensors(batch()), verbose=0)
    for variable, value in zip(parser.variables, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_loss_that_is_not_finite_stops_and_names_the_step():
    def photos():
        for step in range(5):
            data = batch()
            yield {**data, "encoded": data["encoded"] * np.float32(np.nan if step == 2 else 1)}

    signature = {
        "encoded": tf.TensorSpec((2, 32, 32, 3), tf.float32),
        "labels": tf.TensorSpec((2, 32, 32), tf.int32),
    }
    dataset = tf.data.Dataset.from_generator(photos, output_signature=signature)
    with pytest.raises(TrainingError, match=r"cross-entropy is nan at step 3; lower semantic\.pretrain_learning_rate"):
        train_parser(configured(), small_parser(), dataset, 5, False)


@pytest.mark.filterwarnings("ignore:Your input ran out of data:UserWarning")
def test_photos_that_end_early_are_an_error():
    with pytest.raises(TrainingError, match="ended after step 2 of 4"):
        train_parser(configured(), small_parser(), endless(batch()).take(2), 4, False)


def test_curve_has_means_between_its_steps():
    assert curve([1.0, 3.0]) == [[1, 1.0], [2, 3.0]]
    points = curve(list(range(100)))
    assert len(points) == parser_trainer.CURVE_POINTS
    assert points[0] == [5, 2.0] and points[-1] == [100, 97.0]


def test_written_weights_are_read_back_by_build_parser(tmp_path, monkeypatch):
    monkeypatch.setitem(VARIANTS, "hrnet_w18_small", TINY)
    parser = build_hrnet("hrnet_w18_small", CLASSES, seed=5)
    path = parser_trainer.write_parser(parser, {"parser": "hrnet_w18_small", "classes": CLASSES}, tmp_path / "new")
    assert sorted(file.name for file in path.parent.iterdir()) == [REPORT_FILE, WEIGHTS_FILE]
    frozen = build_parser(configured(), CLASSES, weights=path)
    images = batch()["encoded"]
    np.testing.assert_array_equal(frozen(images), parser(images, training=False))


def test_writing_that_fails_keeps_the_old_weights(tmp_path, monkeypatch):
    parser = small_parser()
    path = parser_trainer.write_parser(parser, {"parser": "tiny", "classes": CLASSES}, tmp_path)
    before = path.read_bytes()

    def full(self, file):
        Path(file).write_bytes(b"half of it")
        raise OSError(28, "No space left on device", str(file))

    monkeypatch.setattr(keras.Model, "save_weights", full)
    with pytest.raises(OSError, match="No space left"):
        parser_trainer.write_parser(parser, {}, tmp_path)
    assert path.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == [REPORT_FILE, WEIGHTS_FILE]


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ({"parser": ""}, r"semantic\.parser: only our own parsers .*hrnet_w18_small, .*Received: ''"),
        ({"parser": "hub:x"}, r"Received: 'hub:x'"),
        ({"pretrain_steps": 0}, r"semantic\.pretrain_steps: must be positive to pre-train\. Received: 0"),
    ],
)
def test_settings_are_checked(settings, rule, tmp_path):
    with pytest.raises(ConfigError, match=rule):
        parser_trainer.pretrain(configured(**settings), tmp_path)


@pytest.fixture
def quick(monkeypatch):
    """Pre-training of the network that is quick to trace."""
    monkeypatch.setattr(parser_trainer, "build_hrnet", lambda name, classes, dtype, seed: small_parser(seed, dtype))


def records_config(folder, **semantic):
    config = configured(pretrain_steps=4, pretrain_batch=2, **semantic)
    config.data.update({"rgb": str(folder), "cubes": str(folder), "rgb_crop": 32})
    config.train.patch = 32
    return config


def test_pretraining_reports_what_it_did(tmp_path, quick):
    config = records_config(write_records(tmp_path / "records"))
    report = parser_trainer.pretrain(config, tmp_path / "out", progress=False)
    assert json.loads((tmp_path / "out" / REPORT_FILE).read_text()) == report
    assert (report["parser"], report["classes"], report["steps"], report["batch"]) == ("hrnet_w18_small", 3, 4, 2)
    assert report["class_names"] == ["red", "green", "blue"]
    assert [step for step, _ in report["loss"]] == [1, 2, 3, 4]
    assert report["validation"]["photos"] == 3
    assert 0 <= report["validation"]["miou"] <= report["validation"]["pixel_accuracy"] <= 1
    again = parser_trainer.pretrain(config, tmp_path / "again", progress=False)
    assert {**again, "seconds": 0} == {**report, "seconds": 0}
    # Steps and batch given to the function win over the configuration's, which stays as it is.
    other = parser_trainer.pretrain(config, tmp_path / "other", steps=2, batch=3, progress=False)
    assert (other["steps"], other["batch"]) == (2, 3)
    assert (config.semantic.pretrain_steps, config.semantic.pretrain_batch) == (4, 2)


@pytest.fixture(params=["quick", pytest.param("hrnet", marks=pytest.mark.slow)])
def some_parser(request, monkeypatch):
    """Pre-training of the network that is quick to trace, or of a narrow HRNet with all its branches."""
    if request.param == "quick":
        request.getfixturevalue("quick")
    else:
        monkeypatch.setitem(VARIANTS, "hrnet_w18_small", TINY)


def test_replicas_pretrain_as_one_device(tmp_path, some_parser):
    """After four steps weights within 0.5 % of their way, averages and losses within 0.1 %: sums in another order.

    The rate is small: HRNet's lowest branch normalizes four numbers a channel here, and long steps would diverge. Some
    photos have more void than others.
    """
    config = records_config(write_records(tmp_path / "records", void=(8, 16)))
    config.semantic.pretrain_batch, config.semantic.pretrain_learning_rate = 4, 1e-4
    parser = parser_trainer.build_hrnet("hrnet_w18_small", CLASSES, dtype="float32", seed=config.seed)
    start, reports, found = values_of(parser.trainable_variables), [], []
    for name, devices in (("one", 0), ("two", 2)):
        config.train.strategy, config.train.devices = ("mirrored" if devices else "none"), devices
        reports.append(parser_trainer.pretrain(config, tmp_path / name, progress=False))
        parser.load_weights(tmp_path / name / WEIGHTS_FILE)
        found.append([values_of(part) for part in (parser.trainable_variables, parser.non_trainable_variables)])
    (one, averages), (two, others) = found
    apart, way = largest_difference(one, two), largest_difference(one, start)
    print(f"weights are {apart / way:.1e} of their way apart")
    assert way > config.semantic.pretrain_learning_rate / 10 and apart < 5e-3 * way
    for here, there in zip(averages, others, strict=True):
        np.testing.assert_allclose(here, there, rtol=0, atol=1e-3 * np.abs(here).max())
    for (step, here), (_, there) in zip(reports[0]["loss"], reports[1]["loss"], strict=True):
        assert here == pytest.approx(there, rel=1e-3), step


def largest_difference(here, there):
    return max(np.abs(one - other).max() for one, other in zip(here, there, strict=True))


def test_a_batch_that_the_devices_do_not_divide(tmp_path, quick):
    config = records_config(write_records(tmp_path / "records"))
    config.train.strategy, config.train.devices, config.semantic.pretrain_batch = "mirrored", 2, 3
    message = r"semantic\.pretrain_batch: must be a multiple of the 2 devices .* Received: 3"
    with pytest.raises(ConfigError, match=message):
        parser_trainer.pretrain(config, tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()


def test_validation_sees_linear_photos_encoded(tmp_path):
    photos = []
    for encoding in ("srgb", "linear"):
        folder = write_records(tmp_path / encoding, encoding)
        photos.append(next(iter(parser_trainer.validation_photos(read_manifest(folder))))["encoded"])
    stored, encoded = (photo.numpy() for photo in photos)
    expected = np.where(stored <= 0.0031308, 12.92 * stored, 1.055 * stored ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
    np.testing.assert_allclose(encoded, expected, atol=1e-5)  # float32


def test_unreadable_record_is_named(tmp_path, quick):
    folder = write_records(tmp_path / "records")
    shard = sorted(folder.glob("*validation*"))[0]
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 255
    shard.write_bytes(data)
    with pytest.raises(DataError, match=rf"{shard.name}: record \d: unreadable"):
        parser_trainer.pretrain(records_config(folder), tmp_path / "out", progress=False)
    assert list((tmp_path / "out").iterdir()) == []


def test_output_that_cannot_be_made_is_an_error_before_training(tmp_path, monkeypatch):
    config = records_config(write_records(tmp_path / "records"))
    (tmp_path / "file").write_text("mine")
    monkeypatch.setattr(parser_trainer, "train_parser", None)
    with pytest.raises(RunError, match=r"file: cannot be made a folder \(File exists\)"):
        parser_trainer.pretrain(config, tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.fixture
def pretrain_command(program, tmp_path):
    """Runs the program on small records; gives (status, stdout, stderr)."""
    config = configured()
    config.data.rgb = config.data.cubes = str(write_records(tmp_path / "records"))
    config.data.rgb_crop = config.train.patch = 32
    config_file = as_file(config, tmp_path)
    return lambda *arguments: program("hsgan.pretrain_parser", f"--config={config_file}", *arguments)


def test_command_pretrains_what_build_parser_loads(tmp_path, pretrain_command):
    output = tmp_path / "parser"
    status, stdout, stderr = pretrain_command(f"--output={output}", "--steps=2", "--config.semantic.pretrain_batch=2")
    assert status == 0, stderr
    assert "hrnet_w18_small, 3 classes, 2 steps" in stdout
    assert "validation (3 photos): pixel accuracy" in stdout
    assert "Traceback" not in stderr and "Warning" not in stderr
    parser = build_parser(configured(), CLASSES, weights=output / WEIGHTS_FILE)
    assert parser(batch()["encoded"]).shape == (2, 8, 8, CLASSES)


def test_command_says_in_one_line_what_is_wrong(tmp_path, pretrain_command):
    status, stdout, stderr = pretrain_command(f"--output={tmp_path / 'parser'}", "--config.semantic.parser=hrnet_w32")
    assert status == 1 and stdout == "" and stderr.count("\n") == 1
    assert stderr.startswith("hsgan.pretrain_parser: error: semantic.parser: only our own")
