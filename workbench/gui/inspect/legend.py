"""What the colours of a picture mean, in one line.  Imports Qt and theme."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from workbench.gui import theme


class Legend(QWidget):
    """Names in their colours among the curves, in one line; those without room are counted."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[tuple[str, int]] = []
        self.setFixedHeight(20)
        self.setAccessibleName("What the colours mean")
        theme.changed.connect(self.update)

    def show_names(self, names: Sequence[tuple[str, int]]) -> None:
        """Show these names and numbers of colours."""
        self.names = list(names)
        self.setToolTip(", ".join(name for name, _ in self.names))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.small(self.font()))
        metrics, x = painter.fontMetrics(), 12
        for place, (name, color) in enumerate(self.names):
            wide = metrics.horizontalAdvance(name) + 24
            if x + wide > self.width() - 70 and place + 1 < len(self.names):
                painter.setPen(theme.color("dim"))
                painter.drawText(x, 14, f"and {len(self.names) - place} more")
                break
            ring = theme.is_second_round(color)
            painter.setPen(QPen(theme.curve_color(color), 2))
            painter.setBrush(theme.color("panel") if ring else theme.curve_color(color))
            painter.drawEllipse(QPointF(x + 4, 10), 3, 3)
            painter.setPen(theme.color("text"))
            painter.drawText(x + 12, 14, name)
            x += wide
        painter.end()
