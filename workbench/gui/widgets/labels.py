"""Texts: labels in a role, labels that shorten themselves, section headers and state dots.  Imports theme."""

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from workbench.gui import theme

STATE_TOKENS = {
    "queued": "dim",
    "starting": "accent",
    "running": "accent",
    "paused": "warn",
    "completed": "ok",
    "failed": "err",
    "stopped": "dim",
}


class Label(QLabel):
    """A text in a role of the style sheet: "" (plain), dim, small, strong, title, section, ok, warn, err."""

    def __init__(self, text: str = "", role: str = "", *, wrap: bool = False) -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if role:
            self.setProperty("role", role)

    def set_role(self, role: str) -> None:
        """Change the look of a label that is already shown."""
        if self.property("role") != role:
            self.setProperty("role", role)
            self.style().unpolish(self)
            self.style().polish(self)


class ElidedLabel(Label):
    """A one-line text that ends in "…" where it does not fit and then shows all of itself as its tooltip."""

    def __init__(
        self, text: str = "", role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__("", role)
        self._full = text
        self._brief = ""
        self._tip = ""
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._shorten()

    def full_text(self) -> str:
        """The text as given, not as shortened."""
        return self._full

    def setText(self, text: str) -> None:  # noqa: N802 - Qt's name
        self.set_texts(text, "")

    def set_texts(self, text: str, brief: str) -> None:
        """Show `text`, or `brief` where there is no room for all of it."""
        self._full, self._brief = text, brief
        self.updateGeometry()
        self._shorten()

    def set_tip(self, tip: str) -> None:
        """Explain the text in a tooltip, whether it fits or not."""
        self._tip = tip
        self._shorten()

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        margins = self.contentsMargins()
        width = self.fontMetrics().horizontalAdvance(self._full) + margins.left() + margins.right()
        return QSize(width + 2, hint.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(min(24, self.sizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._shorten()

    def _shorten(self) -> None:
        room, metrics = max(self.contentsRect().width(), 24), self.fontMetrics()
        fits = metrics.horizontalAdvance(self._full) <= room
        shown = metrics.elidedText(self._full if fits else self._brief or self._full, self._mode, room)
        if shown != self.text():
            super().setText(shown)
        self.setToolTip(self._tip or (self._full if shown != self._full else ""))


class SectionHeader(QWidget):
    """The small capitals over a panel's part, with room for buttons on the right (`add`)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.label = Label(text.upper(), "section")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(theme.GRID)
        self._row.addWidget(self.label)
        self._row.addStretch(1)

    def set_text(self, text: str) -> None:
        """Change the header; shown in capitals."""
        self.label.setText(text.upper())

    def add(self, widget: QWidget) -> None:
        """Put a widget at the right end."""
        self._row.addWidget(widget)


class StatusDot(QWidget):
    """A small disc in the colour of a run's state; hollow while the run waits."""

    def __init__(self, state: str = "queued") -> None:
        super().__init__()
        self._state = state
        self.setFixedSize(12, 12)
        self.set_state(state)

    def set_state(self, state: str) -> None:
        """Show another state."""
        self._state = state
        self.setAccessibleName(state)
        self.setToolTip(state)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_state(painter, QPointF(6, 6), self._state)
        painter.end()


def paint_state(painter: QPainter, center: QPointF, state: str, radius: float = 4.0) -> None:
    """Paint the dot of a run's state, for delegates."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    color = theme.color(STATE_TOKENS.get(state, "dim"))
    if state in ("queued", "stopped"):
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
    painter.drawEllipse(center, radius, radius)
