"""What floats over the canvas: the way out of a block, zoom buttons, and the hint of an empty drawing.

Imports Qt, theme, widgets, actions and canvas.
"""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from workbench.core.definitions import renaming
from workbench.core.errors import EditError
from workbench.gui.actions import explain, keymap, press, tooltip
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.faces import Place
from workbench.gui.widgets.buttons import Button, IconButton
from workbench.gui.widgets.fields import TextField
from workbench.gui.widgets.labels import Label
from workbench.gui.widgets.surfaces import EmptyState, clear_layout

_EDGE = 10
_MARGIN = 4
_TITLE = "Nothing drawn yet"
_STAYS = (
    Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
)  # a field's menu, another window


def _start() -> str:
    return f"Drag a node from the left, or {press('add_node')} and type its name. Start with a dataset."


class Overlays(QObject):
    """Keeps the floating parts in their corners."""

    def __init__(self, canvas: Canvas, add: Callable[[], object]) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.crumbs = Breadcrumbs(canvas)
        self.zoom = ZoomButtons(canvas)
        self.empty = EmptyState(
            "design",
            _TITLE,
            _start(),
            "Add a dataset",
            "Put a dataset on the canvas",
        )
        self.empty.setParent(canvas)
        keymap.changed.connect(self._show_keys)
        self.empty.acted.connect(add)
        canvas.installEventFilter(self)
        canvas.session.document_changed.connect(self.refresh)
        canvas.place_changed.connect(self.refresh)
        self.refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self.crumbs.fit()
            self._place()
        return False

    def refresh(self) -> None:
        """Show what fits the drawing now."""
        canvas = self._canvas
        self.crumbs.show_place(canvas.session.document.name, canvas.place)
        self.empty.setVisible(not canvas.drawing.graph.nodes)
        self._place()

    def _show_keys(self) -> None:
        self.empty.set_texts(_TITLE, _start())

    def _place(self) -> None:
        room = self._canvas.size()
        self.crumbs.move(_EDGE, _EDGE)
        self.zoom.adjustSize()
        self._canvas.corner = self.zoom.size() + QSize(_EDGE, _EDGE)
        self.zoom.move(room.width() - self.zoom.width() - _EDGE, room.height() - self.zoom.height() - _EDGE)
        self.empty.resize(min(420, room.width()), min(220, room.height()))
        self.empty.move((room.width() - self.empty.width()) // 2, (room.height() - self.empty.height()) // 2)


class Breadcrumbs(QWidget):
    """Where the canvas is: the model, and the blocks that were entered; each part leads there."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("box", "float")
        self._canvas = canvas
        self._row = QHBoxLayout(self)
        self._row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetFixedSize)
        self._row.setContentsMargins(_MARGIN, 2, _MARGIN, 2)
        self._row.setSpacing(0)
        self._way: list[tuple[str, Place]] = []
        self.hide()

    def show_place(self, model: str, place: Place) -> None:
        """Show the way from the model to a place; hidden in the model itself."""
        self._way = [(model, Place())]
        document, where = self._canvas.session.document, ""
        for depth, id in enumerate(place.trail, start=1):
            where = document.graph_of(where).nodes[id].block
            self._way.append((f"{id}: {where}", Place(where, place.trail[:depth])))
        if place.where and not place.trail:
            self._way.append((place.where, place))
        self.setVisible(bool(place.where))
        self.fit()

    def fit(self) -> None:
        """Show as much of the way as there is room for: its ends first, what is between in a menu."""
        room = self._canvas.width() - 2 * _EDGE
        for hidden in range(max(1, len(self._way) - 1)):
            self._build(hidden)
            # The layout itself counts new widgets only once they are shown.
            if sum(widget.sizeHint().width() for widget in self._widgets()) + 2 * _MARGIN <= room:
                return

    def _widgets(self) -> list[QWidget]:
        items = (self._row.itemAt(index) for index in range(self._row.count()))
        found = [widget for item in items if item is not None and (widget := item.widget()) is not None]
        for widget in found:
            widget.ensurePolished()
        return found

    def _build(self, hidden: int) -> None:
        """`hidden` parts behind the first stand in the menu."""
        clear_layout(self._row)
        if len(self._way) < 2:
            return
        self._add(*self._way[0], last=False)
        if hidden:
            self._add_menu(self._way[1 : 1 + hidden])
        for index, (text, place) in enumerate(self._way[1 + hidden :], start=1 + hidden):
            self._add(text, place, last=index == len(self._way) - 1)

    def _add_menu(self, parts: list[tuple[str, Place]]) -> None:
        button = Button("…", f"{len(parts)} blocks between", kind="quiet", name="Blocks between")
        menu = QMenu(button)
        for text, place in parts:
            menu.addAction(text, partial(self._canvas.go, place))
        button.setMenu(menu)
        self._row.addWidget(button)
        self._row.addWidget(Label("/", "dim"))

    def _add(self, text: str, place: Place, *, last: bool) -> None:
        if last:
            label = Label(text, "strong")
            label.setContentsMargins(6, 0, 6, 0)
            self._row.addWidget(label)
            return
        button = Button(text, f"Go to {text}", kind="quiet")
        explain(button, "leave_block", f"Go to {text}")
        button.clicked.connect(lambda: self._canvas.go(place))
        self._row.addWidget(button)
        self._row.addWidget(Label("/", "dim"))


class ZoomButtons(QWidget):
    """Smaller, the zoom in per cent, larger, fit."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("box", "float")
        self._canvas = canvas
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(0)
        out = IconButton("zoom-out", "Zoom out", tooltip("zoom_out"))
        out.clicked.connect(lambda: canvas.zoom_by(0.8))
        self.percent = Button("100 %", tooltip("zoom_reset"), kind="quiet", name="Actual size")
        self.percent.setFixedWidth(72)
        self.percent.clicked.connect(lambda: canvas.zoom_by(1 / canvas.zoom))
        larger = IconButton("zoom-in", "Zoom in", tooltip("zoom_in"))
        larger.clicked.connect(lambda: canvas.zoom_by(1.25))
        fit = IconButton("fit", "Fit the drawing", tooltip("fit"))
        fit.clicked.connect(canvas.frame)
        for widget in (out, self.percent, larger, fit):
            widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys to the canvas
            row.addWidget(widget)
        canvas.zoom_changed.connect(self._on_zoom_changed)

    def _on_zoom_changed(self, zoom: float) -> None:
        self.percent.setText(f"{100 * zoom:.0f} %")


class RenameField(TextField):
    """A field over the title of a card: Enter renames the node, Escape leaves it as it was."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__("Name of the node", "Lower-case letters, digits and _; Enter renames")
        self.setParent(canvas)
        self._canvas = canvas
        self._id = ""
        self.hide()
        self.committed.connect(self._rename)
        canvas.zoom_changed.connect(self.hide)
        canvas.session.document_changed.connect(self.hide)

    def open_for_selected(self) -> None:
        """Rename the selected node."""
        drawing = self._canvas.drawing
        if len(drawing.selection) != 1:
            self._canvas.tell("Select the one node to rename.")
            return
        self._id = drawing.selection[0]
        rect = self._canvas.mapFromScene(drawing.nodes[self._id].title_rect()).boundingRect()
        self.show_text(self._id)
        self.set_wrong("", "Lower-case letters, digits and _; Enter renames")
        self.setGeometry(rect.x(), rect.y(), max(160, rect.width()), 30)
        self.show()
        self.raise_()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.selectAll()

    def _rename(self, name: str) -> None:
        canvas = self._canvas
        where = canvas.place.where
        if self._id not in canvas.drawing.nodes:
            return
        try:
            edit = renaming(canvas.session.document, where, self._id, name)
            edit.apply(canvas.session.document)
        except EditError as error:
            self.set_wrong(str(error), "")
            self.show()
            canvas.say(str(error), self.geometry().bottomLeft() + QPoint(-16, -8), "err")
            return
        canvas.say("", QPoint(), "")
        if self.hasFocus():  # else a click elsewhere ended it, and the keyboard is there
            canvas.setFocus()
        self.hide()
        if canvas.do(edit):
            canvas.drawing.select((name,))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)  # renames, where the name will do
        if self.isVisible() and event.reason() not in _STAYS:
            if self.property("wrong"):
                self._canvas.tell(self.toolTip())
            self._leave()

    def _leave(self) -> None:
        """Close the field over a name that stays, and give the keyboard back if it is still here."""
        self.setText(self._id)
        self.show_text(self._id)
        if self.hasFocus():
            self._canvas.setFocus()
        self.hide()

    def hideEvent(self, event: object) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]  # a QHideEvent
        self._canvas.say("", QPoint(), "")
