"""Definitions of blocks as a whole: names, ports, copies of them, and those that nothing uses. Core only."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from workbench.core.checks import check_links, check_node, check_values
from workbench.core.document import INPUT, OUTPUT, Block, Document, Node, Port
from workbench.core.edits import Edit, RenameNode, renamed
from workbench.core.errors import EditError
from workbench.core.looks import check_bends, check_remark
from workbench.core.names import check_name
from workbench.core.nesting import inner_first, inside
from workbench.core.parameters import instances
from workbench.core.removal import without_ports
from workbench.core.sameness import same
from workbench.core.values import MOST_BLOCKS, shown


def free_name(taken: Iterable[str], name: str) -> str:
    """The name itself where no block has it, else with the next number: Encoder gives Encoder2."""
    taken = taken if isinstance(taken, AbstractSet) else set(taken)
    stem = name.rstrip("0123456789") or name
    number = int(name[len(stem) :][:9] or 1)
    while name in taken:
        number += 1
        name = f"{stem[:54]}{number}"
    return name


def needed(document: Document, nodes: Iterable[Node]) -> dict[str, Block]:
    """Definitions that nodes stand for, and those inside them, in the document's order."""
    found: set[str] = set()
    todo = [node.block for node in nodes if node.block]
    while todo:
        name = todo.pop()
        if name not in found and name in document.blocks:
            found.add(name)
            todo += inside(document.blocks[name], document.blocks)
    return {name: block for name, block in document.blocks.items() if name in found}


def unused(document: Document) -> tuple[str, ...]:
    """Definitions that the model does not need."""
    used = needed(document, document.graph.nodes.values())
    return tuple(name for name in document.blocks if name not in used)


def renaming(document: Document, where: str, old: str, new: str) -> Edit:
    """The edit that renames a node; of a block's input or output, the one that renames the port in all its uses."""
    node = document.graph_of(where).node(old)
    if where and node.type in (INPUT, OUTPUT):
        return RenamePort(where, old, new)
    return RenameNode(old, new, where)


def adopted(document: Document, blocks: Mapping[str, Block]) -> tuple[tuple[Edit, ...], dict[str, str]]:
    """The edits that bring definitions from elsewhere into a model, and the names that they have there.

    One that the model has already is not brought again; one whose name means something else there is renamed.
    """
    here = dict(document.blocks)
    names: dict[str, str] = {}
    edits: list[Edit] = []
    order, endless = inner_first(blocks)
    for name in order:
        block = _within(blocks[name], names)
        found = name
        while found in here and not same(here[found], block):
            found = free_name((found,), found)
        names[name] = found
        if found not in here:
            here[found] = block
            edits.append(AddBlock(found, block))
    # Blocks that contain themselves name each other, so they stay together: all as they are here, or all anew.
    if not all(same(here.get(name), _within(blocks[name], names)) for name in endless):
        taken = set(here)
        for name in endless:
            names[name] = free_name(taken, name)
            taken.add(names[name])
        edits += [AddBlock(names[name], _within(blocks[name], names)) for name in endless]
    return tuple(edits), {name: names.get(name, name) for name in blocks}


def _within(block: Block, names: Mapping[str, str]) -> Block:
    """A definition with the blocks inside it under other names."""
    nodes = {
        id: replace(node, block=names.get(node.block, node.block)) if node.block else node
        for id, node in block.graph.nodes.items()
    }
    return replace(block, graph=replace(block.graph, nodes=nodes))


@dataclass(frozen=True, slots=True)
class AddBlock:
    """Adds or replaces a definition; links to ports that it no longer has are dropped."""

    name: str
    block: Block

    @property
    def label(self) -> str:
        return f"Add block {self.name}"

    def apply(self, document: Document) -> Document:
        check_name(self.name)
        if self.name not in document.blocks and len(document.blocks) >= MOST_BLOCKS:
            raise EditError(f"A model has {MOST_BLOCKS:,} blocks at most.")
        for name in self.block.params:
            check_name(name)
        check_values(f"block {self.name}", self.block.params)
        graph = self.block.graph
        for id, node in graph.nodes.items():
            if id != node.id:
                raise EditError(f"Node “{node.id}” of block “{self.name}” is listed as “{shown(id)}”.")
            check_node(node)
        check_links(graph.nodes, graph.links)
        for places in graph.bends.values():
            check_bends(places)
        for remark in graph.remarks.values():
            check_remark(remark)
        before = document.blocks.get(self.name, self.block)
        gone = {*before.inputs, *before.outputs} - {*self.block.inputs, *self.block.outputs}
        after = replace(document, blocks={**document.blocks, self.name: self.block})
        return without_ports(after, self.name, gone) if gone else after


@dataclass(frozen=True, slots=True)
class RenamePort:
    """Renames an input or output of a block; links to its instances follow."""

    block: str
    old: str
    new: str

    @property
    def label(self) -> str:
        return f"Rename {self.old} of {self.block} to {self.new}"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.block)
        node = graph.node(self.old)
        if node.type not in (INPUT, OUTPUT):
            raise EditError(f"“{self.old}” is no input or output of block “{self.block}”.")
        if self.new == self.old:
            return document
        document = document.with_graph(self.block, renamed(graph, self.old, self.new))
        for where in {place for place, _ in instances(document, self.block)}:
            document = self._linked(document, where, is_input=node.type == INPUT)
        return document

    def _linked(self, document: Document, where: str, *, is_input: bool) -> Document:
        """One graph with its links to the instances. An input and an output may have the same name."""
        graph = document.graph_of(where)
        users = {node.id for node in graph.nodes.values() if node.block == self.block}

        def outer(port: Port, here: bool) -> Port:
            follows = here and port.node in users and port.name == self.old
            return Port(port.node, self.new) if follows else port

        links = {outer(t, is_input): outer(s, not is_input) for t, s in graph.links.items()}
        bends = {outer(target, is_input): places for target, places in graph.bends.items()}
        return document.with_graph(where, replace(graph, links=links, bends=bends))


@dataclass(frozen=True, slots=True)
class MovePort:
    """Puts an input or output of a block before (-1) or behind (1) its neighbour of the same kind.

    The first input and the first output are those by which an instance repeats.
    """

    block: str
    port: str
    by: int

    @property
    def label(self) -> str:
        return f"Move {self.port} of {self.block}"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.block)
        node = graph.node(self.port)
        if node.type not in (INPUT, OUTPUT):
            raise EditError(f"“{self.port}” is no input or output of block “{self.block}”.")
        row = [other.id for other in graph.nodes.values() if other.type == node.type]
        index = row.index(self.port) + self.by
        if not 0 <= index < len(row):
            return document
        other = row[index]
        swapped = {self.port: other, other: self.port}
        nodes = {swapped.get(id, id): graph.nodes[swapped.get(id, id)] for id in graph.nodes}
        return document.with_graph(self.block, replace(graph, nodes=nodes))


@dataclass(frozen=True, slots=True)
class RenameBlock:
    """Renames a definition; every instance of it follows."""

    old: str
    new: str

    @property
    def label(self) -> str:
        return f"Rename block {self.old} to {self.new}"

    def apply(self, document: Document) -> Document:
        document.graph_of(self.old)
        if self.new == self.old:
            return document
        check_name(self.new)
        if self.new in document.blocks:
            raise EditError(f"There is already a block “{self.new}”.")
        users = instances(document, self.old)
        for where in {place for place, _ in users}:
            graph = document.graph_of(where)
            changed = {node.id: replace(node, block=self.new) for place, node in users if place == where}
            document = document.with_graph(where, replace(graph, nodes={**graph.nodes, **changed}))
        blocks = {(self.new if name == self.old else name): block for name, block in document.blocks.items()}
        return replace(document, blocks=blocks)


@dataclass(frozen=True, slots=True)
class MakeIndependent:
    """Gives an instance, and those that share its weights, a definition of its own: a copy under a new name."""

    node: str
    name: str
    where: str = ""

    @property
    def label(self) -> str:
        return f"Make {self.node} independent"

    def apply(self, document: Document) -> Document:
        graph = document.graph_of(self.where)
        node = graph.node(self.node)
        if node.block not in document.blocks:
            raise EditError(f"“{self.node}” is not a block of this model.")
        check_name(self.name)
        if self.name in document.blocks:
            raise EditError(f"There is already a block “{self.name}”.")
        changed = {other.id: replace(other, block=self.name) for other in graph.sharing(node)}
        blocks = {**document.blocks, self.name: document.blocks[node.block]}
        after = replace(document, blocks=blocks)
        return after.with_graph(self.where, replace(graph, nodes={**graph.nodes, **changed}))


@dataclass(frozen=True, slots=True)
class RemoveUnused:
    """Removes the definitions that the model does not need."""

    @property
    def label(self) -> str:
        return "Remove unused blocks"

    def apply(self, document: Document) -> Document:
        gone = set(unused(document))
        return replace(
            document, blocks={name: block for name, block in document.blocks.items() if name not in gone}
        )
