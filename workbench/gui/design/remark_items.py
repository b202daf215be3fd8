"""The pictures of remarks on the canvas: frames behind the nodes, and notes.  They paint; they decide nothing.

Imports Qt, style and core.
"""

from functools import lru_cache

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from workbench.core.document import FRAME, Remark
from workbench.gui.design.style import CORNER, SNAP, Style, style

FRAMES, NOTES = -2.0, -1.0
BAR = 3.0 * SNAP + 4
"""Height of the bar of a frame: its title stands there, and there one takes it."""
LEAST = {FRAME: (96.0, 64.0)}
LEAST_NOTE = (64.0, 40.0)
PAD = 10.0
_FAR_TITLE = 0.45
"""Below this zoom the title of a frame stands above it, in letters that can still be read."""
_IN_BAR = 20
"""The largest letters that fit into the bar."""
_LARGEST = 96
_ABOVE = 1.5 * _LARGEST
_MOST_TEXT = 8000
"""More letters than any note on a screen shows."""


class RemarkItem(QGraphicsRectItem):
    """What frames and notes have in common: a rectangle of the document, and how it is shown for a moment."""

    def __init__(self, remark: Remark) -> None:
        super().__init__()
        self.remark = remark
        self.chosen = self.hovered = False
        self.setPen(style().no_pen)
        self.show_remark(remark)

    def show_remark(self, remark: Remark) -> None:
        """Show what the document says."""
        self.remark = remark
        self.show_rect(QRectF(*remark.at, *remark.size))
        self.update()

    def show_rect(self, rect: QRectF) -> None:
        """Show it elsewhere or in another size, without changing it there."""
        self.setPos(rect.topLeft())
        self.setRect(self._around(QRectF(QPointF(0, 0), rect.size())))
        self._card = QRectF(QPointF(0, 0), rect.size())

    def _around(self, card: QRectF) -> QRectF:
        return card.adjusted(-2, -2, 2, 2)

    def set_look(self, *, chosen: bool | None = None, hovered: bool | None = None) -> None:
        """Change how it is shown for a moment."""
        before = self.chosen, self.hovered
        self.chosen = self.chosen if chosen is None else chosen
        self.hovered = self.hovered if hovered is None else hovered
        if before != (self.chosen, self.hovered):
            self.update()

    def scene_rect(self) -> QRectF:
        """Its rectangle in the scene."""
        return self._card.translated(self.pos())

    def bar(self, zoom: float) -> QRectF:
        """Where one takes it to move it, in the scene."""
        return self.scene_rect()

    def _pen(self, made: Style) -> QPen:
        if self.chosen:
            return made.chosen_pen
        return QPen(_faint(_color(self.remark, made), 0.85 if self.hovered else 0.5), 1)

    def _paint_corner(self, painter: QPainter, made: Style) -> None:
        """Two strokes in the corner that can be dragged."""
        if self.chosen or self.hovered:
            corner = self._card.bottomRight() - QPointF(4, 4)
            painter.setPen(QPen(made.accent if self.chosen else made.dim, 1.25))
            for far in (9, 5):
                painter.drawLine(QLineF(corner - QPointF(far, 0), corner - QPointF(0, far)))


class FrameItem(RemarkItem):
    """A titled frame around nodes; it lies behind them, the larger ones behind the smaller."""

    def show_rect(self, rect: QRectF) -> None:
        super().show_rect(rect)
        area = rect.width() * rect.height()
        self.setZValue(FRAMES - area / (area + 1e6))

    def _around(self, card: QRectF) -> QRectF:
        return card.adjusted(-2, -_ABOVE, 2, 2)

    def bar(self, zoom: float) -> QRectF:
        card = self.scene_rect()
        above = _title_pixels(zoom) * 1.4 if zoom < _FAR_TITLE else 0.0
        return QRectF(card.x(), card.y() - above, card.width(), BAR + above)

    def title_rect(self) -> QRectF:
        """Where the title is typed, in the scene."""
        return QRectF(self._card.x(), self._card.y(), self._card.width(), BAR).translated(self.pos())

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        made, card, color = style(), self._card, _color(self.remark, style())
        painter.setPen(made.no_pen)
        painter.setBrush(_faint(color, 0.07))
        painter.drawRoundedRect(card, CORNER, CORNER)
        painter.setBrush(_faint(color, 0.2))
        painter.drawRoundedRect(QRectF(card.x(), card.y(), card.width(), BAR), CORNER, CORNER)
        painter.setPen(self._pen(made))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(card, CORNER, CORNER)
        self._paint_corner(painter, made)
        zoom = painter.worldTransform().m11()
        painter.setPen(made.text)
        if zoom >= _FAR_TITLE:
            font = _large(made, max(13, min(_IN_BAR, _title_pixels(zoom))))
            room = QRectF(PAD, 0, card.width() - 2 * PAD, BAR)
        else:
            font = _large(made, _title_pixels(zoom))
            high = 1.4 * font.pixelSize()
            room = QRectF(2, -high, card.width() - 4, high)
        painter.setFont(font)
        title = _elided(self.remark.text, font.family(), font.pixelSize(), round(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, title)


class NoteItem(RemarkItem):
    """A text on a card; what has no room ends in “…”."""

    def __init__(self, remark: Remark) -> None:
        self._lines: tuple[object, tuple[str, ...]] | None = None
        self.editing = False
        super().__init__(remark)
        self.setZValue(NOTES)

    def lines(self) -> tuple[str, ...]:
        """The text in lines as they are painted."""
        made = style()
        key = (self.remark.text, self._card.width(), self._card.height(), made)
        if self._lines is None or self._lines[0] != key:
            self._lines = key, wrapped(self.remark.text, made.line_font, self._card.size().toTuple())
        return self._lines[1]

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        made, card = style(), self._card
        color = _color(self.remark, made)
        painter.setPen(self._pen(made))
        painter.setBrush(made.card)
        painter.drawRoundedRect(card, CORNER, CORNER)
        painter.setBrush(_faint(color, 0.12))
        painter.drawRoundedRect(card, CORNER, CORNER)
        if not self.editing and painter.worldTransform().m11() >= 0.25:
            painter.setFont(made.line_font)
            painter.setPen(made.text)
            step, y = made.line_metrics.lineSpacing(), PAD + made.line_metrics.ascent() - 2
            for line in self.lines():
                painter.drawText(QPointF(PAD, y), line)
                y += step
        self._paint_corner(painter, made)


def item_of(remark: Remark) -> RemarkItem:
    """The picture of a frame or note."""
    return FrameItem(remark) if remark.kind == FRAME else NoteItem(remark)


def least_size(kind: str) -> tuple[float, float]:
    """How small a frame or note may be drawn."""
    return LEAST.get(kind, LEAST_NOTE)


def wrapped(text: str, font: QFont, size: tuple[float, float]) -> tuple[str, ...]:
    """A text in as many lines as a card of this size takes; the last one ends in “…” if there is more."""
    metrics = QFontMetricsF(font)
    room = max(1.0, size[0] - 2 * PAD)
    most = max(1, int((size[1] - 2 * PAD + 6) / metrics.lineSpacing()))
    cut = text[:_MOST_TEXT]
    layout = QTextLayout(cut.replace("\n", "\u2028"), font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    spans: list[tuple[int, int]] = []
    layout.beginLayout()
    while len(spans) <= most and (line := layout.createLine()).isValid():
        line.setLineWidth(room)
        spans.append((line.textStart(), line.textLength()))
    layout.endLayout()
    units = layout.text().encode("utf-16-le")  # Qt counts in UTF-16
    lines = [
        units[2 * start : 2 * (start + length)].decode("utf-16-le", "ignore").rstrip("\u2028 ")
        for start, length in spans
    ]
    if len(lines) > most:
        last = metrics.elidedText(lines[most - 1] + "…", Qt.TextElideMode.ElideRight, room)
        lines = [*lines[: most - 1], last]
    return tuple(lines)


def _color(remark: Remark, made: Style) -> QColor:
    return made.families.get(remark.color, made.dim)


def _faint(color: QColor, share: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(share)
    return made


def _title_pixels(zoom: float) -> int:
    return round(min(_LARGEST, 8.5 / zoom))


@lru_cache(maxsize=128)
def _large(made: Style, pixels: int) -> QFont:
    font = QFont(made.title_font)
    font.setPixelSize(pixels)
    return font


@lru_cache(maxsize=1024)
def _elided(text: str, family: str, pixels: int, room: int) -> str:
    font = QFont(style().title_font)
    font.setFamily(family)
    font.setPixelSize(pixels)
    return QFontMetricsF(font).elidedText(text[:500], Qt.TextElideMode.ElideRight, max(0, room))
