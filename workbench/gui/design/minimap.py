"""A small picture of the whole drawing in a corner of the canvas; a click or drag in it moves the view.

Its picture is made anew only after the drawing changed; a repaint copies it. Imports Qt, theme, canvas and style.
"""

from PySide6.QtCore import QEvent, QLineF, QObject, QPointF, QRectF, QSizeF, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QWheelEvent
from PySide6.QtWidgets import QWidget

from workbench.core.document import BOOKMARK, FRAME, Graph
from workbench.gui import theme
from workbench.gui.actions import explain
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.design.scene import MOST_ROUTED
from workbench.gui.design.style import style

MANY = 30
"""Drawings of more nodes show their minimap by themselves."""
WIDE, HIGH = 208, 136
_EDGE = 10
_INSET = 6.0
_LATER_MS = 120
_LEAST_ROOM = (520, 320)


class Minimap(QWidget):
    """All nodes in the colours of their families, frames, links, and the rectangle that is in view."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._picture = QPixmap()
        self._area = QRectF()
        self._scale = 1.0
        self._graph: Graph | None = None
        self._wrong: frozenset[str] = frozenset()
        self._grabbed: QPointF | None = None
        self._later = QTimer(self, singleShot=True, interval=_LATER_MS)
        self._later.timeout.connect(self._draw)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName("Minimap")
        explain(self, "minimap", "The whole drawing. Click or drag to move the view")
        self.hide()
        session = canvas.session
        session.document_changed.connect(self.refresh)
        session.analysed.connect(self.refresh)
        canvas.place_changed.connect(self.refresh)
        theme.changed.connect(self._draw_anew)
        canvas.zoom_changed.connect(self._on_looked)
        for bar in (canvas.horizontalScrollBar(), canvas.verticalScrollBar()):
            bar.valueChanged.connect(self._on_looked)
        canvas.installEventFilter(self)
        self.refresh()

    def bind(self, commands: Commands) -> None:
        """Offer to show or hide it."""
        commands.offer({"minimap": self.toggle})

    # ------------------------------------------------------------- shown or not

    def toggle(self) -> None:
        """Show or hide it, in all drawings and from now on."""
        session = self._canvas.session
        session.preferences.minimap = "off" if self.isVisibleTo(self._canvas) else "on"
        session.remember()
        self.refresh()

    def _wanted(self) -> bool:
        choice = self._canvas.session.preferences.minimap
        if choice != "auto":
            return choice == "on"
        room = self._canvas.size()
        enough = room.width() >= _LEAST_ROOM[0] and room.height() >= _LEAST_ROOM[1]
        return enough and len(self._canvas.drawing.graph.nodes) > MANY

    def refresh(self) -> None:
        """Follow the drawing: shown or not at once, the picture a moment later."""
        wanted = self._wanted()
        if wanted != self.isVisibleTo(self._canvas):
            self.setVisible(wanted)
            self._graph = None
        if not wanted:
            self._later.stop()
            return
        drawing = self._canvas.drawing
        wrong = frozenset(id for id, item in drawing.nodes.items() if item.face.level == "error")
        if self._graph is None:
            self._put()
            self._draw()
        elif drawing.graph is not self._graph or wrong != self._wrong:
            self._later.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.refresh()
            self._put()
            self._on_looked()
        return False

    def _put(self) -> None:
        room = self._canvas.size()
        wide, high = min(WIDE, room.width() // 2), min(HIGH, room.height() // 2)
        if (wide, high) != (self.width(), self.height()):
            self.resize(wide, high)
            self._draw_anew()
        self.move(_EDGE, room.height() - high - _EDGE)

    # ------------------------------------------------------------- the picture

    def _draw_anew(self) -> None:
        if self.isVisibleTo(self._canvas):
            self._draw()

    def _draw(self) -> None:
        """Paint the drawing into the picture that every repaint copies."""
        drawing = self._canvas.drawing
        self._graph = drawing.graph
        rects = self._measure()
        room = QRectF(self.rect()).adjusted(_INSET, _INSET, -_INSET, -_INSET)
        wide, high = max(1.0, self._area.width()), max(1.0, self._area.height())
        self._scale = min(room.width() / wide, room.height() / high, 0.25)
        ratio = self.devicePixelRatioF()
        picture = QPixmap(max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))
        picture.setDevicePixelRatio(ratio)
        picture.fill(theme.color("panel"))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(QRectF(self.rect()).center())
        painter.scale(self._scale, self._scale)
        painter.translate(-self._area.center())
        self._paint_remarks(painter)
        if len(drawing.graph.links) <= MOST_ROUTED:
            self._paint_links(painter, rects)
        self._paint_nodes(painter, rects)
        painter.end()
        self._picture = picture
        self.update()

    def _measure(self) -> dict[str, QRectF]:
        """Where the cards are; also takes over the area of the drawing and which nodes have errors."""
        drawing, wrong = self._canvas.drawing, set()
        rects: dict[str, QRectF] = {}
        left = top = float("inf")
        right = bottom = -left
        for id, item in drawing.nodes.items():  # plain arithmetic: thousands of cards are measured at once
            card, (x, y) = item.card, drawing.graph.nodes[id].at
            wide, high = card.width, card.height
            rects[id] = QRectF(x, y, wide, high)
            left, top = min(left, x), min(top, y)
            right, bottom = max(right, x + wide), max(bottom, y + high)
            if item.face.level == "error":
                wrong.add(id)
        area = QRectF(left, top, right - left, bottom - top) if rects else QRectF()
        for more in drawing.around:
            area = area.united(more())
        self._area, self._wrong = area, frozenset(wrong)
        return rects

    def _paint_links(self, painter: QPainter, rects: dict[str, QRectF]) -> None:
        pen = QPen(_faint(style().dim, 0.45), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(
            [
                QLineF(rects[source.node].center(), rects[target.node].center())
                for target, source in self._canvas.drawing.graph.links.items()
                if source.node in rects and target.node in rects
            ]
        )

    def _paint_nodes(self, painter: QPainter, rects: dict[str, QRectF]) -> None:
        drawing, made = self._canvas.drawing, style()
        least = 2 / self._scale  # smaller than this a node could not be seen
        batches: dict[str, list[QRectF]] = {}
        for id, rect in rects.items():
            if rect.width() < least or rect.height() < least:
                rect.setSize(rect.size().expandedTo(QSizeF(least, least)))
            family = "" if id in self._wrong else drawing.nodes[id].face.family
            batches.setdefault(family, []).append(rect)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(made.no_pen)
        for family, batch in batches.items():
            painter.setBrush(made.family(family) if family else made.err)
            painter.drawRects(batch)

    def _paint_remarks(self, painter: QPainter) -> None:
        made = style()
        for remark in self._canvas.drawing.graph.remarks.values():
            if remark.kind == BOOKMARK:
                continue
            color = made.families.get(remark.color, made.dim)
            pen = QPen(_faint(color, 0.7), 1)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.setBrush(_faint(color, 0.18 if remark.kind == FRAME else 0.35))
            painter.drawRect(QRectF(*remark.at, *remark.size))

    def _on_looked(self) -> None:
        if self.isVisible():
            self.update()

    def seen(self) -> QRectF:
        """What the view shows, in places of this widget."""
        viewport = self._canvas.viewport().rect()
        rect = self._canvas.mapToScene(viewport).boundingRect()
        return QRectF(self._map(rect.topLeft()), self._map(rect.bottomRight()))

    def _map(self, place: QPointF) -> QPointF:
        return (place - self._area.center()) * self._scale + QRectF(self.rect()).center()

    def _place(self, at: QPointF) -> QPointF:
        return (at - QRectF(self.rect()).center()) / self._scale + self._area.center()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        inside = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.drawRect(inside)
        seen = self.seen().intersected(inside.adjusted(1, 1, -1, -1))
        unseen = QPainterPath()  # odd and even: what is in view is a hole in it
        unseen.addRect(inside)
        unseen.addRect(seen)
        painter.fillPath(unseen, _faint(theme.color("base"), 0.5))
        if not seen.isEmpty():
            painter.setPen(QPen(theme.color("accent"), 1.5))
            painter.drawRect(seen)
        painter.end()

    # ------------------------------------------------------------- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            at, seen = event.position(), self.seen()
            # Taken inside the rectangle it moves along; elsewhere it jumps there first.
            self._grabbed = at - seen.center() if seen.contains(at) else QPointF(0, 0)
            self._look(at)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is not None:
            self._look(event.position())
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._canvas.zoom_by(1.0015 ** event.angleDelta().y())
        event.accept()

    def _look(self, at: QPointF) -> None:
        if self._grabbed is not None:
            self._canvas.look_at(self._place(at - self._grabbed), self._canvas.zoom)


def _faint(color: QColor, share: float) -> QColor:
    made = QColor(color)
    made.setAlphaF(share)
    return made
