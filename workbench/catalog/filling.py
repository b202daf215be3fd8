"""Fields of a node worked out in its place, and how often it repeats; what is wrong becomes a problem. No torch."""

from collections.abc import Mapping

from workbench.catalog.forms import fill
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.problems import Problems
from workbench.catalog.schema import Schema, find_schema
from workbench.catalog.scope import Scope
from workbench.catalog.spec import NodeType
from workbench.core.document import Node
from workbench.core.errors import ExpressionError, FieldError
from workbench.core.expressions import Value, evaluate

MOST_REPEATS = 10_000


def value_of(name: str, value: Value, names: Mapping[str, Value]) -> Value:
    """A field's value among the names that hold there. Raises FieldError."""
    try:
        return evaluate(value, names)
    except ExpressionError as error:
        raise FieldError(name, str(error)) from error


def filled(
    cls: type[NodeType], scope: Scope, node: Node, schemas: Mapping[str, Schema], problems: Problems
) -> NodeType | None:
    """The node's type with all fields filled in; None where one is wrong or its dataset is not known."""
    try:
        kind = fill(cls, {name: value_of(name, value, scope.names) for name, value in node.params.items()})
    except FieldError as error:
        problems.error(str(error), scope, node, error.field)
        return None
    if not isinstance(kind, Dataset):
        return kind
    schema = find_schema(schemas, kind.dataset)
    if schema is None:
        problems.error(
            f"there is no dataset “{kind.dataset}” in this workspace; choose or add one.",
            scope,
            node,
            "dataset",
        )
        return None
    if schema.is_expected:
        problems.warning("no dataset is chosen yet, so there is nothing to train on.", scope, node, "dataset")
    return Dataset(kind.dataset, kind.length, kind.order, schema)


def repeats(scope: Scope, node: Node, problems: Problems) -> int | None:
    """How often an instance of a block is chained; None where that is no such number."""
    try:
        times = value_of("repeat", node.repeat, scope.names)
    except FieldError as error:
        problems.error(str(error), scope, node, "repeat")
        return None
    if isinstance(times, float) and times.is_integer():
        times = int(times)
    if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_REPEATS:
        problems.error(f"Repeat must be 1 to {MOST_REPEATS:,}, not {times!r}.", scope, node, "repeat")
        return None
    return times
