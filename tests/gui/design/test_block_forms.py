"""The forms of blocks: ports, parameters, names, and definitions of their own."""

from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget

from tests.drawing import block, draw
from tests.gui.design.test_blocks import show, spread
from workbench.core.document import Document, Port
from workbench.gui.design.editors import ChoiceEditor, SwitchEditor, TextEditor

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


def conv() -> Document:
    body = block(
        """
        x Input
        conv Conv2d out_channels='= width' kernel_size=3 padding=1 < x
        act LeakyReLU < conv
        y Output < act
        """,
        width=4,
    )
    return draw(
        """
        digits Dataset
        a @Body < digits.image
        b @Body width=8 < a
        flat Flatten < b
        head Linear out_features='= classes' < flat
        loss CrossEntropyLoss < head digits.label
        """,
        blocks={"Body": body},
    )


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    show(canvas_driver, spread(conv()))
    return canvas_driver


def press(parent: QWidget, name: str) -> None:
    """Click the button of that name, as seen by a screen reader."""
    QApplication.processEvents()
    buttons = [*parent.findChildren(QToolButton), *parent.findChildren(QPushButton)]
    (button,) = [one for one in buttons if one.accessibleName() == name and one.isVisible()]
    QTest.mouseClick(button, LEFT)
    QApplication.processEvents()


def enter(driver: "CanvasDriver", id: str) -> None:
    driver.select(id)
    driver.key(Qt.Key.Key_Return)
    driver.settle()


def test_a_field_is_exposed_set_by_an_instance_and_taken_back(driver: "CanvasDriver") -> None:
    enter(driver, "a")
    driver.select("conv")
    press(driver.view.form.node, "Expose Kernel size")
    assert driver.document.blocks["Body"].params == {"width": 4, "kernel_size": 3}
    assert driver.node("conv").params["kernel_size"] == "= kernel_size"
    press(driver.view.form.node, "Expose Bias")
    assert driver.document.blocks["Body"].params["bias"] is True
    assert isinstance(driver.view.form.node.editors["bias"], TextEditor)
    driver.settle()
    assert driver.view.session.analysis.ok
    driver.canvas.leave()
    driver.select("b")
    editors = driver.view.form.node.editors
    assert isinstance(editors["bias"], SwitchEditor) and isinstance(editors["kernel_size"], TextEditor)
    driver.set_field("b", "bias", "off")
    driver.set_field("b", "kernel_size", "1 × 3")
    assert driver.node("b").params == {"width": 8, "bias": False, "kernel_size": (1, 3)}
    enter(driver, "a")
    driver.select("conv")
    press(driver.view.form.node, "Let go of the parameter bias")
    assert "“b” sets “bias” to a value of its own" in driver.messages[-1]
    driver.canvas.leave()
    driver.set_field("b", "bias", "on")
    enter(driver, "a")
    driver.select("conv")
    press(driver.view.form.node, "Let go of the parameter bias")
    assert driver.document.blocks["Body"].params == {"width": 4, "kernel_size": 3}
    assert driver.node("conv").params["bias"] is True


def test_a_choice_that_is_exposed_stays_a_choice_of_the_instances(driver: "CanvasDriver") -> None:
    enter(driver, "a")
    driver.select("conv")
    press(driver.view.form.node, "Expose Padding mode")
    driver.canvas.leave()
    driver.select("a")
    assert isinstance(driver.view.form.node.editors["padding_mode"], ChoiceEditor)
    driver.set_field("a", "padding_mode", "circular")
    assert driver.node("a").params == {"padding_mode": "circular"}
    assert driver.view.session.analyse_now().ok


def inputs(driver: "CanvasDriver") -> list[str]:
    return list(driver.document.blocks["Body"].inputs)


def test_ports_are_added_renamed_moved_and_removed(driver: "CanvasDriver") -> None:
    enter(driver, "a")
    driver.key(Qt.Key.Key_Escape)
    form = driver.view.form.block
    driver.type_into(form.inputs.fields["x"], "features")
    assert inputs(driver) == ["features"]
    assert driver.document.graph.links[Port("a", "features")] == Port("digits", "image")
    press(form, "Add an input")
    assert inputs(driver) == ["features", "x"]
    press(form, "Up: x")
    assert inputs(driver) == ["x", "features"]
    press(form, "Remove input x")
    assert inputs(driver) == ["features"]
    driver.type_into(form.outputs.fields["y"], "conv")
    assert "already a node “conv”" in form.outputs._reason.text()
    press(form, "Add an output")
    assert driver.document.blocks["Body"].outputs == ("y", "y2")
    while driver.view.session.history.can_undo:
        driver.view.session.undo()
    assert inputs(driver) == ["x"]


def test_a_button_that_is_made_anew_keeps_the_keyboard(driver: "CanvasDriver") -> None:
    enter(driver, "a")
    driver.key(Qt.Key.Key_Escape)
    form = driver.view.form.block
    for _ in range(2):
        press(form, "Add an input")
    last = inputs(driver)[-1]
    for _ in range(2):
        named = [one for one in form.findChildren(QToolButton) if one.accessibleName() == f"Up: {last}"]
        (up,) = [one for one in named if one.isVisible()]
        up.setFocus()
        driver.key(Qt.Key.Key_Space, widget=up)
        driver.settle()
        focused = QApplication.focusWidget()
        if inputs(driver)[0] != last:
            assert isinstance(focused, QToolButton) and focused.accessibleName() == f"Up: {last}"
    assert inputs(driver)[0] == last and driver.canvas.hasFocus(), "there is no way up any more"


def test_f2_renames_a_port_in_all_uses(driver: "CanvasDriver") -> None:
    enter(driver, "a")
    driver.select("y")
    driver.key(Qt.Key.Key_F2)
    driver.type_into(driver.view.rename, "maps")
    assert driver.document.blocks["Body"].outputs == ("maps",)
    assert driver.document.graph.links[Port("flat", "x")] == Port("b", "maps")
    driver.set_field("x", "\0name", "image")
    assert driver.document.blocks["Body"].inputs == ("image",)
    assert driver.view.session.analyse_now().ok


def test_parameters_are_renamed_and_removed_with_their_uses(driver: "CanvasDriver") -> None:
    enter(driver, "a")
    driver.key(Qt.Key.Key_Escape)
    form = driver.view.form.block
    assert form.params.notes["width"].text() == "used by conv.out_channels"
    driver.type_into(form.params.rows["width"][0], "channels")
    assert driver.document.blocks["Body"].params == {"channels": 4}
    assert driver.node("conv").params["out_channels"] == "= channels"
    assert driver.document.graph.nodes["b"].params == {"channels": 8}
    press(form, "Remove parameter channels")
    assert "“b” sets “channels” to a value of its own" in driver.messages[-1]
    driver.type_into(form.params.rows["channels"][1], "8")
    press(form, "Remove parameter channels")
    assert driver.document.blocks["Body"].params == {}
    assert driver.document.graph.nodes["b"].params == {}
    assert driver.node("conv").params["out_channels"] == 8


def test_a_definition_is_renamed_where_it_stands_and_inside(driver: "CanvasDriver") -> None:
    driver.set_field("a", "\0block", "Stage")
    assert {driver.node(id).block for id in "ab"} == {"Stage"}
    driver.set_field("a", "\0block", "no name")
    assert "cannot be a name" in driver.view.form.node.editors["\0block"]._reason.text()
    enter(driver, "b")
    driver.key(Qt.Key.Key_Escape)
    driver.type_into(driver.view.form.block.name, "Level")
    assert list(driver.document.blocks) == ["Level"]
    assert driver.canvas.place.where == "Level" and driver.canvas.place.trail == ("b",)


def test_an_instance_gets_a_definition_of_its_own(driver: "CanvasDriver") -> None:
    driver.select("b")
    press(driver.view.form.node, "Make independent")
    assert [driver.node(id).block for id in "ab"] == ["Body", "Body2"]
    driver.select("b")
    names = [
        button.accessibleName()
        for button in driver.view.form.node.findChildren(QPushButton)
        if button.isVisible()
    ]
    assert "Make independent" not in names


def test_the_face_tells_uses_and_parameters_with_repetitions(driver: "CanvasDriver") -> None:
    faces = {id: item.face for id, item in driver.canvas.drawing.nodes.items()}
    assert (faces["a"].line, faces["b"].brief) == ("a · 40 · 2 uses", "296 · 2 uses")
    driver.set_field("b", "\0repeat", "3")
    face = driver.canvas.drawing.nodes["b"].face
    assert (face.repeat, face.line) == ("× 3", "b · 1.46 k · 2 uses")
    driver.select("b")
    driver.key(Qt.Key.Key_Delete)
    driver.settle()
    assert driver.canvas.drawing.nodes["a"].face.line == "a · 40"


def test_errors_inside_show_outside_with_their_number_and_lead_inside(driver: "CanvasDriver") -> None:
    driver.select("a", "b")
    driver.key(Qt.Key.Key_G, CTRL)
    enter(driver, "block1")
    enter(driver, "a")
    driver.select("x")
    driver.key(Qt.Key.Key_Delete)
    driver.set_field("act", "negative_slope", "= nothing")
    driver.settle()
    driver.canvas.go(type(driver.canvas.place)())
    face = driver.canvas.drawing.nodes["block1"].face
    assert face.level == "error"
    assert face.problem.startswith("act: “= nothing” cannot be") and "(inside a, and " in face.problem
    panel = driver.view.bottom.problems
    row = next(row for row in panel.shown if row.problem.node == "act")
    assert row.accessibleName().startswith("error: block1/a/act.negative_slope")
    driver.view.bottom.tabs.setCurrentIndex(0)
    QApplication.processEvents()
    QTest.mouseClick(row, LEFT)
    assert list(driver.canvas.place.trail) == ["block1", "a"]
    assert driver.canvas.drawing.selection == ["act"]


def test_the_model_lists_its_blocks_opens_them_and_removes_unused_ones(driver: "CanvasDriver") -> None:
    driver.select("a", "b")
    driver.key(Qt.Key.Key_G, CTRL)
    driver.key(Qt.Key.Key_Escape)
    form = driver.view.form.model
    press(form, "Open block Body")
    assert list(driver.canvas.place.trail) == ["block1", "a"]
    driver.canvas.go(type(driver.canvas.place)())
    driver.select("block1")
    driver.key(Qt.Key.Key_Delete)
    press(form, "Open block Body")
    assert driver.canvas.place.where == "Body" and len(driver.canvas.place.trail) == 0
    driver.type_into(driver.view.form.block.name, "Trunk")
    assert driver.canvas.place.where == "Trunk"
    driver.canvas.leave()
    driver.view.session.undo()
    press(form, "Remove unused blocks")
    assert not driver.document.blocks
    driver.view.session.undo()
    assert set(driver.document.blocks) == {"Body", "Block1"}


def test_buttons_of_the_forms_make_and_unpack_blocks(driver: "CanvasDriver") -> None:
    before = driver.document
    driver.select("a", "b")
    press(driver.view.form.selection, "Make a block")
    assert driver.document.graph.nodes["block1"].block == "Block1"
    press(driver.view.form.node, "Unpack")
    assert driver.document.graph.links == before.graph.links
    driver.select("b")
    press(driver.view.form.node, "Open the block")
    assert list(driver.canvas.place.trail) == ["b"]


def test_the_canvas_has_the_keys_behind_a_button_that_goes_away(driver: "CanvasDriver") -> None:
    form, canvas = driver.view.form, driver.canvas
    before = driver.document
    driver.select("flat", "head")
    press(form.selection, "Make a block")
    assert canvas.hasFocus()
    driver.key(Qt.Key.Key_Z, CTRL)
    assert driver.document == before
    enter(driver, "a")
    driver.select("conv")
    press(form.node, "Expose Kernel size")
    assert canvas.hasFocus() and "kernel_size" in driver.document.blocks["Body"].params
    press(driver.view.overlays.zoom, "Zoom in")
    assert canvas.hasFocus()
