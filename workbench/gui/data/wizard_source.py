"""The wizard's first page: drop or choose files and folders, or paste where they are.  Imports shared widgets."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.fields import TextArea
from workbench.gui.widgets.labels import Label

_HINT: Final = (
    "Files stay where they are. Workbench looks at them, says what it takes them for and shows the first items; "
    "you correct what is wrong, and only then add them."
)
_KINDS: Final = (
    "Pictures in folders, IDX and NumPy files, tables, texts, time series, sounds, volumes, videos and graphs, "
    "also compressed as .gz."
)


class DropArea(QFrame):
    """Takes files from other programs; lights up while they are held over it."""

    dropped = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("box", "card")
        self.setAcceptDrops(True)
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words = Label("Drop a file or a folder here", "strong")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.file = Button(
            "Choose a file…", "Choose one file, or several to add one after another", icon="open"
        )
        self.folder = Button("Choose a folder…", "Choose a folder whose files belong together", icon="open")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.file)
        buttons.addWidget(self.folder)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 28, 24, 28)
        column.setSpacing(12)
        column.addWidget(self._picture)
        column.addWidget(self.words)
        column.addLayout(buttons)
        theme.changed.connect(self._tint)
        self._tint()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._tint("accent")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._tint()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._tint()
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def _tint(self, token: str = "dim") -> None:
        self._picture.setPixmap(theme.pixmap("data", token, 40, self.devicePixelRatioF()))


class PathsField(TextArea):
    """Paths to type or paste, one a line; Enter takes them."""

    entered = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
            return
        super().keyPressEvent(event)


class SourcePage(QWidget):
    """Where the data is."""

    chosen = Signal(object)
    """A list of paths."""

    def __init__(self) -> None:
        super().__init__()
        self.area = DropArea()
        self.paths = PathsField(
            "Paths",
            "Where the data is, one path a line; Enter looks at it",
            "… or paste a path here, one a line",
            2,
        )
        self.look = Button("Look at it", "Look at what is at these paths")
        self.look.setEnabled(False)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.paths, 1)
        row.addWidget(self.look, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(36, 24, 36, 24)
        column.setSpacing(0)
        column.addWidget(Label("Add data", "title"))
        column.addSpacing(6)
        column.addWidget(Label(_HINT, "dim", wrap=True))
        column.addSpacing(16)
        column.addWidget(self.area)
        column.addSpacing(12)
        column.addLayout(row)
        column.addSpacing(12)
        column.addWidget(Label(_KINDS, "small", wrap=True))
        column.addStretch(1)
        self.area.dropped.connect(self.chosen)
        self.area.file.clicked.connect(lambda: self.ask(folder=False))
        self.area.folder.clicked.connect(lambda: self.ask(folder=True))
        self.look.clicked.connect(self._on_look)
        self.paths.entered.connect(self._on_look)
        self.paths.textChanged.connect(lambda: self.look.setEnabled(bool(paths_in(self.paths.toPlainText()))))
        self.setFocusProxy(self.area.file)

    def ask(self, *, folder: bool) -> None:
        """Let a person choose; the window stays usable meanwhile."""
        title = "Choose a folder of data" if folder else "Choose files of data"
        dialog = QFileDialog(self.window(), title, str(Path.cwd()))
        mode = QFileDialog.FileMode
        dialog.setFileMode(mode.Directory if folder else mode.ExistingFiles)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly, folder)
        dialog.filesSelected.connect(lambda names: self.chosen.emit([Path(name) for name in names]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.show()

    def clear(self) -> None:
        """Forget what was typed."""
        self.paths.clear()

    def _on_look(self) -> None:
        if found := paths_in(self.paths.toPlainText()):
            self.chosen.emit(found)


def paths_in(typed: str) -> list[Path]:
    """The paths in lines of text: plain, in quotes, or as file:// addresses, as programs copy them."""
    found = []
    for line in typed.splitlines():
        word = line.strip().strip("\"'").strip()
        if word.startswith("file:"):
            word = unquote(urlsplit(word).path)
        if word:
            found.append(Path(word).expanduser())
    return found
