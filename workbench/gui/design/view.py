"""The Design view: palette, canvas with its panels, and the form of what is selected.

Imports Qt, session, widgets and the parts of this folder.
"""

from functools import cached_property

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from workbench.catalog.problems import Problem
from workbench.gui.design.arrange import Arranging
from workbench.gui.design.blocks import BlockCommands, Ties
from workbench.gui.design.bookmarks import Bookmarks
from workbench.gui.design.bottom import PROBLEMS, BottomPanel
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.commands import Commands
from workbench.gui.design.faces import Place
from workbench.gui.design.find import FindBox
from workbench.gui.design.form import FormPanel
from workbench.gui.design.help import HelpPanel
from workbench.gui.design.items import LinkItem, NodeItem
from workbench.gui.design.joining import port_to_join
from workbench.gui.design.library import BlockLibrary
from workbench.gui.design.live import LiveValues
from workbench.gui.design.minimap import Minimap
from workbench.gui.design.offers import Offer, offers
from workbench.gui.design.overlays import Overlays, RenameField
from workbench.gui.design.palette import NodePalette
from workbench.gui.design.pasting import Pasting
from workbench.gui.design.picture import Pictures
from workbench.gui.design.remarks import Remarks
from workbench.gui.design.scene import PortHit
from workbench.gui.design.search import AddNodeSearch, Habits
from workbench.gui.design.select import Selecting
from workbench.gui.design.summary import Row
from workbench.gui.design.toggles import Toggles
from workbench.gui.session import Session
from workbench.gui.widgets.splitter import Splitter
from workbench.gui.widgets.surfaces import surface


class DesignView(QWidget):
    """Everything to draw a model with."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        surface(self, "base")
        self.palette_panel = NodePalette()
        self.canvas = Canvas(session)
        self.commands = Commands(self.canvas)
        self.habits = Habits(session.preferences.used, session.remember)
        self.commands.rename = lambda: self.rename.open_for_selected()
        self.remarks = Remarks(self.canvas)
        self.minimap = Minimap(self.canvas)
        self.bookmarks = Bookmarks(self.canvas)
        self.overlays = Overlays(self.canvas, self._add_dataset)
        self.bottom = BottomPanel(self.canvas)
        self.form = FormPanel(self.canvas, self._trigger)
        self._pending: tuple[QPointF | None, PortHit | None] = (None, None)
        # From the outside in: what is put into another widget is dressed again with all that it holds.
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._split = Splitter(Qt.Orientation.Horizontal)
        row.addWidget(self._split)
        self._middle = Splitter(Qt.Orientation.Vertical)
        self._split.addWidget(self.palette_panel)
        self._split.addWidget(self._middle)
        self._split.addWidget(self.form)
        self._middle.addWidget(self.canvas)
        self._middle.addWidget(self.bottom)
        self._middle.setSizes([540, 230])
        self._middle.setStretchFactor(0, 1)
        self._split.setSizes([216, 960, 276])
        self._split.setStretchFactor(1, 1)
        self.commands.bind(self)
        self.bottom.bind(self)
        self.remarks.bind(self.commands)
        self.minimap.bind(self.commands)
        self.bookmarks.bind(self.commands)
        Pictures(self.canvas).bind(self.commands)
        self.commands.offer({"find": lambda: self.find_box.open(), "node_help": lambda: self.help.toggle()})
        Pasting(self.canvas).bind(self.commands)
        Arranging(self.canvas).bind(self.commands)
        Selecting(self.canvas).bind(self.commands)
        self.blocks, self.library = self._add_blocks()
        Toggles(self.canvas).bind(self.commands)
        self.live = LiveValues(self.canvas)
        self.live.bind(self.commands)
        self._connect()
        self._refresh_palette()

    def _add_blocks(self) -> tuple[BlockCommands, BlockLibrary]:
        Ties(self.canvas)
        blocks = BlockCommands(self.canvas)
        blocks.bind(self.commands)
        library = BlockLibrary(self.canvas, self.commands, self)
        library.bind(self.commands)
        return blocks, library

    # ------------------------------------------------------------- made when first asked for

    @cached_property
    def search(self) -> AddNodeSearch:
        """The box to add a node with."""
        made = AddNodeSearch(self, self.habits)
        made.chosen.connect(self._on_searched)
        made.closed.connect(self.canvas.setFocus)
        return made

    @cached_property
    def find_box(self) -> FindBox:
        """The box to find a node with."""
        return FindBox(self, self.canvas)

    @cached_property
    def rename(self) -> RenameField:
        """The field over the title of a card."""
        return RenameField(self.canvas)

    @cached_property
    def help(self) -> HelpPanel:
        """The page about the selected node."""
        return HelpPanel(self, self.canvas, self.add_node_type)

    # ------------------------------------------------------------- shown, made the place of the keyboard

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.canvas.setFocus()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.canvas.setFocus()  # as when another model opens: else its keys would do nothing until a click

    def _trigger(self, id: str) -> None:
        self.session.actions.get(id).trigger()

    def _connect(self) -> None:
        canvas = self.canvas
        self.palette_panel.chosen.connect(self._on_offer_chosen)
        canvas.dropped.connect(self._on_dropped)
        canvas.searched.connect(self._open_search)
        canvas.menu_asked.connect(self._open_menu)
        self.form.mended.connect(self.commands.mend)
        self.form.parted.connect(self.blocks.make_independent)
        self.bottom.fix_chosen.connect(self.commands.mend)
        self.bottom.problem_chosen.connect(self.show_problem)
        self.bottom.row_chosen.connect(self._show_row)
        canvas.opened.connect(lambda id: self.form.focus_field())
        canvas.place_changed.connect(self._refresh_palette)
        self.library.changed.connect(self._refresh_palette)
        self.palette_panel.removed.connect(lambda offer: self.library.remove(int(offer.name)))
        self.session.document_changed.connect(self._refresh_palette)

    # ------------------------------------------------------------- asked from outside

    def reveal(self, what: object) -> None:
        """Show a problem or a node (by id) on the canvas."""
        if isinstance(what, Problem):
            self.bottom.tabs.setCurrentIndex(PROBLEMS)
            self.show_problem(what)
        elif isinstance(what, str):
            self.canvas.reveal((what,), near=True)

    def add_node_type(self, name: str) -> None:
        """Add a node of a type, after the selected node."""
        offer = self.palette_panel.offer(f"type:{name}")
        if offer is not None:
            self.commands.add(offer)
            self.canvas.setFocus()

    def show_problem(self, problem: Problem) -> None:
        """Go to where a problem is, and into the field that it names."""
        if not problem.node:
            return
        trail = tuple(part.partition("#")[0] for part in problem.path.split("/")[:-1])
        self.canvas.go(Place(problem.where, trail))
        self.canvas.reveal((problem.node,), near=True)
        if problem.port in self.form.node.editors:
            self.form.focus_field(problem.port)
        else:
            self.canvas.setFocus()

    def _show_row(self, row: Row) -> None:
        self.canvas.go(Place(row.where, row.trail[:-1]))
        self.canvas.reveal(row.trail[-1:], near=True)

    # ------------------------------------------------------------- adding nodes

    def _refresh_palette(self) -> None:
        self.palette_panel.show_offers(self.session.document, self.canvas.place.where, self.library.offers())

    def _add_dataset(self) -> None:
        self.add_node_type("Dataset")

    def _on_offer_chosen(self, offer: Offer) -> None:
        self.habits.note(offer.key)
        self._add(offer)

    def _on_dropped(self, key: str, place: QPointF) -> None:
        offer = self.palette_panel.offer(key)
        if offer is not None:
            self.habits.note(offer.key)
            if offer.kept:
                self.library.add(offer, place)
            else:
                self.commands.drop(offer, place)

    def _open_search(self, at: QPoint, wire: PortHit | None) -> None:
        document = self.session.document
        found = [*offers(document, self.canvas.place.where), *self.library.offers()]
        note = ""
        place: QPointF | None = self.canvas.mapToScene(at)
        if wire is not None:
            know = self.canvas.drawing.know
            assert know is not None  # somebody dragged from a port that is shown
            found = [offer for offer in found if port_to_join(know, offer, wire)]
            note = f"{'Linked to' if wire.output else 'Feeds'} {wire.port}"
        elif len(self.canvas.drawing.selection) == 1:
            place = None
            note = f"Added after {self.canvas.drawing.selection[0]}"
        elif (link := self.commands.chosen_link) is not None:
            place = None
            note = f"Goes between {link.source} and {link.target} where it fits"
        self._pending = (place, wire)
        self.search.open_at(self.canvas.mapTo(self, at), found, note)

    def _on_searched(self, offer: Offer) -> None:
        self._add(offer, *self._pending)

    def _add(self, offer: Offer, place: QPointF | None = None, wire: PortHit | None = None) -> None:
        if offer.kept:
            self.library.add(offer, place, wire)
        else:
            self.commands.add(offer, place, wire)

    def _open_menu(self, at: QPoint, item: NodeItem | LinkItem | None) -> None:
        own = self.remarks.menu(at) if item is None else None
        (own or self.commands.menu(item)).popup(self.canvas.viewport().mapToGlobal(at))
