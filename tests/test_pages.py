"""What the pages say is true where a program can tell: commands parse, links lead somewhere, and names exist.

Pages are the README and its like, every other folder's README, and all of docs/. The heads of `configs/*.py` hold
commands too.
"""

import ast
import contextlib
import importlib
import re
import shlex
from pathlib import Path

import pytest

from hsgan import cli
from hsgan import config as config_lib
from hsgan.errors import DataError

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
HEADERS = sorted((ROOT / "configs").glob("*.py"))
README_BYTES = 10_000
LINE = 120
COMMAND = re.compile(r"python (?:-m [\w.]+|[\w/]+\.py)[^\n`]*")
# Programs of others, whose flags are not ours to check.
OTHERS = ("pytest", "venv")
FOLDERS = "benchmarks|configs|docs|examples|hsgan|saved_models|serving|tests|tfrecords_tools"
PATH = re.compile(rf"(?<![\w/.]){'(?:'}{FOLDERS})/[\w./*]*[\w/*]")
# What a user makes in a folder of ours, and what the pages therefore name without its being there.
MADE = ("saved_models/",)
SOURCE_FILE = re.compile(r"`([\w/]+\.(?:py|c|yaml))`")
DOTTED = re.compile(r"(?<![\w/.])(?:hsgan|tfrecords_tools)(?:\.[A-Za-z_]\w*)+")
SETTING = re.compile(r"`(?:--)?(?:config\.)?([a-z_]+(?:\.[a-z_0-9]+)+)(?:=[^`]*)?`")
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


def commands(path):
    """Yields the arguments after "python" of every command on a page or in a configuration's header."""
    text = path.read_text()
    if path.suffix == ".py":
        text = ast.get_docstring(ast.parse(text))
    for match in COMMAND.finditer(re.sub(r"\\\n\s*", "", text)):
        yield shlex.split(match.group().split("  #")[0])[1:]


def cases():
    for path in (*PAGES, *HEADERS):
        for words in commands(path):
            if words[0] != "-m" or words[1] not in OTHERS:
                yield pytest.param(words, id=f"{path.relative_to(ROOT)}: {' '.join(words)[:60]}")


def source_of(words):
    """Returns (file, arguments) of a command."""
    if words[0] == "-m":
        path = ROOT / words[1].replace(".", "/")
        return (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")), words[2:]
    return ROOT / words[0], words[1:]


def known_flags(file):
    """Returns the names of the flags that a program defines, read off its source (and that of the shared ones)."""
    names, source = set(), file.read_text()
    if "serving_requests.define(" in source:
        source += (file.parent / "serving_requests.py").read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = getattr(node.func, "attr", "")
            if function.startswith("DEFINE_"):
                names.add(node.args[0].value)
            elif function == "define_config":
                names.add("config")
            elif function == "add_argument":
                names.add(node.args[0].value.removeprefix("--"))
    return names


@pytest.mark.parametrize("words", list(cases()))
def test_a_command_names_a_program_and_parses(words):
    file, arguments = source_of(words)
    assert file.is_file(), f"no program {file}"
    if not arguments:  # a program that is named, not called
        return
    positional = [word for word in arguments if not word.startswith("-")]
    if positional:
        assert {"takes_arguments", "add_argument", "argv"} & set(re.findall(r"\w+", file.read_text()))
    if (file.parent / "__init__.py").is_file() and "define_flags" in file.read_text():
        module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
        with cli.program_flags(module.define_flags) as names:
            assert cli.parse([file.name, *arguments])[1:] == positional
            if "config" in names:
                # A configuration may read a user's records (`complete`), which are not here.
                with contextlib.suppress(DataError):
                    cli.load_config()
    else:
        given = {re.match(r"--(\w+)", word)[1] for word in arguments if word.startswith("--")}
        assert given <= known_flags(file), f"{file.name} has no flags {given - known_flags(file)}"


def test_there_are_commands_of_every_program():
    programs = {words[1] for path in PAGES for words in commands(path) if words[0] == "-m"}
    here = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
        for folder in ("hsgan", "tfrecords_tools")
        for path in (ROOT / folder).rglob("*.py")
        if "cli.run(define_flags, main)" in path.read_text() and path.name != "cli.py"
    }
    assert programs == here | {"hsgan.lite.reconstruct", *OTHERS}


@every_page
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{page.name} points to {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name} points to {target}"


def anchors(page):
    """Returns the anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_page
def test_files_and_folders_that_a_page_names_exist(page):
    assert missing_paths(page.read_text(), page.parent) == []


def missing_paths(text, folder):
    """Returns the paths of the repository that a text names and that are not there.

    Args:
      text: of a page.
      folder: of that page; a source file may be named relative to it, to the repository, or by its name alone.
    """
    missing = [name for name in PATH.findall(text) if not name.startswith(MADE) and not any(ROOT.glob(name))]
    for name in SOURCE_FILE.findall(text):
        homes = (folder, ROOT, ROOT / "configs", ROOT / "benchmarks")
        if not any((home / name).is_file() for home in homes):
            missing.append(name)
    return missing


@every_page
def test_dotted_names_on_a_page_exist(page):
    assert [name for name in DOTTED.findall(page.read_text()) if not exists(name)] == []


def exists(name):
    """Tells whether a dotted name is a module, or an attribute of one, at any depth."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            if not hasattr(value, part):
                return False
            value = getattr(value, part)
        return True
    return False


@every_page
def test_settings_that_a_page_names_exist(page):
    assert unknown_settings(page.read_text()) == []


def unknown_settings(text):
    """Returns the fields `section.field` in a text that name a section of the configuration, and no field of it."""
    known = dict(config_lib.tree.leaves(config_lib.to_dict(config_lib.default_config())))
    sections = {name.partition(".")[0] for name in known if "." in name}
    named = [name for name in SETTING.findall(text) if name.partition(".")[0] in sections]
    return [name for name in named if name not in known and not name.endswith((".py", ".json", ".npz"))]


@every_page
def test_python_on_a_page_imports_what_exists(page):
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                assert all(exists(f"{node.module}.{alias.name}") for alias in node.names), ast.unparse(node)


@every_page
def test_lines_are_short(page):
    lines = page.read_text().splitlines()
    assert [f"{page.name}:{number}" for number, line in enumerate(lines, 1) if len(line) > LINE] == []


def test_the_readme_is_short():
    assert (ROOT / "README.md").stat().st_size <= README_BYTES


def test_pictures_are_small():
    for picture in (ROOT / "docs").glob("*.png"):
        assert picture.stat().st_size < 300_000, picture


def test_the_guards_see_what_is_not_there():
    assert missing_paths("see configs/none.py, docs/none.md, hsgan/none/ and `none.py`", ROOT) == [
        "configs/none.py",
        "docs/none.md",
        "hsgan/none/",
        "none.py",
    ]
    assert missing_paths("see configs/*.py, hsgan/spectra/ and `demo.py`", ROOT) == []
    assert not any(map(exists, ("hsgan.none", "hsgan.spectra.none", "hsgan.metrics.protocols.NONE")))
    assert exists("hsgan.metrics.protocols.PROTOCOLS")
    assert unknown_settings("`train.none=3`, `--config.loss.none`, `train.steps=3`") == ["train.none", "loss.none"]
