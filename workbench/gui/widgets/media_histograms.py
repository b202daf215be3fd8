"""Recorded histograms: weights, gradients and outputs of all layers, over the epochs.  Imports Qt, records, theme."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QScrollArea, QToolTip, QWidget

from workbench.core.text import number, one_line, whole
from workbench.gui import theme
from workbench.gui.widgets.colors import mixed
from workbench.gui.widgets.surfaces import surface
from workbench.store.records import Media

KINDS: Final = ("weights", "gradients", "outputs")
_MOST_LAYERS: Final = 256
_MOST_BINS: Final = 400
_BEFORE: Final = 5
_HEADER: Final = 24
_NAME: Final = 18
_CELL: Final = 58
_LABEL: Final = 16


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many numbers lie in each equal part of a range; `odd` are NaN or infinite."""

    low: float
    high: float
    counts: tuple[float, ...]
    mean: float
    std: float
    odd: int

    @classmethod
    def parse(cls, given: dict[str, object]) -> "Histogram":
        """Raises ValueError, TypeError or KeyError where it is damaged."""
        low, high, mean, std = (float(str(given[key])) for key in ("low", "high", "mean", "std"))
        rows = given["counts"]
        if not isinstance(rows, list) or len(rows) > _MOST_BINS:
            raise ValueError("no counts")
        counts = tuple(max(0.0, float(count)) for count in rows)
        if not all(map(math.isfinite, (low, high, mean, std, *counts))) or high < low:
            raise ValueError("no numbers")
        return cls(low, high, counts, mean, std, int(str(given["odd"])))


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer by its path, with the histograms that were recorded of it."""

    name: str
    histograms: dict[str, Histogram] = field(default_factory=dict)


def parse(data: bytes) -> list[Layer]:
    """From {"layers": [{"name": …, "weights": {…}, …}]}; nothing where it is damaged."""
    try:
        return [
            Layer(
                one_line(str(given["name"]), 80),
                {kind: Histogram.parse(given[kind]) for kind in KINDS if kind in given},
            )
            for given in json.loads(data)["layers"][:_MOST_LAYERS]
        ]
    except (ValueError, TypeError, KeyError):
        return []


class HistogramsView(QScrollArea):
    """A row for each layer; the last epoch is filled, earlier ones are lines behind it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows = HistogramRows(name)
        self.setWidget(self.rows)
        surface(self.rows, "panel")
        self._known: dict[int, list[Layer]] = {}

    def show_media(self, history: Sequence[Media]) -> str:
        """Show what was recorded last in front of some of what was before."""
        spread = sorted({round(place * (len(history) - 1) / _BEFORE) for place in range(_BEFORE + 1)})
        self._known = {
            history[place].id: self._known.get(history[place].id) or parse(history[place].data)
            for place in spread
        }
        self.rows.show_layers([layers for layers in self._known.values() if layers])
        return ""


class HistogramRows(QWidget):
    """Paints the rows of all layers."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._epochs: list[list[Layer]] = []
        self._kinds: list[str] = []
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    @property
    def layers(self) -> list[Layer]:
        """The layers of the last epoch."""
        return self._epochs[-1] if self._epochs else []

    def show_layers(self, epochs: list[list[Layer]]) -> None:
        """Show epochs, oldest first; without any it is damaged."""
        self._epochs = epochs
        self._kinds = [kind for kind in KINDS if any(kind in layer.histograms for layer in self.layers)]
        self.setAccessibleDescription(f"{len(self.layers)} layers" if epochs else "damaged")
        self.setMinimumHeight(_HEADER + len(self.layers) * self._row())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, _HEADER + len(self.layers) * self._row())

    @staticmethod
    def _row() -> int:
        return _NAME + _CELL + _LABEL + 8

    def cell(self, layer: int, kind: str) -> QRectF:
        """Where a histogram is painted."""
        wide = self.width() / max(1, len(self._kinds))
        top = _HEADER + layer * self._row() + _NAME
        return QRectF(self._kinds.index(kind) * wide, top, wide, _CELL).adjusted(2, 0, -10, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = theme.small(self.font())
        painter.setFont(font)
        painter.setPen(theme.color("dim"))
        if not self.layers:
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "These histograms are damaged")
            return
        metrics = QFontMetricsF(font)
        for kind in self._kinds:
            box = self.cell(0, kind)
            painter.drawText(QRectF(box.left(), 0, box.width(), _HEADER), Qt.AlignmentFlag.AlignVCenter, kind)
        for place, layer in enumerate(self.layers):
            top = _HEADER + place * self._row()
            if event.rect().intersects(QRectF(0, top, self.width(), self._row()).toRect()):
                self._paint_layer(painter, place, layer, top, metrics)
        painter.end()

    def _paint_layer(
        self, painter: QPainter, place: int, layer: Layer, top: float, metrics: QFontMetricsF
    ) -> None:
        painter.setPen(theme.color("text"))
        name = metrics.elidedText(layer.name, Qt.TextElideMode.ElideMiddle, self.width() - 8)
        painter.drawText(QRectF(2, top, self.width() - 4, _NAME), Qt.AlignmentFlag.AlignVCenter, name)
        for number_of, kind in enumerate(self._kinds):
            box = self.cell(place, kind)
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(box.bottomLeft(), box.bottomRight())
            story = [
                found.histograms[kind]
                for epoch in self._epochs
                for found in epoch
                if found.name == layer.name and kind in found.histograms and found.histograms[kind].counts
            ]
            if kind not in layer.histograms or not layer.histograms[kind].counts:
                painter.setPen(theme.color("dim"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "no numbers")
                continue
            low, high = min(each.low for each in story), max(each.high for each in story)
            self._paint_story(painter, story, box, low, high, theme.curve_color(number_of))
            self._paint_range(painter, box, low, high, metrics)

    def _paint_story(
        self,
        painter: QPainter,
        story: Sequence[Histogram],
        box: QRectF,
        low: float,
        high: float,
        color: QColor,
    ) -> None:
        """Earlier epochs stand a little higher and paler behind the last one."""
        rise = 3.0
        for age, each in zip(range(len(story) - 1, -1, -1), story, strict=True):
            room = box.adjusted(0, rise * (len(story) - 1), 0, 0).translated(0, -rise * age)
            outline = _outline(each, room, low, high)
            share = 1.0 if not age else 0.55 - 0.07 * age
            line = mixed(color, theme.color("panel"), max(0.2, share))
            fill = mixed(color, theme.color("panel"), 0.3 if not age else 0.08)
            painter.setPen(QPen(line, 1.4 if not age else 1.0))
            painter.setBrush(fill)
            painter.drawPolygon(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_range(
        self, painter: QPainter, box: QRectF, low: float, high: float, metrics: QFontMetricsF
    ) -> None:
        painter.setPen(theme.color("dim"))
        below = QRectF(box.left(), box.bottom() + 1, box.width(), _LABEL)
        left, right = number(low, 2), number(high, 2)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, left)
        if metrics.horizontalAdvance(left + right) + 8 < box.width():
            painter.drawText(below, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, right)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent):
            text = self.text_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def text_at(self, at: QPointF) -> str:
        """A histogram in words; "" where none is."""
        for place, layer in enumerate(self.layers):
            for kind, found in layer.histograms.items():
                if self.cell(place, kind).contains(at):
                    odd = f", {whole(found.odd)} not finite" if found.odd else ""
                    return (
                        f"{layer.name}, {kind}: mean {number(found.mean)}, deviation {number(found.std)}{odd}"
                    )
        return ""


def _outline(each: Histogram, box: QRectF, low: float, high: float) -> QPolygonF:
    """The histogram as a polygon in a box whose sides are the range from low to high."""
    span = high - low
    if span <= 0:
        middle = box.center().x()
        return QPolygonF(
            [QPointF(middle - 3, box.bottom()), QPointF(middle, box.top()), QPointF(middle + 3, box.bottom())]
        )
    most = max(each.counts) or 1.0
    step = (each.high - each.low) / len(each.counts)

    def across(value: float) -> float:
        return box.left() + (value - low) / span * box.width()

    points = [QPointF(across(each.low), box.bottom())]
    for place, count in enumerate(each.counts):
        y = box.bottom() - count / most * box.height()
        start = across(each.low + place * step)
        points += [QPointF(start, y), QPointF(max(start + 1, across(each.low + (place + 1) * step)), y)]
    points.append(QPointF(points[-1].x(), box.bottom()))
    return QPolygonF(points)
