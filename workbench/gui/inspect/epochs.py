"""How numbers of a layer were distributed in each epoch that was recorded: time to the right, the values upwards.

Imports Qt, theme and the charts.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPaintEvent, QPen, QPolygonF

from workbench.core.text import number, whole
from workbench.gui import theme
from workbench.gui.data.charts import Chart
from workbench.gui.widgets.axes import linear_ticks
from workbench.gui.widgets.colors import mixed

_HIGH: Final = 148
_HEAD: Final = 18
_FOOT: Final = 18
_LEFT: Final = 56
_LEVELS: Final = 32


class EpochHeat(Chart):
    """A column for each epoch, the darker the more numbers lie there; the line is their mean."""

    def __init__(
        self, kind: str, layer: str, told: Mapping[str, Any], epochs: Sequence[int], marked: int
    ) -> None:
        title, self._kind = f"{kind} of {layer}", kind
        super().__init__({"title": title, "values": told["mean"]})
        self.epochs, self.marked = [int(epoch) for epoch in epochs[: len(self.values)]], marked
        self.low, self.high = float(told["low"]), float(told["high"])
        self.rows: list[list[float]] = [[float(share) for share in row or ()] for row in told["rows"]]
        self._means, self._stds, self._odd = (list(told[key]) for key in ("mean", "std", "odd"))
        self.setFixedHeight(_HIGH)
        self.describe()
        self.setToolTip(
            f"{title}. Point at an epoch, or press the arrow keys, to read its mean and deviation"
        )

    def words(self, place: int) -> str:
        """One epoch in words."""
        mean, std, odd = self._means[place], self._stds[place], self._odd[place]
        if mean is None or std is None:
            return f"epoch {self.epochs[place]}: nothing recorded"
        bad = f", {whole(float(odd))} NaN or infinite" if odd else ""
        return f"epoch {self.epochs[place]}: mean {number(mean, 3)}, std {number(std, 3)}{bad}"

    def place_at(self, x: float, y: float) -> int:
        fits = (
            place for place in range(len(self.epochs)) if self._span(place)[0] <= x < self._span(place)[1]
        )
        return next(fits, -1) if 0 <= y < self.height() else -1

    def sizeHint(self) -> QSize:
        return QSize(260, _HIGH)

    def _area(self) -> QRectF:
        room = QRectF(self.rect())
        return room.adjusted(_LEFT, _HEAD, -10, -_FOOT)

    def _at(self, epoch: float) -> float:
        """Where an epoch is; half an epoch more has room on either side."""
        area, first, last = self._area(), self.epochs[0] - 0.5, self.epochs[-1] + 0.5
        return area.left() + (epoch - first) / (last - first) * area.width()

    def _span(self, place: int) -> tuple[float, float]:
        """From where to where an epoch is painted: half the way to those before and after it."""
        here = self.epochs[place]
        before = (self.epochs[place - 1] + here) / 2 if place else here - 0.5
        after = (here + self.epochs[place + 1]) / 2 if place + 1 < len(self.epochs) else here + 0.5
        return self._at(before), self._at(after)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        font = self._small()
        painter.setFont(font)
        area = self._area()
        most = max((max(row) for row in self.rows if row), default=0.0) or 1.0
        shades = _shades()
        for place, row in enumerate(self.rows):
            left, right = self._span(place)
            if row:
                box = QRectF(left, area.top(), right - left + 0.5, area.height())
                painter.drawImage(box, _column(row, most, shades))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_lines(painter, area)
        self._paint_words(painter, area, QFontMetricsF(font))
        self._frame(painter)
        painter.end()

    def _paint_lines(self, painter: QPainter, area: QRectF) -> None:
        """The mean through the epochs, the epoch of the weights, and the one that is pointed at."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawRect(area)
        if self.epochs[0] <= self.marked <= self.epochs[-1]:
            painter.setPen(QPen(theme.color("dim"), 1, Qt.PenStyle.DashLine))
            at = self._at(self.marked)
            painter.drawLine(QPointF(at, area.top()), QPointF(at, area.bottom()))
        if self.at >= 0:
            left, right = self._span(self.at)
            painter.setPen(QPen(theme.color("text"), 1))
            painter.drawRect(QRectF(left, area.top(), right - left, area.height()))
        known = [
            QPointF(
                self._at(epoch), area.bottom() - (mean - self.low) / (self.high - self.low) * area.height()
            )
            for epoch, mean in zip(self.epochs, self._means, strict=True)
            if mean is not None
        ]
        painter.setClipRect(area)
        painter.setPen(QPen(theme.color("text"), 1.4))
        painter.drawPolyline(QPolygonF(known))
        painter.setClipping(False)

    def _paint_words(self, painter: QPainter, area: QRectF, metrics: QFontMetricsF) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter
        above = QRectF(area.left(), 0, self.width() - area.left(), _HEAD)
        painter.setPen(theme.color("text" if self.at >= 0 else "dim"))
        said = self.words(self.at) if self.at >= 0 else self._kind
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | middle, said)
        painter.setPen(theme.color("dim"))
        for tick in linear_ticks(self.low, self.high, 4):
            y = area.bottom() - (tick.at - self.low) / (self.high - self.low) * area.height()
            painter.drawText(QRectF(0, y - 8, _LEFT - 6, 16), Qt.AlignmentFlag.AlignRight | middle, tick.text)
        end, most = -math.inf, max(2, int(area.width() // 40))
        for tick in linear_ticks(self.epochs[0] - 0.5, self.epochs[-1] + 0.5, most, whole=True):
            wide = metrics.horizontalAdvance(tick.text)
            left = self._at(tick.at) - wide / 2
            if left > end + 6:
                below = QRectF(left, area.bottom() + 2, wide + 2, _FOOT - 2)
                painter.drawText(below, Qt.AlignmentFlag.AlignLeft | middle, tick.text)
                end = left + wide


def _shades() -> list[QColor]:
    """From the ground of the page to the accent; few numbers are seen as well as many."""
    ground, accent = theme.color("base"), theme.color("accent")
    return [mixed(accent, ground, math.sqrt(level / (_LEVELS - 1))) for level in range(_LEVELS)]


def _column(row: Sequence[float], most: float, shades: Sequence[QColor]) -> QImage:
    """The parts of one epoch, the least values below."""
    image = QImage(1, len(row), QImage.Format.Format_RGB32)
    for place, share in enumerate(row):
        image.setPixelColor(0, len(row) - 1 - place, shades[round(share / most * (_LEVELS - 1))])
    return image
