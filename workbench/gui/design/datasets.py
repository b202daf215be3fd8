"""Chooses a dataset; one from files comes by way of the Data view's wizard, which brings it back.

Imports Qt, session and widgets.
"""

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from workbench.catalog.forms import Field
from workbench.catalog.schema import expected
from workbench.core.expressions import Value
from workbench.gui.data.adding import Wanted
from workbench.gui.design.editors import Editor, narrow
from workbench.gui.session import Session
from workbench.gui.widgets.fields import Choice

_ADD_FILE, _ADD_FOLDER = "\0file", "\0folder"


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
        self._session.go("design")

    def add(self, path: str) -> None:
        """Look at what is at a path in the wizard; what is added there is chosen here."""
        self._session.go("data", Wanted((Path(path),), self._on_added))
