"""What holds for every test: no screen, no real home, nothing left behind. May import pytest and Qt only."""

import gc
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports Qt, also where the caller has a screen and asks for another platform.
os.environ["QT_QPA_PLATFORM"] = "offscreen"

# Before anything asks for them: no test, and no program that a test starts, touches a person's real folders.
_HOME = Path(tempfile.mkdtemp(prefix="workbench-home-"))
for _name, _folder in {
    "HOME": "",
    "XDG_DATA_HOME": "data",
    "XDG_CONFIG_HOME": "config",
    "XDG_CACHE_HOME": "cache",
    "XDG_STATE_HOME": "state",
}.items():
    os.environ[_name] = str(_HOME / _folder)


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """A test fails that leaves a thread running or a window on the screen."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 2
    while left := [t for t in threading.enumerate() if t not in before and not t.daemon and t.is_alive()]:
        if time.monotonic() > deadline:
            pytest.fail(f"threads still run: {[thread.name for thread in left]}")
        time.sleep(0.01)
    if widgets := sys.modules.get("PySide6.QtWidgets"):
        collecting = gc.isenabled()
        gc.disable()  # else a widget could be destroyed while the list of them is being made
        shown = [w for w in widgets.QApplication.topLevelWidgets() if w.isVisible()]
        if collecting:
            gc.enable()
        for widget in shown:
            widget.close()
        assert not shown, f"windows still open: {shown}"
