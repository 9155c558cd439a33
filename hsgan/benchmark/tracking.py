"""Suite table4: how well targets are followed in the cubes that methods make of RGB videos ([SE] Table 4, section 4.2).

Every tracker is given the first box and followed to the last frame. Two groups of sequences: those of `--data`, and
simulated ones, of which the true cubes are known. In the output folder: `results.json` (replaced after every sequence,
so that a suite that was killed goes on), `table.md`, `figures/*.png` and `report.html`.
"""

import json
from collections.abc import Collection, Mapping
from pathlib import Path

import ml_collections
from tqdm import tqdm

from hsgan import config as config_lib
from hsgan.benchmark import published, report, tables
from hsgan.benchmark.tables import Column
from hsgan.benchmark.trackers import RAW, Contender, contenders, result
from hsgan.data import sources
from hsgan.disk import guard
from hsgan.disk.plain import read_json
from hsgan.disk.whole import write_json, write_text
from hsgan.errors import DataError, RunError
from hsgan.files import cameras
from hsgan.files.mosaic import BANDS
from hsgan.metrics.tracking import mean_measures
from hsgan.plot.figures import folder, save
from hsgan.plot.tracking import precision_and_success
from hsgan.reconstruct.camera import Camera
from hsgan.reconstruct.fitted import fitted
from hsgan.reconstruct.models import NetworkMethod
from hsgan.run.folder import RunFolder, versions
from hsgan.track.course import CUBES, TRACKING
from hsgan.track.sequences import Sequence, find_sequences
from hsgan.track.simulate import simulated_sequences

NAME, TITLE = "table4", "Visual tracking (Table 4)"
RESULTS, TEMPLATE = "results.json", "tracking.html"
REAL, SIMULATED = "videos", "simulated videos"
UNTOLD = "sRGB's of videos, which are developed pictures; of simulated ones what each method supposes or estimates"
# Measure: heading, format, whether more is better, factor.
MEASURES = {
    "ap": ("AP %", "{:.2f}", True, 100),
    "auc": ("AUC", "{:.4f}", True, 1),
    "location_error": ("location error px", "{:.2f}", False, 1),
    "dp": ("DP at 20 px %", "{:.2f}", True, 100),
}


def prepare(
    config: ml_collections.ConfigDict, data: list[str], simulated: int, output: str, camera: str = "", runs: str = ""
) -> "TrackingSuite":
    """Returns the suite of all contenders, ready to run.

    Args:
      config: methods without a network are fitted to its training cubes.
      data: folders of sequences.
      simulated: number of simulated videos.
      output: folder.
      camera: that took the videos, a name of the configuration's dictionary or a file; "": not told to the methods,
        which read videos as developed pictures, and suppose or estimate the camera of simulated ones.
      runs: the output of a suite, whose networks take part as they are; "": none.

    Raises:
      ConfigError, DataError, RunError: what cannot be read.
    """
    # What is cheap to refuse comes first.
    groups: dict[str, Collection[Sequence]] = {REAL: find_sequences(data)} if data else {}
    for sequence in groups.get(REAL, ()):
        if len(sequence.truth) < 2:
            raise DataError(f"{sequence.source}: must have a true box a frame, to be scored. Received: a first box")
    if not data and not simulated:
        raise DataError("--data: give a folder of sequences, or --simulated a number of simulated ones")
    config_lib.refuse((), sources.camera_problems(config))
    networks, dictionary = _networks(runs), sources.cameras(config)
    told = Camera(*cameras.find(camera, dictionary), "as asked for") if camera else None
    taking = cameras.find(camera or config.cameras.test or dictionary.default_test_camera, dictionary)
    if simulated:
        groups[SIMULATED] = simulated_sequences(simulated, taking[1], dictionary.wavelengths_nm)
    methods = [*fitted(config), *networks]
    identity = {
        "camera": camera or UNTOLD,
        "simulated_camera": taking[0],
        "cubes": str(config.data.cubes),
        "runs": runs,
    }
    return TrackingSuite(contenders(methods, told), groups, output, identity)


class TrackingSuite:
    """Every contender on every sequence.

    Args:
      contenders: rows of the table, `hsgan.benchmark.trackers.contenders`.
      groups: {`REAL` or `SIMULATED`: its sequences}.
      output: folder; an earlier run of the same suite goes on.
      identity: what the numbers depend on beside rows and sequences, for JSON.

    Raises:
      RunError: the folder holds something else, or is a file.
    """

    def __init__(
        self, contenders: list[Contender], groups: Mapping[str, Collection[Sequence]], output: str, identity: dict
    ):
        self.contenders, self.groups, self.output = contenders, groups, Path(output)
        self.identity = {"suite": NAME, **identity}
        self.results = self._begin()

    def run(self) -> dict:
        """Follows what has not been followed; returns the results, as in `results.json`."""
        todo = [
            (contender, group, sequence)
            for contender in self.contenders
            for group, sequences in self.groups.items()
            for sequence in sequences
            if sequence.bands == contender.bands
        ]
        for contender, group, sequence in tqdm(todo, f"suite {NAME}", unit="sequence", disable=None):
            done = self.results["rows"].setdefault(contender.name, {}).setdefault(group, {})
            if sequence.name not in done:
                done[sequence.name] = result(contender, sequence)
                self._save()
        self.results["versions"] = versions()
        self._save()
        return self.results

    def write(self) -> list[Path]:
        """Writes table, figures and page of a finished suite; returns their paths."""
        paths = {}
        for group in self._present():
            stem = "plots-" + group.replace(" ", "-")
            measures = {name: mean_measures(self._measures(name, group)) for name in self._rows(group)}
            figure = precision_and_success(described(group, self.groups[group]), measures)
            paths[save(figure, folder(self.output / report.FIGURES) / f"{stem}.png")] = caption(group)
        parts = [(group, self.columns(group), self.sequence_columns(group)) for group in self._present()]
        lines = [f"# {TITLE}", "", self.described(), ""]
        for group, mean, single in parts:
            lines += [f"## {described(group, self.groups[group])}", "", *tables.markdown_lines(mean), ""]
            lines += ["Of each sequence AUC, and DP at 20 px in %:", "", *tables.markdown_lines(single), ""]
        write_text(self.output / report.TABLE, "\n".join(lines))
        titled = [(described(group, self.groups[group]), mean, single) for group, mean, single in parts]
        page = report.render(
            TEMPLATE, TITLE, self.described(), paths, self.results["versions"], parts=titled,
            identity=json.dumps(self.identity, indent=2),
        )  # fmt: skip
        write_text(self.output / report.REPORT, page)
        return [self.output / report.REPORT, self.output / report.TABLE, *paths]

    def screen_tables(self) -> list:
        """Returns a table for the terminal of each group of sequences."""
        titles = {group: f"{TITLE}: {described(group, self.groups[group])}" for group in self._present()}
        return [tables.screen_table(title, self.described(), self.columns(group)) for group, title in titles.items()]

    def columns(self, group: str) -> list[Column]:
        """Returns the table of a group, means over its sequences, beside the paper's numbers where it has any."""
        rows = self._rows(group)
        means = [mean_measures(self._measures(name, group)) for name in rows]
        papers = [published.TABLE_4.get(self._contender(name).paper, ()) for name in rows]
        table = [Column("tracker", "name", rows)]
        for index, (measure, (heading, form, more, factor)) in enumerate(MEASURES.items()):
            table.append(tables.numbers(heading, form, more, [factor * mean[measure] for mean in means]))
            if group == REAL and measure != "dp" and any(papers):
                cells = [f"{paper[index]:g}" if paper else "" for paper in papers]
                table.append(Column(f"paper: {heading}", "paper", cells))
        for heading, parts in (("frames/s", (TRACKING,)), ("with cubes", (CUBES, TRACKING))):
            table.append(Column(heading, "cost", [f"{self._speed(name, group, parts):.1f}" for name in rows]))
        return table

    def sequence_columns(self, group: str) -> list[Column]:
        """Returns a table of the AUC and the DP of every sequence of a group."""
        rows, table = self._rows(group), [Column("tracker", "name", self._rows(group))]
        names = dict.fromkeys(name for row in rows for name in self.results["rows"][row][group])
        for name in names:
            entries = [self.results["rows"][row][group].get(name) for row in rows]
            table.append(Column(name, "ours", [_short(entry["measures"]) if entry else "" for entry in entries]))
        return table

    def described(self) -> str:
        """Returns sentences on what the numbers are of."""
        missing = "" if any(row.kind == "other" for row in self.contenders) else " OpenCV is not installed."
        camera, cubes = self.identity.get("camera", UNTOLD), self.identity.get("cubes", "nothing")
        return (
            "One pass from the first true box. Every frame is reconstructed, and its cube integrated to 16 bands; the "
            f"camera is {camera}. Methods without a network are fitted to {cubes}. "
            f"{RAW}: the 16 bands of a mosaic camera.{missing}"
        )

    def _begin(self):
        file = self.output / RESULTS
        if self.output.exists() and not self.output.is_dir():
            raise RunError(f"{self.output}: is a file; a suite needs a folder: choose another --output")
        if not file.is_file():
            if self.output.is_dir() and any(self.output.iterdir()):
                raise RunError(f"{self.output}: is not empty and holds no suite ({RESULTS}); choose another --output")
            self.output.mkdir(parents=True, exist_ok=True)
            return {"identity": self.identity, "rows": {}}
        found = read_json(file, error=RunError)
        changed = [name for name in self.identity if found["identity"].get(name) != self.identity[name]]
        if changed:
            raise RunError(f"{self.output}: holds a suite with another {', '.join(changed)}; choose another --output")
        return found

    def _save(self):
        write_json(self.output / RESULTS, self.results)

    def _present(self):
        return [group for group in self.groups if self._rows(group)]

    def _rows(self, group):
        return [row.name for row in self.contenders if self.results["rows"].get(row.name, {}).get(group)]

    def _contender(self, name):
        return next(row for row in self.contenders if row.name == name)

    def _measures(self, name, group):
        return [entry["measures"] for entry in self.results["rows"][name][group].values()]

    def _speed(self, name, group, parts):
        entries = self.results["rows"][name][group].values()
        seconds = sum(entry["seconds"][part] for entry in entries for part in parts)
        return sum(entry["frames"] for entry in entries) / seconds


def _networks(output):
    """Returns the networks of a suite's first seed, with the weights that it reports."""
    if not output:
        return []
    folders = sorted(Path(output).glob("runs/*-seed0"))
    if not folders:
        raise RunError(f"{output}: holds no runs of a suite; name the --output of one in --runs")
    with guard.reading(Path(output) / RESULTS, "the results of a suite", RunError):
        which = read_json(Path(output) / RESULTS, error=RunError)["identity"]["weights"][0]
    found = []
    for path in folders:
        run = RunFolder.open(path)
        method = NetworkMethod.from_run(run, which)
        method.name = path.name.removesuffix("-seed0")
        found.append(method)
    return found


def described(group: str, sequences: Collection[Sequence]) -> str:
    """Returns what a group of sequences is: how many of them are RGB and how many cubes."""
    counts = {bands: sum(sequence.bands == bands for sequence in sequences) for bands in (3, BANDS)}
    parts = [f"{count} {kind}" for kind, count in (("in RGB", counts[3]), ("in 16 bands", counts[BANDS])) if count]
    return f"{group.capitalize()}: {' and '.join(parts)}"


def caption(group: str) -> str:
    """Returns the text under the plots of a group."""
    return (
        f"Mean over the {group}. Left: share of frames whose center error is at most a threshold; right: share of "
        "frames whose overlap with the true box is more than a threshold."
    )


def _short(measures):
    return f"{measures['auc']:.3f} ({100 * measures['dp']:.0f})"
