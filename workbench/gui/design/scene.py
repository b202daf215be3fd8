"""The scene: one picture for each node and link of the graph on the canvas, kept in step by identity.

It owns its items explicitly and holds what is view state: selection, hover and the preview of a move.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

from PySide6.QtCore import QObject, QPointF, QRectF, Signal

from workbench.core.document import Graph, Place, Port
from workbench.gui.design.faces import Face, Knowledge
from workbench.gui.design.following import Faces, Flows
from workbench.gui.design.hits import HitScene
from workbench.gui.design.hits import PortHit as PortHit
from workbench.gui.design.items import LinkItem, NodeItem, hushed
from workbench.gui.design.labels import HIGH, WIDE, Labels
from workbench.gui.design.sheet import SheetItem
from workbench.gui.design.style import HEAD, NODE_WIDTH

_ROOM = 4096.0
_CLEAR = 6.0
MOST_ROUTED = 300
"""In drawings with more links wires do not go around cards."""
_MANY = 60
"""When so many things change at once, all is painted again."""


class DesignScene(HitScene):
    """Shows what it is told with `show`; edits nothing."""

    selection_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.know: Knowledge | None = None
        self.selection: list[str] = []
        self.chosen_links: list[Port] = []
        self.chosen_remarks: list[str] = []
        self.labels = Labels(self.covered)
        self._faces = Faces()
        self._flows = Flows()
        self._wires: dict[str, set[Port]] = {}
        self._bends: Mapping[Port, tuple[Place, ...]] = {}
        self._badges: Mapping[str, tuple[str, ...]] = {}
        self._weights: Mapping[Port, float] = {}
        self._hovered: NodeItem | LinkItem | None = None
        self._moved: set[str] = set()
        self._sheet = SheetItem(self.nodes, self.links)
        self.addItem(self._sheet)
        self.setSceneRect(-_ROOM, -_ROOM, 2 * _ROOM, 2 * _ROOM)

    # ------------------------------------------------------------- following the document

    def show(self, know: Knowledge) -> None:
        """Show a graph as the document and the analysis now say; touches only what changed."""
        before, self.know = self.know, know
        graph = know.document.graph_of(know.place.where)
        if before is None or before.place.where != know.place.where:
            self._clear()
        relinked = graph.links is not self.graph.links
        same_nodes = graph.nodes is self.graph.nodes
        self.graph = graph
        loose = self._drop_missing(graph, relinked=relinked, same_nodes=same_nodes)
        faces = self._faces.show(know, graph)
        moved = self._show_nodes(faces)
        made = self._show_links(graph) if relinked else set()
        bent = self._show_bends(graph)
        if moved or made or bent:
            self._lay(made | bent | {port for id in moved for port in self._wires.get(id, ())}, moved)
        touched = loose.union(
            faces, (end for port in made for end in (port.node, self.links[port].source.node))
        )
        for link in self._flows.show(know, self.nodes, self.links, self._wires, touched):
            self._relabel(link)
        self._sheet.forget()
        if loose:
            kept = [id for id in self.selection if id in self.nodes]
            self.select(kept, self.chosen_links, self.chosen_remarks)

    def _lay(self, wires: set[Port], moved: Mapping[str, QRectF]) -> None:
        """Lay wires anew, and those near cards that moved (from rectangles); shapes beside them find new places."""
        areas = [area for area in moved.values() if not area.isNull()]
        areas += [self.nodes[id].room() for id in moved]
        if len(areas) > _MANY or len(wires) > _MANY:
            wires = set(self.links) if len(self.links) <= MOST_ROUTED else wires
            with hushed():
                self._route(wires)
            self._forget_labels()
        else:
            if len(self.links) <= MOST_ROUTED:
                wires = wires.union(
                    *({link.target for link in self.links_near(area)} for area in areas),
                )
            self._route(wires)
            near = wires.union(*(self.labels.near(area) for area in areas))
            near = near.union(*(self.labels.struck(self.links[wire]) for wire in wires & self.links.keys()))
            for target in near & self.links.keys():
                self._relabel(self.links[target])
        self._sheet.forget()
        self._make_room(areas)

    def _make_room(self, areas: Iterable[QRectF]) -> None:
        """Grow the scene around its items: a much larger one would make every look-up slow, as would none."""
        room = self.sceneRect()
        if not all(room.contains(area) for area in areas):
            bounds = self.bounds()
            wide, high = bounds.width() / 2 + _ROOM, bounds.height() / 2 + _ROOM
            self.setSceneRect(bounds.adjusted(-wide, -high, wide, high))

    def restyle(self) -> None:
        """Take over new fonts and colours."""
        for item in self.nodes.values():
            item.set_face(item.face)
        self._route(set(self.links))
        self._forget_labels()
        self._sheet.forget()

    def _clear(self) -> None:
        self._hovered = None
        for item in (*self.links.values(), *self.nodes.values()):
            self.removeItem(item)
        self.nodes.clear()
        self.links.clear()
        self._wires, self._bends = {}, {}
        self._faces, self._flows = Faces(), Flows()
        self.graph = Graph()
        self._forget_labels()
        self._sheet.forget()
        if self.selection or self.chosen_links or self.chosen_remarks:
            self.selection, self.chosen_links, self.chosen_remarks = [], [], []
            self.selection_changed.emit()

    def _drop_missing(self, graph: Graph, *, relinked: bool, same_nodes: bool) -> set[str]:
        """Takes away what the graph does not have any more; gives the nodes concerned."""
        gone: list[NodeItem | LinkItem] = []
        loose: set[str] = set()
        if relinked:
            links = graph.links
            for target in [port for port, item in self.links.items() if links.get(port) != item.source]:
                item = self.links.pop(target)
                self._forget_label(item)
                for id in (target.node, item.source.node):
                    self._wires.get(id, set()).discard(target)
                    loose.add(id)
                gone.append(item)
        if not same_nodes:
            for id in self.nodes.keys() - graph.nodes.keys():
                self._faces.drop(id)
                node = self.nodes.pop(id)
                loose.add(id)
                for port in self.labels.near(node.scene_rect()) & self.links.keys():
                    self._relabel(self.links[port])
                gone.append(node)
        for thing in gone:
            if thing is self._hovered:
                self._hovered = None
            thing.repaint()
            self.removeItem(thing)
        return loose

    def _show_nodes(self, faces: Mapping[str, Face]) -> dict[str, QRectF]:
        """Brings cards up to date; gives where those were whose ends of links moved (nowhere for new ones)."""
        moved: dict[str, QRectF] = {}
        for id, face in faces.items():
            node, item = self.graph.nodes[id], self.nodes.get(id)
            if item is None:
                item = self.nodes[id] = NodeItem(id, face)
                item.move_to(*node.at)
                item.set_badges(self._badges.get(id, ()))
                self.addItem(item)
                item.repaint()
                moved[id] = QRectF()
                continue
            area = item.scene_rect()
            if item.face != face and item.set_face(face):
                moved[id] = area
            if item.move_to(*node.at):
                moved[id] = area
        for id in self._moved - moved.keys():  # an edit that did not come, or came as something else
            if id in self.nodes and self.nodes[id].at != self.graph.nodes[id].at:
                moved[id] = self.nodes[id].scene_rect()
                self.nodes[id].move_to(*self.graph.nodes[id].at)
        return moved

    def _show_links(self, graph: Graph) -> set[Port]:
        made: set[Port] = set()
        for target, source in graph.links.items():
            if target not in self.links:
                item = self.links[target] = LinkItem(source, target)
                self._wires.setdefault(target.node, set()).add(target)
                self._wires.setdefault(source.node, set()).add(target)
                item.set_weight(self._weights.get(target))
                item.bends = graph.bends.get(target, ())
                self.addItem(item)
                made.add(target)
        return made

    def _show_bends(self, graph: Graph) -> set[Port]:
        bent: set[Port] = set()
        if self._bends is not graph.bends:
            for target in {*self._bends, *graph.bends}:
                link = self.links.get(target)
                if link is not None and link.bends != graph.bends.get(target, ()):
                    link.bends = graph.bends.get(target, ())
                    bent.add(target)
            self._bends = graph.bends
        return bent

    def _route(self, targets: Iterable[Port]) -> None:
        for target in targets:
            link = self.links.get(target)
            if link is None:
                continue
            start, end = self.nodes.get(link.source.node), self.nodes.get(target.node)
            if start is not None and end is not None:
                a = start.port_place(link.source.name, output=True)
                b = end.port_place(target.name, output=False)
                floor = max(start.scene_rect().bottom(), end.scene_rect().bottom()) + HEAD / 2
                link.place(a, b, floor, self._between(a, b, {link.source.node, target.node}))

    def _between(self, a: QPointF, b: QPointF, ends: set[str]) -> list[QRectF]:
        """Cards that a wire may have to go around; none in a drawing too large to look."""
        if len(self.links) > MOST_ROUTED or b.x() - a.x() < NODE_WIDTH:
            return []
        rect = QRectF(a, b).normalized().adjusted(0, -3 * HEAD, 0, 3 * HEAD)
        return [
            item.scene_rect().adjusted(-_CLEAR, -_CLEAR, _CLEAR, _CLEAR)
            for item in self.boxes(rect)
            if isinstance(item, NodeItem) and item.id not in ends
        ]

    def _forget_label(self, link: LinkItem) -> None:
        area = self.labels.forget(link)
        if area is not None:
            self.update(area)

    def _relabel(self, link: LinkItem) -> None:
        """The shape beside a wire may find another place."""
        self._forget_label(link)
        self.update(link.sceneBoundingRect().adjusted(-WIDE, -HIGH, WIDE, HIGH))

    def _painting(self, count: int) -> AbstractContextManager[None]:
        """While so many items change: each asks to be painted again, or if they are many, all is at once."""
        if count <= _MANY:
            return nullcontext()
        self.update()
        return hushed()

    def _forget_labels(self) -> None:
        self.labels.clear()
        self.update()

    # ------------------------------------------------------------- view state

    def select(self, ids: Iterable[str], links: Iterable[Port] = (), remarks: Iterable[str] = ()) -> None:
        """Make these nodes, links, frames and notes the selection, in this order."""
        chosen = list(dict.fromkeys(id for id in ids if id in self.nodes))
        chosen_links = list(dict.fromkeys(port for port in links if port in self.links))
        chosen_remarks = list(dict.fromkeys(id for id in remarks if id in self.remarks))
        before = (self.selection, self.chosen_links, self.chosen_remarks)
        if (chosen, chosen_links, chosen_remarks) == before:
            return
        lit, lit_links = set(chosen), set(chosen_links)
        changed = lit ^ set(self.selection)
        changed_links = lit_links ^ set(self.chosen_links)
        with self._painting(len(changed) + len(changed_links)):
            for id in changed & self.nodes.keys():
                self.nodes[id].set_look(chosen=id in lit)
            for port in changed_links & self.links.keys():
                self.links[port].set_look(chosen=port in lit_links)
        for id in {*chosen_remarks} ^ {*self.chosen_remarks} & self.remarks.keys():
            self.remarks[id].set_look(chosen=id in chosen_remarks)
        self.selection, self.chosen_links, self.chosen_remarks = chosen, chosen_links, chosen_remarks
        self._light(changed)
        self._sheet.forget()
        self.selection_changed.emit()

    def chosen_bounds(self) -> QRectF:
        """The rectangle around the selected nodes, frames and notes."""
        rect = self.bounds(self.selection) if self.selection else QRectF()
        for id in self.chosen_remarks:
            rect = rect.united(self.remarks[id].scene_rect())
        return rect

    def hover(self, item: NodeItem | LinkItem | None) -> None:
        """Light up what the pointer is on."""
        before = self._hovered
        if item is not before:
            self._hovered = item
            for one, hovered in ((before, False), (item, True)):
                if one is not None:
                    one.set_look(hovered=hovered)
            self._light({one.id for one in (before, item) if isinstance(one, NodeItem)})
            self._sheet.forget()

    def _light(self, ids: Iterable[str]) -> None:
        """Show hidden wires while one of their nodes is hovered or chosen."""
        for id in ids:
            for target in self._wires.get(id, ()):
                link = self.links[target]
                if link.wireless:
                    ends = (self.nodes.get(link.source.node), self.nodes.get(target.node))
                    link.set_lit(any(end is not None and (end.chosen or end.hovered) for end in ends))

    def set_badges(self, badges: Mapping[str, tuple[str, ...]]) -> None:
        """Show small texts under these cards, and none under the others."""
        with self._painting(len(self._badges) + len(badges)):
            for id in {*self._badges, *badges} & self.nodes.keys():
                self.nodes[id].set_badges(badges.get(id, ()))
        self._badges = dict(badges)

    def set_weights(self, weights: Mapping[Port, float]) -> None:
        """Draw wires (by their targets) from thin, 0, to thick, 1, and the others as usual."""
        with self._painting(len(self._weights) + len(weights)):
            for target in {*self._weights, *weights} & self.links.keys():
                self.links[target].set_weight(weights.get(target))
        self._weights = dict(weights)

    def show_bends(self, target: Port, places: Sequence[Place]) -> None:
        """Show a link running through these dots, without putting them into the document; `settle` ends that."""
        link = self.links.get(target)
        if link is not None:
            self._forget_label(link)
            link.moving = True
            link.bends = tuple(places)
            self._route((target,))

    def fade(self, ids: Iterable[str]) -> None:
        """Draw these cards faintly and all others as usual."""
        faint = set(ids)
        with self._painting(len(faint)):
            for id, item in self.nodes.items():
                item.set_look(faded=id in faint)

    def shift(self, ids: Collection[str], by: QPointF) -> None:
        """Show nodes moved from their places in the document, without moving them there."""
        moved = set(ids)
        wires = {target for id in ids for target in self._wires.get(id, ())}
        inner = {port for port in wires if port.node in moved and self.links[port].source.node in moved}
        with self._painting(len(moved)):
            for id in ids:
                x, y = self.graph.nodes[id].at
                self.nodes[id].move_to(x + by.x(), y + by.y())
            for target in wires:
                if not self.links[target].moving:
                    self.links[target].moving = True
                    self._forget_label(self.links[target])
            for target in inner:
                self.links[target].move_by(by)
            self._route(wires - inner)
        self._moved |= moved
        self._sheet.forget()

    def shift_remarks(self, ids: Iterable[str], by: QPointF) -> None:
        """Show frames and notes moved from their places in the document."""
        for id in ids:
            item = self.remarks.get(id)
            if item is not None:
                item.show_rect(QRectF(*item.remark.at, *item.remark.size).translated(by))

    def settle(self) -> None:
        """Place wires and shapes anew, after a move or the preview of dots."""
        bent = set()
        for target, link in self.links.items():
            link.moving = False
            if link.bends != self._bends.get(target, ()):
                link.bends = self._bends.get(target, ())
                bent.add(target)
        moved = {id for id in self._moved if id in self.nodes}
        self._moved = set()
        if moved or bent:
            wires = {port for id in moved for port in self._wires.get(id, ())}
            self._lay(wires | bent, {id: QRectF() for id in moved})
