"""The help page of a node: what it says of every type, and how it is worked with mouse and keys."""

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolTip
from pytestqt.qtbot import QtBot

from tests.drawing import CLASSIFIER, block, draw
from tests.gui.pixels import colors
from workbench.catalog.forms import fields_of
from workbench.catalog.pages import SECTIONS, alternatives
from workbench.catalog.spec import node_types
from workbench.catalog.templates import load
from workbench.core.document import Document, Graph, Node
from workbench.core.edits import SetParam
from workbench.core.history import History
from workbench.core.shapes import TensorSpec
from workbench.gui import theme
from workbench.gui.design.help import HelpPanel
from workbench.gui.design.help_text import brief, page_for_node, page_for_type
from workbench.gui.design.schematic import Schematic
from workbench.gui.session import OpenModel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier
TYPES = node_types()


def show(driver: "CanvasDriver", document: Document) -> None:
    driver.view.session._open(OpenModel(History(document)))
    driver.settle()  # else a page that is open could be made anew while its texts are read


def opened(driver: "CanvasDriver", id: str) -> HelpPanel:
    """F1 on a node."""
    driver.canvas.drawing.select((id,))
    driver.canvas.setFocus()
    driver.key(Qt.Key.Key_F1)
    QApplication.processEvents()
    panel = driver.view.help
    assert panel.isVisible()
    return panel


def texts(panel: HelpPanel) -> list[str]:
    QApplication.processEvents()
    return [label.text() for label in panel.column.body.findChildren(QLabel) if label.isVisible()]


def test_every_type_has_a_whole_page() -> None:
    for name in TYPES:
        page = page_for_type(name)
        assert page.title == TYPES[name].title and page.about
        assert tuple(page.sections) == SECTIONS
        assert [entry.name for entry in page.parameters] == [entry.name for entry in fields_of(TYPES[name])]
        assert all(entry.value and entry.help for entry in page.parameters)
        assert brief(Node("a", name)).endswith("F1 opens its help")


def test_the_page_of_a_node_has_its_own_shapes_and_values(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, load("lenet5"))
    panel = opened(canvas_driver, "conv1")
    said = texts(panel)
    assert panel.title.text() == "Convolution"
    assert "torch.nn.Conv2d" in panel.line.text() and "conv1" in panel.line.text()
    assert {"N×1×32×32", "N×6×28×28", "156"} <= set(said)
    assert "6  (starts as 32)" in said, "the value of this node, and what it starts as"
    assert "602 kB" in said, "what a batch of 32 keeps: 6 images of 28×28 each"
    for name in ("FORMULA", "SHAPES", "USE WHEN", "ALTERNATIVES", "REFERENCE", "FIELDS"):
        assert name in said


def test_shapes_stand_at_the_inputs_that_are_linked(canvas_driver: "CanvasDriver") -> None:
    show(
        canvas_driver,
        draw("""phrases Dataset dataset=phrases
                words Embedding embedding_dim=8 < phrases.source
                look MultiheadAttention num_heads=2 < query:words length:phrases.source_length"""),
    )
    know = canvas_driver.canvas.drawing.know
    assert know is not None
    page = page_for_node(know, "look")
    inputs = {name: str(spec) if spec else "" for name, spec in page.inputs}
    assert inputs["key"] == inputs["value"] == "" and inputs["length"].startswith("N "), inputs
    canvas_driver.canvas.drawing.select(("look",))
    canvas_driver.settle()
    said = [label.text() for label in canvas_driver.view.form.findChildren(QLabel) if label.isVisible()]
    assert "key" not in said and said[said.index("length") + 1] == "N lengths"


def test_the_form_has_a_button_for_it(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, draw(CLASSIFIER))
    canvas_driver.canvas.drawing.select(("fc1",))
    canvas_driver.settle()
    (button,) = [
        each
        for each in canvas_driver.view.form.findChildren(QPushButton)
        if each.text() == "Help on the node"
    ]
    QTest.mouseClick(button, LEFT)
    assert canvas_driver.view.help.isVisible() and canvas_driver.view.help.title.text() == "Linear"


def test_it_follows_the_selection_and_the_edits(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, draw(CLASSIFIER))
    panel = opened(canvas_driver, "fc1")
    assert "N×16" in texts(panel)
    canvas_driver.view.session.do(SetParam("fc1", "out_features", 20))
    canvas_driver.settle()
    assert "N×20" in texts(panel) and "N×16" not in texts(panel)
    canvas_driver.canvas.drawing.select(("relu",))
    assert panel.title.text() == "ReLU"
    canvas_driver.canvas.drawing.select(())
    assert panel.title.text() == "ReLU", "a page stays while nothing else is selected"


def test_keys_scroll_and_close(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, load("lenet5"))
    panel = opened(canvas_driver, "conv1")
    assert panel.column.hasFocus()
    bar = panel.column.verticalScrollBar()
    QApplication.processEvents()
    assert bar.maximum() > 0
    before = canvas_driver.document
    for key, check in (
        (Qt.Key.Key_Down, lambda old: bar.value() > old),
        (Qt.Key.Key_PageDown, lambda old: bar.value() > old),
        (Qt.Key.Key_End, lambda old: bar.value() == bar.maximum()),
        (Qt.Key.Key_Up, lambda old: bar.value() < old),
        (Qt.Key.Key_Home, lambda old: bar.value() == 0),
        (Qt.Key.Key_Delete, lambda old: bar.value() == old),
    ):
        old = bar.value()
        QTest.keyClick(panel.column, key)
        assert check(old), key
    assert canvas_driver.document is before, "keys of the page are not for the canvas"
    QTest.keyClick(panel.column, Qt.Key.Key_Escape)
    assert not panel.isVisible() and canvas_driver.canvas.hasFocus()
    canvas_driver.key(Qt.Key.Key_F1)
    assert panel.isVisible()
    QTest.keyClick(panel.column, Qt.Key.Key_F1)
    assert not panel.isVisible()


def test_without_one_selected_node_it_says_what_to_do(
    canvas_driver: "CanvasDriver", monkeypatch: pytest.MonkeyPatch
) -> None:
    show(canvas_driver, draw(CLASSIFIER))
    said: list[str] = []
    monkeypatch.setattr(canvas_driver.canvas, "tell", said.append)
    canvas_driver.canvas.drawing.select(())
    canvas_driver.key(Qt.Key.Key_F1)
    assert said == ["Select the one node that you want to know about."]
    assert not canvas_driver.view.help.isVisible()


def test_alternatives_lead_to_their_pages_and_back(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, draw(CLASSIFIER))
    panel = opened(canvas_driver, "relu")
    (label,) = [each for each in panel.column.body.findChildren(QLabel) if 'href="LeakyReLU"' in each.text()]
    assert alternatives(TYPES["ReLU"]) == ("LeakyReLU", "GELU", "SiLU")
    label.linkActivated.emit("GELU")
    assert panel.title.text() == "GELU" and panel.back.isVisible() and panel.add.isVisible()
    panel.open_type("SiLU")
    QTest.keyClick(panel.column, Qt.Key.Key_Backspace)
    assert panel.title.text() == "GELU"
    QTest.mouseClick(panel.add, LEFT)
    assert [node.type for node in canvas_driver.document.graph.nodes.values()].count("GELU") == 1
    panel = opened(canvas_driver, "relu") if not panel.isVisible() else panel
    QTest.keyClick(panel.column, Qt.Key.Key_Escape)
    assert not panel.isVisible()


def test_links_follow_the_theme(canvas_driver: "CanvasDriver", qapp: QApplication) -> None:
    show(canvas_driver, draw(CLASSIFIER))
    panel = opened(canvas_driver, "relu")
    for mode in ("light", "dark"):
        theme.apply(qapp, mode)
        (link,) = [text for text in texts(panel) if 'href="GELU"' in text]
        assert theme.color("accent").name() in link


def test_blocks_and_unknown_types_have_pages(canvas_driver: "CanvasDriver") -> None:
    body = block("x Input\nfc Linear out_features='= width' < x\ny Output < fc", width=8)
    lines = "data Dataset dataset=iris\na @Body width=5 < data\nhead Linear out_features=3 < a\n"
    lines += "loss CrossEntropyLoss < head data.label"
    document = draw(lines, blocks={"Body": body})
    nodes = {**document.graph.nodes, "odd": Node("odd", "FancyLayer", params={"depth": 3})}
    show(canvas_driver, Document("m", graph=Graph(nodes, document.graph.links), blocks=document.blocks))
    panel = opened(canvas_driver, "a")
    said = texts(panel)
    assert panel.title.text() == "Body" and "A block of 3 nodes, drawn 1 time in this model." in " ".join(
        said
    )
    assert "N×4" in said and "N×5" in said and "5  (starts as 8)" in said
    canvas_driver.canvas.drawing.select(("odd",))
    said = texts(panel)
    assert panel.title.text() == "FancyLayer"
    assert "kept as they are" in " ".join(said) and {"depth", "3"} <= set(said)
    assert "SHAPES" not in said and "FIELDS" in said


def test_a_node_with_a_problem_still_has_its_page(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, draw("digits Dataset\nfc Linear < digits"))
    panel = opened(canvas_driver, "fc")
    assert "not known yet" in texts(panel)


def test_hovering_tells_in_short(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, load("lenet5"))
    canvas_driver.reveal("conv2")
    at = canvas_driver.body("conv2")
    viewport = canvas_driver.canvas.viewport()
    event = QHelpEvent(QHelpEvent.Type.ToolTip, at, viewport.mapToGlobal(at))
    QApplication.sendEvent(viewport, event)
    assert QToolTip.text().startswith("Slides learned filters over an image")
    assert QToolTip.text().endswith("F1 opens its help")
    QToolTip.hideText()


@pytest.mark.parametrize("mode", ["dark", "light"])
def test_every_picture_shows_its_operation(qtbot: QtBot, qapp: QApplication, mode: str) -> None:
    theme.apply(qapp, mode)
    specs = (TensorSpec(("N", 3, 8, 8)), TensorSpec(("N", 5)), TensorSpec(("N",), "index"))
    for name in TYPES:
        page = page_for_type(name)
        inputs = tuple(zip((port for port, _ in page.inputs), specs, strict=False))
        picture = Schematic(name, page.family, inputs, page.outputs, "x → y")
        qtbot.addWidget(picture)
        picture.resize(360, picture.sizeHint().height())
        image = picture.grab().toImage()
        middle = colors(image, QRect(image.width() // 2 - 18, image.height() // 2 - 18, 36, 36))
        assert len(middle) > 2, f"{name}: more than an empty box"
    theme.apply(qapp, "dark")


def test_the_page_stays_inside_the_window(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, load("lenet5"))
    panel = opened(canvas_driver, "conv1")
    for width, height in ((1280, 640), (1600, 900), (1000, 600)):
        canvas_driver.view.resize(width, height)
        QApplication.processEvents()
        assert canvas_driver.view.rect().contains(panel.geometry())
    near = panel.geometry().topLeft() + QPoint(40, 8)
    assert canvas_driver.view.childAt(near) is not canvas_driver.canvas.viewport()
