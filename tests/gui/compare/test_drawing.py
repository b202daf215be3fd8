"""The drawings of two runs held against each other, used as a person does."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.compare.drawings import WAIT, add, after, before, tick, with_block
from workbench.core.document import Port
from workbench.core.files import dumps
from workbench.gui import theme
from workbench.gui.compare.drawing import DrawingPage, DrawingSide
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def view(qtbot: QtBot, no_jobs: None, session: Session) -> CompareView:
    made = alone(CompareView, qtbot, session)
    made.resize(1500, 900)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def page(qtbot: QtBot, view: CompareView, session: Session) -> DrawingPage:
    """Runs 1 and 2 with their drawings."""
    tick(qtbot, view, session, [lambda store: add(store, before()), lambda store: add(store, after())])
    return opened(qtbot, view)


def opened(qtbot: QtBot, view: CompareView) -> DrawingPage:
    bar = view.tabs.tabBar()
    QTest.mouseClick(bar, LEFT, NONE, bar.tabRect(1).center())
    assert view.tabs.currentWidget() is view.drawing
    qtbot.waitUntil(lambda: view.drawing.currentIndex() == 1, timeout=WAIT)
    return view.drawing


def lines(page: DrawingPage) -> list[str]:
    return [page.list.item(row).text() for row in range(page.list.count())]


def click(side: DrawingSide, id: str) -> None:
    side.canvas.frame_all()
    QTest.mouseClick(side.canvas.viewport(), LEFT, NONE, side.canvas.center_of(id))


def in_sight(side: DrawingSide, id: str) -> bool:
    return side.canvas.viewport().rect().contains(side.canvas.center_of(id))


def test_both_drawings_are_marked_and_told_in_words(page: DrawingPage) -> None:
    assert lines(page) == [
        "fc1: out_features 16 → 32",
        "relu (ReLU) removed",
        "drop (Dropout) added",
        "fc2.x comes from drop.y, before from relu.y",
        "accuracy (Accuracy) removed",
    ]
    assert page.tally.text() == "5 differences"
    assert page.told.text() == "1 node added, 2 removed, 1 changed; 1 link."
    assert page.key.text() == "+ added   − removed   ≠ changed"
    base, other = page.base.canvas.marks.shown, page.other.canvas.marks.shown
    assert base.nodes == {"fc1": "changed", "relu": "removed", "accuracy": "removed"}
    assert other.nodes == {"fc1": "changed", "drop": "added"}
    assert base.texts["fc1"] == ("out_features 16 → 32",) and base.texts["relu"] == ("removed",)
    assert base.links[Port("fc2", "x")] == "removed" and other.links[Port("fc2", "x")] == "added"
    assert other.links[Port("drop", "x")] == "added" and Port("loss", "input") not in other.links
    assert page.base.title.full_text() == "Base #1 lenet" and page.other.title.full_text() == "#2 lenet"


def test_marks_are_painted_in_their_colours(page: DrawingPage) -> None:
    for side, id, token in (
        (page.base, "relu", "err"),
        (page.other, "drop", "ok"),
        (page.other, "fc1", "warn"),
    ):
        side.canvas.go_to((id,))
        side.canvas.drawing.select(())
        card = side.canvas.drawing.nodes[id].scene_rect()
        sign = side.canvas.mapFromScene(card.topRight())
        picture = side.canvas.viewport().grab().toImage()
        found = {
            picture.pixelColor(sign + QPoint(dx, dy)).name() for dx in range(-7, 8) for dy in range(-7, 8)
        }
        assert theme.color(token).name() in found


def test_keys_go_from_difference_to_difference_and_round(
    qtbot: QtBot, view: CompareView, page: DrawingPage
) -> None:
    page.base.canvas.setFocus()
    QTest.keyClick(page.base.canvas, Qt.Key.Key_F7)
    assert page.list.currentRow() == 0
    assert page.base.canvas.drawing.selection == page.other.canvas.drawing.selection == ["fc1"]
    QTest.keyClick(page.base.canvas, Qt.Key.Key_F7)
    assert page.base.canvas.drawing.selection == ["relu"] and page.other.canvas.drawing.selection == []
    assert in_sight(page.base, "relu") and in_sight(page.other, "fc1"), "the other shows where it was"
    for _ in range(2):
        QTest.keyClick(page.base.canvas, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    assert page.list.currentRow() == 4, "round the beginning"
    QTest.mouseClick(page.next, LEFT)
    assert page.list.currentRow() == 0
    QTest.mouseClick(page.previous, LEFT)
    assert page.list.currentRow() == 4


def test_a_click_on_a_line_goes_to_the_node_and_one_on_the_node_to_its_line(page: DrawingPage) -> None:
    line = page.list.visualItemRect(page.list.item(2)).center()
    QTest.mouseClick(page.list.viewport(), LEFT, NONE, line)
    assert page.other.canvas.drawing.selection == ["drop"] and in_sight(page.other, "drop")
    click(page.base, "accuracy")
    assert page.list.currentRow() == 4 and page.other.canvas.drawing.selection == []
    click(page.other, "loss")
    assert page.list.currentRow() == -1 and page.base.canvas.drawing.selection == ["loss"]


def test_differences_inside_blocks_are_marked_outside_and_entered(
    qtbot: QtBot, view: CompareView, session: Session
) -> None:
    tick(
        qtbot,
        view,
        session,
        [lambda store: add(store, with_block(8)), lambda store: add(store, with_block(9))],
    )
    page = opened(qtbot, view)
    assert lines(page) == ["in Res: fc: out_features 8 → 9"]
    assert page.other.canvas.marks.shown.nodes == {"res": "changed"}
    assert page.other.canvas.marks.shown.texts == {"res": ("changed inside",)}
    page.step(1)
    for side in (page.base, page.other):
        assert side.where == "Res" and side.canvas.drawing.selection == ["fc"]
        assert side.title.full_text().endswith("· in Res") and side.canvas.marks.shown.nodes == {
            "fc": "changed"
        }
    QTest.mouseClick(page.base.up, LEFT)
    assert page.base.where == page.other.where == "" and not page.base.up.isVisible()
    page.other.canvas.frame_all()
    QTest.mouseDClick(page.other.canvas.viewport(), LEFT, NONE, page.other.canvas.center_of("res"))
    assert page.base.where == page.other.where == "Res"
    page.other.canvas.setFocus()
    for _ in range(2):
        QTest.keyClick(page.other.canvas, Qt.Key.Key_Escape)
    assert page.base.where == page.other.where == ""


NEWER = dumps(before()).replace('"format": 2', '"format": 99')


@pytest.mark.parametrize(
    ("text", "sentence"), [('{"format": ', "not valid JSON"), (NEWER, "newer Workbench")]
)
def test_a_drawing_that_cannot_be_read_is_told_and_the_other_one_shown(
    qtbot: QtBot, view: CompareView, session: Session, text: str, sentence: str
) -> None:
    tick(qtbot, view, session, [lambda store: add(store, before()), lambda store: add(store, text)])
    page = opened(qtbot, view)
    assert page.base.canvas.isVisible() and "relu" in page.base.canvas.drawing.nodes
    assert page.other.side is not None and page.other.trouble.isVisible()
    assert "the drawing of run 2" in page.other.side.trouble and sentence in page.other.side.trouble
    assert lines(page) == [] and page.tally.text() == "Not compared" and not page.next.isEnabled()
    click(page.base, "relu")
    view.step(1)
    assert page.base.canvas.drawing.selection == ["relu"]


def test_one_run_is_no_comparison(qtbot: QtBot, view: CompareView, session: Session) -> None:
    tick(qtbot, view, session, [lambda store: add(store, before())])
    view.tabs.setCurrentWidget(view.drawing)
    assert view.drawing.hint.isVisible() and not view.other.isVisible()


def test_which_two_are_compared_follows_base_and_choice(
    qtbot: QtBot, view: CompareView, session: Session
) -> None:
    runs = [
        lambda store: add(store, before()),
        lambda store: add(store, after()),
        lambda store: add(store, before()),
    ]
    tick(qtbot, view, session, runs)
    page = opened(qtbot, view)
    assert view.other.isVisible() and view.other.currentText() == "With #2 lenet"
    view.other.setCurrentIndex(1)
    view.other.picked.emit(3)
    qtbot.waitUntil(lambda: page.other.title.full_text() == "#3 lenet", timeout=WAIT)
    assert lines(page) == [] and page.told.text() == "No difference."
    view.panel.base.setCurrentIndex(1)
    view.panel.base.picked.emit(2)
    qtbot.waitUntil(lambda: page.base.title.full_text() == "Base #2 lenet", timeout=WAIT)
    assert len(lines(page)) == 5 and [view.other.itemData(row) for row in range(2)] == [1, 3]


@pytest.mark.usefixtures("dark_again")
def test_drawings_are_moved_zoomed_and_follow_the_theme(qapp: QApplication, page: DrawingPage) -> None:
    canvas = page.base.canvas
    canvas.frame_all()
    at, port = canvas.center_of("fc1"), canvas.viewport()
    QTest.mousePress(port, LEFT, NONE, at)
    for step in range(1, 5):
        QTest.mouseMove(port, at + QPoint(10 * step, 0))
    QTest.mouseRelease(port, LEFT, NONE, at + QPoint(40, 0))
    assert abs(canvas.center_of("fc1").x() - at.x() - 40) <= 2 and canvas.drawing.selection == []
    zoom = canvas.zoom
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.zoom == pytest.approx(1.25 * zoom)
    QTest.keyClick(canvas, Qt.Key.Key_Home)
    assert canvas.zoom == pytest.approx(zoom)
    icon = page.list.item(0).icon().pixmap(16, 16).toImage().pixelColor(3, 8)
    theme.apply(qapp, "light")
    assert page.list.item(0).icon().pixmap(16, 16).toImage().pixelColor(3, 8) != icon


def test_beside_the_curves_the_keys_go_through_the_table(
    qtbot: QtBot, view: CompareView, session: Session
) -> None:
    params = [{"training.epochs": 3, "training.lr": lr, "width": width} for lr, width in ((0.1, 8), (0.2, 9))]
    runs = [lambda store, own=own: add(store, before(), params=own) for own in params]
    tick(qtbot, view, session, runs)
    table = view.panel.table
    qtbot.waitUntil(lambda: "width" in [row.name for row in table.differences.rows], timeout=WAIT)
    view.panel.only.setChecked(False)
    rows = table.differences.rows
    table.setFocus()
    table.setCurrentIndex(table.differences.index(0, 0))
    names = []
    for _ in range(sum(row.differs for row in rows) + 1):
        QTest.keyClick(table, Qt.Key.Key_F7)
        names.append(rows[table.currentIndex().row()].name)
    assert {"training.lr", "width"} <= set(names) and "training.epochs" not in names
    assert names[-1] == names[0], "round the end"
    QTest.keyClick(table, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    assert rows[table.currentIndex().row()].name == names[-2]
