"""The wizard's second page: at the left how the files are read, at the right what that gives, below it what goes on.

Imports Qt, the options' form, the preview and the shared widgets.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui.data.options import LABELS, OptionsForm
from workbench.gui.data.wizard_preview import PreviewPane
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.fields import Choice, FormRows, TextField
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import scrolled, surface

FORM_WIDTH = 384


class LookPage(QWidget):
    """Shows what it is told and tells what a person asks for; starts nothing itself."""

    reader_picked = Signal(str)
    add_asked = Signal()
    cancel_asked = Signal()
    closed = Signal()
    skipped = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._reasons: dict[str, str] = {}
        self.title = ElidedLabel("", "heading")
        self.where = ElidedLabel("", "small", Qt.TextElideMode.ElideMiddle)
        self.place = Label("", "small")
        self.skip = Button("Skip", "Leave this one out and look at the next", kind="quiet")
        self.back = IconButton("back", "Other files", "Choose other files; what was set up here is forgotten")
        self.reader = Choice(
            "Read as", "How the files are read; change it where Workbench took them for something else"
        )
        self.reader.setMinimumContentsLength(8)
        self.reader.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.reason = Label("", "small", wrap=True)
        self.name = TextField("Name", "What the dataset is called; as its file or folder where this is empty")
        self.form = OptionsForm()
        self.preview = PreviewPane()
        self.status = ElidedLabel("", "dim")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.bar.setAccessibleName("Progress")
        self.cancel = Button("Cancel", "Stop; nothing is added", icon="close")
        self.add = Button("Add", "Read all of it and keep it in this workspace", kind="primary", icon="plus")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._header())
        column.addWidget(self._body(), 1)
        column.addWidget(self._footer())
        self.reader.picked.connect(self._on_reader)
        self.add.clicked.connect(self.add_asked)
        self.cancel.clicked.connect(self.cancel_asked)
        self.back.clicked.connect(self.closed)
        self.skip.clicked.connect(self.skipped)
        self.setFocusProxy(self.reader)

    # ------------------------------------------------------------- parts

    def _header(self) -> QWidget:
        header = QWidget()
        surface(header, "panel", "bottom")
        row = QHBoxLayout(header)
        row.setContentsMargins(8, 6, 12, 6)
        row.setSpacing(8)
        row.addWidget(self.back)
        row.addWidget(self.title)
        row.addWidget(self.where, 1)
        row.addWidget(self.place)
        row.addWidget(self.skip)
        return header

    def _body(self) -> QWidget:
        rows = FormRows(LABELS)
        rows.add("Read as", self.reader, self.reader.toolTip())
        rows.add_wide(self.reason)
        rows.add("Name", self.name, self.name.toolTip())
        self._left = QWidget()
        surface(self._left, "panel")
        column = QVBoxLayout(self._left)
        column.setContentsMargins(16, 14, 16, 16)
        column.setSpacing(14)
        column.addWidget(rows)
        column.addWidget(self.form)
        column.addStretch(1)
        scroll = scrolled(self._left)
        surface(scroll, "panel")
        scroll.setMinimumWidth(280)
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.addWidget(scroll)
        splitter.addWidget(self.preview)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([FORM_WIDTH, 900])
        return splitter

    def _footer(self) -> QWidget:
        footer = QWidget()
        surface(footer, "panel", "top")
        footer.setFixedHeight(48)
        row = QHBoxLayout(footer)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(12)
        row.addWidget(self.status, 1)
        row.addWidget(self.bar)
        row.addWidget(self.cancel)
        row.addWidget(self.add)
        return footer

    # ------------------------------------------------------------- what is shown

    def begin(self, path: Path) -> None:
        """Another source."""
        self.title.setText(path.name or str(path))
        self.where.setText(str(path.parent))
        self.name.setText("")
        self.name.setPlaceholderText("as the file is called")
        self._reasons = {}
        self.reader.set_items([])
        self.reader.setEnabled(False)
        self.reason.setText("")
        self.reason.hide()
        self.form.clear()
        self.preview.wait()

    def show_place(self, number: int, total: int) -> None:
        """Which of several sources this is."""
        self.place.setText(f"{number} of {total}")
        self.place.setVisible(total > 1)
        self.skip.setVisible(number < total)

    def show_readers(self, suiting: Sequence[Mapping[str, Any]], every: Sequence[Mapping[str, Any]]) -> None:
        """The ways to read it, those that suit first; the likeliest is chosen."""
        self._reasons = {str(reader["name"]): str(reader["reason"]) for reader in suiting}
        rest = [reader for reader in every if reader["name"] not in self._reasons]
        items: list[tuple[object, str]] = [
            (str(reader["name"]), _title(reader)) for reader in (*suiting, *rest)
        ]
        if not suiting:
            items.insert(0, ("", "To be chosen"))
        self.reader.set_items(items)
        self.reader.setCurrentIndex(0)
        self.reader.setEnabled(True)
        self._tell_reason()

    def choose(self, reader: str, name: str) -> None:
        """What was chosen when this was added before."""
        self.reader.show_value(reader)
        self.name.show_text(name)
        self._tell_reason()

    def chosen(self) -> str:
        """The reader that is chosen, by its name; "" for none."""
        return str(self.reader.currentData() or "")

    def show_answer(self, answer: Mapping[str, Any]) -> None:
        """A preview was read."""
        self.name.setPlaceholderText(str(answer.get("title", "")))
        self.preview.show_answer(answer)
        self.rest(summary(answer), can_add=True)

    def busy(self, words: str) -> None:
        """Something goes on that can be cancelled; adding is possible as soon as there is a way to read it."""
        self._left.setEnabled(True)
        self.status.setText(words)
        self.bar.setRange(0, 0)
        self.bar.show()
        self.cancel.show()
        self.add.setEnabled(False)

    def start_adding(self) -> None:
        """From now on nothing is changed any more."""
        self.busy("Adding: all of it is read …")
        self.preview.forget_error()
        self._left.setEnabled(False)
        self.cancel.setFocus()

    def show_progress(self, words: str, done: int, total: int) -> None:
        """How far it is."""
        self.status.setText(words)
        self.bar.setRange(0, total)
        self.bar.setValue(min(done, total))

    def show_quiet(self, seconds: int) -> None:
        """For a while nothing was heard."""
        self.status.setText(
            f"Nothing was heard for {text.duration(seconds)}. Large files and slow disks take their time: "
            "wait, or cancel."
        )

    def rest(self, words: str, *, can_add: bool = False) -> None:
        """Nothing goes on."""
        self._left.setEnabled(True)
        self.status.setText(words)
        self.bar.hide()
        self.cancel.hide()
        self.add.setEnabled(can_add)

    def _on_reader(self, name: object) -> None:
        if name:
            self._tell_reason()
            self.reader_picked.emit(str(name))

    def _tell_reason(self) -> None:
        name = self.chosen()
        reason = self._reasons.get(name, "")
        said = (
            f"Chosen because {reason}."
            if reason
            else "Nothing in the files speaks for it; try it all the same."
        )
        self.reason.setText(said if name else "")
        self.reason.setVisible(bool(name))


def summary(answer: Mapping[str, Any]) -> str:
    """What a preview gave, in one line; readers look at as much as they need, so it is a part or all of it."""
    items = int(dict(answer.get("schema") or {}).get("items", 0))
    splits = " · ".join(f"{size:,} {name}" for name, size in dict(answer.get("splits") or {}).items())
    return f"{text.plural(items, 'item')} looked at: {splits}. Add reads everything there is."


def _title(reader: Mapping[str, Any]) -> str:
    title = str(reader["title"])
    return title[:1].upper() + title[1:]
