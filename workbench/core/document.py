"""The model that a person draws, as immutable values: an edit makes a new document and shares what it keeps.

Views find what changed by comparing the parts by identity. Knows nothing of node types, torch or Qt.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from workbench.core.errors import EditError
from workbench.core.expressions import Value

INPUT, OUTPUT = "Input", "Output"
STEPS, FEEDS = "steps", "feeds"  # fields of a block's inputs and outputs that make it a loop
BYPASS, MUTE = "bypass", "mute"
PINNED, COLLAPSED, WIRELESS = "pinned", "collapsed", "wireless"
FRAME, NOTE, BOOKMARK = "frame", "note", "bookmark"
MODES = ("", BYPASS, MUTE)
LOOKS = (PINNED, COLLAPSED, WIRELESS)
REMARKS = (FRAME, NOTE, BOOKMARK)
Place = tuple[float, float]


@dataclass(frozen=True, slots=True, order=True)
class Port:
    """One input or output of a node, written "node.name"."""

    node: str
    name: str

    def __str__(self) -> str:
        return f"{self.node}.{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        node, dot, name = text.rpartition(".")
        if not (dot and node and name):
            raise EditError(f"“{text[:64]}” is not a port; write node.port.")
        return cls(node, name)


@dataclass(frozen=True, slots=True)
class Node:
    """One box on the canvas: of a node type, or an instance of a block (then `repeat` chains it).

    `mode` is one of MODES: a bypassed node hands its first input on, a muted one is as if it were not drawn, and so
    is what needs it. `look` holds words of LOOKS, in that order: it cannot be dragged, shows its title only, hides
    its links.
    """

    id: str
    type: str = ""
    block: str = ""
    params: Mapping[str, Value] = field(default_factory=dict)
    at: Place = (0.0, 0.0)
    linked_to: str = ""
    repeat: Value = 1
    title: str = ""
    mode: str = ""
    look: tuple[str, ...] = ()

    @property
    def owner(self) -> str:
        """The node whose fields and weights it uses: itself, or the one that it is a linked copy of."""
        return self.linked_to or self.id


@dataclass(frozen=True, slots=True)
class Remark:
    """What stands on the canvas for people only: a frame around nodes, a note, a place to come back to.

    `at` is the top left corner, `size` width and height; of a bookmark the middle of the view and its zoom (twice).
    `color` names a family of nodes whose colour is taken ("" for none).
    """

    id: str
    kind: str
    text: str = ""
    at: Place = (0.0, 0.0)
    size: Place = (240.0, 120.0)
    color: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes by id, and for each linked input port the output port that feeds it: one link an input.

    `bends` are the dots through which the link to an input runs; `remarks` are frames, notes and bookmarks by id.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict)
    links: Mapping[Port, Port] = field(default_factory=dict)
    bends: Mapping[Port, tuple[Place, ...]] = field(default_factory=dict)
    remarks: Mapping[str, Remark] = field(default_factory=dict)

    def node(self, id: str) -> Node:
        if id not in self.nodes:
            raise EditError(f"There is no node “{id}” here.")
        return self.nodes[id]

    @property
    def steps(self) -> tuple[str, ...]:
        """Of a block's graph, the inputs that take a sequence one step at a time: it then is a loop."""
        return tuple(
            node.id for node in self.nodes.values() if node.type == INPUT and node.params.get(STEPS) is True
        )

    @property
    def fed_back(self) -> dict[str, str]:
        """Of a loop's graph, the outputs that an input takes at the next step, and that input."""
        outputs = (node for node in self.nodes.values() if node.type == OUTPUT)
        return {node.id: str(node.params[FEEDS]) for node in outputs if node.params.get(FEEDS)}

    def sharing(self, node: Node) -> list[Node]:
        """A node, its owner and all linked copies of that, whose fields and weights are the same."""
        return [other for other in self.nodes.values() if node.owner in (other.id, other.linked_to)]

    def inputs_of(self, id: str) -> dict[str, Port]:
        """Linked input ports of a node and their sources."""
        return {target.name: source for target, source in self.links.items() if target.node == id}

    def order(self) -> tuple[list[str], list[str]]:
        """Node ids so that each stands after what feeds it, and the ids that stand in or behind a cycle."""
        waiting = dict.fromkeys(self.nodes, 0)
        consumers: dict[str, list[str]] = {}
        for target, source in self.links.items():
            fed, feeder = target.node, source.node
            if fed in waiting and feeder in waiting:
                waiting[fed] += 1
                if feeder in consumers:
                    consumers[feeder].append(fed)
                else:
                    consumers[feeder] = [fed]
        ready = [id for id, count in waiting.items() if not count]
        for id in ready:
            for consumer in consumers.get(id, ()):
                waiting[consumer] -= 1
                if not waiting[consumer]:
                    ready.append(consumer)
        if len(ready) == len(waiting):
            return ready, []
        done = set(ready)
        return ready, [id for id in self.nodes if id not in done]

    def upstream(self, ids: Iterable[str]) -> set[str]:
        """The given nodes and everything that feeds them."""
        return _reached(ids, ((target.node, source.node) for target, source in self.links.items()))

    def downstream(self, ids: Iterable[str]) -> set[str]:
        """The given nodes and everything that they feed."""
        return _reached(ids, ((source.node, target.node) for target, source in self.links.items()))


def _reached(ids: Iterable[str], steps: Iterable[tuple[str, str]]) -> set[str]:
    """The given nodes and all that steps from one node to another lead to."""
    following: dict[str, list[str]] = {}
    for one, other in steps:
        following.setdefault(one, []).append(other)
    found: set[str] = set()
    todo = list(ids)
    while todo:
        id = todo.pop()
        if id not in found:
            found.add(id)
            todo.extend(following.get(id, ()))
    return found


@dataclass(frozen=True, slots=True)
class Block:
    """A named sub-graph used as a node. Its Input and Output nodes are its ports, in their order."""

    params: Mapping[str, Value] = field(default_factory=dict)
    graph: Graph = field(default_factory=Graph)

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(node.id for node in self.graph.nodes.values() if node.type == INPUT)

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(node.id for node in self.graph.nodes.values() if node.type == OUTPUT)


@dataclass(frozen=True, slots=True)
class Update:
    """One optimiser step: which losses (with weights) it minimises and which nodes it trains (none named: all).

    `rates` gives parts a factor of the learning rate: 0 freezes one, those that are not named have 1.
    """

    name: str
    minimise: Mapping[str, Value] = field(default_factory=dict)
    train: tuple[str, ...] = ()
    optimizer: Mapping[str, Value] = field(default_factory=dict)
    schedule: Mapping[str, Value] = field(default_factory=dict)
    every: int = 1
    clip: float = 0.0
    rates: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Training:
    """How a run goes: settings of the training form and the ordered updates (none: all losses, everything)."""

    settings: Mapping[str, Value] = field(default_factory=dict)
    updates: tuple[Update, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole model: what is saved, trained and compared."""

    name: str = "model"
    variables: Mapping[str, Value] = field(default_factory=dict)
    graph: Graph = field(default_factory=Graph)
    blocks: Mapping[str, Block] = field(default_factory=dict)
    training: Training = field(default_factory=Training)
    description: str = ""

    def graph_of(self, where: str = "") -> Graph:
        """The model's own graph, or that of the block named `where`."""
        if not where:
            return self.graph
        if where not in self.blocks:
            raise EditError(f"There is no block “{where}” in this model.")
        return self.blocks[where].graph

    def with_graph(self, where: str, graph: Graph) -> "Document":
        """The document with another graph; bends of links that it does not have are dropped."""
        if any(target not in graph.links for target in graph.bends):
            bends = {target: places for target, places in graph.bends.items() if target in graph.links}
            graph = replace(graph, bends=bends)
        if not where:
            return replace(self, graph=graph)
        return replace(self, blocks={**self.blocks, where: replace(self.blocks[where], graph=graph)})
