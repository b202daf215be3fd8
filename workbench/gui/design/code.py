"""The program of the model as text that follows the drawing, with its words in colour.

Imports Qt, session, widgets and codegen.
"""

import keyword
import re
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtGui import (
    QFont,
    QFontDatabase,
    QGuiApplication,
    QShowEvent,
    QSyntaxHighlighter,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QPlainTextEdit, QTextEdit, QVBoxLayout, QWidget

from workbench.core.errors import WorkbenchError
from workbench.gui import theme
from workbench.gui.session import Session
from workbench.gui.widgets.buttons import Button
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.surfaces import surface

_TRIPLE = '"""'
_RULES = (
    ("keyword", re.compile(rf"\b(?:{'|'.join(keyword.kwlist)})\b")),
    ("number", re.compile(r"\b\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?\b")),
    ("name", re.compile(r"(?<=\bdef )\w+|(?<=\bclass )\w+")),
    ("self", re.compile(r"\bself\b")),
    ("decorator", re.compile(r"^\s*@[\w.]+")),
    ("string", re.compile(r'f?"(?:[^"\\]|\\.)*"')),
    ("comment", re.compile(r"#.*$")),
)
_TOKENS = {
    "keyword": "family:activation",
    "number": "family:metric",
    "name": "accent",
    "self": "family:data",
    "decorator": "family:metric",
    "string": "ok",
    "comment": "dim",
}


class Highlighter(QSyntaxHighlighter):
    """Colours Python: words, numbers, names that are defined, texts and comments."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._formats: dict[str, QTextCharFormat] = {}
        self.restyle()

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        self._formats = {}
        for name, token in _TOKENS.items():
            made = QTextCharFormat()
            made.setForeground(theme.color(token))
            self._formats[name] = made
        self._formats["name"].setFontWeight(QFont.Weight.DemiBold)
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        for name, rule in _RULES:
            for found in rule.finditer(text):
                self.setFormat(found.start(), found.end() - found.start(), self._formats[name])
        self._long_texts(text)

    def _begins_inside(self) -> bool:
        """Whether a text in triple quotes is open where the line begins."""
        return self.previousBlockState() == 1

    def _long_texts(self, text: str) -> None:
        """Texts in triple quotes may run over lines: the state of a line says whether one is open at its end."""
        inside, at = self._begins_inside(), 0
        while True:
            start = 0 if inside else text.find(_TRIPLE, at)
            if start < 0:
                break
            end = text.find(_TRIPLE, at if inside else start + 3)
            stop = len(text) if end < 0 else end + 3
            self.setFormat(at if inside else start, stop - (at if inside else start), self._formats["string"])
            inside, at = end < 0, stop
            if inside or at >= len(text):
                break
        self.setCurrentBlockState(1 if inside else 0)


class CodePanel(QWidget):
    """The program, read-only. It is written only while it is looked at."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        surface(self, "panel")
        self.session = session
        self._stale = True
        self._ids: tuple[str, ...] = ()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Program of the model")
        self.text.setToolTip("This very program is what trains; copy or export it at the right")
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setProperty("kind", "code")
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(theme.SMALL)
        self.text.setFont(font)
        self._highlighter = Highlighter(self.text.document())
        self._note = ElidedLabel("", "warn")
        copy = Button("Copy", "Copy the whole program", icon="copy")
        copy.clicked.connect(self.copy)
        export = Button("Export…", "Write a Python file that trains without Workbench", icon="export")
        export.clicked.connect(self.ask_export)
        self.buttons = (copy, export)
        top = QHBoxLayout()
        top.setContentsMargins(12, 6, 12, 0)
        top.addWidget(self._note, 1)
        top.addWidget(copy)
        top.addWidget(export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.text, 1)
        session.analysed.connect(self._on_analysed)
        theme.changed.connect(self._on_theme_changed)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._write()

    def show_nodes(self, ids: Iterable[str]) -> None:
        """Mark the lines that speak of these nodes."""
        self._ids = tuple(ids)
        if self.isVisible():
            self._mark()

    def copy(self) -> None:
        """Put the program on the clipboard."""
        self._write()
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.session.message.emit("The program is on the clipboard.", "ok")

    def ask_export(self) -> None:
        """Let a person choose the file."""
        dialog = QFileDialog(self.window(), "Export the program", str(Path.cwd()), "Python (*.py)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("py")
        dialog.selectFile(f"{re.sub(r'[^A-Za-z0-9_]+', '_', self.session.document.name)}.py")
        dialog.fileSelected.connect(lambda chosen: self.export(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        self.session.model_opened.connect(dialog.reject)
        dialog.show()

    def export(self, path: Path) -> None:
        """Write a program that runs where Workbench is not installed."""
        from workbench.codegen.script import script

        try:
            text = script(self.session.document, self.session.analyse_now())
        except WorkbenchError as error:
            self.session.message.emit(str(error), "error")
            return
        self.session.call(
            lambda _: path.write_text(text, encoding="utf-8"),
            lambda _: self.session.message.emit(f"The program was written to {path}.", "ok"),
        )

    def _on_analysed(self) -> None:
        self._stale = True
        if self.isVisible():
            self._write()

    def _on_theme_changed(self) -> None:
        self._highlighter.restyle()
        self._mark()

    def _write(self) -> None:
        if not self._stale:
            return
        self._stale = False
        from workbench.codegen.program import generate

        session = self.session
        errors = sum(problem.severity == "error" for problem in session.analysis.problems)
        if errors:
            kept = "What follows is the last program that was whole. " if self.text.toPlainText() else ""
            self._note.setText(f"{kept}The drawing has problems; the program follows once they are solved.")
            return
        try:
            text = generate(session.document, session.analysis)
        except WorkbenchError as error:
            self._note.setText(str(error))
            return
        self._note.setText("")
        if text != self.text.toPlainText():
            down, right = self.text.verticalScrollBar().value(), self.text.horizontalScrollBar().value()
            self.text.setPlainText(text)
            self.text.verticalScrollBar().setValue(down)
            self.text.horizontalScrollBar().setValue(right)
        self._mark()

    def _mark(self) -> None:
        marks: list[QTextEdit.ExtraSelection] = []
        if self._ids:
            pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._ids))})\b")
            block = self.text.document().begin()
            while block.isValid():
                if pattern.search(block.text()):
                    marks.append(_line_mark(QTextCursor(block)))
                block = block.next()
        self.text.setExtraSelections(marks)
        if marks:
            self.text.setTextCursor(marks[0].cursor)


def _line_mark(cursor: QTextCursor) -> QTextEdit.ExtraSelection:
    mark = QTextEdit.ExtraSelection()
    mark.cursor = cursor
    mark.format.setBackground(theme.color("selection"))
    mark.format.setProperty(QTextCharFormat.Property.FullWidthSelection.value, True)
    return mark
