"""Photos beside true cubes: by name, by their evidence, at the truth's scale; and developed pictures."""

import json

import numpy as np
import pytest
from method_contract import Known
from PIL import Image
from trained_run import WAVELENGTHS_NM, make_run, scene

from hsgan.errors import DataError
from hsgan.evaluate import photos, processing
from hsgan.files.cubes import write_cube
from hsgan.metrics.quality import best_scale
from hsgan.spectra import srf as srf_lib
from hsgan.spectra.developed import responses
from hsgan.spectra.imaging import project, srgb_encode

SRF = responses(WAVELENGTHS_NM)


def save_photo(path, cube, gain=1.0):
    encoded = srgb_encode(np.clip(project(cube * np.float32(gain), SRF).numpy(), 0, 1)).numpy()
    Image.fromarray(np.round(encoded * 255).astype(np.uint8)).save(path)


def read(folder, truth):
    """Reads the photo B beside its cube in another folder."""
    (pair,) = photos.find_pairs([str(folder / "photos" / "B.png")], truth)
    return photos.read_pair(pair, Known("m", srf_lib.load("default", WAVELENGTHS_NM), None))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A run; cubes A_ms.mat and b.npz; photos A_RGB.bmp, of half the light, and B.png."""
    folder = tmp_path_factory.mktemp("pairs")
    make_run(folder / "run")
    (folder / "photos").mkdir()
    for number, (stem, form, photo, gain) in enumerate(
        (("A_ms", "matlab", "A_RGB.bmp", 0.5), ("b", "npz", "B.png", 1.0))
    ):
        cube = scene(number).astype(np.float32) / 65535
        write_cube(folder / "truth" / stem, cube, WAVELENGTHS_NM, None, formats=[form])
        save_photo(folder / "photos" / photo, cube, gain)
    return folder


def test_pairs_go_by_name(folder):
    pairs = photos.find_pairs([str(folder / "photos")], folder / "truth")
    found = [(pair.scene, pair.photo.name, pair.truth.name) for pair in pairs]
    assert found == [("a", "A_RGB.bmp", "A_ms.mat"), ("b", "B.png", "b.npz")]
    for name, expected in {"x/Balloons_ms": "balloons", "c_RGB.bmp": "c", "_rgb.png": "_rgb", "d.hdr": "d"}.items():
        assert photos.scene_of(name) == expected


def test_what_does_not_pair_is_refused(folder, tmp_path):
    (tmp_path / "c.png").write_bytes((folder / "photos" / "B.png").read_bytes())
    with pytest.raises(DataError, match=r"c\.png: .*must hold the cube of this photo.*Received: cubes of a, b; narrow"):
        photos.find_pairs([str(tmp_path)], folder / "truth")
    (tmp_path / "b.png").write_bytes((folder / "photos" / "B.png").read_bytes())
    with pytest.raises(DataError, match=r"b\.png: .*B\.png has the same name"):
        photos.find_pairs([str(folder / "photos" / "B.png"), str(tmp_path / "b.png")], folder / "truth")
    for name in ("b.npz", "b_ms.npz"):
        (tmp_path / name).write_bytes((folder / "truth" / "b.npz").read_bytes())
    with pytest.raises(DataError, match=r"b_ms\.npz: b\.npz has the same name but for its ending"):
        photos.cubes_in(tmp_path)
    with pytest.raises(DataError, match=r"no such folder|cannot be read"):
        photos.find_pairs([str(folder / "photos")], tmp_path / "none")


def test_a_truth_of_other_pixels_or_bands_is_refused(folder, tmp_path):
    for cube, nm, message in (
        (scene(1, 20, 20), WAVELENGTHS_NM, r"must have the pixels of .*, 20 x 20\. Received: 24 x 20"),
        (scene(1)[..., :30], WAVELENGTHS_NM[:-1], r"must have the model's 31 bands, 400-700 nm\. Received: 30 bands"),
    ):
        write_cube(tmp_path / "b", cube.astype(np.float32), nm, None, formats=["npz"])
        with pytest.raises(DataError, match=message):
            read(folder, tmp_path)


def test_the_program_measures_pairs(folder, tmp_path, program):
    arguments = (
        f"--run={folder / 'run'}", f"--photos={folder / 'photos'}/*", f"--truth={folder / 'truth'}", "--figures=0",
        "--protocol=quick",
    )  # fmt: skip
    status, stdout, stderr = program("hsgan.evaluate", *arguments, f"--output={tmp_path / 'best'}")
    assert status == 0, stderr
    assert "srgb, by the evidence in each photo; 2 photos, scale best" in stdout
    best = json.loads((tmp_path / "best" / "metrics.json").read_text())
    status, _, stderr = program("hsgan.evaluate", *arguments, "--scale=none", f"--output={tmp_path / 'none'}")
    assert status == 0, stderr
    none = json.loads((tmp_path / "none" / "metrics.json").read_text())
    assert best["photos"]["a"]["camera"] == "srgb" and best["photos"]["a"]["truth"].endswith("A_ms.mat")
    smooth = best["methods"]["smooth"]["scenes"]
    # The photo has half of the light (and 8 bits).
    assert smooth["a"]["scale"] == pytest.approx(2 * smooth["b"]["scale"], rel=0.1)
    assert smooth["a"]["psnr"] > none["methods"]["smooth"]["scenes"]["a"]["psnr"] + 1
    assert "scale" not in none["methods"]["smooth"]["scenes"]["a"]


def test_the_program_scores_developed_pictures(folder, tmp_path, program):
    status, stdout, stderr = program(
        "hsgan.evaluate", f"--run={folder / 'run'}", f"--photos={folder / 'photos' / 'B.png'}",
        f"--truth={folder / 'truth'}", "--protocol=developed", f"--output={tmp_path / 'out'}",
    )  # fmt: skip
    assert status == 0, stderr
    assert "1 developed pictures, best scale" in stdout
    results = json.loads((tmp_path / "out" / "metrics.json").read_text())
    rows = {(row["picture"], row["read_as"]): row["methods"]["smooth"]["psnr"] for row in results["rows"]}
    assert set(rows) == {("exact", "srgb")} | {
        (picture, reading) for picture in processing.PROCESSING for reading in ("srgb", "mean")
    }
    assert rows["exact", "srgb"] >= rows["as it is", "srgb"] - 0.5  # 8 bits
    assert rows["as it is", "srgb"] > rows["as it is", "mean"]
    assert rows["as it is", "srgb"] > rows["JPEG 75", "srgb"]


@pytest.mark.parametrize("arguments, message", [
    (["--data=x", "--photos=y", "--truth=z"], "give --data, a folder of records, or --photos and --truth"),
    (["--photos=y"], "give --data, a folder of records, or --photos and --truth"),
    (["--data=x", "--protocol=developed"], "developed is of pictures"),
])  # fmt: skip
def test_flags_that_do_not_go_together(arguments, message, program):
    status, _, stderr = program("hsgan.evaluate", "--run=r", "--output=o", *arguments)
    assert status == 1 and message in stderr


def test_processing_is_what_it_says():
    ramp = np.broadcast_to(np.arange(256, dtype=np.uint8)[None, :, None], (4, 256, 3))
    toned = np.asarray(processing.toned(Image.fromarray(ramp)))[0, :, 0].astype(int)
    assert toned[0] == 0 and toned[255] == 255 and (np.diff(toned) >= 0).all()
    assert (toned[148] - toned[108]) / 40 == pytest.approx(1.2, abs=0.03)
    assert toned[64] < 64 and toned[192] > 192
    color = np.full((2, 2, 3), (100, 120, 140), np.uint8)
    more = np.asarray(processing.saturated(Image.fromarray(color)))[0, 0].astype(int)
    gray = round(0.299 * 100 + 0.587 * 120 + 0.114 * 140)
    np.testing.assert_allclose(more, gray + 1.2 * (color[0, 0] - float(gray)), atol=1)
    assert best_scale(ramp.astype(float), ramp / 2) == pytest.approx(2)
