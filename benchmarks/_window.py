"""Lets a window live until something holds, and tells its longest stall.  Imports Qt."""

import time
from collections.abc import Callable

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication


def until(holds: Callable[[], bool]) -> float:
    """Runs the window until something holds, and gives how long its longest stall was, in seconds."""
    longest = 0.0
    while not holds():
        begun = time.perf_counter()
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
        longest = max(longest, time.perf_counter() - begun)
        time.sleep(0.001)
    return longest
