"""What can be done to a selection: every command makes at most one edit.  Bound to keys, menus and buttons.

Imports Qt, actions, canvas, clipboard and offers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QMenu, QWidget

from workbench.catalog.problems import Fix
from workbench.core.document import PINNED, Graph, Node, Port
from workbench.core.edits import (
    AddNodes,
    Connect,
    Disconnect,
    Edit,
    MoveNodes,
    RemoveNodes,
    SetLinkedTo,
    Several,
)
from workbench.core.errors import WorkbenchError
from workbench.core.looks import RemoveRemarks
from workbench.gui.design import clipboard
from workbench.gui.design.canvas import Canvas
from workbench.gui.design.faces import Knowledge, Ports, face_of
from workbench.gui.design.geometry import card_of
from workbench.gui.design.heal import healed
from workbench.gui.design.hits import PortHit
from workbench.gui.design.items import LinkItem, NodeItem
from workbench.gui.design.joining import port_to_join
from workbench.gui.design.linking import judge
from workbench.gui.design.menus import context_menu
from workbench.gui.design.offers import Offer, new_node, ports_of
from workbench.gui.design.remark_gestures import held, shifted
from workbench.gui.design.repair import place_of, with_room
from workbench.gui.design.splice import Slot, Splice, card_around, card_between, inserted
from workbench.gui.design.style import HEAD, NODE_WIDTH, SNAP, snapped
from workbench.gui.session import Session

_GAP = 56


class Commands:
    """The commands of one canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.session: Session = canvas.session
        self.rename: Callable[[], None] = lambda: None

    # ------------------------------------------------------------- binding

    def bind(self, view: QWidget) -> None:
        """Offer the commands: undo and redo in the whole view, the others while the canvas has the focus."""
        canvas, session = self.canvas, self.session
        table: dict[str, Callable[[], object]] = {
            "add_node": self.search,
            "delete": self.delete,
            "heal": self.heal,
            "select_all": self.select_all,
            "link_nodes": self.link_selection,
            "rename_node": lambda: self.rename(),
            "share_weights": self.share,
            "enter_block": self.enter,
            "leave_block": canvas.leave,
            "fit": canvas.frame,
            "fit_all": canvas.frame_all,
            "zoom_in": lambda: canvas.zoom_by(1.25),
            "zoom_out": lambda: canvas.zoom_by(0.8),
            "zoom_reset": lambda: canvas.zoom_by(1 / canvas.zoom),
        }
        self.offer(table)
        canvas.nudged.connect(self.nudge)
        session.actions.bind("undo", session.undo, view)
        session.actions.bind("redo", session.redo, view)

    def offer(self, table: Mapping[str, Callable[[], object]]) -> None:
        """Bind actions while the canvas has the focus.

        Not in the parts that float over the canvas: Return there is for their fields and buttons.
        """
        for id, slot in table.items():
            self.session.actions.bind(id, slot, self.canvas, inside=False)

    def menu(self, item: NodeItem | LinkItem | None) -> QMenu:
        """The context menu of a node, a link or the void."""
        return context_menu(self.canvas, item)

    # ------------------------------------------------------------- helpers of all

    @property
    def where(self) -> str:
        return self.canvas.place.where

    @property
    def graph(self) -> Graph:
        return self.canvas.drawing.graph

    @property
    def selected(self) -> tuple[str, ...]:
        return tuple(self.canvas.drawing.selection)

    def _do(self, edit: Edit, then_select: Iterable[str] | None = None) -> bool:
        done = self.canvas.do(edit)
        if done and then_select is not None:
            self.canvas.reveal(then_select)
        return done

    # ------------------------------------------------------------- adding

    def search(self) -> None:
        """Open the add-node box; what is added follows the selected node or goes into the selected link."""
        canvas, link = self.canvas, self.chosen_link
        at = canvas.pointer()
        if not canvas.viewport().underMouse() and len(self.selected) == 1:
            rect = canvas.drawing.nodes[self.selected[0]].scene_rect()
            at = canvas.mapFromScene(QPointF(rect.right() + _GAP, rect.top()))
        elif not canvas.viewport().underMouse() and link is not None:
            at = canvas.mapFromScene(link.middle())
        canvas.search(at)

    @property
    def chosen_link(self) -> LinkItem | None:
        """The only link that is selected, without any node."""
        links = [] if self.selected else self.canvas.drawing.chosen_links
        return self.canvas.drawing.links[links[0]] if len(links) == 1 else None

    def add(
        self,
        offer: Offer,
        place: QPointF | None = None,
        wire: PortHit | None = None,
        first: tuple[Edit, ...] = (),
    ) -> str:
        """Add a node and give its id: at a place, wired to a port, or (without both) into the selected link, where it
        fits, or after the selected node. It covers no other one.

        `first` is what it needs, made in the same step. "" if it could not be added.
        """
        if wire is not None:
            name = port_to_join(self._know, offer, wire)
            corner = place or wire.place
            corner = corner - QPointF(0 if wire.output else NODE_WIDTH, HEAD / 2)
            node = new_node(offer, self.graph, snapped(corner))
            links: dict[Port, Port] = {}
            if name and wire.output:
                links = {Port(node.id, name): wire.port}
            elif name:
                links = {wire.port: Port(node.id, name)}
        elif place is not None:
            node, links = new_node(offer, self.graph, snapped(card_around(place).topLeft())), {}
        else:
            link = self.chosen_link
            if link is not None and (inside := self._into(link, offer)) is not None:
                return inside
            node, links = self._after_selected(offer)
        node = self._free(node, (ports_of(offer, output=False), ports_of(offer, output=True)))
        edit: Edit = AddNodes((node,), links, self.where)
        if first:
            edit = Several(edit.label, (*first, edit))
        return node.id if self._do(edit, (node.id,)) else ""

    def drop(self, offer: Offer, place: QPointF) -> str:
        """Add a node where it was dropped and give its id; on a link that it fits into, insert it there."""
        card = card_around(place)
        node = new_node(offer, self.graph, snapped(card.topLeft()))
        slot = Splice(self.canvas, node, new=True).slot_at(card)
        if slot is None:
            return self.add(offer, place)
        card.moveTo(*node.at)
        return self._insert(node, slot, card)

    def _into(self, link: LinkItem, offer: Offer) -> str | None:
        """Insert a node into a link and give its id; None where it does not fit."""
        node = new_node(offer, self.graph, (0.0, 0.0))
        slot = Splice(self.canvas, node, new=True).slot_in(link)
        if slot is None:
            return None
        card = card_between(self.canvas, slot, link.middle(), self._card(node))
        return self._insert(replace(node, at=(card.left(), card.top())), slot, card)

    def _insert(self, node: Node, slot: Slot, card: QRectF) -> str:
        edits = inserted(self.canvas, node.id, slot, node.at, card)
        edit = Several(f"Insert {node.id}", (AddNodes((node,), {}, self.where), *edits))
        return node.id if self._do(edit, (node.id,)) else ""

    def _after_selected(self, offer: Offer) -> tuple[Node, dict[Port, Port]]:
        """A node right of the selected one and fed by its first output, where that fits; else in the middle of the
        selected link, or of what is seen.
        """
        drawing, link = self.canvas.drawing, self.chosen_link
        if len(self.selected) != 1:
            seen = self.canvas.mapToScene(self.canvas.viewport().rect().center())
            around = card_around(link.middle() if link is not None else seen)
            return new_node(offer, self.graph, snapped(around.topLeft())), {}
        before = drawing.nodes[self.selected[0]]
        rect = before.scene_rect()
        node = new_node(offer, self.graph, snapped(QPointF(rect.right() + _GAP, rect.top())))
        for output in before.face.outputs:
            source = Port(before.id, output)
            name = port_to_join(self._know, offer, PortHit(source, True, QPointF()))
            if name:
                return node, {Port(node.id, name): source}
        return node, {}

    def _free(self, node: Node, ports: Ports = ((), ())) -> Node:
        """The new node at its place, or at the next one below where its card covers no other."""
        card = self._card(node, ports).translated(*node.at).adjusted(-SNAP, -SNAP, SNAP, SNAP)
        x, y = node.at
        while self.canvas.drawing.nodes_in(card):
            card.translate(0, 2 * HEAD)
            y += 2 * HEAD
        return replace(node, at=(x, y))

    def _card(self, node: Node, ports: Ports = ((), ())) -> QRectF:
        """The card of a node that is not on the canvas yet; `ports` are those of a block that is not in the model."""
        return card_of(face_of(node, self._know, None, self._know.names(), None, ports=ports)).rect

    @property
    def _know(self) -> Knowledge:
        know = self.canvas.drawing.know
        assert know is not None
        return know

    # ------------------------------------------------------------- removing, copying

    def delete(self) -> None:
        """Remove what is selected; with nothing selected, leave the block. Nodes in a frame stay."""
        links, remarks = self._single_links(), tuple(self.canvas.drawing.chosen_remarks)
        edits: list[Edit] = [Disconnect(port, self.where) for port in links]
        if self.selected:
            edits.append(RemoveNodes(self.selected, self.where))
        if remarks:
            edits.append(RemoveRemarks(remarks, self.where))
        if len(edits) == 1:
            self._do(edits[0])
        elif edits:
            count = len(self.selected) + len(links) + len(remarks)
            self._do(Several(f"Delete {count} things", tuple(edits)))
        elif self.where:
            self.canvas.leave()

    def heal(self) -> None:
        """Remove the selected nodes and links, and link what the nodes fed to what fed them."""
        if not self.selected:
            if self.canvas.drawing.chosen_links:
                self.delete()
            else:
                self.canvas.tell("Select the nodes to remove first.")
            return
        edit, bare = healed(self._know, self.selected, self._single_links())
        if self._do(edit) and bare:
            names = ", ".join(map(str, bare[:3])) + (" …" if len(bare) > 3 else "")
            self.canvas.tell(f"Nothing before the removed nodes fits {names}.")

    def _single_links(self) -> list[Port]:
        """The selected links that do not go away with the selected nodes."""
        links = [port for port in self.canvas.drawing.chosen_links if port.node not in self.selected]
        return [port for port in links if self.graph.links[port].node not in self.selected]

    def mend(self, fix: Fix) -> bool:
        """Apply a fix; what it inserts gets a place of its own."""
        drawing, document = self.canvas.drawing, self.session.document
        where = place_of(fix.edit)
        shown = drawing.nodes if where == self.where else {}

        def size(id: str) -> tuple[float, float]:
            if id not in shown:  # in a block that is not on the canvas
                return NODE_WIDTH, 2 * HEAD
            card = shown[id].card
            return card.width, card.height

        try:
            edit = with_room(fix.edit, document, where, size, (NODE_WIDTH, HEAD))
        except WorkbenchError as error:
            self.canvas.tell(str(error))
            return False
        self.canvas.setFocus()  # the button that was pressed goes away with its problem
        return self._do(edit)

    # ------------------------------------------------------------- selection

    def select_all(self) -> None:
        """Select every node, frame and note."""
        drawing = self.canvas.drawing
        drawing.select(self.graph.nodes, remarks=drawing.remarks)

    def nudge(self, dx: int, dy: int) -> None:
        """Move what is selected, frames with what they hold, by steps of the grid."""
        nodes, drawing = self.graph.nodes, self.canvas.drawing
        remarks, inside = held(drawing, drawing.chosen_remarks)
        free = [id for id in dict.fromkeys([*self.selected, *inside]) if PINNED not in nodes[id].look]
        if free or remarks:
            self._do(shifted(self.graph, remarks, free, QPointF(dx * SNAP, dy * SNAP), self.where))
        elif self.selected:
            self.canvas.tell("What is selected is pinned.")

    def link_selection(self) -> None:
        """Link the selected nodes in the order in which they were selected: first free fitting ports."""
        if len(self.selected) < 2:
            self.canvas.tell("Select two or more nodes in the order in which to link them.")
            return
        edits: list[Edit] = []
        taken = set(self.graph.links)
        refused = ""
        for before, after in zip(self.selected, self.selected[1:], strict=False):
            pair, reason = self._fitting(before, after, taken)
            refused = refused or reason
            if pair is not None:
                edits.append(Connect(*pair, self.where))
                taken.add(pair[1])
        if refused:
            self.canvas.tell(refused)
        if edits:
            self._do(edits[0] if len(edits) == 1 else Several("Link nodes", tuple(edits)))

    def _fitting(self, before: str, after: str, taken: set[Port]) -> tuple[tuple[Port, Port] | None, str]:
        """The first output and free input that may be linked, or why there are none."""
        nodes = self.canvas.drawing.nodes
        reason = f"“{after}” has no free input for “{before}”."
        doubtful: tuple[Port, Port] | None = None
        for output in nodes[before].face.outputs:
            for name in nodes[after].face.inputs:
                source, target = Port(before, output), Port(after, name)
                if target in taken:
                    continue
                verdict = judge(self._know, {target: source})
                if verdict.refused:
                    reason = verdict.refused
                elif not verdict.doubt:
                    return (source, target), ""
                else:
                    doubtful = doubtful or (source, target)
        return doubtful, "" if doubtful else reason

    def share(self) -> None:
        """Make a linked copy of the selected node; selected copies become owners of their own weights."""
        copies = [id for id in self.selected if self.graph.nodes[id].linked_to]
        if copies:
            edits = tuple(SetLinkedTo(id, "", self.where) for id in copies)
            self._do(edits[0] if len(edits) == 1 else Several("Unshare weights", edits))
        elif len(self.selected) == 2:
            owner, copy = self.selected
            self._do(SetLinkedTo(copy, owner, self.where))
        elif len(self.selected) == 1:
            owner = self.selected[0]
            text = clipboard.clip(self.session.document, self.where, self.selected)
            edit, (id,) = clipboard.paste(text, self.session.document, self.where, None)
            below = self.canvas.drawing.nodes[owner].scene_rect()
            at = snapped(QPointF(below.left(), below.bottom() + HEAD))
            move = MoveNodes({id: self._free(replace(self.graph.nodes[owner], at=at)).at}, self.where)
            self._do(
                Several(f"Linked copy of {owner}", (edit, SetLinkedTo(id, owner, self.where), move)), (id,)
            )

    def enter(self) -> None:
        """Go into the selected block; of another node, into its fields."""
        if len(self.selected) == 1:
            self.canvas.open_node(self.selected[0])
