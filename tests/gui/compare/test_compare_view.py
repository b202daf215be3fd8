"""The Compare view on a real workspace, used as a person does."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from workbench.gui import theme
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session
from workbench.store.records import Point
from workbench.store.store import Store

Record = Callable[..., int]
WAIT = 8_000
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session) -> CompareView:
    made = alone(CompareView, qtbot, session)
    made.resize(1300, 700)
    with qtbot.waitExposed(made):
        made.show()
    return made


def do(qtbot: QtBot, session: Session, *work: Callable[[Store], object]) -> None:
    """Work on the store in its thread, all of it between two looks for news, and wait for it."""
    done: list[object] = []
    session.call(lambda store: [one(store) for one in work], done.append)
    qtbot.waitUntil(lambda: bool(done), timeout=WAIT)


@pytest.fixture
def three(qtbot: QtBot, view: CompareView, session: Session, record: Record) -> CompareView:
    """Runs 1 to 3 of one model that differ in the learning rate."""

    def fill(store: Store) -> None:
        for lr, accuracy in ((0.1, 0.5), (0.01, 0.9), (0.001, 0.7)):
            record(
                store,
                curves={
                    "train/loss": [2, 1, lr], "validation/loss": [2, 1, 2 * lr], "validation/accuracy": [0.1, accuracy],
                },
                params={"training.updates.train.lr": lr, "training.epochs": 3},
            )  # fmt: skip

    do(qtbot, session, fill)
    qtbot.waitUntil(lambda: view.model.total == 3, timeout=WAIT)
    return view


def ring(view: CompareView, id: int) -> QPoint:
    rect: QRect = view.chooser.visualRect(view.model.index(view.model.place(id), 0))
    return QPoint(rect.left() + 14, rect.center().y())


def click_ring(view: CompareView, id: int) -> None:
    QTest.mouseClick(view.chooser.viewport(), Qt.MouseButton.LeftButton, NONE, ring(view, id))


def names(view: CompareView) -> dict[str, set[str]]:
    return {name: {curve.name for curve in plot.curves} for name, plot in view.curves.grid.plots.items()}


def rows(view: CompareView) -> dict[str, tuple[str, ...]]:
    return {row.name: row.texts for row in view.panel.table.differences.rows}


def test_without_runs_it_says_what_to_do_first(view: CompareView) -> None:
    assert view.currentWidget() is view.nothing and view.nothing.isVisible()


def test_rings_choose_what_is_drawn_and_compared(qtbot: QtBot, three: CompareView) -> None:
    assert three.hint.isVisible()
    click_ring(three, 2)
    click_ring(three, 3)
    assert three.model.ticked == [2, 3]
    want = {f"#{id} lenet5 · {split}" for id in (2, 3) for split in ("train", "validation")}
    qtbot.waitUntil(lambda: names(three).get("loss") == want, timeout=WAIT)
    assert set(names(three)) == {"loss", "accuracy"}
    styles = {curve.name.split(" · ")[1]: curve.style for curve in three.curves.grid.plots["loss"].curves}
    assert styles == {"train": "dash", "validation": "solid"}
    qtbot.waitUntil(lambda: "training.updates.train.lr" in rows(three), timeout=WAIT)
    found = rows(three)
    assert found["training.updates.train.lr"] == ("0.01", "0.001")
    assert found["accuracy · best of validation"] == ("0.9000", "0.7000")
    assert "training.epochs" not in found
    click_ring(three, 2)
    assert three.model.ticked == [3]
    qtbot.waitUntil(lambda: all("#2" not in one for one in names(three)["loss"]), timeout=WAIT)


def test_a_run_keeps_its_colour_while_it_is_compared(three: CompareView) -> None:
    for id in (1, 2, 3):
        click_ring(three, id)
    assert [three.model.color_of(id) for id in (1, 2, 3)] == [0, 1, 2]
    click_ring(three, 1)
    assert [three.model.color_of(id) for id in (1, 2, 3)] == [-1, 1, 2]
    click_ring(three, 1)
    assert three.model.color_of(1) == 0 and three.model.ticked == [2, 3, 1]


def test_space_ticks_the_selected_rows(three: CompareView) -> None:
    three.chooser.setFocus()
    three.chooser.selectAll()
    QTest.keyClick(three.chooser, Qt.Key.Key_Space)
    assert sorted(three.model.ticked) == [1, 2, 3]
    QTest.keyClick(three.chooser, Qt.Key.Key_Space)
    assert three.model.ticked == []
    QTest.mouseClick(three.clear, Qt.MouseButton.LeftButton)
    assert three.tally.full_text() == "3 runs · 0 compared"


def test_the_base_and_all_settings(qtbot: QtBot, three: CompareView) -> None:
    three.reveal([1, 2])
    qtbot.waitUntil(lambda: "training.updates.train.lr" in rows(three), timeout=WAIT)
    table = three.panel.table.differences
    place = [row.name for row in table.rows].index("accuracy · best of validation")
    assert table.data(table.index(place, 1), Qt.ItemDataRole.ForegroundRole) == theme.color("ok")
    three.panel.base.setFocus()
    QTest.keyClick(three.panel.base, Qt.Key.Key_Down)
    three.panel.base.picked.emit(three.panel.base.currentData())
    assert three.panel.header.text() == "DIFFERENCES ONLY · BASE #2"
    assert table.data(table.index(place, 0), Qt.ItemDataRole.ForegroundRole) == theme.color("err")
    QTest.mouseClick(
        three.panel.only, Qt.MouseButton.LeftButton, NONE, QPoint(8, three.panel.only.height() // 2)
    )
    assert rows(three)["training.epochs"] == ("3", "3")
    three.panel.table.setFocus()
    three.panel.table.selectRow(place)
    QTest.keyClick(three.panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == (
        "\tlenet5 #1\tlenet5 #2\naccuracy · best of validation\t0.5000\t0.9000"
    )


def test_two_drawings_get_more_room_than_curves_and_each_keeps_what_a_person_gave(three: CompareView) -> None:
    three.model.tick_all([1, 2])
    three.resize(1200, 700)
    three.show()
    QApplication.processEvents()

    def above() -> int:
        return three._both.sizes()[0]

    curves = above()
    three.tabs.setCurrentWidget(three.drawing)
    drawing = above()
    assert drawing > curves + 80
    three._both.setSizes([drawing - 50, 700 - drawing + 50])
    dragged = above()
    three.tabs.setCurrentWidget(three.program)
    assert above() == dragged
    three.tabs.setCurrentWidget(three.figures)
    assert above() == curves
    three.tabs.setCurrentWidget(three.drawing)
    assert above() == dragged != drawing


def test_metrics_and_examples_are_chosen(qtbot: QtBot, three: CompareView) -> None:
    three.reveal([1])
    qtbot.waitUntil(lambda: len(names(three).get("loss", ())) == 2, timeout=WAIT)
    action = next(action for action in three.curves.menu.actions() if action.text() == "accuracy")
    action.trigger()
    assert set(names(three)) == {"loss"}
    assert three.curves.which.text() == "Metrics (1 of 2)"
    action.trigger()
    three.curves.split.setCurrentIndex(1)
    three.curves.split.picked.emit("validation")
    assert names(three)["loss"] == {"#1 lenet5 · validation"}


def test_points_of_a_training_run_come_in(
    qtbot: QtBot, view: CompareView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, state="running"))
    qtbot.waitUntil(lambda: view.model.total == 1, timeout=WAIT)
    click_ring(view, 1)
    qtbot.waitUntil(
        lambda: "loss" in view.curves.grid.plots and bool(view.curves.grid.plots["loss"].curves), timeout=WAIT
    )
    series = view.curves.grid.plots["loss"].curves[0].series
    do(qtbot, session, lambda store: store.log_points(1, [Point("train/loss", 4, 1, 0.1, 5.0)]))
    qtbot.waitUntil(lambda: len(series) == 4, timeout=WAIT)


def test_a_run_that_is_deleted_leaves_the_comparison(
    qtbot: QtBot, three: CompareView, session: Session
) -> None:
    three.reveal([1, 2])
    do(qtbot, session, lambda store: store.delete_run(1))
    qtbot.waitUntil(lambda: three.model.ticked == [2], timeout=WAIT)
    assert three.panel.base.count() == 1
    do(qtbot, session, lambda store: store.delete_run(2), lambda store: store.delete_run(3))
    qtbot.waitUntil(lambda: three.currentWidget() is three.nothing, timeout=WAIT)


def test_runs_with_nothing_in_common_can_be_compared(
    qtbot: QtBot, view: CompareView, session: Session, record: Record
) -> None:
    nan = float("nan")
    do(
        qtbot,
        session,
        lambda store: record(store, "a\n🎨", curves={"train/loss": [nan, nan]}),
        lambda store: record(store, "b", curves={"test/f1": [0.5]}),
        lambda store: record(store, "c", state="queued"),
    )
    qtbot.waitUntil(lambda: view.model.total == 3, timeout=WAIT)
    view.reveal([1, 2, 3, 99])
    assert view.model.ticked == [1, 2, 3]
    qtbot.waitUntil(lambda: set(names(view)) == {"loss", "f1"}, timeout=WAIT)
    view.grab()
    assert rows(view)["loss · best of train"] == ("NaN", "–", "–")


def test_the_first_visit_suggests_the_newest_runs_of_one_model(
    qtbot: QtBot, no_jobs: None, session: Session, record: Record
) -> None:
    do(
        qtbot,
        session,
        lambda store: [
            record(store, "mlp"),
            record(store, "gan"),
            record(store, "mlp"),
            record(store, "mlp", state="queued"),
        ],
    )
    qtbot.waitUntil(lambda: len(session.runs) == 4, timeout=WAIT)
    view = alone(CompareView, qtbot, session)
    with qtbot.waitExposed(view):
        view.show()
    assert view.model.ticked == [3, 1]


def test_identical_runs_are_said_to_be_so(
    qtbot: QtBot, view: CompareView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: [record(store), record(store)])
    qtbot.waitUntil(lambda: view.model.total == 2, timeout=WAIT)
    view.reveal([1, 2])
    qtbot.waitUntil(lambda: set(rows(view)) <= {"duration"}, timeout=WAIT)


def test_the_theme_changes_live(qapp: QApplication, three: CompareView) -> None:
    three.reveal([1, 2])
    before = three.panel.table.differences.headerData(
        0, Qt.Orientation.Horizontal, Qt.ItemDataRole.DecorationRole
    )
    dark = three.grab().toImage().pixelColor(900, 690)
    theme.apply(qapp, "light")
    light = three.grab().toImage().pixelColor(900, 690)
    after = three.panel.table.differences.headerData(
        0, Qt.Orientation.Horizontal, Qt.ItemDataRole.DecorationRole
    )
    theme.apply(qapp, "dark")
    assert dark.lightness() < 80 < 200 < light.lightness()
    colors = [icon.pixmap(14, 14).toImage().pixelColor(7, 7) for icon in (before, after)]
    assert colors[0] != colors[1]


def test_the_number_of_a_run_stays_where_its_name_is_cut(
    qtbot: QtBot, view: CompareView, session: Session, record: Record
) -> None:
    def picture(number: int) -> QImage:
        name = view.model.index(view.model.place(number), 0)
        # Without the ring, rows look alike but for the number at the end.
        rect = view.chooser.visualRect(name).adjusted(28, 0, 0, 0)
        return view.chooser.viewport().grab(rect).toImage()

    long = "a name that is far too long for the column of a small window"
    do(qtbot, session, lambda store: [record(store, name=long) for _ in range(3)])
    qtbot.waitUntil(lambda: view.model.total == 3, timeout=WAIT)
    view.chooser.clearSelection()
    view.chooser.setCurrentIndex(QModelIndex())
    pictures = [picture(number) for number in (1, 2, 3)]
    assert pictures[0] != pictures[1] != pictures[2] != pictures[0]


def test_the_list_understands_the_language_of_filters(
    qtbot: QtBot, three: CompareView, session: Session
) -> None:
    QTest.keyClicks(three.filter, "accuracy > 0.6")
    qtbot.waitUntil(lambda: sorted(three.model.shown) == [2, 3], timeout=WAIT)
    assert three.tally.full_text() == "2 of 3 runs · 0 compared"
    three.filter.setText("training.updates.train.lr < 0.005")
    qtbot.waitUntil(lambda: list(three.model.shown) == [3], timeout=WAIT)
    three.filter.setText("accuracy >")
    qtbot.waitUntil(lambda: three.tally.property("role") == "err", timeout=WAIT)
    assert list(three.model.shown) == [3], "what cannot be understood changes nothing"
    three.filter.clear()
    assert len(three.model.shown) == 3 and three.tally.full_text() == "3 runs · 0 compared"
    do(qtbot, session, lambda store: store.change_tags(add=[(1, "paper")]))
    qtbot.waitUntil(lambda: bool(session.marks), timeout=WAIT)
    three.filter.setText("tag = paper")
    qtbot.waitUntil(lambda: list(three.model.shown) == [1], timeout=WAIT)
