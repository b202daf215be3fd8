"""The stage of the drawing: zoom, pan, the dotted ground, shapes beside the wires, hints and tooltips.

Shows a scene and changes nothing in it.  Imports Qt, theme, scene and style.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QBrush,
    QFocusEvent,
    QHelpEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QGraphicsView, QToolTip, QWidget

from workbench.gui import theme
from workbench.gui.design.help_text import brief
from workbench.gui.design.linking import spec_of
from workbench.gui.design.scene import DesignScene
from workbench.gui.design.style import DETAIL, REACH, spec_text, style
from workbench.gui.widgets.labels import Label

LEAST, MOST = 0.05, 3.0
ENTERED = 0.35
"""How small cards get at most where one enters a block; one may zoom out further."""
_FAR = 1e6
"""How far one can look from the origin."""


class Stage(QGraphicsView):
    """A view of a DesignScene that one can zoom and pan."""

    zoom_changed = Signal(float)
    room = QSize(64, 72)
    corner = QSize(0, 0)
    """How much of the lower right corner something floats over."""
    """What stays free around a drawing that is fitted into the view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = DesignScene(self)
        self.setScene(self.drawing)
        self.setSceneRect(-_FAR, -_FAR, 2 * _FAR, 2 * _FAR)
        self.layers: list[Callable[[QPainter, QRectF], None]] = []
        """What else is painted over the drawing, in places of the scene: gets the painter and the rectangle."""
        self._labelling = QTimer(self, singleShot=True, interval=0)
        self._labelling.timeout.connect(self.viewport().update)
        self._frame_pending = True
        self._framed = False  # the whole drawing is in view, and stays there when the view changes its size
        self._hint = Label("", wrap=True)
        self._hint.setParent(self)
        self._hint.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._hint.setProperty("box", "hint")
        self._hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._hint.hide()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.AnchorViewCenter)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.MinimalViewportUpdate)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        theme.changed.connect(self._on_theme_changed)

    def _on_theme_changed(self) -> None:
        self.drawing.restyle()
        self.viewport().update()

    # ------------------------------------------------------------- where one looks

    @property
    def zoom(self) -> float:
        return self.transform().m11()

    def frame_all(self) -> None:
        """Fit all into the view."""
        chosen = self.drawing.selection, self.drawing.chosen_links, self.drawing.chosen_remarks
        self.drawing.select(())
        self.frame()
        self.drawing.select(*chosen)

    def frame(self) -> None:
        """Fit the selection, or all, into the view."""
        if not self.isVisible() or self.viewport().width() < 40:
            self._frame_pending = True
            return
        self._frame_pending = False
        rect = self.drawing.bounds(self.drawing.selection)
        if rect.isNull():
            self.look_at(QPointF(0, 0), 1.0)
            return
        view = self.viewport().size()
        room = view - self.room
        zoom = min(room.width() / rect.width(), room.height() / rect.height(), 1.0)
        self.look_at(rect.center(), zoom)
        if self._covered():
            low = self.corner.height()
            zoom = min(room.width() / rect.width(), (room.height() - low) / rect.height(), 1.0)
            self.look_at(rect.center() + QPointF(0, low / 2 / zoom), zoom)
        self._framed = not self.drawing.selection

    def _covered(self) -> bool:
        """Whether a card lies below what floats in the corner."""
        end = self.viewport().rect().bottomRight()
        corner = QRect(end - QPoint(self.corner.width(), self.corner.height()), end)
        place = self.mapToScene(corner).boundingRect()
        return any(item.scene_rect().intersects(place) for item in self.drawing.nodes.values())

    def frame_start(self) -> None:
        """Fit all into the view where cards stay readable so; else what is leftmost, which is where inputs come in."""
        self.frame()
        items = self.drawing.nodes.values()
        if self.zoom >= ENTERED or not items or self._frame_pending:
            return
        all, view = self.drawing.bounds(()), self.viewport().size()
        first = min((item.scene_rect() for item in items), key=lambda rect: (rect.left(), rect.top()))
        half = (view.width() / 2 - 32) / ENTERED, (view.height() / 2 - 36) / ENTERED
        x = min(all.left() + half[0], all.center().x() if all.width() < 2 * half[0] else all.right())
        y = min(max(first.center().y(), all.top() + half[1]), all.bottom() - half[1])
        self.look_at(QPointF(x, y if all.height() > 2 * half[1] else all.center().y()), ENTERED)

    def look_at(self, center: QPointF, zoom: float) -> None:
        """Put a place of the scene into the middle."""
        self._framed = False
        self._set_zoom(zoom)
        self.centerOn(center)

    def zoom_by(self, factor: float, at: QPoint | None = None) -> None:
        """Zoom and keep the place under `at` (the middle without it) where it is."""
        anchor = at or self.viewport().rect().center()
        before = self.mapToScene(anchor)
        self._set_zoom(self.zoom * factor)
        self.pan(self.mapFromScene(before) - anchor)

    def _set_zoom(self, zoom: float) -> None:
        zoom = max(LEAST, min(MOST, zoom))
        if zoom != self.zoom:
            self.resetTransform()
            self.scale(zoom, zoom)
            self.zoom_changed.emit(zoom)

    def pan(self, by: QPoint) -> None:
        """Move the window over the drawing by screen pixels."""
        self._framed = False
        for bar, step in ((self.horizontalScrollBar(), by.x()), (self.verticalScrollBar(), by.y())):
            bar.setValue(bar.value() + step)

    def pointer(self) -> QPoint:
        """Where the pointer is in the viewport; its middle when the pointer is elsewhere."""
        at = self.viewport().mapFromGlobal(self.cursor().pos())
        return at if self.viewport().rect().contains(at) else self.viewport().rect().center()

    def say(self, text: str, at: QPoint, level: str = "") -> None:
        """Show a few words beside the pointer; "" hides them."""
        self._hint.setVisible(bool(text))
        if text:
            self._hint.set_role(level)
            self._hint.setText(text)
            self._hint.ensurePolished()
            self._hint.setFixedWidth(min(320, self._hint.fontMetrics().horizontalAdvance(text) + 26))
            self._hint.adjustSize()
            room = self.viewport().size() - self._hint.size()
            x = min(at.x() + 18, max(0, room.width() - 4))
            y = at.y() + 18 if at.y() + 18 < room.height() else at.y() - 12 - self._hint.height()
            self._hint.move(max(4, x), max(4, y))

    # ------------------------------------------------------------- wheel, pinch, tooltips

    def wheelEvent(self, event: QWheelEvent) -> None:
        delta = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(QPoint(-(delta.x() or delta.y()), 0))
        else:
            self.zoom_by(1.0015 ** delta.y(), event.position().toPoint())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos()), self.viewport())
            return True
        zooms = Qt.NativeGestureType.ZoomNativeGesture
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == zooms:
            self.zoom_by(1 + event.value(), event.position().toPoint())
            return True
        if event.type() == QEvent.Type.Gesture:
            pinch = event.gesture(Qt.GestureType.PinchGesture)  # type: ignore[attr-defined]  # a QGestureEvent
            if pinch is not None:
                self.zoom_by(
                    pinch.scaleFactor(), self.viewport().mapFromGlobal(pinch.centerPoint().toPoint())
                )
                return True
        if event.type() == QEvent.Type.Leave:
            self.drawing.hover(None)
        return super().viewportEvent(event)

    def _tip(self, at: QPoint) -> str:
        place = self.mapToScene(at)
        hit = self.drawing.port_at(place, REACH / self.zoom)
        if hit is not None:
            source = hit.port if hit.output else self.drawing.graph.links.get(hit.port)
            know = self.drawing.know
            spec = spec_of(know, source) if know and source else None
            return f"{hit.port}\n{spec_text(spec, hit.port.name)}" if spec else str(hit.port)
        node = self.drawing.node_at(place)
        if node is not None:
            return node.face.problem or brief(self.drawing.graph.nodes[node.id])
        wire = self.drawing.link_at(place, 6 / self.zoom)
        if wire is None:
            return ""
        carried = spec_text(wire.spec, wire.source.name, wire.target.name) if wire.spec else "not known yet"
        return f"{wire.source} → {wire.target}\n{carried}"

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._frame_pending or (self._framed and not self.drawing.selection):
            self.frame()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._frame_pending:
            self.frame()

    # ------------------------------------------------------------- painting

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        made = style()
        painter.save()
        area = self.viewportTransform().mapRect(QRectF(rect)).adjusted(-1, -1, 1, 1)
        painter.resetTransform()
        step = round(32 * self.zoom)
        if self.zoom < 0.35:
            painter.fillRect(area, made.base)
        else:
            origin = self.viewportTransform().map(QPointF(0, 0))
            painter.setBrushOrigin(QPointF(origin.x() % step, origin.y() % step))
            painter.fillRect(area, QBrush(made.tile(step, self.devicePixelRatioF())))
        painter.restore()

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        if self.zoom >= DETAIL:
            more = self.drawing.labels.paint(painter, self.drawing.links_near(QRectF(rect)))
            if more and not self._labelling.isActive():
                self._labelling.start()
        for layer in self.layers:
            painter.save()
            layer(painter, QRectF(rect))
            painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
