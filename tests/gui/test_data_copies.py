"""The settings tell how much room decoded copies take, limit it, and clear them."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from workbench.gui.session import Session
from workbench.gui.settings.data_copies import CopiesSection
from workbench.gui.settings.view import SettingsView
from workbench.gui.window import MainWindow
from workbench.jobs.datasets import FOLDER, LIMIT_SETTING
from workbench.store.store import Store


def copy(store: Store, name: str, size: int) -> Path:
    """A folder like that of a decoded copy."""
    folder = store.files / FOLDER / name
    folder.mkdir(parents=True)
    (folder / "image.npy").write_bytes(bytes(size))
    return folder


def section(qtbot: QtBot, window: MainWindow) -> CopiesSection:
    folders: list[Path] = []
    window.session.call(lambda store: copy(store, "a", 2_000_000), folders.append)
    qtbot.waitUntil(lambda: bool(folders))
    window.show_view("settings")
    view = window.view("settings")
    assert isinstance(view, SettingsView)
    qtbot.waitUntil(lambda: view.copies.used.text() == "2 MB")
    return view.copies


def test_the_room_taken_is_told_and_cleared(qtbot: QtBot, window: MainWindow) -> None:
    copies = section(qtbot, window)
    assert copies.limit.value() == 20
    with qtbot.waitSignal(window.session.message) as said:
        QTest.mouseClick(copies.clear, Qt.MouseButton.LeftButton)
    assert said.args == ["Decoded copies are cleared: 2 MB are free again.", "ok"]
    qtbot.waitUntil(lambda: copies.used.text() == "none" and not copies.clear.isEnabled())


def test_the_limit_is_kept_with_the_workspace(qtbot: QtBot, session: Session, window: MainWindow) -> None:
    copies = section(qtbot, window)
    copies.limit.setFocus()
    copies.limit.selectAll()
    QTest.keyClicks(copies.limit, "7")
    QTest.keyClick(copies.limit, Qt.Key.Key_Return)
    found: list[object] = []
    session.call(lambda store: store.setting(LIMIT_SETTING), found.append)
    qtbot.waitUntil(lambda: bool(found))
    assert found == [7.0]
    assert copies.used.text() == "2 MB"
