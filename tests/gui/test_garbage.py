"""Widgets that nobody holds any more are destroyed when it is safe: a crash would end another process here."""

import gc
import subprocess
import sys
import threading
import weakref
from pathlib import Path

from pytestqt.qtbot import QtBot

from workbench.gui.garbage import Garbage
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences

CROWD = """
import gc
from PySide6.QtWidgets import QApplication, QComboBox, QPushButton, QWidget
from workbench.gui.garbage import widgets

class Knot(QWidget):
    def __init__(self):
        super().__init__()
        self.me = lambda: self
        QPushButton("x", self)

app = QApplication([])
kept = QWidget()
for _ in range(20):
    gc.disable()
    for _ in range(60):
        Knot()
    for _ in range(30):
        QComboBox(kept).view()  # of these Qt makes inner widgets for which Python has no object yet
    gc.enable()
    gc.set_threshold(20, 1, 1)
    assert sum(each.isWidgetType() for each in widgets()) > 30
    assert gc.isenabled()
gc.disable()
widgets()
assert not gc.isenabled()
"""


def test_the_list_of_widgets_is_made_while_nothing_is_collected() -> None:
    command = [sys.executable, "-X", "faulthandler", "-c", CROWD]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_what_came_until_the_workspace_was_open_is_not_looked_through_again(
    qtbot: QtBot, tmp_path: Path
) -> None:
    session = Session(tmp_path / "experiments.db", Preferences(tmp_path / "window.json"))
    with qtbot.waitSignal(session.opened, timeout=20_000):
        session.start()
        module = [["what a module holds"]]
    later = [["a widget"]]
    try:
        followed = {id(each) for each in gc.get_objects()}
        assert id(later) in followed and id(module) not in followed
    finally:
        session.close()
        session.deleteLater()


def test_cycles_are_collected_on_the_main_thread_only(session: Session) -> None:
    class Knot(list["Knot"]):
        pass

    untied: list[int] = []
    for _ in range(2000):
        knot = Knot()
        knot.append(knot)
        weakref.finalize(knot, lambda: untied.append(threading.get_ident()))
    del knot
    assert not gc.isenabled() and not untied
    [garbage] = session.findChildren(Garbage)
    garbage.check()
    assert len(untied) == 2000 and set(untied) == {threading.main_thread().ident}
    session.close()
    assert gc.isenabled()
