"""Bookmarks: a name for a place and a zoom, and the way back there with mouse and keys."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.audit import RULES
from tests.gui.design.test_canvas import show, with_block
from workbench.core.document import BOOKMARK, Document, Remark
from workbench.gui import theme
from workbench.gui.design.bookmarks import Bookmarks, bookmarks_of
from workbench.gui.design.faces import Place

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

KEY = Qt.Key
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    """A model with two bookmarks of its own and one in its block."""
    document = with_block()
    own = {
        "bookmark1": Remark("bookmark1", BOOKMARK, "Head", (720.0, 20.0), (1.5, 1.5)),
        "bookmark2": Remark("bookmark2", BOOKMARK, "Input", (0.0, 20.0), (0.6, 0.6)),
    }
    inner = {"bookmark1": Remark("bookmark1", BOOKMARK, "Inside", (240.0, 0.0), (2.0, 2.0))}
    block = document.blocks["Mlp"]
    blocks = {"Mlp": replace(block, graph=replace(block.graph, remarks=inner))}
    show(canvas_driver, replace(document, graph=replace(document.graph, remarks=own), blocks=blocks))
    canvas_driver.canvas.setFocus()
    return canvas_driver


def bookmarks(driver: "CanvasDriver") -> Bookmarks:
    return driver.view.bookmarks


def names(driver: "CanvasDriver") -> list[str]:
    return [bookmark.remark.text for bookmark in bookmarks(driver).list_box.rows]


def middle(driver: "CanvasDriver") -> QPointF:
    return driver.canvas.mapToScene(driver.canvas.viewport().rect()).boundingRect().center()


def near(driver: "CanvasDriver", x: float, y: float) -> bool:
    return (middle(driver) - QPointF(x, y)).manhattanLength() < 4


def test_a_place_gets_a_name_and_is_found_again(driver: "CanvasDriver") -> None:
    driver.canvas.look_at(QPointF(300, 200), 0.8)
    driver.key(KEY.Key_B, CTRL | SHIFT)
    field = bookmarks(driver).name_box.field
    assert field.hasFocus() and field.selectedText() == "Place 4"
    QTest.keyClicks(field, "Neck")
    QTest.keyClick(field, KEY.Key_Return)
    assert driver.canvas.hasFocus() and not bookmarks(driver).name_box.isVisible()
    kept = driver.document.graph.remarks["bookmark3"]
    assert (kept.text, kept.size) == ("Neck", (0.8, 0.8))
    assert driver.view.session.history.steps() == ("Bookmark Neck",)
    driver.canvas.look_at(QPointF(5000, 0), 2.0)
    driver.key(KEY.Key_B)
    QTest.keyClicks(bookmarks(driver).list_box.field, "nec")
    assert names(driver) == ["Neck"]
    QTest.keyClick(bookmarks(driver).list_box.field, KEY.Key_Return)
    assert near(driver, 300, 200) and driver.canvas.zoom == pytest.approx(0.8)
    assert driver.canvas.hasFocus()
    driver.undo_all()
    assert "bookmark3" not in driver.document.graph.remarks and near(driver, 300, 200)


def test_escape_and_a_blank_name_keep_nothing(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_B, CTRL | SHIFT)
    field = bookmarks(driver).name_box.field
    QTest.keyClick(field, KEY.Key_Delete)
    QTest.keyClick(field, KEY.Key_Return)
    assert field.isVisible()
    QTest.keyClick(field, KEY.Key_Escape)
    assert not field.isVisible() and driver.canvas.hasFocus()
    assert not driver.view.session.history.can_undo


def test_arrows_choose_and_a_click_goes_there(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_B)
    box = bookmarks(driver).list_box
    assert names(driver) == ["Head", "Input", "Inside"]
    QTest.keyClick(box.field, KEY.Key_Down)
    QTest.keyClick(box.field, KEY.Key_Return)
    assert near(driver, 0, 20) and not box.isVisible()
    driver.key(KEY.Key_B)
    QApplication.processEvents()
    at = box.list.visualItemRect(box.list.item(0)).center()
    QTest.mouseClick(box.list.viewport(), LEFT, NO_KEY, at)
    assert near(driver, 720, 20) and driver.canvas.zoom == 1.5


def test_a_bookmark_in_a_block_leads_into_it_and_out_again(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_B)
    box = bookmarks(driver).list_box
    assert "in Mlp" in box.list.item(2).text()
    QTest.keyClick(box.field, KEY.Key_Up)
    QTest.keyClick(box.field, KEY.Key_Return)
    assert driver.canvas.place.where == "Mlp" and near(driver, 240, 0)
    driver.key(KEY.Key_B)
    assert names(driver) == ["Inside", "Head", "Input"]
    QTest.keyClicks(box.field, "head")
    QTest.keyClick(box.field, KEY.Key_Return)
    assert driver.canvas.place == Place() and near(driver, 720, 20)


def test_del_removes_one_and_undo_brings_it_back(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_B)
    box = bookmarks(driver).list_box
    QTest.keyClick(box.field, KEY.Key_Down)
    QTest.keyClick(box.field, KEY.Key_Delete)
    assert names(driver) == ["Head", "Inside"] and box.isVisible()
    assert list(driver.document.graph.remarks) == ["bookmark1"]
    QTest.keyClick(box.field, KEY.Key_Escape)
    driver.key(KEY.Key_Z, CTRL)
    assert set(driver.document.graph.remarks) == {"bookmark1", "bookmark2"}


def test_the_list_closes_when_one_goes_elsewhere(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_B)
    assert bookmarks(driver).list_box.isVisible()
    driver.click(QPoint(5, 300))
    assert not bookmarks(driver).list_box.isVisible()


def test_without_bookmarks_the_list_says_how_to_make_one(driver: "CanvasDriver") -> None:
    show(driver, Document("none"))
    driver.key(KEY.Key_B)
    box = bookmarks(driver).list_box
    assert not box.list.isVisible() and "Ctrl+Shift+B" in box._note.text()
    QTest.keyClick(box.field, KEY.Key_Return)
    assert box.isVisible()


def test_foreign_bookmarks_are_shown_short_and_looked_at_within_limits(driver: "CanvasDriver") -> None:
    remark = Remark("bookmark1", BOOKMARK, "x\n" * 5000, (1e5, 0.0), (900.0, 900.0))
    document = with_block()
    show(driver, replace(document, graph=replace(document.graph, remarks={"bookmark1": remark})))
    [only] = bookmarks_of(driver.document, "gone")
    assert len(only.text()) < 100 and "\n" not in only.text()
    bookmarks(driver).go(only)
    assert driver.canvas.zoom == 3.0 and near(driver, 1e5, 0)


def test_bookmarks_are_not_painted(driver: "CanvasDriver") -> None:
    assert not driver.view.remarks.items


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_the_boxes_pass_the_audit(driver: "CanvasDriver", qapp: QApplication, mode: str) -> None:
    theme.apply(qapp, mode)
    found = []
    for open_box, box in (
        (bookmarks(driver).add, bookmarks(driver).name_box),
        (bookmarks(driver).open, bookmarks(driver).list_box),
    ):
        open_box()
        QApplication.processEvents()
        found += [finding for rule in RULES.values() for finding in rule(box)]
        box.close_box()
    theme.apply(qapp, "dark")
    assert not found
