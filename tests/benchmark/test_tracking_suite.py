"""Suite table4: what is measured stands in the results, the tables and the page; an interrupted suite goes on."""

import json

import numpy as np
import pytest
from targets import sequence_of

from hsgan.benchmark import published, trackers
from hsgan.benchmark.trackers import Contender, contenders
from hsgan.benchmark.tracking import REAL, SIMULATED, TrackingSuite
from hsgan.errors import RunError
from hsgan.metrics.tracking import tracking_measures

# Few spectra: what the mixture is fitted to does not matter here.
SMALL = ("--config.prior.samples=500", "--config.prior.components=2", "--config.prior.folds=0")


def shifted(pixels, calls=None):
    """Returns a tracker that is wrong by so many pixels."""

    def follow(sequence):
        if calls is not None:
            calls.append(sequence.name)
        return np.add(sequence.truth, [pixels, 0, 0, 0]), 0.5, 1.5

    return follow


@pytest.fixture
def groups():
    return {REAL: [sequence_of("a", count=4), sequence_of("b", count=3)],
            SIMULATED: [sequence_of("s", count=4), sequence_of("s-HSI", bands=16, count=4)]}  # fmt: skip


def suite_of(folder, groups, calls=None, **identity):
    rows = [
        Contender("RGB", shifted(3, calls)),
        Contender("fm_net", shifted(12, calls), kind="cubes", paper="fm_net"),
        Contender("Raw", shifted(0, calls), 16, "cubes", "raw"),
    ]
    return TrackingSuite(rows, groups, folder, identity)


def test_every_row_follows_the_sequences_of_its_kind(tmp_path, groups):
    results = suite_of(tmp_path / "out", groups).run()
    rows = results["rows"]
    assert list(rows["RGB"][REAL]) == ["a", "b"] and list(rows["RGB"][SIMULATED]) == ["s"]
    assert list(rows["Raw"]) == [SIMULATED] and list(rows["Raw"][SIMULATED]) == ["s-HSI"]
    truth = groups[REAL][1].truth
    assert rows["fm_net"][REAL]["b"]["measures"] == tracking_measures(truth, np.add(truth, [12, 0, 0, 0]))
    assert json.loads((tmp_path / "out" / "results.json").read_text())["rows"] == rows


def test_tables_have_means_and_the_papers_numbers(tmp_path, groups):
    suite = suite_of(tmp_path / "out", groups)
    suite.run()
    table = {column.heading: column for column in suite.columns(REAL)}
    assert table["tracker"].cells == ["RGB", "fm_net"]
    # A center error of 3 px counts from 3 px on, one of 12 from 12 on.
    assert table["AP %"].cells == ["96.00", "78.00"] and table["AP %"].best == {0}
    assert table["location error px"].cells == ["3.00", "12.00"]
    assert table["paper: AP %"].cells == ["", f"{published.TABLE_4['fm_net'][0]:g}"] == ["", "80.03"]
    assert table["frames/s"].cells == ["2.3", "2.3"]  # 7 frames in 2 times 1.5 s
    assert table["with cubes"].cells == ["1.8", "1.8"]
    assert not any(column.kind == "paper" for column in suite.columns(SIMULATED))
    single = {column.heading: column.cells for column in suite.sequence_columns(SIMULATED)}
    assert single["s"][2] == "" and single["s-HSI"][:2] == ["", ""]
    assert single["s-HSI"][2] == f"{20 / 21:.3f} (100)"


def test_the_page_and_the_plots(tmp_path, groups):
    suite = suite_of(tmp_path / "out", groups, cubes="demo", camera="Nikon D700")
    suite.run()
    paths = suite.write()
    assert [path.name for path in paths] == [
        "report.html", "table.md", "plots-videos.png", "plots-simulated-videos.png",
    ]  # fmt: skip
    page, text = paths[0].read_text(), paths[1].read_text()
    for shown in ("96.00", "80.03", "fitted to demo", "camera is Nikon D700", "data:image/png;base64,"):
        assert shown in page
    assert "| RGB | **96.00** |" in text and "## Videos: 2 in RGB" in text
    assert "<script" not in page and "http" not in page.replace("http://www.w3.org", "")


def test_an_interrupted_suite_goes_on(tmp_path, groups):
    calls = []
    suite = suite_of(tmp_path / "out", groups, calls)
    stopped = iter(range(2))

    def interrupted(sequence):
        if next(stopped, None) is None:
            raise KeyboardInterrupt
        return shifted(3, calls)(sequence)

    suite.contenders[0] = Contender("RGB", interrupted)
    with pytest.raises(KeyboardInterrupt):
        suite.run()
    assert calls == ["a", "b"]
    suite_of(tmp_path / "out", groups, calls).run()
    assert sorted(calls) == sorted(["a", "b", "s", "a", "b", "s", "s-HSI"])  # those of RGB once


def test_a_folder_of_something_else_is_refused(tmp_path, groups):
    suite_of(tmp_path / "out", groups, cubes="demo").run()
    with pytest.raises(RunError, match="holds a suite with another cubes; choose another --output"):
        suite_of(tmp_path / "out", groups, cubes="records/cave")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="is not empty and holds no suite"):
        suite_of(tmp_path, groups)
    with pytest.raises(RunError, match="is a file"):
        suite_of(tmp_path / "notes.txt", groups)


def test_ours_and_opencvs_follow_the_same_sequence():
    pytest.importorskip(
        "cv2", reason="OpenCV's trackers are compared where opencv-contrib-python-headless is installed"
    )
    sequence = sequence_of("a", side=30, size=160, count=6)
    rows = contenders([])
    assert [row.name for row in rows] == ["RGB", "Raw", "KCF (OpenCV)", "CSRT (OpenCV)"]
    for row in rows:
        if row.bands == 3:
            found = trackers.result(row, sequence)
            assert found["frames"] == 6 and found["seconds"]["tracking"] > 0
            assert found["measures"]["location_error"] < 3
    np.testing.assert_array_equal(rows[0].follow(sequence)[0][0], sequence.truth[0])


def test_the_command_line(tmp_path, demo_records, groups, program):
    from PIL import Image

    folder = tmp_path / "videos" / "Disk"
    folder.mkdir(parents=True)
    for number, image in enumerate(groups[REAL][1].images, 1):
        Image.fromarray(image).save(folder / f"{number:04d}.png")
    lines = [",".join(map(str, box)) for box in np.add(groups[REAL][1].truth, [1, 1, 0, 0])]
    (folder / "groundtruth_rect.txt").write_text("\n".join(lines))
    arguments = ["--suite=table4", f"--data={tmp_path / 'videos'}", "--simulated=0", f"--output={tmp_path / 'out'}"]
    status, out, err = program("hsgan.benchmark", *arguments, *SMALL, f"--config.data.cubes={demo_records[0]}")
    assert not status, err
    assert "Visual tracking (Table 4)" in out and "report.html, table.md, plots-videos.png" in out
    rows = json.loads((tmp_path / "out" / "results.json").read_text())["rows"]
    assert {"RGB", "bi", "smooth", "wiener", "mixture"} <= set(rows)
    assert all(entry["measures"]["dp"] == 1 for row in rows.values() for entry in row[REAL].values())


@pytest.mark.parametrize("arguments, line", [
    (["--simulated=0"], "--data: give a folder of sequences, or --simulated"),
    (["--data=nowhere"], "nowhere: no such file or folder"),
    (["--runs=nowhere"], "nowhere: holds no runs of a suite"),
])  # fmt: skip
def test_what_cannot_be_compared(arguments, line, tmp_path, demo_records, program):
    given = [*arguments, f"--output={tmp_path / 'out'}", f"--config.data.cubes={demo_records[0]}"]
    status, _, err = program("hsgan.benchmark", "--suite=table4", *given)
    assert status == 1 and len(err.splitlines()) == 1 and line in err
    assert not (tmp_path / "out").exists()
