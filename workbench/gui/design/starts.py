"""Chooses the weights that a training starts from: none, those of a run, or a file.  Imports Qt, session, widgets."""

from collections.abc import Mapping
from pathlib import Path, PurePath

from PySide6.QtWidgets import QFileDialog

from workbench.catalog.forms import Field
from workbench.catalog.starts import FILE, RUN, run_of, stayed
from workbench.core import text
from workbench.core.errors import FieldError
from workbench.core.expressions import Value
from workbench.gui.design.editors import Editor, narrow
from workbench.gui.session import Session
from workbench.gui.widgets.fields import Choice

_FILE = "\0file"
_MOST = 100  # runs in the list, newest first; others are named by their number on the command line


class StartEditor(Editor):
    """The runs that have kept something, the file that is set, and a way to choose another."""

    def __init__(self, entry: Field, session: Session) -> None:
        super().__init__(entry)
        self._session = session
        self._value: Value = ""
        self.field = Choice(entry.label, entry.help)
        narrow(self.field)
        self._column.addWidget(self.field)
        self.setFocusProxy(self.field)
        self.field.picked.connect(self._on_picked)
        session.runs_changed.connect(self._fill)
        self._fill()

    def show_value(self, value: Value, names: Mapping[str, Value]) -> None:
        self._value = value
        self._fill()
        try:
            run = run_of(str(value))
        except FieldError as error:
            self._show_reason(str(error))
            return
        if run < 0:
            self._show_reason(stayed(-run).capitalize())
            return
        gone = run and self._session.runs and all(one.id != run for one in self._session.runs)
        self._show_reason(f"Run {run} is not in this workspace." if gone else "")

    def focus_field(self) -> None:
        self.field.setFocus()

    def _fill(self, *_: object) -> None:
        items: list[tuple[object, str]] = [("", self.entry.unset)]
        kept = [run for run in self._session.runs if run.epoch or run.step][:_MOST]
        items += [(f"{RUN}{run.id}", f"{text.one_line(run.name)} #{run.id}") for run in kept]
        if self._value not in [value for value, _ in items]:
            items.append((self._value, PurePath(str(self._value)).name))
        items.append((_FILE, "From file…"))
        before = [(self.field.itemData(row), self.field.itemText(row)) for row in range(self.field.count())]
        if before != items:
            self.field.set_items(items)
        self.field.show_value(self._value)

    def _on_picked(self, value: object) -> None:
        if value != _FILE:
            self.changed.emit(value)
            return
        self.field.show_value(self._value)
        dialog = QFileDialog(self.window(), "Start from weights", str(Path.cwd()), f"Weights (*{FILE})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.changed.emit)
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()
