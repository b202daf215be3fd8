"""`workbench data download`: what it shows, fetches, adds and refuses. The server is on this machine."""

import hashlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from rich.console import Console

from tests.jobs.site import Site, gives, served, status
from workbench.cli import downloads, entry
from workbench.core.errors import DataError
from workbench.jobs.datasets import Added
from workbench.store.records import DatasetRecord

CONTENT = b"a,b\n1,2\n" * 9000

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs `workbench data download …`: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("WORKBENCH_DOWNLOADS", str(tmp_path / "downloads"))
    for name in ("http_proxy", "https_proxy"):  # nothing leaves this machine
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = entry.run(["data", "download", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as site:
        site.on("/a.csv", gives(CONTENT))
        yield site


@pytest.fixture
def tiny(site: Site, tmp_path: Path) -> str:
    """A catalogue of one set, as an option."""
    entry = {
        "id": "tiny", "title": "Tiny set", "kind": "table", "items": "9,000 rows", "description": "Rows.",
        "licence": "MIT", "citation": "Nobody: Nothing. 2000.", "page": "https://example.org/", "reader": "table",
        "mirrors": [site.url],
        "files": [{"name": "a.csv", "bytes": len(CONTENT), "hash": f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"}],
    }  # fmt: skip
    path = tmp_path / "catalogue.json"
    path.write_text(json.dumps({"format": 1, "sets": [entry]}), encoding="utf-8")
    return f"--catalogue={path}"


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Path, str]]:
    """Datasets are not read, only asked for: paths and readers."""
    asked: list[tuple[Path, str]] = []

    def add(store: object, path: Path, reader: str, options: object, *, name: str) -> Added:
        assert name == "Tiny set"
        asked.append((path, reader))
        schema: dict[str, Any] = {"items": 9000, "outputs": {}, "facts": {}}
        record = DatasetRecord("tiny", "Tiny", str(path), reader, {}, schema, {"train": 9000}, "mark", 0.0)
        return Added(record, ("Row 3 is odd.",))

    monkeypatch.setattr("workbench.jobs.datasets.add_dataset", add)
    return asked


@pytest.mark.parametrize("arguments", [(), ("--list",)])
def test_the_catalogue_is_listed_and_nothing_is_asked_of_anybody(
    say: Say, arguments: tuple[str, ...]
) -> None:
    code, out, err = say(*arguments)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].split() == ["Set", "Title", "Kind", "Items", "Size", "State", "Licence"]
    assert any(line.startswith("mnist") and "11.6 MB" in line for line in lines)
    assert any(line.startswith("mutag") and "not known" in line for line in lines)
    code, out, _ = say(*arguments, "--json")
    assert code == 0 and {each["state"] for each in json.loads(out)} == {"absent"}


def test_all_about_one_set(say: Say) -> None:
    code, out, _ = say("MNIST", "--list")
    assert code == 0
    for text in (
        "LeCun",
        "licence: none stated",
        "pinned in the catalogue",
        "state: not here",
        "sha256:440fcabf",
    ):
        assert text in out
    assert "hash: not pinned: the hash of the first download is kept" in say("mutag", "--list")[1]
    assert json.loads(say("mutag", "--list", "--json")[1])["hash"] == "first download"


def test_a_set_is_fetched_checked_and_added(
    say: Say, tiny: str, added: list[tuple[Path, str]], tmp_path: Path
) -> None:
    code, out, err = say("tiny", tiny)
    place = tmp_path / "downloads" / "tiny"
    assert (code, err) == (0, "")
    assert out == f"Tiny set: {place}\nlicence: MIT\nadded as tiny: 9,000 items\n  note: Row 3 is odd.\n"
    assert added == [(place, "table")] and (place / "a.csv").read_bytes() == CONTENT
    listed = say("--list", tiny)[1].splitlines()[1]
    assert "here" in listed.split() and "72 kB" in listed


def test_json_holds_all_of_it(say: Say, tiny: str, added: list[tuple[Path, str]]) -> None:
    told = json.loads(say("tiny", tiny, "--json")[1])
    assert (told["state"], told["hash"], told["have"]) == ("here", "pinned", len(CONTENT))
    assert told["dataset"]["items"] == 9000
    told = json.loads(say("tiny", tiny, "--json", "--no-add")[1])
    assert told["dataset"] is None and len(added) == 1


def test_a_local_copy_needs_no_server(
    say: Say, tiny: str, added: list[tuple[Path, str]], site: Site, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.csv"
    mine.write_bytes(CONTENT)
    code, out, _ = say("tiny", "--from", "mine.csv", tiny)
    assert code == 0 and f"Tiny set: {mine}" in out and added == [(mine, "table")] and site.asked == []
    mine.write_bytes(CONTENT[::-1])
    code, _, err = say("tiny", "--from", "mine.csv", tiny)
    assert code == 1 and err.startswith(f"error: {mine} is not a.csv of Tiny set: its SHA-256 is ")


def test_a_mirror_comes_first_and_why_it_does_not_help_is_said(say: Say, tiny: str, site: Site) -> None:
    code, _, err = say("tiny", tiny, "--no-add", "--mirror", site.url + "mirror")
    assert code == 0
    reason = f"{site.url}mirror/a.csv does not have the file (answer 404 Not Found)."
    assert err == f"note: {reason} The next address is tried.\n"


def test_failures_are_one_sentence(say: Say, tiny: str, site: Site) -> None:
    site.on("/a.csv", status(403))
    code, out, err = say("tiny", tiny)
    assert (code, out) == (1, "")
    assert err == f"error: {site.url}a.csv does not give the file out (answer 403 Forbidden).\n"
    for arguments, words in [
        (("imagenet",), "error: The catalogue has no “imagenet”; it has mnist,"),
        (("tiny", tiny, "--mirror", "file:///etc"), "error: “file:///etc” is no address of a mirror"),
        (("tiny", tiny, "--from", "nowhere"), "error: There is no file or folder"),
        (("--list", "--catalogue", "nowhere.json"), "error: The catalogue nowhere.json cannot be read"),
    ]:
        code, out, err = say(*arguments)
        assert (code, out) == (1, "") and err.startswith(words) and err.count("\n") == 1


def test_a_set_that_no_reader_takes_is_here_all_the_same(
    say: Say, tiny: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, name: str) -> Added:
        raise DataError("No reader suits it.")

    monkeypatch.setattr("workbench.jobs.datasets.add_dataset", refuse)
    code, _, err = say("tiny", tiny)
    place = tmp_path / "downloads" / "tiny"
    assert (
        code == 1
        and err == f"error: Tiny set is here, in {place}, but cannot be added: No reader suits it.\n"
    )
    assert (place / "a.csv").exists()


def test_somebody_who_looks_sees_a_bar(say: Say, tiny: str, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(downloads, "errors", Console(file=screen, force_terminal=True, width=120))
    assert say("tiny", tiny, "--no-add")[0] == 0
    assert "a.csv: checking" in screen.getvalue() and "72.0/72.0 kB" in screen.getvalue()


def test_an_interrupted_download_ends_the_process(
    say: Say, tiny: str, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.on("/a.csv", gives(CONTENT, until=4096, stall=True))

    def interrupt(stream: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(downloads, "reports", interrupt)
    assert say("tiny", tiny)[0] == 130
    assert not (tmp_path / "downloads" / "tiny").exists()
