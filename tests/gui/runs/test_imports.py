"""Runs of other programs come in by a button, a key or a dropped folder, and are shown before."""

import math
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from tests.engine.test_importing import events, scalar
from tests.gui.audit import RULES
from tests.gui.runs.test_runs_view import WAIT, do, have
from workbench.engine.importing import import_bundle
from workbench.gui.compare.view import CompareView
from workbench.gui.import_box import ImportBox, ImportButton
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.gui.window import MainWindow
from workbench.jobs import imports
from workbench.jobs.imports import Request
from workbench.store.store import Store

Record = Callable[..., int]


@pytest.fixture
def runs(no_jobs: None, window: MainWindow) -> RunsView:
    window.show_view("runs")
    view = window.views["runs"]
    assert isinstance(view, RunsView)
    return view


def drop(view: RunsView, place: Path) -> bool:
    """Drop something on the view; whether it was taken."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(place))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(view, QDragEnterEvent(QPoint(50, 50), copy, data, buttons, keys))
    event = QDropEvent(QPointF(50, 50), copy, data, buttons, keys)
    QApplication.sendEvent(view, event)
    return event.isAccepted()


def quiet(_: str) -> None:
    """Nobody listens."""


def box_of(window: MainWindow) -> ImportBox:
    box = window.findChild(ImportBox)
    assert box is not None
    return box


def rows(box: ImportBox) -> list[list[str]]:
    return [list(row) for row in box.table.texts.rows]


def test_a_folder_is_dropped_and_its_runs_come_in(
    qtbot: QtBot, runs: RunsView, session: Session, window: MainWindow, record: Record, tmp_path: Path
) -> None:
    logs = tmp_path / "logs"
    events(logs / "one", scalar("acc", 0.5, 1), scalar("acc", math.nan, 2), scalar("acc", 0.25, 3))
    events(logs / "two", scalar("loss", 1.0, 1), scalar("loss", 2.0, 2))
    events(logs / "bad", b"x" * 30)
    do(qtbot, session, lambda store: record(store, "mine"))
    assert drop(runs, logs)
    box = box_of(window)
    assert box.isVisible() and not box.go.isEnabled()
    qtbot.waitUntil(box.go.isEnabled, timeout=30_000)
    assert box.said.text() == "2 runs can come in, 1 cannot be read."
    assert [row[0] for row in rows(box)] == ["bad", "one", "two"] and rows(box)[0][2].startswith("bad/")
    assert rows(box)[1] == ["one", "3 values", "comes in"] and box.go.text() == "Import 2 runs"
    assert [box.metrics.item(row).text() for row in range(box.metrics.count())] == ["acc", "loss"]
    box.metrics.item(0).setCheckState(Qt.CheckState.Checked)
    with qtbot.waitSignal(session.offered, timeout=30_000) as told:
        QTest.keyClick(box.go, Qt.Key.Key_Space)
    assert told.args is not None and told.args[0].startswith(
        "2 runs came in (#2 to #3). 1 run cannot be read:"
    )
    assert not box.isVisible()
    have(qtbot, runs, 3)
    runs.reveal(2)
    detail = runs.detail
    qtbot.waitUntil(lambda: detail.header.name.full_text() == "one #2", timeout=WAIT)
    assert detail.header.state.text() == "completed · 3 steps"
    assert detail.header.facts.full_text().startswith("elsewhere · started ")
    assert not detail.header.weights.isEnabled()
    qtbot.waitUntil(lambda: bool(detail.log._lines), timeout=WAIT)
    actions = (session.actions.get(id) for id in ("run_open", "run_again"))
    grey: list[QWidget | QAction] = [detail.header.open, detail.header.again, *actions]
    for each in grey:
        assert not each.isEnabled()
        assert each.toolTip().endswith("\nRun 2 came from another program without a drawing")
    with qtbot.waitSignal(session.message, timeout=WAIT) as refused:
        runs.table.opened.emit()
    assert refused.args is not None and "came from TensorBoard without a drawing" in refused.args[0]
    runs.reveal(1)
    qtbot.waitUntil(lambda: detail.header.open.isEnabled(), timeout=WAIT)
    assert all(each.isEnabled() and "without a drawing" not in each.toolTip() for each in grey)
    session.go("compare", [1, 2])
    compare = window.views["compare"]
    assert isinstance(compare, CompareView)
    qtbot.waitUntil(lambda: drawn(compare, "acc") == ["#2 one"], timeout=WAIT)  # a figure without a split
    compare.tabs.setCurrentWidget(compare.drawing)
    trouble = compare.drawing.sides["other"].trouble
    qtbot.waitUntil(lambda: "without a drawing" in trouble._hint.text(), timeout=WAIT)
    compare.tabs.setCurrentWidget(compare.program)
    qtbot.waitUntil(lambda: "No program was kept" in compare.program.hint._hint.text(), timeout=WAIT)


def drawn(compare: CompareView, metric: str) -> list[str]:
    """The curves of a metric."""
    plot = compare.curves.grid.plots.get(metric)
    return [curve.name for curve in plot.curves] if plot is not None else []


def fake(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """The process runs this; `request` is what it was asked."""
    whole = f"import json, sys, time; request = json.loads(sys.stdin.readline())\n{code}"
    monkeypatch.setattr(imports, "command", lambda _: [sys.executable, "-c", whole])


def test_a_button_asks_for_the_folder_and_escape_cancels(
    qtbot: QtBot, runs: RunsView, session: Session, window: MainWindow, record: Record, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    do(qtbot, session, lambda store: record(store, "mine"))
    have(qtbot, runs, 1)
    fake(monkeypatch, "print(json.dumps({'doing': 'Reading a (1 of 9)'}), flush=True); time.sleep(60)")
    button = runs.findChild(ImportButton)
    assert button is not None and button.isVisible()
    button.menu_box.actions()[0].trigger()
    dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, QFileDialog))
    dialog.fileSelected.emit(str(tmp_path))
    dialog.close()
    box = box_of(window)
    qtbot.waitUntil(lambda: box.said.text() == "Reading a (1 of 9) …", timeout=WAIT)
    with qtbot.waitSignal(session.message) as told:
        drop(runs, tmp_path)
    assert told.args is not None and "Something is being imported" in told.args[0]
    with qtbot.assertNotEmitted(session.message):  # nothing was to come in yet
        QTest.keyClick(box.leave, Qt.Key.Key_Escape)
    assert not box.isVisible()
    drop(runs, tmp_path)
    assert box.isVisible()
    session.closing.emit()
    assert not box.isVisible() and box._import is None, "it was not looked at for another workspace"


def test_what_holds_no_runs_can_be_opened_as_data(
    qtbot: QtBot, runs: RunsView, session: Session, window: MainWindow, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fake(monkeypatch, "sys.exit('error: There are no runs here.')")
    drop(runs, tmp_path)
    box = box_of(window)
    qtbot.waitUntil(box.go.isEnabled, timeout=WAIT)
    assert box.said.text() == "There are no runs here." and box.go.text() == "Open as data"
    opened: list[list[Path]] = []
    monkeypatch.setattr(session, "open_dropped", opened.append)
    QTest.mouseClick(box.go, Qt.MouseButton.LeftButton)
    assert opened == [[tmp_path]] and not box.isVisible()
    (tmp_path / "a.json").write_text("{}")
    assert not drop(runs, tmp_path / "a.json") or not box.isVisible()


def test_a_workspace_file_is_shown_and_comes_in(
    qtbot: QtBot, runs: RunsView, session: Session, window: MainWindow, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    fake(
        monkeypatch,
        "look = {'runs': [[3, 'a', 'gan', 'completed', 0], [4, 'b', '', 'failed', 7]], 'models': 1, "
        "'datasets': ['mine'], 'checkpoints': 2, 'bytes': 2000}\n"
        "came = {'came': [8], 'here': 1, 'models': 1, 'datasets': 0, 'renamed': {'mine': 'mine-2'}}\n"
        "assert request['bundle'] and request['place'].endswith('all.zip')\n"
        "print(json.dumps(came if request['take'] else look))",
    )
    (tmp_path / "all.zip").write_text("zip")
    assert drop(runs, tmp_path / "all.zip")
    box = box_of(window)
    qtbot.waitUntil(box.go.isEnabled, timeout=WAIT)
    assert box.title.text() == "Import a workspace file" and box.go.text() == "Import 1 run"
    assert box.said.text() == (
        "1 run, 1 model, 2 checkpoints (2 kB) can come in; models that are here already are not doubled. "
        "1 run is here already. It describes the data mine; the data itself is not in it."
    )
    assert rows(box) == [
        ["a #3", "gan · completed", "comes in under a new number"],
        ["b #4", "failed", "is here already as #7"],
    ]
    assert not box.metrics.isVisible()
    assert not [finding for rule in RULES.values() for finding in rule(box)]
    with qtbot.waitSignal(session.offered, timeout=WAIT) as told:
        QTest.mouseClick(box.go, Qt.MouseButton.LeftButton)
    assert told.args is not None
    assert (
        told.args[0] == "1 run (#8), 1 model and 0 datasets came in. The dataset mine is called mine-2 here."
    )


def test_the_whole_workspace_is_written(
    qtbot: QtBot, runs: RunsView, session: Session, record: Record, tmp_path: Path
) -> None:
    """By the real process; an empty workspace takes it in."""
    do(qtbot, session, lambda store: record(store, "mine", document='{"name": "m"}'))
    have(qtbot, runs, 1)
    button = runs.findChild(ImportButton)
    assert button is not None
    button.menu_box.actions()[2].trigger()
    dialogs = (each for each in QApplication.topLevelWidgets() if isinstance(each, QFileDialog))
    dialog = next(each for each in dialogs if each.isVisible())
    with qtbot.waitSignal(session.message, timeout=30_000) as told:
        dialog.fileSelected.emit(str(tmp_path / "all.zip"))
        dialog.close()
    assert told.args is not None and told.args[1] == "ok"
    assert told.args[0].startswith(f"Written to {tmp_path}/all.zip: 1 run and 0 checkpoints, ")
    with closing(Store(tmp_path / "other" / "experiments.db")) as store:
        request = Request(str(tmp_path / "all.zip"), take=False, bundle=True)
        assert import_bundle(store, request, quiet)["runs"] == [[1, "mine", "mine", "completed", 0]]
        came = import_bundle(store, replace(request, take=True), quiet)
        assert came["came"] == [1] and import_bundle(store, request, quiet)["runs"][0][4] == 1
