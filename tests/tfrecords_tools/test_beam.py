"""The Beam pipeline writes what one process writes."""

import os

import published_cubes as published
import pytest
from test_cube_readers import SIZE, build

from hsgan.errors import DataError
from hsgan.records.manifest import read_manifest

pytest.importorskip("apache_beam", reason="needs apache-beam: pip install 'hsgan[beam]'")
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::ResourceWarning"
)


@pytest.fixture
def icvl(tmp_path):
    for index in range(5):
        published.write_icvl(tmp_path / "in" / f"scene_{index}.mat", published.counts12(index))
    return tmp_path / "in"


def digests(folder):
    return {shard.file: shard.sha256 for split in read_manifest(folder).splits.values() for shard in split.shards}


def test_direct_runner_writes_the_same(icvl, tmp_path):
    arguments = {"size": SIZE, "test_scenes": 1, "shards": 2}
    build("icvl", icvl, tmp_path / "local", **arguments)
    options = "--direct_num_workers=1,--direct_running_mode=in_memory"
    manifest = build("icvl", icvl, tmp_path / "beam", **arguments, runner="DirectRunner", beam_options=options)
    assert digests(tmp_path / "beam") == digests(tmp_path / "local")
    assert manifest.verify() == 5


def test_bad_scene_is_one_line_and_leaves_nothing(icvl, tmp_path):
    (icvl / "scene_1.mat").write_text("text" * 100)
    with pytest.raises(DataError, match=r"^scene_1: .*scene_1.mat: must be a MATLAB file") as error:
        build("icvl", icvl, tmp_path / "beam", size=SIZE, test_scenes=1, runner="DirectRunner")
    assert "\n" not in str(error.value)
    assert os.listdir(tmp_path) == ["in"]
    manifest = build("icvl", icvl, tmp_path / "beam", size=SIZE, test_scenes=1, runner="DirectRunner", skip_bad=True)
    assert manifest.split("train").records == 3
