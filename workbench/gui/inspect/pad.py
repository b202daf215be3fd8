"""A pad to draw on with the mouse, which gives what was drawn as a small grey picture.  Imports Qt and theme."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QImageWriter, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.gui import theme

SIDE: Final = 280
"""Of the picture on which is drawn."""
_STROKE: Final = 22.0
_GIVEN: Final = 112
"""Of the picture that is given away: the service makes it as small as the model wants it."""
_MARGIN: Final = 0.18
_MOST_MARGIN: Final = 0.3
_INK: Final = 64
"""So far from the ground a pixel belongs to what is drawn."""


class DrawingPad(QWidget):
    """White strokes on black.  `drawn` tells that there is more or, after `clear`, nothing."""

    drawn = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.inverted = False
        self.margin = _MARGIN
        """Which share of the side is free around what is drawn, when it is given away."""
        self._image = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._image.fill(0)
        self._last: QPointF | None = None
        self.is_empty = True
        self.setAccessibleName("Pad to draw on")
        self.setToolTip("Draw with the mouse; the model answers while you draw. Delete clears the pad")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setMinimumSize(140, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def clear(self) -> None:
        """Begin anew."""
        self._image.fill(0)
        self._last, self.is_empty = None, True
        self.update()
        self.drawn.emit()

    def set_inverted(self, on: bool) -> None:
        """Dark strokes on white instead, for models that learned such pictures."""
        self.inverted = on
        self.update()
        if not self.is_empty:
            self.drawn.emit()

    def png(self) -> bytes:
        """What was drawn, in the middle of a square with a margin, as PNG."""
        box = self._drawn_box()
        side = max(1, round(max(box.width(), box.height()) / (1 - 2 * self.margin)))
        made = QImage(_GIVEN, _GIVEN, QImage.Format.Format_Grayscale8)
        made.fill(0)
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        wide, high = box.width() * _GIVEN / side, box.height() * _GIVEN / side
        part = self._image.copy(box)
        if wide < part.width():  # first to size by means of whole areas: thin strokes stay
            part = part.scaled(
                QSize(max(1, round(wide)), max(1, round(high))),
                Qt.AspectRatioMode.IgnoreAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )
        painter.drawImage(QRectF((_GIVEN - wide) / 2, (_GIVEN - high) / 2, wide, high), part)
        painter.end()
        if self.inverted:
            made.invertPixels()
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        QImageWriter(buffer, QByteArray(b"png")).write(made)
        return bytes(data.data())

    def area(self) -> QRectF:
        """Where the square is on which is drawn."""
        side = min(self.width(), self.height()) - 2
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    def sizeHint(self) -> QSize:
        return QSize(SIDE, SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        image = self._image
        if self.inverted:
            image = image.copy()
            image.invertPixels()
        painter.drawImage(self.area(), image)
        painter.setPen(QPen(theme.color("accent" if self.hasFocus() else "line"), 1))
        painter.drawRect(self.area())
        if self.is_empty:
            painter.setPen(QColor("#5b6474" if self.inverted else "#9aa2b2"))
            painter.drawText(self.area(), Qt.AlignmentFlag.AlignCenter, "Draw here")
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus()
            self._stroke(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._stroke(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace, Qt.Key.Key_Escape):
            self.clear()
            return
        super().keyPressEvent(event)

    def _stroke(self, at: QPointF) -> None:
        """A stroke from where the pen was last to a point of the widget."""
        area = self.area()
        scale = SIDE / area.width()
        to = QPointF((at.x() - area.left()) * scale, (at.y() - area.top()) * scale)
        painter = QPainter(self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        cap, join = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(QColor("#ffffff"), _STROKE, Qt.PenStyle.SolidLine, cap, join))
        if self._last is None:
            painter.drawPoint(to)
        else:
            painter.drawLine(self._last, to)
        painter.end()
        self._last, self.is_empty = to, False
        self.update()
        self.drawn.emit()

    def suit(self, pictures: Sequence[QImage]) -> None:
        """Leave as much room around a drawing as there is around what is in these pictures, and take their ground."""
        found = [looked for picture in pictures if (looked := _looked_at(picture)) is not None]
        if found:
            free = sorted((1 - filled) / 2 for filled, _ in found)
            self.margin = min(_MOST_MARGIN, max(0.0, free[len(free) // 2]))
            self.set_inverted(sum(light for _, light in found) > len(found) / 2)

    def _drawn_box(self) -> QRect:
        """The smallest rectangle with all that was drawn; the whole pad where nothing was."""
        import numpy as np  # only once something is drawn

        rows = np.frombuffer(self._image.constBits(), np.uint8).reshape(SIDE, self._image.bytesPerLine())[
            :, :SIDE
        ]
        down, across = np.flatnonzero(rows.max(axis=1) > 16), np.flatnonzero(rows.max(axis=0) > 16)
        if not len(down):
            return self._image.rect()
        left, top = int(across[0]), int(down[0])
        return QRect(left, top, int(across[-1]) - left + 1, int(down[-1]) - top + 1)


def _looked_at(picture: QImage) -> tuple[float, bool] | None:
    """Which share of its side the thing in a picture fills, and whether the ground is light; None where it is empty."""
    import numpy as np  # only once there are pictures

    grey = picture.convertToFormat(QImage.Format.Format_Grayscale8)
    if grey.isNull():
        return None
    wide, high = grey.width(), grey.height()
    pixels = (
        np.frombuffer(grey.constBits(), np.uint8).reshape(high, grey.bytesPerLine())[:, :wide].astype(int)
    )
    ground = int(np.median(np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])))
    ink = np.abs(pixels - ground) > _INK
    down, across = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(down):
        return None
    filled = max((down[-1] - down[0] + 1) / high, (across[-1] - across[0] + 1) / wide)
    return float(filled), ground > 127
