"""The list of steps, that undo leaves alone what one looks at, and that fields have an undo of their own."""

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.drawing import block, draw
from workbench.core.document import Document, Node
from workbench.core.edits import AddNode, MoveNodes, RemoveNodes, SetParam
from workbench.core.history import History
from workbench.core.variables import SetVariable
from workbench.gui.action_table import BY_ID
from workbench.gui.design.bottom import HISTORY, SUMMARY
from workbench.gui.design.history import StepList
from workbench.gui.session import OpenModel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key
LEFT = Qt.MouseButton.LeftButton


def start() -> Document:
    """A chain in one row with a block in it, and a variable."""
    document = draw(
        """
        digits Dataset
        flat Flatten < digits.image
        fc1 Linear out_features=16 < flat
        tower @Tower < fc1
        loss CrossEntropyLoss < tower digits.label
        """,
        blocks={
            "Tower": block(
                """
                x Input
                inner Linear out_features=10 < x
                y Output < inner
                """
            )
        },
        variables={"width": 8},
    )
    for number, id in enumerate(document.graph.nodes):
        document = MoveNodes({id: (240 * number, 0)}).apply(document)
    return document


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    canvas_driver.view.session._open(OpenModel(History(start())))
    canvas_driver.canvas.setFocus()
    QApplication.processEvents()
    return canvas_driver


@pytest.fixture
def steps(driver: "CanvasDriver") -> StepList:
    """The list after three steps, brought up by its keys."""
    for width in (16, 32, 64):
        driver.view.session.do(SetVariable("width", width))
    driver.key(KEY.Key_H, CTRL)
    return driver.view.bottom.history.list


def shown(steps: StepList) -> list[tuple[str, str]]:
    """Every line with its state: done, now or undone."""
    role = Qt.ItemDataRole.UserRole
    lines = [steps.steps.index(row).data(role) for row in range(steps.steps.rowCount())]
    return [(label, "undone" if undone else "now" if now else "done") for label, _, undone, now in lines]


def click(steps: StepList, row: int) -> None:
    index = steps.steps.index(row)
    steps.scrollTo(index)
    QTest.mouseClick(steps.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, steps.visualRect(index).center())


def width(driver: "CanvasDriver") -> object:
    return driver.document.variables["width"]


def test_the_list_shows_every_step_and_a_click_goes_there(driver: "CanvasDriver", steps: StepList) -> None:
    assert driver.view.bottom.tabs.currentIndex() == HISTORY and steps.hasFocus()
    label = "Set variable width"
    assert shown(steps) == [("Start", "done"), (label, "done"), (label, "done"), (label, "now")]
    click(steps, 1)
    assert width(driver) == 16
    assert [state for _, state in shown(steps)] == ["done", "now", "undone", "undone"]
    click(steps, 3)
    assert width(driver) == 64
    click(steps, 0)
    assert width(driver) == 8 and not driver.view.session.history.can_undo
    assert [state for _, state in shown(steps)] == ["now", "undone", "undone", "undone"]


def test_the_list_is_worked_by_keys(driver: "CanvasDriver", steps: StepList) -> None:
    QTest.keyClick(steps, KEY.Key_Up)
    QTest.keyClick(steps, KEY.Key_Up)
    assert width(driver) == 64, "choosing a line alone changes nothing"
    QTest.keyClick(steps, KEY.Key_Return)
    assert width(driver) == 16
    QTest.keyClick(steps, KEY.Key_Z, CTRL)
    assert width(driver) == 8 and steps.currentIndex().row() == 0
    QTest.keyClick(steps, KEY.Key_Z, CTRL | SHIFT)
    assert width(driver) == 16 and steps.currentIndex().row() == 1
    QTest.keyClick(steps, KEY.Key_Escape)
    assert driver.canvas.hasFocus()


def test_a_new_edit_replaces_what_was_taken_back(driver: "CanvasDriver", steps: StepList) -> None:
    click(steps, 1)
    driver.view.session.do(AddNode(Node("relu", "ReLU")))
    assert shown(steps) == [("Start", "done"), ("Set variable width", "done"), ("Add relu", "now")]


def test_another_model_has_its_own_steps(driver: "CanvasDriver", steps: StepList) -> None:
    driver.view.session._open(OpenModel(History(Document("other"))))
    assert shown(steps) == [("Start", "now")]


def test_steps_that_nobody_looks_at_cost_nothing(driver: "CanvasDriver", steps: StepList) -> None:
    driver.view.bottom.tabs.setCurrentIndex(SUMMARY)
    driver.view.session.do(SetVariable("width", 128))
    assert len(shown(steps)) == 4
    driver.view.bottom.tabs.setCurrentIndex(HISTORY)
    assert len(shown(steps)) == 5 and steps.currentIndex().row() == 4


def test_a_step_says_what_it_is_to_a_screen_reader(driver: "CanvasDriver", steps: StepList) -> None:
    click(steps, 2)
    role = Qt.ItemDataRole.AccessibleTextRole
    texts = [steps.steps.index(row).data(role) for row in range(4)]
    assert texts[1:] == [
        "Set variable width, done",
        "Set variable width, now",
        "Set variable width, taken back",
    ]


# ------------------------------------------------------------- what undo leaves alone


def looks(driver: "CanvasDriver") -> tuple[object, ...]:
    """All that is the view's own: selection, zoom, what is in the middle, and the block that was entered."""
    canvas = driver.canvas
    middle = canvas.mapToScene(canvas.viewport().rect().center())
    return tuple(canvas.drawing.selection), canvas.zoom, middle.toTuple(), canvas.place


def test_undo_and_redo_leave_selection_zoom_and_place_alone(driver: "CanvasDriver") -> None:
    session = driver.view.session
    session.do(MoveNodes({"fc1": (500, 40)}))
    session.do(SetVariable("width", 32))
    session.do(AddNode(Node("relu", "ReLU", at=(0, 400))))
    driver.reveal("fc1")
    driver.select("fc1", "loss")
    driver.canvas.zoom_by(1.25)
    before = looks(driver)
    for _ in range(3):
        driver.key(KEY.Key_Z, CTRL)
        assert looks(driver) == before
    assert not session.history.can_undo
    for _ in range(3):
        driver.key(KEY.Key_Y, CTRL)
        assert looks(driver) == before
    session.history.go(0)
    assert looks(driver) == before


def test_undo_of_an_edit_elsewhere_stays_in_the_block_that_was_entered(driver: "CanvasDriver") -> None:
    session = driver.view.session
    session.do(MoveNodes({"fc1": (500, 40)}))
    driver.canvas.enter("tower")
    session.do(SetParam("inner", "out_features", 12, "Tower"))
    driver.select("inner")
    before = looks(driver)
    for key in (KEY.Key_Z, KEY.Key_Z, KEY.Key_Y, KEY.Key_Y):
        driver.key(key, CTRL)
        assert looks(driver) == before
    assert driver.canvas.place.where == "Tower"


def test_what_undo_takes_away_is_no_longer_selected_and_the_rest_stays(driver: "CanvasDriver") -> None:
    session = driver.view.session
    session.do(AddNode(Node("relu", "ReLU", at=(480, 200))))
    driver.select("fc1", "relu")
    driver.key(KEY.Key_Z, CTRL)
    assert tuple(driver.canvas.drawing.selection) == ("fc1",)
    session.do(RemoveNodes(("loss",)))
    driver.key(KEY.Key_Z, CTRL)
    assert tuple(driver.canvas.drawing.selection) == ("fc1",)


# ------------------------------------------------------------- fields


def typed_and_taken_back(driver: "CanvasDriver", field: QWidget, text: str) -> str:
    """Type into a field and press the keys of undo; gives what the field says then."""
    before = driver.document
    field.setFocus()
    QTest.keyClick(field, KEY.Key_End)
    QTest.keyClicks(field, text)
    QTest.keyClick(field, KEY.Key_Z, CTRL)
    assert driver.document is before, "the model's undo took the keys of the field"
    said = field.property("text") or field.property("plainText")
    return str(said)


def test_undo_in_a_field_of_the_node_form_is_that_of_the_text(driver: "CanvasDriver") -> None:
    driver.view.session.do(MoveNodes({"fc1": (500, 40)}))
    driver.select("fc1")
    field = driver.view.form.node.editors["out_features"].findChild(QWidget)
    assert field is not None and field.property("text") == "16"
    assert typed_and_taken_back(driver, field, "99") == "16"


def test_undo_in_the_fields_of_a_variable_is_that_of_the_text(driver: "CanvasDriver") -> None:
    driver.view.session.do(MoveNodes({"fc1": (500, 40)}))
    driver.canvas.drawing.select(())
    driver.settle()
    for field, text in zip(driver.view.form.model.variables.rows["width"], ("width", "8"), strict=True):
        assert field.text() == text
        assert typed_and_taken_back(driver, field, "99") == text


def test_undo_in_a_note_is_that_of_the_text(driver: "CanvasDriver") -> None:
    driver.view.session.do(MoveNodes({"fc1": (500, 40)}))
    driver.key(KEY.Key_N)
    field = QApplication.focusWidget()
    assert field is not None and field.accessibleName() == "Text of the note"
    assert typed_and_taken_back(driver, field, "see the paper") == ""


def test_undo_in_the_name_of_a_node_is_that_of_the_text(driver: "CanvasDriver") -> None:
    driver.view.session.do(MoveNodes({"fc1": (500, 40)}))
    driver.select("fc1")
    driver.key(KEY.Key_F2)
    field = QApplication.focusWidget()
    assert field is driver.view.rename
    assert typed_and_taken_back(driver, field, "x") == "fc1"


def test_history_and_versions_are_in_the_table_with_their_keys() -> None:
    assert BY_ID["history"].shortcut == "Ctrl+H" and BY_ID["versions"].shortcut == "Ctrl+Alt+S"
