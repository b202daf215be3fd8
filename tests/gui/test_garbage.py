"""Widgets that nobody holds any more are destroyed when it is safe: a crash would end another process here."""

import subprocess
import sys

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
