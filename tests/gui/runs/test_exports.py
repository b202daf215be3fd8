"""A run is exported from its page: the menu, the file dialog, the process, and what is said of its end."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from tests.gui.runs.test_runs_view import WAIT, do, have
from workbench.gui.compare.view import CompareView
from workbench.gui.exports import KINDS, OF_MODELS, SEVERAL, ExportStatus, exporter
from workbench.gui.runs.view import RunsView
from workbench.gui.session import Session
from workbench.gui.window import MainWindow
from workbench.jobs import exports

Record = Callable[..., int]


@pytest.fixture
def runs(qtbot: QtBot, no_jobs: None, session: Session, window: MainWindow, record: Record) -> RunsView:
    """The page of run 1 in a whole window."""
    window.show_view("runs")
    view = window.views["runs"]
    assert isinstance(view, RunsView)
    do(qtbot, session, lambda store: record(store, "my / mödel"))
    have(qtbot, view, 1)
    qtbot.waitUntil(view.detail.header.export.isEnabled, timeout=WAIT)
    return view


def writes(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """The process runs this instead of torch; `request` is what it was asked."""
    whole = f"import json, sys, time; request = json.loads(sys.stdin.readline())\n{code}"
    monkeypatch.setattr(exports, "command", lambda database, several=False: [sys.executable, "-c", whole])


def choose(qtbot: QtBot, view: RunsView, kind: int, name: str = "") -> Path:
    """Open the menu, take a kind and accept the dialog; gives what it proposed."""
    header = view.detail.header
    header.kinds.actions()[kind].trigger()
    dialog = next(each for each in QApplication.topLevelWidgets() if isinstance(each, QFileDialog))
    (proposed,) = dialog.selectedFiles()
    dialog.fileSelected.emit(name or proposed)
    dialog.close()
    return Path(proposed)


def test_a_run_is_written_and_what_it_is_is_said(
    qtbot: QtBot, runs: RunsView, session: Session, window: MainWindow, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    writes(
        monkeypatch,
        "print(json.dumps({'doing': 'Tracing the model'}), flush=True); time.sleep(0.3)\n"
        "open(request['place'], 'w').write(f\"{request['to']} {request['run']}\")\n"
        "print(json.dumps({'files': [request['place']], 'said': 'Written to a.'}))",
    )
    status = window.status.findChild(ExportStatus)
    assert status is not None and not status.isVisible()
    with qtbot.waitSignal(session.message, timeout=WAIT) as told:
        proposed = choose(qtbot, runs, 0, str(tmp_path / "a.onnx"))
        qtbot.waitUntil(lambda: "Exporting run 1 (ONNX): tracing the model · " in status.words.text())
        assert status.isVisible()
        choose(qtbot, runs, 1, str(tmp_path / "b"))  # one after the other
    assert told.args == ["Exporting run 1 (ONNX) is not done yet; wait, or cancel it.", "warning"]
    with qtbot.waitSignal(session.message, timeout=WAIT) as told:
        pass
    assert told.args == ["Written to a.", "ok"] and (tmp_path / "a.onnx").read_text() == "onnx 1"
    assert not status.isVisible() and proposed.name == "my_m_del-1.onnx" and not (tmp_path / "b").exists()


def test_it_can_be_cancelled(
    qtbot: QtBot, runs: RunsView, session: Session, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes(monkeypatch, "time.sleep(60)")
    choose(qtbot, runs, 2)
    status = window.status.exports
    qtbot.waitUntil(status.cancel.isVisible)
    with qtbot.waitSignal(session.message) as told:
        QTest.mouseClick(status.cancel, Qt.MouseButton.LeftButton)
    assert told.args is not None and "was cancelled; nothing was written" in told.args[0]
    assert not status.isVisible() and not exporter(session).what


def test_why_it_failed_is_said_in_words(
    qtbot: QtBot, runs: RunsView, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code, words in (
        (
            "sys.exit('error: “lstm” does something.')",
            "Exporting run 1 (Weights) failed. “lstm” does something.",
        ),
        ("import os; os.abort()", "The export ended with the code"),
    ):
        writes(monkeypatch, code)
        with qtbot.waitSignal(session.message, timeout=WAIT) as told:
            choose(qtbot, runs, 1)
        assert told.args is not None and words in told.args[0] and told.args[1] == "error"


def test_every_kind_is_one_that_the_process_knows() -> None:
    assert {kind.id for kind in OF_MODELS} == set(exports.KINDS)
    assert {kind.id for kind in KINDS} == {*exports.KINDS, *exports.OF_RUNS}
    suffixes = {f".{kind.suffix}": kind.id for kind in KINDS if kind.suffix and kind.id in exports.KINDS}
    assert suffixes == exports.SUFFIXES


def test_the_process_itself_answers(qtbot: QtBot, runs: RunsView, session: Session, tmp_path: Path) -> None:
    """This run has kept no weights."""
    with qtbot.waitSignal(session.message, timeout=60_000) as told:
        choose(qtbot, runs, 1, str(tmp_path / "a.safetensors"))
    assert told.args is not None and "Run 1 (my / mödel) has kept no weights" in told.args[0]


def test_a_run_that_has_not_begun_cannot_be_exported(
    qtbot: QtBot, runs: RunsView, session: Session, record: Record
) -> None:
    do(qtbot, session, lambda store: record(store, "waits", state="queued"))
    have(qtbot, runs, 2)
    runs.reveal(2)
    assert not runs.detail.header.export.isEnabled()


def test_the_menu_of_a_row_offers_it_too(qtbot: QtBot, runs: RunsView) -> None:
    rect = runs.table.visualRect(runs.model.index(runs.model.place(1), 0))
    runs.table.customContextMenuRequested.emit(rect.center())
    menu = next(each for each in runs.findChildren(QMenu) if each.isVisible() and each.parent() is runs)
    titles = [action.text() for action in menu.actions()]
    assert titles[-1] == "Export" and menu.actions()[-1].menu() is runs.detail.header.kinds
    menu.close()
    qtbot.waitUntil(lambda: not [each for each in runs.findChildren(QMenu) if each.parent() is runs])
    choose(qtbot, runs, 5)  # it is still there, and so is its dialog
    exporter(runs._session).cancel()


def test_what_the_menu_holds_does_not_go_with_the_menu_of_a_row(qtbot: QtBot, runs: RunsView) -> None:
    rect = runs.table.visualRect(runs.model.index(runs.model.place(1), 0))
    runs.table.customContextMenuRequested.emit(rect.center())
    for each in runs.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly):
        each.close()
    qtbot.waitUntil(lambda: not runs.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly))
    kinds = runs.detail.header.kinds
    kinds.aboutToShow.emit()
    assert all(action.isVisible() for action in kinds.actions())


def test_several_runs_are_written_together(
    qtbot: QtBot, runs: RunsView, session: Session, window: MainWindow, record: Record,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    writes(monkeypatch, "print(json.dumps({'files': [], 'said': f\"{request['to']} {request['runs']}\"}))")
    do(qtbot, session, lambda store: record(store, "second"))
    have(qtbot, runs, 2)
    runs.table.selectAll()
    qtbot.waitUntil(lambda: len(runs._chosen()) == 2)
    runs.table.customContextMenuRequested.emit(runs.table.visualRect(runs.model.index(0, 0)).center())
    menu = next(each for each in runs.findChildren(QMenu) if each.isVisible() and each.parent() is runs)
    assert menu.actions()[-1].menu() is runs.exports
    menu.close()
    assert [kind.id for kind in SEVERAL] == list(exports.OF_SEVERAL)
    for view_exports in (runs.exports, compared(window, 2, 1)):
        with qtbot.waitSignal(session.message, timeout=WAIT) as told:
            view_exports.actions()[0].trigger()
            dialogs = (each for each in QApplication.topLevelWidgets() if isinstance(each, QFileDialog))
            dialog = next(each for each in dialogs if each.isVisible())
            assert Path(dialog.selectedFiles()[0]).name == "report.html"
            dialog.filterSelected.emit("PDF (*.pdf)")
            assert dialog.defaultSuffix() == "pdf"
            dialog.fileSelected.emit(str(tmp_path / "a.pdf"))
            dialog.close()
            assert exporter(session).what == "2 runs (Report)"
        assert told.args == ["report [2, 1]", "ok"]


def test_no_file_is_asked_for_after_another_workspace_was_opened(
    qtbot: QtBot, runs: RunsView, session: Session, window: MainWindow, tmp_path: Path
) -> None:
    runs.detail.header.kinds.actions()[5].trigger()
    assert window.findChildren(QFileDialog)
    with qtbot.waitSignal(session.opened, timeout=WAIT):
        session.switch(tmp_path / "other.db")
    assert not window.findChildren(QFileDialog)


def compared(window: MainWindow, *ids: int) -> QMenu:
    """The export of Compare with these runs ticked."""
    window.session.go("compare", list(ids))
    compare = window.views["compare"]
    assert isinstance(compare, CompareView) and compare.export.isEnabled()
    compare.exports.aboutToShow.emit()
    return compare.exports


def test_a_file_for_a_model_is_not_asked_for_once_another_is_open(
    qtbot: QtBot, session: Session, window: MainWindow
) -> None:
    window.show_view("design")
    session.open_template("mlp")
    for action in ("export_file", "export_model", "export_picture"):
        session.actions.get(action).trigger()
        assert window.findChildren(QFileDialog), action
        session.new_model()
        qtbot.waitUntil(lambda: not window.findChildren(QFileDialog))
        session.open_template("mlp")


def test_a_model_is_written_untrained(
    qtbot: QtBot, session: Session, window: MainWindow, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    writes(
        monkeypatch,
        "print(json.dumps({'files': [], 'said': f\"{request['to']} {request['document'][:11]!r}\"}))",
    )
    for filter, suffix, name, kind in (
        ("torch.export (*.pt2)", "pt2", "m.pt2", "torch"),
        ("Python program: new folder (*)", "", "folder", "python"),
        ("ONNX (*.onnx)", "onnx", "m.ONNX", "onnx"),
    ):
        session.actions.get("export_model").trigger()
        dialogs = (each for each in QApplication.topLevelWidgets() if isinstance(each, QFileDialog))
        dialog = next(each for each in dialogs if each.isVisible())
        dialog.filterSelected.emit(filter)
        assert dialog.defaultSuffix() == suffix and filter in dialog.nameFilters()
        with qtbot.waitSignal(session.message, timeout=WAIT) as told:
            dialog.fileSelected.emit(str(tmp_path / name))
            dialog.close()
        assert told.args is not None and told.args[0].startswith(f"{kind} '{{") and told.args[1] == "ok"
