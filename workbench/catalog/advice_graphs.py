"""Advice on layers of graphs that work out once what belongs to the edges. Catalog and core only."""

from collections.abc import Iterable

from workbench.catalog.nodes.data import Dataset
from workbench.catalog.problems import Problems
from workbench.catalog.rules import fix
from workbench.catalog.scope import Scope
from workbench.core.edits import SetParam


def refuse_kept_edges(scopes: Iterable[Scope], scope: Scope, id: str, problems: Problems) -> None:
    """A layer that keeps the degrees of the first edges that it sees is wrong wherever others follow."""
    for each in scopes:
        for name, info in each.infos.items():
            kind = info.kind
            if isinstance(kind, Dataset) and kind.schema is not None and "graph" in kind.schema.outputs:
                message = (
                    f"the degrees of the first batch would serve all others, and {name} has many graphs."
                )
            elif info.node.type == "EdgeDrop":
                message = (
                    f"the degrees of the first step would serve all others, and {name} draws edges anew."
                )
            else:
                continue
            off = fix("Compute the degrees in each step", SetParam(id, "cached", False, scope.where))
            problems.error(message, scope, scope.graph.nodes[id], "cached", off)
            return
