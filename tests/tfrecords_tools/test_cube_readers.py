"""Readers of cubes on files in the published formats, through the program; what is bad ends in one line."""

import numpy as np
import published_cubes as published
import pytest
import scipy.io
import tifffile
from absl import flags

from hsgan.data import pipelines
from hsgan.errors import DataError
from hsgan.files import cubes as cube_files
from hsgan.files import matlab
from hsgan.records.manifest import read_manifest
from hsgan.records.reader import iterate_records
from tfrecords_tools import build_hsi
from tfrecords_tools.readers import HSI_READERS

SIZE = "x".join(map(str, published.SIZE))
GRID_420 = np.arange(420, 701, 10)


def build(source, folder, output, **arguments):
    values = build_hsi.define_flags(flags.FlagValues())
    arguments = {"source": source, "input": folder, "output": output, "workers": 1, **arguments}
    values(["program", *(f"--{name}={value}" for name, value in arguments.items())])
    build_hsi.main([], values)
    return read_manifest(output)


def cubes_of(folder):
    return {record.scene: record for split in read_manifest(folder).splits for record in iterate_records(folder, split)}


@pytest.fixture
def icvl(tmp_path):
    """Four scenes; returns the folder and {scene: counts}."""
    scenes = {f"scene_{index}": published.counts12(index) for index in range(4)}
    for name, counts in scenes.items():
        published.write_icvl(tmp_path / "icvl" / f"{name}.mat", counts)
    return tmp_path / "icvl", scenes


def test_icvl_counts_are_kept_and_the_last_scenes_are_test(icvl, tmp_path):
    folder, scenes = icvl
    manifest = build("icvl", folder, tmp_path / "out", size=SIZE, test_scenes=1, validation="scene_1")
    assert {name: split.scenes for name, split in manifest.splits.items()} == {
        "train": ("scene_0", "scene_2"),
        "validation": ("scene_1",),
        "test": ("scene_3",),
    }
    for scene, record in cubes_of(tmp_path / "out").items():
        np.testing.assert_array_equal(record.values, scenes[scene])
        assert record.scale == np.float32(1 / 4095)
    assert manifest.split("test").details["scene_3"]["shape"] == [12, 10, 31]


def test_icvl_in_the_order_of_its_own_list(icvl, tmp_path):
    folder, _ = icvl
    assert "of the sorted file names" in build("icvl", folder, tmp_path / "sorted", size=SIZE, test_scenes=1).note
    (tmp_path / "list.txt").write_text("scene_2.mat\n\nelsewhere\nscene_3\nscene_0\n scene_1 \n")
    manifest = build("icvl", folder, tmp_path / "listed", size=SIZE, test_scenes=2, order=tmp_path / "list.txt")
    assert set(manifest.split("test").scenes) == {"scene_0", "scene_1"}
    assert "the last 2 of the set's own list" in manifest.note
    (tmp_path / "list.txt").write_text("scene_0\nscene_1\nscene_2\n")
    with pytest.raises(DataError, match=r"list.txt: must name every scene of .*\. Missing: scene_3"):
        build("icvl", folder, tmp_path / "short", size=SIZE, test_scenes=1, order=tmp_path / "list.txt")


def test_ntire2018_splits_are_the_folders(tmp_path):
    for index, part in enumerate(("Train1", "Train2", "Validate")):
        path = tmp_path / "in" / f"NTIRE2018_{part}_Spectral" / f"BGU_HS_{index:05d}.mat"
        published.write_icvl(path, published.counts12(index))
    manifest = build("ntire2018", tmp_path / "in", tmp_path / "out", size=SIZE)
    assert manifest.split("train").scenes == ("BGU_HS_00000", "BGU_HS_00001")
    assert manifest.split("validation").scenes == ("BGU_HS_00002",)


@pytest.mark.parametrize(
    ("source", "name", "numbers"), [("ntire2020", "ARAD_HS", (1, 450, 451)), ("ntire2022", "ARAD_1K", (1, 900, 901))]
)
def test_arad_splits_are_the_published_numbers_in_either_matlab_format(tmp_path, source, name, numbers):
    cubes = {f"{name}_{number:04d}": published.smooth(number) for number in numbers}
    for scene, cube in cubes.items():
        published.write_arad(tmp_path / "in" / "spectral" / f"{scene}.mat", cube)
    last = tmp_path / "in" / "spectral" / f"{name}_{numbers[2]:04d}.mat"
    scipy.io.savemat(last, {"cube": cubes[last.stem], "bands": published.WAVELENGTHS, "norm_factor": 1.0})
    manifest = build(source, tmp_path / "in", tmp_path / "out", size=SIZE)
    assert [len(manifest.split(split).scenes) for split in ("train", "validation")] == [2, 1]
    for scene, record in cubes_of(tmp_path / "out").items():
        # Half a count of 1/65535 of the peak, and float32's rounding.
        np.testing.assert_allclose(record.cube(), cubes[scene], rtol=0, atol=0.51 * cubes[scene].max() / 65535)


def test_harvard_is_cut_to_a_grid_within_and_divided_by_its_calibration(tmp_path):
    cube = published.smooth(1)
    published.write_harvard(tmp_path / "in" / "CZ_hsdb" / "img1.mat", cube)
    with pytest.raises(DataError, match=r"420-720 nm and are not extrapolated; --grid=420:700:10 lies within"):
        build("harvard", tmp_path / "in", tmp_path / "out", size=SIZE)
    sensitivity = np.linspace(0.5, 2, 31)
    np.savetxt(tmp_path / "calib.txt", sensitivity)
    for name, divisor, arguments in (
        ("plain", np.ones(31), {}),
        ("divided", sensitivity / 2, {"calibration": tmp_path / "calib.txt"}),
    ):
        output = tmp_path / name
        manifest = build("harvard", tmp_path / "in", output, size=SIZE, grid="420:700:10", **arguments)
        np.testing.assert_array_equal(manifest.wavelengths_nm, GRID_420)
        expected = (cube / divisor)[..., :29]
        np.testing.assert_allclose(
            cubes_of(output)["img1"].cube(), expected, rtol=0, atol=0.51 * (cube / divisor).max() / 65535
        )
    with pytest.raises(DataError, match=r"calib.txt: must hold 31 positive numbers. Received: 3"):
        (tmp_path / "calib.txt").write_text("1 2 3")
        build("harvard", tmp_path / "in", tmp_path / "out", size=SIZE, calibration=tmp_path / "calib.txt")


def test_kaist_channels_are_found_by_name(tmp_path):
    pytest.importorskip("OpenEXR", reason="KAIST's files need hsgan[exr]")
    (tmp_path / "in").mkdir()
    cube = published.smooth(2)
    published.write_kaist(tmp_path / "in" / "scene01_reflectance.exr", cube)
    build("kaist", tmp_path / "in", tmp_path / "out", size=SIZE, grid="420:720:10")
    found = cubes_of(tmp_path / "out")["scene01_reflectance"].cube()
    np.testing.assert_allclose(found, cube, rtol=0, atol=0.51 * cube.max() / 65535)
    with pytest.raises(DataError, match=r"published size \[2704, 3376, 31\]"):
        build("kaist", tmp_path / "in", tmp_path / "bad", grid="420:720:10")
    path = tmp_path / "in" / "scene01_reflectance.exr"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match="is damaged or truncated, or not an OpenEXR"):
        build("kaist", tmp_path / "in", tmp_path / "bad", size=SIZE, grid="420:720:10")


def test_own_envi_files_are_resampled_within_their_range(tmp_path):
    """A cube that is linear in the wavelength is resampled exactly."""
    wavelengths = np.arange(395.0, 711.0, 4.5)
    cube = published.smooth(3, bands=1) * (wavelengths / 1000)
    (tmp_path / "in").mkdir()
    cube_files.write_cube(tmp_path / "in" / "own", cube, wavelengths, np.ones((3, len(wavelengths))), formats=("envi",))
    build("envi", tmp_path / "in", tmp_path / "out")
    record = cubes_of(tmp_path / "out")["own"]
    np.testing.assert_array_equal(record.wavelengths_nm, published.WAVELENGTHS)
    expected = cube[..., :1] / wavelengths[0] * published.WAVELENGTHS
    # Quantized twice: as read, and after mixing.
    np.testing.assert_allclose(record.cube(), expected, rtol=0, atol=1.1 * cube.max() / 65535)
    with pytest.raises(DataError, match="not extrapolated"):
        build("envi", tmp_path / "in", tmp_path / "bad", grid="390:700:10")


@pytest.mark.parametrize("source", ["npz", "mat", "tiff", "tiff pixels"])
def test_own_arrays(tmp_path, source):
    cube, folder = published.smooth(4), tmp_path / "in"
    folder.mkdir()
    arguments = {"wavelengths": "400:700:10"}
    if source == "npz":
        cube_files.write_cube(folder / "own", cube, published.WAVELENGTHS, np.ones((3, 31)))
        arguments = {}
    elif source == "mat":
        scipy.io.savemat(folder / "own.mat", {"hsi": cube, "other": np.ones((2, 2, 2))})
        arguments["variable"] = "hsi"
    elif source == "tiff":
        tifffile.imwrite(folder / "own.tif", np.moveaxis(np.rint(cube * 1000), 2, 0).astype(np.uint16))
        arguments["white_level"] = 1000
    else:
        tifffile.imwrite(folder / "own.tiff", cube.astype(np.float32), photometric="minisblack", planarconfig="contig")
    build(source.split()[0], folder, tmp_path / "out", **arguments)
    found = cubes_of(tmp_path / "out")["own"].cube()
    np.testing.assert_allclose(found, cube, rtol=0, atol=0.00051 if source == "tiff" else 1e-5)


def _break_icvl(folder, how):
    path, counts = folder / "scene_2.mat", published.counts12(2)
    if how == "truncated":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif how == "truncated header":
        path.write_bytes(path.read_bytes()[:300])
    elif how == "text":
        path.write_text("I am no MATLAB file" * 100)
    elif how == "wrong name":
        published.write_v73(path, cube=counts, bands=published.WAVELENGTHS)
    elif how == "transposed":
        published.write_icvl(path, counts.transpose(1, 0, 2))
    elif how == "bands first":
        published.write_v73(path, rad=counts.transpose(2, 0, 1), bands=published.WAVELENGTHS)
    elif how == "mixed bands":
        published.write_v73(path, rad=counts[..., :30], bands=published.WAVELENGTHS[:30])
    elif how == "other size":
        published.write_icvl(path, counts[:7])
    elif how == "other wavelengths":
        published.write_v73(path, rad=counts, bands=published.WAVELENGTHS + 20)
    else:
        counts[3, 4, 5] = np.nan if how == "nan" else -1
        published.write_icvl(path, counts)


ICVL_FAULTS = {
    "truncated": r"scene_2.mat: is damaged or truncated, or not a MATLAB file \(OSError",
    "truncated header": r"scene_2.mat: truncated MATLAB file. Received: 300 bytes of header",
    "text": r"scene_2.mat: must be a MATLAB file of version 5 or newer",
    "wrong name": r"scene_2.mat: no variable 'rad'; present: bands, cube",
    "transposed": r"scene_2.mat: its axes are transposed: must be \[12, 10, 31\]. Received: \[10, 12, 31\]",
    "bands first": r"scene_2.mat: its axes are transposed: must be \[12, 10, 31\]. Received: \[31, 12, 10\]",
    "mixed bands": r"scene_2.mat: must hold 31 bands. Received: shape \[12, 10, 30\]",
    "other size": r"scene_2.mat: must have the published size \[12, 10, 31\]; --size=any takes others",
    "other wavelengths": r"scene_2.mat: 'bands' must be 400 to 700 nm, 31 bands. Received: 31 values, 420 to 720",
    "nan": r"scene_2.mat: band 6 \(450 nm\): radiance must be finite. Received: 1 values NaN",
    "negative": r"scene_2.mat: band 6 \(450 nm\): radiance must not be negative. Received: 1 values negative",
}


@pytest.mark.parametrize("how", ICVL_FAULTS)
def test_bad_scene_is_one_line_and_leaves_nothing(icvl, tmp_path, how, capsys):
    folder, _ = icvl
    _break_icvl(folder, how)
    arguments = {"size": SIZE, "test_scenes": 1}
    with pytest.raises(DataError, match=ICVL_FAULTS[how]) as error:
        build("icvl", folder, tmp_path / "out", **arguments)
    assert "\n" not in str(error.value) and "--skip_bad" in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["icvl"]
    manifest = build("icvl", folder, tmp_path / "out", **arguments, skip_bad=True)
    assert manifest.split("train").scenes == ("scene_0", "scene_1")
    assert "3 records (2 train, 1 test), 1 skipped" in capsys.readouterr().out


def test_duplicate_names_and_test_splits_without_training_are_refused(icvl, tmp_path):
    folder, scenes = icvl
    with pytest.raises(DataError, match=r"last 20 scenes are the test split, and it holds 4; --test_scenes=N"):
        build("icvl", folder, tmp_path / "out", size=SIZE)
    for part in ("Train1", "Train2"):
        published.write_icvl(tmp_path / "in" / f"NTIRE2018_{part}_Spectral" / "a.mat", scenes["scene_0"])
    with pytest.raises(DataError, match=r"Train2_Spectral/a.mat: a second scene of this name, beside .*Train1"):
        build("ntire2018", tmp_path / "in", tmp_path / "out", size=SIZE)


def test_near_duplicates_in_chosen_splits_are_refused(icvl, tmp_path, capsys):
    folder, scenes = icvl
    published.write_icvl(folder / "scene_1.mat", np.rint(scenes["scene_0"] * 0.97 + 3))
    arguments = {"size": SIZE, "test_scenes": 0, "validation": "scene_1"}
    with pytest.raises(DataError, match=r"scene_0 \(train\) and scene_1 \(validation\) show nearly the same"):
        build("icvl", folder, tmp_path / "out", **arguments)
    assert [path.name for path in tmp_path.iterdir()] == ["icvl"]
    build("icvl", folder, tmp_path / "out", **arguments, keep_duplicates=True)
    assert "near-duplicates: scene_0 (train) and scene_1 (validation)" in capsys.readouterr().out


def test_own_files_say_what_stands_for_one(tmp_path):
    (tmp_path / "in").mkdir()
    scipy.io.savemat(tmp_path / "in" / "own.mat", {"cube": published.counts12(0)})
    arguments = {"wavelengths": "400:700:10"}
    with pytest.raises(DataError, match=r"own.mat: radiance must lie in \[0, 1\]; --white_level=N"):
        build("mat", tmp_path / "in", tmp_path / "out", **arguments)
    with pytest.raises(DataError, match=r"own.mat: must hold 16 bands"):
        build("mat", tmp_path / "in", tmp_path / "out", wavelengths="400:700:20")
    with pytest.raises(DataError, match=r"own.mat: states no wavelengths; give --wavelengths"):
        build("mat", tmp_path / "in", tmp_path / "out")
    with pytest.raises(DataError, match=r"--wavelengths: must be START:STOP:STEP .* Received: '400:705:10'"):
        build("mat", tmp_path / "in", tmp_path / "out", wavelengths="400:705:10")
    with pytest.raises(DataError, match=r"--size: must be HEIGHTxWIDTH or any. Received: '12'"):
        build("mat", tmp_path / "in", tmp_path / "out", **arguments, size="12")


def test_matlab_arrays_have_matlabs_axes(tmp_path):
    cube = published.smooth(0)
    published.write_v73(tmp_path / "new.mat", cube=cube, empty=np.zeros((0, 3)))
    scipy.io.savemat(tmp_path / "old.mat", {"cube": cube})
    for name in ("new", "old"):
        assert matlab.shape_of(tmp_path / f"{name}.mat", "cube") == cube.shape
        # Version 7.3 is read as float32.
        np.testing.assert_allclose(matlab.read(tmp_path / f"{name}.mat", "cube"), cube, rtol=6e-8)


def test_records_reach_a_training_batch(icvl, tmp_path, small_config):
    manifest = build("icvl", icvl[0], tmp_path / "out", size=SIZE, test_scenes=1)
    batch = next(iter(pipelines.cube_patches(small_config, manifest)))
    assert batch.shape == (2, 32, 32, 31)
    assert float(batch.numpy().min()) > 0 and float(batch.numpy().max()) <= 1


def test_dictionary_names_readers_by_their_source():
    assert all(name == reader.source for name, reader in HSI_READERS.items())
