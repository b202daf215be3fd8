"""What differs between the drawings of two runs.  Imports core and the catalog."""

from collections.abc import Mapping

from workbench.catalog.forms import fields_of
from workbench.catalog.spec import node_types
from workbench.catalog.training import Settings
from workbench.core.differences import Differences, compare
from workbench.core.document import Document
from workbench.core.expressions import Value
from workbench.store.records import RunRecord


def differences(base: RunRecord, other: RunRecord, one: Document, two: Document) -> Differences:
    """What was done to get from the base run's drawing to the other one's; a field at its default is one not set.

    In runs of one model of the workspace, ids stand for the same nodes.
    """
    same_model = base.model_id == other.model_id != 0
    return compare(one, two, same_model=same_model, defaults=defaults)


def defaults(type: str) -> Mapping[str, Value]:
    """What the fields of a node type are where a node does not say; of no type, the settings of training."""
    cls = node_types().get(type) if type else Settings
    return {} if cls is None else {entry.name: entry.default for entry in fields_of(cls)}
