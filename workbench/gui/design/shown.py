"""What the form of a node is built for; while that stays the same, so do its editors. Imports catalog and faces."""

from dataclasses import dataclass

from workbench.catalog.forms import Field
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.schema import find_schema
from workbench.catalog.spec import node_types
from workbench.core.document import INPUT, OUTPUT, Document, Node
from workbench.core.expressions import is_expression
from workbench.gui.design.exposing import exposed_as, node_fields
from workbench.gui.design.faces import Knowledge
from workbench.gui.design.instances import uses


@dataclass(frozen=True, slots=True)
class Shown:
    """Which node a form was built for; while that is the same its editors stay."""

    where: str
    id: str
    kind: str
    fields: tuple[Field, ...]
    shares: tuple[str, ...]
    copies: bool
    worked_out: tuple[str, ...] = ()
    """Choices and switches whose value is an expression, which is shown as a text."""
    exposed: tuple[tuple[str, str], ...] = ()
    """Fields that are a parameter of the block around, and that parameter."""
    shared: bool = False
    """Whether nodes with other weights stand for the same block."""


def shown_of(node: Node, know: Knowledge) -> Shown:
    """What the form of a node is built for."""
    document: Document = know.document
    graph = document.graph_of(know.place.where)
    fields = node_fields(document, node)
    if node.type == "Dataset" and not _is_text(node, know):
        fields = tuple(entry for entry in fields if entry.name != "length")
    if node.type in (INPUT, OUTPUT) and not know.place.where:
        fields = ()  # only the ports of a block make it a loop
    around = document.blocks.get(know.place.where)
    values = {entry.name: node.params.get(entry.name, entry.default) for entry in fields}
    owners = tuple(
        other.id
        for other in graph.nodes.values()
        if (other.type, other.block) == (node.type, node.block)
        and not other.linked_to
        and other.id != node.id
    )
    owns = any(other.linked_to == node.id for other in graph.nodes.values())
    has_weights = bool(node.block) or (
        node.type in node_types()
        and node_types()[node.type].family in ("layer", "normalisation", "activation")
    )
    copies = bool(node.linked_to) or (has_weights and bool(owners) and not owns)
    return Shown(
        know.place.where,
        node.id,
        f"{node.type}/{node.block}/{node.linked_to}",
        fields,
        owners,
        copies,
        tuple(
            entry.name
            for entry in fields
            if entry.kind in ("bool", "choice") and is_expression(values[entry.name])
        ),
        tuple((name, param) for name, value in values.items() if (param := exposed_as(around, value))),
        bool(node.block) and uses(document, node.block) > len(graph.sharing(node)),
    )


def _is_text(node: Node, know: Knowledge) -> bool:
    """Whether a Dataset node stands for text; while its dataset is not known that may be so."""
    schema = find_schema(know.schemas, str(node.params.get("dataset", Dataset.dataset)))
    return schema is None or schema.kind == "text"
