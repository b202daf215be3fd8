"""Figures about a dataset: numbers, bars and histograms, painted in the look of the theme.

Imports Qt, theme and the ticks of plots.  What a figure is, is told in engine/readers/reader.py.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QVBoxLayout, QWidget

from workbench.core.text import number, one_line, plural
from workbench.gui import theme
from workbench.gui.widgets.axes import linear_ticks
from workbench.gui.widgets.fields import FormRows
from workbench.gui.widgets.labels import ElidedLabel, Label
from workbench.gui.widgets.surfaces import clear_layout

Figure = Mapping[str, Any]
_BAR: Final = 20
_HISTOGRAM: Final = 132
_FOOT: Final = 18
_MOST: Final = 60
_LONGEST_NAME: Final = 18
_BESIDE: Final = 18
"""Characters of a value that have room beside its name."""


def say(value: object) -> str:
    """A value of a figure: whole numbers with commas, others short."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return one_line(str(value))
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e15 else number(float(value))


class Figures(QWidget):
    """Figures below one another, each under its title."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self.charts: list[Chart] = []

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """Show these figures instead of those that were shown."""
        clear_layout(self._column)
        self.charts = []
        for place, figure in enumerate(figures):
            title = one_line(str(figure.get("title", "")))
            if place:
                self._column.addSpacing(8)
            self._column.addWidget(Label(title, "strong"))
            if figure.get("kind") == "numbers":
                self._column.addWidget(_numbers(figure))
                continue
            chart = Histogram(figure) if figure.get("kind") == "histogram" else Bars(figure)
            self.charts.append(chart)
            self._column.addWidget(chart)
        self._column.addStretch(1)


def _numbers(figure: Figure) -> FormRows:
    rows = FormRows(96)
    told = list(zip(figure.get("names") or (), figure.get("values") or (), strict=False))
    below = any(len(say(value)) > _BESIDE for _, value in told)
    for name, value in told:
        if below:
            rows.add_wide(_stacked(one_line(str(name)), say(value)))
            continue
        rows.add_value(one_line(str(name), 3 * _LONGEST_NAME), say(value), one_line(str(name)), wrap=True)
    return rows


def _stacked(name: str, value: str) -> QWidget:
    """A name and below it what is long to say of it."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(ElidedLabel(name, "dim"))
    words = Label(value, wrap=True)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    column.addWidget(words)
    return made


class Chart(QWidget):
    """A figure with columns to look at: each can be hovered, or reached with the arrow keys."""

    def __init__(self, figure: Figure) -> None:
        super().__init__()
        self.title = one_line(str(figure.get("title", "")))
        self.values = [float(v) if isinstance(v, int | float) else 0.0 for v in figure.get("values") or ()]
        self.at = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName(self.title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def words(self, place: int) -> str:
        """One column in words."""
        raise NotImplementedError

    def place_at(self, x: float, y: float) -> int:
        """Which column is under a point; −1 for none."""
        raise NotImplementedError

    def describe(self) -> None:
        """Tell a screen reader all values, or where there are many the first ones."""
        shown = [self.words(place) for place in range(min(len(self.values), _MOST))]
        self.setAccessibleDescription("; ".join(shown))
        self.setToolTip(f"{self.title}. Point at a bar, or press the arrow keys, to read its value")

    def choose(self, place: int) -> None:
        """Point at a column."""
        if place == self.at:
            return
        self.at = place
        self.setAccessibleName(f"{self.title}: {self.words(place)}" if place >= 0 else self.title)
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.place_at(event.pos().x(), event.pos().y())
            if place >= 0:
                QToolTip.showText(event.globalPos(), self.words(place), self)
                return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.choose(self.place_at(event.position().x(), event.position().y()))

    def leaveEvent(self, event: QEvent) -> None:
        self.choose(-1)
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.choose(-1)
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}
        step = steps.get(Qt.Key(event.key()), 0)
        wanted = self.at + step
        if not step or not 0 <= wanted < len(self.values):
            super().keyPressEvent(event)
            return
        self.choose(wanted)

    def _small(self) -> QFont:
        return theme.small(self.font())

    def _frame(self, painter: QPainter) -> None:
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


_BLANKS: Final = {" ": "(space)", "\n": "(line break)", "\t": "(tab)"}


class Bars(Chart):
    """One bar a name, longest value as wide as there is room, the value written behind it."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        names = figure.get("names") or ()
        self.names = [one_line(str(name)) or _BLANKS.get(str(name), "(empty)") for name in names][
            : len(self.values)
        ]
        self.values = self.values[: len(self.names)]
        self.setFixedHeight(max(1, len(self.values)) * _BAR + 4)
        self.describe()

    def words(self, place: int) -> str:
        total = sum(value for value in self.values if value > 0)
        share = f" ({number(100 * self.values[place] / total, 3)} %)" if total else ""
        return f"{self.names[place]}: {say(self.values[place])}{share}"

    def place_at(self, x: float, y: float) -> int:
        place = int((y - 2) // _BAR)
        return place if 0 <= place < len(self.values) else -1

    def sizeHint(self) -> QSize:
        return QSize(240, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self._small()
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        names = max((metrics.horizontalAdvance(name) for name in self.names), default=0.0)
        left = min(names, self.width() * 0.4) + 10
        said = [say(value) for value in self.values]
        right = max((metrics.horizontalAdvance(text) for text in said), default=0.0) + 10
        room = max(8.0, self.width() - left - right)
        most = max((abs(value) for value in self.values if math.isfinite(value)), default=0.0) or 1.0
        for place, value in enumerate(self.values):
            top = 2 + place * _BAR
            if place == self.at:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.color("hover"))
                painter.drawRoundedRect(QRectF(1, top, self.width() - 2, _BAR), 4, 4)
            wide = room * abs(value) / most if math.isfinite(value) else 0.0
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(left, top + 4, max(wide, 1.0), _BAR - 8), 2, 2)
            painter.setPen(theme.color("text" if place == self.at else "dim"))
            name = metrics.elidedText(self.names[place], Qt.TextElideMode.ElideRight, left - 9)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(4, top, left - 9, _BAR), Qt.AlignmentFlag.AlignLeft | middle, name)
            painter.setPen(theme.color("text"))
            beside = QRectF(left + wide + 5, top, right, _BAR)
            painter.drawText(beside, Qt.AlignmentFlag.AlignLeft | middle, said[place])
        self._frame(painter)
        painter.end()


class Histogram(Chart):
    """Counts between limits, with the limits written below."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(figure)
        self.edges = [float(edge) for edge in figure.get("edges") or ()]
        if len(self.edges) != len(self.values) + 1:
            self.edges = [float(place) for place in range(len(self.values) + 1)]
        self.setFixedHeight(_HISTOGRAM)
        self.describe()

    def words(self, place: int) -> str:
        low, high = self.edges[place], self.edges[place + 1]
        return f"{number(low)} to {number(high)}: {say(self.values[place])}"

    def place_at(self, x: float, y: float) -> int:
        area = self._area()
        place = int((x - area.left()) // (area.width() / max(1, len(self.values))))
        return place if 0 <= place < len(self.values) and 0 <= y < self.height() else -1

    def describe(self) -> None:
        super().describe()
        if not self.values:
            return
        spread = f"{number(self.edges[0])} to {number(self.edges[-1])}, {plural(len(self.values), 'column')}"
        self.setAccessibleDescription(f"{spread}; {self.accessibleDescription()}")

    def sizeHint(self) -> QSize:
        return QSize(240, _HISTOGRAM)

    def _area(self) -> QRectF:
        return QRectF(8, _FOOT, max(1, self.width() - 16), max(1, self.height() - 2 * _FOOT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self._small()
        painter.setFont(font)
        area = self._area()
        most = max((value for value in self.values if math.isfinite(value)), default=0.0) or 1.0
        wide = area.width() / max(1, len(self.values))
        for place, value in enumerate(self.values):
            tall = area.height() * value / most if math.isfinite(value) else 0.0
            box = QRectF(area.left() + place * wide, area.bottom() - tall, max(1.0, wide - 1), tall)
            if place == self.at:
                painter.fillRect(
                    QRectF(box.left(), area.top(), box.width(), area.height()), theme.color("hover")
                )
            painter.fillRect(box, theme.color("text" if place == self.at else "accent"))
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        self._paint_words(painter, area, QFontMetricsF(font))
        self._frame(painter)
        painter.end()

    def _paint_words(self, painter: QPainter, area: QRectF, metrics: QFontMetricsF) -> None:
        painter.setPen(theme.color("text"))
        above = QRectF(area.left(), 0, area.width(), _FOOT)
        said = self.words(self.at) if self.at >= 0 else ""
        painter.drawText(above, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, said)
        painter.setPen(theme.color("dim"))
        low, high = self.edges[0] if self.edges else 0.0, self.edges[-1] if self.edges else 0.0
        end = -math.inf
        for tick in linear_ticks(low, high, max(2, int(area.width() // 70))):
            at = area.left() + (tick.at - low) / (high - low) * area.width()
            half = metrics.horizontalAdvance(tick.text) / 2
            left = min(max(at - half, area.left() - 6), area.right() + 6 - 2 * half)
            if left <= end + 6:
                continue
            end = left + 2 * half
            box = QRectF(left, area.bottom() + 2, 2 * half + 2, _FOOT - 2)
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, tick.text)
