"""The programs of two runs, with the lines that differ marked.  Imports Qt, the code's colours, lines and widgets."""

from PySide6.QtGui import QFontDatabase, QGuiApplication, QTextCursor, QTextDocument, QTextFormat
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QStackedWidget, QTextEdit, QVBoxLayout, QWidget

from workbench.gui import theme
from workbench.gui.actions import explain
from workbench.gui.compare.lines import Lines, patch
from workbench.gui.compare.pair import Pair
from workbench.gui.design.code import Highlighter
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.labels import ElidedLabel
from workbench.gui.widgets.surfaces import EmptyState, surface

_TOKENS = {"+": "ok", "-": "err"}
_TINT = 0.16


class _Colours(Highlighter):
    """Knows of each line whether it begins inside a long text: the lines before it may be of the other program."""

    def __init__(self, document: QTextDocument) -> None:
        self.lines = Lines()
        super().__init__(document)

    def _begins_inside(self) -> bool:
        number = self.currentBlock().blockNumber()
        return number < len(self.lines.shown) and self.lines.shown[number].inside


class ProgramPage(QStackedWidget):
    """What differs between two programs; `step` goes from one difference to the next."""

    def __init__(self) -> None:
        super().__init__()
        self.hint = EmptyState("code", "", "")
        surface(self.hint, "panel")
        self.lines = Lines()
        self._at = -1
        self._pair: Pair | None = None
        self.told = ElidedLabel("", "small")
        self.previous = IconButton("chevron-up", "Previous difference of the programs")
        self.next = IconButton("chevron-down", "Next difference of the programs")
        explain(self.previous, "previous_difference", "Go to the difference before this one")
        explain(self.next, "next_difference", "Go to the difference after this one")
        self.previous.clicked.connect(lambda: self.step(-1))
        self.next.clicked.connect(lambda: self.step(1))
        self.copying = Button("Copy", "Copy the difference of the programs as a patch", icon="copy")
        self.copying.clicked.connect(self.copy)
        row = QHBoxLayout()
        row.setContentsMargins(14, 4, 8, 4)
        row.setSpacing(2)
        row.addWidget(self.told, 1)
        row.addWidget(self.previous)
        row.addWidget(self.next)
        row.addSpacing(6)
        row.addWidget(self.copying)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Difference of the programs")
        self.text.setToolTip(
            "Lines with + are in the other run's program only, lines with − in the base run's"
        )
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setProperty("kind", "code")
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setPixelSize(theme.SMALL)
        self.text.setFont(font)
        self._highlighter = _Colours(self.text.document())
        page = QWidget()
        surface(page, "panel")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        self.addWidget(self.hint)
        self.addWidget(page)
        theme.changed.connect(self._restyle)

    def say(self, title: str, hint: str) -> None:
        """Say something in place of the programs."""
        self._pair = None
        self.hint.set_texts(title, hint)
        self.setCurrentIndex(0)

    def show_pair(self, pair: Pair) -> None:
        """Show what differs between the programs of these two runs."""
        missing = [str(side.run) for side in (pair.base, pair.other) if not side.program]
        if missing:
            runs = " and ".join(missing)
            self.say("Nothing to compare", f"No program was kept of run {runs}.")
            return
        self._pair, self.lines, self._at = pair, pair.lines, -1
        self.told.setText(self.lines.told)
        for button in (self.previous, self.next, self.copying):
            button.setEnabled(bool(self.lines.starts))
        self._highlighter.lines = self.lines
        shown = [f"{line.sign} {line.text}".rstrip() for line in self.lines.shown]
        self.text.setPlainText("\n".join(shown))
        self._mark()
        self.setCurrentIndex(1)

    def step(self, by: int) -> None:
        """Go to the next difference, or back; at the end it begins anew."""
        starts = self.lines.starts
        if starts:
            start = self._at if self._at >= 0 else (-1 if by > 0 else 0)
            self._at = (start + by) % len(starts)
            cursor = QTextCursor(self.text.document().findBlockByNumber(starts[self._at]))
            self.text.setTextCursor(cursor)
            self.text.centerCursor()

    def copy(self) -> None:
        """Put the difference on the clipboard, as other programs read it."""
        if self._pair is not None:
            sides = (self._pair.base, self._pair.other)
            names = [f"run-{side.run}.py" for side in sides]
            QGuiApplication.clipboard().setText(patch(sides[0].program, sides[1].program, names))

    def _restyle(self) -> None:
        self._highlighter.restyle()
        self._mark()

    def _mark(self) -> None:
        marks = []
        block = self.text.document().begin()
        for line in self.lines.shown:
            if line.sign in _TOKENS or line.sign == "…":
                mark = QTextEdit.ExtraSelection()
                mark.cursor = QTextCursor(block)
                color = theme.color(_TOKENS.get(line.sign, "hover"))
                if line.sign in _TOKENS:
                    color.setAlphaF(_TINT)
                else:
                    mark.format.setForeground(theme.color("dim"))
                    mark.cursor.select(QTextCursor.SelectionType.LineUnderCursor)
                mark.format.setBackground(color)
                mark.format.setProperty(QTextFormat.Property.FullWidthSelection.value, True)
                marks.append(mark)
            block = block.next()
        self.text.setExtraSelections(marks)
