"""The programs, on data sets that the test writes in their published layouts, and on the real ones where they are."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import tensorflow as tf
from absl import flags

from hsgan.errors import DataError, UsageError
from hsgan.records import reader as record_reader
from hsgan.records import schema
from hsgan.records.manifest import read_manifest
from tfrecords_tools import build_hsi, build_rgb, convert
from tfrecords_tools.readers import HSI_READERS, RGB_READERS, CamvidReader, CaveReader

SIZE = 6, 8


def _write_png16(path, values):
    path.write_bytes(tf.io.encode_png(values[..., None]).numpy())


@pytest.fixture
def cave(tmp_path):
    """Three scenes, one of them without the inner folder; returns the folder and {scene: values}."""
    rng, scenes = np.random.default_rng(0), {}
    for name in ("apples", "beads", "cloth"):
        values = rng.integers(0, 65536, (*SIZE, 31)).astype(np.uint16)
        folder = tmp_path / "cave" / f"{name}_ms" / ("" if name == "cloth" else f"{name}_ms")
        folder.mkdir(parents=True)
        for band in range(31):
            _write_png16(folder / f"{name}_ms_{band + 1:02d}.png", values[..., band])
        (folder / f"{name}_RGB.bmp").write_bytes(b"not looked at")
        scenes[name] = values
    return tmp_path / "cave", scenes


@pytest.fixture
def camvid(tmp_path):
    """Two training photos (JPEG, PNG) and one for validation; returns the folder and {photo: label ids}."""
    rng, labels = np.random.default_rng(1), {}
    for index, (split, suffix) in enumerate((("train", "jpg"), ("train", "png"), ("val", "png"))):
        for folder in (split, f"{split}annot"):
            (tmp_path / "camvid" / folder).mkdir(parents=True, exist_ok=True)
        image = PIL.Image.fromarray(rng.integers(0, 256, (*SIZE, 3)).astype(np.uint8))
        image.save(tmp_path / "camvid" / split / f"photo{index}.{suffix}")
        labels[f"photo{index}"] = rng.integers(0, 12, SIZE).astype(np.uint8)
        PIL.Image.fromarray(labels[f"photo{index}"]).save(tmp_path / "camvid" / f"{split}annot" / f"photo{index}.png")
    return tmp_path / "camvid", labels


def _run(program, capsys, **arguments):
    """Runs a program on a command line of its own; returns what it printed."""
    values = program.define_flags(flags.FlagValues())
    arguments = {"workers": 1, **arguments}
    values(["program", *(f"--{name}={value}" for name, value in arguments.items())])
    program.main([], values)
    return capsys.readouterr().out


def test_cave_conversion_is_exact(cave, tmp_path, capsys):
    folder, scenes = cave
    output = tmp_path / "out"
    held_out = {"validation": "beads", "test": "cloth"}
    printed = _run(build_hsi, capsys, source="cave", input=str(folder), output=str(output), **held_out)
    assert "cave: 3 records (1 train, 1 validation, 1 test), 0 skipped" in printed
    manifest = read_manifest(output)
    assert manifest.verify() == 3
    assert manifest.wavelengths_nm == tuple(range(400, 701, 10))
    assert manifest.split("validation").scenes == ("beads",)
    assert manifest.split("test").scenes == ("cloth",)
    for split in ("train", "validation", "test"):
        for record in record_reader.iterate_records(output, split):
            np.testing.assert_array_equal(record.values, scenes[record.scene])
            assert record.scale == np.float32(1 / 65535)


def test_camvid_conversion_keeps_bytes_and_turns_11_into_void(camvid, tmp_path, capsys):
    folder, labels = camvid
    output = tmp_path / "out"
    printed = _run(build_rgb, capsys, source="camvid", input=str(folder), output=str(output), shards=1)
    assert "camvid: 3 records (2 train, 1 validation), 0 skipped" in printed
    manifest = read_manifest(output)
    assert (manifest.classes, manifest.class_names[0], manifest.encoding) == (11, "sky", "srgb")
    for split, name in (("train", "train"), ("validation", "val")):
        for record in record_reader.iterate_records(output, split):
            (path,) = (folder / name).glob(f"{record.scene}.*")
            assert record.image == path.read_bytes()
            expected = np.where(labels[record.scene] == 11, schema.VOID, labels[record.scene])
            np.testing.assert_array_equal(record.labels, expected)


def _break_cave(folder, how):
    scene = folder / "beads_ms" / "beads_ms"
    band = scene / "beads_ms_07.png"
    if how == "missing":
        band.unlink()
    elif how == "size":
        _write_png16(band, np.zeros((3, 8), np.uint16))
    elif how == "8 bit":
        band.write_bytes(tf.io.encode_png(np.zeros((*SIZE, 1), np.uint8)).numpy())
    elif how == "color":
        band.write_bytes(tf.io.encode_png(np.zeros((*SIZE, 3), np.uint16)).numpy())
    elif how == "text":
        band.write_text("I am no image, whatever my name says")
    elif how == "damaged":
        band.write_bytes(band.read_bytes()[:70])
    elif how == "surplus":
        _write_png16(scene / "beads_ms_32.png", np.zeros(SIZE, np.uint16))


CAVE_FAULTS = {
    "missing": r"beads_ms: must hold 31 bands. Missing: beads_ms_07.png",
    "size": r"beads_ms_07.png: must have the size of band 1, \[6, 8\]. Received: \[3, 8\]",
    "8 bit": r"beads_ms_07.png: must be a 16-bit grayscale PNG. Received: 8 bits",
    "color": r"beads_ms_07.png: must be a 16-bit grayscale PNG. Received: 16 bits a channel, color type 2",
    "text": r"beads_ms_07.png: must be a PNG image",
    "damaged": r"beads_ms_07.png: is damaged or truncated, or not a PNG image",
    "surplus": r"beads_ms: must hold 31 bands. Surplus: beads_ms_32.png",
}


@pytest.mark.parametrize("how", CAVE_FAULTS)
def test_bad_cave_scene_stops_or_is_skipped_and_counted(cave, tmp_path, capsys, how):
    folder, _ = cave
    _break_cave(folder, how)
    arguments = {"source": "cave", "input": str(folder), "output": str(tmp_path / "out")}
    with pytest.raises(DataError, match=CAVE_FAULTS[how]) as error:
        _run(build_hsi, capsys, **arguments)
    assert "\n" not in str(error.value) and "--skip_bad" in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cave"]
    printed = _run(build_hsi, capsys, **arguments, skip_bad=True)
    assert "2 records (2 train), 1 skipped" in printed and "skipped beads: " in printed


def _break_camvid(folder, how):
    labels = folder / "trainannot" / "photo1.png"
    if how == "outside":
        PIL.Image.fromarray(np.full(SIZE, 40, np.uint8)).save(labels)
    elif how == "no labels":
        labels.unlink()
    elif how == "size":
        PIL.Image.fromarray(np.zeros((8, 6), np.uint8)).save(labels)
    elif how == "color labels":
        PIL.Image.fromarray(np.zeros((*SIZE, 3), np.uint8)).save(labels)
    elif how == "text labels":
        labels.write_text("text")
    elif how == "text":
        (folder / "train" / "photo1.png").write_text("text")
    elif how == "cut":
        path = folder / "train" / "photo1.png"
        path.write_bytes(path.read_bytes()[:-40])


CAMVID_FAULTS = {
    "outside": r"trainannot/photo1.png: labels outside the classes: ids \[40\]",
    "no labels": r"trainannot/photo1.png: no such file: every photo needs its label map",
    "size": r"trainannot/photo1.png: must have the size of its photo, \[6, 8\]. Received: \[8, 6\]",
    "color labels": r"trainannot/photo1.png: must be an 8-bit grayscale or palette PNG .* Received: PNG, mode RGB",
    "text labels": r"trainannot/photo1.png: is damaged or truncated, or not a label map",
    "text": r"train/photo1.png: must be a JPEG or PNG image",
    "cut": r"train/photo1.png: the image does not decode",
}


@pytest.mark.parametrize("how", CAMVID_FAULTS)
def test_bad_photo_stops_or_is_skipped_and_counted(camvid, tmp_path, capsys, how):
    folder, _ = camvid
    _break_camvid(folder, how)
    arguments = {"source": "camvid", "input": str(folder), "output": str(tmp_path / "out")}
    with pytest.raises(DataError, match=CAMVID_FAULTS[how]):
        _run(build_rgb, capsys, **arguments)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["camvid"]
    assert "2 records (1 train, 1 validation), 1 skipped" in _run(build_rgb, capsys, **arguments, skip_bad=True)


def test_palette_labels_are_read_as_ids(camvid):
    folder, labels = camvid
    image = PIL.Image.frombytes("P", SIZE[::-1], labels["photo0"].tobytes())
    image.putpalette(list(range(255, -1, -1)) * 3)
    file = io.BytesIO()
    image.save(file, "PNG")
    (folder / "trainannot" / "photo0.png").write_bytes(file.getvalue())
    expected = np.where(labels["photo0"] == 11, schema.VOID, labels["photo0"])
    np.testing.assert_array_equal(CamvidReader(folder).read("photo0").labels, expected)


class _FloatReader:
    """A reader whose second scene is no radiance."""

    source, note, wavelengths_nm = "float", "", np.array([400.0, 410.0], np.float32)

    def __init__(self, bad):
        self.bad = bad

    def scenes(self):
        return [("good", "train"), ("bad", "train")]

    def read(self, scene):
        cube = np.full((2, 2, 2), self.bad if scene == "bad" else 0.25)
        values, scale = schema.quantize(cube)
        return schema.CubeRecord(values, scale, self.wavelengths_nm, scene, self.source)


@pytest.mark.parametrize("bad, rule", [(np.nan, "must be finite"), (-1.0, "must not be negative")])
def test_cube_with_nan_or_negative_values_is_refused(tmp_path, bad, rule):
    with pytest.raises(DataError, match=f"bad: a cube {rule}"):
        convert.convert_cubes(_FloatReader(bad), tmp_path / "out")
    summary = convert.convert_cubes(_FloatReader(bad), tmp_path / "out", build=convert.Build(skip_bad=True))
    assert list(summary.skipped) == ["bad"]
    ((_, cube),) = record_reader.iterate_cubes(tmp_path / "out", "train")
    np.testing.assert_allclose(cube, 0.25, rtol=1e-7)  # float32's rounding


def test_unusable_arguments_are_named(cave, tmp_path, capsys):
    folder, _ = cave
    arguments = {"source": "cave", "input": str(folder), "output": str(tmp_path / "out")}
    with pytest.raises(DataError, match=r"--validation: no scene 'beds'; near: beads"):
        _run(build_hsi, capsys, **arguments, validation="beds")
    with pytest.raises(DataError, match="--test: 'beads' is named by --validation too; a scene is in one split"):
        _run(build_hsi, capsys, **arguments, validation="beads", test="beads")
    with pytest.raises(DataError, match="no such folder; give the folder that holds CAVE"):
        CaveReader(tmp_path / "nowhere")
    with pytest.raises(DataError, match="no CAVE scene"):
        CaveReader(tmp_path / "cave" / "beads_ms" / "beads_ms")
    with pytest.raises(DataError, match="no photo of camvid; give CamVid's folder"):
        CamvidReader(folder)
    with pytest.raises(DataError, match=r"--shards: must not be negative. Received: -1"):
        _run(build_hsi, capsys, **arguments, shards=-1)
    with pytest.raises(DataError, match=r"--workers: must not be negative. Received: -2"):
        _run(build_hsi, capsys, **{**arguments, "workers": -2})
    with pytest.raises(DataError, match=r"--white_level: the reader of 'cave' does not take it"):
        _run(build_hsi, capsys, **arguments, white_level=3)


def test_program_prints_one_line_and_exits_nonzero(tmp_path):
    answer = subprocess.run(
        [sys.executable, "-m", "tfrecords_tools.build_hsi", "--source=cave", f"--input={tmp_path}", "--output=out"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1 and answer.stdout == ""
    last = answer.stderr.strip().splitlines()[-1]
    assert last == f"tfrecords_tools.build_hsi: error: {tmp_path}: no CAVE scene (a folder NAME_ms of 31 PNG files)"
    assert "Traceback" not in answer.stderr


def test_dictionaries_name_readers_by_their_source():
    for readers in (HSI_READERS, RGB_READERS):
        assert all(name == reader.source for name, reader in readers.items())


@pytest.mark.data
def test_real_cave_and_camvid(real_data, tmp_path):
    reader = CaveReader(real_data / "cave")
    held_out = [scene for scene, _ in reader.scenes()[:2]]
    summary = convert.convert_cubes(reader, tmp_path / "cave", {"validation": held_out}, build=convert.Build(workers=2))
    assert summary.near == []
    assert summary.manifest.verify() == len(reader.scenes()) == 17
    for scene, cube in record_reader.iterate_cubes(tmp_path / "cave", "validation"):
        path = real_data / "cave" / f"{scene}_ms" / f"{scene}_ms" / f"{scene}_ms_16.png"
        band = np.asarray(PIL.Image.open(path), np.float64) / 65535
        np.testing.assert_allclose(cube[..., 15], band, rtol=2e-7)  # two roundings of float32
    summary = convert.convert_photos(CamvidReader(real_data / "camvid"), tmp_path / "camvid")
    assert summary.manifest.verify() == 468
    assert {name: split.records for name, split in summary.manifest.splits.items()} == {"train": 367, "validation": 101}


def test_beam_that_is_not_there_is_named(cave, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    arguments = {"source": "cave", "input": str(cave[0]), "output": str(tmp_path / "out")}
    with pytest.raises(DataError, match=r"--runner needs Apache Beam: pip install 'hsgan\[beam\]'"):
        _run(build_hsi, capsys, **arguments, runner="DirectRunner")
    with pytest.raises(UsageError, match="--beam_options: they need a --runner"):
        _run(build_hsi, capsys, **arguments, beam_options="--region=r")
