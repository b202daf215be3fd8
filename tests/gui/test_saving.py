"""The open model is never lost, not to a full disk and not to another window."""

import threading
import time
from collections.abc import Callable

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from tests.gui.sessions import RELU, messages_of, saved
from workbench.core.edits import SetName
from workbench.core.errors import StoreError
from workbench.core.files import dumps, loads
from workbench.core.variables import SetVariable
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.store.records import ModelRecord
from workbench.store.store import Store


def test_an_edit_is_in_the_workspace_within_two_seconds(qtbot: QtBot, session: Session) -> None:
    session.do(RELU)
    assert not session.is_saved
    qtbot.waitUntil(lambda: session.is_saved, timeout=2000)
    store = Store(session.path)
    assert store.model_text(session.model_id) == dumps(session.document)
    store.close()


def test_closing_saves_what_the_timer_had_not(session: Session) -> None:
    session.do(RELU)
    session.close()
    store = Store(session.path)
    [record] = store.models()
    assert store.model_text(record.id) == dumps(session.document)
    store.close()


def test_two_quick_saves_of_a_new_model_make_one_model(qtbot: QtBot, session: Session) -> None:
    session.do(RELU)
    session.save()
    session.do(SetVariable("width", 8))
    session.save()
    saved(qtbot, session)
    qtbot.waitUntil(lambda: len(session.models) == 1, timeout=3000)
    qtbot.wait(300)
    assert len(session.models) == 1


Save = Callable[[Store, int | None, str, int | None], ModelRecord]


def failing(monkeypatch: pytest.MonkeyPatch, times: int) -> list[str]:
    """The next saves find the disk full; gives the texts of all that were tried."""
    kept: Save = Store.save_model
    tried: list[str] = []

    def full(store: Store, model: int | None, text: str, expected: int | None = None) -> ModelRecord:
        tried.append(text)
        if len(tried) <= times:
            raise StoreError("The disk is full.")
        return kept(store, model, text, expected)

    monkeypatch.setattr(Store, "save_model", full)
    monkeypatch.setattr("workbench.gui.saving.SAVE_MS", 20)
    monkeypatch.setattr("workbench.gui.saving.RETRY_MS", 20)
    return tried


def test_a_failed_save_is_said_once_and_tried_until_it_is_done(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = messages_of(session)
    tried = failing(monkeypatch, 3)
    session.do(RELU)
    session.save()
    saved(qtbot, session)
    qtbot.waitUntil(lambda: len(said) == 2, timeout=3000)
    assert "could not be saved: The disk is full." in said[0][0]
    assert said[1] == ("“untitled” is saved again.", "ok")
    assert len(tried) == 4


def test_what_could_not_be_saved_is_saved_later_also_when_another_model_is_open(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, 2)
    session.do(SetName("left behind"))
    session.do(RELU)
    left = dumps(session.document)
    session.new_model()
    assert not session.document.graph.nodes
    qtbot.waitUntil(lambda: [model.name for model in session.models] == ["left behind"], timeout=5000)
    store = Store(session.path)
    assert store.model_text(session.models[0].id) == left
    store.close()


def test_what_cannot_be_saved_at_the_end_is_there_at_the_next_start(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        failing(broken, 1000)
        session.do(SetName("nearly lost"))
        session.do(RELU)
        session.close()
    again = Session(session.path, Preferences(session.path.with_name("window.json")))
    said = messages_of(again)
    again.start()
    qtbot.waitUntil(lambda: [model.name for model in again.models] == ["nearly lost"], timeout=10_000)
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    assert "“nearly lost” could not be saved when the window closed" in said[0][0]
    assert not list((session.path.with_suffix(".files") / "unsaved").iterdir())
    again.open_model(again.models[0].id)
    qtbot.waitUntil(lambda: "relu1" in again.document.graph.nodes, timeout=3000)
    again.close()


def test_edits_without_a_pause_are_saved_all_the_while(qtbot: QtBot, session: Session) -> None:
    """Whatever is in the workspace at any moment is at most two seconds old."""
    made: list[float] = []
    timer = QTimer(interval=15)

    def edit() -> None:
        session.do(SetVariable("width", len(made)))
        made.append(time.monotonic())

    timer.timeout.connect(edit)
    timer.start()
    store = Store(session.path)
    begun = time.monotonic()
    ages = []
    while time.monotonic() < begun + 3.6:
        qtbot.wait(100)
        now = time.monotonic()
        if now < begun + 2:
            continue
        kept = int(str(loads(store.model_text(session.model_id)).variables["width"]))
        missing = [at for at in made[kept + 1 :] if at <= now]
        ages.append(now - missing[0] if missing else 0.0)
    timer.stop()
    store.close()
    assert len(made) > 50 and len(ages) > 5
    assert max(ages) < 2, ages


def test_saves_that_had_to_wait_are_not_made_one_after_the_other(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = failing(monkeypatch, 0)
    free = threading.Event()
    session.call(lambda _: free.wait(10))
    for number in range(20):
        session.do(SetVariable("width", number))
        session.save()
    free.set()
    saved(qtbot, session)
    assert [loads(text).variables["width"] for text in tried] == [19]


def second_window(qtbot: QtBot, session: Session) -> Session:
    """Another window on the same workspace, with the same model open."""
    other = Session(session.path, Preferences(session.path.with_name("other.json")))
    with qtbot.waitSignal(other.model_opened, timeout=10_000):
        other.start()
    assert other.document == session.document and other.model_id == session.model_id
    return other


def test_two_windows_on_one_model_both_keep_their_edits(qtbot: QtBot, session: Session) -> None:
    session.do(SetName("net"))
    session.save()
    saved(qtbot, session)
    other = second_window(qtbot, session)
    said = messages_of(other)
    session.do(RELU)
    other.do(SetVariable("depth", 3))
    other.do(SetVariable("depth", 5))
    other.undo()
    session.save()
    saved(qtbot, session)
    other.save()
    saved(qtbot, other)
    qtbot.waitUntil(lambda: other.document.name == "net-2", timeout=3000)
    assert said[-1] == (
        "“net” was changed in another window. Your edits are in “net-2”; both are kept.",
        "warning",
    )
    assert other.model_id != session.model_id
    assert other.history.redo_label and other.history.steps() == ("Set variable depth",)
    other.undo()
    assert other.document.name == "net-2", "it was never anything else"
    other.redo()
    other.do(SetVariable("depth", 4))
    other.save()
    saved(qtbot, other)
    store = Store(session.path)
    texts = {model.name: loads(store.model_text(model.id)) for model in store.models()}
    store.close()
    assert set(texts) == {"net", "net-2"}
    assert "relu1" in texts["net"].graph.nodes and not texts["net"].variables
    assert texts["net-2"].variables == {"depth": 4} and not texts["net-2"].graph.nodes
    other.close()


def test_changes_of_another_window_are_offered_and_can_be_undone(qtbot: QtBot, session: Session) -> None:
    session.do(SetName("net"))
    session.save()
    saved(qtbot, session)
    other = second_window(qtbot, session)
    before = other.document
    with qtbot.waitSignal(other.offered, timeout=5000) as offered:
        session.do(RELU)
        session.save()
    assert offered.args is not None and "was changed in another window" in offered.args[0]
    offered.args[2]()
    qtbot.waitUntil(lambda: "relu1" in other.document.graph.nodes, timeout=3000)
    assert other.history.undo_label == "Changes of another window"
    other.do(SetVariable("depth", 4))
    other.save()
    saved(qtbot, other)
    assert other.model_id == session.model_id and other.document.name == "net"
    other.undo()
    other.undo()
    assert other.document == before
    other.close()


def test_own_saves_are_no_changes_of_another_window(qtbot: QtBot, session: Session) -> None:
    offers: list[str] = []
    session.offered.connect(lambda text, button, slot: offers.append(text))
    for number in range(4):
        session.do(SetVariable("width", number))
        session.save()
        saved(qtbot, session)
    qtbot.waitUntil(lambda: bool(session.models) and session.models[0].revision == 4, timeout=3000)
    qtbot.wait(300)
    assert offers == [] and len(session.models) == 1
