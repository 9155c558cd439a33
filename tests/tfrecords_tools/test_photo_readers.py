"""Readers of photos on files in the published layouts, through the program; what is bad ends in one line."""

import json

import numpy as np
import PIL.Image
import pytest
import scipy.io
from absl import flags

from hsgan.data import pipelines, sources
from hsgan.errors import DataError
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_records
from hsgan.records.values import VOID
from tfrecords_tools import build_rgb
from tfrecords_tools.readers import RGB_READERS, pascal_context

SIZE = 24, 32


def build(source, folder, output, **arguments):
    values = build_rgb.define_flags(flags.FlagValues())
    arguments = {"source": source, "input": folder, "output": output, "workers": 1, **arguments}
    values(["program", *(f"--{name}={value}" for name, value in arguments.items())])
    build_rgb.main([], values)
    return read_manifest(output)


def records_of(folder):
    return {r.scene: r for split in read_manifest(folder).splits for r in iterate_records(folder, split)}


def save_photo(path, seed):
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    PIL.Image.fromarray(small).resize(SIZE[::-1]).save(path)


def save_labels(path, ids):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.asarray(ids, np.uint8)).save(path)


def blocks(ids):
    """Returns a map [24, 32] of vertical stripes of the ids."""
    return np.repeat(np.resize(ids, 32)[None], 24, axis=0)


@pytest.fixture
def cityscapes(tmp_path):
    ids = blocks([*range(34), 255][:32])
    ids[0, :3] = 32, 33, 255
    for index, (split, city) in enumerate((("train", "aachen"), ("train", "bremen"), ("val", "ulm"), ("test", "bonn"))):
        name = f"{city}_000000_000019"
        save_photo(tmp_path / "in/leftImg8bit" / split / city / f"{name}_leftImg8bit.png", index)
        save_labels(tmp_path / "in/gtFine" / split / city / f"{name}_gtFine_labelIds.png", ids)
    return tmp_path / "in", ids


def test_cityscapes_ids_become_the_19_train_ids(cityscapes, tmp_path):
    folder, ids = cityscapes
    manifest = build("cityscapes", folder, tmp_path / "out")
    assert {name: split.scenes for name, split in manifest.splits.items()} == {
        "train": ("aachen_000000_000019", "bremen_000000_000019"),
        "validation": ("ulm_000000_000019",),
        "test": ("bonn_000000_000019",),
    }
    assert manifest.classes == 19 and manifest.class_names[13] == "car"
    # The publishers' list: label id -> train id.
    published = {7: 0, 8: 1, 11: 2, 12: 3, 13: 4, 17: 5, 19: 6, 20: 7, 21: 8, 22: 9, 23: 10, 24: 11, 25: 12, 26: 13}
    published |= {27: 14, 28: 15, 31: 16, 32: 17, 33: 18}
    expected = np.vectorize(lambda number: published.get(number, VOID))(ids)
    np.testing.assert_array_equal(records_of(tmp_path / "out")["ulm_000000_000019"].labels, expected)


def test_ade20k_is_void_where_nothing_is_and_named_by_its_list(tmp_path):
    for split in ("training", "validation"):
        save_photo(tmp_path / "in/images" / split / f"ADE_{split}.jpg", 1)
        save_labels(tmp_path / "in/annotations" / split / f"ADE_{split}.png", blocks([0, 1, 150]))
    with pytest.raises(DataError, match=r"objectInfo150.txt: no such file"):
        build("ade20k", tmp_path / "in", tmp_path / "out")
    rows = [f"{number}\t0.1\t10\t2\tthing{number}, other name" for number in range(1, 151)]
    (tmp_path / "in/objectInfo150.txt").write_text("\n".join(["Idx\tRatio\tTrain\tVal\tName", *rows]))
    manifest = build("ade20k", tmp_path / "in", tmp_path / "out")
    assert manifest.classes == 150 and manifest.class_names[149] == "thing150"
    np.testing.assert_array_equal(records_of(tmp_path / "out")["ADE_training"].labels, blocks([VOID, 0, 149]))
    (tmp_path / "in/objectInfo150.txt").write_text("\n".join(rows[:9]))
    with pytest.raises(DataError, match=r"must list classes 1 to 150, tab-separated. Received: 9 such lines"):
        build("ade20k", tmp_path / "in", tmp_path / "bad")


def voc(tmp_path, names=("2008_000002", "2008_000003", "2008_000004")):
    for index, name in enumerate(names):
        save_photo(tmp_path / "in/VOCdevkit/VOC2010/JPEGImages" / f"{name}.jpg", index)
    lists = tmp_path / "in/VOCdevkit/VOC2010/ImageSets/Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("\n".join((*names[:2], "2009_999999")))
    (lists / "val.txt").write_text(names[2])
    return tmp_path / "in", names


def write_map(folder, name, ids):
    (folder / "trainval").mkdir(exist_ok=True)
    scipy.io.savemat(folder / "trainval" / f"{name}.mat", {"LabelMap": np.asarray(ids, np.uint16)}, do_compression=True)


def test_pascal_context_maps_are_reduced_to_59_classes(tmp_path):
    folder, names = voc(tmp_path)
    ids = blocks([0, 2, 9, 284, 458, 431, 459, 1])
    for name in names:
        write_map(folder, name, ids)
    manifest = build("pascal_context", folder, tmp_path / "out")
    assert manifest.split("train").scenes == names[:2] and manifest.split("validation").scenes == names[2:]
    assert manifest.classes == 59 and sorted(manifest.class_names) == list(manifest.class_names)
    expected = blocks([VOID, 0, 1, manifest.class_names.index("person"), 58, VOID, VOID, VOID])
    np.testing.assert_array_equal(records_of(tmp_path / "out")[names[0]].labels, expected)
    with pytest.raises(DataError, match=r"2008_000003.mat: labels outside the list of 459. Received: ids \[460\]"):
        write_map(folder, names[1], blocks([460]))
        build("pascal_context", folder, tmp_path / "bad")
    with pytest.raises(DataError, match=r"labels.txt: 2 must be 'aeroplane', as published. Received: 'accordion'"):
        (folder / "labels.txt").write_text("1: abyss\n2: accordion\n")
        build("pascal_context", folder, tmp_path / "bad")


def test_pascal_context_merged_json_gives_the_same(tmp_path):
    """The runs of a rectangle, rows 6-11 of columns 4-7; from the fourth on they count from the one before the last."""
    folder, names = voc(tmp_path)
    rows, top, columns = 24, 6, 4
    runs = [4 * rows + top] + [6, rows - 6] * (columns - 1) + [6, (32 - 8) * rows + rows - top - 6]
    counts = "".join(_characters(run - (runs[index - 2] if index > 2 else 0)) for index, run in enumerate(runs))
    images, annotations = [], []
    for index, name in enumerate(names):
        number = int(name.replace("_", ""))
        phase = "val" if index == 2 else "train"
        images.append({"file_name": f"{name}.jpg", "image_id": number, "height": 24, "width": 32, "phase": phase})
        mask = {"size": [24, 32], "counts": counts}
        annotations.append({"id": index, "image_id": number, "category_id": 284, "segmentation": mask})
    path = folder / "trainval_merged.json"
    path.write_text(json.dumps({"images": images, "annos_segmentation": annotations}))
    manifest = build("pascal_context", folder, tmp_path / "out", workers=2)
    expected = np.full(SIZE, VOID)
    expected[6:12, 4:8] = manifest.class_names.index("person")
    assert manifest.split("validation").scenes == names[2:]
    np.testing.assert_array_equal(records_of(tmp_path / "out")[names[2]].labels, expected)
    annotations[0]["segmentation"]["counts"] = counts[:3]
    path.write_text(json.dumps({"images": images, "annos_segmentation": annotations}))
    with pytest.raises(DataError, match=r"trainval_merged.json/2008000002: run lengths must fill \[24, 32\]"):
        build("pascal_context", folder, tmp_path / "bad")
    path.write_text("{}")
    with pytest.raises(DataError, match=r"trainval_merged.json: .* not the JSON of PASCAL in Detail"):
        build("pascal_context", folder, tmp_path / "bad")
    path.unlink()
    with pytest.raises(DataError, match=r"no trainval_merged.json in it; give the folder that holds VOC2010's"):
        build("pascal_context", folder, tmp_path / "bad")


def _characters(value):
    """Writes one number of COCO's compressed run lengths."""
    text = ""
    while True:
        low, value = value & 31, value >> 5
        last = value == (-1 if low & 16 else 0)
        text += chr(48 + (low if last else low | 32))
        if last:
            return text


def test_run_lengths_are_cocos():
    """Text and mask as pycocotools 2.0.11 gave them: pixel (0, 0), and rows 1-3 of columns 2-5 of 5x7."""
    expected = np.zeros((5, 7), bool)
    expected[0, 0] = expected[1:4, 2:6] = True
    np.testing.assert_array_equal(pascal_context.run_lengths("01:2H000004", (5, 7), "x"), expected)


def own_folder(tmp_path, labels=True):
    for index, name in enumerate(("train/a", "train/sub/b", "val/a")):
        save_photo(tmp_path / "in/images" / f"{name}.png", index)
        if labels:
            save_labels(tmp_path / "in/labels" / f"{name}.png", blocks([0, 1, 255]))
    if labels:
        (tmp_path / "in/classes.txt").write_text("thing\nother\n")
    return tmp_path / "in"


def test_own_folder_with_labels(tmp_path):
    folder = own_folder(tmp_path)
    manifest = build("folder", folder, tmp_path / "out")
    assert manifest.class_names == ("thing", "other")
    assert manifest.split("train").scenes == ("train/a", "train/sub/b")
    assert manifest.split("validation").scenes == ("val/a",)
    np.testing.assert_array_equal(records_of(tmp_path / "out")["train/sub/b"].labels, blocks([0, 1, VOID]))


def test_own_folder_without_labels_trains_without_classes(tmp_path, small_config):
    folder = own_folder(tmp_path, labels=False)
    manifest = build("folder", folder, tmp_path / "out", encoding="linear")
    assert (manifest.classes, manifest.encoding) == (0, "linear")
    small_config.data.rgb, small_config.data.rgb_encoding = str(tmp_path / "out"), "linear"
    batch = next(iter(pipelines.photo_crops(small_config, manifest)))
    assert (batch["labels"].numpy() == VOID).all() and batch["rgb"].shape == (2, 32, 32, 3)
    with pytest.raises(DataError, match="no labels for the scene parser and the semantic term"):
        sources.open_photos(small_config)


def _break_folder(folder, how):
    labels = folder / "labels/train/sub/b.png"
    if how == "missing labels":
        labels.unlink()
    elif how == "other size":
        save_labels(labels, np.zeros((32, 24)))
    elif how == "outside":
        save_labels(labels, blocks([2]))
    elif how == "no classes":
        (folder / "classes.txt").unlink()
    elif how == "no names":
        (folder / "classes.txt").write_text("a\na\n")
    elif how == "duplicate":
        save_photo(folder / "images/train/a.jpg", 9)


FAULTS = {
    "missing labels": r"labels/train/sub/b.png: no such file: every photo needs its label map",
    "other size": r"b.png: must have the size of its photo, \[24, 32\]. Received: \[32, 24\]",
    "outside": r"b.png: labels outside the classes: ids \[2\]; there are \[0, 1, 255\]",
    "no classes": r"classes.txt: no such file",
    "no names": r"classes.txt: must name 1 to 254 classes, each once. Received: 2 lines",
    "duplicate": r"train/a.png: a second photo of this name, beside .*a.jpg; remove one",
}


@pytest.mark.parametrize("how", FAULTS)
def test_bad_photos_are_one_line_and_leave_nothing(tmp_path, how):
    folder = own_folder(tmp_path)
    _break_folder(folder, how)
    with pytest.raises(DataError, match=FAULTS[how]) as error:
        build("folder", folder, tmp_path / "out")
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_labelled_photos_reach_a_training_batch(cityscapes, tmp_path, small_config):
    manifest = build("cityscapes", cityscapes[0], tmp_path / "out")
    small_config.semantic.pretrain_batch = 2
    batch = next(iter(pipelines.labelled_photos(small_config, manifest)))
    assert set(np.unique(batch["labels"])) <= {*range(19), VOID} and len(np.unique(batch["labels"])) > 5


def test_dictionary_names_readers_by_their_source():
    assert all(name == reader.source for name, reader in RGB_READERS.items())
