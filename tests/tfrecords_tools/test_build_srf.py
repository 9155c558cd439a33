"""Camera dictionaries: published formats in, one file out that the trainer's loader takes."""

import json

import numpy as np
import PIL.Image
import pytest
import scipy.io
from absl import flags

from hsgan import config as config_lib
from hsgan.errors import DataError
from hsgan.files.cameras import SUFFIXES
from hsgan.spectra import srf
from tfrecords_tools import build_srf, camera_dictionary

GRID = np.arange(400, 701, 10)
FINE = np.arange(380, 781, 5)


def curves(grid, shift=0.0):
    """Returns [3, samples] bells at 610, 540 and 460 nm."""
    return np.exp(-(((grid - np.array([[610], [540], [460]]) - shift) / 40.0) ** 2)) * [[0.8], [1], [0.6]]


def normalized(rows):
    return rows / rows.sum(axis=1, keepdims=True)


@pytest.fixture
def files(tmp_path):
    """One camera in each format."""
    rows = ["\t".join(f"{value:.9g}" for value in row) for row in curves(srf.CAMSPEC_WAVELENGTHS_NM)]
    (tmp_path / "camspec_database.txt").write_text("\n".join(["Jiang One", *rows, ""]))
    lines = [f"{wave},{r:.9g},{g:.9g},{b:.9g}" for wave, (r, g, b) in zip(FINE, curves(FINE, 1).T, strict=True)]
    (tmp_path / "phone.csv").write_text("\n".join(["Wavelength[nm],R,G1,B", *lines]))
    main = {str(wave): list(values) for wave, values in zip(FINE, curves(FINE, 2).T, strict=True)}
    content = {
        "header": {"manufacturer": "Canon", "model": "X"},
        "spectral_data": {"units": "relative", "index": {"main": ["R", "G", "B"]}, "data": {"main": main}},
    }
    (tmp_path / "canon.json").write_text(json.dumps(content))
    np.savez(tmp_path / "cie.npz", filters=curves(GRID, 3).T, bands=GRID)
    scipy.io.savemat(tmp_path / "d40.mat", {"filters": curves(GRID, 4).T})
    return [tmp_path / name for name in ("camspec_database.txt", "phone.csv", "canon.json", "cie.npz", "d40.mat")]


def build(capsys, *paths, **arguments):
    values = build_srf.define_flags(flags.FlagValues())
    values(["program", *(f"--{name}={value}" for name, value in arguments.items())])
    build_srf.main(["program", *map(str, paths)], values)
    return capsys.readouterr().out


def test_all_formats_merge_and_the_trainer_loads_them(files, tmp_path, capsys):
    output = tmp_path / "out" / "cameras.npz"
    printed = build(capsys, *files, output=output, plot=tmp_path / "plot.png")
    assert f"{output}: 5 cameras, 400-700 nm, 31 samples, 0 skipped" in printed
    config = config_lib.default_config()
    config.cameras.dictionary = str(output)
    dictionary = srf.load(config.cameras.dictionary, config_lib.wavelengths_nm(config))
    assert dictionary.names == ("Jiang One", "phone", "Canon X", "cie", "d40")
    for index, name in enumerate(dictionary.names):
        np.testing.assert_allclose(dictionary.srf(name), normalized(curves(GRID, index)), rtol=1e-6, atol=1e-9)
    assert np.asarray(PIL.Image.open(tmp_path / "plot.png").convert("L")).std() > 10
    # On a coarser grid within, the loader resamples and normalizes again.
    coarse = srf.load(output, GRID[::3]).srf("cie")
    np.testing.assert_allclose(coarse, normalized(curves(GRID, 3)[:, ::3]), rtol=1e-5, atol=1e-9)
    with pytest.raises(DataError, match="400-700 nm and are not extrapolated"):
        srf.load(output, np.arange(390, 701, 10))


def test_plot_names_few_cameras_and_of_many_the_farthest():
    responses = np.array([normalized(curves(GRID, shift)) for shift in range(-5, 5)])
    responses[3, 1] = np.roll(responses[3, 1], 10)  # one green curve, 100 nm off

    def panels_of(count):
        names = tuple(f"camera {index}" for index in range(count))
        return camera_dictionary.plot(srf.SrfDictionary(names, GRID, responses[:count], "test")).axes

    many, few = panels_of(10), panels_of(2)
    legends = [[text.get_text() for text in panel.get_legend().get_texts()] for panel in (*many, few[0])]
    assert legends[1] == ["mean", "farthest: camera 3"] and legends[3] == ["camera 0", "camera 1"]
    np.testing.assert_array_equal(few[2].lines[1].get_ydata(), responses[1, 2])


def test_the_embedded_cameras_can_be_merged_and_chosen_from(files, tmp_path, capsys):
    build(capsys, "default", files[1], output=tmp_path / "a.npz", only="phone,Nikon 5100")
    assert srf.load(tmp_path / "a.npz", GRID).names == ("Nikon 5100", "phone")
    with pytest.raises(DataError, match=r"--only: no camera 'Nikon 5000'; near: Nikon 5100"):
        build(capsys, "default", output=tmp_path / "b.npz", only="Nikon 5000")
    assert not (tmp_path / "b.npz").exists()


@pytest.mark.data
def test_the_published_database(real_data, tmp_path, capsys):
    path = real_data / "srf/camspec_database.txt"
    build(capsys, path, output=tmp_path / "a.npz")
    ours, theirs = srf.load(tmp_path / "a.npz", GRID), srf.load(path, GRID)
    assert ours.names == theirs.names and len(ours.names) == 28
    np.testing.assert_allclose(ours.responses, theirs.responses, rtol=1e-5, atol=1e-8)


def test_cameras_that_do_not_reach_over_the_grid(files, tmp_path, capsys):
    arguments = {"output": tmp_path / "a.npz", "grid": "390:700:10"}
    with pytest.raises(DataError, match="cie: its bands span 400-700 nm and are not extrapolated"):
        build(capsys, files[1], files[3], **arguments)
    printed = build(capsys, files[1], files[3], **arguments, skip_bad=True)
    assert "1 cameras" in printed and "skipped cie: " in printed


def _rewrite(path, how):
    if how == "negative":
        path.write_text(path.read_text().replace("\n400,", "\n400,-0.5,-0.5,-0.5,"))
    elif how == "order":
        path.write_text(path.read_text().replace("R,G1,B", "B,G1,R"))
    elif how == "header":
        path.write_text(path.read_text().replace("G1", "X"))
    elif how == "text":
        path.write_text(path.read_text().replace("\n400,", "\nabc,"))
    elif how == "descending":
        path.write_text(path.read_text().replace("\n400,", "\n300,"))
    elif how == "dark":
        path.write_text("\n".join(f"{wave},0,1,1" for wave in FINE))
    elif how == "empty":
        path.write_text("")


FAULTS = {
    "negative": "phone: sensitivities must not be negative. Received: a least value of -0.5",
    "order": "phone: rows must be R, G, B, from long to short wavelengths. Received: centers at 461, 541, 611 nm",
    "header": r"phone.csv: its header must name R, G and B",
    "text": r"phone.csv: must hold rows of wavelength, R, G, B",
    "descending": "phone: wavelengths must ascend",
    "dark": "phone: every channel must respond to light",
    "empty": r"phone.csv: must hold rows of wavelength, R, G, B. Received: 0 rows",
}


@pytest.mark.parametrize("how", FAULTS)
def test_bad_curves_are_named_and_nothing_is_written(files, tmp_path, capsys, how):
    _rewrite(files[1], how)
    with pytest.raises(DataError, match=FAULTS[how]):
        build(capsys, files[1], output=tmp_path / "a.npz")
    assert not (tmp_path / "a.npz").exists()


def test_bad_files_are_named(files, tmp_path, capsys):
    arguments = {"output": tmp_path / "a.npz"}
    files[2].write_text("{}")
    np.savez(files[3], other=1)
    scipy.io.savemat(files[4], {"filters": np.ones((30, 3))})
    (tmp_path / "x.bin").write_bytes(b"")
    for path, message in (
        (files[2], r"canon.json: must be rawtoaces' JSON of a camera \(KeyError: 'header'\)"),
        (files[3], r"cie.npz: no variable 'filters'; present: other"),
        (files[4], r"d40.mat: 'filters' must be \[31, 3\]. Received: \[30, 3\]"),
        (tmp_path / "x.bin", rf"x.bin: must be one of {', '.join(SUFFIXES)}. Received: .bin"),
        (tmp_path / "no.csv", r"no.csv: no such file"),
    ):
        with pytest.raises(DataError, match=message):
            build(capsys, path, **arguments)
    with pytest.raises(DataError, match="camera names must be unique"):
        build(capsys, files[0], files[0], **arguments)
    with pytest.raises(DataError, match="give files of camera sensitivities"):
        build(capsys, **arguments)
    with pytest.raises(DataError, match=r"--output: must end in .npz"):
        build(capsys, files[0], output=tmp_path / "a.txt")
    with pytest.raises(DataError, match=r"cie.npz: must be a dictionary of tfrecords_tools.build_srf"):
        srf.load(files[3], GRID)
    with pytest.raises(DataError, match=r"no such file: nowhere.npz; tfrecords_tools.build_srf makes one"):
        srf.load("nowhere.npz", GRID)
