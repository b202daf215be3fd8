"""The process that shows items: asked page by page, started again once when it falls over, ended when left."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from workbench.catalog.schema import Schema, image_outputs
from workbench.engine.readers.content import Content, write
from workbench.gui.data import service as module
from workbench.gui.data.service import Service

PAGE = {"split": "train", "places": [0, 5]}


class Heard:
    """All that a service tells."""

    def __init__(self, service: Service) -> None:
        self.told: list[Any] = []
        self.answers: list[Any] = []
        self.refused: list[str] = []
        self.failed: list[str] = []
        service.told.connect(self.told.append)
        service.answered.connect(self.answers.append)
        service.refused.connect(lambda why, _: self.refused.append(why))
        service.failed.connect(self.failed.append)


@pytest.fixture
def owner(qtbot: QtBot) -> QObject:
    return QObject()


@pytest.fixture
def service(owner: QObject, qtbot: QtBot) -> Iterator[Service]:
    made = Service("sample:iris", None, owner)
    yield made
    pid = made.pid
    made.stop()
    qtbot.waitUntil(lambda: not pid or not alive(pid))


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def end(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def copy_in(folder: Path) -> Path:
    schema = Schema("x", "X", image_outputs(1, 4, 4, classes=2), {}, "image", 8, ("cat", "dog"))
    arrays = {"image": np.zeros((8, 1, 4, 4), np.uint8), "label": np.array([0, 1] * 4)}
    folder.mkdir()
    write(Content(schema, arrays, {"train": np.arange(8)}), folder)
    return folder


def test_it_tells_what_there_is_and_answers_pages(service: Service, qtbot: QtBot) -> None:
    heard = Heard(service)
    service.ask(PAGE)
    service.ask({**PAGE, "label": "virginica"})
    qtbot.waitUntil(lambda: len(heard.answers) == 2)
    assert heard.told[0]["classes"]["train"]["setosa"] == 30
    assert len(heard.answers[0]["items"]) == 5
    assert {item["label"] for item in heard.answers[1]["items"]} == {"virginica"}
    assert heard.failed == []


def test_what_cannot_be_answered_is_told_and_the_rest_goes_on(service: Service, qtbot: QtBot) -> None:
    heard = Heard(service)
    service.ask({"split": "exam", "places": [0, 1]})
    service.ask(PAGE)
    qtbot.waitUntil(lambda: len(heard.answers) == 1)
    assert "There is no exam part" in heard.refused[0]


def test_one_that_is_killed_is_started_again(service: Service, qtbot: QtBot) -> None:
    heard = Heard(service)
    service.ask(PAGE)
    qtbot.waitUntil(lambda: len(heard.answers) == 1)
    first = service.pid
    end(first)
    qtbot.waitUntil(lambda: service.pid not in (0, first))
    service.ask(PAGE)
    qtbot.waitUntil(lambda: len(heard.answers) == 2)
    assert service.restarts == 1
    assert heard.failed == []


def test_one_that_is_killed_twice_says_so_and_can_be_tried_again(service: Service, qtbot: QtBot) -> None:
    heard = Heard(service)
    service.start()
    first = service.pid
    end(first)
    qtbot.waitUntil(lambda: service.pid not in (0, first))
    end(service.pid)
    qtbot.waitUntil(lambda: bool(heard.failed))
    assert "fell over twice" in heard.failed[0]
    assert service.pid == 0
    service.ask(PAGE)
    qtbot.waitUntil(lambda: len(heard.answers) == 1)


def test_a_question_that_was_under_way_is_asked_again(service: Service, qtbot: QtBot) -> None:
    heard = Heard(service)
    service.ask(PAGE)
    end(service.pid)
    qtbot.waitUntil(lambda: len(heard.answers) == 1)
    assert service.restarts == 1


def test_a_damaged_copy_is_told_without_trying_again(qtbot: QtBot, owner: QObject, tmp_path: Path) -> None:
    folder = copy_in(tmp_path / "copy")
    (folder / "image.npy").write_bytes(b"nothing")
    made = Service(str(folder), None, owner)
    heard = Heard(made)
    made.ask(PAGE)
    qtbot.waitUntil(lambda: bool(heard.failed))
    assert "damaged" in heard.failed[0]
    assert made.restarts == 0
    made.stop()


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps files that are open from being removed")
def test_a_copy_that_is_cleared_while_it_is_shown_is_shown_on(
    qtbot: QtBot, owner: QObject, tmp_path: Path
) -> None:
    folder = copy_in(tmp_path / "copy")
    made = Service(str(folder), None, owner)
    heard = Heard(made)
    made.ask(PAGE)
    qtbot.waitUntil(lambda: len(heard.answers) == 1)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    made.ask(PAGE)
    qtbot.waitUntil(lambda: len(heard.answers) == 2)
    made.rest()
    made.ask(PAGE)
    qtbot.waitUntil(lambda: bool(heard.failed))
    assert str(folder) in heard.failed[0]
    made.stop()


def test_it_ends_when_it_was_left_and_comes_back_when_asked(
    qtbot: QtBot, owner: QObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEFT_MS", 30)
    made = Service("sample:iris", None, owner)
    heard = Heard(made)
    made.ask(PAGE)
    qtbot.waitUntil(lambda: len(heard.answers) == 1)
    pid = made.pid
    made.leave()
    qtbot.waitUntil(lambda: made.pid == 0 and not alive(pid))
    made.ask(PAGE)
    qtbot.waitUntil(lambda: len(heard.answers) == 2)
    assert heard.failed == []
    made.stop()


def test_an_answer_that_does_not_come_is_given_up(
    qtbot: QtBot, owner: QObject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOW_MS", 1)
    made = Service("sample:iris", None, owner)
    heard = Heard(made)
    made.ask(PAGE)
    qtbot.waitUntil(lambda: bool(heard.failed))
    assert heard.failed == ["Showing the items took too long."]
    assert made.pid == 0
    made.stop()


def test_nothing_is_left_when_its_owner_goes(qtbot: QtBot) -> None:
    owner = QObject()
    made = Service("sample:iris", None, owner)
    made.start()
    pid = made.pid
    owner.deleteLater()
    qtbot.waitUntil(lambda: not alive(pid))
    assert pid
