"""Nodes on the clipboard: the text of a small model file, so that they travel between models and programs.

Imports core and naming.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from workbench.core.document import Block, Document, Graph, Node, Port
from workbench.core.edits import AddBlock, AddNodes, Edit, Several
from workbench.core.errors import EditError
from workbench.core.files import dumps, loads
from workbench.gui.design.naming import free_id

NAME = "clipboard"


def clip(document: Document, where: str, ids: Iterable[str]) -> str:
    """The text of some nodes, the links between them and the blocks that they need."""
    graph = document.graph_of(where)
    nodes = {id: graph.nodes[id] for id in ids}
    links = {
        target: source
        for target, source in graph.links.items()
        if target.node in nodes and source.node in nodes
    }
    blocks = _needed(document, nodes.values())
    return dumps(Document(NAME, graph=Graph(nodes, links), blocks=blocks))


def paste(
    text: str, document: Document, where: str, at: tuple[float, float] | None
) -> tuple[Edit, list[str]]:
    """The edit that inserts clipped nodes, and their new names; `at` is the place of their top left corner.

    Raises WorkbenchError for text that is something else.
    """
    if not text.lstrip().startswith("{"):
        raise EditError("there are no nodes on the clipboard.")
    clipped = loads(text, "the clipboard")
    if not clipped.graph.nodes:
        raise EditError("there are no nodes on the clipboard.")
    edits, named = _add_blocks(document, clipped)
    graph = document.graph_of(where)
    taken = Graph({**graph.nodes})
    left = min(node.at[0] for node in clipped.graph.nodes.values())
    top = min(node.at[1] for node in clipped.graph.nodes.values())
    dx, dy = (at[0] - left, at[1] - top) if at else (32.0, 32.0)
    new: dict[str, Node] = {}
    for node in clipped.graph.nodes.values():
        id = free_id(taken, node.id)
        new[node.id] = replace(
            node, id=id, at=(node.at[0] + dx, node.at[1] + dy), block=named.get(node.block, node.block)
        )
        taken = Graph({**taken.nodes, id: new[node.id]})
    nodes = tuple(replace(node, linked_to=_owner(node, new, graph)) for node in new.values())
    links = {
        Port(new[target.node].id, target.name): Port(new[source.node].id, source.name)
        for target, source in clipped.graph.links.items()
    }
    count = len(nodes)
    label = f"Paste {nodes[0].id}" if count == 1 else f"Paste {count} nodes"
    return Several(label, (*edits, AddNodes(nodes, links, where))), [node.id for node in nodes]


def _owner(node: Node, new: Mapping[str, Node], graph: Graph) -> str:
    """A copy goes on sharing weights with its pasted owner, or with the one that is already here."""
    if node.linked_to in new:
        return new[node.linked_to].id
    owner = graph.nodes.get(node.linked_to)
    if owner is not None and (owner.type, owner.block, owner.linked_to) == (node.type, node.block, ""):
        return owner.id
    return ""


def _needed(document: Document, nodes: Iterable[Node]) -> dict[str, Block]:
    found: dict[str, Block] = {}
    todo = [node.block for node in nodes if node.block]
    while todo:
        name = todo.pop()
        if name not in found and name in document.blocks:
            found[name] = document.blocks[name]
            todo.extend(node.block for node in document.blocks[name].graph.nodes.values() if node.block)
    return found


def _add_blocks(document: Document, clipped: Document) -> tuple[list[Edit], dict[str, str]]:
    """Blocks that the model lacks; one whose name means something else here gets another name."""
    named: dict[str, str] = {}
    for name, block in clipped.blocks.items():
        free, number = name, 2
        while free in document.blocks and document.blocks[free] != block:
            free, number = f"{name}{number}", number + 1
        named[name] = free
    edits: list[Edit] = []
    for name, block in clipped.blocks.items():
        if named[name] not in document.blocks:
            nodes = {
                id: replace(node, block=named.get(node.block, node.block))
                for id, node in block.graph.nodes.items()
            }
            edits.append(AddBlock(named[name], replace(block, graph=replace(block.graph, nodes=nodes))))
    return edits, named
