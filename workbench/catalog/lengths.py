"""Which numbers of a dataset count the steps of a sequence that is computed from it. Catalog's scope and core only."""

from workbench.catalog.scope import Scope
from workbench.core.document import Port

LENGTH = "length"


def lengths_of(scope: Scope, source: Port, dataset: str = "") -> list[Port]:
    """Outputs of datasets (or of one) that say how many steps of a sequence count."""
    read: dict[str, set[str]] = {}
    for port in data_behind(scope, source):
        read.setdefault(port.node, set()).add(port.name)
    return [
        Port(node, name)
        for node, names in sorted(read.items())
        if dataset in ("", node)
        for name in scope.infos[node].outputs
        if name == LENGTH or (name.endswith(LENGTH) and name[: -len(LENGTH) - 1] in names)
    ]


def padded(scope: Scope, source: Port) -> Port | None:
    """The lengths of the sequences N×L×F at an output, if these are still the steps of the data; else None."""
    info = scope.infos.get(source.node)
    spec = info.outputs.get(source.name) if info is not None else None
    found = lengths_of(scope, source)
    if spec is None or spec.rank != 3 or len(found) != 1:
        return None
    steps = {scope.infos[each.node].outputs[each.name].shape[1:2] for each in data_behind(scope, source)}
    return found[0] if steps == {spec.shape[1:2]} else None


def data_behind(scope: Scope, source: Port) -> set[Port]:
    """Outputs of datasets from which an output is computed."""
    found: set[Port] = set()
    done: set[str] = set()
    todo = [source]
    while todo:
        port = todo.pop()
        info = scope.infos.get(port.node)
        if info is not None and info.node.type == "Dataset":
            found.add(port)
        elif port.node not in done:
            done.add(port.node)
            todo += scope.sources.get(port.node, {}).values()
    return found
