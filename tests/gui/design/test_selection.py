"""Nodes, frames and notes selected together: by box, lasso, keys; moved, copied and removed as one."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt

from tests.gui.design.driving import NO_KEY, drag, steps
from tests.gui.design.test_canvas import ALT, CTRL, SHIFT, chain, show
from tests.gui.design.test_remarks import FRAMED, NOTED, bar, middle, remark, remarks
from workbench.core.document import PINNED
from workbench.core.looks import SetLook

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

KEY = Qt.Key


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    """fc1 and fc2 stand in a frame; a note stands below digits."""
    document = chain()
    graph = replace(document.graph, remarks={"frame1": FRAMED, "note1": NOTED})
    show(canvas_driver, replace(document, graph=graph))
    canvas_driver.canvas.setFocus()
    canvas_driver.canvas.look_at(QPointF(460, 80), 0.75)
    return canvas_driver


def selected(driver: "CanvasDriver") -> tuple[list[str], list[str]]:
    drawing = driver.canvas.drawing
    return drawing.selection, drawing.chosen_remarks


def test_a_box_takes_notes_and_frames_that_it_holds_as_a_whole(driver: "CanvasDriver") -> None:
    void = driver.at(-40, 320)
    drag(driver, NO_KEY, void, driver.at(232, -40))
    assert selected(driver) == (["digits"], ["note1"])
    assert remarks(driver).items["note1"].chosen
    drag(driver, NO_KEY, void, driver.at(600, -40))  # a part of the frame only
    assert selected(driver) == (["digits", "flatten", "fc1"], ["note1"])
    drag(driver, NO_KEY, void, driver.at(960, -120))
    assert selected(driver) == (["digits", "flatten", "fc1", "fc2"], ["frame1", "note1"])
    drag(driver, CTRL, driver.at(20, 330), driver.at(220, 190), release=True)
    assert selected(driver) == (["digits", "flatten", "fc1", "fc2"], ["frame1"])
    driver.click(driver.at(300, 320))
    assert selected(driver) == ([], []) and not remarks(driver).items["frame1"].chosen


def test_a_box_taken_back_leaves_what_was_selected(driver: "CanvasDriver") -> None:
    driver.click(driver.body("fc1"))
    driver.click(middle(driver), SHIFT)
    drag(driver, SHIFT, driver.at(-40, 330), driver.at(960, -120), release=False)
    assert len(selected(driver)[0]) == 4
    driver.key(KEY.Key_Escape)
    assert selected(driver) == (["fc1"], ["note1"])
    driver.key(KEY.Key_Escape)
    assert selected(driver) == ([], [])


def test_a_lasso_takes_notes(driver: "CanvasDriver") -> None:
    corners = ((-30, -60), (220, -60), (250, 320), (-30, 320))
    drag(driver, CTRL | ALT, *(driver.at(*corner) for corner in corners))
    assert selected(driver) == (["digits"], ["note1"])


def test_clicks_add_notes_to_nodes_and_nodes_to_notes(driver: "CanvasDriver") -> None:
    driver.click(driver.body("digits"))
    driver.click(middle(driver), SHIFT)
    assert selected(driver) == (["digits"], ["note1"])
    driver.click(driver.body("flatten"), CTRL)
    assert selected(driver) == (["digits", "flatten"], ["note1"])
    driver.click(middle(driver), CTRL)
    assert selected(driver) == (["digits", "flatten"], [])
    driver.click(middle(driver), CTRL)
    driver.click(middle(driver))
    assert selected(driver) == ([], ["note1"])


@pytest.mark.parametrize("by_card", [True, False])
def test_a_mixed_selection_moves_in_one_step(driver: "CanvasDriver", by_card: bool) -> None:
    driver.click(driver.body("digits"))
    driver.click(middle(driver), SHIFT)
    start = driver.body("digits") if by_card else middle(driver)
    driver.drag(start, start + QPoint(0, 60), release=False)
    drawing = driver.canvas.drawing
    assert drawing.nodes["digits"].pos() == QPointF(0, 80)
    assert remarks(driver).items["note1"].scene_rect().topLeft() == QPointF(40, 280)
    driver.key(KEY.Key_Z, CTRL)
    assert drawing.nodes["digits"].pos() == QPointF(0, 0) and not steps(driver)
    assert remarks(driver).items["note1"].scene_rect().topLeft() == QPointF(40, 200)
    driver.release(start + QPoint(0, 60))
    driver.drag(start, start + QPoint(0, 60))
    assert driver.node("digits").at == (0, 80) and remark(driver, "note1").at == (40, 280)
    assert driver.node("flatten").at == (240, 0) and len(steps(driver)) == 1
    driver.key(KEY.Key_Up)
    assert driver.node("digits").at == (0, 72) and remark(driver, "note1").at == (40, 272)
    assert len(steps(driver)) == 2
    driver.undo_all()
    assert driver.node("digits").at == (0, 0) and remark(driver, "note1") == NOTED


def test_a_frame_moved_by_a_card_takes_along_what_it_holds_once(driver: "CanvasDriver") -> None:
    driver.view.session.do(SetLook(("fc2",), PINNED, True))
    driver.click(driver.body("digits"))
    driver.click(bar(driver), SHIFT)
    driver.click(driver.body("fc1"), SHIFT)
    start = driver.body("digits")
    driver.drag(start, start + QPoint(0, 60))
    assert remark(driver, "frame1").at == (440, 0)
    assert driver.node("fc1").at == (480, 80) and driver.node("fc2").at == (720, 0)


def test_all_is_selected_and_removed_in_one_step(driver: "CanvasDriver") -> None:
    driver.key(KEY.Key_A, CTRL)
    assert selected(driver) == (["digits", "flatten", "fc1", "fc2"], ["frame1", "note1"])
    driver.key(KEY.Key_Delete)
    graph = driver.document.graph
    assert not graph.nodes and not graph.remarks and steps(driver) == ("Delete 6 things",)
    driver.key(KEY.Key_Z, CTRL)
    assert len(driver.document.graph.nodes) == 4 and len(driver.document.graph.remarks) == 2


def test_inverting_takes_notes_into_account(driver: "CanvasDriver") -> None:
    driver.click(driver.body("digits"))
    driver.click(bar(driver), SHIFT)
    driver.key(KEY.Key_I, CTRL)
    assert selected(driver) == (["flatten", "fc1", "fc2"], ["note1"])


def test_a_mixed_selection_is_copied_and_the_copy_is_selected(driver: "CanvasDriver") -> None:
    driver.click(driver.body("fc2"))
    driver.click(middle(driver), SHIFT)
    driver.key(KEY.Key_D, CTRL)
    nodes, notes = selected(driver)
    assert len(nodes) == len(notes) == 1 and (nodes, notes) != (["fc2"], ["note1"])
    before = NOTED.at
    after = remark(driver, notes[0]).at
    assert (after[0] - before[0], after[1] - before[1]) == (
        driver.node(nodes[0]).at[0] - 720,
        driver.node(nodes[0]).at[1],
    )
    driver.key(KEY.Key_X, CTRL)
    assert (
        set(driver.document.graph.remarks) == {"frame1", "note1"}
        and nodes[0] not in driver.document.graph.nodes
    )
    driver.key(KEY.Key_V, CTRL)
    nodes, notes = selected(driver)
    assert remark(driver, notes[0]).text == NOTED.text and len(nodes) == 1
