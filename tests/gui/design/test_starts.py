"""The field “Start from”: the runs that kept weights, a file, or chance."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QFileDialog

from tests.gui.design.test_panels import run_record
from workbench.core.assign import assign
from workbench.core.edits import SetTraining
from workbench.gui.design.starts import StartEditor

if TYPE_CHECKING:
    from tests.gui.design.conftest import CanvasDriver


def editor(driver: "CanvasDriver", monkeypatch: pytest.MonkeyPatch) -> StartEditor:
    session = driver.view.session
    runs = [
        run_record(id=3, name="later", step=5),
        run_record(id=2, name="waits"),
        run_record(id=1, step=9, epoch=1),
    ]
    monkeypatch.setattr(session, "runs", runs)
    session.runs_changed.emit(runs, {})
    driver.settle()
    (found,) = driver.view.findChildren(StartEditor)
    return found


def offered(found: StartEditor) -> list[str]:
    return [found.field.itemText(row) for row in range(found.field.count())]


def test_a_run_that_kept_something_is_chosen_by_name(
    canvas_driver: "CanvasDriver", monkeypatch: pytest.MonkeyPatch
) -> None:
    found = editor(canvas_driver, monkeypatch)
    assert offered(found)[0] == "chance" and offered(found)[1] == "later #3"
    assert not any("waits" in text for text in offered(found)) and offered(found)[-1] == "From file…"
    canvas_driver.pick(found.field, "later #3")
    assert canvas_driver.document.training.settings["weights"] == "run:3"
    canvas_driver.pick(found.field, "chance")
    assert canvas_driver.document.training.settings["weights"] == ""


def test_a_file_is_chosen_and_shown_by_its_name(
    canvas_driver: "CanvasDriver", monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = editor(canvas_driver, monkeypatch)
    monkeypatch.setattr(
        QFileDialog, "show", lambda self: self.fileSelected.emit(str(tmp_path / "ü 1.safetensors"))
    )
    found.field.picked.emit("\0file")
    canvas_driver.settle()
    assert canvas_driver.document.training.settings["weights"] == str(tmp_path / "ü 1.safetensors")
    assert found.field.currentText() == "ü 1.safetensors"
    QApplication.processEvents()


def test_what_names_nothing_says_so(canvas_driver: "CanvasDriver", monkeypatch: pytest.MonkeyPatch) -> None:
    found = editor(canvas_driver, monkeypatch)
    for place, words in (
        ("run:99", "Run 99 is not in this workspace."),
        ("run:99 elsewhere", "Run 99 stayed in the workspace from which this drawing came"),
        ("old.pt", "can run code"),
    ):
        document = assign(canvas_driver.document, "training.weights", place)
        canvas_driver.view.session.do(SetTraining(document.training))
        canvas_driver.settle()
        assert words in found._reason.text() and found._reason.isVisibleTo(found)
