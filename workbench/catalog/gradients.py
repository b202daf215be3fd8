"""Which weights a loss can reach: gradients flow against the links, through blocks, and not past a stop-gradient."""

from collections.abc import Iterable

from workbench.catalog.scope import Scope
from workbench.core.document import INPUT, Port


def reached(scope: Scope, ends: Iterable[str]) -> set[str]:
    """Owners of weights in this scope that get a gradient from the given nodes."""
    wanted = set(ends)
    return _follow(scope, [source for target, source in scope.graph.links.items() if target.node in wanted])[
        0
    ]


def _follow(scope: Scope, wanted: Iterable[Port]) -> tuple[set[str], set[str]]:
    """From output ports backwards: the owners of weights, and the inputs of the block, that are reached."""
    links: dict[str, dict[str, Port]] = {}
    for target, source in scope.graph.links.items():
        links.setdefault(target.node, {})[target.name] = source
    owners: set[str] = set()
    inputs: set[str] = set()
    done: set[Port] = set()
    todo = list(wanted)
    while todo:
        port = todo.pop()
        info = scope.infos.get(port.node)
        if port in done or info is None:
            continue
        done.add(port)
        if info.node.type == INPUT:
            inputs.add(port.node)
        if info.node.type == "StopGradient" or info.outputs[port.name].dtype != "float":
            continue
        linked = links.get(port.node, {})
        if info.kind is not None:
            weights, through = bool(info.kind.parameters(*info.inputs)), set(linked)
        else:
            inner, through = _through(info.copies[-1], port.name, len(info.copies) > 1)
            weights = bool(inner)
        if weights:
            owners.add(info.node.linked_to or port.node)
        todo += [source for name, source in linked.items() if name in through]
    return owners, inputs


def _through(copy: Scope, output: str, repeats: bool) -> tuple[set[str], set[str]]:
    """The same inside a block, from one of its outputs; where it repeats, its first output feeds its first input."""
    wanted = {output}
    while True:
        ports = [copy.graph.links[Port(id, "x")] for id in wanted]
        owners, inputs = _follow(copy, ports)
        first_input = next((id for id, node in copy.graph.nodes.items() if node.type == INPUT), "")
        first_output = next(iter(copy.outputs()), "")
        if not repeats or first_input not in inputs or first_output in wanted:
            return owners, inputs
        wanted.add(first_output)
