"""Versions in the window: kept with Ctrl+S, listed beside the history, opened, renamed, deleted."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.gui.audit import RULES
from tests.gui.sessions import RELU, messages_of
from workbench.core.edits import SetName
from workbench.core.variables import SetVariable
from workbench.gui import theme
from workbench.gui.design.bottom import HISTORY
from workbench.gui.design.versions import AUTOMATIC, VersionsPanel
from workbench.gui.design.view import DesignView
from workbench.gui.palette import entries
from workbench.gui.session import Session
from workbench.gui.window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
KEY = Qt.Key
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(qtbot: QtBot, window: MainWindow, session: Session) -> DesignView:
    session.open_template("mlp")
    session.do(SetVariable("width", 8))
    view = window.view("design")
    assert isinstance(view, DesignView)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    view.canvas.setFocus()
    return view


@pytest.fixture
def panel(view: DesignView) -> VersionsPanel:
    """The list, brought up by its keys."""
    QTest.keyClick(view.canvas, KEY.Key_S, CTRL | ALT)
    assert view.bottom.tabs.currentIndex() == HISTORY
    return view.bottom.history.versions


def names(panel: VersionsPanel) -> list[str]:
    return [row.name.full_text() for row in panel.rows]


def keep(qtbot: QtBot, window: MainWindow, view: DesignView, name: str = "") -> None:
    """Ctrl+S, perhaps a name, Enter."""
    count = len(window.session.versions.records)
    view.canvas.setFocus()
    QTest.keyClick(view.canvas, KEY.Key_S, CTRL)
    box = window.version_box
    assert box.isVisible() and box.field.hasFocus() and not box.isWindow()
    if name:
        QTest.keyClicks(box.field, name)
    QTest.keyClick(box.field, KEY.Key_Return)
    assert not box.isVisible() and view.canvas.hasFocus()
    qtbot.waitUntil(lambda: len(window.session.versions.records) == count + 1, timeout=3000)
    rows = view.bottom.history.versions.rows
    if view.bottom.tabs.currentIndex() == HISTORY:
        qtbot.waitUntil(lambda: all(row.isVisible() for row in rows), timeout=1000)


def test_keys_and_enter_keep_a_version(
    qtbot: QtBot, window: MainWindow, view: DesignView, panel: VersionsPanel
) -> None:
    assert panel.keep.hasFocus() and names(panel) == []
    assert any("None yet" in label.text() for label in panel.findChildren(QLabel))
    keep(qtbot, window, view)
    keep(qtbot, window, view, "before the holidays")
    keep(qtbot, window, view)
    assert names(panel) == ["Version 2", "before the holidays", "Version 1"]
    assert "“Version 2” of “mlp” is kept." in window.messages.text()
    assert "nodes · " in panel.rows[0].accessibleName() and "parameters" in panel.rows[0].accessibleName()


def test_the_box_is_not_modal_and_is_left_by_escape_or_a_click(
    qtbot: QtBot, window: MainWindow, view: DesignView, session: Session
) -> None:
    QTest.keyClick(view.canvas, KEY.Key_S, CTRL)
    box = window.version_box
    assert not box.isModal() and box.field.text() == "Version 1"
    box.field.clear()
    assert not box.button.isEnabled()
    QTest.keyClick(box.field, KEY.Key_Return)
    assert box.isVisible(), "a version has a name"
    QTest.keyClick(box.field, KEY.Key_Escape)
    assert not box.isVisible() and view.canvas.hasFocus()
    session.actions.get("save").trigger()
    QTest.mouseClick(view.canvas.viewport(), LEFT)
    assert not box.isVisible()
    session.actions.get("save").trigger()
    QTest.mouseClick(box.button, LEFT)
    qtbot.waitUntil(lambda: len(session.versions.records) == 1, timeout=3000)


def test_a_click_goes_back_and_undo_takes_that_back(
    qtbot: QtBot, window: MainWindow, view: DesignView, panel: VersionsPanel, session: Session
) -> None:
    keep(qtbot, window, view)
    kept = session.document
    session.do(SetVariable("width", 64))
    changed = session.document
    steps = len(session.history.steps())
    row = panel.rows[0]
    QTest.mouseClick(row, LEFT, Qt.KeyboardModifier.NoModifier, row.rect().center())
    qtbot.waitUntil(lambda: session.document == kept, timeout=3000)
    assert session.history.steps()[steps:] == ("Restore “Version 1”",)
    qtbot.waitUntil(lambda: names(panel) == [AUTOMATIC, "Version 1"], timeout=3000)
    QTest.keyClick(view.canvas, KEY.Key_Z, CTRL)
    assert session.document == changed
    panel.rows[1].setFocus()
    QTest.keyClick(panel.rows[1], KEY.Key_Return)
    qtbot.waitUntil(lambda: session.document == kept, timeout=3000)


def test_a_version_is_renamed_in_its_row(
    qtbot: QtBot, window: MainWindow, view: DesignView, panel: VersionsPanel
) -> None:
    keep(qtbot, window, view)
    row = panel.rows[0]
    row.setFocus()
    QTest.keyClick(row, KEY.Key_F2)
    assert row.field.hasFocus() and row.field.selectedText() == "Version 1"
    QTest.keyClicks(row.field, "x")
    QTest.keyClick(row.field, KEY.Key_Escape)
    QTest.keyClick(row.field, KEY.Key_Escape)
    assert not row.field.isVisible() and row.hasFocus() and names(panel) == ["Version 1"]
    QTest.mouseClick(row.rename_button, LEFT)
    QTest.keyClicks(row.field, "the good one")
    QTest.keyClick(row.field, KEY.Key_Return)
    qtbot.waitUntil(lambda: window.session.versions.records[0].name == "the good one", timeout=3000)
    assert names(panel) == ["the good one"]


def test_a_version_is_deleted_and_comes_back(
    qtbot: QtBot, window: MainWindow, view: DesignView, panel: VersionsPanel
) -> None:
    keep(qtbot, window, view, "one")
    keep(qtbot, window, view, "two")
    row = panel.rows[1]
    row.setFocus()
    QTest.keyClick(row, KEY.Key_Delete)
    qtbot.waitUntil(lambda: names(panel) == ["two"], timeout=3000)
    assert window.messages.text() == "The version “one” was deleted."
    qtbot.waitUntil(lambda: panel.rows[0].hasFocus(), timeout=3000)
    QTest.mouseClick(window.messages.button, LEFT)
    qtbot.waitUntil(lambda: names(panel) == ["two", "one"], timeout=3000)


def test_arrows_walk_through_the_rows_and_escape_leaves_them(
    qtbot: QtBot, window: MainWindow, view: DesignView, panel: VersionsPanel
) -> None:
    keep(qtbot, window, view, "one")
    keep(qtbot, window, view, "two")
    QTest.keyClick(view.canvas, KEY.Key_S, CTRL | ALT)
    first, second = panel.rows
    assert first.hasFocus()
    QTest.keyClick(first, KEY.Key_Down)
    assert second.hasFocus()
    QTest.keyClick(second, KEY.Key_Up)
    assert first.hasFocus()
    QTest.keyClick(first, KEY.Key_Escape)
    assert view.canvas.hasFocus()


def test_a_version_that_another_window_kept_is_seen_when_one_looks(
    qtbot: QtBot, window: MainWindow, view: DesignView, panel: VersionsPanel, session: Session
) -> None:
    keep(qtbot, window, view, "mine")
    model = session.model_id
    session.call(lambda store: store.add_version(model, store.model_text(model), "theirs"))
    QTest.keyClick(view.canvas, KEY.Key_S, CTRL | ALT)
    qtbot.waitUntil(lambda: names(panel) == ["theirs", "mine"], timeout=3000)


@pytest.mark.usefixtures("dark_again")
@pytest.mark.parametrize("mode", ["dark", "light"])
def test_the_history_and_the_box_pass_the_audit(
    qtbot: QtBot, qapp: QApplication, window: MainWindow, view: DesignView, mode: str
) -> None:
    theme.apply(qapp, mode)
    window.resize(1280, 720)
    keep(qtbot, window, view, "before the holidays, with a name that is longer than there is room for it")
    view.session.undo()
    for id in ("history", "versions"):
        window.messages.hide()
        view.session.actions.get(id).trigger()
        qtbot.wait(100)
        panel = view.bottom.history
        assert not [finding for rule in RULES.values() for finding in rule(panel)]
    view.session.actions.get("save").trigger()
    qtbot.wait(50)
    found = [finding for rule in RULES.values() for finding in rule(window.version_box)]
    window.version_box.close_up()
    assert not found


def test_the_palette_offers_history_versions_and_saving(view: DesignView, session: Session) -> None:
    offered = {entry.title: entry.keys for entry in entries(session, "design", None)}
    assert offered["Save a version…"] == "Ctrl+S"
    assert offered["History"] == "Ctrl+H" and offered["Versions…"] == "Ctrl+Alt+S"


def versions_of(session: Session) -> list[str]:
    return [version.name for version in session.versions.records]


def test_a_version_is_kept_and_opened_as_one_step(qtbot: QtBot, session: Session) -> None:
    session.open_template("mlp")
    session.versions.keep(session.versions.suggested())
    qtbot.waitUntil(lambda: versions_of(session) == ["Version 1"], timeout=3000)
    [kept] = session.versions.records
    assert session.model_id and kept.nodes == len(session.document.graph.nodes)
    assert kept.parameters == session.analysis.parameters > 0
    assert session.versions.suggested() == "Version 2"
    begun = session.document
    session.do(SetVariable("extra", 3))
    session.do(SetName("renamed"))
    changed = session.document
    session.versions.open(kept)
    qtbot.waitUntil(lambda: session.history.undo_label == "Restore “Version 1”", timeout=3000)
    assert session.document == replace(begun, name="renamed")
    qtbot.waitUntil(lambda: versions_of(session) == ["", "Version 1"], timeout=3000)
    session.undo()
    assert session.document == changed
    session.versions.open(session.versions.records[0])
    said = messages_of(session)
    qtbot.waitUntil(lambda: bool(said), timeout=3000)
    assert "is as it was" in said[0][0] and session.document == changed


def test_versions_are_renamed_deleted_and_belong_to_their_model(qtbot: QtBot, session: Session) -> None:
    session.do(RELU)
    session.versions.keep("one")
    qtbot.waitUntil(lambda: versions_of(session) == ["one"], timeout=3000)
    session.versions.rename(session.versions.records[0], "uno")
    qtbot.waitUntil(lambda: versions_of(session) == ["uno"], timeout=3000)
    with qtbot.waitSignal(session.offered, timeout=3000) as offered:
        session.versions.delete(session.versions.records[0])
    qtbot.waitUntil(lambda: versions_of(session) == [], timeout=3000)
    assert offered.args is not None and offered.args[0] == "The version “uno” was deleted."
    offered.args[2]()
    qtbot.waitUntil(lambda: versions_of(session) == ["uno"], timeout=3000)
    session.new_model()
    assert versions_of(session) == []
