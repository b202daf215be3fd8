"""A widget that keeps what it painted as a picture, and paints over it only what follows pointer and keys.

Imports Qt and theme.
"""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme


class KeptPicture(QWidget):
    """As large as its room; pointed at without a button, reached by Tab, and framed while it has the keyboard."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 150)
        self._picture: QPixmap | None = None
        theme.changed.connect(self.forget)

    def paint(self, painter: QPainter) -> None:
        """Paint all of it but what follows the pointer."""
        raise NotImplementedError(type(self).__name__)

    def paint_over(self, painter: QPainter) -> None:
        """Paint what follows pointer and keys."""
        raise NotImplementedError(type(self).__name__)

    def forget(self) -> None:
        """Paint anew."""
        self._picture = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.forget()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            ratio = self.devicePixelRatioF()
            self._picture = QPixmap((self.size().toSizeF() * ratio).toSize())
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(theme.color("panel"))
            below = QPainter(self._picture)
            below.setRenderHint(QPainter.RenderHint.Antialiasing)
            below.setFont(theme.small(self.font()))
            self.paint(below)
            below.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint_over(painter)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
