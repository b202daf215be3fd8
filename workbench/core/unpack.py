"""Unpacks an instance of a block: its nodes take its place, with parameters put in and repetitions written out.

An instance that shares weights is unpacked together with all that share them, so that the nodes share them then.
Core only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from workbench.core.blocks import CARD, STEP, free_id, middle, trained
from workbench.core.document import INPUT, OUTPUT, Block, Document, Graph, Node, Place, Port, Remark
from workbench.core.errors import EditError, ExpressionError
from workbench.core.expressions import Value, evaluate, resolve_variables
from workbench.core.parameters import COUNT, free_names, substituted, used_names
from workbench.core.values import check_place

MOST_UNPACKED = 1000


@dataclass(frozen=True, slots=True)
class UnpackBlock:
    """Puts the nodes of an instance's block in its place.

    `owning` are node types that can own weights: only those become linked copies where weights were shared.
    """

    node: str
    where: str = ""
    owning: frozenset[str] = frozenset()

    @property
    def label(self) -> str:
        return f"Unpack {self.node}"

    def apply(self, document: Document) -> Document:
        return self.unpacked(document)[0]

    def unpacked(self, document: Document) -> tuple[Document, tuple[str, ...]]:
        """The document after the edit, and the nodes that came out of this instance."""
        graph = document.graph_of(self.where)
        node = graph.node(self.node)
        if not node.block:
            raise EditError(f"“{node.id}” is not a block, so there is nothing to unpack.")
        owner = node.linked_to if node.linked_to in graph.nodes else node.id
        family = [graph.nodes[owner]]
        family += [other for other in graph.nodes.values() if other.linked_to == owner]
        copies: dict[str, _Unpacking] = {}
        for instance in family:
            copies[instance.id] = _Unpacking(document, self.where, instance, self._times(document, instance))
            first = copies[owner]
            if first.node.block != instance.block:
                raise EditError(
                    f"“{instance.id}” shares weights with “{owner}” but is not of the same block."
                )
            if first.times != copies[instance.id].times:
                raise EditError(f"“{instance.id}” shares weights with “{owner}” but repeats differently.")
        if sum(copy.size for copy in copies.values()) > MOST_UNPACKED:
            raise EditError(
                f"“{node.id}” would become {sum(copy.size for copy in copies.values()):,} nodes; "
                f"at most {MOST_UNPACKED:,} are unpacked at once."
            )
        for copy in copies.values():
            graph = copy.put(graph, copies[owner], self.owning)
        after = document.with_graph(self.where, graph)
        if not self.where:
            after = trained(after, {id: copies[owner].owners(self.owning) for id in copies})
        return after, tuple(copies[node.id].names.values())

    def _times(self, document: Document, node: Node) -> int:
        """How often an instance stands. Raises EditError where that is not one number."""
        if node.mode:
            raise EditError(f"“{node.id}” is set to {node.mode}; let it work again before unpacking it.")
        try:
            names = {} if self.where else resolve_variables(document.variables, {})
            times = evaluate(node.repeat, names)
        except ExpressionError as error:
            raise EditError(
                f"Set Repeat of “{node.id}” to a plain number before unpacking it: {error}"
            ) from error
        if isinstance(times, bool) or not isinstance(times, int | float) or times < 1 or times != int(times):
            raise EditError(f"Repeat of “{node.id}” is {times!r}, which is not a number of repetitions.")
        return int(times)


@dataclass(slots=True)
class _Unpacking:
    """One instance on its way. `names` gives the new id of each inner node in each repetition."""

    document: Document
    where: str
    node: Node
    times: int
    names: dict[tuple[int, str], str] = field(default_factory=dict)
    block: Block = field(init=False)
    inner: list[Node] = field(init=False)

    def __post_init__(self) -> None:
        if self.node.block not in self.document.blocks:
            raise EditError(f"There is no block “{self.node.block}” in this model.")
        self.block = self.document.blocks[self.node.block]
        if self.block.graph.steps:
            raise EditError(
                f"“{self.node.id}” is a loop over the steps of a sequence; nodes in a row cannot be that."
            )
        self.inner = [node for node in self.block.graph.nodes.values() if node.type not in (INPUT, OUTPUT)]
        if self.times > 1 and not (self.block.inputs and self.block.outputs):
            raise EditError(f"“{self.node.id}” repeats but has no input and output to be chained by.")

    @property
    def size(self) -> int:
        return self.times * len(self.inner)

    def owners(self, owning: frozenset[str]) -> tuple[str, ...]:
        """New ids of nodes that can own weights; all where none is known to."""
        known = {node.id for node in self.inner if (node.block or node.type in owning) and not node.linked_to}
        found = tuple(new for (_, id), new in self.names.items() if id in known)
        return found or tuple(self.names.values())

    def put(self, graph: Graph, owner: "_Unpacking", owning: frozenset[str]) -> Graph:
        """The graph with the nodes in the place of the instance."""
        taken = {*graph.nodes} - {self.node.id}
        for index in range(self.times):
            for node in self.inner:
                new = free_id(taken, node.id)
                taken.add(new)
                self.names[index, node.id] = new
        offsets = self._offsets()
        made = [
            self._node(index, node, owner, owning, offsets[index])
            for index in range(self.times)
            for node in self.inner
        ]
        links, gone = self._links(graph)
        nodes: dict[str, Node] = {}
        for id, other in graph.nodes.items():
            if id == self.node.id:
                nodes.update((node.id, node) for node in made)
            else:
                nodes[id] = other
        nodes = _with_room(nodes, self.node, made)
        outer: dict[Port, Port] = {}
        for target, source in graph.links.items():
            start = gone[source] if source.node == self.node.id else source
            if target.node != self.node.id and start is not None:
                outer[target] = start
        return replace(
            graph,
            nodes=nodes,
            links={**outer, **links},
            bends={**graph.bends, **self._bends(offsets)},
            remarks={**graph.remarks, **self._remarks(graph, offsets[0])},
        )

    def _offsets(self) -> list[Place]:
        """How far the nodes of each repetition move: all together stand around the instance's place."""
        if not self.inner:
            return [(0.0, 0.0)] * self.times
        xs = [node.at[0] for node in self.inner]
        width = max(xs) - min(xs) + STEP
        x, y = middle(self.inner)
        dx = self.node.at[0] + CARD[0] / 2 - x - width * (self.times - 1) / 2
        dy = self.node.at[1] + CARD[1] / 2 - y
        return [(dx + index * width, dy) for index in range(self.times)]

    def _node(
        self, index: int, node: Node, owner: "_Unpacking", owning: frozenset[str], offset: Place
    ) -> Node:
        bound = self._bound(index)
        params = {name: substituted(value, self._own(bound, node)) for name, value in node.params.items()}
        if node.block:
            params.update(self._defaults(node, bound))
        linked_to = self.names.get((index, node.linked_to), "")
        if owner is not self and (node.block or node.type in owning):
            linked_to = owner.names.get((index, node.linked_to), owner.names[index, node.id])
        return replace(
            node,
            id=self.names[index, node.id],
            params=params,
            repeat=substituted(node.repeat, bound),
            linked_to=linked_to,
            at=check_place(node.at[0] + offset[0], node.at[1] + offset[1]),
        )

    def _bound(self, index: int) -> dict[str, Value]:
        """What each parameter is in one repetition, in names of the graph around."""
        count: dict[str, Value] = {COUNT: index}
        given = {
            name: substituted(self.node.params.get(name, default), count)
            for name, default in self.block.params.items()
        }
        return {**given, **count}

    def _own(self, bound: Mapping[str, Value], node: Node) -> Mapping[str, Value]:
        """An instance counts its own repetitions in its parameters."""
        return {name: value for name, value in bound.items() if name != COUNT} if node.block else bound

    def _defaults(self, node: Node, bound: Mapping[str, Value]) -> dict[str, Value]:
        """Defaults of a block inside that use parameters of this one; what else in it uses them is refused."""
        moved = {name for name, value in bound.items() if value != f"= {name}" and name != COUNT}
        free = free_names(self.document, [node.block]).get(node.block, frozenset()) & moved
        if free:
            name = min(free)
            raise EditError(
                f"Block “{node.block}” inside uses “{name}” of “{self.node.block}”; "
                f"give it a parameter of that name first."
            )
        block = self.document.blocks.get(node.block, Block())
        own = self._own(bound, node)
        return {
            name: substituted(value, own)
            for name, value in block.params.items()
            if name not in node.params and used_names(value) & moved
        }

    def _links(self, graph: Graph) -> tuple[dict[Port, Port], dict[Port, Port | None]]:
        """Links between the new nodes and to what feeds them, and what stands for each output of the instance."""
        inner = self.block.graph
        feed: dict[str, Port | None] = {
            name: graph.links.get(Port(self.node.id, name)) for name in self.block.inputs
        }
        feed = {
            name: None if source and source.node == self.node.id else source for name, source in feed.items()
        }
        links: dict[Port, Port] = {}
        outputs: dict[str, Port | None] = {}
        for index in range(self.times):

            def found(
                port: Port | None, index: int = index, feed: Mapping[str, Port | None] = feed
            ) -> Port | None:
                if port is None or port.node in feed:
                    return feed.get(port.node) if port else None
                name = self.names.get((index, port.node))  # none for an Output, which a file may link on
                return Port(name, port.name) if name else None

            for target, source in inner.links.items():
                if (index, target.node) in self.names and (start := found(source)) is not None:
                    links[Port(self.names[index, target.node], target.name)] = start
            outputs = {name: found(inner.links.get(Port(name, "x"))) for name in self.block.outputs}
            if self.times > 1:
                feed = {**feed, self.block.inputs[0]: outputs[self.block.outputs[0]]}
        used = {
            source: outputs.get(source.name) for source in graph.links.values() if source.node == self.node.id
        }
        return links, used

    def _bends(self, offsets: list[Place]) -> dict[Port, tuple[Place, ...]]:
        bends: dict[Port, tuple[Place, ...]] = {}
        for target, places in self.block.graph.bends.items():
            source = self.block.graph.links[target]
            for index, (dx, dy) in enumerate(offsets):
                if (index, target.node) in self.names and (index, source.node) in self.names:
                    port = Port(self.names[index, target.node], target.name)
                    bends[port] = tuple(check_place(x + dx, y + dy) for x, y in places)
        return bends

    def _remarks(self, graph: Graph, offset: Place) -> dict[str, Remark]:
        """Frames and notes come out once, with the first repetition."""
        made: dict[str, Remark] = {}
        for remark in self.block.graph.remarks.values():
            id = free_id({*graph.remarks, *made}, remark.id)
            at = check_place(remark.at[0] + offset[0], remark.at[1] + offset[1])
            made[id] = replace(remark, id=id, at=at)
        return made


def _with_room(nodes: dict[str, Node], instance: Node, made: Iterable[Node]) -> dict[str, Node]:
    """Nodes left and right of the instance move away as far as the new ones would cover them."""
    new = {node.id: node for node in made}
    if len(new) < 2:
        return nodes
    left, right = min(n.at[0] for n in new.values()), max(n.at[0] for n in new.values()) + CARD[0]
    top, bottom = min(n.at[1] for n in new.values()), max(n.at[1] for n in new.values()) + CARD[1]
    beside = [
        node
        for node in nodes.values()
        if node.id not in new and node.at[1] + CARD[1] > top and node.at[1] < bottom
    ]
    center = instance.at[0]
    covered_right = [node.at[0] for node in beside if center < node.at[0] < right]
    covered_left = [node.at[0] for node in beside if left < node.at[0] + CARD[0] and node.at[0] <= center]
    dx = right + STEP - CARD[0] - min(covered_right) if covered_right else 0.0
    back = max(covered_left) + STEP - left if covered_left else 0.0
    if not (dx or back):
        return nodes
    return {
        id: node
        if id in new
        else replace(node, at=check_place(node.at[0] + (dx if node.at[0] > center else -back), node.at[1]))
        for id, node in nodes.items()
    }
