"""The palette: what it finds, in which order, and how keys drive it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QToolButton,
)
from pytestqt.qtbot import QtBot

from workbench.core.edits import SetName
from workbench.gui.design.view import DesignView
from workbench.gui.fuzzy import score
from workbench.gui.palette import entries, matching
from workbench.gui.session import Session
from workbench.gui.window import MainWindow
from workbench.store.store import Store

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def test_the_palette_finds_and_does(qtbot: QtBot, window: MainWindow) -> None:
    QTest.keyClick(window, KEY.Key_K, CTRL)
    box = window.palette_box
    assert box.isVisible() and box.field.hasFocus()
    QTest.keyClicks(box.field, "goset")
    assert box.list.currentIndex().data() == "Go to Settings"
    QTest.keyClick(box.field, KEY.Key_Return)
    assert not box.isVisible() and window.current == "settings"


def test_the_canvas_has_the_keys_again_behind_the_palette_and_in_a_new_model(window: MainWindow) -> None:
    QTest.keyClick(window, KEY.Key_2, CTRL)
    view = window.view("design")
    assert isinstance(view, DesignView)
    box = window.palette_box
    for command, last in (("zoom", KEY.Key_Escape), ("zoom in", KEY.Key_Return)):
        QTest.keyClick(view.canvas, KEY.Key_K, CTRL)
        QTest.keyClicks(box.field, command)
        QTest.keyClick(box.field, last)
        assert not box.isVisible() and window.focusWidget() is view.canvas
    QTest.mouseClick(window.top.search, Qt.MouseButton.LeftButton)
    QTest.keyClick(box.field, KEY.Key_Escape)
    assert window.focusWidget() is view.canvas
    window.session.message.emit("All is well.", "info")
    close = next(button for button in window.messages.findChildren(QToolButton) if button.isVisible())
    QTest.mouseClick(close, Qt.MouseButton.LeftButton)
    assert window.messages.isHidden() and window.focusWidget() is view.canvas
    QTest.keyClick(view.canvas, KEY.Key_N, CTRL)
    assert window.focusWidget() is view.canvas


def test_the_palette_is_driven_by_keys_and_closes(qtbot: QtBot, window: MainWindow) -> None:
    window.open_palette()
    box = window.palette_box
    first = box.list.currentIndex().row()
    QTest.keyClick(box.field, KEY.Key_Down)
    assert box.list.currentIndex().row() == first + 1
    QTest.keyClick(box.field, KEY.Key_Up)
    QTest.keyClick(box.field, KEY.Key_Up)
    assert box.list.currentIndex().row() == box.list.model().rowCount() - 1
    QTest.keyClicks(box.field, "zzzz")
    assert box.list.isHidden() and box.isVisible()
    QTest.keyClick(box.field, KEY.Key_Escape)
    assert not box.isVisible()
    window.open_palette()
    QTest.mouseClick(window.status, Qt.MouseButton.LeftButton)
    assert not box.isVisible()


def test_the_palette_knows_templates_models_and_nodes(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    session.do(SetName("my-own-net"))
    session.save()
    qtbot.waitUntil(lambda: bool(session.models), timeout=3000)
    added: list[str] = []
    offered = entries(session, "design", added.append)
    assert matching("my own", offered)[0].kind == "Model"
    assert matching("lenet", offered)[0].kind == "Template"
    found = matching("conv2d", offered)[0]
    assert found.kind == "Node"
    found.run()
    assert added == ["Conv2d"]
    assert not [entry for entry in entries(session, "home", None) if entry.kind == "Node"]


def test_the_palette_finds_runs_by_the_word(
    qtbot: QtBot,
    no_jobs: None,
    session: Session,
    window: MainWindow,
    record: Callable[..., int],
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "experiments.db")
    run = record(store, "lenet5")
    store.close()
    qtbot.waitUntil(lambda: bool(session.runs), timeout=5000)
    titles = [entry.title for entry in matching("run", entries(session, "home", None))]
    assert "Go to Runs" in titles and f"lenet5 #{run}" in titles


@pytest.mark.parametrize(
    ("query", "better", "worse"),
    [
        ("conv", "Convolution (2d)", "Go to Compare"),
        ("go run", "Go to Runs", "Go to Design"),
        ("relu", "ReLU", "Residual unit"),
        ("mha", "Multi-head attention", "Mathematics"),
        ("run", "Go to Runs", "Prune"),
    ],
)
def test_the_better_fit_comes_first(query: str, better: str, worse: str) -> None:
    assert score(query, better) > score(query, worse)


def test_what_does_not_fit_is_not_found() -> None:
    assert score("xyz", "Go to Runs") == 0
    assert score("run zz", "Go to Runs") == 0
