"""The forms at the right: what is typed becomes edits, what does not fit stays and says why."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from tests.gui.sessions import messages_of
from workbench.catalog.forms import Field, fields_of
from workbench.catalog.samples import SAMPLES
from workbench.catalog.spec import node_types
from workbench.catalog.templates import load
from workbench.core.descriptions import SetDescription
from workbench.core.document import Block, Document, Graph, Node, Port
from workbench.core.edits import RemoveNodes
from workbench.core.errors import WorkbenchError
from workbench.core.history import History
from workbench.gui.data.adding import Wanted
from workbench.gui.design import datasets
from workbench.gui.design.editors import ChoiceEditor, SwitchEditor, TextEditor
from workbench.gui.design.values import guessed, meant, parsed, shown
from workbench.gui.session import OpenModel
from workbench.gui.starting import Draft

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver

CTRL = Qt.KeyboardModifier.ControlModifier


def field(type: str, name: str) -> Field:
    return next(entry for entry in fields_of(node_types()[type]) if entry.name == name)


@pytest.mark.parametrize(
    ("type", "name", "text", "value"),
    [
        ("Linear", "out_features", "64", 64),
        ("Linear", "out_features", " = width*2 ", "= width*2"),
        ("Dropout", "p", "0.25", 0.25),
        ("Conv2d", "kernel_size", "3", 3),
        ("Conv2d", "kernel_size", "3 × 5", (3, 5)),
        ("Conv2d", "kernel_size", "(3, 5)", (3, 5)),
        ("Conv3d", "kernel_size", "3", 3),
        ("Conv3d", "kernel_size", "1 × 3 × 3", (1, 3, 3)),
        ("Reshape", "shape", "1 28 28", (1, 28, 28)),
        ("Reshape", "shape", "= channels × = max(a, 2) × 8", ("= channels", "= max(a, 2)", 8)),
        ("Embedding", "num_embeddings", "", None),
        ("Normalise", "mean", "0.485, 0.456, 0.406", (0.485, 0.456, 0.406)),
        ("Normalise", "std", "1", (1.0,)),
        ("Normalise", "mean", "= mean", "= mean"),
    ],
)
def test_typed_values(type: str, name: str, text: str, value: object) -> None:
    entry = field(type, name)
    assert parsed(entry, text) == value
    assert parsed(entry, shown(parsed(entry, text))) == value


@pytest.mark.parametrize(
    ("type", "name", "text", "reason"),
    [
        ("Linear", "out_features", "many", "must be a whole number"),
        ("Normalise", "mean", "0.5, grey", "must be a number"),
        ("Normalise", "std", "1, 0", "must be at least 1e-09"),
        ("Linear", "out_features", "1.5", "must be a whole number"),
        ("Linear", "out_features", "0", "must be at least 1"),
        ("Linear", "out_features", "= import os", "is not arithmetic"),
        ("Linear", "out_features", "nan", "must be a whole number"),
        ("Conv2d", "kernel_size", "1, 2, 3", "one number or two"),
        ("Conv3d", "kernel_size", "3, 3", "one number or three"),
        ("Reshape", "shape", "×", "at least one number"),
    ],
)
def test_texts_that_do_not_fit(type: str, name: str, text: str, reason: str) -> None:
    with pytest.raises(WorkbenchError, match=reason):
        parsed(field(type, name), text)


def test_what_expressions_come_to() -> None:
    assert meant(field("Linear", "out_features"), "= width * 2", {"width": 32}) == ("= 64", "")
    result, reason = meant(field("Linear", "out_features"), "= widht", {"width": 32})
    assert result == "" and "widht" in reason and "width" in reason
    assert [guessed(text) for text in ("3", "0.5", "on", "= a", "word")] == [3, 0.5, True, "= a", "word"]


def document() -> Document:
    block = Block(
        {"width": 8},
        Graph(
            {
                "x": Node("x", "Input"),
                "fc": Node("fc", "Linear", params={"out_features": "= width"}, at=(200, 0)),
                "y": Node("y", "Output", at=(400, 0)),
            },
            {Port("fc", "x"): Port("x", "x"), Port("y", "x"): Port("fc", "y")},
        ),
    )
    nodes = [
        Node("digits", "Dataset", params={"dataset": "digits"}),
        Node("flatten", "Flatten", at=(240, 0)),
        Node("fc1", "Linear", params={"out_features": "= width * 2"}, at=(480, 0)),
        Node("fc2", "Linear", linked_to="fc1", params={"out_features": "= width * 2"}, at=(480, 160)),
        Node("mlp", block="Mlp", at=(720, 0)),
    ]
    links = {
        Port("flatten", "x"): Port("digits", "image"),
        Port("fc1", "x"): Port("flatten", "y"),
        Port("fc2", "x"): Port("flatten", "y"),
        Port("mlp", "x"): Port("fc1", "y"),
    }
    graph = Graph({node.id: node for node in nodes}, links)
    return Document("forms", {"width": 16}, graph, {"Mlp": block})


@pytest.fixture
def driver(canvas_driver: "CanvasDriver") -> "CanvasDriver":
    canvas_driver.view.session._open(OpenModel(History(document())))
    QApplication.processEvents()
    canvas_driver.canvas.setFocus()
    return canvas_driver


def editor(driver: "CanvasDriver", name: str) -> TextEditor:
    found = driver.view.form.node.editors[name]
    assert isinstance(found, TextEditor)
    return found


def test_fields_show_values_and_what_they_come_to(driver: "CanvasDriver") -> None:
    driver.select("fc1")
    driver.settle()
    shown_field = editor(driver, "out_features")
    assert shown_field.field.text() == "= width * 2"
    assert shown_field._result.text() == "= 32"
    texts = [label.text() for label in driver.view.form.node.findChildren(QLabel) if label.isVisible()]
    assert "N×64" in texts and "N×32" in texts
    assert "2,080" in texts
    assert any("weighted sum" in text for text in texts)


def test_a_wrong_text_stays_and_says_why(driver: "CanvasDriver") -> None:
    before = driver.document
    driver.set_field("mlp", "width", "wide")
    assert driver.document is not before or editor(driver, "width").field.property("wrong")
    driver.set_field("fc1", "out_features", "many")
    assert driver.document.graph.nodes["fc1"].params["out_features"] == "= width * 2"
    wrong = editor(driver, "out_features")
    assert wrong.field.text() == "many"
    assert wrong.field.property("wrong")
    assert "whole number" in wrong._reason.text()
    driver.select("flatten")
    driver.select("fc1")
    assert editor(driver, "out_features").field.text() == "many"
    assert editor(driver, "out_features").field.property("wrong")
    driver.set_field("fc1", "out_features", "= width")
    assert driver.document.graph.nodes["fc1"].params["out_features"] == "= width"
    assert not editor(driver, "out_features").field.property("wrong")


def test_arrow_keys_count(driver: "CanvasDriver") -> None:
    driver.set_field("fc1", "out_features", "10")
    field_ = editor(driver, "out_features").field
    field_.setFocus()
    QTest.keyClick(field_, Qt.Key.Key_Up)
    QTest.keyClick(field_, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert driver.node("fc1").params["out_features"] == 21


def test_a_switch_and_its_undo(driver: "CanvasDriver") -> None:
    driver.set_field("fc1", "bias", "off")
    assert driver.node("fc1").params["bias"] is False
    driver.view.session.undo()
    switch = driver.view.form.node.editors["bias"]
    assert isinstance(switch, SwitchEditor) and switch.field.isChecked()


def test_linked_copies_follow_the_fields_of_their_owner(driver: "CanvasDriver") -> None:
    driver.set_field("fc1", "out_features", "12")
    assert driver.node("fc2").params["out_features"] == 12
    assert len(driver.view.session.history.steps()) == 1
    driver.select("fc2")
    assert not editor(driver, "out_features").isEnabled()
    driver.set_field("fc2", "\0shares", "its own")
    assert driver.node("fc2").linked_to == ""


def test_name_and_title(driver: "CanvasDriver") -> None:
    driver.set_field("fc1", "\0name", "flatten")
    assert "already a node" in editor(driver, "\0name")._reason.text()
    driver.set_field("fc1", "\0name", "hidden")
    assert driver.node("fc2").linked_to == "hidden"
    assert driver.canvas.drawing.selection == ["hidden"]
    driver.set_field("hidden", "\0title", "Hidden layer")
    assert driver.canvas.drawing.nodes["hidden"].face.title == "Hidden layer"


def test_block_instances_have_parameters_and_repeat(driver: "CanvasDriver") -> None:
    driver.set_field("mlp", "width", "= width * 2")
    driver.set_field("mlp", "\0repeat", "3")
    assert driver.node("mlp").params == {"width": "= width * 2"}
    assert driver.node("mlp").repeat == 3
    copies = driver.view.session.analysis.root.infos["mlp"].copies
    assert len(copies) == 3


def test_parameters_of_a_repeated_block_count_its_copies(driver: "CanvasDriver") -> None:
    driver.view.session._open(OpenModel(History(load("small-cnn"))))
    QApplication.processEvents()
    driver.canvas.drawing.select(("stages",))
    driver.settle()
    width = driver.view.form.node.editors["width"]
    assert isinstance(width, TextEditor)
    said = [label.text() for label in width.findChildren(QLabel) if label.isVisible()]
    assert width.field.text() == "= 32 * 2 ** i" and said == ["= 32"], "the first copy, and no complaint"
    assert width.field.fontMetrics().horizontalAdvance(width.field.text()) < width.field.width() - 16


def test_a_block_declares_parameters(driver: "CanvasDriver") -> None:
    driver.canvas.enter("mlp")
    form = driver.view.form.block
    assert form.isVisible()
    QTest.mouseClick(form.params.add_button, Qt.MouseButton.LeftButton)
    name, value = form.params.rows[""]
    driver.type_into(name, "depth")
    driver.type_into(value, "2")
    assert driver.document.blocks["Mlp"].params == {"width": 8, "depth": 2}
    driver.type_into(form.params.rows["depth"][0], "not a name")
    assert "cannot be a name" in form.params._reason.text()


def test_an_empty_field_says_what_that_means(driver: "CanvasDriver") -> None:
    said = {"Embedding": ("num_embeddings", "as the data says"), "Dataset": ("\0title", "as the dataset")}
    for type, (name, words) in said.items():
        driver.view.add_node_type(type)
        driver.settle()
        editor = driver.view.form.node.editors[name]
        assert isinstance(editor, TextEditor)
        assert (editor.field.text(), editor.field.placeholderText()) == ("", words)


def test_variables_of_the_model(driver: "CanvasDriver") -> None:
    driver.key(Qt.Key.Key_Escape)
    table = driver.view.form.model.variables
    driver.type_into(table.rows["width"][1], "24")
    driver.settle()
    assert driver.view.session.analysis.root.infos["fc1"].outputs["y"].shape == ("N", 48)
    driver.type_into(table.rows["width"][0], "size")
    assert driver.document.variables == {"size": 24}
    assert driver.node("fc1").params["out_features"] == "= size * 2", "fields that use it follow"
    driver.key(Qt.Key.Key_Z, CTRL)
    assert driver.document.variables == {"width": 24} and "width" in str(
        driver.node("fc1").params["out_features"]
    )
    driver.settle()
    driver.type_into(table.rows["width"][1], "= import os")
    starter = driver.view.session.starter
    assert [draft for ask in starter.drafts for draft in ask()] == [("the variable width", "= import os")]
    driver.type_into(table.rows["width"][1], "24")
    assert not [draft for ask in starter.drafts for draft in ask()]
    driver.type_into(table.rows["width"][0], "for")
    assert "“for” is a word that" in table._reason.text() and "width" in driver.document.variables


def test_a_new_variable_that_is_half_typed_keeps_train_back(driver: "CanvasDriver") -> None:
    driver.key(Qt.Key.Key_Escape)
    table, starter = driver.view.form.model.variables, driver.view.session.starter
    QTest.mouseClick(table.add_button, Qt.MouseButton.LeftButton)
    name, value = table.rows[""]
    QTest.keyClicks(value, "= 3 *")
    assert [draft for ask in starter.drafts for draft in ask()] == [("the variable", "= 3 *")]
    QTest.keyClicks(name, "k")
    said = messages_of(driver.view.session)
    starter.train()
    assert said == [
        (
            "Not started. “= 3 *” is no value of the variable k: mend it, or put back what was there.",
            "warning",
        )
    ]
    driver.type_into(value, "= 3 * 2")
    assert driver.document.variables["k"] == "= 3 * 2"
    assert not [draft for ask in starter.drafts for draft in ask()]


def test_escape_brings_back_what_was_there_before_a_refused_text(driver: "CanvasDriver") -> None:
    def drafts() -> list[Draft]:
        return [draft for ask in driver.view.session.starter.drafts for draft in ask()]

    driver.select("fc1")
    features = driver.view.form.node.editors["out_features"]
    assert isinstance(features, TextEditor)
    before = features.field.text()
    for restore in ("Escape", before):
        driver.type_into(features.field, "= 3 *")
        driver.view.form.refresh()
        assert features._reason.isVisible() and drafts() == [("out_features of fc1", "= 3 *")]
        if restore == "Escape":
            driver.key(Qt.Key.Key_Escape, widget=features.field)
        else:
            driver.type_into(features.field, restore)
        assert features.field.text() == before and features._reason.isHidden() and not drafts()
        assert not features.field.property("wrong")
    driver.canvas.drawing.select(())
    driver.settle()
    table = driver.view.form.model.variables
    name, value = table.rows["width"]
    driver.type_into(value, "= 3 *")
    driver.canvas.setFocus()
    driver.view.form.refresh()
    assert value.text() == "= 3 *" and table._reason.isVisible() and drafts()
    value.setFocus()
    driver.key(Qt.Key.Key_Escape, widget=value)
    assert value.text() == "16" and table._reason.isHidden() and not drafts()
    driver.type_into(name, "for")
    assert table._reason.isVisible()
    driver.key(Qt.Key.Key_Escape, widget=name)
    assert name.text() == "width" and table._reason.isHidden() and not name.property("wrong")
    driver.canvas.enter("mlp")
    driver.settle()
    form = driver.view.form.block
    for field in (form.name, form.inputs.fields["x"]):
        kept = field.text()
        driver.type_into(field, "no name")
        assert field.property("wrong")
        driver.key(Qt.Key.Key_Escape, widget=field)
        assert field.text() == kept and not field.property("wrong")
    assert form._reason.isHidden() and form.inputs._reason.isHidden()
    assert not driver.view.session.history.can_undo, "nothing was changed"


def test_why_a_variable_was_refused_stays_with_its_model(driver: "CanvasDriver") -> None:
    driver.key(Qt.Key.Key_Escape)
    table, session = driver.view.form.model.variables, driver.view.session
    document = session.document
    driver.type_into(table.rows["width"][1], "= 12 *")
    assert table._reason.isVisible()
    for other in (replace(document, variables={"depth": 2}), document):
        session._open(OpenModel(History(other)))
        driver.settle()
        assert table._reason.isHidden() and not [draft for ask in session.starter.drafts for draft in ask()]
    assert table.rows["width"][1].text() == "16" and not table.rows["width"][1].property("wrong")


def test_why_a_parameter_was_refused_stays_with_its_block(driver: "CanvasDriver") -> None:
    driver.canvas.enter("mlp")
    driver.settle()
    table = driver.view.form.block.params
    driver.type_into(table.rows["width"][1], "= 12 *")
    assert table._reason.isVisible()
    starter = driver.view.session.starter
    assert [draft for ask in starter.drafts for draft in ask()] == [("the parameter width", "= 12 *")]
    driver.view.session._open(OpenModel(History(driver.document)))
    assert not [draft for ask in starter.drafts for draft in ask()]
    driver.canvas.enter("mlp")
    driver.settle()
    assert table._reason.isHidden() and table.rows["width"][1].text() == "8"


def test_a_model_name_that_is_too_long_stays_with_the_reason(driver: "CanvasDriver") -> None:
    driver.key(Qt.Key.Key_Escape)
    form, before = driver.view.form.model, driver.document.name
    form.name.setText("x" * 201)
    form.name.setFocus()
    driver.key(Qt.Key.Key_Return, widget=form.name)
    assert driver.document.name == before and form.name.property("wrong")
    driver.view.form.refresh()
    driver.canvas.setFocus()
    driver.view.form.refresh()
    assert form.name.text() == "x" * 201 and form._reason.isVisible()
    assert form._reason.text() == "A model's name has 1 to 200 characters."
    form.name.setFocus()
    driver.key(Qt.Key.Key_Escape, widget=form.name)
    assert form.name.text() == before and form._reason.isHidden() and not form.name.property("wrong")
    assert not driver.view.session.history.can_undo


def test_the_model_is_described_in_lines_as_one_step(driver: "CanvasDriver") -> None:
    driver.key(Qt.Key.Key_Escape)
    about, history = driver.view.form.model.about, driver.view.session.history
    about.setFocus()
    QTest.keyClicks(about, "For digits.")
    driver.key(Qt.Key.Key_Return, widget=about)
    QTest.keyClicks(about, "Small.")
    assert driver.document.description == "" and not history.can_undo
    driver.key(Qt.Key.Key_Tab, widget=about)
    assert driver.document.description == "For digits.\nSmall." and not about.hasFocus()
    driver.canvas.setFocus()
    driver.key(Qt.Key.Key_Z, CTRL)
    assert driver.document.description == "" and about.toPlainText() == "" and not history.can_undo
    about.setFocus()
    QTest.keyClicks(about, "No")
    driver.key(Qt.Key.Key_Escape, widget=about)
    assert about.toPlainText() == "" and not history.can_undo
    QTest.keyClicks(about, "Kept")
    driver.view.session.leaving.emit()
    assert driver.document.description == "Kept"
    QTest.keyClicks(about, " more")
    driver.key(Qt.Key.Key_Return, CTRL, about)
    assert driver.document.description == "Kept more" and about.hasFocus()


def test_a_long_description_shows_whole_lines(driver: "CanvasDriver") -> None:
    driver.view.session.do(SetDescription("Words that go on and on. " * 20))
    driver.settle()
    driver.canvas.drawing.select(())
    driver.settle()
    about = driver.view.form.model.about
    line = about.document().firstBlock().layout().lineAt(0).height()
    room = about.viewport().height() - about.document().documentMargin()
    assert 3 * line <= room < 3 * line + 0.3 * line


def test_a_name_of_a_node_that_is_too_long_is_told_so(driver: "CanvasDriver") -> None:
    driver.select("fc1")
    driver.key(Qt.Key.Key_F2)
    driver.type_into(driver.view.rename, "x" * 65)
    assert driver.view.rename.isVisible()
    assert "has 65 characters; a name here has 64 at most" in driver.view.rename.toolTip()


def test_buttons_that_stay_keep_the_keyboard(driver: "CanvasDriver") -> None:
    for id in ("link_nodes", "duplicate"):
        driver.select("fc1", "fc2")
        button = driver.view.form.selection._buttons[id]
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
        driver.settle()
        assert button.hasFocus()
        driver.key(Qt.Key.Key_Space, widget=button)
        driver.settle()
        assert button.hasFocus() and button.isVisible()


def test_training_settings(driver: "CanvasDriver") -> None:
    driver.key(Qt.Key.Key_Escape)
    model = driver.view.form.model
    epochs = model.editors["epochs"]
    assert isinstance(epochs, TextEditor)
    driver.type_into(epochs.field, "3")
    assert driver.document.training.settings == {"epochs": 3}
    driver.type_into(epochs.field, "some")
    assert driver.document.training.settings == {"epochs": 3}
    driver.settle()
    assert epochs.field.text() == "some" and epochs.field.property("wrong")
    said = messages_of(driver.view.session)
    driver.view.session.starter.train()
    assert said == [
        ("Not started. “some” is no value of Epochs: mend it, or put back what was there.", "warning")
    ]
    driver.type_into(model.name, "renamed")
    assert driver.document.name == "renamed"


def test_what_can_no_longer_be_seen_does_not_keep_a_model_from_training(driver: "CanvasDriver") -> None:
    driver.select("fc1")
    driver.set_field("fc1", "out_features", "wide")
    starter = driver.view.session.starter
    assert [draft for ask in starter.drafts for draft in ask()] == [("out_features of fc1", "wide")]
    driver.view.session.do(RemoveNodes(("fc1",)))
    assert not [draft for ask in starter.drafts for draft in ask()]
    driver.view.session.undo()
    assert [draft for ask in starter.drafts for draft in ask()]
    driver.view.session.open_template("mlp")
    assert not [draft for ask in starter.drafts for draft in ask()]


def test_what_is_not_set_is_said_in_words(driver: "CanvasDriver") -> None:
    driver.settle()
    model = driver.view.form.model
    steps, goal = model.editors["steps"], model.editors["monitor"]
    assert isinstance(steps, TextEditor) and isinstance(goal, ChoiceEditor)
    assert (steps.field.text(), steps.field.placeholderText()) == ("", "no limit")
    driver.type_into(steps.field, "500")
    assert driver.document.training.settings["steps"] == 500
    driver.type_into(steps.field, "0")
    assert driver.document.training.settings["steps"] == 0 and steps.field.text() == ""
    losses = [id for id, node in driver.document.graph.nodes.items() if node.type.endswith("Loss")]
    offered = [goal.field.itemText(row) for row in range(goal.field.count())]
    assert offered[0] == "automatic" and set(losses) <= set(offered)


def test_datasets_are_chosen_and_added(driver: "CanvasDriver", tmp_path: Path) -> None:
    driver.select("digits")
    chooser = driver.view.form.node.editors["dataset"]
    assert isinstance(chooser, datasets.DatasetEditor)
    driver.pick(chooser.field, SAMPLES["iris"].title)
    assert driver.node("digits").params["dataset"] == "iris"
    driver.settle()
    assert driver.canvas.drawing.nodes["digits"].face.outputs == ("features", "label")

    asked: list[tuple[str, object]] = []
    driver.view.session.went.connect(lambda view, what: asked.append((view, what)))
    chooser.add(str(tmp_path / "flowers.csv"))
    [(view, wanted)] = asked
    assert view == "data" and isinstance(wanted, Wanted) and wanted.paths == (tmp_path / "flowers.csv",)
    assert wanted.then is not None and driver.node("digits").params["dataset"] == "iris"
    wanted.then("flowers")
    assert driver.node("digits").params["dataset"] == "flowers" and asked[-1][0] == "design"


def test_several_nodes_and_links_have_a_form(driver: "CanvasDriver") -> None:
    driver.select("fc1", "mlp")
    form = driver.view.form.selection
    assert form.isVisible()
    driver.view.canvas.drawing.select((), (Port("mlp", "x"),))
    driver.settle()
    texts = [label.text() for label in form.findChildren(QLabel) if label.isVisible()]
    assert "fc1.y" in texts and "mlp.x" in texts
    button = form._buttons["delete"]
    QTest.mouseClick(button, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(8, 8))
    assert Port("mlp", "x") not in driver.document.graph.links
