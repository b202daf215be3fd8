"""Many small pictures in rows, each with a caption; one can be chosen with mouse or keys.  Imports Qt and theme."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip

from workbench.gui import theme
from workbench.gui.widgets.surfaces import scroll_steadily

_GAP: Final = 8
_CAPTION: Final = 18


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture with what is written below it and what its tooltip says."""

    image: QImage
    caption: str = ""
    words: str = ""


class PictureGrid(QAbstractScrollArea):
    """`chosen` tells the place of the picture that was clicked, or to which the keys went."""

    chosen = Signal(int)

    def __init__(self, name: str, tooltip: str, *, side: int = 96) -> None:
        super().__init__()
        self._side, self._tip = side, tooltip
        self.pictures: list[Shown] = []
        self.mark = -1
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll_steadily(self)
        self.verticalScrollBar().setSingleStep(24)
        self.setMinimumSize(160, 120)
        theme.changed.connect(self.viewport().update)

    def show_pictures(self, pictures: Sequence[Shown]) -> None:
        """Show these; none is chosen."""
        self.pictures, self.mark = list(pictures), -1
        self.setAccessibleDescription(f"{len(self.pictures)} pictures")
        self._fit()
        self.viewport().update()

    def place(self, index: int) -> QRect:
        """Where a picture is, in the viewport, without its caption."""
        columns, side = self._columns(), self._size()
        row, column = divmod(index, columns)
        top = _GAP + row * (side + _CAPTION + _GAP) - self.verticalScrollBar().value()
        return QRect(_GAP + column * (side + _GAP), top, side, side)

    def choose(self, index: int) -> None:
        """Choose one and tell."""
        self.mark = index
        box = self.place(index)
        bar = self.verticalScrollBar()
        if box.top() < 0:
            bar.setValue(bar.value() + box.top() - _GAP)
        elif box.bottom() + _CAPTION > self.viewport().height():
            bar.setValue(bar.value() + box.bottom() + _CAPTION + _GAP - self.viewport().height())
        self.viewport().update()
        self.chosen.emit(index)

    def sizeHint(self) -> QSize:
        return QSize(420, 320)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme.color("panel"))
        painter.setFont(theme.small(self.font()))
        metrics = painter.fontMetrics()
        for index, shown in enumerate(self.pictures):
            box = self.place(index)
            if box.bottom() + _CAPTION < 0:
                continue
            if box.top() > self.viewport().height():
                break
            self._paint_one(painter, box, shown.image)
            if index == self.mark:
                painter.setPen(QPen(theme.color("accent"), 2))
                painter.drawRect(box.adjusted(-2, -2, 1, 1))
            painter.setPen(theme.color("text" if index == self.mark else "dim"))
            below = QRect(box.left(), box.bottom() + 2, box.width(), _CAPTION - 2)
            words = metrics.elidedText(shown.caption, Qt.TextElideMode.ElideRight, below.width())
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, words)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
        painter.end()

    @staticmethod
    def _paint_one(painter: QPainter, box: QRect, image: QImage) -> None:
        """As large as fits; small ones with sharp pixels."""
        if image.isNull():
            painter.setPen(theme.color("dim"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, "damaged")
            return
        scale = min(box.width() / image.width(), box.height() / image.height())
        at = QRectF(0, 0, max(2.0, image.width() * scale), max(2.0, image.height() * scale))
        at.moveCenter(QPointF(box.center()))
        if scale > 1:
            image = image.scaled(image.size() * math.ceil(scale))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(at, image)

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            index = self._at(QPointF(event.pos()))
            QToolTip.showText(
                event.globalPos(), self.pictures[index].words if index >= 0 else self._tip, self
            )
            return True
        return super().viewportEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self.choose(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns(),
            Qt.Key.Key_Down: self._columns(),
        }
        step = steps.get(Qt.Key(event.key()), 0)
        if not step or not self.pictures:
            super().keyPressEvent(event)
            return
        wanted = self.mark + step if self.mark >= 0 else 0
        if 0 <= wanted < len(self.pictures):
            self.choose(wanted)

    def _at(self, at: QPointF) -> int:
        return next((i for i in range(len(self.pictures)) if self.place(i).contains(at.toPoint())), -1)

    def _size(self) -> int:
        """Few pictures are larger, as far as there is room."""
        wide, high = self.viewport().width() - _GAP, self.viewport().height()
        count = len(self.pictures)
        if not count:
            return self._side
        best = 0
        for columns in range(1, min(count, max(1, wide // (self._side + _GAP))) + 1):
            rows = math.ceil(count / columns)
            best = max(best, min(wide // columns - _GAP, (high - _GAP) // rows - _CAPTION - _GAP))
        if best >= self._side:
            return min(best, 4 * self._side)
        columns = max(1, wide // (self._side + _GAP))
        return max(24, wide // columns - _GAP)

    def _columns(self) -> int:
        return max(1, (self.viewport().width() - _GAP) // (self._size() + _GAP))

    def _fit(self) -> None:
        rows = math.ceil(len(self.pictures) / self._columns())
        room = rows * (self._size() + _CAPTION + _GAP) + _GAP
        self.verticalScrollBar().setPageStep(self.viewport().height())
        self.verticalScrollBar().setRange(0, max(0, room - self.viewport().height()))
