"""What of the drawing changed since it was last shown: faces of cards, and what flows along wires.

Compares parts of document and analysis by identity, so that one edit of a large model costs little.  No painting.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workbench.catalog.problems import Problem
from workbench.catalog.schema import find_schema
from workbench.catalog.scope import NodeInfo
from workbench.core.document import BYPASS, MUTE, WIRELESS, Graph, Node, Port
from workbench.core.expressions import Value
from workbench.gui.design.faces import (
    IDLE,
    Face,
    Knowledge,
    Ports,
    face_of,
    is_stranger,
    linked_ports,
)
from workbench.gui.design.items import LinkItem, NodeItem
from workbench.gui.design.style import wire_kind


@dataclass(slots=True)
class _Shown:
    """What a card was made from: while that is the same, its face is too."""

    node: Node
    info: NodeInfo | None
    problem: Problem | None
    idle: bool
    face: Face
    key: tuple[object, ...]


class Faces:
    """The faces of one graph's nodes."""

    def __init__(self) -> None:
        self._shown: dict[str, _Shown] = {}
        self._graph = Graph()
        self._know: Knowledge | None = None
        self._names: Mapping[str, Value] = {}
        self._below_muted: frozenset[str] = frozenset()
        self._linked: Mapping[str, Ports] = {}
        self._strangers = False

    def drop(self, id: str) -> None:
        """A node is gone."""
        self._shown.pop(id, None)

    def show(self, know: Knowledge, graph: Graph) -> dict[str, Face]:
        """Faces of nodes that are new, or changed in the document or in their face."""
        before, self._know = self._know, know
        scope = know.scope()
        infos: Mapping[str, NodeInfo] = scope.infos if scope else {}
        problems, names = know.problems(), know.names()
        same = (
            before is not None
            and know.document.blocks is before.document.blocks
            and know.schemas is before.schemas
            and names == self._names
            and not (self._strangers and graph.links is not self._graph.links)
        )
        self._names = names
        self._look_around(know, graph)
        changed: dict[str, Face] = {}
        shown_before, below = self._shown, self._below_muted
        for id, node in graph.nodes.items():
            info, problem = infos.get(id), problems.get(id)
            idle = info is None and problem is None and id in below
            shown = shown_before.get(id)
            if (
                same
                and shown is not None
                and shown.node is node
                and not node.block  # how often a block is used may change anywhere
                and shown.info is info
                and shown.idle is idle
                and (shown.problem is problem or _alike(shown.problem, problem))
            ):
                continue
            key = _key(node, know, info, names, problem, idle, self._linked.get(id))
            if shown is not None and shown.key == key:
                if shown.node is not node:
                    changed[id] = shown.face
                shown.node, shown.info, shown.problem = node, info, problem
                continue
            mode = IDLE if idle and not node.mode else ""
            face = face_of(node, know, info, names, problem, mode, self._linked.get(id))
            self._shown[id] = _Shown(node, info, problem, idle, face, key)
            changed[id] = face
        return changed

    def _look_around(self, know: Knowledge, graph: Graph) -> None:
        """What faces follow from besides their own nodes."""
        if graph is self._graph:
            return
        if graph.nodes is not self._graph.nodes or graph.links is not self._graph.links:
            self._below_muted = below_muted(graph)
            self._strangers = any(is_stranger(node, know.document) for node in graph.nodes.values())
            self._linked = {}
            if self._strangers:
                strangers = {id for id, node in graph.nodes.items() if is_stranger(node, know.document)}
                self._linked = {id: ports for id, ports in linked_ports(graph).items() if id in strangers}
        self._graph = graph


def below_muted(graph: Graph) -> frozenset[str]:
    """Nodes that a muted node feeds, however far down; they do nothing unless the analysis knows better."""
    todo = [id for id, node in graph.nodes.items() if node.mode == MUTE]
    if not todo:
        return frozenset()
    consumers: dict[str, list[str]] = {}
    for target, source in graph.links.items():
        consumers.setdefault(source.node, []).append(target.node)
    found: set[str] = set()
    while todo:
        for id in consumers.get(todo.pop(), ()):
            if id not in found:
                found.add(id)
                todo.append(id)
    return frozenset(found)


def _alike(one: Problem | None, other: Problem | None) -> bool:
    return (
        one is not None
        and other is not None
        and (one.severity, one.message) == (other.severity, other.message)
    )


def _key(
    node: Node,
    know: Knowledge,
    info: NodeInfo | None,
    names: Mapping[str, Value],
    problem: Problem | None,
    idle: bool,
    linked: Ports | None,
) -> tuple[object, ...]:
    """All that a face follows from, cheap to compare."""
    said = (problem.severity, problem.message) if problem else None
    own = (node.type, node.block, node.title, node.linked_to, node.repeat, node.mode, node.look, idle, linked)
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


class Flows:
    """What flows along each link, and so the colours of wires and ports."""

    def __init__(self) -> None:
        self._infos: Mapping[str, NodeInfo] = {}
        self._wrong: frozenset[Port] = frozenset()

    def show(
        self,
        know: Knowledge,
        nodes: Mapping[str, NodeItem],
        links: Mapping[Port, LinkItem],
        wires: Mapping[str, set[Port]],
        touched: Iterable[str],
    ) -> list[LinkItem]:
        """Brings wires and ports up to date; `touched` are nodes with other faces or links.

        Gives the wires that carry something else than before.
        """
        scope = know.scope()
        infos: Mapping[str, NodeInfo] = scope.infos if scope else {}
        around = set(touched)
        if infos is not self._infos:
            before = self._infos
            around.update(id for id in nodes if infos.get(id) is not before.get(id))
        errors = [(id, one) for id, one in know.problems().items() if one.port and one.severity == "error"]
        wrong = frozenset(Port(id, problem.port) for id, problem in errors)
        around.update(port.node for port in wrong ^ self._wrong)
        self._infos, self._wrong = infos, wrong
        around.update(id for id, item in nodes.items() if item.face.mode == BYPASS)
        news: list[LinkItem] = []
        for target in {port for id in around for port in wires.get(id, ())}:
            link = links[target]
            source = _origin(link.source, nodes, links)
            feeder = infos.get(source.node)
            flows = feeder.outputs.get(source.name) if feeder else None
            if link.set_spec(flows, wrong=target in wrong):
                news.append(link)
            ends = [nodes[id].face for id in (target.node, link.source.node) if id in nodes]
            link.set_state(
                idle=any(face.mode in (MUTE, IDLE) for face in ends),
                wireless=any(WIRELESS in face.look for face in ends),
            )
        around.update(id for link in news for id in (link.target.node, link.source.node))
        for id in around:
            if id in nodes:
                _show_ports(nodes[id], infos.get(id), [links[port] for port in wires.get(id, ())])
        return news


def _origin(source: Port, nodes: Mapping[str, NodeItem], links: Mapping[Port, LinkItem]) -> Port:
    """The output whose values really come out of an output: bypassed nodes hand on the input of the
    same name, or else their first.
    """
    for _ in nodes:
        face = nodes[source.node].face if source.node in nodes else None
        if face is None or face.mode != BYPASS or not face.inputs:
            break
        name = source.name if source.name in face.inputs else face.inputs[0]
        link = links.get(Port(source.node, name))
        if link is None:
            break
        source = link.source
    return source


def _show_ports(item: NodeItem, info: NodeInfo | None, links: list[LinkItem]) -> None:
    kinds = {"out:" + name: wire_kind(spec) for name, spec in info.outputs.items()} if info else {}
    linked: set[str] = set()
    for link in links:
        if link.target.node == item.id:
            kinds["in:" + link.target.name] = link.kind
            linked.add("in:" + link.target.name)
        if link.source.node == item.id:
            kinds.setdefault("out:" + link.source.name, link.kind)  # of a bypassed node nothing else is known
            linked.add("out:" + link.source.name)
    item.set_kinds(kinds, frozenset(linked))
