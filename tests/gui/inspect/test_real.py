"""The Inspect view with the real service: what it says to a small network that was really trained."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.drawing import draw
from tests.engine.conftest import Trained
from workbench.gui.inspect.predict import PredictPage
from workbench.gui.inspect.view import InspectView
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.gui.window import MainWindow
from workbench.store.store import Store

WAIT = 60_000
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
SMALL = """
    data Dataset dataset=digits
    conv Conv2d out_channels=4 kernel_size=3 < data.image
    relu ReLU < conv
    flat Flatten < relu
    fc Linear out_features=10 < flat
    loss CrossEntropyLoss < fc data.label
    accuracy Accuracy < fc data.label
"""


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A window on a workspace in which one small network was trained for an epoch."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    store = Store(tmp_path / "experiments.db")
    run = Trained(store).run(draw(SMALL, name="small", epochs=1, batch_size=64))
    store.close()
    torch.set_num_threads(threads)
    assert run.state == "completed", run.cause
    session = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    made = MainWindow(session)
    qtbot.addWidget(made)
    made.resize(1280, 720)
    made.show()
    session.start()
    qtbot.waitUntil(lambda: len(session.runs) == 1, timeout=WAIT)
    yield made
    made.close()


def test_a_trained_network_is_looked_into(qtbot: QtBot, window: MainWindow) -> None:
    window.show_view("runs", 1)
    runs: Any = window.view("runs")
    runs.table.setFocus()
    QTest.keyClick(runs.table, Qt.Key.Key_I)
    assert window.current == "inspect"
    view = window.view("inspect")
    assert isinstance(view, InspectView)
    qtbot.waitUntil(lambda: view.subject is not None, timeout=WAIT)
    shown = [view.tabs.tabText(place) for place in range(view.tabs.count()) if view.tabs.isTabVisible(place)]
    assert shown == ["Errors", "Predict", "Explain", "Layers", "Map", "Weights"]

    errors: Any = view.pages["Errors"]
    qtbot.waitUntil(lambda: errors.samples.grid.model.rowCount() > 0, timeout=WAIT)
    counts = errors.confusion.matrix.counts
    row, column = max(
        ((r, c) for r in range(10) for c in range(10) if r != c), key=lambda at: counts[at[0]][at[1]]
    )
    wrong = counts[row][column]
    QTest.mouseClick(errors.confusion, LEFT, NONE, errors.confusion.cell(row, column).center().toPoint())
    qtbot.waitUntil(lambda: errors.samples.grid.model.rowCount() == wrong, timeout=WAIT)
    assert all(item["label"].startswith(f"{row} → {column}") for item in errors.samples.grid.model.items)

    errors.samples.grid.choose(0)
    QTest.mouseClick(errors.samples.buttons["Explain"], LEFT)
    explain: Any = view.pages["Explain"]
    qtbot.waitUntil(lambda: all(card.answer for card in explain.cards.values()), timeout=WAIT)
    assert [card.answer["target"] for card in explain.cards.values()] == [column, column]

    predict = view.pages["Predict"]
    assert isinstance(predict, PredictPage)
    view.tabs.setCurrentWidget(predict)
    qtbot.waitUntil(lambda: predict.grid.model.rowCount() > 0, timeout=WAIT)
    predict.grid.choose(2)
    qtbot.waitUntil(lambda: bool(predict.answers.cards), timeout=WAIT)
    assert predict.answers.cards[0].given["top"][0][0] in predict.grid.model.items[2]["label"]
