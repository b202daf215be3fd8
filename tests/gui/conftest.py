"""A session on a workspace of its own, and a window around it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.gui import theme
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences
from workbench.gui.window import MainWindow


@pytest.fixture
def session(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Session]:
    theme.apply(qapp, "dark")
    made = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    with qtbot.waitSignal(made.devices_found, timeout=20_000):
        made.start()
    yield made
    made.close()


@pytest.fixture
def window(qtbot: QtBot, session: Session) -> Iterator[MainWindow]:
    made = MainWindow(session)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
