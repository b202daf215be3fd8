"""What part of a plot is seen: zooming and moving it with wheel, mouse and keys.  Imports Qt and axes."""

import math
from typing import Final

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea

from workbench.gui.widgets.axes import Frame
from workbench.gui.widgets.plot_clock import Redrawn

ZOOM: Final = 1.2


class Zoomed(Redrawn):
    """Keeps the ranges that are seen; where there is none, everything is."""

    def __init__(self) -> None:
        super().__init__()
        self._x_range: tuple[float, float] | None = None  # None: all
        self._y_range: tuple[float, float] | None = None  # None: what is seen
        self._frame: Frame | None = None
        self._drag: tuple[QPointF, Frame] | None = None

    def _extent(self) -> tuple[float, float]:
        """First and last x that there is."""
        raise NotImplementedError(type(self).__name__)

    @property
    def frame(self) -> Frame | None:
        """The rectangle and ranges of the last redraw; None while there is nothing to show."""
        return self._frame

    @property
    def zoomed(self) -> bool:
        """Whether only a part is seen."""
        return self._x_range is not None or self._y_range is not None

    def reset(self) -> None:
        """Show everything again."""
        self._x_range = self._y_range = None
        self.redraw()

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show `factor` times as much of x, around a place (the middle)."""
        if (frame := self._frame) is None:
            return
        middle = frame.left + frame.width / 2 if around is None else frame.across(around)
        x0, x1 = (
            frame.x_at(middle - (middle - frame.left) * factor),
            frame.x_at(middle + (frame.right - middle) * factor),
        )
        least, most = self._extent()
        if x0 <= least and x1 >= most:
            self._x_range = None
        elif x1 - x0 > 1e-6 * max(1.0, most - least):
            self._x_range = (max(x0, least), min(x1, most))
        self.redraw()

    def position_of(self, x: float, y: float) -> QPoint:
        """The pixel at which a value is drawn."""
        assert self._frame is not None
        return QPointF(self._frame.across(x), self._frame.down(y)).toPoint()

    # ------------------------------------------------------------- wheel and mouse

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.unsetCursor()

    def wheelEvent(self, event: QWheelEvent) -> None:
        frame, turned = self._frame, event.angleDelta().y() or event.angleDelta().x()
        if frame is None or not turned or not self._takes_wheel(event):
            event.ignore()  # the page scrolls
            return
        factor = ZOOM ** (-turned / 120)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._stretch(frame, factor, event.position().y())
        else:
            self.zoom(factor, frame.x_at(event.position().x()))
        event.accept()

    def _takes_wheel(self, event: QWheelEvent) -> bool:
        """On a page that scrolls, the wheel belongs to the page until the plot is clicked or Ctrl is held."""
        if self.hasFocus() or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return True
        parent = self.parentWidget()
        while parent is not None:
            if isinstance(parent, QAbstractScrollArea) and parent.verticalScrollBar().maximum() > 0:
                return False
            parent = parent.parentWidget()
        return True

    def _move(self, at: QPointF) -> None:
        assert self._drag is not None
        start, frame = self._drag
        if (at - start).manhattanLength() < 4 and self._x_range is None:
            return
        least, most = self._extent()
        moved = max(frame.across(least) - frame.left, start.x() - at.x())
        moved = min(frame.across(most) - frame.right, moved)
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._x_range is not None:
            self._x_range = (frame.x_at(frame.left + moved), frame.x_at(frame.right + moved))
            self.redraw()

    def _stretch(self, frame: Frame, factor: float, down: float) -> None:
        share = (frame.bottom - down) / frame.height
        low, high = (math.log10(frame.y0), math.log10(frame.y1)) if frame.log else (frame.y0, frame.y1)
        middle = low + share * (high - low)
        low, high = middle - (middle - low) * factor, middle + (high - middle) * factor
        self._y_range = (10**low, 10**high) if frame.log else (low, high)
        self.redraw()
