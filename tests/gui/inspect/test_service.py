"""The client of the model service, against a small process that answers as the service does."""

import sys
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from workbench.gui.inspect import service
from workbench.gui.inspect.service import ModelService
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences

FAKE = """
import json, os, sys
print("torch prints something", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if "cancel" in asked:
        print(json.dumps({"id": asked["cancel"], "error": "Stopped."}), flush=True)
        continue
    id, do = asked["id"], asked["do"]
    if do == "fall":
        sys.stderr.write("Traceback\\nRuntimeError: out of memory\\n")
        sys.exit(3)
    if do == "work":
        for done in (1, 2):
            print(json.dumps({"id": id, "done": done, "of": 2}), flush=True)
    if do == "refuse":
        print(json.dumps({"id": id, "error": "Run 9 has kept no weights."}), flush=True)
    elif do != "wait":
        print(json.dumps({"id": id, "result": {"asked": asked, "pid": os.getpid()}}), flush=True)
"""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, qtbot: QtBot, tmp_path: Path) -> Any:
    """A client with what it heard; its session has no workspace."""
    monkeypatch.setattr(service, "command", lambda session: [sys.executable, "-S", "-c", FAKE])
    session = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    client = service.service_of(session)
    assert service.service_of(session) is client
    yield client
    client.stop()
    session.deleteLater()


class Ear:
    """What came of one question."""

    def __init__(self) -> None:
        self.result: Any = None
        self.error = ""
        self.steps: list[tuple[int, int]] = []

    def ask(self, client: ModelService, do: str) -> service.Question:
        return client.ask({"do": do, "run": 7}, self._answered, self._refused, self._advanced)

    def _answered(self, answer: service.Answer) -> None:
        self.result = answer

    def _refused(self, error: str) -> None:
        self.error = error

    def _advanced(self, done: int, of: int) -> None:
        self.steps.append((done, of))


def test_questions_are_answered_with_progress_and_refusals(qtbot: QtBot, asked: ModelService) -> None:
    assert not asked.pid
    one, two, three = Ear(), Ear(), Ear()
    for ear, do in ((one, "work"), (two, "refuse"), (three, "about")):
        ear.ask(asked, do)
    qtbot.waitUntil(lambda: three.result is not None)
    assert one.result["asked"] == {"do": "work", "run": 7, "id": 1} and one.steps == [(1, 2), (2, 2)]
    assert two.error == "Run 9 has kept no weights." and two.result is None
    assert one.result["pid"] == three.result["pid"] == asked.pid and not asked.is_asked


def test_a_cancelled_question_is_not_heard_of_again(qtbot: QtBot, asked: ModelService) -> None:
    gone, kept = Ear(), Ear()
    asked.cancel(gone.ask(asked, "wait"))
    kept.ask(asked, "about")
    qtbot.waitUntil(lambda: kept.result is not None)
    assert gone.result is None and not gone.error


def test_after_a_fall_all_who_wait_are_told_and_the_next_question_starts_it_anew(
    qtbot: QtBot, asked: ModelService
) -> None:
    before, lost, after = Ear(), Ear(), Ear()
    fell: list[str] = []
    asked.fell.connect(fell.append)
    before.ask(asked, "fall")
    lost.ask(asked, "about")
    qtbot.waitUntil(lambda: bool(lost.error))
    assert before.error == lost.error == fell[0]
    assert "RuntimeError: out of memory" in lost.error and "Try again" in lost.error
    assert not asked.pid
    after.ask(asked, "about")
    qtbot.waitUntil(lambda: after.result is not None)
    assert asked.pid == after.result["pid"]


def test_it_rests_when_left_and_ends_with_the_workspace(qtbot: QtBot, asked: ModelService) -> None:
    ear, late = Ear(), Ear()
    ear.ask(asked, "about")
    qtbot.waitUntil(lambda: ear.result is not None)
    asked._rest.setInterval(1)
    asked.leave()
    qtbot.waitUntil(lambda: not asked.pid)
    late.ask(asked, "wait")
    session = asked.parent()
    assert isinstance(session, Session)
    session.closing.emit()
    assert (asked.is_asked, asked.pid, late.error) == (False, 0, "")


def test_what_somebody_waits_for_is_done_before_it_rests(qtbot: QtBot, asked: ModelService) -> None:
    ear = Ear()
    question = ear.ask(asked, "wait")
    asked.leave()
    asked._rest.timeout.emit()
    assert asked.is_asked and asked.pid and asked._rest.isActive()
    asked.cancel(question)
    ear.ask(asked, "about")
    assert asked._rest.isActive(), "nobody looks, whoever asks"
    qtbot.waitUntil(lambda: ear.result is not None)
    asked._rest.timeout.emit()
    assert not asked.pid


def test_a_program_that_cannot_start_is_told(
    qtbot: QtBot, asked: ModelService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "command", lambda session: ["/nowhere/python"])
    ear = Ear()
    ear.ask(asked, "about")
    qtbot.waitUntil(lambda: bool(ear.error))
    assert ear.error.startswith("The model service did not start: ")


def test_time_left_is_told_once_something_is_known() -> None:
    question = service.Question(1, {}, print, print)
    assert question.left() == ""
    question.began -= 10
    question.done, question.of = 100, 400
    assert question.left() == "about 30 s left"
