"""What the READMEs and the configurations' headers tell a user to type exists, and so does what they point to."""

import ast
import importlib
import re
import shlex
from pathlib import Path

import pytest

from hsgan import config as config_lib

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "saved_models/README.md", "tfrecords_tools/README.md")]
MORE = ("app", "benchmark", "cubes", "datasets", "device", "export", "serving")
PAGES += [ROOT / "docs" / f"{name}.md" for name in MORE]
HEADERS = sorted((ROOT / "configs").glob("*.py"))
COMMAND = re.compile(r"python (?:-m [\w.]+|[\w/]+\.py)[^\n`]*")


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
            if words[:2] not in (["-m", "pytest"], ["-m", "venv"]):
                yield pytest.param(words, id=f"{path.relative_to(ROOT)}: {' '.join(words)[:60]}")


def source_of(words):
    """Returns (file, arguments) of a command."""
    if words[0] == "-m":
        path = ROOT / words[1].replace(".", "/")
        return (path / "__main__.py" if path.is_dir() else path.with_suffix(".py")), words[2:]
    return ROOT / words[0], words[1:]


def known_flags(file):
    """Returns the names of the flags that a program defines, read off its source (and that of the shared ones)."""
    flags, source = set(), file.read_text()
    for shared in ("build_flags", "serving_requests"):
        if f"{shared}.define(" in source:
            source += (file.parent / f"{shared}.py").read_text()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = getattr(node.func, "attr", "")
            if function.startswith("DEFINE_"):
                flags.add(node.args[0].value)
            elif function == "ConfigFlag":
                flags.add("config")
            elif function == "add_argument":
                flags.add(node.args[0].value.removeprefix("--"))
    return flags


@pytest.mark.parametrize("words", list(cases()))
def test_a_command_names_a_program_and_flags_that_exist(words):
    file, arguments = source_of(words)
    assert file.is_file(), f"no program {file}"
    flags = known_flags(file)
    values = dict(word[2:].partition("=")[::2] for word in arguments if word.startswith("--"))
    overrides = [f"{name[7:]}={value}" for name, value in values.items() if name.startswith("config.")]
    unknown = {name for name in values if not name.startswith("config.")} - flags
    assert not unknown, f"{file.name} has no flags {unknown}, but {flags}"
    if len([word for word in arguments if not word.startswith("-")]):
        assert {"takes_arguments", "add_argument", "argv"} & set(re.findall(r"\w+", file.read_text()))
    if overrides or "config" in values:
        assert "config" in flags
        config_lib.load(ROOT / values.get("config", "configs/demo.py"), overrides)


def test_there_are_commands_of_every_program():
    programs = {words[1] for path in PAGES for words in commands(path) if words[0] == "-m"}
    here = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
        for folder in ("hsgan", "tfrecords_tools")
        for path in (ROOT / folder).rglob("*.py")
        if "cli.run(main)" in path.read_text() and path.name != "cli.py"
    }
    assert programs == here | {"hsgan.lite.reconstruct", "pytest", "venv"}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_named_files_lead_somewhere(page):
    text = page.read_text()
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{page.name} points to {target}"
        if anchor:
            assert anchor in anchors(file), f"{page.name} points to {target}"
    for name in re.findall(r"(?:configs|hsgan|benchmarks|docs|tests)/[\w/]+\.(?:py|md|png)", text):
        assert (ROOT / name).is_file(), f"{page.name} names {name}"


def anchors(page):
    """Returns the anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_python_on_a_page_imports_what_exists(page):
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = importlib.import_module(node.module)
                for alias in node.names:
                    if not hasattr(module, alias.name):
                        importlib.import_module(f"{node.module}.{alias.name}")


def test_pictures_are_small():
    for picture in (ROOT / "docs").glob("*.png"):
        assert picture.stat().st_size < 300_000, picture
