"""Which parts of one document are which of another. Core only.

Of one model, nodes are known by their ids; of different models by where they stand, what they are and what they are
called, as far as that can be told. What only people look at (places, notes, titles) plays hardly any part.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from workbench.core.document import Block, Document, Graph, Node, Port
from workbench.core.nesting import inner_first
from workbench.core.sameness import same

ALIKE = 0.6
"""Blocks of different names are the same one if so much of what stands in them is of the same types."""
CALLED_ALIKE = 0.5
"""If so many nodes of a drawing have a namesake of their type in another one, names tell which node is which."""
MOST_IN_ORDER = 400_000
"""Larger drawings (nodes of one times nodes of the other) are not laid along one another: that would take seconds."""
Kind = tuple[str, str]
"""What a node is: ("", its type), or ("block", the block's name in the second document)."""
_NO: Kind = ("no", "")
Inputs = dict[str, dict[str, Port]]


@dataclass(frozen=True, slots=True)
class Matches:
    """Names in the first document and what they are in the second; what is not in here has no twin there."""

    nodes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By the block in the first document in which they stand, "" for the model's own graph."""
    blocks: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    def port(self, port: Port, where: str, graph: Graph) -> Port | None:
        """A port of the first document as it is called in the second; None where its node has no twin."""
        id = self.nodes.get(where, {}).get(port.node)
        if id is None:
            return None
        node = graph.nodes.get(port.node)
        inner = self.nodes.get(node.block, {}) if node is not None and node.block else {}
        return Port(id, inner.get(port.name, port.name))

    def path(self, path: str) -> str:
        """A way to a node or part ("encoder/conv1") by its new names; what is not known stays as it is."""
        first, slash, rest = path.partition("/")
        return self.nodes.get("", {}).get(first, first) + slash + rest


def match(before: Document, after: Document, *, same_model: bool) -> Matches:
    """What of one document is what of the other.

    `same_model`: the second one came about by edits of the first, so that ids stand for the same nodes unless one
    was renamed: then it is found by its links. Otherwise namesakes of one type are the same if most nodes have one;
    if not, what is there once only, what stands beside something known, and the order of the rest decide.
    """
    blocks = _blocks(before, after)
    nodes: dict[str, Mapping[str, str]] = {}
    ready, rest = inner_first(before.blocks)
    for name in (*ready, *rest):
        if name in blocks:
            pairing = _Pairing(before.blocks[name].graph, after.blocks[blocks[name]].graph, blocks, nodes)
            nodes[name] = pairing.run(same_model=same_model)
    nodes[""] = _Pairing(before.graph, after.graph, blocks, nodes).run(same_model=same_model)
    return Matches(nodes, blocks, renamed_names(before.variables, after.variables))


def renamed_names(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, str]:
    """Which name is which: those in both; another one is the new one that has its value, if there is just one."""
    found = {name: name for name in before if name in after}
    gone = [name for name in before if name not in after]
    new = [name for name in after if name not in before]
    for name in gone:
        twins = [other for other in new if same(before[name], after[other])]
        rivals = [other for other in gone if same(before[name], before[other])]
        if len(twins) == len(rivals) == 1:
            found[name] = twins[0]
    return found


def _blocks(before: Document, after: Document) -> dict[str, str]:
    """Blocks of the same name; of the others those that hold the same kinds of nodes, the most alike first."""
    found = {name: name for name in before.blocks if name in after.blocks}
    gone = [name for name in before.blocks if name not in after.blocks]
    new = [name for name in after.blocks if name not in before.blocks]
    likeness = sorted(
        (
            (-_alike(before.blocks[name], after.blocks[other]), place, other)
            for place, name in enumerate(gone)
            for other in new
        ),
    )
    for distance, place, other in likeness:
        if -distance >= ALIKE and gone[place] not in found and other not in found.values():
            found[gone[place]] = other
    return found


def _alike(one: Block, other: Block) -> float:
    """How much of what stands in two blocks is of the same types, from 0 to 1."""
    counts = [Counter(node.type for node in block.graph.nodes.values()) for block in (one, other)]
    most = max(sum(count.values()) for count in counts)
    return (counts[0] & counts[1]).total() / most if most else 0.0


class _Pairing:
    """Finds the twins of the nodes of one graph, one rule after the other; what has a twin keeps it."""

    def __init__(
        self,
        before: Graph,
        after: Graph,
        blocks: Mapping[str, str],
        inner: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.before, self.after = before, after
        self.inner = inner
        self.pairs: dict[str, str] = {}
        self.taken: set[str] = set()
        self.kinds = {id: _kind(node, blocks) for id, node in before.nodes.items()}
        own = {name: name for name in blocks.values()}
        self.new_kinds = {id: _kind(node, own) for id, node in after.nodes.items()}
        self.inputs, self.new_inputs = inputs_of(before), inputs_of(after)
        self.readers, self.new_readers = _readers(before), _readers(after)

    def run(self, *, same_model: bool) -> dict[str, str]:
        """All pairs."""
        namesakes = [id for id, kind in self.kinds.items() if self.new_kinds.get(id) == kind]
        fewer = min(len(self.kinds), len(self.new_kinds))
        if same_model or len(namesakes) >= CALLED_ALIKE * fewer:
            self._pair_all((id, id) for id in namesakes)
        self._unmoved()
        if not same_model:
            self._only_ones()
        self._along_links()
        if not same_model:
            self._in_order()
            self._along_links()
            self._pair_all((id, id) for id in namesakes)
        self._pair_all((id, id) for id in self.before.nodes if id in self.after.nodes)  # of another type now
        return self.pairs

    def _free(self, id: str, twin: str) -> bool:
        return id not in self.pairs and twin not in self.taken

    def _pair(self, id: str, twin: str) -> bool:
        if not self._free(id, twin):
            return False
        self.pairs[id] = twin
        self.taken.add(twin)
        return True

    def _pair_all(self, pairs: Iterable[tuple[str, str]]) -> None:
        for id, twin in pairs:
            self._pair(id, twin)

    def _left(self) -> tuple[list[str], list[str]]:
        return [id for id in self.kinds if id not in self.pairs], [
            id for id in self.new_kinds if id not in self.taken
        ]

    def _unmoved(self) -> None:
        """Nodes of one kind with the same fields that are alone at the same place of the drawing."""
        left, new = self._left()
        there: dict[object, list[str]] = {}
        for id in new:
            there.setdefault((self.new_kinds[id], self.after.nodes[id].at), []).append(id)
        here = Counter((self.kinds[id], self.before.nodes[id].at) for id in left)
        for id in left:
            key = (self.kinds[id], self.before.nodes[id].at)
            twins = there.get(key, ())
            if len(twins) == here[key] == 1 and same(
                self.before.nodes[id].params, self.after.nodes[twins[0]].params
            ):
                self._pair(id, twins[0])

    def _only_ones(self) -> None:
        """Nodes of a kind of which there is one left in both drawings."""
        left, new = self._left()
        counts = Counter(self.kinds[id] for id in left)
        twins: dict[Kind, list[str]] = {}
        for id in new:
            twins.setdefault(self.new_kinds[id], []).append(id)
        for id in left:
            kind = self.kinds[id]
            if counts[kind] == 1 and len(twins.get(kind, ())) == 1:
                self._pair(id, twins[kind][0])

    def _along_links(self) -> None:
        """What feeds a known node at the same port, and what such a node feeds, of the same kind."""
        todo = list(self.pairs.items())
        for id, twin in todo:
            found = [*self._feeders(id, twin), *self._fed(id, twin)]
            todo += [(one, other) for one, other in found if self._pair(one, other)]

    def _feeders(self, id: str, twin: str) -> Iterator[tuple[str, str]]:
        names, sources = self._ports(id), self.new_inputs.get(twin, {})
        for target, source in self.inputs.get(id, {}).items():
            other = sources.get(names.get(target, target))
            if other is None or not self._free(source.node, other.node):
                continue
            name = self._ports(source.node).get(source.name, source.name)
            if self.kinds.get(source.node, _NO) == self.new_kinds.get(other.node) and name == other.name:
                yield source.node, other.node

    def _fed(self, id: str, twin: str) -> Iterator[tuple[str, str]]:
        """Several of one kind at one output: namesakes first, then those with the same fields, then in order."""
        new: dict[tuple[str, str, Kind], list[str]] = {}
        for source, target in self.new_readers.get(twin, ()):
            if target.node not in self.taken and target.node in self.new_kinds:
                new.setdefault((source, target.name, self.new_kinds[target.node]), []).append(target.node)
        old: dict[tuple[str, str, Kind], list[str]] = {}
        names = self._ports(id)
        for source, target in self.readers.get(id, ()):
            if target.node not in self.pairs and target.node in self.kinds:
                name = self._ports(target.node).get(target.name, target.name)
                key = (names.get(source, source), name, self.kinds[target.node])
                old.setdefault(key, []).append(target.node)
        for key, ids in old.items():
            twins = new.get(key, [])
            yield from ((one, one) for one in ids if one in twins)
            for one in ids:
                fields = self.before.nodes[one].params
                yield from ((one, other) for other in twins if same(fields, self.after.nodes[other].params))
            yield from ((one, other) for one in ids for other in twins)

    def _in_order(self) -> None:
        """The rest by kind, so that nothing known is overtaken: as two texts are laid along one another."""
        left, new = self._left()
        if not left or not new or len(self.kinds) * len(self.new_kinds) > MOST_IN_ORDER:
            return
        order, new_order = ([*found[0], *found[1]] for found in (self.before.order(), self.after.order()))
        one = [("=", self.pairs[id]) if id in self.pairs else self.kinds[id] for id in order]
        other = [("=", id) if id in self.taken else self.new_kinds[id] for id in new_order]
        for block in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
            for step in range(block.size):
                if order[block.a + step] not in self.pairs:
                    self._pair(order[block.a + step], new_order[block.b + step])

    def _ports(self, id: str) -> Mapping[str, str]:
        """New names of a node's ports, where it is a block whose inputs and outputs were renamed."""
        node = self.before.nodes.get(id)
        return self.inner.get(node.block, {}) if node is not None and node.block else {}


def _kind(node: Node, blocks: Mapping[str, str]) -> Kind:
    return ("block", blocks.get(node.block, f"\0{node.block}")) if node.block else ("", node.type)


def inputs_of(graph: Graph) -> Inputs:
    """For each node its linked inputs by name, with where they come from."""
    found: dict[str, dict[str, Port]] = {}
    for target, source in graph.links.items():
        found.setdefault(target.node, {})[target.name] = source
    return found


def _readers(graph: Graph) -> dict[str, list[tuple[str, Port]]]:
    """For each node its outputs that are linked, with where to."""
    found: dict[str, list[tuple[str, Port]]] = {}
    for target, source in graph.links.items():
        found.setdefault(source.node, []).append((source.name, target))
    return found
