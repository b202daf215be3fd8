"""Rates of parts in the form of an update, set by hand."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox

from tests.gui.design.test_panels import show
from workbench.catalog.templates import load
from workbench.core.expressions import Value
from workbench.gui.design.bottom import UPDATES
from workbench.gui.design.editors import TextEditor
from workbench.gui.design.update_parts import PartLine

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver


def lines(driver: "CanvasDriver") -> dict[str, PartLine]:
    show(driver, load("gan"))
    driver.view.bottom.tabs.setCurrentIndex(UPDATES)
    QApplication.processEvents()
    return driver.view.bottom.updates.form.parts.lines


def tick(box: QCheckBox) -> None:
    QTest.mouseClick(
        box, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(8, box.height() // 2)
    )


def rates(driver: "CanvasDriver") -> dict[str, Value]:
    return dict(driver.document.training.updates[0].rates)


def enter(driver: "CanvasDriver", editor: TextEditor, text: str) -> None:
    driver.type_into(editor.field, text)
    driver.settle()


def test_a_part_is_given_a_rate_frozen_and_let_go(canvas_driver: "CanvasDriver") -> None:
    line = lines(canvas_driver)["judge"]
    assert line.rate.field.text() in ("1", "1.0") and not line.frozen.isChecked()
    enter(canvas_driver, line.rate, "0.1")
    assert rates(canvas_driver) == {"judge": 0.1}
    enter(canvas_driver, line.rate, "= 1 / latent")
    assert rates(canvas_driver) == {"judge": "= 1 / latent"}
    enter(canvas_driver, line.rate, "-1")
    assert rates(canvas_driver) == {"judge": "= 1 / latent"} and line.rate.field.property("wrong")
    tick(line.frozen)
    assert rates(canvas_driver) == {"judge": 0} and not line.rate.isEnabled()
    canvas_driver.settle()
    problems = [str(problem) for problem in canvas_driver.view.session.analyse_now().problems]
    assert any("all that it could train is frozen (judge)" in problem for problem in problems)
    tick(line.frozen)
    assert rates(canvas_driver) == {} and line.rate.isEnabled()
    enter(canvas_driver, line.rate, "1")
    assert rates(canvas_driver) == {}


def test_what_an_update_does_not_train_has_no_rate_to_set(canvas_driver: "CanvasDriver") -> None:
    line = lines(canvas_driver)["generator"]
    assert not line.trained.isChecked() and not line.rate.isEnabled() and not line.frozen.isEnabled()
    tick(line.trained)
    canvas_driver.settle()
    assert line.rate.isEnabled() and line.frozen.isEnabled()
