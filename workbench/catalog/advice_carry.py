"""Advice on layers that keep their state from batch to batch: the data has to go on there. Catalog and core only."""

from workbench.catalog.nodes.data import Dataset
from workbench.catalog.problems import Problems
from workbench.catalog.rules import fix
from workbench.catalog.scope import Scope
from workbench.core.edits import SetParam


def warn_of_states(root: Scope, scope: Scope, id: str, problems: Problems) -> None:
    """Warns where the next batch does not begin where this one ends, or where several passes share a state."""
    node = scope.graph.nodes[id]
    off = fix("Begin each batch anew", SetParam(id, "carry", False, scope.where))
    for name, info in root.infos.items():
        kind = info.kind
        if not isinstance(kind, Dataset) or kind.schema is None:
            continue
        if not kind.goes_on:
            message = f"keeps its state, but no sequence of {name} goes on in the next batch."
            problems.warning(message, scope, node, "carry", off)
        elif kind.order == "shuffled":
            message = f"keeps its state, but {name} comes shuffled: the next batch does not go on where this one ends."
            mend = fix(f"Take {name} in order", SetParam(name, "order", "in order"))
            problems.warning(message, scope, node, "carry", mend + off)
    if node.linked_to or any(info.node.linked_to == id for info in scope.infos.values()):
        message = (
            "keeps its state and shares its weights with another node, which would go on from it at once."
        )
        problems.warning(message, scope, node, "carry", off)
