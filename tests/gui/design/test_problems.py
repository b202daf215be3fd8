"""The list of problems: by severity, with the way to the node and the fix that one click applies."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.drawing import CLASSIFIER, block, draw
from workbench.catalog.templates import load
from workbench.core.document import Document
from workbench.core.edits import MoveNodes
from workbench.core.history import History
from workbench.gui.design.bottom import PROBLEMS
from workbench.gui.design.problems import READY
from workbench.gui.design.style import NODE_WIDTH
from workbench.gui.session import OpenModel
from workbench.gui.widgets.labels import Label

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

LEFT = Qt.MouseButton.LeftButton
NO_KEY = Qt.KeyboardModifier.NoModifier


def show(driver: "CanvasDriver", document: Document) -> None:
    driver.view.session._open(OpenModel(History(document)))
    QApplication.processEvents()


def said(driver: "CanvasDriver") -> list[str]:
    QApplication.processEvents()
    body = driver.view.bottom.problems.body
    return [label.text() for label in body.findChildren(Label) if label.isVisible()]


MIXED = (
    CLASSIFIER.replace("relu ReLU < fc1", "relu Dropout < fc1").replace(
        "loss CrossEntropyLoss < fc2", "soft Softmax < fc2\nloss CrossEntropyLoss < soft"
    )
    + "\nlost Linear out_features=3 < flat\nopen Linear out_features=3"
)


def test_they_stand_by_severity(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, draw(MIXED))
    bottom = canvas_driver.view.bottom
    assert [row.problem.severity for row in bottom.problems.shown] == ["error", "warning", "warning", "hint"]
    texts = said(canvas_driver)
    assert [text for text in texts if text in ("1 ERROR", "2 WARNINGS", "1 HINT")] == [
        "1 ERROR",
        "2 WARNINGS",
        "1 HINT",
    ]
    assert bottom.tabs.tabText(PROBLEMS) == "Problems (3)", "a hint does not count"
    assert READY not in " ".join(texts)


def test_clicking_fix_after_fix_leads_to_a_model_without_problems(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, draw(MIXED.replace("\nopen Linear out_features=3", "")))
    bottom = canvas_driver.view.bottom
    undone = canvas_driver.document
    for _ in range(6):
        if not bottom.problems.shown:
            break
        QTest.mouseClick(bottom.problems.shown[0].buttons[0], LEFT)
        canvas_driver.settle()
    assert bottom.tabs.tabText(PROBLEMS) == "Problems"
    assert any(text.startswith(f"{READY} · ") for text in said(canvas_driver))
    assert canvas_driver.view.session.analysis.problems == ()
    canvas_driver.undo_all()
    assert canvas_driver.document == undone


def test_a_model_with_a_hint_is_ready(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, draw(CLASSIFIER.replace("relu ReLU < fc1", "relu Dropout < fc1")))
    bottom = canvas_driver.view.bottom
    (row,) = bottom.problems.shown
    assert row.problem.severity == "hint" and "1 HINT" in said(canvas_driver)
    assert bottom.tabs.tabText(PROBLEMS) == "Problems"
    assert any(text.startswith(READY) for text in said(canvas_driver))
    face = canvas_driver.canvas.drawing.nodes["fc2"].face
    assert face.level == "", "a card is not marked for a hint"


def test_without_problems_it_says_so(canvas_driver: "CanvasDriver") -> None:
    show(canvas_driver, load("lenet5"))
    assert any(text.startswith("No problems: ready to train · 19 nodes") for text in said(canvas_driver))


def test_a_double_click_leads_into_the_block(canvas_driver: "CanvasDriver") -> None:
    inner = block("x Input\nfc Linear out_features=4 bias=true < x\nnorm BatchNorm1d < fc\ny Output < norm")
    outer = block("x Input\npart @Inner < x\ny Output < part", {"Inner": inner})
    show(
        canvas_driver,
        draw(
            "data Dataset dataset=iris\nbody @Outer < data\nhead Linear out_features=3 < body\n"
            "loss CrossEntropyLoss < head data.label",
            blocks={"Inner": inner, "Outer": outer},
        ),
    )
    (row,) = canvas_driver.view.bottom.problems.shown
    QTest.mouseClick(row, LEFT, NO_KEY, QPoint(60, 10))
    QTest.mouseDClick(row, LEFT, NO_KEY, QPoint(60, 10))
    place = canvas_driver.canvas.place
    assert (place.where, place.trail) == ("Inner", ("body", "part"))
    assert canvas_driver.canvas.drawing.selection == ["fc"]
    before = canvas_driver.document
    QTest.mouseClick(row.buttons[0], LEFT)
    canvas_driver.settle()
    assert canvas_driver.document.blocks["Inner"].graph.nodes["fc"].params["bias"] is False
    canvas_driver.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert canvas_driver.document == before


def test_a_fix_inside_a_block_makes_room_there(canvas_driver: "CanvasDriver") -> None:
    body = block("x Input\nfc Linear out_features=10 < x\ny Output < fc")
    places = {"x": (0.0, 0.0), "fc": (200.0, 0.0), "y": (400.0, 0.0)}
    document = draw(
        "digits Dataset\nbody @Body < digits\nloss CrossEntropyLoss < body digits.label",
        blocks={"Body": body},
    )
    show(canvas_driver, MoveNodes(places, "Body").apply(document))
    (row,) = canvas_driver.view.bottom.problems.shown
    assert row.buttons[0].text() == "Insert Flatten"
    QTest.mouseClick(row.buttons[0], LEFT)
    canvas_driver.settle()
    assert canvas_driver.canvas.place.where == "", "the canvas stays where it is"
    assert canvas_driver.view.session.analysis.ok
    at = {id: node.at[0] for id, node in canvas_driver.document.blocks["Body"].graph.nodes.items()}
    (new,) = set(at) - set(places)
    assert at["x"] + NODE_WIDTH < at[new] and at[new] + NODE_WIDTH < at["fc"] < at["y"]
