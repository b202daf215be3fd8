"""From the start of the process to a window that can be used; to one that has read its workspace; memory; no torch.

Usable is when the window is painted and its event loop answers: templates open from then on, and what has to wait
for the workspace is queued. Each start is a process of its own on the offscreen platform; a start of Python that
only imports torch is measured in turns with it. Imports the standard library, psutil and the store.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks._figures import Figure, at_most, report
from workbench.store.store import Store

TURNS = 7
SECONDS = 0.8
MEGABYTES = 220

# The real program; a filter on the application notices the first paint of the window, then waits for an answer of
# its event loop, and for the news.
WATCHED = """
import sys, time
from pathlib import Path
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication
from workbench.cli.workspace import open_window

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and type(window := watched.window()).__name__ == "MainWindow":
            app.removeEventFilter(self)
            QTimer.singleShot(0, self.usable)
            if window.session.is_open:
                self.ready()
            else:
                window.session.opened.connect(self.ready)
        return False

    def usable(self):
        self.began = time.monotonic()

    def ready(self):  # once what the news changed is painted too
        QTimer.singleShot(0, self.tell)

    def tell(self):
        print(self.began, time.monotonic(), "torch" in sys.modules, flush=True)
        sys.stdin.readline()
        app.quit()

app = QApplication(["workbench"])
watch = Watch()
app.installEventFilter(watch)
folder = Path(sys.argv[1])
sys.exit(open_window(folder / "experiments.db", preferences=folder / "preferences.json", logs=folder / "logs"))
"""


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds until the window was usable and until it had read its workspace, its megabytes then, torch."""

    usable: float
    read: float
    memory: float
    torch: bool


def environment() -> dict[str, str]:
    """As on a person's machine: Python keeps its bytecode from one start to the next."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "QT_QPA_PLATFORM": "offscreen"}


def start(folder: Path) -> Start:
    """Starts the program once."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-c", WATCHED, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdin and process.stdout
    with process:
        line = process.stdout.readline()
        if not line:
            raise SystemExit("The window ended before it could be used.")
        usable, read, torch = line.split()
        memory = psutil.Process(process.pid).memory_info().rss / 1e6
        process.stdin.write("\n")
    return Start(float(usable) - began, float(read) - began, memory, torch == "True")


def import_torch() -> float:
    """Seconds that Python needs to start and import torch."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", "import torch"], check=True, env=environment())
    return time.monotonic() - began


def figures() -> Iterator[Figure]:
    """Time, memory, torch."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Store(folder / "experiments.db").close()
        start(folder)  # the first of each warms the disk's cache
        import_torch()
        turns = [(start(folder), import_torch()) for _ in range(TURNS)]
    starts = [turn[0] for turn in turns]
    peer = statistics.median(turn[1] for turn in turns)
    usable = statistics.median(start.usable for start in starts)
    yield at_most("start to usable window", usable, "s", SECONDS, "python -c 'import torch', s", peer)
    read = statistics.median(start.read / torch for start, torch in turns)
    yield at_most("start to workspace read", read, "×", 1.0, "python -c 'import torch', s", peer)
    memory = statistics.median(start.memory for start in starts)
    yield at_most("memory of the window", memory, "MB", MEGABYTES)
    imported = any(start.torch for start in starts)
    yield Figure("torch in the window's process", "yes" if imported else "no", "", not imported)


if __name__ == "__main__":
    report(__doc__ or "", figures())
