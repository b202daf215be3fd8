"""Links, nodes and selections worked with the mouse and its modifier keys, one gesture a test."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPointingDevice,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.design.test_canvas import ALT, CTRL, SHIFT, chain, show
from workbench.core.document import Document, Graph, Node, Place, Port
from workbench.gui.design.gestures import Gesture, Pan
from workbench.gui.design.items import GESTURE
from workbench.gui.design.palette import MIME

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drag(driver: "CanvasDriver", keys: Qt.KeyboardModifier, *way: QPoint, release: bool = True) -> None:
    """Drag along a way with keys held, all the while."""
    viewport = driver.canvas.viewport()
    QTest.mouseMove(viewport, way[0])
    QTest.mousePress(viewport, LEFT, keys, way[0])
    for before, after in pairwise(way):
        for step in range(1, 5):
            move(driver, keys, before + (after - before) * step / 4)
    if release:
        QTest.mouseRelease(viewport, LEFT, keys, way[-1])


def move(driver: "CanvasDriver", keys: Qt.KeyboardModifier, at: QPoint) -> None:
    viewport = driver.canvas.viewport()
    place = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        viewport.mapToGlobal(place),
        Qt.MouseButton.NoButton,
        LEFT,
        keys,
    )
    QApplication.sendEvent(viewport, event)


def with_nodes(*nodes: Node, links: Sequence[tuple[str, str]] = (), without: Sequence[str] = ()) -> Document:
    """The chain with more nodes and links (target, source), and without some links."""
    graph = chain().graph
    gone = {Port.parse(name) for name in without}
    kept = {target: source for target, source in graph.links.items() if target not in gone}
    more = {Port.parse(target): Port.parse(source) for target, source in links}
    return Document(
        "more", graph=Graph({**graph.nodes, **{node.id: node for node in nodes}}, {**kept, **more})
    )


def links_of(driver: "CanvasDriver") -> dict[str, str]:
    graph = driver.document.graph_of(driver.canvas.place.where)
    return {str(target): str(source) for target, source in graph.links.items()}


def lit(driver: "CanvasDriver") -> list[str]:
    return [str(port) for port, item in driver.canvas.drawing.links.items() if item.hovered]


def busy(driver: "CanvasDriver") -> bool:
    return driver.canvas._gesture is not None


def bends_of(driver: "CanvasDriver", target: str) -> list[Place]:
    return list(driver.document.graph.bends.get(Port.parse(target), ()))


def steps(driver: "CanvasDriver") -> tuple[str, ...]:
    return driver.view.session.history.steps()


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


# ----------------------------------------------------------------- links


def test_a_link_goes_to_the_nearest_port_that_fits_on_the_card_under_the_pointer(
    driver: "CanvasDriver",
) -> None:
    loss = Node("loss", "CrossEntropyLoss", at=(960, 0))
    show(driver, with_nodes(loss))
    driver.reveal("fc2", "loss")
    middle = driver.body("loss") + QPoint(30, 10)
    driver.drag(driver.port("fc2.y", output=True), middle)
    assert links_of(driver)["loss.input"] == "fc2.y"


def test_a_card_takes_a_link_at_its_free_port(driver: "CanvasDriver") -> None:
    add = Node("add", "Add", at=(720, 160))
    show(driver, with_nodes(add, links=[("add.a", "fc1.y")]))
    driver.reveal("flatten", "add")
    driver.drag(driver.port("flatten.y", output=True), driver.body("add") - QPoint(0, 4))
    assert links_of(driver)["add.a"] == "fc1.y"
    assert links_of(driver)["add.b"] == "flatten.y"


def test_labels_pass_by_a_port_for_numbers(driver: "CanvasDriver") -> None:
    """The nearest port takes numbers only: the link jumps to the next one, which takes labels."""
    show(driver, with_nodes(Node("loss", "Accuracy", at=(240, 160))))
    driver.reveal("digits", "loss")
    near = driver.port("loss.input", output=False) - QPoint(6, 2)
    driver.drag(driver.port("digits.label", output=True), near)
    assert links_of(driver)["loss.target"] == "digits.label"
    assert "loss.input" not in links_of(driver)


def test_a_card_without_a_fitting_port_is_faint_and_says_why(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("words", "Embedding", at=(960, 0))))
    driver.reveal("fc2", "words")
    driver.drag(driver.port("fc2.y", output=True), driver.body("words"), release=False)
    faint = {id for id, item in driver.canvas.drawing.nodes.items() if item.faded}
    assert faint == {"digits", "flatten", "fc1", "words"}
    assert "takes labels, tokens or edges" in driver.canvas._hint.text()
    driver.release(driver.body("words"))
    assert "words.x" not in links_of(driver)
    assert not driver.view.search.isVisible()
    assert "takes labels, tokens or edges" in driver.messages[-1]


def test_an_input_dims_what_cannot_feed_it(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("words", "Embedding", at=(240, 160))))
    driver.reveal("digits", "fc2", "words")
    start = driver.port("words.x", output=False)
    driver.drag(start, driver.body("fc1"), release=False)
    faint = {id for id, item in driver.canvas.drawing.nodes.items() if item.faded}
    assert faint == {"flatten", "fc1", "fc2"}
    assert "takes labels, tokens or edges; fc1.y gives numbers" in driver.canvas._hint.text()
    driver.key(Qt.Key.Key_Escape)
    driver.release(start)
    assert not any(item.faded for item in driver.canvas.drawing.nodes.values())


def test_a_shape_that_does_not_fit_is_doubted_not_refused(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("conv", "Conv2d", at=(960, 0))))
    driver.reveal("fc2", "conv")
    end = driver.port("conv.x", output=False)
    driver.drag(driver.port("fc2.y", output=True), end, release=False)
    assert "N×10" in driver.canvas._hint.text()
    driver.release(end)
    assert links_of(driver)["conv.x"] == "fc2.y"


def test_the_void_offers_only_what_gives_what_an_input_takes(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("words", "Embedding", at=(480, 160))))
    driver.reveal("words")
    driver.drag(driver.port("words.x", output=False), driver.at(400, 300))
    titles = [offer.name for offer in driver.view.search._offers]
    assert "Linear" not in titles and "ReLU" not in titles and "Flatten" in titles
    id = driver.choose("flatten")
    assert links_of(driver)["words.x"] == f"{id}.y"
    assert steps(driver) == (f"Add {id}",)


def test_the_void_offers_only_what_takes_the_dimensions(driver: "CanvasDriver") -> None:
    driver.reveal("fc2")
    driver.drag(driver.port("fc2.y", output=True), driver.at(960, 140))
    names = {offer.name for offer in driver.view.search._offers}
    assert {"Linear", "ReLU", "CrossEntropyLoss", "Add"} <= names
    assert not {"Conv2d", "MaxPool2d", "Embedding", "Dataset"} & names


def test_ctrl_moves_the_end_of_a_link_at_an_input(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("other", "Linear", at=(480, 160))))
    driver.reveal("fc1", "other")
    drag(driver, CTRL, driver.port("fc1.x", output=False), driver.port("other.x", output=False))
    assert links_of(driver)["other.x"] == "flatten.y" and "fc1.x" not in links_of(driver)
    assert steps(driver) == ("Move link",)


def test_ctrl_moves_the_end_of_a_link_at_an_output(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("fc3", "Linear", at=(720, 160)), links=[("fc3.x", "fc1.y")]))
    driver.reveal("flatten", "fc1", "fc3")
    drag(driver, CTRL, driver.port("fc1.y", output=True), driver.port("flatten.y", output=True))
    assert links_of(driver)["fc3.x"] == "flatten.y", "the last link that was made"
    assert links_of(driver)["fc2.x"] == "fc1.y"
    driver.key(Qt.Key.Key_Z, CTRL)
    driver.canvas.drawing.select((), [Port("fc2", "x")])
    drag(driver, CTRL, driver.port("fc1.y", output=True), driver.port("flatten.y", output=True))
    assert links_of(driver)["fc2.x"] == "flatten.y", "the link that is selected"
    assert links_of(driver)["fc3.x"] == "fc1.y"
    assert steps(driver) == ("Move link",)


def test_shift_moves_all_links_of_an_output(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("fc3", "Linear", at=(720, 160)), links=[("fc3.x", "fc1.y")]))
    before = driver.document
    driver.reveal("flatten", "fc1", "fc3")
    drag(driver, SHIFT, driver.port("fc1.y", output=True), driver.port("flatten.y", output=True))
    links = links_of(driver)
    assert (links["fc2.x"], links["fc3.x"], links["fc1.x"]) == ("flatten.y", "flatten.y", "flatten.y")
    assert steps(driver) == ("Move 2 links",)
    driver.key(Qt.Key.Key_Z, CTRL)
    assert driver.document is before
    drag(driver, SHIFT, driver.port("fc1.y", output=True), driver.at(640, 200))
    assert "fc2.x" not in links_of(driver) and "fc3.x" not in links_of(driver)
    assert steps(driver) == ("Unlink 2 links",)


def test_a_cycle_is_refused_for_a_bundle(driver: "CanvasDriver") -> None:
    driver.reveal("flatten", "fc1", "fc2")
    before = driver.document
    drag(driver, SHIFT, driver.port("flatten.y", output=True), driver.port("fc2.y", output=True))
    assert driver.document is before
    assert "would close a cycle" in driver.messages[-1]


def test_alt_click_clears_a_port(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("fc3", "Linear", at=(720, 160)), links=[("fc3.x", "fc1.y")]))
    driver.reveal("fc1", "fc3")
    driver.click(driver.port("fc1.x", output=False), ALT)
    assert "fc1.x" not in links_of(driver)
    driver.click(driver.port("fc1.y", output=True), ALT)
    assert list(links_of(driver)) == ["flatten.x"]
    assert steps(driver) == ("Unlink fc1.x", "Unlink fc1.y")
    driver.click(driver.port("fc1.y", output=True), ALT)
    assert len(steps(driver)) == 2


def test_a_link_let_go_on_its_own_card_does_nothing(driver: "CanvasDriver") -> None:
    driver.reveal("fc2")
    driver.drag(driver.port("fc2.y", output=True), driver.body("fc2"))
    assert not driver.view.search.isVisible() and not steps(driver)


def test_a_stroke_cuts_the_links_that_it_crosses(driver: "CanvasDriver") -> None:
    driver.reveal("digits", "flatten", "fc1", "fc2")
    between = [driver.at(x, 24) for x in (432, 672)]
    above, below = QPoint(0, 70), QPoint(0, -70)
    way = (between[0] - above, between[0] - below, between[1] - below, between[1] - above)
    drag(driver, ALT, *way, release=False)
    faint = {str(port) for port, item in driver.canvas.drawing.links.items() if item.faded}
    assert faint == {"fc1.x", "fc2.x"}
    QTest.mouseRelease(driver.canvas.viewport(), LEFT, ALT, way[-1])
    assert list(links_of(driver)) == ["flatten.x"]
    assert steps(driver) == ("Cut 2 links",)
    assert not any(item.faded for item in driver.canvas.drawing.links.values())
    driver.key(Qt.Key.Key_Z, CTRL)
    drag(driver, ALT, *way[:2], release=False)
    driver.key(Qt.Key.Key_Escape)
    QTest.mouseRelease(driver.canvas.viewport(), LEFT, ALT, way[1])
    assert len(links_of(driver)) == 3


def test_a_change_of_the_model_ends_a_stroke(driver: "CanvasDriver") -> None:
    driver.select("fc2")
    driver.key(Qt.Key.Key_Right)
    driver.reveal("digits", "flatten", "fc1", "fc2")
    at = driver.at(672, 24)
    drag(driver, ALT, at - QPoint(0, 70), at + QPoint(0, 70), release=False)
    driver.view.session.undo()
    QTest.mouseRelease(driver.canvas.viewport(), LEFT, ALT, at + QPoint(0, 70))
    assert len(links_of(driver)) == 3
    assert not any(item.faded for item in driver.canvas.drawing.links.values())


# ----------------------------------------------------------------- into a link and out of it


def test_a_node_dropped_on_a_link_is_inserted_and_makes_room(driver: "CanvasDriver") -> None:
    show(driver, with_nodes(Node("relu", "ReLU", at=(480, 160))))
    driver.reveal("fc1", "fc2", "relu")
    start = driver.body("relu")
    end = driver.at(660, 14)
    driver.drag(start, end, release=False)
    assert driver.canvas.drawing.links[Port("fc2", "x")].hovered
    assert "Insert between fc1.y and fc2.x" in driver.canvas._hint.text()
    driver.release(end)
    links = links_of(driver)
    assert (links["relu.x"], links["fc2.x"]) == ("fc1.y", "relu.y")
    assert steps(driver) == ("Insert relu",)
    cards = driver.canvas.drawing.nodes
    assert cards["relu"].scene_rect().left() >= cards["fc1"].scene_rect().right() + 32
    assert cards["fc2"].scene_rect().left() >= cards["relu"].scene_rect().right() + 32
    assert driver.node("fc1").at == (480, 0)
    driver.key(Qt.Key.Key_Z, CTRL)
    assert driver.node("relu").at == (480, 160) and driver.node("fc2").at == (720, 0)
    assert "relu.x" not in links_of(driver)


def test_a_node_that_does_not_fit_is_only_moved(driver: "CanvasDriver") -> None:
    show(
        driver,
        with_nodes(Node("words", "Embedding", at=(480, 160)), Node("pool", "MaxPool2d", at=(720, 160))),
    )
    driver.reveal("fc1", "fc2", "words")
    for id in ("words", "pool"):
        driver.drag(driver.body(id), driver.at(660, 14), release=False)
        assert not driver.canvas.drawing.links[Port("fc2", "x")].hovered
        driver.release(driver.at(660, 14))
        assert links_of(driver)["fc2.x"] == "fc1.y"
        driver.key(Qt.Key.Key_Z, CTRL)
    driver.drag(driver.body("fc1"), driver.at(440, 54))
    assert links_of(driver)["fc1.x"] == "flatten.y", "a node is not inserted into its own link"


def test_a_palette_drop_on_a_link_inserts(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    data = QMimeData()
    data.setData(MIME, QByteArray(b"type:ReLU"))
    place, viewport = driver.at(672, 24), driver.canvas.viewport()
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(viewport, QDragEnterEvent(place, copy, data, LEFT, NO_KEY))
    QApplication.sendEvent(viewport, QDragMoveEvent(place, copy, data, LEFT, NO_KEY))
    assert lit(driver) == ["fc2.x"]
    QApplication.sendEvent(viewport, QDragLeaveEvent())
    assert lit(driver) == []
    QApplication.sendEvent(viewport, QDragEnterEvent(place, copy, data, LEFT, NO_KEY))
    QApplication.sendEvent(viewport, QDropEvent(QPointF(place), copy, data, LEFT, NO_KEY))
    links = links_of(driver)
    assert (links["relu1.x"], links["fc2.x"]) == ("fc1.y", "relu1.y")
    assert steps(driver) == ("Insert relu1",)
    assert driver.canvas.drawing.selection == ["relu1"]


def test_delete_and_heal_links_around_what_is_gone(driver: "CanvasDriver") -> None:
    driver.select("flatten", "fc1")
    driver.key(Qt.Key.Key_Delete, CTRL)
    assert links_of(driver) == {"fc2.x": "digits.image"}
    assert steps(driver) == ("Delete and heal 2 nodes",)
    driver.key(Qt.Key.Key_Z, CTRL)
    assert len(links_of(driver)) == 3
    driver.select("fc2")
    driver.key(Qt.Key.Key_Delete, CTRL)
    assert links_of(driver) == {"flatten.x": "digits.image", "fc1.x": "flatten.y"}


def test_heal_removes_a_selected_link_and_asks_for_a_selection(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    driver.click(driver.at(672, 24))
    driver.key(Qt.Key.Key_Delete, CTRL)
    assert "fc2.x" not in links_of(driver)
    driver.key(Qt.Key.Key_Escape)
    driver.key(Qt.Key.Key_Delete, CTRL)
    assert driver.messages == ["Select the nodes to remove first."]


def test_healing_says_what_stays_open(driver: "CanvasDriver") -> None:
    words = (Node("words", "Embedding", at=(0, 160)), Node("act", "ReLU", at=(240, 160)))
    document = with_nodes(*words, links=[("words.x", "digits.label"), ("act.x", "words.y")])
    show(driver, document)
    driver.select("words")
    driver.key(Qt.Key.Key_Delete, CTRL)
    assert "act.x" not in links_of(driver)
    assert driver.messages == ["Nothing before the removed nodes fits act.x."]


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


@pytest.mark.parametrize(
    ("key", "modifier", "want"),
    [
        (Qt.Key.Key_B, CTRL, ("bypass", ())),
        (Qt.Key.Key_M, CTRL, ("mute", ())),
        (Qt.Key.Key_C, ALT, ("", ("collapsed",))),
        (Qt.Key.Key_H, NO_KEY, ("", ("wireless",))),
        (Qt.Key.Key_P, NO_KEY, ("", ("pinned",))),
    ],
)
def test_states_are_switched_for_the_selection(
    driver: "CanvasDriver", key: Qt.Key, modifier: Qt.KeyboardModifier, want: tuple[str, tuple[str, ...]]
) -> None:
    driver.select("fc1", "fc2")
    driver.key(key, modifier)
    assert {(driver.node(id).mode, driver.node(id).look) for id in ("fc1", "fc2")} == {want}
    driver.key(key, modifier)
    assert {(driver.node(id).mode, driver.node(id).look) for id in ("fc1", "fc2")} == {("", ())}
    assert len(steps(driver)) == 2
    driver.key(Qt.Key.Key_Escape)
    driver.key(key, modifier)
    assert driver.messages[-1] == "Select one or more nodes first."


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


@pytest.mark.parametrize("what", ["move", "link", "bundle", "bend", "cut", "box", "lasso"])
def test_a_change_of_the_model_ends_every_gesture(driver: "CanvasDriver", what: str) -> None:
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
