"""The scene: one picture for each node and link of the graph on the canvas, kept in step by identity.

It owns its items explicitly and holds what is view state: selection, hover and the preview of a move.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtWidgets import QGraphicsItem

from workbench.catalog.problems import Problem
from workbench.catalog.schema import find_schema
from workbench.catalog.scope import NodeInfo
from workbench.core.document import Graph, Node, Place, Port
from workbench.core.expressions import Value
from workbench.gui.design.faces import Face, Knowledge, face_of
from workbench.gui.design.hits import HitScene
from workbench.gui.design.hits import PortHit as PortHit
from workbench.gui.design.items import LinkItem, NodeItem
from workbench.gui.design.labels import Labels
from workbench.gui.design.overview import OverviewItem
from workbench.gui.design.style import HEAD, NODE_WIDTH, wire_kind

_NO_CONTENTS = QGraphicsItem.GraphicsItemFlag.ItemHasNoContents
_ROOM = 4096.0
_CLEAR = 6.0
MOST_ROUTED = 300
"""In drawings with more links wires do not go around cards."""


@dataclass(slots=True)
class _Shown:
    """What a card was made from: while that is the same, its face is too."""

    node: Node
    face: Face
    key: tuple[object, ...]


class DesignScene(HitScene):
    """Shows what it is told with `show`; edits nothing."""

    selection_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.know: Knowledge | None = None
        self.selection: list[str] = []
        self.chosen_links: list[Port] = []
        self.labels = Labels(self.covered)
        self._shown: dict[str, _Shown] = {}
        self._wires: dict[str, set[Port]] = {}
        self._bends: Mapping[Port, tuple[Place, ...]] = {}
        self._badges: Mapping[str, tuple[str, ...]] = {}
        self._weights: Mapping[Port, float] = {}
        self._hovered: NodeItem | LinkItem | None = None
        self._far = False
        self._far_stale = True
        self._lifted: frozenset[str] = frozenset()
        self._lifted_wires: frozenset[Port] = frozenset()
        self._overview = OverviewItem()
        self.addItem(self._overview)
        self.setSceneRect(-_ROOM, -_ROOM, 2 * _ROOM, 2 * _ROOM)

    # ------------------------------------------------------------- following the document

    def show(self, know: Knowledge) -> None:
        """Show a graph as the document and the analysis now say; touches only what changed."""
        before, self.know = self.know, know
        graph = know.document.graph_of(know.place.where)
        anew = before is None or before.place.where != know.place.where
        if anew:
            self._clear()
        same = not anew and graph is self.graph
        self.graph = graph
        if not same:
            self._drop_missing(graph)
        scope = know.scope()
        infos: Mapping[str, NodeInfo] = scope.infos if scope else {}
        problems = know.problems()
        stale = self._show_nodes(graph, know, infos, problems)
        if not same:
            stale |= self._show_links(graph)
        if (stale or not same) and len(self.links) <= MOST_ROUTED:
            stale = set(self.links)
        self._route(stale)
        self._show_specs(infos, problems)
        if stale or not same:
            self._forget_labels()
            self._make_room()
        self._far_stale = True
        self._sync_far()
        kept = [id for id in self.selection if id in self.nodes]
        kept_links = [port for port in self.chosen_links if port in self.links]
        if (kept, kept_links) != (self.selection, self.chosen_links):
            self.select(kept, kept_links)

    def _make_room(self) -> None:
        """Grow the scene around its items: a much larger one would make every look-up slow, as would none."""
        bounds = self.bounds()
        if not self.sceneRect().contains(bounds):
            wide, high = bounds.width() / 2 + _ROOM, bounds.height() / 2 + _ROOM
            self.setSceneRect(bounds.adjusted(-wide, -high, wide, high))

    def restyle(self) -> None:
        """Take over new fonts and colours."""
        for item in self.nodes.values():
            item.set_face(item.face)
        self._route(set(self.links))
        self._forget_labels()
        self._far_stale = True
        self._sync_far()
        self.update()

    def _clear(self) -> None:
        self._hovered = None
        for item in (*self.links.values(), *self.nodes.values()):
            self.removeItem(item)
        self.nodes, self.links = {}, {}
        self._shown, self._wires, self._bends = {}, {}, {}
        self.graph = Graph()
        if self.selection or self.chosen_links:
            self.selection, self.chosen_links = [], []
            self.selection_changed.emit()

    def _drop_missing(self, graph: Graph) -> None:
        for target in [
            target for target, item in self.links.items() if graph.links.get(target) != item.source
        ]:
            self._remove_link(target)
        for id in [id for id in self.nodes if id not in graph.nodes]:
            item = self.nodes.pop(id)
            del self._shown[id]
            if item is self._hovered:
                self._hovered = None
            self.removeItem(item)

    def _remove_link(self, target: Port) -> None:
        item = self.links.pop(target)
        for id in (target.node, item.source.node):
            self._wires.get(id, set()).discard(target)
        if item is self._hovered:
            self._hovered = None
        self.removeItem(item)

    def _show_nodes(
        self,
        graph: Graph,
        know: Knowledge,
        infos: Mapping[str, NodeInfo],
        problems: Mapping[str, Problem],
    ) -> set[Port]:
        """Brings all cards up to date; gives the links whose ends moved."""
        names = know.names()
        stale: set[Port] = set()
        for id, node in graph.nodes.items():
            info, problem = infos.get(id), problems.get(id)
            key = _key(node, know, info, names, problem)
            shown = self._shown.get(id)
            if shown is not None and shown.key == key:
                if shown.node is not node:
                    shown.node = node
                    stale |= self._put(self.nodes[id], node)
                elif self.nodes[id].pos() != QPointF(*node.at):
                    stale |= self._put(self.nodes[id], node)
                continue
            face = face_of(node, know, info, names, problem)
            self._shown[id] = _Shown(node, face, key)
            item = self.nodes.get(id)
            if item is None:
                item = self.nodes[id] = NodeItem(id, face)
                item.setFlag(_NO_CONTENTS, self._far)
                item.setPos(*node.at)
                item.set_badges(self._badges.get(id, ()))
                self.addItem(item)
                stale |= self._wires.get(id, set())
            elif (item.face != face and item.set_face(face)) | bool(self._put(item, node)):
                stale |= self._wires.get(id, set())
        return stale

    def _put(self, item: NodeItem, node: Node) -> set[Port]:
        place = QPointF(*node.at)
        if item.pos() == place:
            return set()
        item.setPos(place)
        return set(self._wires.get(item.id, ())) or {Port(item.id, "")}

    def _show_links(self, graph: Graph) -> set[Port]:
        made: set[Port] = set()
        for target, source in graph.links.items():
            if target not in self.links:
                item = self.links[target] = LinkItem(source, target)
                item.setFlag(_NO_CONTENTS, self._far)
                self._wires.setdefault(target.node, set()).add(target)
                self._wires.setdefault(source.node, set()).add(target)
                item.set_weight(self._weights.get(target))
                self.addItem(item)
                made.add(target)
        bends = self._bends
        if bends is not graph.bends:
            for target in {*bends, *graph.bends}:
                if target in self.links and self.links[target].bends != graph.bends.get(target, ()):
                    self.links[target].bends = graph.bends.get(target, ())
                    made.add(target)
        self._bends = graph.bends
        return made

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
            for item in self.items(rect)
            if isinstance(item, NodeItem) and item.id not in ends
        ]

    def _show_specs(self, infos: Mapping[str, NodeInfo], problems: Mapping[str, Problem]) -> None:
        """What flows along each link, and so the colours of wires and ports."""
        kinds: dict[str, dict[str, str]] = {id: {} for id in self.nodes}
        linked: dict[str, set[str]] = {id: set() for id in self.nodes}
        for id in self.nodes:
            info = infos.get(id)
            for name, spec in info.outputs.items() if info else ():
                kinds[id]["out:" + name] = wire_kind(spec)
        for target, link in self.links.items():
            source = link.source
            feeder = infos.get(source.node)
            flows = feeder.outputs.get(source.name) if feeder else None
            problem = problems.get(target.node)
            wrong = problem is not None and problem.severity == "error" and problem.port == target.name
            if link.set_spec(flows, wrong=wrong):
                self.update(self.labels.forget(link))
            if target.node in kinds and source.node in kinds:
                kinds[target.node]["in:" + target.name] = link.kind
                linked[target.node].add("in:" + target.name)
                linked[source.node].add("out:" + source.name)
        for id, item in self.nodes.items():
            item.set_kinds(kinds[id], frozenset(linked[id]))

    def _forget_labels(self) -> None:
        self.labels.clear()
        self.update()

    # ------------------------------------------------------------- view state

    def select(self, ids: Iterable[str], links: Iterable[Port] = ()) -> None:
        """Make this the selection, in this order."""
        chosen = list(dict.fromkeys(id for id in ids if id in self.nodes))
        chosen_links = list(dict.fromkeys(port for port in links if port in self.links))
        if (chosen, chosen_links) == (self.selection, self.chosen_links):
            return
        lit, lit_links = set(chosen), set(chosen_links)
        for id in lit ^ set(self.selection):
            if id in self.nodes:
                self.nodes[id].set_look(chosen=id in lit)
        for port in lit_links ^ set(self.chosen_links):
            if port in self.links:
                self.links[port].set_look(chosen=port in lit_links)
        self.selection, self.chosen_links = chosen, chosen_links
        self._far_stale = True
        self._sync_far()
        self.selection_changed.emit()

    def hover(self, item: NodeItem | LinkItem | None) -> None:
        """Light up what the pointer is on."""
        if item is not self._hovered:
            if self._hovered is not None:
                self._hovered.set_look(hovered=False)
            self._hovered = item
            if item is not None:
                item.set_look(hovered=True)

    def set_badges(self, badges: Mapping[str, tuple[str, ...]]) -> None:
        """Show small texts under these cards, and none under the others."""
        for id in {*self._badges, *badges}:
            if id in self.nodes:
                self.nodes[id].set_badges(badges.get(id, ()))
        self._badges = dict(badges)

    def set_weights(self, weights: Mapping[Port, float]) -> None:
        """Draw wires (by their targets) from thin, 0, to thick, 1, and the others as usual."""
        for target in {*self._weights, *weights}:
            if target in self.links:
                self.links[target].set_weight(weights.get(target))
        self._weights = dict(weights)

    def show_bends(self, target: Port, places: Sequence[Place]) -> None:
        """Show a link running through these dots, without putting them into the document; `settle` ends that."""
        link = self.links.get(target)
        if link is not None:
            self.update(self.labels.forget(link))
            link.bends = tuple(places)
            self._route((target,))

    def fade(self, ids: Iterable[str]) -> None:
        """Draw these cards faintly and all others as usual."""
        faint = set(ids)
        for id, item in self.nodes.items():
            item.set_look(faded=id in faint)

    def shift(self, ids: Collection[str], by: QPointF) -> None:
        """Show nodes moved from their places in the document, without moving them there."""
        moved = set(ids)
        wires: set[Port] = set()
        for id in ids:
            node = self.graph.nodes[id]
            self.nodes[id].setPos(node.at[0] + by.x(), node.at[1] + by.y())
            wires |= self._wires.get(id, set())
        for target in wires:
            self.update(self.labels.forget(self.links[target]))
        inner = {port for port in wires if port.node in moved and self.links[port].source.node in moved}
        for target in inner:
            self.links[target].setPos(by)
        self._route(wires - inner)
        self._lift(frozenset(ids), frozenset(wires))

    def _lift(self, ids: frozenset[str], wires: frozenset[Port]) -> None:
        """From afar, what is being moved is painted by itself, so that the rest need not be gathered again."""
        if (ids, wires) == (self._lifted, self._lifted_wires):
            return
        self._lifted, self._lifted_wires = ids, wires
        for id, item in self.nodes.items():
            item.setFlag(_NO_CONTENTS, self._far and id not in ids)
        for port, link in self.links.items():
            link.setFlag(_NO_CONTENTS, self._far and port not in wires)
        self._far_stale = True
        self._sync_far()

    def settle(self) -> None:
        """Place all wires and shapes anew, after a move."""
        for target in self._bends:
            if target in self.links:
                self.links[target].bends = self._bends[target]
        self._route(self.links if len(self.links) <= MOST_ROUTED else {*self._lifted_wires, *self._bends})
        self._lift(frozenset(), frozenset())
        self._forget_labels()

    def set_far(self, far: bool) -> None:
        """Switch between painting each item and the overview."""
        if far != self._far:
            self._far = far
            for item in (*self.nodes.values(), *self.links.values()):
                item.setFlag(_NO_CONTENTS, far)
            self._overview.setVisible(far)
            self._sync_far()

    def _sync_far(self) -> None:
        if self._far and self._far_stale:
            self._overview.gather(
                [item for id, item in self.nodes.items() if id not in self._lifted],
                [item for port, item in self.links.items() if port not in self._lifted_wires],
            )
            self._far_stale = False


def _key(
    node: Node, know: Knowledge, info: NodeInfo | None, names: Mapping[str, Value], problem: Problem | None
) -> tuple[object, ...]:
    """All that a face follows from, cheap to compare."""
    said = (problem.severity, problem.message) if problem else None
    own = (node.type, node.block, node.title, node.linked_to, node.repeat)
    if node.block:
        block = know.document.blocks.get(node.block)
        ports = (block.inputs, block.outputs) if block else None
        known = (info.parameters, None) if info is not None else (None, names)
        return (*own, said, ports, know.uses(node.block), *known)
    if info is not None:
        return (*own, said, info.kind)
    return (
        *own,
        said,
        dict(node.params),
        dict(names),
        find_schema(know.schemas, str(node.params.get("dataset", ""))),
    )
