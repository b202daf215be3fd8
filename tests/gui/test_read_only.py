"""A workspace that cannot be written opens to be looked at; one that is locked opens as soon as it can."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from workbench.core.errors import StoreError, StoreLockedError
from workbench.gui.action_table import WRITES
from workbench.gui.data.view import DataView
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.gui.store_thread import StoreThread
from workbench.gui.window import MainWindow
from workbench.store import opening
from workbench.store.store import Store

WAIT = 8_000
Record = Callable[..., int]


@pytest.fixture
def session(tmp_path: Path, no_jobs: None, record: Record) -> Iterator[Session]:
    """With two runs, not started yet."""
    store = Store(tmp_path / "experiments.db")
    record(store)
    store.set_notes(record(store), "seen before")
    store.delete_run(record(store))
    store.close()
    made = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    yield made
    made.close()
    delete(made)


def test_what_cannot_be_written_is_shown_and_left_as_it_is(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise StoreError(f"The workspace {path} cannot be written: it is read-only.")

    monkeypatch.setattr(opening, "_reachable", refuse)
    said: list[tuple[str, str]] = []
    session.message.connect(lambda text, level: said.append((text, level)))
    before = session.path.read_bytes()
    window = MainWindow(session)
    qtbot.addWidget(window)
    window.show()
    window.show_view("runs")
    view = window.views["runs"]
    assert isinstance(view, RunsView)
    with qtbot.waitSignal(session.devices_found, timeout=20_000):
        session.start()
    assert view.model.total == 2 and session.read_only
    assert said == [(f"{session.read_only} Until then it can be looked at; nothing is saved.", "warning")]
    view.table.selectAll()
    view.table.setFocus()
    for view_id in ("design", "data", "runs"):
        window.show_view(view_id)
    writing = [session.actions.get(id) for id in WRITES]
    assert not any(action.isEnabled() for action in writing)
    assert all(action.toolTip().endswith(f"\n{session.read_only}") for action in writing)
    assert session.actions.get("run_compare").isEnabled()
    data, header = window.views["data"], view.detail.header
    assert isinstance(data, DataView)
    grey = (window.top.run_bar.train, data.add, header.again, header.star, header.tags, header.delete)
    assert not any(button.isEnabled() for button in grey) and header.open.isEnabled()
    data.reveal(session.path)
    assert data.stack.currentWidget() is data.empty and said.pop()[0].startswith("No data can be added.")
    assert all(button.toolTip().endswith(f"\n{session.read_only}") for button in grey)
    QTest.keyClick(view.table, Qt.Key.Key_Delete)
    view.table.pick(2)
    assert view.detail.notes.editor.isReadOnly() and view.detail.notes.editor.toPlainText() == "seen before"
    assert window.status.saved.text() == "read-only"
    view.open_trash()
    qtbot.waitUntil(lambda: view.trash.model.total == 1, timeout=WAIT)
    assert not view.trash.restore.isEnabled() and not view.trash.purge.isEnabled()
    session.starter.train()
    assert "can only be looked at" in said[-1][0]
    session.new_model()
    session.save_new()
    assert len(said) == 2
    with qtbot.waitSignal(session.message, timeout=WAIT) as refused:
        session.call(lambda store: store.star([1]))
    assert refused.args is not None and "to look at it only; nothing was changed" in refused.args[0]
    window.close()
    assert session.path.read_bytes() == before


def test_what_another_program_keeps_to_itself_is_tried_again(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.gui.store_thread.LOCKED_SECONDS", 0.05)
    tries: list[int] = []
    whole = StoreThread._open

    def open(thread: StoreThread) -> Store:
        tries.append(len(tries))
        if len(tries) < 3:
            raise StoreLockedError("The workspace is locked by another program.")
        return whole(thread)

    monkeypatch.setattr(StoreThread, "_open", open)
    told: list[str] = []
    session.unusable.connect(told.append)
    said: list[str] = []
    session.message.connect(lambda text, _: said.append(text))
    withdrawn: list[str] = []
    session.withdrawn.connect(withdrawn.append)
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.start()
        session.call(lambda store: store.runs())  # asked too early: it is refused, nothing hangs
    assert told == ["The workspace is locked by another program. It is tried again until it opens."]
    assert withdrawn == told
    assert len(session.runs) == 2 and not session.read_only
    qtbot.waitUntil(lambda: said[-1] == f"The workspace {session.path} is open now.", timeout=WAIT)
