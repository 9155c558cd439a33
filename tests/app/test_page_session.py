"""A visitor's work without a page: what is opened, refused, marked and written; long work that is stopped."""

import csv
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import spectral.io.envi
import tifffile
from PIL import Image
from trained_run import WAVELENGTHS_NM

import hsgan
from hsgan.app import chart, overlay, texts
from hsgan.app.bounds import Limits
from hsgan.app.session import Session
from hsgan.app.uploads import main_file, safe_name
from hsgan.app.work import Job, line_of
from hsgan.errors import DataError
from hsgan.files.cubes import open_cube, write_cube
from hsgan.files.libraries import read_library
from hsgan.files.stored import Choice
from hsgan.metrics.coverage import interval
from hsgan.plot.places import Place

SRF = np.full((3, 31), 1 / 31, np.float32)


@pytest.fixture(scope="module")
def model(tiny_run):
    return hsgan.Reconstructor.from_run(tiny_run)


@pytest.fixture
def session(model):
    session = Session(model, Limits(upload_bytes=10**6, pixels=10_000))
    yield session
    session.close()
    assert not session.folder.exists()


def nothing(share):
    """A report that never stops the work."""


def ramp(height=6, width=8):
    """A cube whose value tells row, column and band."""
    rows, columns, bands = np.ogrid[:height, :width, :31]
    return (rows * 100 + columns * 10 + bands / 31).astype(np.float32) / 1000


@pytest.fixture
def cube_file(tmp_path):
    return write_cube(tmp_path / "ramp", ramp(), WAVELENGTHS_NM, SRF)[0]


def test_a_photo_is_reconstructed_and_again_with_another_camera(session, photo):
    shares = []
    session.open([photo], "", shares.append)
    assert session.view.shape == (64, 96, 31) and session.kinds == ("Rendering", "Band", "Photo")
    assert shares and shares[-1] == 1
    first = session.view.cube.values
    session.reconstruct("Sigma SDMerill", nothing)
    facts = session.view.cube.attrs
    assert (facts["camera"], facts["photo"], facts["encoding"]) == ("Sigma SDMerill", "quarters.png", "srgb")
    assert np.abs(session.view.cube.values - first).max() > 0.01


def test_spectra_are_the_cubes(session, cube_file):
    session.open([cube_file], "", nothing)
    session.mark((2, 3), (2, 3))
    session.mark((5.9, 7.9), (4.2, 6.0))
    (point, values, none, unknown), (area, means, *_) = session.spectra()
    assert unknown is None
    assert none is None and point == Place(2, 3, 3, 4) and area == Place(4, 6, 6, 8)
    np.testing.assert_allclose(values, ramp()[2, 3], rtol=1e-6)
    np.testing.assert_allclose(means, ramp()[4:, 6:].mean(axis=(0, 1)), rtol=1e-6)
    assert (point.label, area.label) == ("row 2, column 3", "rows 4–5, columns 6–7")


def test_what_a_file_does_not_say_is_said_when_the_page_starts(tmp_path):
    counts = np.rint(1000 * ramp()).astype(np.uint16)
    np.savez(tmp_path / "a.npz", first=counts, second=2 * counts)
    limits = Limits(10**6, 10**6)
    session = Session(None, limits)
    with pytest.raises(DataError, match=r"^a.npz: --variable must say which array is the cube"):
        session.open([tmp_path / "a.npz"], "", nothing)
    session.close()
    session = Session(None, limits, choice=Choice(WAVELENGTHS_NM, "second", 1000.0))
    session.open([tmp_path / "a.npz"], "", nothing)
    np.testing.assert_allclose(session.view.cube.values, 2 * counts / 1000, rtol=1e-6)
    session.close()


def test_areas_have_a_spread_and_become_a_library(session, cube_file):
    session.open([cube_file], "", nothing)
    session.mark((2, 3), (2, 3))
    assert session.shaded == "" and session.spectra()[0][3] is None
    session.mark((4, 5), (5, 7))
    _, (_, mean, _, (low, high)) = session.spectra()
    spread = ramp()[4:, 5:].std(axis=(0, 1), dtype=float)
    np.testing.assert_allclose(high - mean, spread, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(low, np.maximum(mean - spread, 0), rtol=1e-5, atol=1e-7)
    assert session.shaded == "one standard deviation of an area's pixels"
    with zipfile.ZipFile(session.library("D65")) as archive:
        assert sorted(archive.namelist()) == sorted(
            ["ramp.sli", "ramp.hdr", "ramp_deviation.sli", "ramp_deviation.hdr", "ramp.csv"]
        )
        archive.extractall(session.folder)
    own = read_library(session.folder / "ramp.csv")
    assert own.names == ("row 2 column 3", "rows 4-5 columns 5-7")
    np.testing.assert_allclose(own.deviations[1], spread, rtol=1e-5, atol=1e-7)


def test_marks_outside_are_moved_to_the_border(session, cube_file):
    session.open([cube_file], "", nothing)
    assert session.mark((-3, 900), (-3, 900)) == Place(0, 7, 1, 8)


def test_every_format_is_written(session, cube_file):
    session.open([cube_file], "", nothing)
    for form, suffix in {"npz": ".npz", "envi": ".zip", "matlab": ".mat", "tiff": ".tif"}.items():
        path = session.export(form, nothing)
        assert path.suffix == suffix
        if suffix != ".zip":
            np.testing.assert_array_equal(open_cube(path).values, ramp())


def test_a_reference_is_the_truth(session, cube_file, tmp_path):
    session.open([cube_file], "", nothing)
    (tmp_path / "sub").mkdir()
    small, same = (
        write_cube(tmp_path / "sub" / name, values, WAVELENGTHS_NM, SRF)[0]
        for name, values in (("small", ramp(5)), ("same", ramp(7, 9)))
    )
    with pytest.raises(DataError, match=r"^small.npz: must have .* 6 x 8 x 31. Received: 5 x 8 x 31"):
        session.open_reference([small], nothing)
    with pytest.raises(DataError, match="at least 7 pixels a side"):
        session.open_reference([cube_file], nothing)
    session.open([same], "", nothing)
    session.open_reference([same], nothing)
    assert session.numbers["psnr"] == 100 and session.numbers["sam_deg"] == 0
    assert session.kinds == ("Rendering", "Band", "Error", "Angle")
    session.open([cube_file], "", nothing)  # of another size: the reference is of no use
    assert session.reference is None and session.kinds == ("Rendering", "Band")


def test_a_reference_of_another_program_is_the_truth_too(session, tmp_path):
    truth = ramp(7, 9)
    (own,) = write_cube(tmp_path / "own", truth, WAVELENGTHS_NM, SRF)
    session.open([own], "", nothing)
    fields = {"wavelength": (WAVELENGTHS_NM / 1000).tolist(), "wavelength units": "Micrometers"}
    spectral.io.envi.save_image(str(tmp_path / "a.hdr"), truth, metadata=fields, interleave="bsq", ext="dat")
    scipy.io.savemat(tmp_path / "b.mat", {"ref": truth, "bands": WAVELENGTHS_NM})
    np.save(tmp_path / "c.npy", truth)  # which states no wavelengths: they are the cube's
    tifffile.imwrite(tmp_path / "d.tiff", np.moveaxis(truth, 2, 0), photometric="minisblack")
    for names in (["a.dat", "a.hdr"], ["b.mat"], ["c.npy"], ["d.tiff"]):
        session.open_reference([tmp_path / name for name in names], nothing)
        assert session.reference_name == names[-1] and session.numbers["sam_deg"] == pytest.approx(0, abs=0.01)


def test_what_is_refused_changes_nothing(session, cube_file, tmp_path):
    session.open([cube_file], "", nothing)
    view = session.view
    Image.new("RGB", (200, 100)).save(tmp_path / "wide.png")
    (tmp_path / "text.jpg").write_text("text")
    big = write_cube(tmp_path / "big", np.zeros((101, 100, 31)), WAVELENGTHS_NM, SRF)[0]
    for path, line in {
        tmp_path / "wide.png": r"^wide.png: has 0.0 megapixels, at most 0.01",
        tmp_path / "text.jpg": "^text.jpg: is not a photo",
        big: "^big.npz: has 0.0 megapixels",
    }.items():
        with pytest.raises(DataError, match=line):
            session.open([path], "", nothing)
        assert session.view is view and session.name == "ramp.npz"


def test_a_marked_place_is_taken_as_white(session, cube_file):
    with pytest.raises(DataError, match="white: mark a neutral place first"):
        session.whiten(nothing)
    session.open([cube_file], "", nothing)
    before = session.view.cube.load()
    place = session.mark((1, 2), (3, 4))
    session.whiten(nothing)
    cube, white = session.view.cube, before[place.part].mean(("y", "x"))
    np.testing.assert_allclose(cube, before / white, rtol=1e-4)
    assert cube.attrs["quantity"] == "reflectance" and place.label in texts.facts_of(session)
    np.testing.assert_allclose(cube.attrs["srf"], before.attrs["srf"] * white.values, rtol=1e-5)
    assert texts.assumption_of(session) == "The cube is reflectance already."
    drawn = chart.options(WAVELENGTHS_NM, session.spectra(), None, session.view.quantity)
    assert drawn["yAxis"][0]["name"] == "reflectance (white 1)"
    assert session.marks == [place] and "quantity" not in before.attrs


def test_without_a_model_photos_are_refused(photo):
    session = Session(None, Limits(10**6, 10**6))
    with pytest.raises(DataError, match=r"needs a model: start it without --model=none"):
        session.open([photo], "", nothing)
    session.close()


def test_what_a_killed_server_left_goes_with_the_next_visitor(tmp_path, monkeypatch):
    """And not what belongs to one that lives."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    program = (
        "import os, signal, sys; from hsgan.app.bounds import Limits; from hsgan.app.session import Session; "
        "session = Session(None, Limits(10**6, 10**6)); (session.folder / 'photo').write_text('private'); "
        "print(session.folder, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    killed = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True)
    left = Path(killed.stdout.strip())
    assert (left / "photo").exists()
    living = Session(None, Limits(10**6, 10**6))
    assert not left.exists() and living.folder.parent == left.parent
    other = Session(None, Limits(10**6, 10**6))
    assert living.folder.exists()
    for session in (living, other):
        session.close()
    assert list(left.parent.iterdir()) == []


def test_the_sample_is_no_photo_without_a_model():
    session = Session(None, Limits(10**6, 10**6))
    session.open_sample("", nothing)
    assert session.name == "sample.npz" and session.view.shape == (256, 256, 31) and session.reference is None
    session.close()


def test_a_visitors_camera_is_as_one_that_is_known(session, photo, tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("no numbers")
    with pytest.raises(DataError, match=r"^two.csv: "):
        session.add_cameras([path])
    curves = np.exp(-(((WAVELENGTHS_NM[:, None] - [600, 540, 460]) / 40) ** 2))
    np.savetxt(path, np.column_stack([WAVELENGTHS_NM, curves]), delimiter=",")
    assert session.add_cameras([path]) == ["two (two.csv)"]
    session.open([photo], "two (two.csv)", nothing)
    assert session.view.cube.attrs["camera"] == "two"
    np.testing.assert_allclose(session.view.cube.attrs["srf"], (curves / curves.sum(0)).T, atol=1e-5)


def test_the_numbers_and_the_scale(session, cube_file, tmp_path):
    double = write_cube(tmp_path / "double", 2 * ramp(7, 9), WAVELENGTHS_NM, SRF)[0]
    single = write_cube(tmp_path / "single", ramp(7, 9), WAVELENGTHS_NM, SRF)[0]
    session.open([single], "", nothing)
    session.mark((0, 0), (6, 8))
    (line,) = csv.DictReader(session.table("D65").splitlines())
    assert line["last row"] == "6" and float(line["400 nm"]) == pytest.approx(ramp(7, 9)[..., 0].mean(), rel=1e-5)
    session.open_reference([double], nothing)
    assert session.numbers["psnr"] < 20
    session.rescale("best", nothing)
    assert session.numbers["scale"] == pytest.approx(2, rel=1e-6) and session.numbers["psnr"] == 100


def test_half_a_cube_and_several_files_are_refused(tmp_path):
    (tmp_path / "a.hdr").touch()
    (tmp_path / "a.img").touch()
    with pytest.raises(DataError, match="half of an ENVI cube"):
        main_file([tmp_path / "b.hdr"])
    assert main_file([tmp_path / "a.img", tmp_path / "a.hdr"]) == tmp_path / "a.hdr"
    assert main_file([tmp_path / "c.bsq", tmp_path / "c.hdr"]) == tmp_path / "c.hdr"
    assert main_file([tmp_path / "photo.raw"]) == tmp_path / "photo.raw"
    with pytest.raises(DataError, match=r"one photo or one cube at a time\. Received: 3 files"):
        main_file([tmp_path / name for name in "abc"])


@pytest.mark.parametrize("name, kept", [
    ("photo.jpg", "photo.jpg"),
    ("Größe 1.JPG", "Größe 1.JPG"),
    ("../../etc/passwd", "passwd"),
    ("C:\\photos\\a.png", "a.png"),
    ("a\0b.png", "a_b.png"),
    ("a\nb.png", "a_b.png"),
    ("a\ud800.png", "a_.png"),
    ("..", "file"),
    ("", "file"),
    (".hidden", "hidden"),
    ("ü" * 300 + ".jpg", "ü" * 58 + ".jpg"),
    ("a." + "b" * 300, "a." + "b" * 11),
])  # fmt: skip
def test_a_file_is_kept_under_a_safe_name(name, kept, tmp_path):
    assert safe_name(name) == kept
    (tmp_path / kept).write_bytes(b"kept")


def test_a_job_ends_stopped_failed_or_done(capsys):
    begun = threading.Event()

    def forever(report):
        begun.set()
        while True:
            report(0.5)
            time.sleep(0.005)

    running = Job("forever", forever).start()
    assert begun.wait(10)
    waiting = Job("next", lambda report: None).start()
    waiting.stop()  # while it waits for its turn
    assert waiting.wait(10) and waiting.stopped
    running.stop()
    assert running.wait(10) and running.stopped and running.share == 0.5 and not running.error

    def fail(report):
        raise DataError("a.jpg: is\nno photo")

    failed = Job("fail", fail).start()
    assert failed.wait(10) and failed.error == "a.jpg: is no photo" and not failed.stopped
    done = Job("done", lambda report: report(1)).start()
    assert done.wait(10) and done.share == 1 and not done.error and not done.stopped
    assert capsys.readouterr().err == ""


def test_an_error_of_ours_keeps_its_traceback_for_the_terminal(capsys):
    try:
        raise KeyError("inside")
    except KeyError as error:
        line = line_of(error)
    assert line == "An error inside the program (KeyError); its details are in the terminal."
    assert "Traceback" in capsys.readouterr().err


def test_the_chart_holds_the_spectra_and_the_bands_colors():
    values = np.linspace(0, 1, 31)
    made = chart.options(WAVELENGTHS_NM, [(Place(0, 0, 1, 1), values, values / 2, None)], band_nm=550)
    strip, line, reference = made["series"]
    assert line["data"][0] == [400.0, 0.0] and line["data"][-1] == [700.0, 1.0]
    assert reference["lineStyle"]["type"] == "dashed" and reference["data"][-1] == [700.0, 0.5]
    assert len(strip["markArea"]["data"]) == 31 and strip["markLine"]["data"] == [{"xAxis": 550.0}]
    assert made["xAxis"]["min"] == 395 and made["xAxis"]["max"] == 705


def test_the_chart_shades_what_is_not_certain():
    """An area of the interval's width, stacked upon its lower end, which is never below no light."""
    values, deviation = np.linspace(0, 1, 31), np.full(31, 0.1)
    made = chart.options(WAVELENGTHS_NM, [(Place(0, 0, 1, 1), values, None, interval(values, deviation))])
    _, low, width, line = made["series"]
    assert low["stack"] == width["stack"] and "areaStyle" in width and "areaStyle" not in low
    assert low["data"][0] == [400.0, 0.0] and width["data"][0] == [400.0, 0.16449]
    assert low["data"][-1] == [700.0, 0.83551] and width["data"][-1] == [700.0, 0.32898]
    assert line["data"][-1] == [700.0, 1.0]


def test_a_scale_runs_from_its_lowest_to_its_highest_color():
    assert overlay.colorbar("magma")[0] == "#000004" and overlay.colorbar("magma")[-1] == "#fcfdbf"
