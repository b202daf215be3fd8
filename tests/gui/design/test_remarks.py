"""Frames and notes: drawn, moved, resized, typed into, coloured and deleted with mouse and keys."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QStyleOptionGraphicsItem

from tests.gui.design.test_canvas import chain, show, with_block
from workbench.core.document import FRAME, NOTE, PINNED, Document, Port, Remark
from workbench.core.looks import PutRemarks, SetBends, SetLook
from workbench.gui import theme
from workbench.gui.design.faces import Place
from workbench.gui.design.remark_items import FrameItem, NoteItem, wrapped
from workbench.gui.design.remark_menu import swatches
from workbench.gui.design.remarks import Remarks
from workbench.gui.design.style import style

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
NO_KEY = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton
KEY = Qt.Key
FRAMED = Remark("frame1", FRAME, "Head", (440, -80), (480, 240), "layer")
NOTED = Remark("note1", NOTE, "Why two?", (40, 200), (160, 80))


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    """fc1 and fc2 stand in a frame; a note stands below."""
    document = chain()
    graph = replace(document.graph, remarks={"frame1": FRAMED, "note1": NOTED})
    show(canvas_driver, replace(document, graph=graph))
    canvas_driver.canvas.setFocus()
    canvas_driver.show(480, 60)
    return canvas_driver


def remarks(driver: "CanvasDriver") -> Remarks:
    return driver.view.remarks


def remark(driver: "CanvasDriver", id: str) -> Remark:
    return driver.document.graph_of(driver.canvas.place.where).remarks[id]


def steps(driver: "CanvasDriver") -> tuple[str, ...]:
    return driver.view.session.history.steps()


def bar(driver: "CanvasDriver", id: str = "frame1") -> QPoint:
    """A place in the bar of a frame."""
    rect = remarks(driver).items[id].scene_rect()
    return driver.at(rect.left() + 40, rect.top() + 12)


def middle(driver: "CanvasDriver", id: str = "note1") -> QPoint:
    center = remarks(driver).items[id].scene_rect().center()
    return driver.at(center.x(), center.y())


def double_click(driver: "CanvasDriver", at: QPoint) -> None:
    driver.click(at)
    QTest.mouseDClick(driver.canvas.viewport(), LEFT, NO_KEY, at)
    QTest.mouseRelease(driver.canvas.viewport(), LEFT, NO_KEY, at)


def menu_at(driver: "CanvasDriver", at: QPoint) -> QMenu:
    viewport = driver.canvas.viewport()
    QApplication.sendEvent(
        viewport, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, viewport.mapToGlobal(at))
    )
    menu = driver.canvas.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)[-1]
    driver.qtbot.waitUntil(menu.isVisible, timeout=2000)
    return menu


# ----------------------------------------------------------------- adding


def test_a_frame_goes_around_the_selection_and_its_title_is_typed(driver: "CanvasDriver") -> None:
    driver.select("digits", "flatten")
    driver.key(KEY.Key_F, SHIFT)
    frame = remark(driver, "frame2")
    item = remarks(driver).items["frame2"]
    for id in ("digits", "flatten"):
        assert item.scene_rect().contains(driver.canvas.drawing.nodes[id].scene_rect())
    assert frame.at[0] % 8 == frame.at[1] % 8 == frame.size[0] % 8 == 0
    field = remarks(driver).title_field
    assert field.hasFocus() and field.selectedText() == "Frame"
    QTest.keyClicks(field, "Input")
    QTest.keyClick(field, KEY.Key_Return)
    assert remark(driver, "frame2").text == "Input"
    assert driver.canvas.hasFocus() and not field.isVisible()
    assert steps(driver) == ("Frame 2 nodes", "Rename frame")
    assert item.zValue() < driver.canvas.drawing.links[Port("flatten", "x")].zValue()
    driver.undo_all()
    assert "frame2" not in driver.document.graph.remarks and "frame2" not in remarks(driver).items


def test_an_empty_frame_is_put_at_the_pointer(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_F, SHIFT)
    assert remark(driver, "frame2").size == (400, 240)
    QTest.keyClick(remarks(driver).title_field, KEY.Key_Escape)
    assert remark(driver, "frame2").text == "Frame"
    assert steps(driver) == ("Add a frame",)


def test_a_note_is_on_the_canvas_once_something_is_written(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_N)
    field = remarks(driver).note_field
    assert field.hasFocus() and not steps(driver)
    QTest.keyClick(field, KEY.Key_Escape)
    assert not steps(driver) and "note2" not in driver.document.graph.remarks
    driver.key(KEY.Key_N)
    QTest.keyClicks(field, "Try")
    QTest.keyClick(field, KEY.Key_Return)
    QTest.keyClicks(field, "dropout")
    QTest.keyClick(field, KEY.Key_Return, CTRL)
    assert remark(driver, "note2").text == "Try\ndropout"
    assert steps(driver) == ("Add a note",)
    assert remarks(driver).chosen == ["note2"]


def test_typing_has_an_undo_of_its_own(driver: "CanvasDriver") -> None:
    double_click(driver, middle(driver))
    field = remarks(driver).note_field
    assert field.toPlainText() == "Why two?"
    QTest.keyClicks(field, "Because")
    QTest.keyClick(field, KEY.Key_Z, CTRL)
    assert field.toPlainText() == "Why two?" and field.isVisible()
    assert not steps(driver)
    QTest.keyClicks(field, "So.")
    driver.click(driver.at(100, 320))
    assert remark(driver, "note1").text == "Why two?So."
    assert steps(driver) == ("Edit note",)


def test_a_note_is_never_made_below_a_card(driver: "CanvasDriver", monkeypatch: pytest.MonkeyPatch) -> None:
    card = driver.canvas.drawing.nodes["fc1"].scene_rect()
    monkeypatch.setattr(driver.canvas, "pointer", lambda: driver.canvas.mapFromScene(card.center()))
    driver.key(KEY.Key_N)
    QTest.keyClicks(remarks(driver).note_field, "Wide enough?")
    driver.key(KEY.Key_Escape, widget=remarks(driver).note_field)
    (made,) = [remark for remark in driver.document.graph.remarks.values() if remark.text == "Wide enough?"]
    assert made.at[1] > card.bottom()
    assert not driver.canvas.drawing.nodes_in(remarks(driver).items[made.id].scene_rect())


def test_an_emptied_note_goes_away(driver: "CanvasDriver") -> None:
    double_click(driver, middle(driver))
    QTest.keyClick(remarks(driver).note_field, KEY.Key_A, CTRL)
    QTest.keyClick(remarks(driver).note_field, KEY.Key_Delete)
    QTest.keyClick(remarks(driver).note_field, KEY.Key_Escape)
    assert "note1" not in driver.document.graph.remarks
    driver.key(KEY.Key_Z, CTRL)
    assert remark(driver, "note1") == NOTED


# ----------------------------------------------------------------- moving and resizing


def test_a_frame_moves_with_what_it_holds_in_one_step(driver: "CanvasDriver") -> None:
    session = driver.view.session
    session.do(SetBends(Port("fc2", "x"), ((640.0, 60.0),)))
    session.do(SetBends(Port("fc1", "x"), ((420.0, 60.0),)))
    inside = replace(NOTED, id="note2", at=(480.0, 72.0), size=(96.0, 48.0))
    session.do(PutRemarks((inside,), "Add"))
    start = bar(driver)
    driver.drag(start, start + QPoint(41, 30), release=False)
    assert driver.canvas.drawing.nodes["fc2"].pos() == QPointF(760, 32)
    assert driver.document.graph.remarks["frame1"] == FRAMED
    driver.release(start + QPoint(41, 30))
    assert remark(driver, "frame1").at == (480, -48)
    assert (driver.node("fc1").at, driver.node("fc2").at) == ((520, 32), (760, 32))
    assert remark(driver, "note2").at == (520, 104)
    assert driver.node("flatten").at == (240, 0) and remark(driver, "note1") == NOTED
    bends = driver.document.graph.bends
    assert bends == {Port("fc2", "x"): ((680, 92),), Port("fc1", "x"): ((420, 60),)}
    assert steps(driver)[3:] == ("Move frame",)
    driver.key(KEY.Key_Z, CTRL)
    assert remark(driver, "frame1") == FRAMED and driver.node("fc1").at == (480, 0)
    assert remarks(driver).items["frame1"].scene_rect().x() == 440


def test_pinned_nodes_stay_when_their_frame_moves(driver: "CanvasDriver") -> None:
    driver.view.session.do(SetLook(("fc1",), PINNED, True))
    start = bar(driver)
    driver.drag(start, start + QPoint(80, 0))
    assert driver.node("fc1").at == (480, 0) and driver.node("fc2").at == (800, 0)


def test_escape_takes_the_move_of_a_frame_back(driver: "CanvasDriver") -> None:
    start = bar(driver)
    driver.drag(start, start + QPoint(80, 80), release=False)
    driver.key(KEY.Key_Escape)
    driver.release(start + QPoint(80, 80))
    assert remarks(driver).items["frame1"].scene_rect().x() == 440
    assert driver.canvas.drawing.nodes["fc1"].pos() == QPointF(480, 0)
    assert not steps(driver)


def test_edges_and_corners_resize(driver: "CanvasDriver") -> None:
    for corner, by, at, size in (
        ((1, 1), (50, 20), (440, -80), (528, 256)),
        ((0, 0), (-40, -16), (400, -96), (520, 256)),
        ((1, 0.5), (-40, 0), (440, -80), (440, 240)),
        ((0.5, 1), (0, 40), (440, -80), (480, 280)),
        ((1, 1), (-900, -900), (440, -80), (96, 64)),
        ((0, 0.5), (900, 0), (824, -80), (96, 240)),
    ):
        rect = remarks(driver).items["frame1"].scene_rect()
        start = driver.at(rect.x() + corner[0] * rect.width(), rect.y() + corner[1] * rect.height())
        driver.drag(start, start + QPoint(*by))
        frame = remark(driver, "frame1")
        assert (frame.at, frame.size) == (at, size), (corner, by)
        assert steps(driver) == ("Resize frame",)
        assert driver.node("fc1").at == (480, 0)
        driver.undo_all()


def test_a_note_is_moved_by_its_middle_and_resized_once_chosen(driver: "CanvasDriver") -> None:
    start = middle(driver)
    driver.drag(start, start + QPoint(16, 24))
    assert remark(driver, "note1").at == (56, 224)
    rect = remarks(driver).items["note1"].scene_rect()
    corner = driver.at(rect.right(), rect.bottom())
    driver.drag(corner, corner + QPoint(40, 40))
    assert remark(driver, "note1").size == (200, 120)
    assert steps(driver) == ("Move note", "Resize note")


def test_arrows_move_what_is_chosen(driver: "CanvasDriver") -> None:
    driver.click(bar(driver))
    driver.key(KEY.Key_Right)
    driver.key(KEY.Key_Down, SHIFT)
    assert remark(driver, "frame1").at == (448, 0)
    assert driver.node("fc2").at == (728, 80) and driver.node("digits").at == (0, 0)
    assert steps(driver) == ("Move frame", "Move frame")


# ----------------------------------------------------------------- choosing, changing, deleting


def test_a_plain_click_chooses_a_frame_or_nodes_alone(driver: "CanvasDriver") -> None:
    driver.click(driver.body("fc1"))
    driver.click(bar(driver))
    assert remarks(driver).chosen == ["frame1"] and not driver.canvas.drawing.selection
    driver.click(middle(driver), SHIFT)
    assert remarks(driver).chosen == ["frame1", "note1"]
    driver.click(driver.body("fc1"))
    assert not remarks(driver).chosen and driver.canvas.drawing.selection == ["fc1"]
    driver.click(bar(driver))
    driver.key(KEY.Key_Escape)
    assert not remarks(driver).chosen
    driver.click(bar(driver))
    driver.click(driver.at(300, 300))
    assert not remarks(driver).chosen


def test_inside_a_frame_the_canvas_is_the_canvas(driver: "CanvasDriver") -> None:
    inside = driver.at(700, 120)
    driver.drag(inside, driver.at(490, 20))
    assert driver.canvas.drawing.selection == ["fc1"] and not steps(driver)
    double_click(driver, inside)
    assert driver.view.search.isVisible()


def test_delete_removes_the_frame_and_not_the_nodes(driver: "CanvasDriver") -> None:
    driver.click(bar(driver))
    driver.key(KEY.Key_Delete)
    assert "frame1" not in driver.document.graph.remarks
    assert "fc1" in driver.document.graph.nodes and not remarks(driver).chosen
    driver.click(middle(driver))
    driver.key(KEY.Key_Backspace)
    assert not driver.document.graph.remarks
    assert steps(driver) == ("Delete remark", "Delete remark")
    driver.select("fc1")
    driver.key(KEY.Key_Delete)
    assert "fc1" not in driver.document.graph.nodes


def test_a_title_is_typed_in_place(driver: "CanvasDriver") -> None:
    double_click(driver, bar(driver))
    field = remarks(driver).title_field
    assert field.hasFocus() and field.text() == "Head"
    QTest.keyClicks(field, "Classifier")
    QTest.keyClick(field, KEY.Key_Escape)
    assert remark(driver, "frame1").text == "Head"
    driver.click(bar(driver))
    driver.key(KEY.Key_F2)
    QTest.keyClicks(field, "Classifier")
    driver.click(driver.at(300, 300))
    assert remark(driver, "frame1").text == "Classifier"
    assert steps(driver) == ("Rename frame",)


def test_f2_still_renames_nodes(driver: "CanvasDriver") -> None:
    driver.select("fc1")
    driver.key(KEY.Key_F2)
    assert driver.view.rename.isVisible() and not remarks(driver).title_field.isVisible()


def test_the_menu_of_a_frame_colours_it(driver: "CanvasDriver") -> None:
    menu = menu_at(driver, bar(driver))
    colors = next(sub for action in menu.actions() if isinstance(sub := action.menu(), QMenu))
    assert [action.text() for action in colors.actions() if action.isChecked()] == ["Layer"]
    next(action for action in colors.actions() if action.text() == "Loss").trigger()
    menu.close()
    assert remark(driver, "frame1").color == "loss"
    assert steps(driver) == ("Colour frame",)
    assert len({color.name() for _, color in swatches()}) == len(swatches()) >= 8


def test_the_menu_of_a_frame_selects_what_it_holds_and_deletes(driver: "CanvasDriver") -> None:
    menu = menu_at(driver, bar(driver))
    next(action for action in menu.actions() if action.text() == "Select the nodes in it").trigger()
    menu.close()
    assert driver.canvas.drawing.selection == ["fc1", "fc2"]
    menu = menu_at(driver, middle(driver))
    next(action for action in menu.actions() if action.text() == "Delete").trigger()
    menu.close()
    assert list(driver.document.graph.remarks) == ["frame1"]


def test_the_menu_key_opens_the_menu_of_what_is_chosen(driver: "CanvasDriver") -> None:
    driver.click(bar(driver))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    QApplication.sendEvent(driver.canvas, event)
    menu = driver.canvas.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)[-1]
    assert menu.isVisible() and "Edit title" in [action.text() for action in menu.actions()]
    menu.close()


def test_fit_brings_what_is_chosen_into_view(driver: "CanvasDriver") -> None:
    driver.click(middle(driver))
    driver.canvas.look_at(QPointF(9000, 9000), 0.2)
    driver.key(KEY.Key_Period)
    seen = driver.canvas.mapToScene(driver.canvas.viewport().rect()).boundingRect()
    assert seen.contains(remarks(driver).items["note1"].scene_rect()) and driver.canvas.zoom == 1.0


def test_the_pointer_tells_what_a_press_would_do(driver: "CanvasDriver") -> None:
    def shape(at: QPoint) -> Qt.CursorShape:
        QTest.mouseMove(driver.canvas.viewport(), at)
        return driver.canvas.viewport().cursor().shape()

    rect = remarks(driver).items["frame1"].scene_rect()
    assert shape(bar(driver)) == Qt.CursorShape.SizeAllCursor
    assert shape(driver.at(rect.right(), rect.bottom())) == Qt.CursorShape.SizeFDiagCursor
    assert shape(driver.at(rect.left(), rect.bottom() - 80)) == Qt.CursorShape.SizeHorCursor
    assert shape(driver.body("fc1")) == Qt.CursorShape.ArrowCursor
    assert shape(driver.at(700, 130)) == Qt.CursorShape.ArrowCursor


# ----------------------------------------------------------------- following the document


def test_blocks_have_remarks_of_their_own(driver: "CanvasDriver") -> None:
    show(driver, with_block())
    assert not remarks(driver).items
    driver.canvas.enter("mlp")
    driver.key(KEY.Key_F, SHIFT)
    QTest.keyClick(remarks(driver).title_field, KEY.Key_Return)
    assert "frame1" in driver.document.blocks["Mlp"].graph.remarks
    driver.canvas.leave()
    assert not remarks(driver).items
    driver.canvas.go(Place("Mlp", ("mlp",)))
    assert isinstance(remarks(driver).items["frame1"], FrameItem)


def test_another_model_shows_its_own_remarks(driver: "CanvasDriver") -> None:
    session, field = driver.view.session, remarks(driver).note_field
    history = session.history
    double_click(driver, middle(driver))
    QTest.keyClicks(field, " Half a thou")
    other = replace(NOTED, text="Of the other model")
    show(
        driver,
        Document("other", graph=replace(driver.document.graph, nodes={}, links={}, remarks={"note1": other})),
    )
    assert not field.isVisible() and not remarks(driver).chosen
    assert list(remarks(driver).items) == ["note1"] and remark(driver, "note1") == other
    assert not session.history.can_undo
    assert history.document.graph.remarks["note1"].text == "Why two? Half a thou"
    assert history.steps() == ("Edit note",)


def test_a_note_that_is_being_typed_is_kept_when_the_session_closes(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_N)
    QTest.keyClicks(remarks(driver).note_field, "Not lost")
    driver.view.session.close()
    assert remark(driver, "note2").text == "Not lost"


def test_ctrl_enter_in_a_note_starts_no_training(driver: "CanvasDriver") -> None:
    started: list[str] = []
    driver.view.session.actions.bind("train", lambda: started.append("run"), driver.view)
    driver.key(KEY.Key_N)
    QTest.keyClicks(remarks(driver).note_field, "Text")
    QTest.keyClick(remarks(driver).note_field, KEY.Key_Return, CTRL)
    assert remark(driver, "note2").text == "Text" and not started


def test_fit_shows_frames_and_notes_too(driver: "CanvasDriver") -> None:
    far = replace(NOTED, id="note2", at=(3000.0, 900.0))
    driver.view.session.do(PutRemarks((far,), "Add"))
    driver.key(KEY.Key_Home)
    seen = driver.canvas.mapToScene(driver.canvas.viewport().rect()).boundingRect()
    assert all(seen.contains(item.scene_rect()) for item in remarks(driver).items.values())


# ----------------------------------------------------------------- painting


def test_long_texts_are_wrapped_and_end_in_an_ellipsis() -> None:
    font = QFont(style().line_font)
    metrics = QFontMetricsF(font)
    lines = wrapped("one two three " * 400 + "\n" + "x" * 90_000, font, (160, 80))
    assert 2 <= len(lines) <= 6 and lines[-1].endswith("…")
    assert all(metrics.horizontalAdvance(line) <= 141 for line in lines)
    assert wrapped("a\n\nb", font, (160, 80)) == ("a", "", "b")
    assert wrapped("Façade 🙂 stays", font, (400, 80)) == ("Façade 🙂 stays",)
    assert "".join(wrapped("y" * 60, font, (160, 120))) == "y" * 60
    assert wrapped("", font, (160, 80)) == ("",)


@pytest.mark.parametrize("zoom", [1.0, 0.5, 0.1])
def test_titles_can_be_read_from_afar(qapp: QApplication, zoom: float) -> None:
    theme.apply(qapp, "dark")
    item = FrameItem(FRAMED)

    def painted(text: str) -> QImage:
        item.show_remark(replace(FRAMED, text=text))
        image = QImage(700, 400, QImage.Format.Format_RGB32)
        image.fill(style().base)
        painter = QPainter(image)
        painter.translate(20, 120)
        painter.scale(zoom, zoom)
        item.paint(painter, QStyleOptionGraphicsItem())
        painter.end()
        return image

    with_title, without = painted("Encoder"), painted("")
    lines = (slice(y * 2800, (y + 1) * 2800) for y in range(400))
    one, other = bytes(with_title.constBits()), bytes(without.constBits())
    rows = [y for y, line in enumerate(lines) if one[line] != other[line]]
    assert len(rows) >= 7
    assert (rows[-1] < 120) == (zoom < 0.45)  # from afar above the frame, where no node covers it


def test_a_note_paints_its_text_but_not_while_it_is_typed(driver: "CanvasDriver") -> None:
    item = remarks(driver).items["note1"]
    assert isinstance(item, NoteItem) and item.lines() == ("Why two?",)
    double_click(driver, middle(driver))
    assert item.editing
    QTest.keyClick(remarks(driver).note_field, KEY.Key_Escape)
    assert not item.editing
