"""Makes a block of nodes: the edit that packs a selection, and what may not be packed.

What trains stays the same: links, linked copies, values of fields and the order of nodes are kept. Core only.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from workbench.core.document import (
    BOOKMARK,
    FRAME,
    INPUT,
    OUTPUT,
    Block,
    Document,
    Graph,
    Node,
    Place,
    Port,
    Remark,
)
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.gaps import Gaps
from workbench.core.names import check_id, check_name
from workbench.core.parameters import COUNT, free_names, node_names, substituted, used_names
from workbench.core.values import check_place

CARD = (184.0, 64.0)
"""About the size of a node's card, for finding places."""
STEP = 240.0
_PORT = 16.0
"""About how much taller each further port makes a card."""
_WIDE, _NEAR = (240.0, 160.0), (160.0, 96.0)
"""Gaps between packed nodes that are closed, across and down, and what is left of them."""
_PLAIN = ("x", "y")
_MOST_TOLD = 9


def free_id(taken: Iterable[str], id: str) -> str:
    """The id itself where it is free, else with the next number: conv1 gives conv2, judge gives judge2."""
    taken = set(taken)
    found = re.fullmatch(r"(.*?[a-z_])_?(\d{1,9})", id)
    stem, number = (found[1].rstrip("_"), int(found[2])) if found else (id, 1)
    while id in taken or not _valid(id):
        number += 1
        id = f"{stem[:48]}{number}"
    return id


@dataclass(frozen=True, slots=True)
class MakeBlock:
    """Packs nodes into a new block `name`; its instance `id` takes their place and keeps their links.

    `open_inputs` and `open_outputs` are unlinked ports of the nodes that are to become ports of the block as well.
    """

    ids: tuple[str, ...]
    name: str
    id: str
    where: str = ""
    open_inputs: tuple[Port, ...] = ()
    open_outputs: tuple[Port, ...] = ()

    @property
    def label(self) -> str:
        return f"Make block {self.name}"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        ids = {graph.node(id).id for id in self.ids}
        chosen = {id: node for id, node in graph.nodes.items() if id in ids}
        self._check(document, graph, chosen)
        gaps = _gaps(graph, chosen)
        borders = self._borders(graph, chosen, gaps[1])
        params = self._params(document, chosen)
        block = Block(params, _packed(graph, chosen, borders, gaps))
        at = middle(chosen.values())
        instance = Node(
            self.id,
            block=self.name,
            params={name: f"= {name}" for name in params},
            at=check_place(at[0] - CARD[0] / 2, at[1] - CARD[1] / 2),
        )
        nodes: dict[str, Node] = {}
        for id, node in graph.nodes.items():
            if id not in chosen:
                nodes[id] = node
            else:
                nodes.setdefault(self.id, instance)
        inputs = {source: name for source, name in borders.inputs.items() if source.node not in chosen}
        links: dict[Port, Port] = {}
        for target, source in graph.links.items():
            if target.node not in chosen:
                links[target] = (
                    Port(self.id, borders.outputs[source]) if source in borders.outputs else source
                )
            elif source in inputs:
                links[Port(self.id, inputs[source])] = source
        remarks = {id: remark for id, remark in graph.remarks.items() if id not in borders.remarks}
        after = replace(document, blocks={**document.blocks, self.name: block})
        after = after.with_graph(self.where, replace(graph, nodes=nodes, links=links, remarks=remarks))
        return after if self.where else trained(after, dict.fromkeys(chosen, (self.id,)))

    def _check(self, document: Document, graph: Graph, chosen: Mapping[str, Node]) -> None:
        if not chosen:
            raise EditError("Select the nodes that the block is to hold.")
        check_name(self.name)
        if self.name in document.blocks:
            raise EditError(f"There is already a block “{self.name}”.")
        check_id(self.id)
        if self.id in graph.nodes and self.id not in chosen:
            raise EditError(f"There is already a node “{self.id}”.")
        for node in chosen.values():
            if node.type in (INPUT, OUTPUT):
                raise EditError(f"“{node.id}” is an {node.type} of this drawing and cannot go into a block.")
            if COUNT in (used_names(node.repeat) | (_names(node) if not node.block else frozenset())):
                raise EditError(
                    f"“{node.id}” uses i, which counts the repetitions here; another block counts its own."
                )
        _check_copies(graph, chosen)
        path = _way_round(graph, chosen)
        if path:
            between = path[1:-1] if len(path) <= _MOST_TOLD else [*path[1:4], "…", *path[-3:-1]]
            raise EditError(
                f"The block would feed itself: {' → '.join([path[0], *between, path[-1]])} leaves the selection "
                f"and comes back. Select {', '.join(between)} as well."
            )
        if not self.where:
            for update in document.training.updates:
                for id in update.minimise:
                    if id in chosen:
                        raise EditError(
                            f"“{id}” is minimised by the update “{update.name}” and must stay in the model."
                        )

    def _borders(self, graph: Graph, chosen: Mapping[str, Node], rows: Gaps) -> "_Borders":
        """Ports in the order of the nodes that they belong to; of rows far apart the upper one comes first."""
        row = {id: rows.group(node.at[1]) for id, node in chosen.items()}
        order = {id: (row.get(id, 0), place) for place, id in enumerate(graph.order()[0])}
        incoming = {
            target: source
            for target, source in sorted(
                graph.links.items(), key=lambda link: (order.get(link[0].node, (0, 0)), link[0].node)
            )
            if target.node in chosen and source.node not in chosen
        }
        incoming.update({port: port for port in self.open_inputs if port not in graph.links})
        leaving = [
            source
            for target, source in graph.links.items()
            if source.node in chosen and target.node not in chosen
        ]
        drawn = {id: place for place, id in enumerate(chosen)}
        leaving.sort(key=lambda source: (row[source.node], drawn[source.node]))
        wanted = dict.fromkeys([*leaving, *self.open_outputs])
        taken = set(chosen)
        inputs = _named(
            {source: target for target, source in reversed(incoming.items())}, incoming.values(), "x", taken
        )
        outputs = _named({source: source for source in wanted}, wanted, "y", taken)
        return _Borders(inputs, outputs, incoming, _inside(graph, chosen))

    def _params(self, document: Document, chosen: Mapping[str, Node]) -> dict[str, Value]:
        """Names of the model or of the block around that the nodes use, with their values there as defaults."""
        known = {**document.variables, **(document.blocks[self.where].params if self.where else {})}
        free = free_names(document, {node.block for node in chosen.values() if node.block})
        used = frozenset().union(*(node_names(document, node, free) for node in chosen.values()))
        return {name: substituted(value, {COUNT: 0}) for name, value in known.items() if name in used}


@dataclass(frozen=True, slots=True)
class _Borders:
    """Ports of a new block: for each source outside its input, for each source inside its output."""

    inputs: Mapping[Port, str]
    outputs: Mapping[Port, str]
    incoming: Mapping[Port, Port]
    remarks: Mapping[str, Remark]


def _gaps(graph: Graph, chosen: Mapping[str, Node]) -> tuple[Gaps, Gaps]:
    """The empty gaps between packed nodes, and notes among them, across and down."""
    ports = dict.fromkeys(chosen, 1)
    for target in graph.links:
        if target.node in ports:
            ports[target.node] += 1
    across = [(node.at[0], node.at[0] + CARD[0]) for node in chosen.values()]
    down = [(node.at[1], node.at[1] + CARD[1] + _PORT * ports[id]) for id, node in chosen.items()]
    for remark in _inside(graph, chosen).values():
        if remark.kind != FRAME:  # a frame becomes smaller with its gaps
            across.append((remark.at[0], remark.at[0] + remark.size[0]))
            down.append((remark.at[1], remark.at[1] + remark.size[1]))
    return Gaps(across, _WIDE[0], _NEAR[0]), Gaps(down, _WIDE[1], _NEAR[1])


def _packed(graph: Graph, chosen: Mapping[str, Node], borders: _Borders, gaps: tuple[Gaps, Gaps]) -> Graph:
    """The graph of the new block: its inputs at the left, the nodes without wide gaps, its outputs at the right."""

    def near(at: Place) -> Place:
        return gaps[0].place(at[0]), gaps[1].place(at[1])

    chosen = {id: replace(node, at=near(node.at)) for id, node in chosen.items()}
    left = min(node.at[0] for node in chosen.values()) - STEP
    right = max(node.at[0] for node in chosen.values()) + STEP
    links = {t: s for t, s in graph.links.items() if t.node in chosen and s.node in chosen}
    bends = {
        target: tuple(near(place) for place in places)
        for target, places in graph.bends.items()
        if target in links
    }
    remarks = {}
    for id, remark in borders.remarks.items():
        (x, y), (width, height) = remark.at, remark.size
        at, end = near(remark.at), near((x + width, y + height))
        remarks[id] = replace(remark, at=at, size=(end[0] - at[0], end[1] - at[1]))
    inputs: dict[str, Node] = {}
    for target, source in borders.incoming.items():
        name = borders.inputs[source]
        if name not in inputs:
            inputs[name] = Node(name, INPUT, at=_beside(left, chosen[target.node].at[1], inputs.values()))
        links[target] = Port(name, "x")
    outputs: dict[str, Node] = {}
    for source, name in borders.outputs.items():
        outputs[name] = Node(name, OUTPUT, at=_beside(right, chosen[source.node].at[1], outputs.values()))
        links[Port(name, "x")] = source
    return Graph({**inputs, **chosen, **outputs}, links, bends, remarks)


def _named(shown: Mapping[Port, Port], ports: Iterable[Port], plain: str, taken: set[str]) -> dict[Port, str]:
    """A name for each port: its own or that of its partner where it says something, else x or y."""
    wanted = list(dict.fromkeys(ports))
    names: dict[Port, str] = {}
    for port in wanted:
        says = next((p.name for p in (port, shown[port]) if p.name not in _PLAIN), "")
        if not says:
            says = plain if len(wanted) == 1 or plain == "x" else f"{port.node}_{plain}"
        names[port] = free_id(taken, re.sub(r"[^a-z0-9_]", "", says.lower()).lstrip("_0123456789") or plain)
        taken.add(names[port])
    return names


def _check_copies(graph: Graph, chosen: Mapping[str, Node]) -> None:
    for node in graph.nodes.values():
        if node.linked_to in graph.nodes and (node.id in chosen) != (node.linked_to in chosen):
            inside, outside = (node.id, node.linked_to) if node.id in chosen else (node.linked_to, node.id)
            raise EditError(
                f"“{inside}” shares weights with “{outside}”, which is not selected. "
                "Select both, or give the copy weights of its own."
            )


def _way_round(graph: Graph, chosen: Mapping[str, Node]) -> list[str]:
    """A path that leaves the nodes and comes back to them; empty when there is none."""
    followers: dict[str, list[str]] = {}
    for target, source in graph.links.items():
        followers.setdefault(source.node, []).append(target.node)
    before: dict[str, str] = {}
    todo = [(id, other) for id in chosen for other in followers.get(id, ()) if other not in chosen]
    while todo:
        came, id = todo.pop()
        if id in before:
            continue
        before[id] = came
        for other in followers.get(id, ()):
            if other in chosen:
                path = [other, id]
                while path[-1] not in chosen:
                    path.append(before[path[-1]])
                return path[::-1]
            todo.append((id, other))
    return []


def _inside(graph: Graph, chosen: Mapping[str, Node]) -> dict[str, Remark]:
    """Frames that hold only these nodes, and notes that stand among them."""
    xs, ys = [node.at[0] for node in chosen.values()], [node.at[1] for node in chosen.values()]
    found = {}
    for id, remark in graph.remarks.items():
        (x, y), (width, height) = remark.at, remark.size
        if remark.kind == FRAME:
            held = {
                node.id
                for node in graph.nodes.values()
                if x <= node.at[0] + CARD[0] / 2 <= x + width and y <= node.at[1] + CARD[1] / 2 <= y + height
            }
            within = bool(held) and held <= chosen.keys()
        else:
            middle = x + width / 2, y + height / 2
            within = remark.kind != BOOKMARK and (
                min(xs) <= middle[0] <= max(xs) + CARD[0] and min(ys) <= middle[1] <= max(ys) + CARD[1]
            )
        if within:
            found[id] = remark
    return found


def _rates(rates: Mapping[str, Value], moved: Mapping[str, tuple[str, ...]]) -> dict[str, Value]:
    """Factors of parts that are now others; a block takes on the one factor that its parts had, if it is one."""
    found: dict[str, Value] = {}
    for id, rate in rates.items():
        for new in moved.get(id, (id,)):
            before = {rates[old] for old, news in moved.items() if new in news and old in rates}
            if len(before) < 2:
                found[new] = rate
    return found


def trained(document: Document, moved: Mapping[str, tuple[str, ...]]) -> Document:
    """Updates that named nodes which are now others name those."""
    updates = tuple(
        replace(
            update,
            train=tuple(dict.fromkeys(new for id in update.train for new in moved.get(id, (id,)))),
            rates=_rates(update.rates, moved),
        )
        for update in document.training.updates
    )
    if updates == document.training.updates:
        return document
    return replace(document, training=replace(document.training, updates=updates))


def _names(node: Node) -> frozenset[str]:
    return frozenset().union(*(used_names(value) for value in node.params.values()))


def middle(nodes: Iterable[Node]) -> Place:
    """The middle of the rectangle that some cards cover."""
    places = [node.at for node in nodes]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    return (min(xs) + max(xs) + CARD[0]) / 2, (min(ys) + max(ys) + CARD[1]) / 2


def _beside(x: float, y: float, others: Iterable[Node]) -> Place:
    """A place in a column, at a height where no other stands."""
    taken = [node.at[1] for node in others]
    while any(abs(y - other) < CARD[1] + 16 for other in taken):
        y += CARD[1] + 16
    return check_place(x, y)


def _valid(id: str) -> bool:
    try:
        check_id(id)
    except EditError:
        return False
    return True
