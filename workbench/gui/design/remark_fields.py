"""Fields over frames and notes, to type their texts in place; each has an undo of its own while one types.

Imports Qt, theme, canvas and items.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QFont, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from workbench.core.values import LONGEST_TEXT
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.style import style
from workbench.gui.widgets.fields import commits

_STAYS = (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
"""A menu of the field or another window in front is no reason to end typing."""
_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
Taken = Callable[[str], object]


class TitleField(QLineEdit):
    """A line over the bar of a frame: Enter or a click elsewhere takes the title, Escape leaves it as it was."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._taken: Taken | None = None
        self._place = QRectF()
        self.setMaxLength(500)
        self.setAccessibleName("Title of the frame")
        self.setToolTip("Enter takes the title, Escape leaves it as it was")
        _follow(canvas, self.put)
        canvas.session.leaving.connect(self.close_field)
        self.hide()

    def open(self, place: QRectF, text: str, taken: Taken) -> None:
        """Type a title over a rectangle of the scene; `taken` gets it."""
        self._place, self._taken = place, taken
        self.setText(text)
        self.put()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def put(self) -> None:
        """Lie over the bar, wherever it is on the screen now."""
        rect = self._canvas.mapFromScene(self._place).boundingRect()
        self.setGeometry(rect.x(), rect.y(), min(max(160, rect.width()), 360), 30)

    def close_field(self, *, take: bool = True) -> None:
        """Close the field and give its text away, or forget it."""
        taken, self._taken = self._taken, None
        if taken is None:
            return
        text = self.text()
        if self.hasFocus():
            self._canvas.setFocus()
        self.hide()
        if take:
            taken(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_field(take=False)
        elif event.key() in _RETURN:
            self.close_field(take=True)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _STAYS:
            self.close_field(take=True)


class NoteField(QPlainTextEdit):
    """Lines over a note. Nothing that was typed gets lost: Escape, Ctrl+Enter and a click elsewhere all keep it."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._taken: Taken | None = None
        self._place = QRectF()
        self.setAccessibleName("Text of the note")
        self.setToolTip("Escape or Ctrl+Enter ends typing; Ctrl+Z takes it back")
        self.setPlaceholderText("Write a note …")
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        _follow(canvas, self.put)
        canvas.session.leaving.connect(self.close_field)
        self.hide()

    def open(self, place: QRectF, text: str, taken: Taken) -> None:
        """Type a text over a rectangle of the scene; `taken` gets it."""
        self._place, self._taken = place, taken
        self.setPlainText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)
        self.put()
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def put(self) -> None:
        """Lie over the note, wherever it is on the screen now."""
        zoom = self._canvas.zoom
        rect = self._canvas.mapFromScene(self._place).boundingRect()
        self.setGeometry(QRect(rect.x(), rect.y(), max(140, rect.width()), max(56, rect.height())))
        font = QFont(style().line_font)
        font.setPixelSize(max(11, min(22, round(font.pixelSize() * zoom))))
        self.setFont(font)

    def close_field(self, *, take: bool = True) -> None:
        """Close the field and give its text away."""
        taken, self._taken = self._taken, None
        if taken is None:
            return
        text = self.toPlainText()[:LONGEST_TEXT]
        if self.hasFocus():
            self._canvas.setFocus()
        self.hide()
        if take:
            taken(text)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _ends(event):
            event.accept()  # else Ctrl+Enter would start a training
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _ends(event):
            self.close_field()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _STAYS:
            self.close_field()


def _ends(event: QKeyEvent) -> bool:
    """Whether a key ends the typing of several lines."""
    return event.key() == Qt.Key.Key_Escape or commits(event)


def _follow(canvas: Canvas, put: Callable[[], object]) -> None:
    """Stay in place while one zooms and pans."""
    canvas.zoom_changed.connect(put)
    for bar in (canvas.horizontalScrollBar(), canvas.verticalScrollBar()):
        bar.valueChanged.connect(put)
