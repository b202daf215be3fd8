"""Advice on inputs `length`: what is no length, or that of other sequences. Standard library and core only."""

from workbench.catalog.problems import Fix, Problems
from workbench.catalog.rules import fix
from workbench.catalog.scope import Scope
from workbench.core.document import Port
from workbench.core.edits import Connect

_END = "length"
_SEQUENCES = ("key", "query", "x")
"""Inputs whose steps are counted: the first of these that is linked."""


def warn_of_lengths(scope: Scope, id: str, problems: Problems) -> None:
    """Warns where what is linked to `length` does not belong to the sequence beside it."""
    sources = scope.sources.get(id, {})
    length = sources.get(_END)
    sequence = next((sources[name] for name in _SEQUENCES if name in sources), None)
    if length is None or sequence is None or scope.infos[length.node].node.type != "Dataset":
        return
    outputs = scope.infos[length.node].outputs
    read = {port.name for port in _data_behind(scope, sequence) if port.node == length.node}
    counted = length.name.removesuffix(_END).removesuffix("_")  # "source" of source_length, "" of length
    if not length.name.endswith(_END):
        message = f"{length} does not say how many steps count."
    elif counted in outputs and read and counted not in read:
        message = f"{length} counts the steps of {counted}, but this reads {', '.join(sorted(read))}."
    else:
        return
    wanted = [
        name for name in outputs if name == _END or (name.endswith(_END) and name[: -len(_END) - 1] in read)
    ]
    mend: tuple[Fix, ...] = ()
    if len(wanted) == 1 and wanted[0] != length.name:
        better = Port(length.node, wanted[0])
        mend = fix(f"Link {better}", Connect(better, Port(id, _END), scope.where))
    problems.warning(message, scope, scope.graph.nodes[id], _END, mend)


def _data_behind(scope: Scope, source: Port) -> set[Port]:
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
