"""The right side of the view: the form of whatever is selected.  Imports Qt, canvas and the forms."""

from collections.abc import Callable
from functools import cached_property

import shiboken6
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QAbstractButton, QApplication, QStackedLayout, QWidget

from workbench.core.document import Document
from workbench.gui.design.block_form import BlockForm
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.faces import Knowledge, Place
from workbench.gui.design.model_form import ModelForm, SelectionForm
from workbench.gui.design.node_form import NodeForm
from workbench.gui.widgets.surfaces import surface


class FormPanel(QWidget):
    """Follows the selection of a canvas and the analysis."""

    mended = Signal(object)
    parted = Signal(str)

    def __init__(self, canvas: Canvas, actions: Callable[[str], object]) -> None:
        super().__init__()
        surface(self, "panel", "left")
        self.setMinimumWidth(200)
        self._canvas = canvas
        self.model = ModelForm(canvas.session)
        self._actions = actions
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.model)
        self.model.entered.connect(lambda name: canvas.go(way_to(canvas.session.document, name)))
        canvas.drawing.selection_changed.connect(self.refresh)
        canvas.place_changed.connect(self.refresh)
        canvas.session.document_changed.connect(self.refresh)
        canvas.session.analysed.connect(self.refresh)
        canvas.session.schemas_changed.connect(self.refresh)
        self.refresh()

    @cached_property
    def block(self) -> BlockForm:
        """Made when a block is first entered."""
        canvas, made = self._canvas, BlockForm(self._canvas.session)
        self._stack.addWidget(made)
        made.left.connect(canvas.leave)
        made.renamed.connect(lambda name: canvas.go(Place(name)))
        return made

    @cached_property
    def node(self) -> NodeForm:
        """Made when a node is first selected."""
        canvas, made = self._canvas, NodeForm(self._canvas.session)
        self._stack.addWidget(made)
        made.entered.connect(canvas.enter)
        made.renamed.connect(lambda id: canvas.drawing.select((id,)))
        made.mended.connect(self.mended)
        made.parted.connect(self.parted)
        return made

    @cached_property
    def selection(self) -> SelectionForm:
        """Made when several nodes or a link are first selected."""
        made = SelectionForm(self._actions)
        self._stack.addWidget(made)
        return made

    def refresh(self) -> None:
        """Show the form of what is selected now."""
        drawing = self._canvas.drawing
        know = drawing.know
        if know is None or know.document is not self._canvas.session.document:
            return  # the canvas is told first and then changes its selection or its analysis
        know = Knowledge(know.document, self._canvas.session.analysis, know.schemas, know.place)
        pressed = QApplication.focusWidget()
        if not isinstance(pressed, QAbstractButton) or not self.isAncestorOf(pressed):
            self._show(know)
            return
        name = pressed.accessibleName()
        self._show(know)
        if not shiboken6.isValid(pressed) or not pressed.isVisible():
            # Qt would hand the keyboard to whatever field comes next, and Ctrl+Z with it.
            self._canvas.setFocus()
            QTimer.singleShot(0, self, lambda: self._return_to(name))  # what was made now is not shown yet

    def _return_to(self, name: str) -> None:
        """Give the keyboard to the button of that name: the one that was pressed, made anew."""
        form = self._stack.currentWidget()
        if form is None or not self._canvas.hasFocus():
            return
        for button in form.findChildren(QAbstractButton):
            if button.accessibleName() == name and button.isEnabled() and button.isVisible():
                button.setFocus()
                return

    def _show(self, know: Knowledge) -> None:
        drawing = self._canvas.drawing
        ids, links = drawing.selection, drawing.chosen_links
        if len(ids) == 1 and not links:
            self.node.show_node(know, ids[0])
            self._stack.setCurrentWidget(self.node)
        elif ids or links:
            if ids:
                self.selection.show_nodes(know, ids)
            else:
                self.selection.show_link(know, links[0])
            self._stack.setCurrentWidget(self.selection)
        elif know.place.where:
            self.block.show_block(know)
            self._stack.setCurrentWidget(self.block)
        else:
            self.model.show_model(know)
            self._stack.setCurrentWidget(self.model)

    def focus_field(self, name: str = "") -> None:
        """Put the keyboard into a field of the selected node."""
        if self._stack.currentWidget() is self.node:
            self.node.focus_first(name)


def way_to(document: Document, block: str) -> Place:
    """The place where a definition is seen through the first of its instances; of one that is unused, by itself."""
    todo: list[Place] = [Place()]
    seen = {""}
    while todo:
        place = todo.pop(0)
        for node in document.graph_of(place.where).nodes.values():
            if node.block in document.blocks and node.block not in seen:
                inner = Place(node.block, (*place.trail, node.id))
                if node.block == block:
                    return inner
                seen.add(node.block)
                todo.append(inner)
    return Place(block)
