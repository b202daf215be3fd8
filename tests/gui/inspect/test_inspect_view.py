"""The Inspect view and its page Errors, used as a person does, with a service that answers at once."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.gui.inspect.conftest import ANSWERS, CLASSES, WAIT, Fake, run, tell
from workbench.gui.inspect.confusion import ConfusionView
from workbench.gui.inspect.errors import ErrorsPage
from workbench.gui.inspect.view import InspectView
from workbench.gui.json_process import Ending
from workbench.gui.session import Session
from workbench.gui.widgets.labels import Label

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


def click_run(view: InspectView, id: int) -> None:
    list = view.chooser.list
    at = list.visualRect(view.chooser.model.index(view.chooser.model.place(id))).center()
    QTest.mouseClick(list.viewport(), LEFT, NONE, at)


def errors(qtbot: QtBot, view: InspectView, run: int = 1) -> ErrorsPage:
    click_run(view, run)
    qtbot.waitUntil(lambda: view.right.currentIndex() == 2, timeout=WAIT)
    page = view.pages["Errors"]
    assert isinstance(page, ErrorsPage)
    qtbot.waitUntil(
        lambda: page.stack.currentIndex() == 1 and page.samples.grid.model.rowCount() > 0, timeout=WAIT
    )
    return page


def test_runs_with_weights_are_found_by_a_few_letters(qtbot: QtBot, view: InspectView) -> None:
    chooser = view.chooser
    assert [run.id for run in chooser.model.runs] == [2, 1]
    assert chooser.model.index(0).data() == "mlp #2" and "accuracy 0.9000" in chooser.model.index(1).data(
        Qt.ItemDataRole.ToolTipRole
    )
    QTest.keyClicks(chooser.search, "lene")
    qtbot.waitUntil(lambda: [run.id for run in chooser.model.runs] == [1], timeout=WAIT)
    QTest.keyClick(chooser.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.right.currentIndex() == 2, timeout=WAIT)
    assert view.name.full_text() == "lenet5 #1" and view.said.full_text() == ANSWERS["about"]["said"]


def test_errors_are_counted_and_a_cell_shows_its_samples(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    page = errors(qtbot, view)
    assert fake.asked("evaluate") == [{"do": "evaluate", "run": 1, "checkpoint": "best", "split": "test"}]
    assert page.figures.full_text() == "86.21% right · loss 0.2100 · calibration error 5.00% · 29 samples"
    assert fake.asked("samples")[0]["order"] == "worst" and page.samples.tally.full_text() == "29 samples"
    assert [item["label"] for item in page.samples.grid.model.items][:2] == ["zero · 90%", "one → zero · 90%"]
    cell = page.confusion.cell(2, 0).center().toPoint()
    QTest.mouseClick(page.confusion, LEFT, NONE, cell)
    assert fake.asked("samples")[-1]["only"] == {"target": 2, "predicted": 0}
    qtbot.waitUntil(lambda: page.samples.grid.model.rowCount() == 2, timeout=WAIT)
    assert page.samples.only.text() == "two, said to be zero"
    page.samples.grid.setFocus()
    page.samples.grid.choose(1)
    assert (
        page.samples.verdict.full_text() == "sample 2 · true: two · predicted: zero (90.0% sure) · loss 1.50"
    )
    QTest.mouseClick(page.samples.only, LEFT)
    qtbot.waitUntil(lambda: page.samples.grid.model.rowCount() == 29, timeout=WAIT)
    assert not page.samples.foot.isVisible()


def test_keys_choose_a_cell_and_a_class(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    page = errors(qtbot, view)
    page.confusion.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(page.confusion, key)
    assert fake.asked("samples")[-1]["only"] == {"target": 1, "predicted": 1}
    QTest.mouseClick(page.chips.button("classes"), LEFT)
    assert page.charts.currentWidget() is page.table and page.table.texts.rows[0] == (
        "zero",
        "0.800",
        "0.800",
        "0.800",
        "10",
    )
    page.table.setFocus()
    page.table.setCurrentIndex(page.table.texts.index(1, 0))
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert fake.asked("samples")[-1]["only"] == {"target": 1} and page.confusion.mark is None


def test_curves_and_calibration_say_what_is_pointed_at(qtbot: QtBot, view: InspectView) -> None:
    page = errors(qtbot, view)
    page.chips.choose("roc")
    assert [line.name for line in page.roc.lines] == ["zero", "one", "two"]
    page.roc.setFocus()
    QTest.keyClick(page.roc, Qt.Key.Key_Down)
    assert page.roc.accessibleDescription() == "zero: area 0.9000"
    page.chips.choose("reliability")
    assert page.reliability.count() == 2  # an empty bin is none
    QTest.mouseMove(page.reliability, page.reliability.box(0).center().toPoint())
    qtbot.waitUntil(lambda: page.reliability.mark == 0, timeout=WAIT)
    assert (
        page.reliability.words(0) == "9 samples, 80% to 90% sure (on average 85.0%): right in 70.0% of them"
    )


def test_numbers_have_charts_of_their_own(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    fake.answers["about"] = {
        **ANSWERS["about"],
        "outputs": [{"name": "out", "kind": "numbers", "classes": []}],
    }
    fake.answers["evaluate"] = {
        "kind": "numbers", "count": 3, "rmse": 1.5, "mae": 1.0, "r2": 0.9, "points": [[1, 1.5], [2, None], [3, 2]],
        "indices": [4, 5, 6], "residuals": {"edges": [-1, 0, 1], "counts": [1, 2]},
    }  # fmt: skip
    page = errors(qtbot, view)
    assert page.figures.full_text() == "RMSE 1.500 · MAE 1.000 · R² 0.9000 · 3 samples"
    assert page.charts.currentWidget() is page.scatter and page.chips.button("confusion").isHidden()
    assert [dot.id for dot in page.scatter.dots] == [0, 2]
    QTest.mouseClick(page.scatter, LEFT, NONE, page.scatter.place_of(2).toPoint())
    assert fake.asked("samples")[-1]["indices"] == [6]
    qtbot.waitUntil(lambda: page.samples.grid.model.rowCount() == 1, timeout=WAIT)


def test_columns_in_units_of_their_own_are_looked_at_one_by_one(
    qtbot: QtBot, view: InspectView, fake: Fake
) -> None:
    heat = {
        "name": "heat", "rmse": 1.5, "mae": 1.0, "r2": 0.9, "points": [[1, 1.5]], "indices": [4],
        "residuals": {"edges": [-1, 0, 1], "counts": [1, 2]},
    }  # fmt: skip
    pressure = {**heat, "name": "pressure", "rmse": 120.0, "mae": 90.0, "points": [[99_000, 99_100]]}
    fake.answers["evaluate"] = {"kind": "numbers", "count": 3, "loss": 0.5, "columns": [heat, pressure]}
    page = errors(qtbot, view)
    assert page.figures.full_text() == "RMSE 1.500 · MAE 1.000 · R² 0.9000 · loss 0.5000 · 3 samples"
    page.column.setFocus()
    QTest.keyClick(page.column, Qt.Key.Key_Down)
    assert page.figures.full_text().startswith("RMSE 120.0 · MAE 90.00")
    assert [(dot.x, dot.y) for dot in page.scatter.dots] == [(99_000, 99_100)]
    fake.answers["evaluate"] = {**ANSWERS["evaluate"]}
    view.choose(2)
    qtbot.waitUntil(page.column.isHidden, timeout=WAIT)


def test_charts_that_say_nothing_are_left_out(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    several = {
        **ANSWERS["evaluate"],
        "confusion": [],
        "calibration": {},
        "pr": [],
        "said": "Of several labels.",
    }
    fake.answers["evaluate"] = several
    page = errors(qtbot, view)
    shown = [
        key
        for key in ("confusion", "classes", "reliability", "roc", "pr")
        if not page.chips.button(key).isHidden()
    ]
    assert shown == ["classes", "roc"] and page.charts.currentWidget() is page.table
    fake.answers["evaluate"] = {
        "kind": "none",
        "said": "Nothing in the drawing says what is right.",
        "count": 29,
    }
    page.look()
    qtbot.waitUntil(lambda: said(page.waiting) == "Nothing in the drawing says what is right.", timeout=WAIT)


def test_what_cannot_be_done_is_told_in_its_place(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    fake.answers["about"] = "Run 1 (lenet5) has kept no weights."
    click_run(view, 1)
    qtbot.waitUntil(lambda: said(view.hint) == "Run 1 (lenet5) has kept no weights.", timeout=WAIT)
    assert view.hint.button is not None and view.hint.button.text() == "Try again"
    fake.answers["about"] = ANSWERS["about"]
    fake.answers["evaluate"] = "There is no more memory."
    QTest.mouseClick(view.hint.button, LEFT)
    qtbot.waitUntil(lambda: view.right.currentIndex() == 2, timeout=WAIT)
    page = view.pages["Errors"]
    assert isinstance(page, ErrorsPage)
    qtbot.waitUntil(lambda: said(page.waiting) == "There is no more memory.", timeout=WAIT)


def test_long_work_is_told_and_can_be_cancelled(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    fake.answers["evaluate"] = None
    click_run(view, 1)
    qtbot.waitUntil(
        lambda: "Errors" in view.pages and view.pages["Errors"].is_asking("evaluate"), timeout=WAIT
    )
    page = view.pages["Errors"]
    assert isinstance(page, ErrorsPage)
    question = next(iter(fake._waiting.values()))
    fake._on_said({"id": question.id, "done": 10, "of": 40})
    qtbot.waitUntil(page.work.isVisible, timeout=WAIT)
    assert page.work.words.full_text() == "Trying the model · 10 of 40" and page.work.bar.value() == 10
    QTest.mouseClick(page.work.button, LEFT)
    assert fake.cancelled == [question.id] and not page.work.isVisible()
    assert said(page.waiting) == "Choose a part of the data to try the model on."
    fake.answers["evaluate"] = ANSWERS["evaluate"]
    page.look()
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1, timeout=WAIT)
    fake.answers["evaluate"] = None
    page.look()
    assert page.figures.full_text() == "", "those of another part"
    page.work.cancelled.emit()
    assert said(page.waiting) == "Choose a part of the data to try the model on."


def test_other_weights_other_runs_and_deleted_runs(
    qtbot: QtBot, view: InspectView, fake: Fake, session: Session
) -> None:
    errors(qtbot, view)
    QTest.mouseClick(view.which.button("last"), LEFT)
    assert fake.asked("about")[-1]["checkpoint"] == "last"
    qtbot.waitUntil(lambda: fake.asked("evaluate")[-1]["checkpoint"] == "last", timeout=WAIT)
    tell(session, run(3, "nothing", "failed", 0), run(2, "mlp"))
    assert view.subject is None
    assert said(view.hint, 0) == "lenet5 #1 was deleted" and view.chooser.shown == 0
    view.reveal(3)
    assert said(view.hint, 0) == "nothing #3 cannot be looked into"
    view.reveal(2)
    qtbot.waitUntil(lambda: view.subject is not None and view.subject.run == 2, timeout=WAIT)
    view.reveal(9)
    session.closing.emit()
    tell(session, run(9, "of another workspace"))
    assert (view.subject, view.right.currentIndex(), view.chooser.shown) == (None, 0, 0)


def said(widget: QWidget, place: int = 1) -> str:
    """A sentence of an empty state: 0 its title, 1 its hint."""
    return widget.findChildren(Label)[place].text()


def test_after_a_fall_one_can_try_again(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    page = errors(qtbot, view)
    fake.answers["evaluate"] = "The model service ended unexpectedly. Try again: it starts anew."
    page.look()
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 0 and not page.is_busy, timeout=WAIT)
    assert page.try_again.isHidden(), "what is refused stays refused"
    fake.fell.emit("The model service ended unexpectedly.")
    fake.answers["evaluate"] = ANSWERS["evaluate"]
    QTest.mouseClick(page.try_again, LEFT)
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1, timeout=WAIT)
    assert page.try_again.isHidden()


def test_a_hidden_page_asks_again_after_a_fall(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    page = errors(qtbot, view)
    page.hide()
    fake.answers["evaluate"] = None
    page.look()
    fake._on_finished(Ending(code=1))
    assert not page.is_busy and "ended unexpectedly" in said(page.waiting) and page.try_again.isHidden()
    fake.answers["evaluate"] = ANSWERS["evaluate"]
    page.show()
    qtbot.waitUntil(lambda: page.stack.currentIndex() == 1, timeout=WAIT)
    fake._on_finished(Ending(code=1))
    page.hide()
    asked = len(fake.asked("evaluate"))
    page.show()
    assert len(fake.asked("evaluate")) == asked, "it waited for nothing"


def test_another_output_is_looked_into_on_all_pages(qtbot: QtBot, view: InspectView, fake: Fake) -> None:
    outputs = [
        {"name": "main", "kind": "classes", "classes": CLASSES},
        {"name": "beside", "kind": "classes", "classes": ["a", "b", "c"]},
    ]
    fake.answers["about"] = {**ANSWERS["about"], "outputs": outputs}
    view.choose(1)
    qtbot.waitUntil(lambda: bool(fake.asked("evaluate")), timeout=WAIT)
    assert "output" not in fake.asked("about")[0] and "output" not in fake.asked("evaluate")[0]
    assert view.output.isVisible() and view.output.currentText() == "Output: main"
    view.output.setFocus()
    QTest.keyClick(view.output, Qt.Key.Key_Down)
    qtbot.waitUntil(lambda: len(fake.asked("evaluate")) == 2, timeout=WAIT)
    assert fake.asked("about")[1]["output"] == fake.asked("evaluate")[1]["output"] == "beside"
    assert view.subject is not None and view.subject.class_name(1) == "b"
    view.choose(1, "last")
    qtbot.waitUntil(lambda: view.subject is not None and view.subject.checkpoint == "last", timeout=WAIT)
    assert view.subject.output == "beside" and view.output.currentText() == "Output: beside"
    view.choose(2)
    qtbot.waitUntil(lambda: view.subject is not None and view.subject.run == 2, timeout=WAIT)
    assert fake.asked("about")[-1].get("output") is None and view.output.currentText() == "Output: main"


def test_a_workspace_without_such_runs_says_what_to_do(qtbot: QtBot, fake: Fake, session: Session) -> None:
    tell(session)
    made = InspectView(session)
    qtbot.addWidget(made)
    made.show()
    assert made.currentWidget() is made.nothing and made.nothing.button is not None
    went: list[str] = []
    session.went.connect(lambda view, _: went.append(view))
    QTest.mouseClick(made.nothing.button, LEFT, NONE, QPoint(5, 5))
    assert went == ["home"]


def test_classes_that_are_blanks_have_labels(qtbot: QtBot) -> None:
    confusion = ConfusionView()
    qtbot.addWidget(confusion)
    confusion.show_counts([" ", "\n", "a"], [[1, 0, 0]] * 3)
    assert confusion._matrix is not None and confusion._matrix.labels == ("␣", "⏎", "a")
