"""The loss around the weights of a model, in two directions, as a map of heights.  Imports Qt and theme."""

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QImage, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.text import number
from workbench.gui import theme
from workbench.gui.widgets.colors import mixed

_EDGE: Final = 48.0
_BAR: Final = 14.0
_LEVELS: Final = 12


class LossSurface(QWidget):
    """Low is bright; the colours follow the logarithm, so that a deep valley is seen beside high walls."""

    def __init__(self) -> None:
        super().__init__()
        self.axis: list[float] = []
        self.loss: list[list[float]] = []
        self.at: tuple[int, int] | None = None
        self._range = (0.0, 0.0)
        self.setAccessibleName("Loss around the weights")
        self.setToolTip("The cross marks the weights of the model. Arrow keys go from place to place")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def show_loss(self, axis: Sequence[float], loss: Sequence[Sequence[float | None]]) -> None:
        """A row for each place on the axis upwards, a column for each place to the right."""
        self.axis = [float(place) for place in axis]
        self.loss = [[math.nan if value is None else float(value) for value in row] for row in loss]
        self.at = None
        known = [value for row in self.loss for value in row if math.isfinite(value)]
        self._range = (min(known), max(known)) if known else (0.0, 0.0)
        self.setAccessibleDescription(self.words(*self._middle()) if self.loss else "")
        self.update()

    def words(self, row: int, column: int) -> str:
        """One place in words."""
        return f"{number(self.axis[column], 3)}, {number(self.axis[row], 3)}: loss {number(self.loss[row][column])}"

    def area(self) -> QRectF:
        """Where the map is."""
        side = max(60.0, min(self.width() - 3 * _EDGE, self.height() - _EDGE))
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2 - 8, side, side)

    def share(self, loss: float) -> float:
        """How high a loss is, from 0 to 1; 1 for what is no number."""
        low, high = self._range
        if not math.isfinite(loss) or high <= low:
            return 0.0 if loss == low else 1.0
        shift = low - (high - low) * 1e-3  # also of losses below zero there is a logarithm
        return math.log((loss - shift) / (low - shift)) / math.log((high - shift) / (low - shift))

    def sizeHint(self) -> QSize:
        return QSize(420, 400)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if not self.loss:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(theme.small(self.font()))
        area, rows, columns = self.area(), len(self.loss), len(self.loss[0])
        image = QImage(columns, rows, QImage.Format.Format_RGB32)
        for row, values in enumerate(self.loss):
            for column, value in enumerate(values):
                image.setPixelColor(column, rows - 1 - row, self._color(self.share(value)))
        painter.drawImage(area, image)
        self._paint_mark(painter, self._point(*self._middle()), theme.color("text"))
        if self.at is not None:
            self._paint_mark(painter, self._point(*self.at), theme.color("warn"))
        self._paint_scale(painter, area)
        painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(area)
        painter.setPen(theme.color("dim"))
        below = QRectF(area.left(), area.bottom() + 4, area.width(), 18)
        span = f"{number(self.axis[0], 2)} … {number(self.axis[-1], 2)}"
        painter.drawText(
            below, Qt.AlignmentFlag.AlignCenter, f"two random directions, {span} of the weights' size"
        )
        painter.end()

    def event(self, event: QEvent) -> bool:
        place = self._place_at(QPointF(event.pos())) if isinstance(event, QHelpEvent) else None
        if isinstance(event, QHelpEvent) and place is not None:
            QToolTip.showText(event.globalPos(), self.words(*place), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (1, 0),
            Qt.Key.Key_Down: (-1, 0),
        }
        if not self.loss or Qt.Key(event.key()) not in steps:
            super().keyPressEvent(event)
            return
        up, right = steps[Qt.Key(event.key())]
        row, column = self.at or self._middle()
        self.at = (
            max(0, min(len(self.loss) - 1, row + up)),
            max(0, min(len(self.loss[0]) - 1, column + right)),
        )
        self.setAccessibleDescription(self.words(*self.at))
        QToolTip.showText(self.mapToGlobal(self._point(*self.at).toPoint()), self.words(*self.at), self)
        self.update()

    def _middle(self) -> tuple[int, int]:
        return len(self.loss) // 2, len(self.loss[0]) // 2

    def _point(self, row: int, column: int) -> QPointF:
        area = self.area()
        high, wide = area.height() / len(self.loss), area.width() / len(self.loss[0])
        return QPointF(area.left() + (column + 0.5) * wide, area.bottom() - (row + 0.5) * high)

    def _place_at(self, at: QPointF) -> tuple[int, int] | None:
        area = self.area()
        if not self.loss or not area.contains(at):
            return None
        row = int((area.bottom() - at.y()) / area.height() * len(self.loss))
        column = int((at.x() - area.left()) / area.width() * len(self.loss[0]))
        return min(row, len(self.loss) - 1), min(column, len(self.loss[0]) - 1)

    @staticmethod
    def _color(share: float) -> QColor:
        """In steps, whose edges are lines of equal loss."""
        step = round(min(1.0, max(0.0, share)) * _LEVELS) / _LEVELS
        return mixed(theme.color("base"), theme.color("accent"), step)

    @staticmethod
    def _paint_mark(painter: QPainter, at: QPointF, color: QColor) -> None:
        painter.setPen(QPen(color, 2))
        painter.drawLine(at - QPointF(6, 0), at + QPointF(6, 0))
        painter.drawLine(at - QPointF(0, 6), at + QPointF(0, 6))

    def _paint_scale(self, painter: QPainter, area: QRectF) -> None:
        """Which colour means which loss."""
        left = area.right() + 12
        high = area.height() / (_LEVELS + 1)
        for step in range(_LEVELS + 1):
            box = QRectF(left, area.bottom() - (step + 1) * high, _BAR, high + 1)
            painter.fillRect(box, self._color(step / _LEVELS))
        painter.setPen(theme.color("dim"))
        for value, y in zip(self._range, (area.bottom() - 16, area.top()), strict=True):
            painter.drawText(
                QRectF(left + _BAR + 6, y, _EDGE + 20, 16), Qt.AlignmentFlag.AlignLeft, number(value, 3)
            )
