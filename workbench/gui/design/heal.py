"""Removing nodes and closing the gap: what they fed is fed by what fed them.  Imports core and linking, no Qt."""

from collections.abc import Collection, Iterable

from workbench.core.document import Node, Port
from workbench.core.edits import Connect, Disconnect, Edit, RemoveNodes, Several
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.linking import kind_of, wrong_kind


def healed(know: Knowledge, ids: Collection[str], links: Iterable[Port] = ()) -> tuple[Edit, list[Port]]:
    """The edit that removes nodes (and single links) and links around them, and the inputs that found no source."""
    where = know.place.where
    graph = know.document.graph_of(where)
    gone = set(ids)
    edits: list[Edit] = [Disconnect(port, where) for port in links]
    edits.append(RemoveNodes(tuple(ids), where))
    bare: list[Port] = []
    for target, source in graph.links.items():
        if target.node in gone or source.node not in gone:
            continue
        found, any_left = _source(know, source, target, gone)
        if found is not None:
            edits.append(Connect(found, target, where))
        elif any_left:
            bare.append(target)
    label = f"Delete and heal {next(iter(ids))}" if len(gone) == 1 else f"Delete and heal {len(gone)} nodes"
    return Several(label, tuple(edits)), bare


def _source(know: Knowledge, removed: Port, target: Port, gone: set[str]) -> tuple[Port | None, bool]:
    """The output before a chain of removed nodes that the input takes: along inputs named like the output first, then
    along first inputs.

    Also whether anything at all stood before them.
    """
    graph = know.document.graph_of(know.place.where)
    fed: dict[str, dict[str, Port]] = {}
    for port, source in graph.links.items():
        if port.node in gone:
            fed.setdefault(port.node, {})[port.name] = source
    any_left = False
    seen: set[str] = set()
    todo = [removed]
    while todo:
        at = todo.pop()
        if at.node not in gone:
            any_left = True
            if not wrong_kind(know, at, target):
                return at, True
        elif at.node not in seen:
            seen.add(at.node)
            inputs = fed.get(at.node, {})
            order = _inputs(know, graph.nodes[at.node])
            names = [
                *(name for name in order if name in inputs),
                *(name for name in inputs if name not in order),
            ]
            names.sort(key=lambda name: name != at.name)
            todo += [inputs[name] for name in reversed(names)]
    return None, any_left


def _inputs(know: Knowledge, node: Node) -> tuple[str, ...]:
    block = know.document.blocks.get(node.block)
    kind = kind_of(know, node)
    return block.inputs if block else kind.input_ports() if kind else ()
