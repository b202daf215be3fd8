"""Recorded forecasts: what was predicted beside what came.  Imports Qt, records, theme and axes."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.text import one_line
from workbench.gui import theme
from workbench.gui.widgets.axes import Frame, linear_ticks, padded
from workbench.store.records import Media

_MOST_SERIES: Final = 64
_MOST_STEPS: Final = 4096
_LEAST_WIDE: Final = 240
_HEADER: Final = 20
_LEGEND: Final = 22
Values = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """One series; NaN where there is no number."""

    title: str
    context: Values
    true: Values
    predicted: Values

    def range(self) -> tuple[float, float]:
        """The smallest and the largest number."""
        known = [
            value for row in (self.context, self.true, self.predicted) for value in row if value == value
        ]
        return padded(min(known), max(known)) if known else (0.0, 1.0)


def parse(data: bytes) -> list[Forecast]:
    """From {"series": [{"title": …, "context": […], "true": […], "predicted": […]}]}; nothing where damaged."""
    try:
        return [
            Forecast(
                one_line(str(given["title"]), 60),
                *(_values(given[key]) for key in ("context", "true", "predicted")),
            )
            for given in json.loads(data)["series"][:_MOST_SERIES]
        ]
    except (ValueError, TypeError, KeyError):
        return []


def _values(given: Sequence[float | None]) -> Values:
    found = (math.nan if value is None else float(value) for value in given[:_MOST_STEPS])
    return tuple(value if math.isfinite(value) else math.nan for value in found)


class SeriesView(QWidget):
    """Small plots of all series, as many beside each other as fit, with one legend."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._series: list[Forecast] = []
        self.setAccessibleName(name)
        self.setToolTip("What came and what the model predicted, over the steps")
        self.setMinimumSize(160, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    @property
    def series(self) -> list[Forecast]:
        return self._series

    def sizeHint(self) -> QSize:
        return QSize(300, 300)

    def show_media(self, history: Sequence[Media]) -> str:
        """Show what was recorded last."""
        self._series = parse(history[-1].data)
        self.setAccessibleDescription(f"{len(self._series)} series" if self._series else "damaged")
        self.update()
        return ""

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = theme.small(self.font())
        painter.setFont(font)
        painter.setPen(theme.color("dim"))
        if not self._series:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "These series are damaged")
            return
        room = QRectF(self.rect()).adjusted(0, 0, 0, -_LEGEND)
        columns = min(len(self._series), max(1, int(room.width() / _LEAST_WIDE)))
        rows = math.ceil(len(self._series) / columns)
        wide, high = room.width() / columns, room.height() / rows
        for place, series in enumerate(self._series):
            box = QRectF(place % columns * wide, place // columns * high, wide, high)
            self._paint(painter, series, box.adjusted(0, 0, -8, -4))
        self._paint_legend(painter, room.bottom())
        painter.end()

    def _paint(self, painter: QPainter, series: Forecast, box: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        low, high = series.range()
        titled = box.height() > 70
        top = box.top() + (_HEADER if titled else 4)
        ticks = linear_ticks(low, high, max(2, int((box.bottom() - top) / 36)))
        left = max((metrics.horizontalAdvance(tick.text) for tick in ticks), default=0.0) + 8
        steps = len(series.context) + max(len(series.true), len(series.predicted), 2)
        frame = Frame(
            box.left() + left, top, box.width() - left, box.bottom() - top - 4, 0, steps - 1, low, high
        )
        if frame.width < 20 or frame.height < 12:
            return
        if titled:
            painter.setPen(theme.color("text"))
            title = metrics.elidedText(series.title, Qt.TextElideMode.ElideRight, frame.width)
            painter.drawText(
                QRectF(frame.left, box.top(), frame.width, _HEADER), Qt.AlignmentFlag.AlignVCenter, title
            )
        for tick in ticks:
            painter.setPen(QPen(theme.color("line"), 1))
            y = round(frame.down(tick.at)) + 0.5
            painter.drawLine(QPointF(frame.left, y), QPointF(frame.right, y))
            painter.setPen(theme.color("dim"))
            label = QRectF(box.left(), y - 9, left - 6, 18)
            painter.drawText(label, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, tick.text)
        begin = len(series.context)
        past = (*series.context, *series.true[:1]) if series.context else ()
        for values, start, color in zip(
            (past, series.true, series.predicted), (0, begin, begin), _colors(), strict=True
        ):
            _draw(painter, values, start, frame, color)

    def _paint_legend(self, painter: QPainter, top: float) -> None:
        metrics, x = QFontMetricsF(painter.font()), 4.0
        names = ("before", "true", "predicted")
        for name, color in zip(names, _colors(), strict=True):
            if name == "before" and not any(series.context for series in self._series):
                continue
            painter.setPen(QPen(color, 2))
            painter.drawLine(QPointF(x, top + _LEGEND / 2), QPointF(x + 14, top + _LEGEND / 2))
            painter.setPen(theme.color("dim"))
            wide = metrics.horizontalAdvance(name)
            painter.drawText(QRectF(x + 20, top, wide + 4, _LEGEND), Qt.AlignmentFlag.AlignVCenter, name)
            x += wide + 36


def _colors() -> tuple[QColor, QColor, QColor]:
    """Of what was before, what came and what is predicted."""
    return theme.color("dim"), theme.curve_color(2), theme.curve_color(1)


def _draw(painter: QPainter, values: Values, start: int, frame: Frame, color: QColor) -> None:
    """A line through the values; where one is missing it breaks off, and one alone is a dot."""
    painter.setPen(QPen(color, 1.6))
    points: list[QPointF] = []
    for place, value in enumerate((*values, math.nan)):
        if value == value:
            points.append(QPointF(frame.across(start + place), frame.down(value)))
            continue
        if len(points) == 1:
            painter.setBrush(color)
            painter.drawEllipse(points[0], 2.5, 2.5)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        elif points:
            painter.drawPolyline(QPolygonF(points))
        points = []
