"""The documents say what is so: folders, commands, options, the example of a model file, node types, pictures."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer.main

from tools import nodes
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.cli.commands import app
from workbench.core.files import dumps, loads

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
GUIDE = ROOT / "docs" / "guide"
PAGES = [README, *sorted(GUIDE.glob("*.md"))]


def words(page: Path) -> str:
    return page.read_text(encoding="utf-8")


@cache
def commands() -> dict[str, frozenset[str]]:
    """Every command ("runs show") and its options, as the program has them."""

    def of(command: object, name: str) -> Iterator[tuple[str, frozenset[str]]]:
        parameters = getattr(command, "params", ())
        options = {option for parameter in parameters for option in parameter.opts if option.startswith("-")}
        yield name, frozenset(options | {"--help", "-h"})
        for child, below in getattr(command, "commands", {}).items():
            yield from of(below, f"{name} {child}".strip())

    return dict(of(typer.main.get_command(app), ""))


def documented(page: Path) -> Iterator[tuple[str, list[str]]]:
    """Each `workbench …` that a page shows: the words of its line or code span, and the options among them."""
    text = words(page)
    shown = re.findall(r"`workbench ([^`\n]+)`", text)
    for line in re.findall(r"^ {4}workbench (?! )(.+)$", text, re.MULTILINE):
        shown.append(re.split(r"\s{2,}", line)[0])
    for line in shown:
        yield line, re.findall(r"(?<!\S)(--?[a-z]+)", line)


def named(line: str) -> str:
    """The command that a line of words means."""
    known = commands()
    first, *rest = line.split()
    if first.startswith("-"):
        return ""
    both = f"{first} {rest[0]}" if rest else first
    return both if both in known else first


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_a_page_shows_exist(page: Path) -> None:
    known = commands()
    for line, options in documented(page):
        assert named(line) in known, line
        assert set(options) <= known[named(line)], line


def test_the_guide_names_every_command_and_option() -> None:
    page = GUIDE / "command-line.md"
    shown = {named(line) for line, _ in documented(page)}
    alone = ("", "data", "workspace")  # these only print their help
    every = {name for name in commands() if name not in alone}
    assert shown == every | ({""} & shown)
    options = {option for found in commands().values() for option in found} - {"-h"}
    assert {option for option in options if f"{option}" not in words(page)} == set()


def test_options_that_the_guide_explains_exist() -> None:
    known = {option for found in commands().values() for option in found} | {"--debug"}
    for page in PAGES:
        for option in re.findall(r"`(--?[a-z]+)[ `]", words(page)):
            assert option in known, f"{page.name}: {option}"


def folder_map() -> set[str]:
    """The folders of the README's tree, as paths that end in "/"."""
    section = words(README).partition("## What is where")[2].partition("\n`make check`")[0]
    found, open_folders = set(), dict[int, str]()
    for line in section.splitlines():
        match = re.match(r"( {4,})((?:[a-z_]+/ ?)+)(?: |$)", line)
        if match:
            depth = len(match[1])
            above = [path for place, path in open_folders.items() if place < depth]
            for folder in match[2].split():
                path = max(above, key=len, default="") + folder
                found.add(path)
            open_folders = {place: path for place, path in open_folders.items() if place < depth}
            open_folders[depth] = path
    return found


def test_the_folder_map_is_the_real_one() -> None:
    shown = folder_map()
    for folder in shown:
        assert (ROOT / folder).is_dir(), folder
    packages = {
        f"{file.parent.relative_to(ROOT).as_posix()}/"
        for file in (ROOT / "workbench").rglob("__init__.py")
        if file.parent.name != "versions"
    }
    assert packages <= shown
    assert {f"{path.name}/" for path in ROOT.iterdir() if path.is_dir() and _own(path.name)} <= shown


def _own(name: str) -> bool:
    """Whether a folder at the top level is part of the project rather than left behind by a tool."""
    return not name.startswith((".", "_")) and name not in ("build", "dist", "shared") and "." not in name


def test_the_example_of_a_model_file_loads_and_can_train() -> None:
    (example,) = re.findall(r"```json\n(.*?)```", words(GUIDE / "file-format.md"), re.DOTALL)
    document = loads(example, "the example")
    analysis = analyse(document, SAMPLES)
    assert [str(problem) for problem in analysis.problems] == []
    assert analysis.parameters == 4 * 32 + 32 + 32 * 3 + 3
    assert loads(dumps(document)) == document


def test_the_page_of_node_types_is_current() -> None:
    assert nodes.FILE.read_text(encoding="utf-8") == nodes.reference(), "run python -m tools.nodes"


@cache
def anchors(page: Path) -> frozenset[str]:
    """What a link may lead to within a page."""
    headings = re.findall(r"^#+ (.+)$", words(page), re.MULTILINE)
    return frozenset(re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in headings)


@pytest.mark.parametrize("page", [*PAGES, nodes.FILE], ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", words(page)):
        file, _, place = target.partition("#")
        if file.startswith("http"):
            continue
        found = (page.parent / file).resolve() if file else page
        assert found.exists(), target
        if place:
            assert place in anchors(found), target


def test_pictures_are_small() -> None:
    pictures = sorted((ROOT / "docs" / "images").glob("*.png"))
    assert "design-dark.png" in [picture.name for picture in pictures]
    for name in re.findall(r"docs/images/([\w-]+\.png)", words(README)):
        assert (ROOT / "docs" / "images" / name).stat().st_size <= 150_000


def test_decisions_are_numbered_without_gaps_and_short() -> None:
    files = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        lines = words(file).splitlines()
        assert lines[0].startswith(f"# {int(file.name[:4])}. "), file.name
        assert "**Decided.**" in words(file) and "hink again" in words(file), file.name
        assert len(lines) <= 16, file.name
