"""The notes of a run: Markdown on the left, how it reads on the right; saved by itself.  Imports Qt and session."""

from typing import Any, Final

from PySide6.QtCore import QEvent, QMimeData, Qt, QTimer, QUrl
from PySide6.QtGui import QFont, QHideEvent, QShowEvent, QTextDocument, QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QTextEdit, QWidget

from workbench.gui.session import Session
from workbench.gui.widgets.fields import takes_enter
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import UNMARKED

SAVE_MS: Final = 800
"""How long after the first change of an unsaved text it is saved."""
AGAIN_MS: Final = 4000
"""How long after a failure it is tried again."""
_MARGIN: Final = 10.0
_LONGEST_WORD: Final = 2000
_FEATURES: Final = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
)


class Rendered(QTextEdit):
    """Markdown as it reads. Shows no pictures and follows no links: notes may come from anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFrameShape(QTextEdit.Shape.NoFrame)
        self.setAccessibleName("Notes of the run, as they read")
        self.setToolTip("How the notes read")
        self.document().setDocumentMargin(_MARGIN)
        self._text: str | None = None
        """What is still to be shown."""

    def show_markdown(self, text: str) -> None:
        """Show another text, at the same place; long ones take their time, so not before they are seen."""
        self._text = text
        if self.isVisible():
            self._render(text)

    def _render(self, text: str) -> None:
        place = self.verticalScrollBar().value()
        self.setWordWrapMode(_wrapping(text))
        self.document().setMarkdown(text, _FEATURES)
        self.verticalScrollBar().setValue(place)
        self._text = None

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._text is not None:
            self._render(self._text)

    def loadResource(self, type: int, name: QUrl | str) -> Any:  # noqa: N802 - Qt's name
        return None


class Editor(QPlainTextEdit):
    """Where they are written."""

    def event(self, event: QEvent) -> bool:
        return takes_enter(event) or super().event(event)

    def insertFromMimeData(self, source: QMimeData) -> None:  # noqa: N802 - Qt's name
        if _wrapping(source.text()) == QTextOption.WrapMode.WrapAnywhere:  # before it is laid out
            self.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        super().insertFromMimeData(source)


class NotesPage(QWidget):
    """The notes of the run that was given last with `show_run`."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel")
        self._session = session
        self._run = 0
        self._expected = ""
        """What the workspace holds, as far as is known here."""
        self._busy = False
        self._sent = ""
        """What is being saved while it is busy."""
        self.editor = Editor()
        self.editor.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.editor.setPlaceholderText("What was tried, and what came of it. Markdown; saved by itself.")
        self.editor.setAccessibleName("Notes of the run")
        self.editor.setToolTip("Notes as Markdown: # heading, **strong**, *stressed*, - list, `code`")
        self.editor.setTabChangesFocus(True)
        self.editor.document().setDocumentMargin(_MARGIN)
        font = QFont("monospace")
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.editor.setFont(font)
        self.rendered = Rendered()
        self.rendered.setPlaceholderText("Here is how they read.")
        splitter = Splitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.addWidget(self.editor)
        splitter.addWidget(self.rendered)
        splitter.setSizes([500, 500])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(splitter)
        self._later = QTimer(self, interval=SAVE_MS, singleShot=True)
        self._later.timeout.connect(self.save)
        self.editor.textChanged.connect(self._on_typed)
        session.runs_changed.connect(lambda *_: self._take_in())
        session.closing.connect(self._on_closing)
        session.opened.connect(lambda: self.editor.setReadOnly(bool(session.read_only)))

    def show_run(self, run: int) -> None:
        """Show the notes of another run; those of the run before are saved."""
        if run != self._run:
            self.save(last=True)
            self._run, self._busy = run, False
            self._expected = self._session.marks.get(run, UNMARKED).notes
            self._put(self._expected)
            self.editor.setReadOnly(bool(self._session.read_only))
            self.editor.document().clearUndoRedoStacks()

    @property
    def is_saved(self) -> bool:
        return self.editor.toPlainText() == self._expected

    def save(self, *, last: bool = False) -> None:
        """Write what was typed, if that is something new; while a save goes on, after that, or, for the `last` time
        that it is known here, behind it.
        """
        run, text = self._run, self.editor.toPlainText()
        expected = self._sent if self._busy else self._expected
        if not run or text == expected or (self._busy and not last) or self._session.read_only:
            return
        self._later.stop()
        self._busy, self._sent = True, text

        def saved(kept: str) -> None:
            self._on_saved(run, text, kept)

        def failed(error: Exception) -> None:
            self._on_failed(run, error)

        self._session.call(lambda store: store.set_notes(run, text, expected), saved, failed)

    def _on_closing(self) -> None:
        self.save(last=True)
        self._later.stop()
        self._run, self._busy = 0, False  # runs of another workspace have the same numbers

    def _on_saved(self, run: int, text: str, kept: str) -> None:
        if run != self._run:
            return
        self._busy, self._expected = False, kept
        if kept != text:  # another window had changed them: both texts stand there now
            typed = self.editor.toPlainText()
            self._put(kept.removesuffix(text.lstrip()) + typed.lstrip())
            self._session.message.emit(
                f"The notes of run {run} were changed elsewhere, too. Both texts were kept, yours below.",
                "warning",
            )
        if not self.is_saved:
            self._later.start()

    def _on_failed(self, run: int, error: Exception) -> None:
        self._session.message.emit(f"The notes of run {run} are not saved: {error}", "error")
        if run == self._run:
            self._busy = False
            self._later.start(AGAIN_MS)

    def _take_in(self) -> None:
        """Show what another window wrote, unless something else is being typed here."""
        notes = self._session.marks.get(self._run, UNMARKED).notes
        if self._run and not self._busy and self.is_saved and notes != self._expected:
            self._expected = notes
            self._put(notes)

    def _put(self, text: str) -> None:
        cursor = self.editor.textCursor().position()
        self.editor.blockSignals(True)
        self.editor.setWordWrapMode(_wrapping(text))
        self.editor.setPlainText(text)
        self.editor.blockSignals(False)
        place = self.editor.textCursor()
        place.setPosition(min(cursor, len(text)))
        self.editor.setTextCursor(place)
        self.rendered.show_markdown(text)

    def _on_typed(self) -> None:
        self.rendered.show_markdown(self.editor.toPlainText())
        if not self._later.isActive():  # not started anew with each letter: work is never long unsaved
            self._later.start(SAVE_MS)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.save()


def _wrapping(text: str) -> QTextOption.WrapMode:
    """Between words; Qt takes seconds to look for such places in a word of many thousand letters."""
    longest = max(map(len, text.split()), default=0)
    modes = QTextOption.WrapMode
    return modes.WrapAnywhere if longest > _LONGEST_WORD else modes.WrapAtWordBoundaryOrAnywhere
