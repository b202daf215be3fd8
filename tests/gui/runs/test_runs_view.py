"""The Runs view on a real workspace, used as a person does."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMenu
from pytestqt.qtbot import QtBot

from tests.gui.runs.showing import runs_view
from tests.gui.runs.test_table_model import PLAIN
from tests.gui.sessions import messages_of
from workbench.catalog.templates import load
from workbench.core import text
from workbench.core.files import dumps
from workbench.gui import theme
from workbench.gui.runs.feed import More, Recorded
from workbench.gui.runs.table_model import FIRST_SLOT
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.store.records import Media, Point
from workbench.store.store import Store

Record = Callable[..., int]
WAIT = 8_000


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session) -> RunsView:
    return runs_view(qtbot, session, 1200, 640)


def have(qtbot: QtBot, view: RunsView, count: int) -> None:
    qtbot.waitUntil(lambda: view.model.total == count, timeout=WAIT)


def do(qtbot: QtBot, session: Session, *work: Callable[[Store], object]) -> None:
    """Work on the store in its thread, all of it between two looks for news, and wait for it."""
    done: list[object] = []
    session.call(lambda store: [one(store) for one in work], done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=WAIT)


def click_row(
    view: RunsView, id: int, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    rect = view.table.visualRect(view.model.index(view.model.place(id), 1))
    QTest.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, modifier, rect.center())


def shown_id(view: RunsView) -> int:
    return view.detail.run.id if view.detail.run else 0


def test_without_runs_it_says_what_to_do_first(qtbot: QtBot, view: RunsView, session: Session) -> None:
    assert view.empty.isVisible()
    button = view.empty.button
    assert button is not None
    with qtbot.waitSignal(session.went) as went:
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert went.args == ["home", None]


def test_before_the_workspace_is_open_it_does_not_say_that_there_are_no_runs(
    qtbot: QtBot, view: RunsView, session: Session
) -> None:
    button = view.empty.button
    assert button is not None and button.isVisible()
    session.is_open = False
    session.unusable.emit("It is locked by another program.")
    words = [label.text() for label in view.empty.findChildren(QLabel)]
    assert words[1:] == ["The workspace cannot be opened", "It is locked by another program."]
    assert not button.isVisible() and not view.empty_trash.isVisible()
    session.is_open = True
    session.opened.emit()
    assert view.empty.findChildren(QLabel)[1].text() == "No runs yet" and button.isVisible()


def test_a_run_appears_and_its_curves_grow(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, state="running", epochs=30))
    have(qtbot, view, 1)
    assert shown_id(view) == 1
    plots = view.detail.curves.grid.plots
    qtbot.waitUntil(lambda: "loss" in plots or bool(view.detail.curves.grid.plots), timeout=WAIT)
    plot = view.detail.curves.grid.plots["loss"]
    assert [len(curve.series) for curve in plot.curves] == [3]
    do(
        qtbot,
        session,
        lambda store: store.log_points(
            1, [Point("train/loss", 4, 2, 0.2, 5.0), Point("validation/loss", 4, 2, 0.3, 5.0)]
        ),
        lambda store: store.progress(1, 2, 4, 30),
        lambda store: store.log(1, "warning", "the disk is nearly full"),
    )
    qtbot.waitUntil(lambda: [len(curve.series) for curve in plot.curves] == [4, 1], timeout=WAIT)
    qtbot.waitUntil(lambda: "disk is nearly full" in view.detail.log.text.toPlainText(), timeout=WAIT)
    assert [curve.name for curve in plot.curves] == ["train", "validation"]
    assert view.detail.header.state.text() == "running · epoch 2 of 30"
    assert view.model.data(view.model.index(0, 2)) == "epoch 2 of 30"
    assert view.detail.curves.grid.plots["loss"] is plot  # its zoom survives


def _log(point: Point, store: Store) -> None:
    store.log_points(1, [point])


def _has(asked: list[tuple[str, int]], count: int) -> bool:
    return len(asked) == count


def test_only_new_points_are_read(
    qtbot: QtBot, view: RunsView, session: Session, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, int]] = []
    whole = Store.curve

    def curve(store: Store, run: int, metric: str, after: int = 0, limit: int = -1) -> object:
        asked.append((metric, after))
        return whole(store, run, metric, after, limit)

    monkeypatch.setattr(Store, "curve", curve)
    do(qtbot, session, lambda store: record(store, state="running"))
    qtbot.waitUntil(lambda: asked == [("train/loss", 0)], timeout=WAIT)
    for step in (4, 5):
        point = Point("train/loss", step, 1, 0.1, 5.0)
        do(qtbot, session, partial(_log, point))
        qtbot.waitUntil(partial(_has, asked, step - 2), timeout=WAIT)
    assert asked == [("train/loss", 0), ("train/loss", 3), ("train/loss", 4)]
    do(qtbot, session, lambda store: store.heartbeat(1))
    qtbot.wait(400)
    assert len(asked) == 3


def test_a_long_run_is_read_in_parts(
    qtbot: QtBot, view: RunsView, session: Session, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.gui.runs.feed.CHUNK", 100)
    do(qtbot, session, lambda store: record(store, curves={"train/loss": [1 / (1 + x) for x in range(1050)]}))
    qtbot.waitUntil(lambda: bool(view.detail.curves.grid.plots), timeout=WAIT)
    plot = view.detail.curves.grid.plots["loss"]
    qtbot.waitUntil(lambda: len(plot.curves[0].series) == 1050, timeout=WAIT)
    assert plot.curves[0].series.y[-1] == 1 / 1050


def test_what_was_recorded_is_shown(qtbot: QtBot, view: RunsView, session: Session, record: Record) -> None:
    matrix = json.dumps({"labels": ["a", "b"], "counts": [[3, 1], [0, 4]]}).encode()

    def fill(store: Store) -> None:
        run = record(store, params={"conv1.out_channels": 6, "accuracy.type": "Accuracy"})
        store.add_media(run, "confusion", "matrix", 3, 1, matrix, "validation")
        store.add_media(run, "samples", "text", 3, 1, b"to be or not", "")
        store.add_checkpoint(run, 3, 1, "best", "runs/1/best.safetensors", "0" * 64, 248_000, 0.97)
        store.log(run, "info", "Training on <the> processor")

    do(qtbot, session, fill)
    qtbot.waitUntil(lambda: view.detail.curves.media.media_count == 2, timeout=WAIT)
    assert view.detail.curves.media.isVisible()
    assert "Training on <the> processor" in view.detail.log.text.toPlainText()
    assert ("conv1.out_channels", "6") in view.detail.settings.table.texts.rows
    view.detail.settings.filter.setText("conv1")
    assert view.detail.settings.table.texts.rows == [("conv1.out_channels", "6")]
    row = view.detail.checkpoints.table.texts.rows[0]
    assert row == ("best", "1", "3", "0.9700 accuracy", "248 kB", "runs/1/best.safetensors")
    do(qtbot, session, lambda store: record(store, "other"))
    have(qtbot, view, 2)
    before = view.detail.findChild(Recorded)
    assert before is not None and view.detail.run is not None
    view.table.pick(next(run.id for run in session.runs if run.id != before.run))
    before.came.emit(More(media=[Media(9, before.run, "late", "text", 1, 1, b"late", "")]))
    assert view.detail.curves.media.media_count == 0, "what comes late is of a run that is shown no more"


def test_a_cause_of_any_length_leaves_the_window_as_wide_as_it_is(view: RunsView) -> None:
    header, wide = view.detail.header, []
    for cause in ("Out of memory.", "é" * 3000):
        header.show_run(replace(PLAIN, state="failed", cause=cause), "digits")
        wide.append(header.minimumSizeHint().width())
    assert header.trouble.isVisibleTo(header) and len(header.trouble.text()) < 1300
    assert wide[0] == wide[1]


def test_a_failed_run_says_why(qtbot: QtBot, view: RunsView, session: Session, record: Record) -> None:
    cause = "Out of memory on cuda:0. A smaller batch size needs less."
    do(qtbot, session, lambda store: record(store, state="failed", cause=cause, curves={}))
    have(qtbot, view, 1)
    header = view.detail.header
    assert header.trouble.isVisible() and header.trouble.text() == cause
    assert not header.pause.isVisible() and not header.stop.isVisible()
    assert view.detail.curves.empty.isVisible()
    view.detail.tabs.setCurrentWidget(view.detail.checkpoints)
    said = [label.text() for label in view.detail.checkpoints.nothing.findChildren(QLabel)]
    assert "This run ended before it kept one, or they were removed." in said


def test_keys_walk_through_the_table(qtbot: QtBot, view: RunsView, session: Session, record: Record) -> None:
    do(qtbot, session, *[lambda store, name=name: record(store, name) for name in ("alpha", "beta", "gamma")])
    have(qtbot, view, 3)
    assert shown_id(view) == 3
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_Down)
    assert shown_id(view) == 2
    view.filter.setFocus()
    QTest.keyClicks(view.filter, "alpha")
    assert list(view.model.shown) == [1] and shown_id(view) == 1
    assert view.tally.full_text() == "1 of 3 runs"
    QTest.keyClick(view.filter, Qt.Key.Key_Escape)
    assert len(view.model.shown) == 3


def test_a_click_on_a_header_sorts_best_first(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(
        qtbot,
        session,
        *[lambda store, a=a: record(store, curves={"validation/accuracy": [a]}) for a in (0.5, 0.9, 0.7)],
    )
    have(qtbot, view, 3)
    header = view.table.horizontalHeader()
    at = QPoint(header.sectionViewportPosition(FIRST_SLOT) + 10, 10)
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert list(view.model.shown) == [2, 3, 1]
    QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    assert list(view.model.shown) == [1, 3, 2]


def test_pause_resume_and_stop_ask_the_trainer(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, state="running"))
    have(qtbot, view, 1)
    header = view.detail.header
    QTest.mouseClick(header.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: header.state.text() == "pausing…", timeout=WAIT)
    assert header.pause.text() == "Resume"
    do(
        qtbot, session, lambda store: store.set_state(1, "paused")
    )  # what was asked stands until it is to go on
    qtbot.waitUntil(lambda: header.state.text().startswith("paused"), timeout=WAIT)
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: header.state.text() == "going on…", timeout=WAIT)
    QTest.mouseClick(header.stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: header.state.text() == "stopping…", timeout=WAIT)
    assert not header.stop.isEnabled() and not header.delete.isEnabled()


@pytest.mark.parametrize("state", ["stopped", "failed"])
def test_a_run_that_ended_early_goes_on_as_a_new_one(
    qtbot: QtBot, view: RunsView, session: Session, record: Record, state: str
) -> None:
    text = dumps(load("mlp"))
    do(qtbot, session, lambda store: record(store, state=state, document=text))
    have(qtbot, view, 1)
    header, said = view.detail.header, messages_of(session)
    assert header.pause.isVisible() and header.pause.isEnabled() and header.pause.text() == "Resume"
    assert header.pause.toolTip().startswith("Train on from its last checkpoint, as a new run")
    QTest.mouseClick(header.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
    assert "Run 1 has no checkpoint to go on from." in said[0][0]
    do(qtbot, session, lambda store: store.add_checkpoint(1, 3, 1, "last", "runs/1/a", "0", 1, 0.0))
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_Space)
    have(qtbot, view, 2)
    run = view.model.run(2)
    assert run is not None and (run.resumed_from, run.state, run.name) == (1, "queued", "lenet5")
    click_row(view, 1)
    said.clear()
    QTest.keyClick(view.table, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
    assert "Run 2 goes on from run 1 already." in said[0][0] and view.model.total == 2


def test_the_page_and_the_keys_mean_the_same_run(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, *[lambda store, name=name: record(store, name) for name in ("a", "b", "c")])
    have(qtbot, view, 3)
    click_row(view, 3)
    view.table.setFocus()
    control = Qt.KeyboardModifier.ControlModifier
    for _ in range(2):  # the cursor alone goes down
        QTest.keyClick(view.table, Qt.Key.Key_Down, control)
    assert view.table.current_id() == 1
    assert view.table.selected_ids() == [3] and shown_id(view) == 3
    QTest.keyClick(view.table, Qt.Key.Key_Space, control)
    assert set(view.table.selected_ids()) == {1, 3} and shown_id(view) == 1
    click_row(view, 1, control)
    assert view.table.selected_ids() == [3] and shown_id(view) == 3


def test_delete_takes_the_selected_away_and_undo_brings_them_back(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, *[lambda store, name=name: record(store, name) for name in ("a", "b", "c", "d")])
    have(qtbot, view, 4)
    click_row(view, 3)
    click_row(view, 2, Qt.KeyboardModifier.ControlModifier)
    assert view.tally.full_text() == "4 runs · 2 selected"
    with qtbot.waitSignal(session.offered, timeout=WAIT) as offered:
        QTest.keyClick(view.table, Qt.Key.Key_Delete)
    have(qtbot, view, 2)
    assert list(view.model.shown) == [4, 1]
    assert shown_id(view) in (4, 1)
    assert offered.args is not None and offered.args[:2] == ["2 runs in the trash.", "Undo"]
    offered.args[2]()
    have(qtbot, view, 4)
    assert list(view.model.shown) == [4, 3, 2, 1]


def test_a_training_run_is_not_deleted(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, "a"), lambda store: record(store, "b", state="running"))
    have(qtbot, view, 2)
    view.table.selectAll()
    with qtbot.waitSignal(session.message, timeout=WAIT) as said:
        session.actions.get("run_delete").trigger()
    assert said.args == ["Run #2 is running; stop it first.", "warning"]
    have(qtbot, view, 1)
    view.table.setFocus()
    with qtbot.waitSignal(session.message, timeout=WAIT) as said:
        QTest.keyClick(view.table, Qt.Key.Key_Delete)
    assert said.args == ["Run #2 is running; stop it first.", "warning"]


def test_a_run_that_another_program_deletes_makes_room(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, "a"), lambda store: record(store, "b"))
    have(qtbot, view, 2)
    assert shown_id(view) == 2
    do(qtbot, session, lambda store: store.purge_run(2))
    have(qtbot, view, 1)
    assert shown_id(view) == 1
    do(qtbot, session, lambda store: store.purge_run(1))
    qtbot.waitUntil(view.empty.isVisible, timeout=WAIT)


def test_enter_opens_the_very_drawing(qtbot: QtBot, view: RunsView, session: Session, record: Record) -> None:
    document = load("lenet5")
    do(qtbot, session, lambda store: record(store, document=dumps(document)))
    have(qtbot, view, 1)
    view.table.setFocus()
    with qtbot.waitSignal(session.model_opened, timeout=WAIT):
        QTest.keyClick(view.table, Qt.Key.Key_Return)
    assert session.document.graph == document.graph


def test_a_broken_drawing_is_said_and_nothing_else_breaks(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, document="not a model"))
    have(qtbot, view, 1)
    with qtbot.waitSignal(session.message, timeout=WAIT) as said:
        QTest.mouseClick(view.detail.header.open, Qt.MouseButton.LeftButton)
    assert said.args is not None and said.args[1] == "error" and "run 1" in said.args[0]


def test_run_again_queues_the_same_drawing(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    text = dumps(load("mlp"))
    do(qtbot, session, lambda store: record(store, "mlp", document=text))
    have(qtbot, view, 1)
    QTest.mouseClick(view.detail.header.again, Qt.MouseButton.LeftButton)
    have(qtbot, view, 2)
    qtbot.waitUntil(lambda: shown_id(view) == 2, timeout=WAIT)
    assert view.detail.header.state.text() == "queued"
    do(qtbot, session, lambda store: [store.document_text(2) == text or pytest.fail("another drawing")])


def test_compare_sends_the_selection(qtbot: QtBot, view: RunsView, session: Session, record: Record) -> None:
    do(qtbot, session, lambda store: record(store, "a"), lambda store: record(store, "b"))
    have(qtbot, view, 2)
    view.table.selectAll()
    with qtbot.waitSignal(session.went) as went:
        QTest.mouseClick(view.compare, Qt.MouseButton.LeftButton)
    assert went.args == ["compare", [2, 1]]


def test_the_menu_offers_what_can_be_done(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store))
    have(qtbot, view, 1)
    click_row(view, 1)
    rect = view.table.visualRect(view.model.index(0, 1))
    view.table.customContextMenuRequested.emit(rect.center())
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    can = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
    menu.close()
    assert can["Open drawing"] and can["Compare"] and not can["Stop"] and not can["Pause or resume"]


def test_reveal_finds_a_run_through_the_filter_and_one_to_come(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, "a"), lambda store: record(store, "b"))
    have(qtbot, view, 2)
    view.filter.setText("b")
    view.reveal(1)
    assert view.filter.text() == "" and shown_id(view) == 1
    view.reveal(3)
    assert shown_id(view) == 1
    do(qtbot, session, lambda store: record(store, "c"))
    qtbot.waitUntil(lambda: shown_id(view) == 3, timeout=WAIT)


def test_reveal_selects_while_the_keys_that_queued_it_are_still_held(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, "one"), lambda store: record(store, "two"))
    have(qtbot, view, 2)
    QTest.keyPress(view, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)  # as Train is started
    assert QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.ControlModifier
    for id in (1, 2, 2):
        view.reveal(id)
        assert view.table.selected_ids() == [id]
    QTest.keyRelease(view, Qt.Key.Key_Return)
    assert QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier


def test_nan_one_point_and_odd_names_do_not_disturb(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    nan = float("nan")
    do(
        qtbot,
        session,
        lambda store: record(store, "one\npoint 🎨" + "x" * 2000, model="m", curves={"train/loss": [0.5]}),
        lambda store: record(store, "lost", curves={"train/loss": [nan, float("inf"), nan], "odd": [1.0]}),
    )
    have(qtbot, view, 2)
    qtbot.waitUntil(lambda: set(view.detail.curves.grid.plots) == {"loss", "odd"}, timeout=WAIT)
    view.grab()
    click_row(view, 1)
    assert "\n" not in view.detail.header.name.full_text()
    qtbot.waitUntil(lambda: set(view.detail.curves.grid.plots) == {"loss"}, timeout=WAIT)
    view.grab()


def test_the_axis_counts_epochs_when_asked(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, epochs=3, curves={"train/loss": [3.0, 2.0, 1.0]}))
    qtbot.waitUntil(lambda: bool(view.detail.curves.grid.plots), timeout=WAIT)
    do(qtbot, session, lambda store: store.progress(1, 3, 3, 6))
    axis = view.detail.controls.axis
    axis.setFocus()
    QTest.keyClick(axis, Qt.Key.Key_Down)
    axis.picked.emit(axis.currentData())
    plot = view.detail.curves.grid.plots["loss"]
    plot.redraw()
    assert plot.frame is not None and plot.frame.x1 <= 3


def test_settings_are_copied_as_a_table(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, params={"b.x": 1, "a.y": [5, 5]}))
    qtbot.waitUntil(lambda: len(view.detail.settings.table.texts.rows) > 5, timeout=WAIT)
    view.detail.tabs.setCurrentIndex(2)
    table = view.detail.settings.table
    table.setFocus()
    table.selectRow(table.texts.rowCount() - 1)
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "a.y\t5 × 5"


def test_the_theme_changes_live(
    qtbot: QtBot, qapp: QApplication, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store))
    have(qtbot, view, 1)
    dark = view.grab().toImage().pixelColor(600, 60)
    theme.apply(qapp, "light")
    light = view.grab().toImage().pixelColor(600, 60)
    theme.apply(qapp, "dark")
    assert dark.lightness() < 80 < 200 < light.lightness()


def test_columns_are_as_wide_as_what_they_say(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    curves = {"train/loss": [1.0] * 150, "train/discriminator": [1.0], "validation/accuracy": [0.5]}
    do(qtbot, session, lambda store: record(store, state="running", epochs=200, curves=curves))
    have(qtbot, view, 1)
    table = view.table
    qtbot.waitUntil(
        lambda: "Handwritten digits" in str(view.model.data(view.model.index(0, 7))), timeout=WAIT
    )
    qtbot.waitUntil(lambda: not table._later.isActive(), timeout=WAIT)
    header = table.horizontalHeader()
    for column in range(header.count()):
        if not table.isColumnHidden(column):
            title = str(view.model.headerData(column, Qt.Orientation.Horizontal))
            assert header.sectionSize(column) >= table.sizeHintForColumn(column), title
            assert header.sectionSize(column) >= header.fontMetrics().horizontalAdvance(title) + 20, title
    view.filter.setText("model = nobody")
    qtbot.waitUntil(lambda: not view.model.shown, timeout=WAIT)
    seen = table.viewport().grab().toImage()
    assert {seen.pixel(x, seen.height() // 2) for x in range(seen.width())} != {seen.pixel(0, 0)}  # words
    view.filter.clear()
    header.resizeSection(6, 60)
    do(qtbot, session, lambda store: record(store, model="a-model-with-a-long-name"))
    have(qtbot, view, 2)
    qtbot.waitUntil(lambda: not table._later.isActive(), timeout=WAIT)
    assert header.sectionSize(6) == 60


def test_columns_become_wider_as_time_goes_by(
    qtbot: QtBot, view: RunsView, session: Session, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    do(qtbot, session, record)
    have(qtbot, view, 1)
    table, column = view.table, view.model.column("started")
    qtbot.waitUntil(lambda: not table._later.isActive(), timeout=WAIT)
    assert view.model.cell(0, column) == "just now"
    before = table.columnWidth(column)
    monkeypatch.setattr(text, "ago", lambda then: "12 min ago")
    assert table.sizeHintForColumn(column) > before
    qtbot.waitUntil(lambda: table.columnWidth(column) >= table.sizeHintForColumn(column), timeout=WAIT)


def test_what_was_read_of_a_run_is_not_shown_for_that_of_another_workspace(
    qtbot: QtBot, view: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, record)
    qtbot.waitUntil(lambda: shown_id(view) == 1, timeout=WAIT)
    run, before = view.detail.run, view.detail._points
    session.closing.emit()
    assert view.detail.run is None and run is not None
    view.detail.show_run(run)  # it has the same number
    assert shown_id(view) == 1 and view.detail._points not in (before, None)
