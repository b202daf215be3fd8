"""The figures of the compared runs, as a table and as a file."""

import csv
import io
import math
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.alone import alone
from tests.gui.compare.drawings import WAIT, do
from tests.gui.compare.test_differences import RUNS
from tests.gui.conftest import Record
from tests.gui.sessions import messages_of
from workbench.gui.compare.figures import FiguresPage, as_csv, figures
from workbench.gui.compare.view import CompareView
from workbench.gui.session import Session
from workbench.store.records import Summary

LEFT = Qt.MouseButton.LeftButton
ACCURACY, LOSS = "validation/accuracy", "train/loss"


def summary(metric: str, values: tuple[float, ...]) -> Summary:
    low, high = min(values), max(values)
    steps = [values.index(value) + 1 if value in values else 1 for value in (low, high)]
    type = "Accuracy" if metric == ACCURACY else ""
    return Summary(metric, values[-1], len(values), low, steps[0], high, steps[1], len(values), type)


def test_runs_stand_beside_one_another_for_each_metric_and_the_best_is_marked() -> None:
    summaries = {
        1: {ACCURACY: summary(ACCURACY, (0.1, 0.9, 0.8)), LOSS: summary(LOSS, (2.0, 0.5))},
        2: {ACCURACY: summary(ACCURACY, (0.1, 0.95)), LOSS: summary(LOSS, (2.0, 0.25, 0.75))},
        3: {LOSS: summary(LOSS, (math.nan,))},
    }
    rows = figures(RUNS, (0, 1, 2), summaries)
    assert [(row.run.id, row.summary.metric, row.top) for row in rows] == [
        (1, LOSS, False), (2, LOSS, True), (3, LOSS, False), (1, ACCURACY, False), (2, ACCURACY, True),
    ]  # fmt: skip
    assert rows[3].texts == (
        "#1 lenet5", ACCURACY, "0.9000", "2", "0.8000", "3", "0.1000", "1", "0.9000", "2", "3",
    )  # fmt: skip
    assert rows[2].texts[2] == "NaN"
    read = list(csv.DictReader(io.StringIO(as_csv(rows))))
    assert read[1]["best"] == "0.25" and read[1]["best_step"] == "2" and read[1]["run"] == "2"
    assert math.isnan(float(read[2]["last"])) and len(read) == 5


def test_a_run_of_another_program_goes_the_way_of_the_others() -> None:
    found = [summary(ACCURACY, values) for values in ((0.2, 0.95, 0.1), (0.1, 0.7), (0.2, 0.9))]
    found[0] = replace(found[0], type="")
    rows = figures(RUNS, (0, 1, 2), {run.id: {ACCURACY: one} for run, one in zip(RUNS, found, strict=True)})
    assert [row.texts[2] for row in rows] == ["0.9500", "0.7000", "0.9000"]
    assert [row.top for row in rows] == [True, False, False]


def test_a_tie_and_a_single_run_have_no_best() -> None:
    same = {run.id: {LOSS: summary(LOSS, (1.0, 0.5))} for run in RUNS}
    assert not any(row.top for row in figures(RUNS, (0, 1, 2), same))
    assert not any(row.top for row in figures(RUNS[:1], (0,), same))
    assert figures(RUNS, (0, 1, 2), {}) == []


@pytest.fixture
def page(qtbot: QtBot, no_jobs: None, session: Session, record: Record) -> FiguresPage:
    view = alone(CompareView, qtbot, session)
    view.resize(1300, 700)
    with qtbot.waitExposed(view):
        view.show()
    do(
        qtbot,
        session,
        lambda store: [record(store), record(store, "b, “c”\n", curves={"train/loss": [3.0, math.inf]})],
    )
    qtbot.waitUntil(lambda: view.model.total == 2, timeout=WAIT)
    view.reveal([1, 2])
    bar = view.tabs.tabBar()
    QTest.mouseClick(bar, LEFT, Qt.KeyboardModifier.NoModifier, bar.tabRect(3).center())
    assert view.figures.table.figures.rowCount() == 2
    return view.figures


def test_figures_are_copied_and_exported(
    qtbot: QtBot, page: FiguresPage, session: Session, tmp_path: Path
) -> None:
    assert page.tally.full_text() == "1 metric of 2 runs"
    QTest.mouseClick(page.copying, LEFT)
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 3 and lines[1].startswith("#1 lenet5\ttrain/loss\t0.5000\t3\t")
    page.table.setFocus()
    page.table.selectRow(1)
    QTest.keyClick(page.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().splitlines()[1].startswith("#2 b, “c”\ttrain/loss")
    QTest.mouseClick(page.exporting, LEFT)
    dialog = page.window().findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "out.csv"))
    dialog.close()
    qtbot.waitUntil(lambda: (tmp_path / "out.csv").exists(), timeout=WAIT)
    read = list(csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8"))))
    assert [row["name"] for row in read] == ["lenet5", "b, “c”"] and float(read[1]["last"]) == math.inf


def test_a_file_that_cannot_be_written_is_said(
    qtbot: QtBot, page: FiguresPage, session: Session, tmp_path: Path
) -> None:
    said = messages_of(session)
    page.write(tmp_path / "missing" / "out.csv")
    qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
    assert "cannot be written" in said[0][0] and said[0][1] == "error"
