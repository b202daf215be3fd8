"""A plot of metrics: curves that grow live, crosshair with values, zoom, logarithmic axis, smoothing, legend.

Imports Qt and theme; numpy only once there are curves.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
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
)
from PySide6.QtWidgets import QSizePolicy, QToolButton

from workbench.core.text import plural
from workbench.gui import theme
from workbench.gui.widgets import plot_painting as painting
from workbench.gui.widgets.axes import STEPS, Frame, XAxis, padded
from workbench.gui.widgets.legend import Legend, alone
from workbench.gui.widgets.plot_clock import CLOCK
from workbench.gui.widgets.plot_menu import PlotMenu
from workbench.gui.widgets.plot_painting import Mark
from workbench.gui.widgets.plot_zoom import ZOOM, Zoomed

if TYPE_CHECKING:
    from workbench.gui.widgets.curves import Curve, Seen
    from workbench.gui.widgets.smoothing import Kind

_LEFT: Final = 48
_HELP: Final = (
    "Wheel zooms · drag moves · double click shows all · Shift+wheel stretches the values · "
    "click a name to hide its curve, Shift+click to see it alone · right click for more"
)
_ALL_NAN: Final = "Every value is NaN or infinite: training diverged. A smaller learning rate usually helps."
_NOT_POSITIVE: Final = "No value is above zero, so a logarithmic axis has nothing to show."
_ALL_HIDDEN: Final = "All curves are hidden. A click on a name in the legend, or H, shows them again."


class MetricPlot(Zoomed):
    """Curves over one x axis.  `cursor_moved` tells the x under the pointer (None when it left), to link plots."""

    cursor_moved = Signal(object)
    log_x_asked = Signal(bool)
    """x is to count in powers of ten, or not; who has several plots changes all."""
    clip_asked = Signal(bool)
    """Outliers are to be cut, or shown; who has several plots cuts them in all."""
    writing = Signal(object)
    """An Export is to be written to its file; where nobody writes it (`exports`), the menu offers none."""

    def __init__(
        self,
        title: str,
        *,
        axis: XAxis = STEPS,
        empty: str = "Nothing recorded yet",
        legend: Legend | None = None,
    ) -> None:
        super().__init__()
        self._title = title
        self.axis = axis
        self._empty = empty
        self._all: Sequence[Curve] = ()
        self._curves: Sequence[Curve] = ()
        """Those of them that are not hidden."""
        self._seen: list[Seen] = []
        self._marks: Sequence[Mark] = ()
        self._smoothing: tuple[float, Kind] = (0.0, "mean")
        self.clip = False
        self._note = ""
        self._stale = False
        self._left = _LEFT
        self._picture: QPixmap | None = None
        self._cursor: float | None = None
        self._names: list[tuple[QRectF, Curve]] = []
        self.show_legend = True
        self.exports = False
        self.legend = legend or Legend(self)
        self.legend.changed.connect(self._on_hidden)
        self.legend.pointed.connect(self.update)
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
        self.clip_asked.connect(self.set_clip)
        self.log_x_asked.connect(lambda on: self.set_axis(self.axis.logarithmic(on)))
        theme.changed.connect(self.redraw)

    # ------------------------------------------------------------- what is shown

    @property
    def title(self) -> str:
        return self._title

    @property
    def curves(self) -> "Sequence[Curve]":
        """All of them, also those that are hidden."""
        return self._all

    @property
    def shown_curves(self) -> "Sequence[Curve]":
        """Those that are not hidden."""
        return self._curves

    @property
    def marks(self) -> Sequence[Mark]:
        return self._marks

    @property
    def smoothing(self) -> "tuple[float, Kind]":
        return self._smoothing

    @property
    def is_log(self) -> bool:
        return self.log_button.isChecked()

    def set_curves(self, curves: "Sequence[Curve]") -> None:
        """Show these curves.  Their series may grow afterwards: say so with `refresh`."""
        self._all = curves
        self._curves = [curve for curve in curves if self.legend.shows(curve)]
        self._stale |= self._frame is None  # what is painted before the clock ticks is measured then
        self.refresh()

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Places on the x axis at which something happened."""
        if list(marks) != list(self._marks):
            self._marks = marks
            self.refresh()

    def set_smoothing(self, weight: float, kind: "Kind" = "mean") -> None:
        """The weight of the past, 0 (none) to 0.999, in averages or medians; the points stay, faint."""
        if (weight, kind) != self._smoothing:
            self._smoothing = (weight, kind)
            self.redraw()

    def set_log(self, on: bool) -> None:
        """Logarithmic values; what is not above zero is a gap."""
        self.log_button.setChecked(on)

    def set_clip(self, on: bool) -> None:
        """Cut outliers off: the axis holds the usual values only, and says so."""
        if on != self.clip:
            self.clip, self._y_range = on, None
            self.redraw()

    def set_note(self, note: str) -> None:
        """What is to be known of the curves as they are now, such as that some points are still missing."""
        if note != self._note:
            self._note = note
            self.refresh()

    def set_axis(self, axis: XAxis) -> None:
        """What the x axis counts."""
        self.axis = axis
        self._x_range = None
        self.redraw()

    def set_empty(self, text: str) -> None:
        """What to say while there are no points."""
        if text != self._empty:
            self._empty = text
            self.redraw()

    def show_cursor(self, x: float | None) -> None:
        """Put the crosshair at x, also from another plot."""
        if x != self._cursor:
            self._cursor = x
            self.update()

    def refresh(self) -> None:
        """The series have grown: redraw with the next tick of the clock."""
        CLOCK.ask(self)

    def redraw(self) -> None:
        """Look at the series again and repaint; a plot that is hidden does so when it shows."""
        if not self.isVisible():
            return
        self._stale = self.visibleRegion().isEmpty()
        if self._stale:
            return  # scrolled out of sight: when it is painted next
        self._measure()
        self._picture = None
        self._describe()
        self.update()

    def _on_hidden(self) -> None:
        self.set_curves(self._all)
        self.redraw()

    # ------------------------------------------------------------- measuring

    def _extent(self) -> tuple[float, float]:
        from workbench.gui.widgets.curves import x_extent

        log = self.axis.log
        least, most = x_extent(self._curves, log=log) or ((1.0, 10.0) if log else (0.0, 1.0))
        if most > least:
            return least, most
        return (least / 2, least * 2) if log else (least - 1, least + 1)

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
        from workbench.gui.widgets.curves import Smoothing, look, y_extent

        # Whole columns of pixels, or seams would show between them.
        width = max(40, (self.width() - self._left - 14) // 2 * 2)
        log = self.axis.log
        self._seen = look(self._curves, x0, x1, width, Smoothing(*self._smoothing), log=log)
        found = y_extent(self._seen, x0, x1, log=self.is_log, clip=self.clip)
        if found is None and self._y_range is None:
            return None
        y0, y1 = self._y_range or padded(*(found or (0.0, 1.0)), log=self.is_log)
        top = painting.header_height(self.font(), self._title, self._listed(), self.log_button.x() - 20) + 6
        height = max(24, self.height() - top - 26)
        return Frame(self._left, top, width, height, x0, x1, y0, y1, self.is_log, log)

    def _listed(self) -> "Sequence[Curve]":
        """The curves in the legend."""
        return self._all if self.show_legend else ()

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

    def paint_ahead(self) -> None:
        if self._stale or not self.isVisible():
            return
        ratio = self.devicePixelRatioF()
        size = self.size() * ratio
        if self._picture is None or self._picture.size() != size:
            self._picture = QPixmap(size)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(theme.color("panel"))
            below = QPainter(self._picture)
            self._paint_still(below)
            below.end()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._stale:
            self._stale, self._picture = False, None
            self._measure()
            self._describe()
            CLOCK.drawn(self)
        self.paint_ahead()
        painter = QPainter(self)
        if self._picture is not None:
            painter.drawPixmap(0, 0, self._picture)
        self._paint_highlight(painter)
        values = painting.values_of(self._listed(), self._frame, self._cursor)
        end = self.log_button.x() - 8
        hidden = self.legend.hidden
        header = painting.Header(self._title, self._listed(), values, hidden, self.legend.at)
        self._names = painting.paint_header(painter, header, 12, end, self.width() - 8)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        if self._frame is not None and self._cursor is not None:
            rows = painting.paint_cursor(painter, self._frame, self._curves, self._cursor)
            if rows and (self.underMouse() or self.hasFocus()):
                place = painting.near(self._marks, self._frame, self._cursor) or self.axis.place(self._cursor)
                painting.paint_readout(painter, self._frame, self._cursor, place, rows)
        painter.end()

    def _paint_highlight(self, painter: QPainter) -> None:
        """The curve that is pointed at stands before the others."""
        pointed = [one for one in self._seen if one.curve.id == self.legend.at]
        if self._frame is not None and pointed and len(pointed) < len(self._seen):
            from workbench.gui.widgets.curve_painting import paint_over

            paint_over(painter, self._frame, pointed)

    def _paint_still(self, painter: QPainter) -> None:
        """All that does not follow the pointer."""
        painter.setFont(theme.small(self.font()))
        if self._frame is not None:
            self.paint_into(painter, self._frame, self._seen)
            return
        text = self._empty
        if any(len(curve.series) for curve in self._curves):
            finite = any(len(curve.series) > curve.series.gaps for curve in self._curves)
            text = _NOT_POSITIVE if finite else _ALL_NAN
        elif self._all and not self._curves:
            text = _ALL_HIDDEN
        painter.setPen(theme.color("dim"))
        box = QRectF(self.rect()).adjusted(16, 8, -16, -8)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap), text)

    def paint_into(self, painter: QPainter, frame: Frame, seen: "Sequence[Seen]", fine: float = 1.0) -> None:
        """Axes, curves and marks in a frame, also of another size and for finer dots than those of a screen."""
        from workbench.gui.widgets.curve_painting import paint

        painting.paint_axes(painter, frame, self.axis)
        paint(painter, frame, seen, fine)
        painting.paint_marks(painter, frame, self._marks)
        clipped = self.clip and self._y_range is None
        if clipped:
            painting.paint_ends(painter, frame)
        notes = [painting.CLIPPED] if clipped else []
        painting.paint_note(painter, frame, " · ".join([*notes, *filter(None, [self._note])]))

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
        self.legend.point("")

    def _name_at(self, event: QMouseEvent) -> "Curve | None":
        """The curve whose name is under the pointer."""
        return next((curve for box, curve in self._names if box.contains(event.position())), None)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame, at = self._frame, event.position()
        if self._drag is not None:
            self._move(at)
            return
        named = self._name_at(event)
        self.legend.point(named.id if named is not None else "")
        if named is not None:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        else:
            self.unsetCursor()
        inside = frame is not None and frame.left <= at.x() <= frame.right and at.y() > painting.HEADER
        self._set_cursor(frame.x_at(at.x()) if inside and frame is not None else None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if (named := self._name_at(event)) is not None:
            self._click(named, alone=alone(event.modifiers()))
        elif self._frame is not None:
            self._drag = (event.position(), self._frame)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._name_at(event) is not None:
            self.mousePressEvent(event)  # two quick clicks on a name are two clicks
        else:
            self.reset()

    def _click(self, curve: "Curve", *, alone: bool) -> None:
        self.legend.click(curve.id, [each.id for each in self._all], alone=alone)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        PlotMenu(self, exports=self.exports).popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys, key = Qt.Key, event.key()
        number = key - int(keys.Key_1)
        if key == keys.Key_L and event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.log_x_asked.emit(not self.axis.log)
        elif key == keys.Key_L:
            self.log_button.toggle()
        elif key in (keys.Key_Home, keys.Key_0):
            self.reset()
        elif key in (keys.Key_Plus, keys.Key_Equal, keys.Key_Minus):
            self.zoom(ZOOM if key == keys.Key_Minus else 1 / ZOOM, self._cursor)
        elif key in (keys.Key_Left, keys.Key_Right) and (frame := self._frame) is not None:
            step = frame.width / 100 * (1 if key == keys.Key_Right else -1)
            at = frame.left + frame.width / 2 if self._cursor is None else frame.across(self._cursor) + step
            self._set_cursor(frame.x_at(min(frame.right, max(frame.left, at))))
        elif key == keys.Key_H:
            self.legend.hide(())
        elif 0 <= number < min(9, len(self._all)):
            self._click(self._all[number], alone=alone(event.modifiers()))
        else:
            super().keyPressEvent(event)

    def _set_cursor(self, x: float | None) -> None:
        self.show_cursor(x)
        self.cursor_moved.emit(x)

    def _on_log(self) -> None:
        self._y_range = None
        self.redraw()
