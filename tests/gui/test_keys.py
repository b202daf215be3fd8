"""Keys that a person chose: in the settings, in force at once everywhere, remembered, never two for one key."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from workbench.core.document import Node
from workbench.core.edits import AddNode
from workbench.gui.action_table import ACTIONS, BY_ID, groups
from workbench.gui.actions import keymap, keys, tooltip
from workbench.gui.design.view import DesignView
from workbench.gui.keys import FIXED, readable
from workbench.gui.palette import entries
from workbench.gui.session import Session
from workbench.gui.settings.key_table import KeyField
from workbench.gui.settings.keys import KeysSection
from workbench.gui.settings.preferences import Preferences
from workbench.gui.settings.view import SettingsView
from workbench.gui.window import MainWindow

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton
KEY = Qt.Key


@pytest.fixture(autouse=True)
def usual_keys() -> Iterator[None]:
    yield
    keymap.reset_all()


@pytest.fixture
def section(qtbot: QtBot, window: MainWindow) -> KeysSection:
    window.show_view("settings")
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    view = window.view("settings")
    assert isinstance(view, SettingsView)
    view.ensureWidgetVisible(view.keys)
    return view.keys


@pytest.fixture
def view(window: MainWindow) -> DesignView:
    window.show_view("design")
    view = window.view("design")
    assert isinstance(view, DesignView)
    view.canvas.setFocus()
    return view


def row_of(section: KeysSection, id: str) -> int:
    return next(row for row, line in enumerate(section.table.keys.lines) if line.action is BY_ID[id])


def press_on(section: KeysSection, id: str, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    """Click the keys of an action and press others."""
    table = section.table
    index = table.keys.index(row_of(section, id), 1)
    table.scrollTo(index)
    QTest.mouseClick(table.viewport(), LEFT, NONE, table.visualRect(index).center())
    field = QApplication.focusWidget()
    assert isinstance(field, KeyField)
    QTest.keyClick(field, key, held)


def said_by(section: KeysSection) -> str:
    return section.note.text()


# ------------------------------------------------------------- choosing


def test_a_click_and_the_new_keys_are_all_it_takes(
    qtbot: QtBot, window: MainWindow, session: Session, section: KeysSection
) -> None:
    press_on(section, "runs", KEY.Key_R, ALT)
    assert said_by(section) == "Alt+R is “Go to Runs” now." and keys("runs") == "Alt+R"
    QTest.keyClick(section.table, KEY.Key_R, ALT)
    assert window.current == "runs"
    window.show_view("home")
    QTest.keyClick(window, KEY.Key_3, CTRL)
    assert window.current == "home", "the usual keys do nothing any more"
    path = session.preferences.path
    qtbot.waitUntil(lambda: path.exists() and json.loads(path.read_text())["keys"] == {"runs": "Alt+R"})


def test_chosen_keys_are_those_of_the_next_start(
    session: Session, section: KeysSection, tmp_path: Path, qtbot: QtBot
) -> None:
    press_on(section, "runs", KEY.Key_R, ALT)
    path = session.preferences.path
    qtbot.waitUntil(lambda: path.exists() and "Alt+R" in path.read_text())
    keymap.reset_all()
    Session(tmp_path / "experiments.db", Preferences.load(path))
    assert keys("runs") == "Alt+R"
    Session(tmp_path / "experiments.db", Preferences(tmp_path / "other.json"))
    assert keys("runs") == "Ctrl+3"


@pytest.mark.parametrize(
    ("key", "held", "written"),
    [
        (KEY.Key_Tab, NONE, "Tab"),
        (KEY.Key_Return, NONE, "Return"),
        (KEY.Key_Backspace, ALT, "Alt+Backspace"),
        (KEY.Key_F9, SHIFT, "Shift+F9"),
        (KEY.Key_K, CTRL | SHIFT | ALT, "Ctrl+Alt+Shift+K"),
        (KEY.Key_Plus, ALT, "Alt++"),
        (KEY.Key_Exclam, SHIFT, "!"),
    ],
)
def test_any_keys_can_be_chosen(
    section: KeysSection, key: Qt.Key, held: Qt.KeyboardModifier, written: str
) -> None:
    press_on(section, "run_compare", key, held)
    taken = [written == keymap.of("run_compare"), written in said_by(section)]
    assert any(taken), (keymap.of("run_compare"), said_by(section))


def test_escape_leaves_the_keys_and_modifiers_alone_are_waited_for(section: KeysSection) -> None:
    press_on(section, "runs", KEY.Key_Control)
    field = section.table.findChild(KeyField)
    assert field is not None and field.isVisible()
    QTest.keyClick(field, KEY.Key_Escape)
    assert keys("runs") == "Ctrl+3" and not field.isVisible()


def test_the_table_is_worked_by_keys(section: KeysSection) -> None:
    table = section.table
    table.setFocus()
    table.setCurrentIndex(table.keys.index(row_of(section, "runs"), 1))
    QTest.keyClick(table, KEY.Key_Return)
    field = table.findChild(KeyField)
    assert field is not None
    QTest.keyClick(field, KEY.Key_F9)
    assert keys("runs") == "F9"
    table.setFocus()
    QTest.keyClick(table, KEY.Key_Delete)
    assert keys("runs") == "" and said_by(section) == "“Go to Runs” has no keys now."


def test_the_table_finds_by_name_by_help_and_by_keys(section: KeysSection) -> None:
    def found(query: str) -> list[str]:
        section.search.clear()
        QTest.keyClicks(section.search, query)
        return [line.action.id for line in section.table.keys.lines if line.action]

    assert found("") == [action.id for _, actions in groups() for action in actions]
    assert "align_left" in found("align") and "undo" not in found("align")
    assert found("Ctrl+D") == ["duplicate"]
    assert found("zzzz") == [] and "No action" in said_by(section)


# ------------------------------------------------------------- conflicts


def test_keys_of_another_action_are_refused_and_swapped_on_request(section: KeysSection) -> None:
    press_on(section, "bypass", KEY.Key_M, CTRL)
    assert "Ctrl+M is the key of “Mute”" in said_by(section)
    assert (keys("bypass"), keys("mute")) == ("Ctrl+B", "Ctrl+M")
    assert section.swap.isVisible()
    QTest.mouseClick(section.leave, LEFT)
    assert not section.swap.isVisible() and keys("bypass") == "Ctrl+B"
    press_on(section, "bypass", KEY.Key_M, CTRL)
    QTest.mouseClick(section.swap, LEFT)
    assert (keys("bypass"), keys("mute")) == ("Ctrl+M", "Ctrl+B")
    assert said_by(section) == "Ctrl+M is “Bypass” now; “Mute” has Ctrl+B."


def test_keys_may_mean_different_things_in_different_places() -> None:
    assert keymap.rivals("run_compare", "Ctrl+B") == []
    assert keymap.rivals("run_compare", "Ctrl+K") == ["palette"], "what works everywhere works there, too"
    assert set(keymap.rivals("palette", "Return")) == {"enter_block", "run_open"}


def test_a_swap_leaves_no_keys_twice() -> None:
    keymap.swap("palette", "Return")
    assert keys("palette") == "Return" and keys("enter_block") == keys("run_open") == "Ctrl+K"
    keymap.swap("bypass", "Return")
    for action in ACTIONS:
        assert not keymap.rivals(action.id, keymap.of(action.id))


def test_who_cannot_have_the_other_keys_has_none_after_a_swap(section: KeysSection) -> None:
    keymap.give("run_compare", "Ctrl+B")
    press_on(section, "bypass", KEY.Key_K, CTRL)
    QTest.mouseClick(section.swap, LEFT)
    assert (keys("bypass"), keys("palette"), keys("run_compare")) == ("Ctrl+K", "", "Ctrl+B")
    assert said_by(section) == "Ctrl+K is “Bypass” now; “Search everything” has none."


def test_keys_that_the_window_needs_are_not_given_away(section: KeysSection) -> None:
    press_on(section, "bypass", KEY.Key_Left)
    assert "moves the selection on the canvas and cannot be given to “Bypass”" in said_by(section)
    assert keys("bypass") == "Ctrl+B"
    for fixed, places, _ in FIXED:
        for key in fixed:
            assert readable(key) == key
            for action in ACTIONS:
                if action.place in places:
                    assert key not in keymap.all_of(action.id)


def test_one_and_all_get_their_usual_keys_again(
    section: KeysSection, window: MainWindow, session: Session
) -> None:
    press_on(section, "bypass", KEY.Key_F9)
    press_on(section, "mute", KEY.Key_F10)
    assert section.reset.isEnabled()
    QTest.mouseClick(section.reset, LEFT)
    assert (keys("bypass"), keys("mute")) == ("F9", "Ctrl+M") and not section.reset.isEnabled()
    QTest.mouseClick(section.reset_all, LEFT)
    assert keys("bypass") == "Ctrl+B" and not section.reset_all.isEnabled()
    QTest.mouseClick(window.messages.button, LEFT)
    assert keys("bypass") == "F9" and session.preferences.keys == {"bypass": "F9"}


def test_the_usual_keys_are_asked_for_where_another_has_them_now(section: KeysSection) -> None:
    press_on(section, "bypass", KEY.Key_F9)
    press_on(section, "mute", KEY.Key_B, CTRL)
    assert keys("mute") == "Ctrl+B"
    section.table.setCurrentIndex(section.table.keys.index(row_of(section, "bypass"), 1))
    QTest.mouseClick(section.reset, LEFT)
    assert "Ctrl+B is the key of “Mute”" in said_by(section)
    QTest.mouseClick(section.swap, LEFT)
    assert (keys("bypass"), keys("mute")) == ("Ctrl+B", "F9")


# ------------------------------------------------------------- in force everywhere at once


def test_shortcuts_menus_tooltips_sheet_and_palette_follow_at_once(
    window: MainWindow, session: Session, view: DesignView
) -> None:
    button = window.activity.buttons["runs"]
    zoom = next(each for each in view.findChildren(QToolButton) if each.toolTip() == tooltip("zoom_in"))
    window.sheet.open()
    window.sheet.close_up()
    keymap.give("runs", "F9")
    keymap.give("zoom_in", "F8")
    keymap.give("palette", "F7")
    assert session.actions.get("runs").shortcut() == QKeySequence("F9")
    assert session.actions.get("zoom_in").shortcuts() == [QKeySequence("F8")]
    assert button.toolTip() == "Every training, live and past (F9)"
    assert zoom.toolTip() == "Larger (F8)"
    assert window.top.search.text().endswith("F7") and "(F7)" in window.top.search.toolTip()
    assert {entry.title: entry.keys for entry in entries(session, "design", None)}["Zoom in"] == "F8"
    window.sheet.open()
    shown = {label.text() for label in window.sheet.findChildren(QLabel) if label.property("role") == "key"}
    assert {"F7", "F8", "F9"} <= shown and "Ctrl+3" not in shown


def test_a_view_that_is_made_later_has_the_chosen_keys(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    keymap.give("undo", "F9")
    window.show_view("design")
    session.do(AddNode(Node("relu9", "ReLU")))
    view = window.view("design")
    assert isinstance(view, DesignView)
    view.canvas.setFocus()
    QTest.keyClick(view.canvas, KEY.Key_F9)
    assert "relu9" not in session.document.graph.nodes


def test_the_other_usual_keys_go_with_the_first_choice(session: Session, view: DesignView) -> None:
    assert keymap.all_of("delete") == ["Del", "Backspace"]
    keymap.give("mute", "Backspace")
    assert keymap.all_of("delete") == ["Del"]
    keymap.give("mute", "Ctrl+M")
    keymap.give("delete", "Ctrl+Backspace")
    assert keymap.all_of("delete") == ["Ctrl+Backspace"]
    assert session.actions.get("delete").shortcuts() == [QKeySequence("Ctrl+Backspace")]


# ------------------------------------------------------------- preferences


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({"undo": "Ctrl+Banana"}, "“Undo” keeps Ctrl+Z: “Ctrl+Banana” names no key."),
        ({"undo": "Ctrl+K, Ctrl+C"}, "“Undo” keeps Ctrl+Z: “Ctrl+K, Ctrl+C” names no key."),
        ({"undo": 7}, "“Undo” keeps Ctrl+Z: its keys are not a text."),
        ({"teleport": "Ctrl+T"}, "There is no action “teleport”."),
        ({"mute": "Left"}, "“Mute” keeps Ctrl+M: Left moves the selection"),
        ({"mute": "Ctrl+B"}, "Ctrl+B is the key of “Bypass”, too: “Mute” keeps its usual one."),
        ({"theme_dark": "Ctrl+Banana"}, "“Dark theme” keeps no key: “Ctrl+Banana” names no key."),
        ({"mute": "F9", "bypass": "F9"}, "F9 is the key of “Bypass”, too"),
        ({"mute": "Ctrl+B", "bypass": "Ctrl+M", "pin": "Ctrl+Z"}, "Ctrl+Z is the key of “Undo”, too"),
    ],
)
def test_nonsense_falls_back_with_a_message(
    qtbot: QtBot, tmp_path: Path, wanted: dict[str, object], sentence: str
) -> None:
    path = tmp_path / "window.json"
    path.write_text(json.dumps({"theme": "dark", "keys": {"runs": "Alt+R", **wanted}}), encoding="utf-8")
    session = Session(tmp_path / "experiments.db", Preferences.load(path))
    with qtbot.waitSignal(session.message, timeout=2000) as told:
        pass
    assert told.args is not None
    assert sentence in told.args[0] and told.args[1] == "warning"
    assert keys("runs") == "Alt+R", "the rest stays as it was chosen"
    for action in ACTIONS:
        assert not keymap.rivals(action.id, keymap.of(action.id))


def test_keys_that_are_no_table_at_all_are_the_usual_ones(tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    for nonsense in ('"x"', "7", "[1]", "null"):
        path.write_text(f'{{"keys": {nonsense}}}', encoding="utf-8")
        assert Preferences.load(path).keys == {}


def test_a_fallback_that_meets_a_chosen_key_makes_all_keys_usual() -> None:
    said = keymap.load({"bypass": "Ctrl+Banana", "mute": "Ctrl+B"})
    assert len(said) == 2 and not keymap.rivals("mute", keymap.of("mute"))
    assert (keys("bypass"), keys("mute")) == ("Ctrl+B", "Ctrl+M")


def test_what_buttons_and_hints_say_of_keys_follows(window: MainWindow, view: DesignView) -> None:
    hint = next(label for label in view.overlays.empty.findChildren(QLabel) if "Drag a node" in label.text())
    duplicate = next(
        each for each in view.form.selection.findChildren(QPushButton) if each.text() == "Duplicate"
    )
    assert "press Tab and type" in hint.text()
    assert duplicate.toolTip() == "Copy the nodes beside themselves (Ctrl+D)"
    keymap.give("add_node", "F9")
    keymap.give("duplicate", "F8")
    assert "press F9 and type" in hint.text()
    assert duplicate.toolTip() == "Copy the nodes beside themselves (F8)"
    keymap.give("add_node", "")
    keymap.give("duplicate", "")
    assert "choose “Add a node…” and type" in hint.text()
    assert duplicate.toolTip() == "Copy the nodes beside themselves"
