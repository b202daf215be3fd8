"""The head of a dataset's page: its title, what it holds, what can be done, and a bar for what has happened to it.

Imports Qt, theme and the widgets.
"""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from workbench.catalog.schema import Schema
from workbench.core import text
from workbench.core.shapes import Dim
from workbench.gui import theme
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.fields import TextField
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import surface

KINDS = {
    "image": "Images", "table": "Table", "text": "Text", "graph": "Graph", "series": "Series",
    "audio": "Audio", "volume": "Volumes", "video": "Videos", "sentences": "Sentences",
}  # fmt: skip
_TITLE = 17
_TITLE_TIP = "Title of the dataset; Enter keeps it. Models know the dataset by its id, which stays"


class Notice(QFrame):
    """One sentence about the dataset with one thing to do about it, and how far that is."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("box", "message")
        self.setAccessibleName("About this dataset")
        self.picture = QLabel()
        self.sentence = Label("", wrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(140)
        self.bar.setAccessibleName("Progress")
        self.act = Button("Do it", "Do something about it")
        self.put_off = Button("Cancel", "Leave it as it is", kind="quiet")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 8, 4)
        row.setSpacing(8)
        row.addWidget(self.picture)
        row.addWidget(self.sentence, 1)
        row.addWidget(self.bar)
        row.addWidget(self.act)
        row.addWidget(self.put_off)
        self._act: Callable[[], object] = self.hide
        self._put_off: Callable[[], object] | None = None
        self._level = ("info", "accent")
        self.act.clicked.connect(lambda: self._act())
        self.put_off.clicked.connect(self._on_put_off)
        theme.changed.connect(self._tint)
        self.hide()

    def say(
        self,
        sentence: str,
        level: str = "warning",
        act: tuple[str, Callable[[], object]] | None = None,
        put_off: Callable[[], object] | None = None,
    ) -> None:
        """Show a sentence; `act` is a button for it, `put_off` what Cancel does besides closing it."""
        self.sentence.setText(sentence)
        self._level = {"error": ("error", "err"), "info": ("info", "accent")}.get(level, ("warning", "warn"))
        self._act = act[1] if act else self.hide
        self._put_off = put_off
        if act:
            self.act.setText(act[0])
            self.act.setAccessibleName(act[0])
            self.act.setToolTip(act[0])
        self.act.setVisible(act is not None)
        self.put_off.setVisible(put_off is not None)
        self.bar.hide()
        self._tint()
        self.show()

    def show_progress(self, sentence: str, done: int, total: int) -> None:
        """How far something is; a total of 0 is not known."""
        self.sentence.setText(sentence)
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.bar.setAccessibleDescription(sentence)
        self.bar.show()

    def _on_put_off(self) -> None:
        self.hide()
        if self._put_off is not None:
            self._put_off()

    def _tint(self) -> None:
        self.picture.setPixmap(theme.pixmap(*self._level, 16, self.devicePixelRatioF()))


def facts_of(schema: Schema, copy: int) -> str:
    """What a dataset holds, in a line; `copy` is the bytes of its decoded copy."""
    facts = [KINDS.get(schema.kind, schema.kind.capitalize()), schema.counted]
    if classes := int(schema.facts.get("classes", 0)):
        facts.append(text.plural(classes, "class", "classes"))
    facts += [
        _form_of(name, spec.shape[1:])
        for name, spec in schema.outputs.items()
        if name not in ("label", "next", "edges") and len(spec.shape) > 1
    ][:3]
    if copy:
        facts.append(f"copy {text.size(copy)}")
    return " · ".join(facts)


def _form_of(name: str, shape: tuple[Dim, ...]) -> str:
    if len(shape) > 1:
        return f"{name} {'×'.join(str(size) for size in shape)}"
    (size,) = shape
    return f"{text.plural(size, 'value')} in {name}" if isinstance(size, int) else f"{name} of any length"


class PageHeader(QWidget):
    """Title, facts and buttons."""

    def __init__(self) -> None:
        super().__init__()
        surface(self, "panel", "bottom")
        font = QFont(self.font())
        font.setPixelSize(_TITLE)
        font.setWeight(QFont.Weight.DemiBold)
        self.name = ElidedLabel("", "strong")
        self.title = TextField("Title", _TITLE_TIP)
        self.title.setMinimumWidth(160)
        self.title.setMaximumWidth(460)
        for widget in (self.name, self.title):
            widget.setFont(font)
        self.name.setStyleSheet(f"font-size: {_TITLE}px;")
        self.title.setStyleSheet(f"font-size: {_TITLE}px; font-weight: 600;")
        self.facts = ElidedLabel("", "small")
        self.folder = Button("Open folder", "Show the source in the file browser", icon="open")
        self.clear = Button(
            "Clear copy",
            "Remove the decoded copy to save room; it is made again from the source when it is needed",
        )
        self.remove = IconButton(
            "delete",
            "Remove from the workspace",
            "Take this dataset out of the workspace; its source stays as it is. Can be undone",
        )
        row = QHBoxLayout()
        row.setSpacing(8)
        left = QVBoxLayout()
        left.setSpacing(4)
        first = QHBoxLayout()
        first.addWidget(self.name, 1)
        first.addWidget(self.title, 8)
        first.addStretch(1)
        left.addLayout(first)
        left.addWidget(self.facts)
        row.addLayout(left, 1)
        for button in (self.folder, self.clear, self.remove):
            row.addWidget(button)
        self.notice = Notice()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.notice)

    def show_texts(self, title: str, facts: str, *, own: bool) -> None:
        """Show a title, which can be changed in a dataset of the workspace's own, and what it holds."""
        self.name.setText(title)
        self.name.setVisible(not own)
        self.title.show_text(title)
        self.title.setVisible(own)
        self.facts.setText(facts)
        for button in (self.folder, self.clear, self.remove):
            button.setVisible(own)
