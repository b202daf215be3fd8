"""The process that reads files for everybody else: one request, answers in lines of JSON."""

import errno
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.engine.readers import files
from workbench.engine.readers.__main__ import main
from workbench.engine.readers.content import opened

TABLE = "table (CSV, Parquet, Excel)"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "flowers.csv"
    file.write_text("x,y,label\n" + "\n".join(f"{i},7,{'ab'[i % 2]}" for i in range(20)))
    return file


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Says requests to the program in this process; gives its answers."""
    monkeypatch.setattr("workbench.engine.readers.limits.apply", lambda: None)

    def say(*requests: dict[str, Any]) -> list[dict[str, Any]]:
        lines = "".join(json.dumps(request) + "\n" for request in requests)
        monkeypatch.setattr("sys.stdin", io.StringIO(lines))
        assert main() == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return say


def test_readers_that_suit_are_told_with_their_reason(table: Path, ask: Any) -> None:
    (answer,) = ask({"do": "detect", "path": str(table)})
    assert answer["readers"][0] == {"name": "table", "title": TABLE, "reason": "its name ends in .csv"}
    idx = next(reader for reader in answer["all"] if reader["name"] == "idx")
    assert idx["title"] == "IDX images" and idx["options"][0]["name"] == "split"


def test_what_came_to_light_before_an_error_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x,y\n1,2\n3,4\n")
    request = {"do": "read", "path": str(file), "options": {"target": "z"}}
    monkeypatch.setattr("workbench.engine.readers.limits.apply", lambda: None)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(request) + "\n"))
    assert main() == 1
    out, err = capsys.readouterr()
    assert json.loads(out.splitlines()[-1]).keys() == {"understood", "choices", "problems"}
    assert len(err.splitlines()) == 1


def test_a_reading_tells_all_that_a_record_needs(table: Path, tmp_path: Path, ask: Any) -> None:
    folder = tmp_path / "copy"
    folder.mkdir()
    request = {"do": "read", "path": str(table), "options": {"target": "label"}, "into": str(folder)}
    *_, answer = ask(request)
    assert (answer["id"], answer["title"], answer["reader"]) == ("flowers", "flowers", "table")
    assert answer["splits"] == {"train": 12, "validation": 4, "test": 4} and answer["layout"] == "items"
    assert answer["problems"] == ['The column "y" is left out: it has the same value everywhere.']
    assert answer["choices"] == {"columns": ["x", "y", "label"]}
    assert answer["understood"]["target"] == "label" and answer["understood"]["split"] == "stratified"
    assert [option["name"] for option in answer["options"]][:2] == ["target", "task"]
    bars = next(figure for figure in answer["figures"] if figure["title"] == "Classes")
    assert (bars["names"], bars["values"]) == (["a", "b"], [10, 10])
    assert len(answer["items"]) == 12 and {item["label"] for item in answer["items"]} == {"a", "b"}
    copy = opened(folder)
    assert copy.schema == Schema.from_json(answer["schema"]) and copy.sizes == answer["splits"]
    assert copy.arrays["features"].shape == (20, 1)
    os.utime(table, (time.time() + 1000,) * 2)  # ahead of the clock: its times tell nothing
    (marked,) = ask({"do": "mark", "path": str(table), "reader": "table", "options": {"target": "label"}})
    assert marked == {"mark": answer["fingerprint"], "stamp": ""}


def test_a_name_of_ones_own(table: Path, ask: Any) -> None:
    *_, answer = ask({"do": "read", "path": str(table), "name": "My Flowers, v1.5"})
    assert (answer["id"], answer["title"]) == ("my-flowers-v1-5", "My Flowers, v1.5")


def test_items_are_shown_on_request(ask: Any) -> None:
    start, answer = ask({"do": "show", "folder": "sample:digits"}, {"split": "test", "places": [2, 5]})
    assert start["splits"] == {"train": 1079, "validation": 359, "test": 359} and start["layout"] == "items"
    assert start["classes"]["test"]["0"] == 36
    assert [item["place"] for item in answer["items"]] == [2, 3, 4]
    assert all(item["parts"][0]["kind"] == "image" for item in answer["items"])
    assert {item["label"] for item in answer["items"]} <= set(SAMPLES["digits"].labels)


def test_an_error_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "workbench.engine.readers"]
    request = json.dumps({"do": "read", "path": str(tmp_path / "gone")}) + "\n"
    done = subprocess.run(command, input=request, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"There is no file or folder {tmp_path / 'gone'}.\n"


def test_a_full_disk_is_no_fault_of_the_source(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError("100 requested and 8 written")  # as NumPy says it

    monkeypatch.setattr("workbench.engine.readers.limits.apply", lambda: None)
    monkeypatch.setattr(np, "save", full)
    (tmp_path / "copy").mkdir()
    request = {"do": "read", "path": str(table), "into": str(tmp_path / "copy")}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(request) + "\n"))
    assert main() == 1
    assert capsys.readouterr().err.startswith("The disk is full: the copy of the data could not be written.")
    assert not (tmp_path / "copy" / "content.json").exists()
    with pytest.raises(OSError, match="No space left") as error, files.opened(table):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert "cannot be read" not in str(error.value)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_what_says_that_a_copy_is_whole_comes_last_and_all_of_it_is_on_the_disk(
    table: Path, tmp_path: Path, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    safe: list[str] = []
    sync = os.fsync

    def noted(file: int) -> None:
        safe.append(os.path.basename(os.readlink(f"/proc/self/fd/{file}")))
        sync(file)

    monkeypatch.setattr(os, "fsync", noted)
    (tmp_path / "copy").mkdir()
    ask({"do": "read", "path": str(table), "into": str(tmp_path / "copy")})
    arrays = {f"{file.stem}.partial.npy" for file in (tmp_path / "copy").glob("*.npy")}
    assert arrays - {"features.partial.npy"} == set(safe[:-2])  # the large one is mapped, and flushed as such
    assert safe[-2].startswith(".content.json") and safe[-1] == "copy"


def test_a_reader_that_wants_too_much_memory_ends_with_a_sentence(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb-images-idx3-ubyte"
    bomb.write_bytes(b"\0\0\x0e\x03" + (3 * (700).to_bytes(4)) + b"\0" * 100)
    done = subprocess.run(
        [sys.executable, "-m", "workbench.engine.readers"],
        input=json.dumps({"do": "read", "path": str(bomb)}) + "\n",
        capture_output=True,
        text=True,
        env={**__import__("os").environ, "WORKBENCH_READER_MEMORY": str(300 * 2**20)},
    )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
