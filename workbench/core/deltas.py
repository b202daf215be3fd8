"""What differs between two documents, small enough to keep a thousand of; the parts they share are not copied.

Standard library only.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from workbench.core.document import Block, Document, Graph

_PARTS = (Document, Graph, Block)


@dataclass(frozen=True, slots=True)
class _Entries:
    """How a mapping becomes an older one: what to drop, what to set, and the order where that is not enough."""

    drop: tuple[Any, ...]
    put: Mapping[Any, Any]
    order: tuple[Any, ...] | None

    def apply(self, mapping: Mapping[Any, Any]) -> dict[Any, Any]:
        made = dict(mapping)
        for key in self.drop:
            del made[key]
        for key, change in self.put.items():
            made[key] = apply(change, made.get(key))
        return made if self.order is None else {key: made[key] for key in self.order}


@dataclass(frozen=True, slots=True)
class _Fields:
    """How some fields of a document, graph or block become older ones."""

    changes: Mapping[str, Any]

    def apply(self, part: Any) -> Any:
        return replace(
            part, **{name: apply(change, getattr(part, name)) for name, change in self.changes.items()}
        )


@dataclass(frozen=True, slots=True)
class _Value:
    """A value in place of another."""

    value: Any


Delta = _Fields | _Entries | _Value


def delta(after: Any, before: Any) -> Delta:
    """What turns `after` back into `before`."""
    if type(after) is type(before) and isinstance(after, _PARTS):
        changed = {
            field.name: delta(new, old)
            for field in fields(after)
            if (new := getattr(after, field.name)) is not (old := getattr(before, field.name))
        }
        return _Fields(changed)
    if isinstance(after, Mapping) and isinstance(before, Mapping):
        return _entries(after, before)
    return _Value(before)


def apply(change: Delta, after: Any) -> Any:
    """What stood before `after`."""
    return change.value if isinstance(change, _Value) else change.apply(after)


def _entries(after: Mapping[Any, Any], before: Mapping[Any, Any]) -> Delta:
    missing = object()
    put = {}
    for key, old in before.items():
        new = after.get(key, missing)
        if new is not old:
            put[key] = _Value(old) if new is missing else delta(new, old)
    drop = tuple(key for key in after if key not in before)
    gone = set(drop)
    # An entry that is set anew stands last, one that is replaced stays where it was.
    kept = [key for key in after if key not in gone]
    kept += [key for key in put if key not in after]
    order = None if kept == list(before) else tuple(before)
    made = _Entries(drop, put, order)
    return made if len(put) + len(drop) < len(before) + 8 else _Value(before)
