"""Links made, moved, cut and healed with the mouse, one gesture a test."""

from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.design.driving import LEFT, NO_KEY, drag, links_of, lit, steps, with_nodes
from tests.gui.design.test_canvas import ALT, CTRL, SHIFT, chain, show
from workbench.core.document import Node, Port
from workbench.gui.design.palette import MIME

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, chain())
    canvas_driver.canvas.setFocus()
    return canvas_driver


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


def covered(driver: "CanvasDriver") -> list[tuple[str, str]]:
    """Pairs of cards that lie on one another."""
    cards = {id: item.scene_rect() for id, item in driver.canvas.drawing.nodes.items()}
    return [(a, b) for a, b in combinations(cards, 2) if cards[a].intersects(cards[b])]


@pytest.mark.parametrize("crowded", [False, True])
def test_what_is_added_goes_into_the_selected_link(driver: "CanvasDriver", crowded: bool) -> None:
    if crowded:
        far = Node("fc2", "Linear", params={"out_features": 10}, at=(1160, 0))
        show(driver, with_nodes(far, Node("relu", "ReLU", at=(820, -20)), Node("gelu", "GELU", at=(820, 60))))
    driver.reveal("fc1", "fc2")
    driver.canvas.drawing.select((), (Port("fc2", "x"),))
    id = driver.add_after("tanh")
    links = links_of(driver)
    assert (links[f"{id}.x"], links["fc2.x"]) == ("fc1.y", f"{id}.y")
    assert steps(driver)[-1] == f"Insert {id}" and not covered(driver)
    assert driver.canvas.drawing.selection == [id]
    driver.key(Qt.Key.Key_Z, CTRL)
    assert links_of(driver)["fc2.x"] == "fc1.y"


def test_what_does_not_fit_into_the_selected_link_stands_beside_it(driver: "CanvasDriver") -> None:
    before = links_of(driver)
    driver.reveal("fc1", "fc2")
    driver.canvas.drawing.select((), (Port("fc2", "x"),))
    id = driver.add_after("embedding")
    assert links_of(driver) == before and not covered(driver)
    assert abs(driver.canvas.drawing.nodes[id].scene_rect().center().x() - 672) < 100


def test_a_new_node_covers_no_other_one(driver: "CanvasDriver") -> None:
    driver.reveal("fc1", "fc2")
    driver.canvas.drawing.select(())
    for name in ("relu", "cross-entropy", "multi-head attention"):
        driver.canvas.drawing.select(())
        driver.canvas.search(driver.body("fc1"))
        driver.choose(name)
        assert not covered(driver)


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
