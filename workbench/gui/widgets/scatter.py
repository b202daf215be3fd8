"""A scatter of dots over two axes of numbers or words; a dot can be pointed at and chosen.  Imports Qt and theme."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QToolTip

from workbench.gui import theme
from workbench.gui.widgets.axes import Tick, linear_ticks, log_ticks
from workbench.gui.widgets.kept_picture import KeptPicture

_REACH: Final = 12.0
_TOP, _RIGHT, _BOTTOM, _LEAST_LEFT = 30.0, 18.0, 44.0, 44.0
_WIDEST: Final = 150.0
_SMALL, _LARGE = 4.0, 5.5


class Axis(Protocol):
    """What the widget needs to know of an axis."""

    @property
    def title(self) -> str: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...
    @property
    def words(self) -> tuple[str, ...]: ...
    @property
    def log(self) -> bool: ...
    def share(self, value: float) -> float:
        """Where a value stands, from 0 to 1."""
        ...


def ticks(axis: Axis | None, most: int) -> list[Tick]:
    """At most about `most` ticks of an axis of numbers, or some of its words."""
    if axis is None:
        return []
    if axis.words:
        stride = -(-len(axis.words) // max(1, most))
        return [Tick(float(place), word) for place, word in enumerate(axis.words) if place % stride == 0]
    return (log_ticks if axis.log else linear_ticks)(axis.low, axis.high, most)


@dataclass(frozen=True, slots=True)
class Dot:
    """One dot: what it stands for, its place, and its colour among the curves (−1: none)."""

    id: int
    x: float
    y: float
    color: int


class ScatterPlot(KeptPicture):
    """`chosen` tells the dot that was clicked, or that Enter or Space was pressed on; arrow keys go from dot to dot."""

    chosen = Signal(int)

    def __init__(self, name: str, tooltip: str) -> None:
        super().__init__(name)
        self._tooltip = tooltip
        self.setToolTip(tooltip)
        self.dots: tuple[Dot, ...] = ()
        self._said: Callable[[int], str] = str
        self._x: Axis | None = None
        self._y: Axis | None = None
        self._at: int | None = None
        self._places: list[QPointF] = []

    def show_dots(
        self, dots: Sequence[Dot], x: Axis | None, y: Axis | None, said: Callable[[int], str]
    ) -> None:
        """Show these; those of a colour lie over the others. `said` gives the words for one."""
        self._said = said
        ordered = tuple(sorted(dots, key=lambda dot: (dot.color >= 0, dot.x, dot.y)))
        if (ordered, x, y) != (self.dots, self._x, self._y):
            pointed = self.pointed
            self.dots, self._x, self._y = ordered, x, y
            kept = (
                place for place, dot in enumerate(ordered) if pointed is not None and dot.id == pointed.id
            )
            self._at = next(kept, None)
            self.forget()

    @property
    def pointed(self) -> Dot | None:
        """The dot under the pointer, or where the keys are."""
        return self.dots[self._at] if self._at is not None and self._at < len(self.dots) else None

    @property
    def words(self) -> str:
        """What is said of the dot that is pointed at."""
        return self._said(self.pointed.id) if self.pointed is not None else ""

    def place_of(self, id: int) -> QPointF:
        """Where a dot is, in the widget."""
        self._lay()
        return next(at for dot, at in zip(self.dots, self._places, strict=True) if dot.id == id)

    def sizeHint(self) -> QSize:
        return QSize(600, 360)

    # ------------------------------------------------------------- painting

    def forget(self) -> None:
        self._places = []
        super().forget()

    def _area(self) -> QRectF:
        metrics = QFontMetricsF(theme.small(self.font()))
        rows = ticks(self._y, self._most_rows(self.height() - _TOP - _BOTTOM))
        wide = max((metrics.horizontalAdvance(tick.text) for tick in rows), default=0.0)
        left = max(_LEAST_LEFT, min(wide, _WIDEST) + 18)
        return QRectF(
            left, _TOP, max(20.0, self.width() - left - _RIGHT), max(20.0, self.height() - _TOP - _BOTTOM)
        )

    @staticmethod
    def _most_rows(high: float) -> int:
        """So many lines of the grid have room above one another."""
        return max(2, int(high / 42))

    def _lay(self) -> None:
        """Where the dots are; nothing where they were laid already."""
        if self._places or self._x is None or self._y is None:
            return
        area, x, y = self._area(), self._x, self._y
        self._places = [
            QPointF(
                area.left() + x.share(dot.x) * area.width(), area.bottom() - y.share(dot.y) * area.height()
            )
            for dot in self.dots
        ]

    def paint_over(self, painter: QPainter) -> None:
        self._lay()
        if self.pointed is not None and self._at is not None:
            painter.setPen(QPen(theme.color("text"), 1.6))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self._places[self._at], _LARGE + 3, _LARGE + 3)

    def paint(self, painter: QPainter) -> None:
        if self._x is None or self._y is None:
            return
        area, metrics = self._area(), QFontMetricsF(painter.font())
        grid, dim = theme.color("line"), theme.color("dim")
        grid.setAlphaF(0.55)
        for tick in ticks(self._y, self._most_rows(area.height())):
            down = round(area.bottom() - self._y.share(tick.at) * area.height()) + 0.5
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(area.left(), down), QPointF(area.right(), down))
            painter.setPen(dim)
            shown = metrics.elidedText(tick.text, Qt.TextElideMode.ElideRight, area.left() - 14)
            box = QRectF(4, down - 9, area.left() - 12, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, shown)
        most = max(2, int(area.width() / 90))
        places = ticks(self._x, most)
        room = area.width() / max(1, len(places)) - 8
        for tick in places:
            across = round(area.left() + self._x.share(tick.at) * area.width()) + 0.5
            painter.setPen(QPen(grid, 1))
            painter.drawLine(QPointF(across, area.top()), QPointF(across, area.bottom() + 4))
            painter.setPen(dim)
            shown = metrics.elidedText(tick.text, Qt.TextElideMode.ElideMiddle, max(room, 30.0))
            box = QRectF(across - 70, area.bottom() + 5, 140, 18)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)
        painter.setPen(theme.color("text"))
        wide = area.width() + area.left() - 12
        painter.drawText(
            QPointF(12, 19), metrics.elidedText(self._y.title, Qt.TextElideMode.ElideMiddle, wide)
        )
        below = metrics.elidedText(self._x.title, Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(
            QRectF(area.left(), area.bottom() + 23, area.width(), 18), Qt.AlignmentFlag.AlignRight, below
        )
        self._lay()
        stamps: dict[int, QPixmap] = {}
        half = QPointF(_LARGE + 2, _LARGE + 2)
        for dot, at in zip(self.dots, self._places, strict=True):
            if dot.color not in stamps:
                stamps[dot.color] = self._stamp(dot.color)
            painter.drawPixmap(at - half, stamps[dot.color])

    def _stamp(self, color: int) -> QPixmap:
        """A dot to be put down often: painting thousands of them one by one takes its time."""
        ratio, side = self.devicePixelRatioF(), round(2 * (_LARGE + 2))
        picture = QPixmap(round(side * ratio), round(side * ratio))
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        face = theme.curve_color(color) if color >= 0 else theme.color("dim")
        face.setAlphaF(1.0 if color >= 0 else 0.55)
        size = _LARGE if color >= 0 else _SMALL
        painter.setPen(QPen(theme.color("panel"), 1))
        painter.setBrush(face)
        if theme.is_second_round(color):
            painter.setPen(QPen(face, 2))
            painter.setBrush(theme.color("panel"))
            size -= 1
        painter.drawEllipse(QPointF(side / 2, side / 2), size, size)
        painter.end()
        return picture

    # ------------------------------------------------------------- mouse and keys

    def _point(self, at: int | None) -> None:
        if at != self._at:
            self._at = at
            self.update()

    def _nearest(self, at: QPointF) -> int | None:
        """The dot at a place; of several as near, the one that lies on top."""
        self._lay()
        best, nearest = None, _REACH
        for place, there in enumerate(self._places):
            far = ((there.x() - at.x()) ** 2 + (there.y() - at.y()) ** 2) ** 0.5
            if far <= nearest:
                best, nearest = place, far
        return best

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._point(self._nearest(event.position()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._point(self._nearest(event.position()))
            if self.pointed is not None:
                self.chosen.emit(self.pointed.id)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._point(None)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._nearest(QPointF(event.pos()))
            QToolTip.showText(
                event.globalPos(),
                self._said(self.dots[found].id) if found is not None else self._tooltip,
                self,
            )
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, by_x = (
            event.key(),
            sorted(range(len(self.dots)), key=lambda at: (self.dots[at].x, self.dots[at].y)),
        )
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if key in steps and by_x:
            now = by_x.index(self._at) + steps[Qt.Key(key)] if self._at is not None else 0
            self._point(by_x[max(0, min(len(by_x) - 1, now))])
            self._tell()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self.pointed is not None:
            self.chosen.emit(self.pointed.id)
        else:
            super().keyPressEvent(event)

    def _tell(self) -> None:
        """What the dot says under which the keys are."""
        self._lay()
        if self.pointed is not None and self._at is not None:
            at = self._places[self._at].toPoint()
            QToolTip.showText(self.mapToGlobal(at), self.words, self)
