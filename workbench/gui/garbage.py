"""Python's cycle collection, on the main thread only.  Imports Qt.

Collected in another thread, wrappers of widgets are destroyed behind Qt's back: PySide6 6.11 then deletes a C++
object twice and crashes.  So nothing is collected by itself while a second thread runs Python.
"""

import gc

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

CHECK_MS = 1000


def widgets() -> list[QWidget]:
    """Every widget of the application.

    Qt lists pointers and PySide6 makes Python objects of them one by one.  Were cycles collected in between, a widget
    that nobody holds any more would be destroyed while its pointer still waits in the list: a segmentation fault.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return QApplication.allWidgets()
    finally:
        if collecting:
            gc.enable()


class Garbage(QObject):
    """Between `start` and `stop` collects now and then, as often as Python itself would."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, interval=CHECK_MS)
        self._timer.timeout.connect(self.check)

    def start(self) -> None:
        """From here on nothing is collected except by `check`."""
        self.settle()
        gc.disable()
        self._timer.start()

    def settle(self) -> None:
        """What is there now is taken to stay: looking through all modules and widgets each time is a stall."""
        gc.freeze()

    def stop(self) -> None:
        """Leave it to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def check(self) -> None:
        """Collect the generations that are due."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return
