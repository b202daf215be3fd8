"""Advice on inputs `length`: what is missing, no length, or that of other sequences. Standard library and core only."""

from workbench.catalog.lengths import LENGTH, data_behind, lengths_of, padded
from workbench.catalog.problems import Fix, Problems
from workbench.catalog.rules import fix
from workbench.catalog.scope import NodeInfo, Scope
from workbench.core.document import Port
from workbench.core.edits import Connect

_SEQUENCES = ("key", "query", "x")
"""Inputs whose steps are counted: the first of these that is linked."""


def warn_of_lengths(scope: Scope, id: str, problems: Problems) -> None:
    """Warns where nothing is linked to `length` though it counts, or what does not belong to the sequence beside it."""
    sources = scope.sources.get(id, {})
    length = sources.get(LENGTH)
    sequence = next((sources[name] for name in _SEQUENCES if name in sources), None)
    if sequence is None:
        return
    node = scope.graph.nodes[id]
    mend: tuple[Fix, ...] = ()
    if length is None:
        counts = padded(scope, sequence) if _reads_to_the_end(scope, scope.infos[id]) else None
        if counts is not None:
            message = f"short sequences are filled up with padding, which is read, too; link {counts}."
            mend = fix(f"Link {counts}", Connect(counts, Port(id, LENGTH), scope.where))
            problems.warning(message, scope, node, LENGTH, mend)
        return
    if scope.infos[length.node].node.type != "Dataset":
        return
    outputs = scope.infos[length.node].outputs
    read = {port.name for port in data_behind(scope, sequence) if port.node == length.node}
    counted = length.name.removesuffix(LENGTH).removesuffix("_")  # "source" of source_length, "" of length
    if not length.name.endswith(LENGTH):
        message = f"{length} does not say how many steps count."
    elif counted in outputs and read and counted not in read:
        message = f"{length} counts the steps of {counted}, but this reads {', '.join(sorted(read))}."
    else:
        return
    wanted = lengths_of(scope, sequence, length.node)
    if len(wanted) == 1 and wanted[0] != length:
        mend = fix(f"Link {wanted[0]}", Connect(wanted[0], Port(id, LENGTH), scope.where))
    problems.warning(message, scope, node, LENGTH, mend)


def _reads_to_the_end(scope: Scope, info: NodeInfo) -> bool:
    """Whether what a node gives out depends on the steps behind the end of a sequence."""
    kind, id = info.kind, info.node.id
    if getattr(kind, "causal", False) or getattr(kind, "carry", False):
        return False
    if "last" in info.outputs:  # a recurrent layer: each step knows those before it
        used = {source.name for source in scope.graph.links.values() if source.node == id}
        return getattr(kind, "bidirectional", False) or bool(used - {"y"})
    if (dimension := getattr(kind, "dim", None)) is not None:  # a mean, sum or maximum along it
        return bool(dimension == 1) and info.inputs[0].rank == 3
    return getattr(kind, "mode", "") != "first"
