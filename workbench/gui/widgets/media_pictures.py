"""A recorded picture, with a legend where it has one.  Imports Qt, records and theme."""

import json
import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.text import one_line
from workbench.gui import theme
from workbench.store.records import Media

_ROW: Final = 22
_MOST_COLORS: Final = 32


class ImageView(QWidget):
    """A picture as large as fits, its pixels sharp."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._image = QImage()
        self._legend: list[tuple[str, str]] = []
        self.setAccessibleName(name)
        self.setMinimumSize(120, 80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def image(self) -> QImage:
        return self._image

    @property
    def legend(self) -> list[tuple[str, str]]:
        """What the colours of the picture mean, where it says so."""
        return self._legend

    def show_media(self, history: Sequence[Media]) -> str:
        """Show what was recorded last."""
        self.show_image(history[-1].data)
        return ""

    def show_image(self, data: bytes) -> None:
        """Show PNG bytes; what is no picture is said to be damaged."""
        self._image = QImage.fromData(data)
        self._legend = _legend(self._image.text("Legend"))
        self.setToolTip(
            f"{self._image.width()} × {self._image.height()} pixels"
            if not self._image.isNull()
            else "This picture is damaged and cannot be shown"
        )
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(280, 280)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._image.isNull():
            painter.setPen(theme.color("dim"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "This picture is damaged")
            return
        wide, high = self._image.width(), self._image.height()
        rows = self._legend_rows()
        room = self.rect().adjusted(0, 0, 0, -_ROW * (rows[-1][1] + 1) if rows else 0)
        scale = min(room.width() / wide, max(1, room.height()) / high)
        image = self._image
        if scale > 1:  # whole squares first, then smoothly to size: pixels stay sharp and even
            image = image.scaled(image.size() * math.ceil(scale * self.devicePixelRatioF()))
        box = QRectF(0, 0, wide * scale, high * scale)
        box.moveCenter(QRectF(room).center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRectF(box.toRect()), image)
        self._paint_legend(painter, rows, room.bottom() + 1)
        painter.end()

    def _legend_rows(self) -> list[tuple[float, int]]:
        """Where each entry of the legend begins, and in which row."""
        metrics = QFontMetricsF(self._font())
        places: list[tuple[float, int]] = []
        x, row = 0.0, 0
        for label, _ in self._legend:
            wide = metrics.horizontalAdvance(label) + 30
            if x and x + wide > self.width():
                x, row = 0.0, row + 1
            places.append((x, row))
            x += wide
        return places

    def _paint_legend(self, painter: QPainter, places: Sequence[tuple[float, int]], top: float) -> None:
        painter.setFont(self._font())
        for (label, color), (x, row) in zip(self._legend, places, strict=True):
            y = top + row * _ROW
            painter.fillRect(QRectF(x, y + 6, 10, 10), QColor(color))
            painter.setPen(theme.color("dim"))
            box = QRectF(x + 16, y, self.width() - x - 16, _ROW)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, label)

    def _font(self) -> QFont:
        return theme.small(self.font())


def _legend(text: str) -> list[tuple[str, str]]:
    """[[label, color], …] of a picture; nothing where it is damaged."""
    try:
        found = [(one_line(str(label), 40), str(color)) for label, color in json.loads(text or "[]")]
    except (ValueError, TypeError):
        return []
    return [(label, color) for label, color in found[:_MOST_COLORS] if QColor.isValidColorName(color)]
