"""Which weights a loss can reach: gradients flow against the links, through blocks, and not past a stop-gradient."""

from collections.abc import Iterable

from workbench.catalog.scope import Scope
from workbench.core.document import INPUT, Port


def reached(scope: Scope, ends: Iterable[str]) -> set[str]:
    """Owners of weights in this scope that get a gradient from the given nodes."""
    key = tuple(ends)
    if key not in scope.reach:
        wanted = [source for id in key for source in scope.sources.get(id, {}).values()]
        scope.reach[key] = _follow(scope, wanted)[0]
    return scope.reach[key]


def _follow(scope: Scope, wanted: Iterable[Port]) -> tuple[set[str], set[str]]:
    """From output ports backwards: the owners of weights, and the inputs of the block, that are reached."""
    owners: set[str] = set()
    inputs: set[str] = set()
    done: set[str] = set()
    through_block: set[Port] = set()
    todo = list(wanted)
    infos, sources = scope.infos, scope.sources
    while todo:
        port = todo.pop()
        id = port.node
        info = None if id in done or port in through_block else infos.get(id)
        if info is None or info.outputs[port.name].dtype != "float":
            continue
        linked = sources.get(id, {})
        if info.kind is None:  # a block lets some outputs through
            through_block.add(port)
            inner, through = _through(info.copies[-1], port.name, len(info.copies) > 1)
            weights = bool(inner)
            linked = {name: source for name, source in linked.items() if name in through}
        else:
            done.add(id)
            if info.node.type == "StopGradient":
                continue
            weights = bool(info.parameters or info.node.linked_to)
            if info.node.type == INPUT:
                inputs.add(id)
        if weights:
            owners.add(info.node.owner)
        todo += linked.values()
    return owners, inputs


def _through(copy: Scope, output: str, repeats: bool) -> tuple[set[str], set[str]]:
    """The same inside a block, from one of its outputs. Where it repeats, its first output feeds its first input;
    in a loop, what is fed back does.
    """
    known = copy.outputs()
    feeds = {source: target for source, target in copy.graph.fed_back.items() if source in known}
    if repeats:
        first = next((id for id, node in copy.graph.nodes.items() if node.type == INPUT), "")
        feeds = {next(iter(known), ""): first}
    wanted = {output}
    while True:
        owners, inputs = _follow(copy, [copy.sources[id]["x"] for id in wanted])
        more = {source for source, target in feeds.items() if target in inputs} - wanted
        if not more:
            return owners, inputs
        wanted |= more
