"""A plot of metrics: curves that grow live, crosshair with values, zoom, logarithmic axis, smoothing.

Imports Qt and theme; numpy only once there are curves.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QSizePolicy, QToolButton

from workbench.core.text import plural
from workbench.gui import theme
from workbench.gui.widgets import plot_painting as painting
from workbench.gui.widgets.axes import Frame, padded
from workbench.gui.widgets.plot_clock import CLOCK, Redrawn

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Curve, Seen

_LEFT: Final = 48
_ZOOM: Final = 1.2
_HELP: Final = "Wheel zooms · drag moves · double click shows all · Shift+wheel stretches the values"
_ALL_NAN: Final = "Every value is NaN or infinite: training diverged. A smaller learning rate usually helps."
_NOT_POSITIVE: Final = "No value is above zero, so a logarithmic axis has nothing to show."


class MetricPlot(Redrawn):
    """Curves over one x axis.  `cursor_moved` tells the x under the pointer (None when it left), to link plots."""

    cursor_moved = Signal(object)

    def __init__(
        self, title: str, *, x_label: str = "step", whole_x: bool = True, empty: str = "Nothing recorded yet"
    ) -> None:
        super().__init__()
        self._title = title
        self._x_label, self._whole_x = x_label, whole_x
        self._empty = empty
        self._curves: Sequence[Curve] = ()
        self._seen: list[Seen] = []
        self._smoothing = 0.0
        self._x_range: tuple[float, float] | None = None  # None: all
        self._y_range: tuple[float, float] | None = None  # None: what is seen
        self._frame: Frame | None = None
        self._left = _LEFT
        self._picture: QPixmap | None = None
        self._cursor: float | None = None
        self._drag: tuple[QPointF, Frame] | None = None
        self.show_legend = True
        self.setAccessibleName(f"Plot of {title}")
        self.setToolTip(f"{title}. {_HELP}")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(220, 150)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.log_button = QToolButton(self)
        self.log_button.setText("log")
        self.log_button.setProperty("kind", "status")
        self.log_button.setAccessibleName(f"Logarithmic values of {title}")
        self.log_button.setToolTip("Logarithmic values (L)")
        self.log_button.setCheckable(True)
        self.log_button.setFixedSize(38, 24)
        self.log_button.toggled.connect(self._on_log)
        theme.changed.connect(self.redraw)

    # ------------------------------------------------------------- what is shown

    @property
    def title(self) -> str:
        return self._title

    @property
    def curves(self) -> "Sequence[Curve]":
        return self._curves

    @property
    def frame(self) -> Frame | None:
        """The rectangle and ranges of the last redraw; None while there is nothing to show."""
        return self._frame

    @property
    def is_log(self) -> bool:
        return self.log_button.isChecked()

    def set_curves(self, curves: "Sequence[Curve]") -> None:
        """Show these curves.  Their series may grow afterwards: say so with `refresh`."""
        self._curves = curves
        self.refresh()

    def set_smoothing(self, weight: float) -> None:
        """The weight of the past in the moving average: 0 (none) to 0.999; the points stay, faint."""
        if weight != self._smoothing:
            self._smoothing = weight
            self.redraw()

    def set_log(self, on: bool) -> None:
        """Logarithmic values; what is not above zero is a gap."""
        self.log_button.setChecked(on)

    def set_x(self, label: str, *, whole: bool) -> None:
        """Name the x axis; `whole` allows no fractions between its ticks."""
        self._x_label, self._whole_x = label, whole
        self._x_range = None
        self.redraw()

    def set_empty(self, text: str) -> None:
        """What to say while there are no points."""
        self._empty = text
        self.redraw()

    def show_cursor(self, x: float | None) -> None:
        """Put the crosshair at x, also from another plot."""
        if x != self._cursor:
            self._cursor = x
            self.update()

    def reset(self) -> None:
        """Show everything again."""
        self._x_range = self._y_range = None
        self.redraw()

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show `factor` times as much of x, around a place (the middle)."""
        if (frame := self._frame) is None:
            return
        middle = (frame.x0 + frame.x1) / 2 if around is None else around
        x0, x1 = middle - (middle - frame.x0) * factor, middle + (frame.x1 - middle) * factor
        least, most = self._extent()
        if x0 <= least and x1 >= most:
            self._x_range = None
        elif x1 - x0 > 1e-6 * max(1.0, most - least):
            self._x_range = (max(x0, least), min(x1, most))
        self.redraw()

    def refresh(self) -> None:
        """The series have grown: redraw with the next tick of the clock."""
        CLOCK.ask(self)

    def redraw(self) -> None:
        """Look at the series again and repaint; a plot that is hidden does so when it shows."""
        if not self.isVisible():
            return
        self._measure()
        self._picture = None
        self._describe()
        self.update()

    # ------------------------------------------------------------- measuring

    def _extent(self) -> tuple[float, float]:
        from workbench.gui.widgets.curves import x_extent

        least, most = x_extent(self._curves) or (0.0, 1.0)
        return (least, most) if most > least else (least - 1, least + 1)

    def _measure(self) -> None:
        self._seen, self._frame = [], None
        if not any(len(curve.series) for curve in self._curves):
            return
        x0, x1 = self._x_range or self._extent()
        frame = self._look(x0, x1)
        if frame is not None:
            labels = painting.y_ticks(frame)
            metrics = QFontMetricsF(theme.small(self.font()))
            widest = max((metrics.horizontalAdvance(tick.text) for tick in labels), default=0.0)
            left = max(_LEFT, math.ceil(widest) + 14)
            if left != self._left:
                self._left = left
                frame = self._look(x0, x1)
        self._frame = frame

    def _look(self, x0: float, x1: float) -> Frame | None:
        """What is seen between x0 and x1, and the frame around it; None where no value can be drawn."""
        from workbench.gui.widgets.curves import look, y_extent

        # Whole columns of pixels, or seams would show between them.
        width = max(40, (self.width() - self._left - 14) // 2 * 2)
        self._seen = look(self._curves, x0, x1, width, self._smoothing)
        found = y_extent(self._seen, x0, x1, log=self.is_log)
        if found is None and self._y_range is None:
            return None
        y0, y1 = self._y_range or padded(*(found or (0.0, 1.0)), log=self.is_log)
        curves = self._curves if self.show_legend else ()
        top = painting.header_height(self.font(), self._title, curves, self.log_button.x() - 20) + 6
        height = max(24, self.height() - top - 26)
        return Frame(self._left, top, width, height, x0, x1, y0, y1, self.is_log)

    def _describe(self) -> None:
        curves = self._curves
        if len(curves) > 12:
            text = plural(len(curves), "curve")
        else:
            text = ", ".join(f"{curve.name} {painting.value_at(curve, None)}" for curve in curves)
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)

    # ------------------------------------------------------------- painting

    def sizeHint(self) -> QSize:
        return QSize(420, 260)

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        size = self.size() * ratio
        if self._picture is None or self._picture.size() != size:
            self._picture = QPixmap(size)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(theme.color("panel"))
            below = QPainter(self._picture)
            self._paint_still(below)
            below.end()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        curves = self._curves if self.show_legend else ()
        values = painting.values_of(curves, self._frame, self._cursor)
        end = self.log_button.x() - 8
        painting.paint_header(painter, self._title, curves, values, 12, end, self.width() - 8)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self._frame is not None and self._cursor is not None:
            rows = painting.paint_cursor(painter, self._frame, self._curves, self._cursor)
            if rows and (self.underMouse() or self.hasFocus()):
                place = painting.place(self._x_label, self._cursor, whole=self._whole_x)
                painting.paint_readout(painter, self._frame, self._cursor, place, rows)
        painter.end()

    def _paint_still(self, painter: QPainter) -> None:
        """All that does not follow the pointer."""
        painter.setFont(theme.small(self.font()))
        if self._frame is not None:
            from workbench.gui.widgets.curves import paint

            painting.paint_axes(painter, self._frame, self._x_label, whole=self._whole_x)
            paint(painter, self._frame, self._seen)
            return
        text = self._empty
        if any(len(curve.series) for curve in self._curves):
            finite = any(len(curve.series) > curve.series.gaps for curve in self._curves)
            text = _NOT_POSITIVE if finite else _ALL_NAN
        painter.setPen(theme.color("dim"))
        box = QRectF(self.rect()).adjusted(16, 8, -16, -8)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), text)

    # ------------------------------------------------------------- events

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.pos().y() > painting.HEADER:
            event.ignore()  # the readout stands there already
            return True
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.log_button.move(self.width() - self.log_button.width() - 8, 6)
        self.redraw()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.redraw()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._set_cursor(None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame = self._frame
        if frame is None:
            return
        at = event.position()
        if self._drag is not None:
            self._move(at)
            return
        inside = frame.left <= at.x() <= frame.right and at.y() > painting.HEADER
        self._set_cursor(frame.x_at(at.x()) if inside else None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._frame is not None:
            self._drag = (event.position(), self._frame)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None
        self.unsetCursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset()

    def wheelEvent(self, event: QWheelEvent) -> None:
        frame, turned = self._frame, event.angleDelta().y() or event.angleDelta().x()
        if frame is None or not turned or not self._takes_wheel(event):
            event.ignore()  # the page scrolls
            return
        factor = _ZOOM ** (-turned / 120)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._stretch(frame, factor, event.position().y())
        else:
            self.zoom(factor, frame.x_at(event.position().x()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, key = Qt.Key, event.key()
        if key == keys.Key_L:
            self.log_button.toggle()
        elif key in (keys.Key_Home, keys.Key_0):
            self.reset()
        elif key in (keys.Key_Plus, keys.Key_Equal, keys.Key_Minus):
            self.zoom(_ZOOM if key == keys.Key_Minus else 1 / _ZOOM, self._cursor)
        elif key in (keys.Key_Left, keys.Key_Right) and (frame := self._frame) is not None:
            step = (frame.x1 - frame.x0) / 100 * (1 if key == keys.Key_Right else -1)
            at = (frame.x0 + frame.x1) / 2 if self._cursor is None else self._cursor + step
            self._set_cursor(min(frame.x1, max(frame.x0, at)))
        else:
            super().keyPressEvent(event)

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

    def _set_cursor(self, x: float | None) -> None:
        self.show_cursor(x)
        self.cursor_moved.emit(x)

    def _move(self, at: QPointF) -> None:
        assert self._drag is not None
        start, frame = self._drag
        if (at - start).manhattanLength() < 4 and self._x_range is None:
            return
        least, most = self._extent()
        moved = (start.x() - at.x()) / frame.width * (frame.x1 - frame.x0)
        moved = max(least - frame.x0, min(most - frame.x1, moved))
        self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._x_range is not None:
            self._x_range = (frame.x0 + moved, frame.x1 + moved)
            self.redraw()

    def _stretch(self, frame: Frame, factor: float, down: float) -> None:
        share = (frame.bottom - down) / frame.height
        low, high = (math.log10(frame.y0), math.log10(frame.y1)) if frame.log else (frame.y0, frame.y1)
        middle = low + share * (high - low)
        low, high = middle - (middle - low) * factor, middle + (high - middle) * factor
        self._y_range = (10**low, 10**high) if frame.log else (low, high)
        self.redraw()

    def _on_log(self) -> None:
        self._y_range = None
        self.redraw()

    def position_of(self, x: float, y: float) -> QPoint:
        """The pixel at which a value is drawn, for tests and annotations."""
        assert self._frame is not None
        return QPointF(self._frame.across(x), self._frame.down(y)).toPoint()
