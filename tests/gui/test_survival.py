"""A window that is killed in the middle of edits: at most two seconds of them are gone, and the next start goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from workbench.core.files import loads
from workbench.store.store import Store

# The whole program; every 20 ms an edit, each of which is told with its time once it is made.
PROGRAM = """
import json, sys, time
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from workbench import app as program
from workbench.core.edits import SetName
from workbench.core.variables import SetVariable
from workbench.gui.window import MainWindow

app = QApplication([])
here, trial = Path(sys.argv[1]), int(sys.argv[2])
timer = QTimer(interval=20)

def say(**what):
    print(json.dumps({**what, "time": time.time()}), flush=True)

def begin():
    session = next(w for w in app.topLevelWidgets() if isinstance(w, MainWindow)).session
    if not session.is_open or (trial and session.model_id == 0):
        return
    timer.timeout.disconnect()
    say(found=session.document.variables.get("count"), name=session.document.name)
    count = session.document.variables.get("count") or 0
    if not trial:
        session.do(SetName("survivor"))

    def edit():
        nonlocal count
        count += 1
        session.do(SetVariable("count", count))
        say(count=count)

    timer.timeout.connect(edit)

timer.timeout.connect(begin)
timer.start()
QTimer.singleShot(60_000, app.quit)
sys.exit(program.main(here / "experiments.db", preferences=here / "window.json", logs=here / "logs"))
"""


def killed_after(folder: Path, trial: int, seconds: float) -> tuple[list[dict[str, Any]], float]:
    """What the window told before it was killed so long after its first word, and when that was."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(trial)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(seconds)
    killed = time.time()
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate(timeout=30)
    lines = [first, *rest.splitlines(keepends=True)]
    return [json.loads(line) for line in lines if line.endswith("\n")], killed


def survive(folder: Path, seconds: list[float]) -> None:
    kept: Any = None
    for trial, wait in enumerate(seconds):
        told, killed = killed_after(folder, trial, wait)
        assert told[0]["found"] == kept, "the next start goes on where the workspace is"
        assert trial == 0 or told[0]["name"] == "survivor"
        with closing(Store(folder / "experiments.db")) as store:
            [model] = store.models()
            kept = loads(store.model_text(model.id)).variables["count"]
            assert store.check() == []
        assert isinstance(kept, int)
        lost = [line["time"] for line in told[1:] if line["count"] > kept]
        assert len(told) > 20
        assert not lost or killed - min(lost) <= 2, f"{killed - min(lost):.2f} s of edits are gone"


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_killed_window_loses_two_seconds_at_most(tmp_path: Path) -> None:
    survive(tmp_path, [2.2, 0.8, 1.6])


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.timeout(600)
def test_a_window_that_is_killed_again_and_again_loses_two_seconds_at_most(tmp_path: Path) -> None:
    survive(tmp_path, [2.2, *(0.5 + 0.137 * (trial % 17) for trial in range(30))])
