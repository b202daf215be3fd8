"""The bar at the bottom: runs, messages, load of this machine, workspace, and whether everything is saved.

Imports session and the shared widgets.
"""

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from workbench.core import text
from workbench.gui import progress
from workbench.gui.exports import ExportStatus
from workbench.gui.session import Session
from workbench.gui.widgets.labels import ElidedLabel, Label, StatusDot
from workbench.gui.widgets.messages import MessageBar
from workbench.gui.widgets.surfaces import surface

HEIGHT = 28
LOAD_MS = 2000


class StatusBar(QWidget):
    """One line; the first part goes to the runs.  A message takes the place of what is only read."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        surface(self, "panel", "top")
        self.setMinimumHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.dot = StatusDot("stopped")
        self.runs = QToolButton()
        self.runs.setProperty("kind", "status")
        self.runs.setAccessibleName("Running and queued runs")
        self.runs.setToolTip("Go to the runs")
        self.runs.setMinimumHeight(24)
        self.runs.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.runs.clicked.connect(lambda: session.go("runs", self._shown_run))
        self.exports = ExportStatus(session)
        self.load = Label("", "small")
        self.load.setToolTip("Load of this machine")
        self.workspace = ElidedLabel(session.path.name, "small")
        self.workspace.setToolTip(str(session.path))
        self.saved = Label("", "small")
        self.messages = MessageBar()
        self.messages.shown.connect(self._make_room)
        self._gap = QWidget()
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 1, 12, 1)
        row.setSpacing(4)
        row.addWidget(self.dot)
        row.addWidget(self.runs)
        row.addWidget(self.exports)
        row.addSpacing(12)
        row.addWidget(self.load)
        row.addWidget(self.messages, 1)
        row.addWidget(self._gap, 1)
        row.addWidget(self.workspace)
        row.addSpacing(12)
        row.addWidget(self.saved)
        self._shown_run: int | None = None
        self._timer = QTimer(self, interval=LOAD_MS)
        self._timer.timeout.connect(self._ask_load)
        self._timer.start()
        session.runs_changed.connect(self._show_runs)
        session.saved_changed.connect(self._show_saved)
        session.opened.connect(self._on_opened)
        session.unusable.connect(self._show_saved)
        self._show_runs()
        self._show_saved()

    def _make_room(self, message: bool) -> None:
        """What one can press stays where it is; what is only read makes way for a message."""
        for widget in (self.load, self._gap, self.workspace):
            widget.setVisible(not message)

    def _on_opened(self) -> None:
        self.workspace.setText(self._session.path.name)
        self._show_saved()
        self._ask_load()

    def _show_runs(self) -> None:
        runs = self._session.runs
        alive = [run for run in runs if run.alive]
        queued = sum(run.state == "queued" for run in runs)
        shown = f"{len(alive)} running · {queued} queued"
        self._shown_run = alive[0].id if alive else None
        if len(alive) == 1:
            run = alive[0]
            shown = f"{text.one_line(run.name, 32)} #{run.id} · {progress.progress(run)}"
            if (left := progress.time_left(run)) is not None:
                shown += f" · {text.duration(left)} left"
            if queued:
                shown += f" · {queued} queued"
        self.runs.setText(shown)
        self.dot.set_state(alive[0].state if alive else "queued" if queued else "stopped")

    def _show_saved(self) -> None:
        session = self._session
        self.saved.setToolTip(session.read_only)
        if not session.is_open:
            self.saved.setText("")
        elif session.read_only:
            self.saved.setText("read-only")
        elif session.is_saved:
            self.saved.setText("✓ saved")
        else:
            self.saved.setText("saving…")

    def _ask_load(self) -> None:
        if self._session.is_open and self.isVisible():
            self._session.call(lambda _: machine_load(), self._show_load)

    def _show_load(self, load: tuple[str, str]) -> None:
        now, longest = load
        self.load.setMinimumWidth(self.load.fontMetrics().horizontalAdvance(longest) + 2)
        self.load.setText(now)
        row = self.layout()
        assert row is not None
        row.activate()  # at once: until then it would be cut


def machine_load() -> tuple[str, str]:
    """CPU and memory in use, in a few words, and as many as that can become; runs in the background."""
    import psutil

    used = psutil.virtual_memory()
    gib = 1 << 30
    taken, total = (used.total - used.available) / gib, used.total / gib
    known = f"/ {total:.0f} GiB"
    return (
        f"CPU {psutil.cpu_percent():.0f} %    Memory {taken:.1f} {known}",
        f"CPU 100 %    Memory {total:.1f} {known}",
    )
