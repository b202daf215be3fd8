"""What counts of a drawing: bypassed nodes hand their input on, muted ones and what needs them are left out.

Pure; everything behind it (check, program, training) sees only what counts. Imports core and spec.
"""

from collections.abc import Mapping
from dataclasses import replace
from string import ascii_lowercase

from workbench.catalog.spec import NodeType, Open, node_types
from workbench.core.document import BYPASS, INPUT, MUTE, OUTPUT, Block, Document, Graph, Node, Port
from workbench.core.nesting import inner_first

Left = tuple[Node, dict[str, Port]] | None  # what is left of a node: itself and what feeds it


def active(document: Document, before: Document | None = None) -> Document:
    """The document as it trains; the document itself where no node has a mode.

    `before`, what this gave for an earlier version, lends its parts where they are equal, so that views and checks
    that compare by identity find what did not change.
    """
    graphs = (document.graph, *(block.graph for block in document.blocks.values()))
    if not any(node.mode for graph in graphs for node in graph.nodes.values()):
        return document
    silent: dict[str, set[str]] = {}  # by block, its outputs out of which nothing comes
    made: dict[str, Block] = {}
    order, endless = inner_first(document.blocks)
    for name in (*order, *endless):
        block = document.blocks[name]
        old = before.blocks[name].graph if before is not None and name in before.blocks else None
        graph = _graph(block.graph, True, document.blocks, silent, old)
        silent[name] = {id for id in block.outputs if id not in graph.nodes}
        earlier = before.blocks.get(name) if before is not None else None
        if graph is block.graph:
            made[name] = block
        elif earlier is not None and earlier.graph is graph and earlier.params is block.params:
            made[name] = earlier
        else:
            made[name] = replace(block, graph=graph)
    return replace(
        document,
        graph=_graph(document.graph, False, document.blocks, silent, before.graph if before else None),
        blocks={name: made[name] for name in document.blocks},
    )


def _graph(
    graph: Graph,
    inside: bool,
    blocks: Mapping[str, Block],
    silent: Mapping[str, set[str]],
    before: Graph | None,
) -> Graph:
    """What counts of one graph. Bends and remarks, which only people see, are left out."""
    if not any(node.mode or silent.get(node.block) for node in graph.nodes.values()):
        return graph
    pruned = _Pruned(graph, inside, blocks, silent)
    if before is None or list(before.links.items()) != list(pruned.links.items()):  # their order counts, too
        return Graph(pruned.nodes, pruned.links)
    same = list(before.nodes) == list(pruned.nodes) and all(
        a is b for a, b in zip(before.nodes.values(), pruned.nodes.values(), strict=True)
    )
    return before if same else Graph(pruned.nodes, before.links)


class _Pruned:
    """Decides node by node, along the links, what is left of a graph. Only what stands behind a node with a mode, or
    behind a block out of which less comes, can be different.
    """

    def __init__(
        self, graph: Graph, inside: bool, blocks: Mapping[str, Block], silent: Mapping[str, set[str]]
    ) -> None:
        self.graph = graph
        self.inside = inside
        self.blocks = blocks
        self.silent = silent
        self.nodes = dict(graph.nodes)
        self.links = dict(graph.links)
        self._instead: dict[str, Port | None] = {}  # by node that is out, what its consumers get in its place
        self._passed: dict[
            Port, Port
        ] = {}  # the same for outputs named like an input, which hand that one on
        self._fed: dict[str, dict[str, Port]] = {}
        less = {id for id, node in graph.nodes.items() if silent.get(node.block)}
        for id in self._behind():
            node, fed = graph.nodes[id], self._fed.get(id, {})
            own = bool(node.mode) or id in less
            if not own and not any(port.node in self._instead or port.node in less for port in fed.values()):
                continue
            left = self._decide(node)
            for name in fed:
                del self.links[Port(id, name)]
            if left is None:
                del self.nodes[id]
                continue
            self.nodes[id], kept = left
            self.links |= {Port(id, name): source for name, source in kept.items()}
        self._inherit()

    def _behind(self) -> list[str]:
        """Nodes that may be different, so that each stands after what feeds it. Those in a cycle are not listed:
        they stay as they are, for the check to tell of it.
        """
        users: dict[str, list[str]] = {}
        for target, source in self.graph.links.items():
            users.setdefault(source.node, []).append(target.node)
        todo = [id for id, node in self.graph.nodes.items() if node.mode or self.silent.get(node.block)]
        behind: set[str] = set()
        while todo:
            id = todo.pop()
            if id not in behind and id in self.graph.nodes:
                behind.add(id)
                todo += users.get(id, ())
        waiting = {id: 0 for id in self.graph.nodes if id in behind}
        for target, source in self.graph.links.items():
            if target.node in behind:
                self._fed.setdefault(target.node, {})[target.name] = source
                if source.node in behind and not self._muted(target.node):
                    waiting[target.node] += 1
        ready = [id for id, count in waiting.items() if count == 0]
        for id in ready:
            for user in users.get(id, ()):
                if user in waiting and not self._muted(user):
                    waiting[user] -= 1
                    if waiting[user] == 0:
                        ready.append(user)
        return ready

    def _muted(self, id: str) -> bool:
        """Whether a node is out whatever feeds it."""
        node = self.graph.nodes[id]
        return node.mode == MUTE and not self._port_of_block(node)

    def _decide(self, node: Node) -> Left:
        """The node and what feeds it now; None where it is out."""
        fed, living = self._fed.get(node.id, {}), self._living(node.id)
        if self._muted(node.id):
            return self._out(node, None)
        if node.mode == BYPASS and not self._port_of_block(node):
            cls = node_types().get(node.type)
            for name in cls.outputs if cls is not None else ():
                if name in living:
                    self._passed[Port(node.id, name)] = living[name]
            first = next((living[name] for name in self._ports(node, fed) if name in living), None)
            return self._out(node, first)
        dead = [name for name in fed if name not in living]
        if node.block:
            block = self.blocks.get(node.block)
            if block is not None and (set(dead) & set(block.inputs) or self._breaks(node, block)):
                return self._out(node, None)
            return node, living
        return self._typed(node, living, dead) if dead else (node, living)

    def _port_of_block(self, node: Node) -> bool:
        """Inputs and outputs of a block are always there."""
        return self.inside and node.type in (INPUT, OUTPUT)

    def _living(self, id: str) -> dict[str, Port]:
        """What feeds a node, of those that count."""
        sources = {name: self._source(port) for name, port in self._fed.get(id, {}).items()}
        return {name: port for name, port in sources.items() if port is not None}

    def _typed(self, node: Node, living: dict[str, Port], dead: list[str]) -> Left:
        """A node of a type of which some inputs are out."""
        cls = node_types().get(node.type)
        if cls is None:
            return node, living
        if _variadic(cls):
            return self._merged(node, cls, living, dead)
        lost = [name for name in dead if name in cls.inputs]
        if any(name not in cls.optional for name in lost):
            return self._out(node, None)
        if issubclass(cls, Open):
            return node, living
        ports = cls.inputs  # an optional input counts only behind those before it
        gap = min((ports.index(name) for name in lost), default=len(ports))
        return node, {name: port for name, port in living.items() if name not in ports[gap:]}

    def _merged(self, node: Node, cls: type[NodeType], living: dict[str, Port], dead: list[str]) -> Left:
        """A merge of fewer inputs; one of a single input hands that on."""
        count = node.params.get("count", cls.DEFAULTS["count"])
        plain = isinstance(count, int) and not isinstance(count, bool)
        total = count if isinstance(count, int) and plain else len(living) + len(dead)
        ports = tuple(ascii_lowercase[:total])
        left = [name for name in ports if name not in dead]
        if len(left) < 2 or not living:
            return self._out(node, next((living[name] for name in sorted(living)), None))
        fewer = len(left) if plain else f"= ({str(count).lstrip('= ')}) - {len(ports) - len(left)}"
        now = dict(zip(left, ports, strict=False))
        moved = {now.get(name, name): port for name, port in living.items()}
        return replace(node, params={**node.params, "count": fewer}), moved

    def _out(self, node: Node, instead: Port | None) -> Left:
        """Leaves a node out; its consumers get `instead`."""
        self._instead[node.id] = instead
        return None

    def _source(self, port: Port) -> Port | None:
        """What comes in place of an output; None where nothing does."""
        if port.node in self._instead:
            return self._passed.get(port, self._instead[port.node])
        node = self.graph.nodes.get(port.node)
        return None if node is not None and port.name in self.silent.get(node.block, ()) else port

    def _breaks(self, node: Node, block: Block) -> bool:
        """Whether nothing comes out of an instance, or nothing that its next repetition could take."""
        silent = self.silent.get(node.block, set())
        if not silent:
            return False
        return silent >= set(block.outputs) or (node.repeat != 1 and block.outputs[0] in silent)

    def _ports(self, node: Node, fed: Mapping[str, Port]) -> list[str]:
        """Linked inputs in the order of the type's ports, those that it does not have last."""
        if node.block in self.blocks:
            known = self.blocks[node.block].inputs
        else:
            cls = node_types().get(node.type)
            known = cls.inputs if cls is not None and not _variadic(cls) else tuple(sorted(fed))
        return [*(name for name in known if name in fed), *(name for name in fed if name not in known)]

    def _inherit(self) -> None:
        """The first linked copy of an owner that is out owns the weights, and the others share with it."""
        heirs: dict[str, str] = {}
        for id, node in self.nodes.items():
            if node.linked_to and node.linked_to not in self.nodes and node.linked_to in self.graph.nodes:
                heir = heirs.setdefault(node.linked_to, id)
                self.nodes[id] = replace(node, linked_to="" if heir == id else heir)


def _variadic(cls: type[NodeType]) -> bool:
    """Whether a field of the type says how many inputs a, b, c … it has."""
    return "count" in cls.DEFAULTS and cls.input_ports is not NodeType.input_ports
