"""Fields that few people need stand under a heading that folds, in the form and on the help page."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from workbench.core.edits import SetParam
from workbench.gui.design.editors import TextEditor
from workbench.gui.design.folded_rows import FoldedRows
from workbench.gui.widgets.labels import ElidedLabel

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver


def sections(driver: "CanvasDriver") -> FoldedRows:
    return driver.view.form.node.folds["First weights"]


def test_fields_that_few_need_are_folded_under_their_heading(canvas_driver: "CanvasDriver") -> None:
    driver = canvas_driver
    id = driver.add_node("Linear", 0, 0)
    driver.select(id)
    editors, fold = driver.view.form.node.editors, sections(driver)
    assert editors["out_features"].isVisible()
    assert not editors["weight_init"].isVisible()
    QTest.mouseClick(fold.head, Qt.MouseButton.LeftButton)
    assert editors["weight_init"].isVisible()
    assert editors["weight_init"].mapTo(driver.view.form.node, QPoint()).y() > (
        editors["out_features"].mapTo(driver.view.form.node, QPoint()).y()
    )
    fold.head.setFocus()
    QTest.keyClick(fold.head, Qt.Key.Key_Space)
    assert not editors["weight_init"].isVisible()


def test_a_heading_is_open_where_a_value_is_not_the_default(canvas_driver: "CanvasDriver") -> None:
    driver = canvas_driver
    id = driver.add_node("Linear", 0, 0)
    driver.view.session.do(SetParam(id, "weight_init", "orthogonal"))
    driver.select(id)
    assert driver.view.form.node.editors["weight_init"].isVisible()
    QTest.mouseClick(sections(driver).head, Qt.MouseButton.LeftButton)
    driver.view.session.do(SetParam(id, "weight_scale", 2.0))
    driver.settle()
    assert not driver.view.form.node.editors["weight_init"].isVisible(), "what was folded by hand stays so"
    driver.view.form.node.focus_first("weight_scale")
    assert driver.view.form.node.editors["weight_scale"].isVisible()


def test_a_field_that_changes_nothing_is_grey(canvas_driver: "CanvasDriver") -> None:
    driver = canvas_driver
    id = driver.add_node("Linear", 0, 0)
    driver.select(id)
    editors = driver.view.form.node.editors

    def enabled() -> dict[str, bool]:
        driver.settle()
        return {name: editors[name].isEnabled() for name in ("weight_scale", "bias_init", "bias_value")}

    assert enabled() == {"weight_scale": False, "bias_init": True, "bias_value": False}
    driver.view.session.do(SetParam(id, "bias_init", "constant"))
    driver.view.session.do(SetParam(id, "weight_init", "normal"))
    assert enabled() == {"weight_scale": True, "bias_init": True, "bias_value": True}
    driver.view.session.do(SetParam(id, "bias", False))
    assert enabled() == {"weight_scale": True, "bias_init": False, "bias_value": False}


def test_how_a_map_is_given_out_is_grey_while_none_is(canvas_driver: "CanvasDriver") -> None:
    driver = canvas_driver
    id = driver.add_node("MultiheadAttention", 0, 0)
    driver.select(id)
    editors = driver.view.form.node.editors
    assert not editors["average_attn_weights"].isEnabled()
    driver.set_field(id, "need_weights", "on")
    assert editors["average_attn_weights"].isEnabled()


def test_names_of_fields_stay_beside_them_when_a_result_stands_below(canvas_driver: "CanvasDriver") -> None:
    driver = canvas_driver
    id = driver.add_node("Linear", 0, 0)
    driver.select(id)
    driver.view.session.do(SetParam(id, "out_features", "= 8 * 8"))
    driver.settle()
    form = driver.view.form.node
    editor = form.editors["out_features"]
    assert isinstance(editor, TextEditor)
    name = next(label for label in form.findChildren(ElidedLabel) if label.buddy() is editor)
    assert editor.height() > editor.field.height(), "the result stands below"
    middle = name.mapTo(form, name.rect().center()).y()
    assert abs(middle - editor.field.mapTo(form, editor.field.rect().center()).y()) <= 1
