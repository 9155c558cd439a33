"""What is shown of records, and what `--verify` finds."""

import json
import shutil

import numpy as np
import PIL.Image
import published_cubes as published
import pytest
from absl import flags

from hsgan.errors import DataError
from hsgan.records.manifest import FILE_NAME, read_manifest
from tfrecords_tools import contact_sheet, convert, duplicates, show_records
from tfrecords_tools.readers import CamvidReader, CaveReader, IcvlReader


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    for index in range(5):
        published.write_icvl(folder / "in" / f"scene_{index}.mat", published.counts12(index))
    reader = IcvlReader(folder / "in", published.SIZE, test_scenes=2)
    convert.convert_cubes(reader, folder / "out", build=convert.Build(command=("build", "it"), shards=2))
    return folder / "out"


def show(capsys, *paths, **arguments):
    values = show_records.define_flags(flags.FlagValues())
    values(["program", *(f"--{name}={value}" for name, value in arguments.items())])
    show_records.main(["program", *map(str, paths)], values)
    return capsys.readouterr().out


def test_table_and_verification(records, capsys):
    printed = show(capsys, records, verify=True)
    assert "cubes of icvl, schema version 1" in printed and "31 bands, 400-700 nm" in printed
    assert "made by: build it" in printed and "12x10x31" in printed
    assert "5 of 5 records shown" in printed
    assert "verified: 5 records against the manifest, 0 near-duplicates" in printed


def test_one_file_and_few_records(records, capsys):
    path = read_manifest(records).files("train")[0]
    assert "2 of 2 records shown" in show(capsys, path)
    assert "1 of 5 records shown" in show(capsys, records, count=1)


@pytest.mark.parametrize("kind", [0, 1])
def test_sheet_of_the_demo_set(demo_records, tmp_path, capsys, kind):
    show(capsys, demo_records[kind], sheet=tmp_path / "sheet.png")
    image = np.asarray(PIL.Image.open(tmp_path / "sheet.png").convert("RGB"))
    assert image.shape[1] > 1000 and image.std() > 20


def test_labels_have_colors_of_their_own():
    colors = contact_sheet.label_colors(np.arange(256)[None])[0]
    assert len({tuple(color) for color in colors[:60].round(4)}) == 60
    np.testing.assert_array_equal(colors[255], 0)


def _tamper(folder, how):
    values = json.loads((folder / FILE_NAME).read_text())
    del values["sha256"]  # as of an older version, whose manifests had no checksum
    train = values["splits"]["train"]
    if how == "shape":
        train["details"]["scene_0"]["shape"] = [12, 10, 30]
    elif how == "scale":
        train["details"]["scene_0"]["scale"] = 1.0
    elif how == "scenes":
        train["scenes"][0] = "another"
    elif how == "twice":
        test = values["splits"]["test"]
        shard = dict(test["shards"][0])
        train["shards"].append(shard)
    elif how == "bytes":
        path = folder / train["shards"][0]["file"]
        data = bytearray(path.read_bytes())
        data[-40] ^= 1
        path.write_bytes(data)
    (folder / FILE_NAME).write_text(json.dumps(values))


FAULTS = {
    "shape": r"manifest.json: scene scene_0 is \{'shape': \[12, 10, 31\]",
    "scale": r"manifest.json: scene scene_0 is",
    "scenes": r"lists other scenes than the files hold: \[\('another', 'train'\)",
    "twice": r"scene scene_\d is there twice \(train, test\)",
    "bytes": r"tfrecord: its checksum differs",
}


@pytest.mark.parametrize("how", FAULTS)
def test_verification_finds(records, tmp_path, capsys, how):
    shutil.copytree(records, tmp_path / "out")
    _tamper(tmp_path / "out", how)
    with pytest.raises(DataError, match=FAULTS[how]):
        show(capsys, tmp_path / "out", verify=True)


def test_verification_says_whether_the_manifest_has_a_checksum(records, tmp_path, capsys):
    shutil.copytree(records, tmp_path / "out")
    assert "the manifest's own checksum holds" in show(capsys, tmp_path / "out", verify=True)
    values = json.loads((tmp_path / "out" / FILE_NAME).read_text())
    del values["sha256"]
    (tmp_path / "out" / FILE_NAME).write_text(json.dumps(values))
    assert "the manifest has no checksum" in show(capsys, tmp_path / "out", verify=True)


def test_what_is_no_record(records, tmp_path, capsys):
    with pytest.raises(DataError, match="nowhere: no such file or folder of records"):
        show(capsys, tmp_path / "nowhere")
    with pytest.raises(DataError, match="give folders of records"):
        show(capsys)
    (records / "stray.tfrecord").write_bytes(b"")
    try:
        with pytest.raises(DataError, match=r"stray.tfrecord: manifest.json beside it does not list it"):
            show(capsys, records / "stray.tfrecord")
    finally:
        (records / "stray.tfrecord").unlink()


def test_near_duplicates_are_found_and_others_not():
    from hsgan.records.schema import CubeRecord, quantize

    def print_of(cube):
        values, scale = quantize(cube)
        return duplicates.fingerprint(CubeRecord(values, scale, published.WAVELENGTHS, "s", "t"))

    scenes = [published.smooth(seed, size=(90, 70)) for seed in range(12)]
    noisy = scenes[3] * 0.5 + 0.002 * np.random.default_rng(0).random(scenes[3].shape)
    splits = {
        "train": {str(index): print_of(cube) for index, cube in enumerate(scenes)},
        "test": {"again": print_of(noisy), "new": print_of(published.smooth(99, size=(90, 70)))},
        "empty": {"flat": print_of(np.full((20, 20, 31), 0.5))},
    }
    found = duplicates.across_splits(splits)
    assert [pair[:4] for pair in found] == [("3", "train", "again", "test")]


@pytest.mark.data
def test_real_splits_share_no_scene(real_data, tmp_path):
    """CAVE's scenes are all different. CamVid's validation frames are not, but no frame of them trains too."""
    reader = CaveReader(real_data / "cave")
    convert.convert_cubes(reader, tmp_path / "cave", {"validation": [scene for scene, _ in reader.scenes()][::2]})
    assert duplicates.of_manifest(read_manifest(tmp_path / "cave")) == []
    summary = convert.convert_photos(CamvidReader(real_data / "camvid"), tmp_path / "camvid")
    splits = {name: set(split.scenes) for name, split in summary.manifest.splits.items()}
    assert not splits["train"] & splits["validation"]
    assert summary.near == duplicates.of_manifest(summary.manifest)
