"""The session: the open model is never lost, news arrives, errors are said."""

import gc
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from workbench.catalog.check import analyse
from workbench.catalog.schema import SAMPLES
from workbench.core.document import Document, Node, Port
from workbench.core.edits import AddNode, Connect, SetName, SetParam
from workbench.core.errors import StoreError
from workbench.core.files import dumps, loads, write
from workbench.core.variables import SetVariable
from workbench.gui.garbage import Garbage
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.jobs import queue
from workbench.store.records import ModelRecord, Point, RunRecord
from workbench.store.store import Store

RELU = AddNode(Node("relu1", "ReLU"))


def messages_of(session: Session) -> list[tuple[str, str]]:
    said: list[tuple[str, str]] = []
    session.message.connect(lambda text, level: said.append((text, level)))
    return said


def saved(qtbot: QtBot, session: Session) -> None:
    qtbot.waitUntil(lambda: session.is_saved, timeout=5000)


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


def test_the_last_model_comes_back_at_the_next_start(qtbot: QtBot, session: Session) -> None:
    session.do(RELU)
    session.do(SetName("mine"))
    session.close()
    again = Session(session.path, Preferences(session.path.with_name("window.json")))
    with qtbot.waitSignal(again.model_opened, timeout=10_000):
        again.start()
    assert again.document == session.document
    assert again.is_saved and again.model_id == session.model_id
    again.close()


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


def versions_of(session: Session) -> list[str]:
    return [version.name for version in session.versions.records]


def test_a_version_is_kept_and_opened_as_one_step(qtbot: QtBot, session: Session) -> None:
    session.open_template("mlp")
    session.versions.keep(session.versions.suggested())
    qtbot.waitUntil(lambda: versions_of(session) == ["Version 1"], timeout=3000)
    [kept] = session.versions.records
    assert session.model_id and kept.nodes == len(session.document.graph.nodes)
    assert kept.parameters == session.analysis.parameters > 0
    assert session.versions.suggested() == "Version 2"
    begun = session.document
    session.do(SetVariable("extra", 3))
    session.do(SetName("renamed"))
    changed = session.document
    session.versions.open(kept)
    qtbot.waitUntil(lambda: session.history.undo_label == "Restore “Version 1”", timeout=3000)
    assert session.document == replace(begun, name="renamed")
    qtbot.waitUntil(lambda: versions_of(session) == ["", "Version 1"], timeout=3000)
    session.undo()
    assert session.document == changed
    session.versions.open(session.versions.records[0])
    said = messages_of(session)
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    assert "is as it was" in said[0][0] and session.document == changed


def test_versions_are_renamed_deleted_and_belong_to_their_model(qtbot: QtBot, session: Session) -> None:
    session.do(RELU)
    session.versions.keep("one")
    qtbot.waitUntil(lambda: versions_of(session) == ["one"], timeout=3000)
    session.versions.rename(session.versions.records[0], "uno")
    qtbot.waitUntil(lambda: versions_of(session) == ["uno"], timeout=3000)
    with qtbot.waitSignal(session.offered, timeout=3000) as offered:
        session.versions.delete(session.versions.records[0])
    qtbot.waitUntil(lambda: versions_of(session) == [], timeout=3000)
    assert offered.args is not None and offered.args[0] == "The version “uno” was deleted."
    offered.args[2]()
    qtbot.waitUntil(lambda: versions_of(session) == ["uno"], timeout=3000)
    session.new_model()
    assert versions_of(session) == []


def test_undo_and_redo_tell_before_and_after(session: Session) -> None:
    seen: list[tuple[Document, Document]] = []
    session.document_changed.connect(lambda before, after: seen.append((before, after)))
    start = session.document
    session.do(RELU)
    session.undo()
    session.redo()
    assert seen[1] == (seen[0][1], start)
    assert "relu1" in session.document.graph.nodes


def test_an_edit_that_does_not_fit_is_a_message(session: Session) -> None:
    said = messages_of(session)
    before = session.document
    assert session.do(Connect(Port("a", "y"), Port("b", "x"))) is False
    assert session.document is before
    assert said[0][1] == "error" and "a" in said[0][0]


def test_the_analysis_follows_the_document(qtbot: QtBot, session: Session) -> None:
    with qtbot.waitSignal(session.analysed, timeout=2000):
        session.do(RELU)
    assert any(problem.node == "relu1" for problem in session.analysis.problems)


def test_the_analysis_is_that_of_the_whole_document(qtbot: QtBot, session: Session) -> None:
    session.open_template("lenet5")
    session.do(SetParam("conv1", "out_channels", 7))
    kept = session.analyse_now()
    assert kept.parameters == analyse(session.document, session.schemas).parameters != 61706
    session.undo()
    assert session.analyse_now().parameters == 61706


def test_a_template_opens_as_a_copy_with_a_free_name(qtbot: QtBot, session: Session) -> None:
    went: list[str] = []
    session.went.connect(lambda view, what: went.append(view))
    session.open_template("mlp")
    assert session.document.graph.nodes and went == ["design"]
    name = session.document.name
    assert session.model_id == 0 and session.is_saved
    session.do(SetVariable("width", 8))
    session.save()
    saved(qtbot, session)
    qtbot.waitUntil(lambda: len(session.models) == 1, timeout=3000)
    session.open_template("mlp")
    assert session.document.name == f"{name}-2"


def test_a_model_file_opens_as_a_new_model(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    write(path, Document(name="from-file", variables={"width": 3}))
    before = path.read_bytes()
    session.open_file(path)
    qtbot.waitUntil(lambda: session.document.name == "from-file" and session.model_id > 0, timeout=5000)
    assert path.read_bytes() == before


def test_a_corrupt_file_is_named_and_nothing_is_lost(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    said = messages_of(session)
    path = tmp_path / "broken.json"
    path.write_text('{"format": 1, "name": "x", "graph": {"nodes": [', encoding="utf-8")
    session.do(RELU)
    before = session.document
    session.open_file(path)
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    assert "broken.json" in said[0][0] and said[0][1] == "error"
    assert session.document is before


def test_a_damaged_model_leaves_the_others_usable(qtbot: QtBot, session: Session) -> None:
    said = messages_of(session)
    ids: list[int] = []

    def fill(store: Store) -> list[int]:
        good = store.save_model(None, dumps(Document(name="good"))).id
        return [good, store.save_model(None, '{"format": 1, "name": "bad", "graph": 7}').id]

    session.call(fill, ids.extend)
    qtbot.waitUntil(lambda: len(session.models) == 2, timeout=3000)
    session.open_model(ids[1])
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    assert "bad" in said[0][0]
    session.open_model(ids[0])
    qtbot.waitUntil(lambda: session.document.name == "good", timeout=3000)


def test_a_deleted_model_comes_back(qtbot: QtBot, session: Session) -> None:
    session.do(RELU)
    session.do(SetName("mine"))
    session.save()
    qtbot.waitUntil(lambda: len(session.models) == 1, timeout=3000)
    with qtbot.waitSignal(session.offered, timeout=3000) as offered:
        session.delete_model(session.models[0])
    qtbot.waitUntil(lambda: not session.models, timeout=3000)
    assert session.model_id == 0 and not session.document.graph.nodes
    assert offered.args is not None
    offered.args[2]()
    qtbot.waitUntil(lambda: bool(session.models) and session.document.name == "mine", timeout=3000)
    assert "relu1" in session.document.graph.nodes


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


def test_train_queues_the_model_as_drawn(
    qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Store] = []
    monkeypatch.setattr(queue, "ensure_runner", started.append)
    session.open_template("mlp")
    session.set_epochs(3)
    with qtbot.waitSignal(session.starter.queued, timeout=10_000) as queued:
        session.starter.train()
    assert queued.args is not None
    run: RunRecord = queued.args[0]
    assert run.epochs == 3 and run.state == "queued" and run.dataset == "iris"
    assert started and session.model_id > 0
    session.undo()
    assert session.document.training.settings.get("epochs") != 3


def test_a_model_with_problems_is_not_queued(qtbot: QtBot, session: Session) -> None:
    said = messages_of(session)
    session.do(RELU)
    session.starter.train()
    assert "relu1" in said[0][0] and said[0][1] == "warning"
    assert not session.runs


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


def test_another_workspace_can_be_opened(qtbot: QtBot, session: Session, tmp_path: Path) -> None:
    session.do(SetName("first"))
    session.switch(tmp_path / "other.db")
    qtbot.waitUntil(lambda: session.is_open, timeout=10_000)
    assert session.models == [] and session.model_id == 0
    session.switch(tmp_path / "experiments.db")
    qtbot.waitUntil(lambda: session.document.name == "first", timeout=10_000)


def test_cycles_are_collected_on_the_main_thread_only(session: Session) -> None:
    class Knot(list["Knot"]):
        pass

    untied: list[int] = []
    for _ in range(2000):
        knot = Knot()
        knot.append(knot)
        weakref.finalize(knot, lambda: untied.append(threading.get_ident()))
    del knot
    assert not gc.isenabled() and not untied
    [garbage] = session.findChildren(Garbage)
    garbage.check()
    assert len(untied) == 2000 and set(untied) == {threading.main_thread().ident}
    session.close()
    assert gc.isenabled()


def test_schemas_are_the_samples_at_first(session: Session) -> None:
    assert set(session.schemas) == set(SAMPLES)


def test_preferences_survive_and_a_broken_file_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "window.json"
    made = Preferences.load(path)
    made.theme, made.width = "light", 1111
    made.save()
    assert Preferences.load(path) == made
    path.write_text('{"theme": 7, "width": "wide", "device": "cpu"}', encoding="utf-8")
    assert Preferences.load(path) == Preferences(path, device="cpu")
    path.write_text("{", encoding="utf-8")
    assert Preferences.load(path) == Preferences(path)
