"""The window: views on demand, shortcuts, run bar, messages; and that torch stays out."""

import json
import logging
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMainWindow,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from workbench.app import catch_errors, crash_report, start_logging
from workbench.core.document import Node
from workbench.core.edits import AddNode, SetName
from workbench.core.files import read
from workbench.gui import theme
from workbench.gui.action_table import ACTIONS
from workbench.gui.design.view import DesignView
from workbench.gui.session import Session
from workbench.gui.taborder import chain, put_in_order
from workbench.gui.window import VIEWS, MainWindow
from workbench.jobs import queue
from workbench.store.records import Point, RunRecord
from workbench.store.store import Store

KEY = Qt.Key
CTRL = Qt.KeyboardModifier.ControlModifier


def test_views_are_made_on_their_first_visit(window: MainWindow) -> None:
    assert list(window.views) == ["home"]
    for view in VIEWS:
        window.activity.buttons[view.id].click()
        assert window.stack.currentWidget() is window.views[view.id]
        assert window.activity.buttons[view.id].isChecked()
    assert list(window.views) == [view.id for view in VIEWS]


def test_every_action_of_the_table_can_be_done(window: MainWindow, session: Session) -> None:
    for view in VIEWS:
        window.show_view(view.id)
    bound = {row.id for view in VIEWS for row, _ in session.actions.bound(view.id)}
    assert bound == {action.id for action in ACTIONS}


def test_no_two_actions_share_their_keys() -> None:
    used = [(action.shortcut, action.place) for action in ACTIONS if action.shortcut]
    everywhere = {keys for keys, place in used if place == "window"}
    assert len(set(used)) == len(used)
    assert not [keys for keys, place in used if place != "window" and keys in everywhere]


def test_keys_switch_views(qtbot: QtBot, window: MainWindow) -> None:
    QTest.keyClick(window, KEY.Key_Comma, CTRL)
    assert window.current == "settings"
    QTest.keyClick(window, KEY.Key_1, CTRL)
    assert window.current == "home"


def test_the_shortcut_sheet_lists_the_table(qtbot: QtBot, window: MainWindow) -> None:
    QTest.keyClicks(window, "?")
    assert window.sheet.isVisible()
    texts = {label.text() for label in window.sheet.findChildren(QLabel)}
    assert {action.text.rstrip("…") for action in ACTIONS if action.shortcut} <= texts
    QTest.keyClick(window.sheet.close_button, KEY.Key_Escape)
    assert not window.sheet.isVisible()


def test_the_theme_is_switched_and_remembered(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    session.actions.get("theme_light").trigger()
    assert theme.current() is theme.LIGHT
    path = session.preferences.path
    qtbot.waitUntil(path.exists, timeout=3000)
    qtbot.waitUntil(lambda: json.loads(path.read_text())["theme"] == "light", timeout=3000)
    session.actions.get("theme_dark").trigger()


def test_the_title_tells_name_and_saved_state(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    session.open_template("lenet5")
    assert window.current == "design"
    assert window.top.title.name.text() == "lenet5"
    session.do(AddNode(Node("relu9", "ReLU")))
    assert window.top.title.detail.full_text() == "saving…"
    session.save()
    qtbot.waitUntil(lambda: window.top.title.detail.full_text() == "saved · revision 1", timeout=3000)
    window.show_view("home")
    assert window.top.title.page.full_text() == "Workbench"


def test_a_model_is_renamed_in_the_bar(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    session.new_model()
    QTest.keyClick(window, KEY.Key_F2, Qt.KeyboardModifier.ShiftModifier)
    field = window.top.title.field
    assert field.isVisible()
    QTest.keyClicks(field, "better-name")
    QTest.keyClick(field, KEY.Key_Return)
    assert session.document.name == "better-name" and not field.isVisible()
    assert "better-name" in window.windowTitle()
    view = window.view("design")
    assert isinstance(view, DesignView) and window.focusWidget() is view.canvas
    session.undo()
    assert window.top.title.name.text() != "better-name"
    QTest.keyClick(window, KEY.Key_F2, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(field, "worse-name")
    QTest.keyClick(field, KEY.Key_Escape)
    assert not field.isVisible() and "worse" not in session.document.name
    assert window.focusWidget() is view.canvas
    QTest.mouseClick(window.top.title.name, Qt.MouseButton.LeftButton)
    QTest.keyClick(field, KEY.Key_Escape)
    assert not field.isVisible() and window.focusWidget() is view.canvas


def test_a_name_that_is_too_long_stays_in_the_bar_with_the_reason(
    window: MainWindow, session: Session
) -> None:
    session.new_model()
    before = session.document
    title, endless = window.top.title, "x" * 201
    for end in (KEY.Key_Return, KEY.Key_Tab):
        session.actions.get("rename_model").trigger()
        title.field.setText(endless)
        QTest.keyClick(title.field, end)
        assert session.document is before and title.field.isVisible()
        assert title.field.text() == endless and title.field.property("wrong")
        assert title.detail.full_text() == "A model's name has 1 to 200 characters."
    title.field.setFocus()
    QTest.keyClick(title.field, KEY.Key_Escape)
    assert not title.field.isVisible() and not title.field.property("wrong")
    assert title.name.text() == before.name and "200" not in title.detail.full_text()
    session.actions.get("rename_model").trigger()
    title.field.setText(endless)
    QTest.keyClick(title.field, KEY.Key_Return)
    title.field.setText("short")
    QTest.keyClick(title.field, KEY.Key_Return)
    assert session.document.name == "short" and not title.field.isVisible()


def test_a_name_that_is_being_typed_is_not_for_another_model(window: MainWindow, session: Session) -> None:
    session.new_model()
    session.actions.get("rename_model").trigger()
    window.top.title.field.setText("x" * 201)
    session.open_template("mlp")
    assert window.top.title.field.isHidden() and window.top.title.name.text() == "mlp"


def test_the_run_bar_trains(
    qtbot: QtBot, window: MainWindow, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "ensure_runner", lambda store: None)
    session.open_template("mlp")
    bar = window.top.run_bar
    bar.epochs.setValue(4)
    assert session.document.training.settings["epochs"] == 4
    session.undo()
    assert bar.epochs.value() != 4
    session.redo()
    with qtbot.waitSignal(session.starter.queued, timeout=10_000) as queued:
        QTest.mouseClick(bar.train, Qt.MouseButton.LeftButton)
    assert queued.args is not None
    run: RunRecord = queued.args[0]
    assert run.epochs == 4
    assert "queued" in window.messages.text()
    qtbot.waitUntil(lambda: "1 queued" in window.status.runs.text(), timeout=3000)


def test_the_device_is_chosen_and_remembered(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    device = window.top.run_bar.device
    assert [device.itemData(index) for index in range(device.count())][0::2][:1] == ["auto"]
    device.setCurrentIndex(device.findData("cpu"))
    device.activated.emit(device.currentIndex())
    assert session.device == "cpu" and session.preferences.device == "cpu"


def test_errors_stay_and_are_not_pushed_away(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    session.message.emit("The disk is full.", "error")
    session.message.emit("All is well.", "info")
    assert window.messages.isVisible() and window.messages.text() == "The disk is full."
    window.messages.hide()
    session.message.emit("All is well.", "info")
    assert window.messages.text() == "All is well."


def test_the_end_of_a_run_is_told(qtbot: QtBot, window: MainWindow, session: Session) -> None:
    store = Store(session.path)
    runs = [
        store.add_run(
            "net", "net", "", "", device="auto", seed=0, epochs=1, parameters=0, dataset="", params={}
        )
        for _ in range(2)
    ]
    qtbot.waitUntil(lambda: len(session.runs) == 2, timeout=3000)
    for run in runs:
        store.claim(run.id, "cpu")
        store.set_state(run.id, "running")
    store.log_points(runs[0].id, [Point("test/accuracy", 1, 1, 0.9, 0.0)])
    store.set_state(runs[0].id, "completed")
    qtbot.waitUntil(lambda: window.messages.text() == "net #1 completed: accuracy 0.9000", timeout=3000)
    window.messages.button.click()
    assert window.current == "runs"
    store.set_state(runs[1].id, "failed", "The machine ran out of memory.")
    qtbot.waitUntil(lambda: "net #2 failed: The machine ran out" in window.messages.text(), timeout=3000)
    assert window.messages.level == "error"
    store.close()


def test_a_failure_is_told_until_its_run_is_opened_or_another_is_queued(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    def fail(number: int) -> RunRecord:
        run = store.add_run(
            "net", "net", "", "", device="auto", seed=0, epochs=1, parameters=0, dataset="", params={}
        )
        qtbot.waitUntil(lambda: len(session.runs) == number, timeout=3000)
        store.claim(run.id, "cpu")
        store.set_state(run.id, "failed", "It is too large.")
        qtbot.waitUntil(lambda: window.messages.text().startswith(f"net #{number} failed"), timeout=3000)
        return store.run(run.id)

    with closing(Store(session.path)) as store:
        first = fail(1)
        window.show_view("home")
        session.message.emit("All is well.", "ok")
        assert window.messages.isVisible() and window.messages.level == "error"
        window.show_view("runs", first.id)
        assert window.messages.isHidden(), "the page of the run says so"
        window.show_view("home")
        fail(2)
        session.starter.queued.emit(replace(first, id=3, name="other"))
        assert window.messages.text() == "other #3 is queued." and window.messages.button.isVisible()
        session.message.emit("The disk is full.", "error")
        session.starter.queued.emit(replace(first, id=4, name="other"))
        assert window.messages.text() == "The disk is full.", "that is no run's"


def test_undo_says_what_it_takes_back(window: MainWindow, session: Session) -> None:
    window.show_view("design")
    assert not session.actions.get("undo").isEnabled()
    session.do(AddNode(Node("relu9", "ReLU")))
    assert session.actions.get("undo").text() == "Undo: Add relu9"
    session.actions.get("undo").trigger()
    assert session.actions.get("redo").isEnabled() and not session.history.can_undo


def test_a_message_lies_over_nothing_and_long_ones_get_more_lines(
    window: MainWindow, session: Session
) -> None:
    session.open_template("mlp")
    window.resize(1280, 720)
    for text in ("All is well.", "A sentence that goes on. " * 20):
        session.message.emit(text, "warning")
        QApplication.processEvents()
        bar = window.messages
        place = bar.mapTo(window, QPoint(0, 0))
        assert window.rect().contains(bar.geometry().translated(place - bar.pos()))
        assert window.stack.mapTo(window, window.stack.rect().bottomLeft()).y() < place.y()
        for pressed in (window.status.runs, bar.button, *bar.findChildren(QToolButton)):
            if pressed.isVisible():
                middle = pressed.mapTo(window, pressed.rect().center())
                assert window.childAt(middle) is pressed
        label = next(label for label in bar.findChildren(QLabel) if label.text() == text)
        assert label.height() >= label.heightForWidth(label.width()) - 1
    tall = window.status.height()
    window.messages.hide()
    QApplication.processEvents()
    assert window.status.height() < tall and window.status.load.isVisible()


def test_a_model_whose_dataset_is_still_to_be_chosen_goes_to_it(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    session.open_template("resnet18")
    session.starter.train()
    assert window.messages.text().startswith("Not ready to train. data: no dataset is chosen yet")
    view = window.view("design")
    assert isinstance(view, DesignView)
    qtbot.waitUntil(lambda: view.canvas.drawing.selection == ["data"], timeout=3000)
    assert session.open_model_now.id == 0, "nothing was saved or queued"
    session.open_template("mlp")
    assert window.messages.isHidden()


def test_not_ready_to_train_is_taken_back_when_it_holds_no_longer(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    session.new_model()
    session.do(AddNode(Node("relu1", "ReLU")))
    session.starter.train()
    assert window.messages.isVisible() and window.messages.text().startswith("Not ready to train.")
    session.do(SetName("still-not-ready"))
    session.analyse_now()
    assert window.messages.isVisible()
    session.open_template("mlp")
    assert window.messages.isHidden()
    session.new_model()
    session.do(AddNode(Node("relu1", "ReLU")))
    session.starter.train()
    assert window.messages.isVisible()
    session.undo()
    session.analyse_now()
    first = window.messages.text()
    assert window.messages.isHidden() or first in {str(problem) for problem in session.analysis.problems}
    session.do(AddNode(Node("relu1", "ReLU")))
    session.starter.train()
    session.message.emit("Something else.", "warning")
    session.open_template("mlp")
    assert window.messages.isVisible() and window.messages.text() == "Something else."


def test_a_copy_is_written_to_a_file(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    session.open_template("gan")
    window.ask_export()
    [dialog] = window.findChildren(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "copy.json"))
    dialog.close()
    qtbot.waitUntil(lambda: (tmp_path / "copy.json").exists(), timeout=3000)
    assert read(tmp_path / "copy.json") == session.document


def test_an_exception_in_a_slot_is_said_and_logged(
    window: MainWindow, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr("threading.excepthook", None)
    monkeypatch.setattr("faulthandler.enable", lambda file: None)  # pytest's own stays in force
    crashes = start_logging(tmp_path / "logs")
    catch_errors(lambda text: session.message.emit(text, "error"), tmp_path / "logs")
    try:
        raise RuntimeError("a wire came loose")
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert "a wire came loose" in window.messages.text() and window.isVisible()
    assert "a wire came loose" in (tmp_path / "logs" / "window.log").read_text(encoding="utf-8")
    crashes.close()
    log = logging.getLogger("workbench")
    for handler in list(log.handlers):
        log.removeHandler(handler)
        handler.close()


def test_a_crash_is_told_once(tmp_path: Path) -> None:
    assert crash_report(tmp_path) is None
    crash = "import faulthandler, os, sys; from workbench.app import start_logging; from pathlib import Path;"
    crash += "kept = start_logging(Path(sys.argv[1])); os.kill(os.getpid(), 11)"
    subprocess.run([sys.executable, "-c", crash, str(tmp_path)], check=False, timeout=60)
    report = crash_report(tmp_path)
    assert report is not None and "Segmentation fault" in report.read_text(encoding="utf-8")
    assert crash_report(tmp_path) is None


def test_the_window_remembers_its_size(window: MainWindow, session: Session) -> None:
    window.resize(1111, 777)
    window.close()
    data = json.loads(session.preferences.path.read_text())
    assert (data["width"], data["height"]) == (1111, 777)


PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
app = QApplication([])
from workbench import app as program
from workbench.gui.window import VIEWS, MainWindow
def leave():
    window = next(w for w in app.topLevelWidgets() if isinstance(w, MainWindow))
    window.session.open_template("gan")
    for view in VIEWS:
        window.show_view(view.id)
    app.processEvents()
    print(sorted({name.split(".")[0] for name in sys.modules} & {"torch", "torch_geometric", "pandas", "sklearn"}))
    window.close()
QTimer.singleShot(1500, leave)
QTimer.singleShot(30_000, app.quit)
here = Path(sys.argv[1])
sys.exit(program.main(here / "experiments.db", preferences=here / "window.json", logs=here / "logs"))
"""


def test_the_program_opens_shows_every_view_and_never_imports_torch(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
    assert (tmp_path / "experiments.db").exists()


def test_tab_visits_late_widgets_in_their_place(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.setCentralWidget(page := QWidget())
    column = QVBoxLayout(page)
    first, last, between = QLineEdit(), QLineEdit(), QLineEdit()
    for field in (first, last):
        column.addWidget(field)
    column.insertWidget(1, between)
    window.show()
    assert chain(window) == [first, last, between]
    put_in_order(window)
    assert chain(window) == [first, between, last]


def test_tab_goes_round_the_window(qtbot: QtBot, window: MainWindow) -> None:
    window.activateWindow()
    window.top.search.setFocus()
    visited: list[QWidget] = []
    for _ in range(200):
        at = QApplication.focusWidget()
        assert at is not None
        QTest.keyClick(at, KEY.Key_Tab)
        visited.extend(widget for widget in (QApplication.focusWidget(),) if widget is not None)
        if visited[-1] is window.top.search:
            break
    assert visited[-1] is window.top.search
    assert visited[:-1] == chain(window)[1:]
    assert window.status.runs in visited
    home = window.activity.buttons["home"]
    assert home in visited  # the other views by arrow keys: they are one choice
    home.setFocus()
    QTest.keyClick(home, KEY.Key_Down)
    assert window.activity.buttons["data"].hasFocus()


def test_none_survives_many_calls_into_qt(qapp: QApplication) -> None:
    """PySide6 6.12.0 lost a reference to None at every void call."""
    before = sys.getrefcount(None)
    for _ in range(1000):
        qapp.processEvents()
    assert sys.getrefcount(None) > before - 500
