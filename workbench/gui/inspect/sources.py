"""Where a person's own inputs come from: the pad, files, typed text, the values of a row.  Imports Qt, pad and widgets.

`changed` tells that the model is to be asked, perhaps after some milliseconds in which one may draw or type on.
"""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from workbench.core import text
from workbench.gui.inspect.pad import DrawingPad
from workbench.gui.inspect.recording import RecordBar
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import FormRows, TextArea, TextField
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.surfaces import EmptyState, surface

_DRAWING_MS: Final = 120
_TYPING_MS: Final = 350
_FILES: Final = {
    "image": "pictures",
    "video": "videos",
    "audio": "sounds. Or record one",
    "volume": "volumes (NIfTI, .npy, .npz)",
    "text": "texts, or tables with a text in each row",
    "table": "tables with the columns of the training",
    "series": "tables with the columns of the training; the model foretells what follows their last row",
    "graphs": "sets of graphs, of which the file that ends in _A.txt stands for all of its files",
    "molecule": "tables with a column of molecules, written as SMILES",
}
"""What is told of the files for a model, by what the service says that it takes."""
Inputs = Mapping[str, Any]


def blank() -> tuple[QWidget, QVBoxLayout]:
    """A page of inputs and its column."""
    page = QWidget()
    return page, column_of(page)


def column_of(page: QWidget) -> QVBoxLayout:
    """A column in a page of inputs."""
    surface(page, "panel")
    column = QVBoxLayout(page)
    column.setContentsMargins(12, 0, 12, 12)
    column.setSpacing(8)
    return column


class DrawSource(QWidget):
    """The pad with what belongs to it."""

    changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.pad = DrawingPad()
        self.pad.drawn.connect(lambda: self.changed.emit(_DRAWING_MS))
        self.clear = Button("Clear", "Begin anew (Delete)", icon="delete")
        self.clear.clicked.connect(self.pad.clear)
        self.invert = QCheckBox("Dark on white")
        self.invert.setAccessibleName("Dark strokes on white")
        self.invert.setToolTip("For models that learned from dark strokes on white")
        self.invert.toggled.connect(self.pad.set_inverted)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addStretch(1)
        row.addWidget(self.clear)
        row.addWidget(self.invert)
        row.addStretch(1)
        column = column_of(self)
        column.addWidget(self.pad, 1)
        column.addLayout(row)

    def inputs(self) -> Inputs | None:
        """As the service takes them; None while there is nothing."""
        if self.pad.is_empty:
            return None
        return {"picture": base64.b64encode(self.pad.png()).decode("ascii")}


class FilesSource(QWidget):
    """Where files are dropped, chosen or, of sounds, recorded.  `chosen` tells which."""

    chosen = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self.choose = Button("Choose files…", "Files of the kind that the model was trained on", icon="open")
        self.choose.clicked.connect(self.ask)
        self.record = RecordBar()
        self.record.recorded.connect(lambda file: self.chosen.emit([file]))
        self.dropped = EmptyState("open", "", "")
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.choose)
        row.addWidget(self.record)
        row.addStretch(1)
        column = column_of(self)
        column.setContentsMargins(12, 0, 12, 24)
        column.addWidget(self.dropped, 1)
        column.addLayout(row)

    def show_kind(self, kind: str) -> None:
        """Another model, which takes files of such a kind."""
        self.record.cancel()
        self.record.setVisible(kind == "audio")
        self.dropped.set_texts("Drop files here", f"Or choose them: {_FILES.get(kind, 'as in training')}.")

    def show_files(self, files: Sequence[str]) -> None:
        """Say which were taken."""
        names = ", ".join(text.one_line(Path(file).name, 40) for file in files[:3])
        more = f" and {len(files) - 3} more" if len(files) > 3 else ""
        self.dropped.set_texts(
            text.plural(len(files), "file"), f"{names}{more}. Drop others, or choose them."
        )

    def ask(self) -> None:
        """Let a person choose files; the window stays usable meanwhile."""
        dialog = QFileDialog(self.window(), "Files for the model", str(Path.cwd()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(self.chosen)
        dialog.show()


class TextSource(QWidget):
    """A text that is typed."""

    changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.written = TextArea(
            "Text for the model", "The model answers while you type", "Write something", 8
        )
        self.written.textChanged.connect(lambda: self.changed.emit(_TYPING_MS))
        column = column_of(self)
        column.addWidget(self.written)
        column.addStretch(1)

    def show_kind(self, kind: str) -> None:
        """Another model, which takes texts of such a kind."""
        what = "A molecule as SMILES, such as CCO" if kind == "molecule" else "Write something"
        self.written.setPlaceholderText(what)

    def inputs(self) -> Inputs | None:
        """As the service takes them; None while there is nothing."""
        typed = self.written.toPlainText()
        return {"text": typed} if typed.strip() else None


class RowSource(QScrollArea):
    """A field for each column of a table."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.form = FormRows(140)
        self.cells: dict[str, TextField] = {}
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Values of a row")
        self.setToolTip("A value for each column; press Enter for the answer")
        inside, column = blank()
        said = Label("The values of a sample to begin with. Change some and press Enter.", "small", wrap=True)
        column.addWidget(said)
        column.addWidget(self.form)
        column.addStretch(1)
        self.setWidget(inside)

    def fill(self, names: Sequence[str], values: Mapping[str, str]) -> None:
        """Other columns, and what stands in them."""
        self.form.clear()
        self.cells = {}
        for name in names:
            shown = text.one_line(name, 60)
            field = TextField(shown, f"The value of {shown}; Enter asks the model", values.get(name, ""))
            field.returnPressed.connect(lambda: self.changed.emit())
            self.form.add(shown, field, shown)
            self.cells[name] = field

    def inputs(self) -> Inputs | None:
        """As the service takes them; None while there is nothing."""
        return {"row": {name: field.text() for name, field in self.cells.items()}} if self.cells else None
