"""A confusion matrix whose cells can be chosen, with mouse or keys.  Imports Qt, theme and the matrix of probes."""

import json
from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip

from workbench.gui import theme
from workbench.gui.inspect.answers import class_words
from workbench.gui.widgets.media_matrix import MatrixView

MOST_CLASSES = 400
"""More cannot be told apart on a screen."""


class ConfusionView(MatrixView):
    """`chosen` tells (true class, predicted class) of a cell that was clicked, or on which Enter was pressed."""

    chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__("Confusion matrix of the samples")
        self.setToolTip("Rows: the true class. Columns: what the model said. Click a cell to see its samples")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.mark: tuple[int, int] | None = None

    def show_counts(self, classes: Sequence[str], counts: Sequence[Sequence[float]]) -> None:
        """Show a matrix; what was chosen is no longer."""
        self.mark = None
        self.show_matrix(
            json.dumps({"labels": [class_words(name, 60) for name in classes], "counts": counts}).encode()
        )

    def choose(self, row: int, column: int) -> None:
        """Choose a cell and tell."""
        self.mark = (row, column)
        self.update()
        self.chosen.emit(row, column)

    def clear_mark(self) -> None:
        """No cell is chosen."""
        self.mark = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.matrix is None:
            return
        painter = QPainter(self)
        if self.mark is not None:
            painter.setPen(QPen(theme.color("warn"), 2))
            painter.drawRect(self.cell(*self.mark).adjusted(1, 1, -1, -1))
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (
            event.button() == Qt.MouseButton.LeftButton
            and (at := self._cell_at(event.position())) is not None
        ):
            self.setFocus()
            self.choose(*at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        if self.matrix is not None and key in steps:
            last = len(self.matrix.labels) - 1
            row, column = self.mark or (0, 0)
            down, right = steps[key] if self.mark is not None else (0, 0)
            self.mark = min(max(row + down, 0), last), min(max(column + right, 0), last)
            self.update()
            QToolTip.showText(
                self.mapToGlobal(self.cell(*self.mark).bottomRight().toPoint()),
                self.cell_text(*self.mark),
                self,
            )
        elif self.mark is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(*self.mark)
        else:
            super().keyPressEvent(event)

    def _cell_at(self, at: QPointF) -> tuple[int, int] | None:
        if self.matrix is None or not self._frame.contains(at):
            return None
        size = len(self.matrix.labels)
        side = self._frame.width() / size
        row = min(size - 1, int((at.y() - self._frame.top()) / side))
        return row, min(size - 1, int((at.x() - self._frame.left()) / side))
