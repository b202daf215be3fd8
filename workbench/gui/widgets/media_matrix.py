"""A recorded confusion matrix.  Imports Qt, records and theme."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workbench.core.text import number, one_line, whole
from workbench.gui import theme
from workbench.gui.widgets.colors import mixed, readable_on
from workbench.store.records import Media

_MOST_CELLS: Final = 400  # a side; more cannot be told apart on a screen
_SMALLEST: Final = 9


@dataclass(frozen=True, slots=True)
class Matrix:
    """Counts of a confusion matrix: a row for each true class, a column for each guess."""

    labels: tuple[str, ...]
    counts: tuple[tuple[float, ...], ...]

    @classmethod
    def parse(cls, data: bytes) -> "Matrix | None":
        """From {"labels": […], "counts": [[…]]}; None where it is not that."""
        try:
            given = json.loads(data)
            rows = given["counts"] if isinstance(given, dict) else given
            counts = tuple(tuple(float(value) for value in row) for row in rows)
            labels = given.get("labels") if isinstance(given, dict) else ()
        except (ValueError, TypeError, KeyError):
            return None
        size = len(counts)
        if not 0 < size <= _MOST_CELLS or any(len(row) != size for row in counts):
            return None
        names = tuple(one_line(str(label), 40) for label in labels or ())
        return cls(names if len(names) == size else tuple(str(index) for index in range(size)), counts)

    def right(self) -> float:
        """The share on the diagonal; NaN in an empty matrix."""
        total = sum(map(sum, self.counts))
        return sum(row[index] for index, row in enumerate(self.counts)) / total if total else math.nan


class MatrixView(QWidget):
    """A confusion matrix: colour by share of the true class, counts written where they fit."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._matrix: Matrix | None = None
        self._frame = QRectF()
        self.setAccessibleName(name)
        self.setMinimumSize(160, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setToolTip("Rows: the true class. Columns: what the model said.")
        theme.changed.connect(self.update)

    @property
    def matrix(self) -> Matrix | None:
        return self._matrix

    def show_media(self, history: Sequence[Media]) -> str:
        """Show what was recorded last; tells the share that is right."""
        self.show_matrix(history[-1].data)
        return f"{number(100 * self._matrix.right(), 3)} % right" if self._matrix is not None else ""

    def show_matrix(self, data: bytes) -> None:
        """Show a matrix as a probe stores it."""
        self._matrix = Matrix.parse(data)
        self.setAccessibleDescription(
            f"{len(self._matrix.labels)} classes, {number(100 * self._matrix.right(), 3)} % right"
            if self._matrix
            else "damaged"
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, 300)

    def cell(self, row: int, column: int) -> QRectF:
        """Where a cell is painted."""
        assert self._matrix is not None
        size = len(self._matrix.labels)
        side = self._frame.width() / size
        return QRectF(self._frame.left() + column * side, self._frame.top() + row * side, side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        matrix = self._matrix
        if matrix is None:
            painter.setPen(theme.color("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "This matrix is damaged")
            return
        font = theme.small(self.font())
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        names = max(metrics.horizontalAdvance(label) for label in matrix.labels)
        left = min(names, self.width() * 0.3) + 28
        side = max(40.0, min(self.width() - left - 4, self.height() - 44))
        middle = (self.height() - side - 40) / 2
        self._frame = QRectF(
            left + max(0.0, (self.width() - left - 4 - side) / 2), max(4.0, middle), side, side
        )
        self._paint_cells(painter, matrix)
        painter.setFont(font)
        self._paint_labels(painter, matrix, metrics, left)
        painter.end()

    def _paint_cells(self, painter: QPainter, matrix: Matrix) -> None:
        side = self._frame.width() / len(matrix.labels)
        full, panel = theme.color("accent"), theme.color("panel")
        font = _fitting(painter.font(), max(map(whole, map(max, matrix.counts)), key=len), side - 3)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        for row, counts in enumerate(matrix.counts):
            total = sum(counts)
            for column, count in enumerate(counts):
                share = count / total if total else 0.0
                box = self.cell(row, column)
                back = mixed(full, panel, 0.06 + 0.94 * share**0.6 if count else 0.06)
                painter.fillRect(box.adjusted(0.5, 0.5, -0.5, -0.5), back)
                written = whole(count)
                if count and metrics.horizontalAdvance(written) < side - 3 and side > metrics.height() - 2:
                    painter.setPen(readable_on(back))
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, written)

    def _paint_labels(self, painter: QPainter, matrix: Matrix, metrics: QFontMetricsF, left: float) -> None:
        frame, size = self._frame, len(matrix.labels)
        side = frame.width() / size
        painter.setPen(theme.color("dim"))
        stride = max(1, math.ceil(metrics.height() / side))
        widest = max(metrics.horizontalAdvance(label) for label in matrix.labels[::stride])
        across = max(stride, math.ceil(min(widest + 6, 60) / side))
        for index in range(0, size, stride):
            label = metrics.elidedText(matrix.labels[index], Qt.TextElideMode.ElideRight, left - 26)
            lack = max(0.0, metrics.height() - side) / 2  # rows of many classes are lower than their names
            row = QRectF(frame.left() - left, frame.top() + index * side, left - 6, side)
            box = row.adjusted(0, -lack, 0, lack)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, label)
        for index in range(0, size, across):
            room = across * side
            label = metrics.elidedText(matrix.labels[index], Qt.TextElideMode.ElideRight, room - 2)
            box = QRectF(frame.left() + index * side + side / 2 - room / 2, frame.bottom() + 4, room, 16)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, label)
        painter.drawText(
            QRectF(frame.left(), frame.bottom() + 20, frame.width(), 16),
            Qt.AlignmentFlag.AlignCenter,
            "predicted",
        )
        painter.save()
        painter.translate(QPointF(frame.left() - left + 8, frame.center().y()))
        painter.rotate(-90)
        painter.drawText(QRectF(-60, -8, 120, 16), Qt.AlignmentFlag.AlignCenter, "true")
        painter.restore()

    def event(self, event: QEvent) -> bool:
        if (
            isinstance(event, QHelpEvent)
            and self._matrix is not None
            and self._frame.contains(QPointF(event.pos()))
        ):
            size = len(self._matrix.labels)
            side = self._frame.width() / size
            row = min(size - 1, int((event.pos().y() - self._frame.top()) / side))
            column = min(size - 1, int((event.pos().x() - self._frame.left()) / side))
            QToolTip.showText(event.globalPos(), self.cell_text(row, column), self)
            return True
        return super().event(event)

    def cell_text(self, row: int, column: int) -> str:
        """A cell in words."""
        assert self._matrix is not None
        labels, counts = self._matrix.labels, self._matrix.counts
        total = sum(counts[row])
        share = f" ({100 * counts[row][column] / total:.1f} %)" if total else ""
        return f"{labels[row]} said to be {labels[column]}: {whole(counts[row][column])} of {whole(total)}{share}"


def _fitting(font: QFont, longest: str, room: float) -> QFont:
    """The font, or a smaller one where the longest figure has no room else: better than to leave that one out."""
    made = QFont(font)
    while made.pixelSize() > _SMALLEST and QFontMetricsF(made).horizontalAdvance(longest) >= room:
        made.setPixelSize(made.pixelSize() - 1)
    return made
