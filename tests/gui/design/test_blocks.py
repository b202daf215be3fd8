"""Blocks on the canvas, with mouse and keys: made, entered, exposed, unpacked, kept in the library."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from tests.drawing import CLASSIFIER, block, draw
from workbench.catalog.check import analyse
from workbench.catalog.samples import SAMPLES
from workbench.core.document import Document, Graph, Port, Update
from workbench.core.history import History
from workbench.core.looks import SetMode
from workbench.gui.design.blocks import Ties
from workbench.gui.design.stage import ENTERED
from workbench.gui.session import OpenModel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


def spread(document: Document) -> Document:
    """The document with the nodes of every graph in a row."""
    blocks = {name: replace(one, graph=_row(one.graph)) for name, one in document.blocks.items()}
    return replace(document, name="blocks", graph=_row(document.graph), blocks=blocks)


def _row(graph: Graph) -> Graph:
    places = ((240.0 * index, 160.0 * (index % 2)) for index in range(len(graph.nodes)))
    nodes = {id: replace(node, at=at) for (id, node), at in zip(graph.nodes.items(), places, strict=True)}
    return replace(graph, nodes=nodes)


def show(driver: "CanvasDriver", document: Document) -> None:
    driver.view.session._open(OpenModel(History(document)))
    QApplication.processEvents()
    driver.canvas.setFocus()


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, spread(draw(CLASSIFIER)))
    return canvas_driver


def make(driver: "CanvasDriver", *ids: str) -> None:
    driver.select(*ids)
    driver.key(Qt.Key.Key_G, CTRL)
    driver.settle()


def test_ctrl_g_makes_a_block_of_the_selection_in_one_step(driver: "CanvasDriver") -> None:
    parameters = driver.view.session.analyse_now().parameters
    make(driver, "fc1", "relu", "fc2")
    assert list(driver.document.blocks) == ["Block1"]
    assert driver.canvas.drawing.selection == ["block1"]
    analysis = driver.view.session.analyse_now()
    assert analysis.ok and analysis.parameters == parameters
    assert driver.view.session.history.steps() == ("Make block Block1",)
    driver.key(Qt.Key.Key_Z, CTRL)
    assert not driver.document.blocks and "fc1" in driver.document.graph.nodes


def test_ctrl_shift_g_unpacks_and_selects_what_came_out(driver: "CanvasDriver") -> None:
    before = driver.document.graph
    make(driver, "fc1", "relu", "fc2")
    driver.key(Qt.Key.Key_G, CTRL | SHIFT)
    driver.settle()
    graph = driver.document.graph
    assert graph.nodes.keys() == before.nodes.keys() and graph.links == before.links
    assert {id: node.at for id, node in graph.nodes.items()} == {id: n.at for id, n in before.nodes.items()}
    assert driver.canvas.drawing.selection == ["fc1", "relu", "fc2"]
    assert driver.view.session.history.steps() == ("Make block Block1", "Unpack block1")
    assert driver.view.session.analyse_now().ok


def test_what_cannot_be_packed_is_said(driver: "CanvasDriver") -> None:
    make(driver, "digits", "flat")
    make(driver, "fc2", "loss")
    make(driver, "fc1", "fc2")
    driver.key(Qt.Key.Key_Escape)
    driver.key(Qt.Key.Key_G, CTRL)
    driver.key(Qt.Key.Key_G, CTRL | SHIFT)
    assert [message.partition(" ")[0] for message in driver.messages] == [
        "“digits”",
        "“loss”",
        "The",
        "Select",
        "Select",
    ]
    assert "fc1 → relu → fc2 leaves the selection and comes back" in driver.messages[2]
    assert not driver.document.blocks and not driver.view.session.history.can_undo


def test_noise_goes_into_a_block_only_with_what_tells_its_size(driver: "CanvasDriver") -> None:
    text = "digits Dataset\nnoise Noise\nfc Linear out_features=64 < noise\nflat Flatten < digits.image\n"
    show(driver, spread(draw(text + "sum Add < fc flat")))
    make(driver, "noise", "fc")
    assert (
        driver.messages[-1].startswith("“noise” needs to know how many examples")
        and not driver.document.blocks
    )
    make(driver, "noise", "fc", "flat", "sum")
    assert driver.document.blocks["Block1"].inputs == ("image",)


def test_a_muted_node_never_idles_a_block_unsaid(driver: "CanvasDriver") -> None:
    text = """
    digits Dataset
    flat Flatten < digits.image
    off Linear out_features=8 < flat
    on Linear out_features=8 < flat
    sum Add < off on
    act ReLU < sum
    head Linear out_features='= classes' < act
    loss CrossEntropyLoss < head digits.label
    """
    document = SetMode(("off",), "mute").apply(spread(draw(text)))
    show(driver, document)
    before = analyse(document, SAMPLES)
    make(driver, "sum", "act")
    assert "“off” is left out now" in driver.messages[-1] and not driver.document.blocks
    make(driver, "off", "sum", "act")
    assert driver.document.blocks["Block1"].graph.nodes["off"].mode == "mute"
    after = analyse(driver.document, SAMPLES)
    assert (after.parameters, after.problems) == (before.parameters, before.problems)
    assert driver.canvas.drawing.nodes["block1"].face.mode == ""
    driver.undo_all()
    make(driver, "off", "on")  # only one of the two outputs is silent
    after = analyse(driver.document, SAMPLES)
    assert (after.parameters, after.problems) == (before.parameters, before.problems)
    assert len(driver.messages) == 1


def test_a_block_out_of_which_nothing_comes_says_which_node_is_muted(driver: "CanvasDriver") -> None:
    text = "digits Dataset\nflat Flatten < digits.image\noff ReLU < flat\nlast Tanh < off"
    show(driver, SetMode(("off",), "mute").apply(spread(draw(text))))
    make(driver, "flat", "off")
    assert driver.messages == ["Nothing comes out of block1 while “off” is muted, so all of it is left out."]


def test_the_card_of_a_block_tells_what_is_wrong_deep_inside(driver: "CanvasDriver") -> None:
    inner = block("x Input\nwide MaxPool2d < x\ny Output < wide")
    blocks = {"Level1": inner}
    for level in range(2, 6):
        drawn = f"x Input\ndeeper{level} @Level{level - 1} < x\ny Output < deeper{level}"
        blocks[f"Level{level}"] = block(drawn, blocks)
    text = "digits Dataset\nflat Flatten < digits.image\ntop @Level5 < flat\nhead ReLU < top"
    show(driver, spread(draw(text, blocks=blocks)))
    item = driver.canvas.drawing.nodes["top"]
    (problem,) = [one for one in analyse(driver.document, SAMPLES).problems if one.node == "wide"]
    assert item.face.problem.startswith(f"wide: {problem.message}")
    assert item.face.problem.endswith("(inside deeper5/deeper4/deeper3/deeper2)")
    driver.reveal("top")
    driver.canvas.grab()
    shown = [text.text() for _, text, _, kind in item.texts if kind == "line"]
    assert shown[0].startswith(f"wide: {problem.message[:10]}")


@pytest.mark.parametrize("update", [{"train": ("fc1",)}, {"rates": {"fc1": 0}}])
def test_a_block_of_parts_that_train_differently_is_refused(
    driver: "CanvasDriver", update: dict[str, Any]
) -> None:
    show(
        driver,
        spread(
            draw(CLASSIFIER, updates=(Update("train", {"loss": 1.0}, optimizer={"type": "Adam"}, **update),))
        ),
    )
    make(driver, "fc1", "relu", "fc2")
    assert not driver.document.blocks
    assert "trains a part of these nodes, or at several rates" in driver.messages[-1]
    make(driver, "fc1", "relu")  # of which only one has weights
    assert driver.document.blocks.keys() == {"Block1"}


def test_nodes_without_links_become_a_block_with_ports(driver: "CanvasDriver") -> None:
    show(driver, spread(draw("a Linear\nb ReLU < a")))
    make(driver, "a", "b")
    made = driver.document.blocks["Block1"]
    assert (made.inputs, made.outputs) == (("x",), ("y",))


def test_blocks_nest_six_deep_and_breadcrumbs_lead_out(driver: "CanvasDriver") -> None:
    make(driver, "fc1", "relu", "fc2")
    parameters = driver.view.session.analyse_now().parameters
    for level in range(1, 6):
        make(driver, f"block{level}")
    for level in range(6, 0, -1):
        driver.select(f"block{level}")
        driver.key(Qt.Key.Key_Return)
        assert driver.canvas.place.where == f"Block{level}"
    assert driver.canvas.place.trail == tuple(f"block{level}" for level in range(6, 0, -1))
    driver.set_field("fc1", "out_features", "20")
    assert driver.view.session.analyse_now().parameters == parameters + 4 * (64 + 1 + 10)
    driver.canvas.setFocus()
    for level in range(2, 7):
        driver.key(Qt.Key.Key_Up, ALT)
        assert driver.canvas.place.where == f"Block{level}"
        assert driver.canvas.drawing.selection == [f"block{level - 1}"]
    driver.key(Qt.Key.Key_Up, ALT)
    assert driver.canvas.place.where == ""


def test_a_long_block_is_entered_where_its_inputs_are_with_cards_of_a_readable_size(
    driver: "CanvasDriver",
) -> None:
    chain = "".join(f"\nn{i} ReLU < {f'n{i - 1}' if i else 'x'}" for i in range(60))
    long = block(f"x Input{chain}\ny Output < n59")
    short = block("x Input\nf ReLU < x\ny Output < f")
    text = "data Dataset dataset=iris\nlong @Long < data.features\nshort @Short < data.features"
    show(driver, spread(draw(text, blocks={"Long": long, "Short": short})))
    canvas = driver.canvas
    driver.select("long")
    driver.key(Qt.Key.Key_Return)
    seen = canvas.mapToScene(canvas.viewport().rect()).boundingRect()
    assert canvas.zoom == pytest.approx(ENTERED)
    assert seen.contains(canvas.drawing.nodes["x"].scene_rect())
    assert not seen.intersects(canvas.drawing.nodes["y"].scene_rect())
    canvas.frame_all()
    assert canvas.zoom < ENTERED, "one may look at all of it"
    driver.key(Qt.Key.Key_Up, ALT)
    driver.select("short")
    driver.key(Qt.Key.Key_Return)
    seen = canvas.mapToScene(canvas.viewport().rect()).boundingRect()
    assert seen.contains(canvas.drawing.bounds()) and canvas.zoom > ENTERED


def test_shared_weights_show_a_tie_on_hover_and_selection(driver: "CanvasDriver") -> None:
    judge = block("x Input\nf Linear out_features=8 < x\ny Output < f")
    show(
        driver,
        spread(
            draw(
                "digits Dataset\nflat Flatten < digits.image\na @Judge < flat\nb @Judge ~a < flat\nc ReLU < b",
                blocks={"Judge": judge},
            )
        ),
    )
    ties = next(part for part in driver.canvas.children() if isinstance(part, Ties))
    driver.reveal("a", "b", "c")
    assert ties.pairs() == []
    driver.select("a")
    assert ties.pairs() == [("a", "b")]
    driver.select("c")
    assert ties.pairs() == []
    driver.reveal("a", "b", "c")
    viewport = driver.canvas.viewport()
    before = viewport.grab().toImage()
    at = QPointF(driver.body("b"))
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        QPointF(viewport.mapToGlobal(at.toPoint())),
        none,
        none,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(viewport, move)
    assert ties.pairs() == [("a", "b")]
    assert viewport.grab().toImage() != before


def test_a_family_that_shares_weights_is_unpacked_together(driver: "CanvasDriver") -> None:
    judge = block("x Input\nf Linear out_features=8 < x\ng ReLU < f\ny Output < g")
    show(
        driver,
        spread(
            draw(
                "digits Dataset\nflat Flatten < digits.image\na @Judge < flat\nb @Judge ~a < flat\nloss MSELoss < a b",
                blocks={"Judge": judge},
            )
        ),
    )
    parameters = driver.view.session.analyse_now().parameters
    driver.select("a", "b")
    driver.key(Qt.Key.Key_G, CTRL | SHIFT)
    driver.settle()
    nodes = driver.document.graph.nodes
    assert {id: node.linked_to for id, node in nodes.items() if node.linked_to} == {"f2": "f"}
    assert driver.document.graph.links[Port("loss", "target")] == Port("g2", "y")
    assert driver.view.session.analyse_now().parameters == parameters
    assert len(driver.view.session.history.steps()) == 1


def test_a_long_way_keeps_its_ends_and_puts_the_rest_into_a_menu(driver: "CanvasDriver") -> None:
    make(driver, "fc1", "relu", "fc2")
    for level in range(1, 8):
        make(driver, f"block{level}")
    for level in range(8, 0, -1):
        driver.canvas.enter(f"block{level}")
    driver.view.resize(1000, 700)
    QApplication.processEvents()
    crumbs = driver.view.overlays.crumbs
    assert crumbs.width() <= driver.canvas.width()
    buttons = {
        button.accessibleName(): button for button in crumbs.findChildren(QPushButton) if button.isVisible()
    }
    assert "blocks" in buttons and "Blocks between" in buttons
    menu = buttons["Blocks between"].menu()
    assert menu.actions()[0].text() == "block8: Block8"
    menu.actions()[0].trigger()
    assert driver.canvas.place.where == "Block8"
    driver.view.resize(1400, 860)
    QApplication.processEvents()
    (button,) = [one for one in crumbs.findChildren(QPushButton) if one.isVisible()]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert driver.canvas.place.where == "" and not crumbs.isVisible()
