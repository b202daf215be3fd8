"""Chooses a dataset, and adds one from files: a program of its own reads them, so that the window never waits.

Imports Qt, session and widgets.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QObject, QProcess, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from workbench.catalog.schema import expected
from workbench.catalog.spec import Field
from workbench.core.expressions import Value
from workbench.gui.design.editors import Editor, narrow
from workbench.gui.session import Session
from workbench.gui.widgets.fields import Choice

_ADD_FILE, _ADD_FOLDER = "\0file", "\0folder"
_SHOWN = 400
_REMARKS = 3
_SAY_AGAIN_MS = 5000
"""Before a message would go away by itself: large files take a while."""


class Registration(QObject):
    """Adds one dataset to the workspace; `done` gives its id."""

    done = Signal(str)

    def __init__(self, session: Session, path: Path) -> None:
        super().__init__(session)
        self._session, self._path = session, path
        self._process = QProcess(self)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._still = QTimer(self, interval=_SAY_AGAIN_MS)
        self._still.timeout.connect(self._tell)
        app = QCoreApplication.instance()
        if app is not None:
            app.aboutToQuit.connect(self.stop)

    def start(self) -> None:
        """Begin; messages tell how it goes."""
        self._tell()
        self._still.start()
        self._process.start(sys.executable, arguments(self._session.path, self._path))

    def stop(self) -> None:
        """End the reading program."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(2000)

    def _tell(self) -> None:
        self._session.message.emit(f"Reading {self._path.name} …", "info")

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._fail(self._process.errorString())

    def _on_finished(self, code: int) -> None:
        self._still.stop()
        text = bytes(self._process.readAllStandardOutput().data()).decode(errors="replace")
        said = bytes(self._process.readAllStandardError().data()).decode(errors="replace").strip()
        id = added(text)
        if code != 0 or not id:
            self._fail(said or text.strip() or f"the reader ended with code {code}")
            return
        notes = remarks(text)
        level = "warning" if notes else "ok"
        self._session.message.emit(f"{self._path.name} was added as “{id}”.{notes}", level)
        self.done.emit(id)
        self.deleteLater()

    def _fail(self, reason: str) -> None:
        self._still.stop()
        last = reason.strip().splitlines()[-1].strip().removeprefix("error: ") if reason.strip() else reason
        self._session.message.emit(f"{self._path} was not added: {last[:_SHOWN]}", "error")
        self.deleteLater()


def arguments(workspace: Path, path: Path) -> list[str]:
    """What follows `python` to add a dataset."""
    return ["-m", "workbench", "data", "add", str(path), "--workspace", str(workspace), "--json"]


def added(text: str) -> str:
    """The id in what the command printed; "" when there is none."""
    try:
        data = json.loads(text)
    except ValueError:  # the command said no in words
        return ""
    id = data.get("id") if isinstance(data, dict) else None
    return id if isinstance(id, str) else ""


def remarks(text: str) -> str:
    """What the command says about the data besides, such as columns left out; the first ones, in a sentence each."""
    found = json.loads(text).get("problems", [])
    more = f" (and {len(found) - _REMARKS} more)" if len(found) > _REMARKS else ""
    return "".join(f" {remark}" for remark in found[:_REMARKS]) + more


class DatasetEditor(Editor):
    """The datasets that are known, and ways to add one."""

    def __init__(self, entry: Field, session: Session) -> None:
        super().__init__(entry)
        self._session = session
        self._value: Value = ""
        self.field = Choice(entry.label, entry.help)
        narrow(self.field)
        row = QHBoxLayout()
        row.addWidget(self.field)
        self._column.addLayout(row)
        self.field.picked.connect(self._on_picked)
        self.setFocusProxy(self.field)
        session.schemas_changed.connect(self._fill)
        self._fill()

    def show_value(self, value: Value, names: Mapping[str, Value]) -> None:
        self._value = value
        self._fill()

    def focus_field(self) -> None:
        self.field.setFocus()

    def _fill(self) -> None:
        known = self._session.schemas
        items = [(id, schema.title) for id, schema in known.items()]
        if self._value not in known:
            what = "to be chosen" if expected(str(self._value)) else "not here"
            items.insert(0, (str(self._value), f"{self._value} ({what})"))
        items += [(_ADD_FILE, "Add from file…"), (_ADD_FOLDER, "Add from folder…")]
        self.field.set_items(items)
        self.field.show_value(self._value)

    def _on_picked(self, value: object) -> None:
        if value not in (_ADD_FILE, _ADD_FOLDER):
            self.changed.emit(value)
            return
        self.field.show_value(self._value)
        dialog = QFileDialog(self.window(), "Add a dataset", str(Path.cwd()))
        mode = QFileDialog.FileMode
        dialog.setFileMode(mode.ExistingFile if value == _ADD_FILE else mode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, value == _ADD_FOLDER)
        dialog.fileSelected.connect(self.add)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()

    def _on_added(self, id: str) -> None:
        self.changed.emit(id)

    def add(self, path: str) -> None:
        """Add the dataset at a path and choose it."""
        registration = Registration(self._session, Path(path))
        registration.done.connect(self._on_added)
        registration.start()
