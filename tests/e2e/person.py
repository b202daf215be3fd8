"""A person at the real program: opens the window on a workspace and acts with mouse and keyboard.

`python person.py WORKSPACE FOLDER ACT` runs the program as `workbench` does. What was seen is told as lines of JSON on
stdout. It is a script, run by test_program.py in a process of its own, so that the process can be killed.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from workbench.app import main
from workbench.gui.window import MainWindow

LOOK_MS = 50
Steps = Iterator[bool]  # each step says whether to go on at once; False waits and looks again


def tell(**seen: object) -> None:
    """One line for the test."""
    print(json.dumps(seen), flush=True)


def window() -> MainWindow | None:
    """The program's window, once it is on the screen."""
    widgets = QApplication.topLevelWidgets()
    return next((w for w in widgets if isinstance(w, MainWindow) and w.isVisible()), None)


def click(widget: QWidget) -> None:
    """Presses and releases the left button in the middle of a widget."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def named(parent: QWidget, name: str) -> QWidget:
    """The visible widget with an accessible name."""
    found = [w for w in parent.findChildren(QWidget) if w.accessibleName() == name and w.isVisible()]
    assert found, f"no visible widget is named {name}"
    return found[0]


def ready() -> Steps:
    """Waits until the window is there and the workspace is open."""
    while (shown := window()) is None or not shown.session.is_open:
        yield False


def train() -> Steps:
    """Opens LeNet-5 from its card, makes the run long, presses Train, watches the first epochs, stays open."""
    yield from ready()
    shown = window()
    assert shown is not None
    click(named(shown, "LeNet-5"))
    while shown.session.document.name != "lenet5":
        yield False
    while not shown.top.run_bar.epochs.isVisible():
        yield False
    epochs = shown.top.run_bar.epochs
    epochs.setFocus()
    epochs.selectAll()
    QTest.keyClicks(epochs, "6")
    QTest.keyClick(epochs, Qt.Key.Key_Return)
    while shown.session.document.training.settings["epochs"] != 6 or not shown.session.analysis.ok:
        yield False
    click(shown.top.run_bar.train)
    while not (shown.session.runs and shown.session.runs[0].epoch >= 1):
        yield False
    run = shown.session.runs[0]
    tell(run=run.id, state=run.state, epoch=run.epoch, torch="torch" in sys.modules)
    while True:
        yield False


def look() -> Steps:
    """Opens the window again: is everything found? Then closes it."""
    yield from ready()
    shown = window()
    assert shown is not None
    while not shown.session.runs or shown.session.document.name != "lenet5":
        yield False
    shown.show_view("runs")
    while not any(shown.session.summaries.values()):
        yield False
    run = shown.session.runs[0]
    model = shown.views["runs"].model  # type: ignore[attr-defined]
    tell(
        run=run.id,
        state=run.state,
        epochs=shown.session.document.training.settings["epochs"],
        rows=model.rowCount(),
        torch="torch" in sys.modules,
    )
    shown.close()


class Person:
    """Does the steps of an act, a little after one another."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.timer = QTimer(interval=LOOK_MS)
        self.timer.timeout.connect(self.act)
        self.timer.start()

    def act(self) -> None:
        try:
            while next(self.steps):
                pass
        except StopIteration:
            self.timer.stop()
        except BaseException as error:
            tell(error=repr(error))
            raise


if __name__ == "__main__":
    workspace, folder = Path(sys.argv[1]), Path(sys.argv[2])
    app = QApplication(sys.argv[:1])
    person = Person({"train": train, "look": look}[sys.argv[3]]())
    sys.exit(main(workspace, preferences=folder / "window.json", logs=folder / "logs"))
