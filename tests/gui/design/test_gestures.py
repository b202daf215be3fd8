"""Nodes and selections worked with the mouse and its modifier keys, one gesture a test."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import (
    QNativeGestureEvent,
    QPointingDevice,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.design.driving import LEFT, NO_KEY, bends_of, busy, drag, steps, with_nodes
from tests.gui.design.test_canvas import ALT, CTRL, SHIFT, chain, show
from workbench.core.document import Document, Graph, Node, Port
from workbench.gui.design.gestures import Gesture, Pan
from workbench.gui.design.items import GESTURE

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, chain())
    canvas_driver.canvas.setFocus()
    return canvas_driver


# ----------------------------------------------------------------- parts that join in


def test_other_parts_start_gestures_where_no_node_is(driver: "CanvasDriver") -> None:
    asked: list[Qt.KeyboardModifier] = []

    def grip(at: QPoint, place: QPointF, keys: Qt.KeyboardModifier) -> Gesture | None:
        asked.append(keys)
        return Pan(driver.canvas, at)

    driver.canvas.grips += [lambda at, place, keys: None, grip]
    driver.reveal("fc1")
    before = driver.canvas.mapToScene(QPoint(0, 0))
    start = driver.body("fc1") + QPoint(0, 120)
    driver.drag(start, start + QPoint(40, 10))
    assert asked == [NO_KEY]
    assert driver.canvas.mapToScene(QPoint(0, 0)) == before - QPointF(40, 10)
    driver.click(driver.body("fc1"))
    driver.click(driver.port("fc1.y", output=True))
    assert len(asked) == 1


def test_other_parts_take_double_clicks(driver: "CanvasDriver") -> None:
    taken = [True]
    driver.canvas.doubles.append(lambda at, place, keys: taken[0])
    driver.reveal("fc1")
    place = driver.body("fc1") + QPoint(0, 120)
    QTest.mouseDClick(driver.canvas.viewport(), LEFT, NO_KEY, place)
    assert not driver.view.search.isVisible()
    taken[0] = False
    QTest.mouseDClick(driver.canvas.viewport(), LEFT, NO_KEY, place)
    assert driver.view.search.isVisible()


# ----------------------------------------------------------------- selecting


def test_ctrl_toggles_and_shift_adds_by_click(driver: "CanvasDriver") -> None:
    driver.reveal("digits", "flatten", "fc1", "fc2")
    chosen = driver.canvas.drawing
    driver.click(driver.body("fc1"))
    driver.click(driver.body("fc2"), SHIFT)
    driver.click(driver.body("fc1"), SHIFT)
    assert chosen.selection == ["fc1", "fc2"]
    driver.click(driver.body("fc1"), CTRL)
    driver.click(driver.body("flatten"), CTRL)
    assert chosen.selection == ["fc2", "flatten"]
    drag(driver, CTRL, driver.body("fc2"), driver.body("fc2") + QPoint(0, 80))
    assert chosen.selection == ["fc2", "flatten"], "a drag with Ctrl does not toggle"
    assert driver.node("flatten").at[1] > 40


def test_a_click_beside_a_port_selects_its_card(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    driver.click(driver.port("fc1.x", output=False) + QPoint(8, 0))
    driver.click(driver.port("fc2.x", output=False) + QPoint(8, 0), CTRL)
    assert driver.canvas.drawing.selection == ["fc1", "fc2"]
    driver.click(driver.port("fc1.x", output=False) + QPoint(8, 0), CTRL)
    assert driver.canvas.drawing.selection == ["fc2"]
    assert not steps(driver)


def test_a_box_with_ctrl_toggles(driver: "CanvasDriver") -> None:
    driver.reveal("digits", "flatten", "fc1", "fc2")
    driver.click(driver.body("fc1"))
    drag(driver, CTRL, driver.at(420, -40), driver.at(900, 60))
    assert driver.canvas.drawing.selection == ["fc2"]
    drag(driver, SHIFT, driver.at(-40, -40), driver.at(160, 100))
    assert driver.canvas.drawing.selection == ["fc2", "digits"]
    drag(driver, NO_KEY, driver.at(180, -40), driver.at(400, 60))
    assert driver.canvas.drawing.selection == ["flatten"]
    assert not steps(driver)


def test_a_lasso_selects_what_it_surrounds(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("aside", "ReLU", at=(480, 160))))
    driver.reveal("digits", "flatten", "fc1", "fc2", "aside")
    way = [driver.at(x, y) for x, y in ((440, -40), (900, -40), (900, 80), (440, 80), (440, -30))]
    drag(driver, CTRL | ALT, *way)
    assert driver.canvas.drawing.selection == ["fc1", "fc2"]
    around = [driver.at(x, y) for x, y in ((460, 130), (660, 130), (660, 230), (460, 230), (460, 140))]
    drag(driver, CTRL | ALT | SHIFT, *around)
    assert driver.canvas.drawing.selection == ["fc1", "fc2", "aside"]
    assert not steps(driver)


# ----------------------------------------------------------------- moving


def test_a_card_snaps_to_its_neighbours_with_guides(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("aside", "ReLU", at=(485, 203))))
    driver.reveal("digits", "flatten", "fc1", "fc2", "aside")
    driver.canvas.look_at(QPointF(500, 100), 1.0)
    start = driver.body("aside")
    driver.drag(start, start + QPoint(-2, 0), release=False)
    driver.release(start)
    assert not steps(driver), "too short for a drag"
    driver.drag(start, start + QPoint(-9, 40), release=False)
    assert driver.canvas.drawing.nodes["aside"].pos().x() == 480
    lines = [item.line() for item in driver.canvas._gesture._lines]  # type: ignore[union-attr]
    assert [line for line in lines if line.x1() == line.x2() == 480 and line.y1() < 0 < 250 < line.y2()]
    driver.release(start + QPoint(-9, 40))
    assert driver.node("aside").at[0] == 480
    assert steps(driver) == ("Move",)


def test_alt_moves_without_snapping(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    start = driver.body("fc2")
    drag(driver, ALT, start, start + QPoint(3, 63))
    assert driver.node("fc2").at == (723, 63)


def test_links_become_level(driver: "CanvasDriver") -> None:
    """A tall card is drawn to where the wire into its second port runs straight."""
    show(driver, with_nodes(Node("loss", "CrossEntropyLoss", at=(960, 203)), links=[("loss.input", "fc2.y")]))
    driver.reveal("fc2", "loss")
    driver.canvas.look_at(QPointF(900, 100), 1.0)
    cards = driver.canvas.drawing.nodes
    wanted = cards["fc2"].port_place("y", output=True).y()
    offset = cards["loss"].port_place("input", output=False).y() - cards["loss"].pos().y()
    start = driver.body("loss")
    by = round(wanted - offset - 203)
    driver.drag(start, start + QPoint(60, by + 3))
    assert cards["loss"].port_place("input", output=False).y() == wanted


def test_pinned_nodes_stay(driver: "CanvasDriver") -> None:
    driver.select("fc2")
    driver.key(Qt.Key.Key_P)
    assert driver.node("fc2").look == ("pinned",)
    driver.select("fc1", "fc2")
    driver.reveal("fc1", "fc2")
    start = driver.body("fc1")
    driver.drag(start, start + QPoint(0, 80))
    assert driver.node("fc1").at == (480, 80) and driver.node("fc2").at == (720, 0)
    start = driver.body("fc2")
    driver.drag(start, start + QPoint(0, 80), release=False)
    assert driver.canvas._hint.text() == "“fc2” is pinned."
    driver.release(start + QPoint(0, 80))
    assert driver.node("fc2").at == (720, 0)
    driver.key(Qt.Key.Key_Down)
    assert driver.node("fc1").at == (480, 88) and driver.node("fc2").at == (720, 0)
    driver.select("fc2")
    driver.key(Qt.Key.Key_Down)
    assert driver.messages[-1] == "What is selected is pinned."
    driver.key(Qt.Key.Key_P)
    driver.key(Qt.Key.Key_Down)
    assert driver.node("fc2").at == (720, 8)


def test_the_check_that_ends_in_a_drag_is_shown_after_it(driver: "CanvasDriver") -> None:
    driver.select("fc1")
    driver.key(Qt.Key.Key_Delete)
    driver.reveal("fc2")
    start = driver.body("fc2")
    driver.drag(start, start + QPoint(0, 60), release=False)
    driver.view.session.analyse_now()
    assert driver.canvas.drawing.nodes["fc2"].pos() == QPointF(720, 64)
    driver.drag(start, start, release=False)
    driver.key(Qt.Key.Key_Escape)
    driver.release(start)
    assert driver.canvas.drawing.nodes["fc2"].face.level == "error"


# ----------------------------------------------------------------- states and dots


def test_states_are_switched_for_the_selection(driver: "CanvasDriver") -> None:
    for key, modifier, want in (
        (Qt.Key.Key_B, CTRL, ("bypass", ())),
        (Qt.Key.Key_M, CTRL, ("mute", ())),
        (Qt.Key.Key_C, ALT, ("", ("collapsed",))),
        (Qt.Key.Key_H, NO_KEY, ("", ("wireless",))),
        (Qt.Key.Key_P, NO_KEY, ("", ("pinned",))),
    ):
        before = len(steps(driver))
        driver.select("fc1", "fc2")
        driver.key(key, modifier)
        assert {(driver.node(id).mode, driver.node(id).look) for id in ("fc1", "fc2")} == {want}
        driver.key(key, modifier)
        assert {(driver.node(id).mode, driver.node(id).look) for id in ("fc1", "fc2")} == {("", ())}, want
        assert len(steps(driver)) == before + 2, want
        driver.key(Qt.Key.Key_Escape)
        driver.messages.clear()
        driver.key(key, modifier)
        assert driver.messages == ["Select one or more nodes first."], want


def test_a_link_is_bent_by_dots(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    wire, viewport = driver.canvas.drawing.links[Port("fc2", "x")], driver.canvas.viewport()
    QTest.mouseDClick(viewport, LEFT, NO_KEY, driver.at(672, 24))
    assert bends_of(driver, "fc2.x") == [(672, 24)]
    assert not driver.view.search.isVisible()
    driver.drag(driver.at(672, 24), driver.at(670, 104))
    assert bends_of(driver, "fc2.x") == [(672, 104)]
    middle = wire.path().pointAtPercent(0.8)
    QTest.mouseDClick(viewport, LEFT, NO_KEY, driver.canvas.mapFromScene(middle))
    first, second = bends_of(driver, "fc2.x")
    assert list(first) == [672, 104] and second[0] > 672
    driver.drag(driver.at(*first), driver.at(600, 160), release=False)
    driver.key(Qt.Key.Key_Escape)
    driver.release(driver.at(600, 160))
    assert bends_of(driver, "fc2.x") == [first, second]
    assert wire.bends == (first, second)
    driver.click(driver.at(*first), ALT)
    assert bends_of(driver, "fc2.x") == [second]
    for _ in range(4):
        driver.key(Qt.Key.Key_Z, CTRL)
    assert not bends_of(driver, "fc2.x") and not steps(driver)


def test_the_menu_of_a_bent_link_makes_it_direct(driver: "CanvasDriver") -> None:
    show(driver, replace(chain(), graph=replace(chain().graph, bends={Port("fc2", "x"): ((672.0, 80.0),)})))
    links = driver.canvas.drawing.links
    plain, bent = (driver.view.commands.menu(links[Port(id, "x")]) for id in ("fc1", "fc2"))
    assert "Remove its dots" not in [action.text() for action in plain.actions()]
    (remove,) = [action for action in bent.actions() if action.text() == "Remove its dots"]
    remove.trigger()
    assert bends_of(driver, "fc2.x") == [] and len(steps(driver)) == 1
    for menu in (plain, bent):
        menu.deleteLater()


def test_dots_between_moved_nodes_move_along(driver: "CanvasDriver") -> None:
    bends = {Port("fc2", "x"): ((672.0, 80.0),), Port("fc1", "x"): ((432.0, 80.0),)}
    show(driver, replace(chain(), graph=replace(chain().graph, bends=bends)))
    driver.select("fc1", "fc2")
    driver.reveal("fc1", "fc2")
    driver.drag(driver.body("fc1"), driver.body("fc1") + QPoint(0, 80))
    assert bends_of(driver, "fc2.x") == [(672, 160)] and bends_of(driver, "fc1.x") == [(432, 80)]
    driver.key(Qt.Key.Key_Right)
    assert bends_of(driver, "fc2.x") == [(680, 160)]
    assert steps(driver) == ("Move 2 nodes", "Move 2 nodes")
    driver.key(Qt.Key.Key_Z, CTRL)
    driver.key(Qt.Key.Key_Z, CTRL)
    assert driver.document.graph.bends == bends


# ----------------------------------------------------------------- the rest


def test_undo_leaves_selection_and_zoom_alone(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    driver.drag(driver.body("fc2"), driver.body("fc2") + QPoint(0, 80))
    driver.click(driver.body("fc1"))
    driver.canvas.zoom_by(0.8)
    zoom, seen = driver.canvas.zoom, driver.canvas.mapToScene(QPoint(0, 0))
    driver.key(Qt.Key.Key_Z, CTRL)
    assert driver.node("fc2").at == (720, 0)
    assert driver.canvas.drawing.selection == ["fc1"]
    assert (driver.canvas.zoom, driver.canvas.mapToScene(QPoint(0, 0))) == (zoom, seen)


def test_another_button_does_not_end_a_drag(driver: "CanvasDriver") -> None:
    driver.reveal("fc1")
    start = driver.body("fc1")
    end = start + QPoint(0, 80)
    driver.drag(start, end, release=False)
    QTest.mousePress(driver.canvas.viewport(), Qt.MouseButton.RightButton, NO_KEY, end)
    QTest.mouseRelease(driver.canvas.viewport(), Qt.MouseButton.RightButton, NO_KEY, end)
    assert not steps(driver)
    driver.release(end)
    assert driver.node("fc1").at == (480, 80)


def test_a_release_that_got_lost_does_not_block_the_canvas(driver: "CanvasDriver") -> None:
    driver.reveal("fc1")
    start = driver.body("fc1")
    driver.drag(start, start + QPoint(0, 80), release=False)
    driver.drag(start, start + QPoint(0, 40))
    assert driver.node("fc1").at == (480, 40)
    assert len(steps(driver)) == 1


def test_a_change_of_the_model_ends_every_gesture(driver: "CanvasDriver") -> None:
    for what in ("move", "link", "bundle", "bend", "cut", "box", "lasso"):
        _is_ended_by_a_change(driver, what)


def _is_ended_by_a_change(driver: "CanvasDriver", what: str) -> None:
    graph = replace(chain().graph, bends={Port("fc2", "x"): ((672.0, 80.0),)})
    show(driver, replace(chain(), graph=graph))
    driver.select("digits")
    driver.key(Qt.Key.Key_Up)
    driver.reveal("flatten", "fc1", "fc2")
    void = driver.at(440, 120)
    starts = {
        "move": (NO_KEY, driver.body("fc1")),
        "link": (NO_KEY, driver.port("fc1.y", output=True)),
        "bundle": (SHIFT, driver.port("flatten.y", output=True)),
        "bend": (NO_KEY, driver.at(672, 80)),
        "cut": (ALT, void),
        "box": (NO_KEY, void),
        "lasso": (CTRL | ALT, void),
    }
    keys, start = starts[what]
    end = driver.at(560, -40)
    drag(driver, keys, start, end, release=False)
    assert busy(driver)
    driver.view.session.undo()
    assert not busy(driver)
    QTest.mouseRelease(driver.canvas.viewport(), LEFT, keys, end)
    assert driver.document.graph == graph
    drawing = driver.canvas.drawing
    assert not [item for item in drawing.items() if item.zValue() == GESTURE]
    assert not any(item.faded for item in drawing.nodes.values())
    assert not any(item.faded for item in drawing.links.values())
    assert all(drawing.nodes[id].pos() == QPointF(*node.at) for id, node in graph.nodes.items())
    assert drawing.links[Port("fc2", "x")].bends == ((672, 80),)
    assert not driver.canvas._hint.isVisible()


def test_a_pinch_zooms_at_the_pointer(driver: "CanvasDriver") -> None:
    canvas, at = driver.canvas, QPointF(300, 200)
    viewport = canvas.viewport()
    before, zoom = canvas.mapToScene(at.toPoint()), canvas.zoom
    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        at,
        at,
        viewport.mapToGlobal(at),
        0.25,
        QPointF(),
    )
    QApplication.sendEvent(viewport, pinch)
    assert canvas.zoom == pytest.approx(1.25 * zoom)
    assert (canvas.mapToScene(at.toPoint()) - before).manhattanLength() < 3


def test_menus_hold_what_can_be_done(driver: "CanvasDriver") -> None:
    drawing = driver.canvas.drawing
    driver.select("fc1", "fc2")
    menu = driver.view.commands.menu(drawing.nodes["fc1"])
    ids = [action.objectName() for action in menu.actions() if action.objectName()]
    assert {"heal", "bypass", "mute", "pin", "collapse", "hide_links", "link_nodes"} <= set(ids)
    titles = [action.text() for action in menu.actions() if action.menu() is not None]
    assert titles == ["Select", "Align"]
    menu.deleteLater()


def test_gestures_are_quick_in_a_large_drawing(driver: "CanvasDriver") -> None:
    """Only what is near the pointer is looked at: far fewer look-ups than there are things."""
    nodes = {f"n{i}": Node(f"n{i}", "ReLU", at=(i % 50 * 200, i // 50 * 100)) for i in range(1000)}
    links = {Port(f"n{i}", "x"): Port(f"n{i - 1}", "y") for i in range(1, 1000)}
    show(driver, replace(Document("large"), graph=Graph(nodes, links)))
    driver.canvas.look_at(QPointF(500, 500), 1.0)
    start = driver.body("n252")
    driver.drag(start, start + QPoint(0, 40), release=False)
    gesture = driver.canvas._gesture
    driver.release(start + QPoint(0, 40))
    assert gesture is not None
    assert len(gesture._guides._edges[0].spans) < 40  # type: ignore[attr-defined]
