"""The client of the readers' process: answers, complaints, silence and the end; adding what it reads."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot
from shiboken6 import delete, isValid

from workbench.gui.data import reading as module
from workbench.gui.data.adding import Adding, Source, left
from workbench.gui.data.reading import Reading
from workbench.gui.session import Session
from workbench.jobs.datasets import FOLDER

Feign = Callable[[str], None]


@pytest.fixture
def feigned(monkeypatch: pytest.MonkeyPatch) -> Feign:
    """Another program in the place of the readers' process."""

    def put(program: str) -> None:
        monkeypatch.setattr(
            module, "python", lambda _: [sys.executable, "-c", f"import json, sys, time\n{program}"]
        )

    return put


@pytest.fixture
def owner(qtbot: QtBot) -> Iterator[QObject]:
    made = QObject()
    yield made
    if isValid(made):
        delete(made)


def heard(reading: Reading) -> list[tuple[Any, ...]]:
    said: list[tuple[Any, ...]] = []
    reading.progressed.connect(lambda *told: said.append(told))
    reading.answered.connect(lambda answer: said.append(("answer", answer)))
    reading.failed.connect(lambda reason, known: said.append(("failed", reason, known)))
    return said


def done(qtbot: QtBot, reading: Reading) -> None:
    with qtbot.waitSignal(reading.ended, timeout=20_000):
        reading.start()


def table(folder: Path, rows: int = 20) -> Path:
    file = folder / "blüten 🌼.csv"
    file.write_text("x,label\n" + "\n".join(f"{i},{'ab'[i % 2]}" for i in range(rows)), encoding="utf-8")
    return file


def test_the_process_answers(qtbot: QtBot, owner: QObject, tmp_path: Path) -> None:
    reading = Reading({"do": "read", "path": str(table(tmp_path)), "limit": 200}, owner)
    said = heard(reading)
    done(qtbot, reading)
    kind, answer = said[-1]
    assert kind == "answer" and answer["reader"] == "table" and answer["title"] == "blüten 🌼"


def test_a_complaint_comes_with_what_was_understood(qtbot: QtBot, owner: QObject, feigned: Feign) -> None:
    feigned(
        'print(\'{"choices": {"columns": ["a"]}}\'); print("warning", file=sys.stderr); sys.exit("row 7 is torn")'
    )
    reading = Reading({}, owner)
    said = heard(reading)
    done(qtbot, reading)
    assert said == [("failed", "row 7 is torn", {"choices": {"columns": ["a"]}})]


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("sys.exit(3)", "without a word (exit code 3)"),
        ("import os; os.kill(os.getpid(), 9)", "ended from outside"),
        ("print('no answer of ours')", "without a word"),
    ],
)
def test_an_end_without_words_is_told_all_the_same(
    qtbot: QtBot, owner: QObject, feigned: Feign, program: str, words: str
) -> None:
    feigned(program)
    reading = Reading({}, owner)
    said = heard(reading)
    done(qtbot, reading)
    assert len(said) == 1 and said[0][0] == "failed" and words in said[0][1]


def test_progress_is_told_and_long_lines_arrive_whole(qtbot: QtBot, owner: QObject, feigned: Feign) -> None:
    feigned(
        'print(\'{"progress": ["Pictures", 3, 9]}\'); print(json.dumps({"items": ["ü" * 500000]}, ensure_ascii=False))'
    )
    reading = Reading({}, owner)
    said = heard(reading)
    done(qtbot, reading)
    assert said[0] == ("Pictures", 3, 9) and said[1] == ("answer", {"items": ["ü" * 500_000]})


def test_silence_is_told_and_a_stopped_reading_says_nothing(
    qtbot: QtBot, owner: QObject, feigned: Feign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 1)
    feigned("time.sleep(60)")
    reading = Reading({}, owner)
    said = heard(reading)
    with qtbot.waitSignal(reading.fell_quiet, timeout=20_000) as told:
        reading.start()
    assert told.args == [1]
    with qtbot.waitSignal(reading.ended, timeout=20_000):
        delete(owner)
    assert said == [] and reading.is_over


def test_a_dataset_is_added_with_its_copy(
    qtbot: QtBot, session: Session, owner: QObject, tmp_path: Path
) -> None:
    adding = Adding(session, Source(table(tmp_path), "table", {"target": "label"}, "My flowers"), owner)
    with qtbot.waitSignal(adding.added, timeout=30_000) as told:
        adding.start()
    record = told.args[0].record
    assert (record.id, record.title, record.options) == ("my-flowers", "My flowers", {"target": "label"})
    qtbot.waitUntil(lambda: "my-flowers" in session.schemas)
    [copy] = (session.path.with_suffix(".files") / FOLDER).iterdir()
    assert not copy.name.startswith(".") and (copy / "features.npy").is_file()


def test_what_cannot_be_read_is_told_and_nothing_is_left(
    qtbot: QtBot, session: Session, owner: QObject, tmp_path: Path
) -> None:
    adding = Adding(session, Source(table(tmp_path), "table", {"target": "colour"}, ""), owner)
    with qtbot.waitSignal(adding.failed, timeout=30_000) as told:
        adding.start()
    assert "colour" in told.args[0]
    root = session.path.with_suffix(".files") / FOLDER
    qtbot.waitUntil(lambda: not list(root.iterdir()))
    assert session.datasets == []


HALF = (
    "folder = json.loads(sys.stdin.readline())['into']\nopen(folder + '/features.npy', 'w').write('half')\n"
    'print(\'{"progress": ["Rows", 1, 9]}\', flush=True); time.sleep(60)'
)


@pytest.mark.parametrize("how", ["cancel", "owner", "close"])
def test_whatever_ends_it_early_leaves_nothing_behind(
    qtbot: QtBot, session: Session, owner: QObject, feigned: Feign, tmp_path: Path, how: str
) -> None:
    feigned(HALF)
    adding = Adding(session, Source(tmp_path / "a.csv", "table", {}, ""), owner)
    with qtbot.waitSignal(adding.progressed, timeout=30_000) as told:
        adding.start()
    assert told.args == ["Rows: 1 of 9", 1, 9]
    root = session.path.with_suffix(".files") / FOLDER
    assert list(root.iterdir())
    if how == "cancel":
        adding.cancel()
    elif how == "owner":
        delete(owner)
    else:
        session.close()
    qtbot.waitUntil(lambda: not list(root.iterdir()), timeout=10_000)
    qtbot.waitUntil(lambda: not isValid(adding), timeout=10_000)


def test_a_time_left_is_told_once_there_is_a_pace() -> None:
    assert left(0.2, 5, 10) == "" and left(10, 0, 10) == "" and left(10, 7, 0) == ""
    assert left(10, 5, 10) == " · 10 s left"
