"""Joins store, jobs and window into the program.  May import everything below engine, and Qt."""

import faulthandler
import logging
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from workbench.gui import theme
from workbench.gui.session import Session
from workbench.gui.settings.preferences import Preferences, usual_path
from workbench.gui.window import MainWindow

LOG_BYTES = 1_000_000
log = logging.getLogger("workbench")


def main(path: Path, *, preferences: Path | None = None, logs: Path | None = None) -> int:
    """Open the window on the workspace at `path` and run until it is closed; gives the exit code."""
    folder = logs or usual_logs()
    report = crash_report(folder)
    crashes = start_logging(folder)
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("Workbench")
    app.setDesktopFileName("workbench")
    session = Session(path, Preferences.load(preferences or usual_path()))
    theme.apply(app, session.preferences.theme)
    catch_errors(lambda text: session.message.emit(text, "error"), folder)
    with theme.undressed(app):
        window = MainWindow(session)
    if session.preferences.maximised:
        window.showMaximized()
    else:
        window.show()
    if report is not None:
        session.message.emit(
            f"The last session crashed; your work is kept. The report is {report}.", "warning"
        )
    QTimer.singleShot(0, session.start)  # after the first paint: SQLAlchemy loads while the page is read
    code = app.exec()
    session.close()
    faulthandler.disable()
    crashes.close()
    return code


def usual_logs() -> Path:
    """Where this person's log files are."""
    import platformdirs

    return platformdirs.user_log_path("workbench")


def start_logging(folder: Path) -> TextIO:
    """Log to window.log, and native crashes to crash.log; gives the open crash file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "window.log"
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(folder / "window.1.log")
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    crashes = (folder / "crash.log").open("a", encoding="utf-8")
    faulthandler.enable(crashes)
    return crashes


def crash_report(folder: Path) -> Path | None:
    """What the last session wrote while it crashed, moved aside so that it is told once; None where it did not."""
    path = folder / "crash.log"
    if not path.exists() or path.stat().st_size == 0:
        return None
    return path.replace(folder / "last-crash.log")


def catch_errors(say: Callable[[str], object], folder: Path) -> None:
    """An exception in a slot or thread is logged and said; it never closes the window."""

    def report(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.error("unexpected error", exc_info=(kind, error or kind(), trace))
        details = f"Details are in {folder / 'window.log'}."
        say(f"This did not work, and your work is kept: {kind.__name__}: {error}. {details}")

    sys.excepthook = report
    threading.excepthook = lambda args: report(args.exc_type, args.exc_value, args.exc_traceback)
