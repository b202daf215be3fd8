"""Nodes on the clipboard: the text of a small model file, so that they travel between models and programs.

Imports core and naming.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from workbench.core.definitions import adopted, needed
from workbench.core.document import BOOKMARK, Block, Document, Graph, Node, Place, Port, Remark
from workbench.core.edits import AddNodes, Edit, Several
from workbench.core.errors import EditError, ExpressionError
from workbench.core.expressions import Value, names_in
from workbench.core.files import dumps, loads
from workbench.core.looks import PutRemarks, SetBends
from workbench.core.variables import SetVariable
from workbench.gui.design.naming import next_id, numbered

NAME = "clipboard"
LONGEST = 8_000_000
"""Characters of text that is looked at: some ten thousand nodes."""
_FED = re.compile(r"^(\w+)\.([A-Za-z_]\w{0,63}) → (\w+)\.([A-Za-z_]\w{0,63})$", re.ASCII | re.MULTILINE)
_BESIDE = 32.0
_EMPTY = "there are no nodes on the clipboard."


def clip(document: Document, where: str, ids: Iterable[str], remarks: Iterable[str] = ()) -> str:
    """The text of some nodes and remarks, with the links between the nodes and the blocks and variables they need.

    The description tells what else fed the nodes, a line for each link: a model file holds no links from outside.
    """
    graph = document.graph_of(where)
    nodes = {id: graph.nodes[id] for id in ids}
    links = {t: s for t, s in graph.links.items() if t.node in nodes and s.node in nodes}
    fed = [
        f"{source} → {target}"
        for target, source in graph.links.items()
        if target.node in nodes and source.node not in nodes
    ]
    bends = {target: places for target, places in graph.bends.items() if target in links}
    kept = {id: graph.remarks[id] for id in remarks}
    blocks = needed(document, nodes.values())
    variables = _used(document, [*nodes.values(), *_inner(blocks)], blocks)
    clipped = Graph(nodes, links, bends, kept)
    return dumps(Document(NAME, variables, clipped, blocks, description="\n".join(fed)))


def paste(
    text: str,
    document: Document,
    where: str,
    at: Place | None,
    feeds: Callable[[Port], bool] | None = None,
) -> tuple[Edit, list[str]]:
    """The edit that inserts clipped nodes, and their new names; `at` is the place of their top left corner.

    Without `at` they are duplicates, beside what they were made of.
    With `feeds`, which tells the outputs that are here, what fed the nodes where they came from feeds them again.
    Raises WorkbenchError for text that is something else.
    """
    if len(text) > LONGEST:
        raise EditError(f"the text on the clipboard has {len(text):,} characters; {LONGEST:,} are allowed.")
    if not text.lstrip().startswith("{"):
        raise EditError(_EMPTY)
    clipped = loads(text, "the clipboard")
    remarks = {id: each for id, each in clipped.graph.remarks.items() if each.kind != BOOKMARK}
    corners = [node.at for node in clipped.graph.nodes.values()] + [each.at for each in remarks.values()]
    if not corners:
        raise EditError(_EMPTY)
    graph = document.graph_of(where)
    added, named = adopted(document, clipped.blocks)
    edits = list(added)
    step = _step(corners, at, {node.at for node in graph.nodes.values()})
    nodes, new = _renamed(clipped, graph, named, step)
    links = {Port(new[t.node], t.name): Port(new[s.node], s.name) for t, s in clipped.graph.links.items()}
    if feeds is not None:
        links = {**_fed_again(clipped, new, feeds), **links}
    edits += _add_variables(document, where, clipped)
    if nodes:
        edits.append(AddNodes(tuple(nodes), links, where))
    for target, places in clipped.graph.bends.items():
        edits.append(SetBends(Port(new[target.node], target.name), _moved(places, step), where))
    if remarks:
        edits.append(PutRemarks(tuple(_free_remarks(graph, remarks.values(), step)), "Paste remarks", where))
    label = _label("Duplicate" if at is None else "Paste", nodes, remarks)
    return Several(label, tuple(edits)), [node.id for node in nodes]


def _label(verb: str, nodes: Collection[Node], remarks: Collection[str]) -> str:
    if not nodes:
        return f"{verb} a remark" if len(remarks) == 1 else f"{verb} {len(remarks)} remarks"
    return f"{verb} {next(iter(nodes)).id}" if len(nodes) == 1 else f"{verb} {len(nodes)} nodes"


# ----------------------------------------------------------------- places and names


def _step(corners: Collection[Place], at: Place | None, taken: Collection[Place]) -> Place:
    """How far everything moves: to a place, or beside itself; never exactly onto nodes that are there."""
    left, top = min(x for x, _ in corners), min(y for _, y in corners)
    dx, dy = (at[0] - left, at[1] - top) if at else (_BESIDE, _BESIDE)
    while any((x + dx, y + dy) in taken for x, y in corners):
        dx, dy = dx + _BESIDE, dy + _BESIDE
    return dx, dy


def _moved(places: Iterable[Place], step: Place) -> tuple[Place, ...]:
    return tuple((x + step[0], y + step[1]) for x, y in places)


def _renamed(
    clipped: Document, graph: Graph, named: Mapping[str, str], step: Place
) -> tuple[list[Node], dict[str, str]]:
    """The clipped nodes as they will be here, and their new names by their old ones."""
    taken = dict(graph.nodes)
    new: dict[str, str] = {}
    tried: dict[
        str, int
    ] = {}  # the number up to which a word is taken, so that many nodes are not counted often
    for node in clipped.graph.nodes.values():
        id = node.id
        if id in taken:
            word, number = numbered(id)
            id = next_id(Graph(taken), word, max(number, tried.get(word, 0)))
            tried[word] = numbered(id)[1]
        taken[id] = node
        new[node.id] = id
    nodes = []
    for old in clipped.graph.nodes.values():
        block = named.get(old.block, old.block)
        node = replace(old, id=new[old.id], at=_moved((old.at,), step)[0], block=block)
        if (part := new.get(str(node.params.get("part")))) and node.type == "WeightPenalty":
            node = replace(node, params={**node.params, "part": part})
        nodes.append(replace(node, linked_to=new.get(old.linked_to) or _owner(node, graph)))
    return nodes, new


def _owner(node: Node, graph: Graph) -> str:
    """A copy whose owner was left behind goes on sharing weights with the one of that name that is here."""
    owner = graph.nodes.get(node.linked_to)
    if owner is not None and (owner.type, owner.block, owner.linked_to) == (node.type, node.block, ""):
        return owner.id
    return ""


def _free_remarks(graph: Graph, remarks: Iterable[Remark], step: Place) -> Iterator[Remark]:
    taken = set(graph.remarks)
    for remark in remarks:
        number = 1
        while f"{remark.kind}{number}" in taken:
            number += 1
        taken.add(f"{remark.kind}{number}")
        yield replace(remark, id=f"{remark.kind}{number}", at=_moved((remark.at,), step)[0])


def _fed_again(clipped: Document, new: Mapping[str, str], feeds: Callable[[Port], bool]) -> dict[Port, Port]:
    """Links from what is here to the pasted nodes, as the description tells them."""
    links: dict[Port, Port] = {}
    for line in _FED.finditer(clipped.description):
        source = Port(line[1], line[2])
        if line[3] in new and feeds(source):
            links[Port(new[line[3]], line[4])] = source
    return links


# ----------------------------------------------------------------- blocks and variables


def _inner(blocks: Mapping[str, Block]) -> list[Node]:
    return [node for block in blocks.values() for node in block.graph.nodes.values()]


def _used(document: Document, nodes: Iterable[Node], blocks: Mapping[str, Block]) -> dict[str, Value]:
    """Variables of the model that fields of these nodes and parameters of these blocks speak of, and those that these
    need.
    """
    todo = [value for node in nodes for value in (*node.params.values(), node.repeat)]
    todo += [value for block in blocks.values() for value in block.params.values()]
    found: set[str] = set()
    while todo:
        try:
            names = names_in(todo.pop())
        except ExpressionError:  # what is no arithmetic yet speaks of no variable
            continue
        for name in names & document.variables.keys() - found:
            found.add(name)
            todo.append(document.variables[name])
    return {name: value for name, value in document.variables.items() if name in found}


def _add_variables(document: Document, where: str, clipped: Document) -> list[Edit]:
    """Variables that the model lacks; one that it has keeps its own value."""
    known = {*document.variables, *(document.blocks[where].params if where else ())}
    return [SetVariable(name, value) for name, value in clipped.variables.items() if name not in known]
