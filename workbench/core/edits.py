"""Edits: each is a value whose `apply` turns one document into the next, or raises EditError and changes nothing.

`where` names the block whose graph is edited; "" is the model itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from workbench.core.checks import check_links, check_node, check_update_fields, check_values
from workbench.core.document import FEEDS, INPUT, OUTPUT, Document, Graph, Node, Port, Training
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.names import check_id
from workbench.core.removal import without_nodes, without_ports
from workbench.core.values import check_place, check_text


class Edit(Protocol):
    """What the history applies: a label for people and the step itself."""

    @property
    def label(self) -> str: ...

    def apply(self, document: Document) -> Document: ...


@dataclass(frozen=True, slots=True)
class AddNodes:
    """Adds nodes and the links between them (adding one node, pasting, inserting)."""

    nodes: tuple[Node, ...]
    links: Mapping[Port, Port] = field(default_factory=dict)
    where: str = ""

    @property
    def label(self) -> str:
        return f"Add {self.nodes[0].id}" if len(self.nodes) == 1 else f"Add {len(self.nodes)} nodes"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        nodes = dict(graph.nodes)
        for node in self.nodes:
            check_node(node)
            if node.id in nodes:
                raise EditError(f"There is already a node “{node.id}”.")
            nodes[node.id] = node
        links = {**graph.links, **self.links}
        check_links(nodes, self.links)
        return document.with_graph(self.where, replace(graph, nodes=nodes, links=links))


def AddNode(node: Node, where: str = "") -> AddNodes:  # noqa: N802 - reads as the edit that it makes
    """The edit that adds one node."""
    return AddNodes((node,), {}, where)


@dataclass(frozen=True, slots=True)
class RemoveNodes:
    """Removes nodes with their links; copies linked to a removed node become owners of their own weights."""

    ids: tuple[str, ...]
    where: str = ""

    @property
    def label(self) -> str:
        return f"Delete {self.ids[0]}" if len(self.ids) == 1 else f"Delete {len(self.ids)} nodes"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        gone = {graph.node(id).id for id in self.ids}
        nodes = {
            id: replace(node, linked_to="") if node.linked_to in gone else node
            for id, node in graph.nodes.items()
            if id not in gone
        }
        links = {t: s for t, s in graph.links.items() if t.node not in gone and s.node not in gone}
        after = document.with_graph(self.where, replace(graph, nodes=nodes, links=links))
        if self.where:
            ports = {id for id in gone if graph.nodes[id].type in (INPUT, OUTPUT)}
            return without_ports(after, self.where, ports) if ports else after
        updates = tuple(without_nodes(update, gone) for update in document.training.updates)
        return replace(after, training=replace(document.training, updates=updates))


@dataclass(frozen=True, slots=True)
class MoveNodes:
    """Moves nodes to new places (scene coordinates)."""

    places: Mapping[str, tuple[float, float]]
    where: str = ""

    @property
    def label(self) -> str:
        return "Move" if len(self.places) == 1 else f"Move {len(self.places)} nodes"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        moved = {id: replace(graph.node(id), at=check_place(x, y)) for id, (x, y) in self.places.items()}
        return document.with_graph(self.where, replace(graph, nodes={**graph.nodes, **moved}))


@dataclass(frozen=True, slots=True)
class Connect:
    """Links an output to an input; a link that already feeds the input is replaced."""

    source: Port
    target: Port
    where: str = ""

    @property
    def label(self) -> str:
        return f"Link {self.source} to {self.target}"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        check_links(graph.nodes, {self.target: self.source})
        without = {target: source for target, source in graph.links.items() if target != self.target}
        if self.target.node in replace(graph, links=without).upstream([self.source.node]):
            raise EditError(f"Linking {self.source} to {self.target} would close a cycle.")
        return document.with_graph(
            self.where, replace(graph, links={**graph.links, self.target: self.source})
        )


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Removes the link that feeds an input."""

    target: Port
    where: str = ""

    @property
    def label(self) -> str:
        return f"Unlink {self.target}"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        if self.target not in graph.links:
            raise EditError(f"Nothing is linked to {self.target}.")
        links = {target: source for target, source in graph.links.items() if target != self.target}
        return document.with_graph(self.where, replace(graph, links=links))


@dataclass(frozen=True, slots=True)
class SetParam:
    """Sets one field of a node."""

    node: str
    name: str
    value: Value
    where: str = ""

    @property
    def label(self) -> str:
        return f"Set {self.node}.{self.name}"

    def apply(self, document: Document) -> Document:
        node = document.graph_of(self.where).node(self.node)
        check_values(self.node, {self.name: self.value})
        return _with_node(document, self.where, replace(node, params={**node.params, self.name: self.value}))


@dataclass(frozen=True, slots=True)
class SetRepeat:
    """Sets how often a block instance is chained."""

    node: str
    value: Value
    where: str = ""

    @property
    def label(self) -> str:
        return f"Repeat {self.node} × {self.value}"

    def apply(self, document: Document) -> Document:
        node = document.graph_of(self.where).node(self.node)
        if not node.block:
            raise EditError(f"Only a block can repeat; “{self.node}” is a {node.type}.")
        check_values(self.node, {"repeat": self.value})
        return _with_node(document, self.where, replace(node, repeat=self.value))


@dataclass(frozen=True, slots=True)
class SetLinkedTo:
    """Makes a node a linked copy (shares the weights of `owner`), or with "" its own again."""

    node: str
    owner: str
    where: str = ""

    @property
    def label(self) -> str:
        return f"Share weights of {self.owner}" if self.owner else f"Unshare {self.node}"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        node = graph.node(self.node)
        if self.owner:
            owner = graph.node(self.owner)
            if owner.linked_to or owner.id == node.id or (owner.type, owner.block) != (node.type, node.block):
                raise EditError(f"“{self.node}” cannot share the weights of “{self.owner}”: not of one kind.")
        copies = {
            copy.id: replace(copy, linked_to=self.owner)
            for copy in graph.nodes.values()
            if self.owner and copy.linked_to == node.id  # a copy of a copy: all share with the one owner
        }
        changed = {**copies, node.id: replace(node, linked_to=self.owner)}
        return document.with_graph(self.where, replace(graph, nodes={**graph.nodes, **changed}))


@dataclass(frozen=True, slots=True)
class SetTitle:
    """Sets the text on a node's face; its id stays."""

    node: str
    title: str
    where: str = ""

    @property
    def label(self) -> str:
        return f"Title of {self.node}"

    def apply(self, document: Document) -> Document:
        node = document.graph_of(self.where).node(self.node)
        return _with_node(document, self.where, replace(node, title=check_text(self.title[:200])))


@dataclass(frozen=True, slots=True)
class RenameNode:
    """Gives a node another id; links, linked copies, updates and what the best epoch is told by follow."""

    old: str
    new: str
    where: str = ""

    @property
    def label(self) -> str:
        return f"Rename {self.old} to {self.new}"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        node = graph.node(self.old)
        if self.new == self.old:
            return document
        if self.where and node.type in (INPUT, OUTPUT):
            raise EditError(f"“{self.old}” is a port of block “{self.where}” and cannot be renamed here.")
        after = document.with_graph(self.where, renamed(graph, self.old, self.new))
        if self.where:
            return after
        updates = tuple(
            replace(
                update,
                minimise={self.new if k == self.old else k: v for k, v in update.minimise.items()},
                train=tuple(self.new if id == self.old else id for id in update.train),
                rates={self.new if k == self.old else k: v for k, v in update.rates.items()},
            )
            for update in document.training.updates
        )
        settings = dict(document.training.settings)
        if settings.get("monitor") == self.old:
            settings["monitor"] = self.new
        return replace(after, training=replace(document.training, settings=settings, updates=updates))


@dataclass(frozen=True, slots=True)
class SetTraining:
    """Replaces the training settings and updates."""

    training: Training

    @property
    def label(self) -> str:
        return "Change training"

    def apply(self, document: Document) -> Document:
        names = [update.name for update in self.training.updates]
        check_values("training", self.training.settings)
        for update in self.training.updates:
            check_update_fields(update)
            if names.count(update.name) > 1:
                raise EditError(f"Two updates are named “{update.name}”.")
        return replace(document, training=self.training)


@dataclass(frozen=True, slots=True)
class SetName:
    """Names the model."""

    name: str

    @property
    def label(self) -> str:
        return f"Name the model {self.name}"

    def apply(self, document: Document) -> Document:
        if not self.name.strip() or len(self.name) > 200:
            raise EditError("A model's name has 1 to 200 characters.")
        return replace(document, name=check_text(self.name.strip()))


@dataclass(frozen=True, slots=True)
class Several:
    """Several edits as one undo step; all or none."""

    label: str
    edits: tuple[Edit, ...]

    def apply(self, document: Document) -> Document:
        for edit in self.edits:
            document = edit.apply(document)
        return document


def _with_node(document: Document, where: str, node: Node) -> Document:
    graph = document.graph_of(where)
    return document.with_graph(where, replace(graph, nodes={**graph.nodes, node.id: node}))


def _following(node: Node, old: str, new: str) -> Node:
    """A node that named another one, which has a new name now."""
    if node.linked_to == old:
        node = replace(node, linked_to=new)
    if node.type == OUTPUT and node.params.get(FEEDS) == old:
        node = replace(node, params={**node.params, FEEDS: new})
    if node.type == "WeightPenalty" and node.params.get("part") == old:
        node = replace(node, params={**node.params, "part": new})
    return node


def renamed(graph: Graph, old: str, new: str) -> Graph:
    """The graph with a node under another id; links, bends and linked copies follow. Raises EditError."""
    check_id(new)
    if new in graph.nodes:
        raise EditError(f"There is already a node “{new}”.")

    def at(port: Port) -> Port:
        return Port(new, port.name) if port.node == old else port

    nodes = {}
    for id, node in graph.nodes.items():
        if id == old:
            nodes[new] = replace(_following(node, old, new), id=new)
        else:
            nodes[id] = _following(node, old, new)
    links = {at(target): at(source) for target, source in graph.links.items()}
    bends = {at(target): places for target, places in graph.bends.items()}
    return replace(graph, nodes=nodes, links=links, bends=bends)
