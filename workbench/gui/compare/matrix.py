"""Scatter matrix: each of several settings and results over each other, a dot for each run.

Imports brushing, theme and Qt.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPen

from workbench.core import text
from workbench.gui import theme
from workbench.gui.compare.brushing import BrushPage, BrushPicture, drawn, faint
from workbench.gui.compare.dimensions import Dimension
from workbench.gui.compare.groups import shown as told
from workbench.gui.compare.relations import rank_correlation
from workbench.gui.session import Session
from workbench.store.records import RunRecord

MOST: Final = 5
"""Axes that are chosen by themselves."""
_EDGE: Final = 8.0
_GAP: Final = 6.0
_REACH: Final = 8.0
_MOVED: Final = 4.0
_BARS: Final = 12
_HELP: Final = (
    "A dot is a run; a click on it compares the run, or leaves it out. Drag a rectangle to brush runs: they stand out "
    "in all cells. Keys: arrows choose a cell, 1 to 4 brush a quarter of it, Delete takes the brush away"
)
Cell = tuple[int, int]


class MatrixPlot(BrushPicture):
    """Row and column choose two axes; on the diagonal stands how often which value occurs, above it how two go
    together (rank correlation).
    """

    def __init__(self) -> None:
        super().__init__("Scatter matrix of the runs")
        self.brush: tuple[str, str, QRectF] | None = None
        """Keys of the axes across and upwards, and the rectangle in shares of them."""
        self._ranks: dict[Cell, float] = {}
        self._cell: Cell = (1, 0)
        self._at: tuple[int, Cell] | None = None
        self._drag: tuple[Cell, QPointF] | None = None

    def show_runs(
        self,
        dimensions: Sequence[Dimension],
        runs: Sequence[RunRecord],
        colors: Mapping[int, int],
        result: str,
    ) -> None:
        if dimensions != self.dimensions:
            self._ranks = {
                (row, column): _rank(dimensions[row], dimensions[column])
                for row in range(len(dimensions))
                for column in range(row + 1, len(dimensions))
            }
        super().show_runs(dimensions, runs, colors, result)

    def clear(self) -> None:
        self.brush = None
        self.select()

    def found(self) -> list[int]:
        axes = {one.key: one for one in self.dimensions}
        if self.brush is None or self.brush[0] not in axes or self.brush[1] not in axes:
            self.brush = None
            return []
        one, other, box = axes[self.brush[0]], axes[self.brush[1]], self.brush[2]
        return [
            id
            for id in self._runs
            if id in one.shares
            and id in other.shares
            and box.left() <= one.shares[id] <= box.right()
            and box.top() <= other.shares[id] <= box.bottom()
        ]

    def box(self, cell: Cell) -> QRectF:
        """Where a cell (row, column) stands."""
        count = max(1, len(self.dimensions))
        wide = (self.width() - 2 * _EDGE - (count - 1) * _GAP) / count
        high = (self.height() - 2 * _EDGE - (count - 1) * _GAP) / count
        row, column = cell
        return QRectF(_EDGE + column * (wide + _GAP), _EDGE + row * (high + _GAP), wide, high)

    def place(self, cell: Cell, id: int) -> QPointF | None:
        """Where a run's dot stands in a cell."""
        across, up = self.dimensions[cell[1]].shares.get(id), self.dimensions[cell[0]].shares.get(id)
        if across is None or up is None:
            return None
        box = self.box(cell).adjusted(4, 4, -4, -4)
        return QPointF(box.left() + across * box.width(), box.bottom() - up * box.height())

    def _cells(self) -> list[Cell]:
        """The cells with dots, below the diagonal."""
        return [(row, column) for row in range(len(self.dimensions)) for column in range(row)]

    # ------------------------------------------------------------- painting

    def paint(self, painter: QPainter) -> None:
        order = self.order()
        colors = {id: faint(self.color_of(id), 0.12 if self.fades(id) else 0.9) for id in order}
        for cell in self._cells():
            painter.setPen(QPen(theme.color("line"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.box(cell))
            painter.setPen(Qt.PenStyle.NoPen)
            for id in order:
                if (at := self.place(cell, id)) is not None:
                    painter.setBrush(colors[id])
                    size = 4.0 if id in self._colors else 2.6
                    painter.drawEllipse(at, size, size)
        for place, one in enumerate(self.dimensions):
            self._paint_axis(painter, place, one)
        for cell, rank in self._ranks.items():
            self._paint_rank(painter, self.box(cell), rank)
        self._paint_brush(painter)

    def _paint_axis(self, painter: QPainter, place: int, one: Dimension) -> None:
        """How often which value occurs, and what the axis is."""
        box, metrics = self.box((place, place)), QFontMetricsF(painter.font())
        counts = [0] * _BARS
        for share in one.shares.values():
            counts[min(_BARS - 1, max(0, int(share * _BARS)))] += 1
        most = max(counts, default=0) or 1
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(faint(theme.color("accent"), 0.35))
        wide = box.width() / _BARS
        for bar, count in enumerate(counts):
            high = (box.height() - 40) * count / most
            painter.drawRect(QRectF(box.left() + bar * wide + 1, box.bottom() - high, wide - 2, high))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawRect(box)
        painter.setPen(theme.color("text"))
        title = text.one_line(one.scale.title, 80)
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideMiddle, box.width() - 8)
        painter.drawText(box.adjusted(4, 3, -4, 0), Qt.AlignmentFlag.AlignHCenter, shown)
        numbers = [
            value for value in one.values.values() if isinstance(value, float) and math.isfinite(value)
        ]
        words = one.scale.words
        ends = (words[0], words[-1]) if words else (told(min(numbers)), told(max(numbers)))
        painter.setPen(theme.color("dim"))
        half = box.width() / 2 - 8
        for label, side in zip(ends, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True):
            shown = metrics.elidedText(label, Qt.TextElideMode.ElideRight, half)
            painter.drawText(box.adjusted(4, 20, -4, 0), side, shown)

    def _paint_rank(self, painter: QPainter, box: QRectF, rank: float) -> None:
        painter.setPen(theme.color("dim" if not abs(rank) >= 0.5 else "text"))
        said = "–" if math.isnan(rank) else f"{text.number(rank, 2)}"
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, said)

    def _paint_brush(self, painter: QPainter) -> None:
        if self.brush is None:
            return
        keys = [one.key for one in self.dimensions]
        cell = (keys.index(self.brush[1]), keys.index(self.brush[0]))
        box, shares = self.box(cell).adjusted(4, 4, -4, -4), self.brush[2]
        painter.setPen(QPen(theme.color("accent"), 1))
        painter.setBrush(faint(theme.color("accent"), 0.15))
        left = box.left() + shares.left() * box.width()
        top = box.bottom() - shares.bottom() * box.height()
        painter.drawRect(QRectF(left, top, shares.width() * box.width(), shares.height() * box.height()))

    def paint_over(self, painter: QPainter) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._at is not None and self._at[0] in self._runs:
            painter.setPen(QPen(theme.color("text"), 1.6))
            for cell in self._cells():
                if (at := self.place(cell, self._at[0])) is not None:
                    painter.drawEllipse(at, 6, 6)
        if self.hasFocus() and self._cell in self._cells():
            painter.setPen(QPen(theme.color("accent"), 2))
            painter.drawRect(self.box(self._cell))

    # ------------------------------------------------------------- mouse and keys

    def _cell_at(self, at: QPointF) -> Cell | None:
        return next((cell for cell in self._cells() if self.box(cell).contains(at)), None)

    def nearest(self, at: QPointF) -> int | None:
        """The run whose dot is at a place."""
        cell = self._cell_at(at)
        if cell is None:
            return None
        found, least = None, _REACH
        for id in drawn(list(self._runs), self._colors):
            if (there := self.place(cell, id)) is not None:
                far = math.hypot(there.x() - at.x(), there.y() - at.y())
                if far < least:
                    found, least = id, far
        return found

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if self._drag is None:
            found, cell = self.nearest(at), self._cell_at(at)
            self._point((found, cell) if found is not None and cell is not None else None)
            return
        cell, start = self._drag
        if (at - start).manhattanLength() >= _MOVED:
            box = self.box(cell).adjusted(4, 4, -4, -4)
            x0, x1 = sorted((one.x() - box.left()) / box.width() for one in (start, at))
            y0, y1 = sorted((box.bottom() - one.y()) / box.height() for one in (start, at))
            self._brush(cell, QRectF(QPointF(x0, y0), QPointF(x1, y1)))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = event.position()
        if event.button() == Qt.MouseButton.LeftButton and (cell := self._cell_at(at)) is not None:
            self._cell, self._drag = cell, (cell, at)
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is None:
            return
        moved, self._drag = (event.position() - self._drag[1]).manhattanLength() >= _MOVED, None
        if not moved:
            if (found := self.nearest(event.position())) is not None:
                self.picked.emit(found)
            else:
                self.clear()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, key = Qt.Key, event.key()
        steps = {keys.Key_Left: (0, -1), keys.Key_Right: (0, 1), keys.Key_Up: (-1, 0), keys.Key_Down: (1, 0)}
        quarter = key - int(keys.Key_1)
        if key in steps:
            down, across = steps[Qt.Key(key)]
            wanted = (self._cell[0] + down, self._cell[1] + across)
            if wanted in self._cells():
                self._cell = wanted
                row, column = (self.dimensions[place].scale.title for place in wanted)
                self.setAccessibleDescription(f"{row} over {column}")
                self.update()
        elif 0 <= quarter < 4 and self._cell in self._cells():
            self._brush(self._cell, QRectF(0.5 * (quarter % 2), 0.5 * (quarter // 2), 0.5, 0.5))
        elif key in (keys.Key_Delete, keys.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def _brush(self, cell: Cell, shares: QRectF) -> None:
        self.brush = (self.dimensions[cell[1]].key, self.dimensions[cell[0]].key, shares)
        self.select()

    def _point(self, at: tuple[int, Cell] | None) -> None:
        if at != self._at:
            self._at = at
            self.update()


def _rank(one: Dimension, other: Dimension) -> float:
    """Spearman's of two axes of numbers; NaN where one holds words."""
    if one.scale.words or other.scale.words:
        return math.nan
    return rank_correlation(
        [(share, other.shares[id]) for id, share in one.shares.items() if id in other.shares]
    )


class MatrixPage(BrushPage):
    """The scatter matrix of all listed runs."""

    def __init__(self, session: Session) -> None:
        self.plot = MatrixPlot()
        super().__init__(session, self.plot, MOST, _HELP)
