"""How fast the parts of a model learn under an update: factors of the learning rate; 0 freezes. Imports core, scope.

A frozen part is used as in evaluation: its weights and the statistics of its batch normalisation stay as they are,
and nothing is dropped out in it. Keras and common practice with torch do the same.
"""

import math
from collections.abc import Collection

from workbench.catalog.problems import Problems
from workbench.catalog.scope import Scope
from workbench.core.document import Document, Update
from workbench.core.errors import ExpressionError
from workbench.core.expressions import evaluate


def rates_of(
    document: Document, update: Update, root: Scope, owners: Collection[str], problems: Problems
) -> dict[str, float] | None:
    """The factor of each owner of weights that has one; None where something is wrong, which became a problem.

    A copy that shares weights speaks for their owner, unless that has a factor of its own. Parts that are bypassed,
    muted or not there (which is told elsewhere) have none.
    """
    place, fine = f"Update “{update.name}”", True
    found: dict[str, float] = {}
    for id, rate in update.rates.items():
        try:
            factor = evaluate(rate, root.names)
        except ExpressionError as error:
            problems.error(f"{place}, rate of {id}: {error}")
            fine = False
            continue
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 <= factor < math.inf:
            problems.error(
                f"{place}, rate of {id}: {factor!r} is no factor of the learning rate; it is a number of at least "
                "0, and 0 freezes the part."
            )
            fine = False
        elif id in document.graph.nodes:
            owner = owner_of(document, root, id)
            if owner in owners:
                found[owner] = float(factor) if owner == id else found.get(owner, float(factor))
            elif id in root.infos:
                problems.warning(
                    f"{place} has a rate for it, but it has no weights; set the rate of a part that learns.",
                    root,
                    root.graph.nodes[id],
                )
    return found if fine else None


def owner_of(document: Document, root: Scope, id: str) -> str:
    """The node that owns the weights of a part: itself, the one it shares with, or where that one is bypassed or
    muted the linked copy that stands in for it; "" for none.
    """
    if id in root.graph.nodes:
        return root.graph.nodes[id].owner
    owner = document.graph.nodes[id].owner
    if owner in root.graph.nodes:
        return owner
    copies = (node for node in root.graph.nodes.values() if document.graph.nodes[node.id].linked_to == owner)
    return next((copy.owner for copy in copies), "")
