"""News of the workspace arrives, and errors are said."""

import threading
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from tests.gui.sessions import messages_of
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Document
from workbench.core.files import dumps
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.store.records import Point, RunRecord
from workbench.store.store import Store


def run_in(store: Store) -> RunRecord:
    return store.add_run(
        "r", "r", dumps(Document()), "", device="auto", seed=0, epochs=1, parameters=0, dataset="", params={}
    )


def test_runs_of_other_processes_are_seen(qtbot: QtBot, session: Session) -> None:
    other = Store(session.path)
    run = run_in(other)
    qtbot.waitUntil(lambda: [seen.id for seen in session.runs] == [run.id], timeout=3000)
    other.claim(run.id, "cpu")
    other.set_state(run.id, "running")
    other.log_points(run.id, [Point("train/loss", 1, 1, 0.5, 0.0)])
    qtbot.waitUntil(lambda: "train/loss" in session.summaries.get(run.id, {}), timeout=3000)
    assert session.summaries[run.id]["train/loss"].last == 0.5
    other.set_state(run.id, "completed")
    other.delete_run(run.id)
    qtbot.waitUntil(lambda: not session.runs, timeout=3000)
    other.close()


def test_nothing_is_told_when_nothing_changed(qtbot: QtBot, session: Session) -> None:
    other = Store(session.path)
    run_in(other)
    qtbot.waitUntil(lambda: bool(session.runs), timeout=3000)
    told: list[object] = []
    session.runs_changed.connect(lambda *args: told.append(args))
    other.set_setting("x", 1)
    qtbot.wait(600)
    assert not told
    other.close()


def test_an_error_in_the_background_becomes_a_message(qtbot: QtBot, session: Session) -> None:
    said = messages_of(session)
    session.call(lambda store: store.run(999))
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    assert "999" in said[0][0] and said[0][1] == "error"
    session.call(lambda _: 1 / 0)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=3000)
    assert "ZeroDivisionError" in said[1][0]


class Viewer(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.got: list[int] = []

    def take(self, value: int) -> None:
        self.got.append(value)


def _give(number: int, store: Store) -> int:
    return number


def test_what_waited_for_an_answer_goes_in_the_thread_of_the_window(qtbot: QtBot, session: Session) -> None:
    gone: list[str] = []
    got: list[int] = []

    class Box:
        def take(self, number: int) -> None:
            got.append(number)

        def __del__(self) -> None:
            gone.append(threading.current_thread().name)

    for number in range(3):
        session.call(partial(_give, number), Box().take)
        qtbot.waitUntil(partial(got.__contains__, number), timeout=3000)
    session.close()
    assert gone == 3 * [threading.main_thread().name], "the thread of the store would destroy widgets"


def test_a_callback_that_fails_keeps_no_other_answer_back(qtbot: QtBot, session: Session) -> None:
    taken: list[int] = []

    def take(number: int) -> None:
        taken.append(number)
        if number == 1:
            raise ZeroDivisionError

    with qtbot.captureExceptions() as raised:
        for number in range(4):
            session.call(partial(_give, number), take)
        qtbot.waitUntil(lambda: taken == [0, 1, 2, 3])
    assert [kind for kind, *_ in raised] == [ZeroDivisionError]


def test_an_answer_for_a_view_that_is_gone_is_dropped(qtbot: QtBot, session: Session) -> None:
    import shiboken6

    gone, there = Viewer(), Viewer()
    session.call(lambda _: 1, gone.take)
    session.call(lambda _: 2, there.take)
    shiboken6.delete(gone)
    qtbot.waitUntil(lambda: there.got == [2], timeout=3000)
    assert gone.got == []


def test_a_workspace_that_cannot_be_opened_says_why(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("this is no database, it is a diary" * 100, encoding="utf-8")
    session = Session(path, Preferences(tmp_path / "window.json"))
    with qtbot.waitSignal(session.unusable, timeout=10_000) as refused:
        session.start()
    assert refused.args is not None and "notes.db" in refused.args[0]
    said = messages_of(session)
    session.call(lambda store: store.runs())
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    session.close()
    assert path.read_text(encoding="utf-8").startswith("this is no database")


def test_schemas_are_the_samples_at_first(session: Session) -> None:
    assert set(session.schemas) == set(SAMPLES)
