"""Differences between documents as people say them: "conv2: out_channels 32 → 64". Core only."""

from collections.abc import Iterable

from workbench.core import text
from workbench.core.differences import Change, Differences, FieldChange, Part
from workbench.core.expressions import Value

MOST_FIELDS = 4
"""More of a node that was added or removed are left out; it is drawn after all."""
_PARTS = {"block": "block ", "variable": "variable ", "update": "update ", "setting": "training: "}
PARTS: tuple[Part, ...] = ("link", "block", "variable", "update")
_MODES = {"": "works", "bypass": "bypassed", "mute": "muted"}


def words(change: Change) -> str:
    """One difference as one line."""
    place = f"in {text.one_line(change.there or change.where, 60)}: " if change.where or change.there else ""
    return place + (_link(change) if change.part == "link" else _thing(change))


def summary(differences: Differences) -> str:
    """How many differences of which sort: "1 node added, 2 changed; 3 links"."""
    found = []
    counts = [(kind, differences.count(kind, "node")) for kind in ("added", "removed", "changed", "renamed")]
    if told := [(kind, count) for kind, count in counts if count]:
        first, *rest = told
        nodes = f"{text.plural(first[1], 'node')} {first[0]}"
        found.append(", ".join([nodes, *(f"{count} {kind}" for kind, count in rest)]))
    parts = [change.part for change in differences.changes]
    counted = [(part, parts.count(part)) for part in PARTS]
    found += [text.plural(count, part) for part, count in counted if count]
    if count := parts.count("setting"):
        found.append(f"{text.plural(count, 'setting')} of the training")
    return "; ".join(found) if found else "no difference"


def brief(change: Change) -> tuple[str, ...]:
    """What stands under a node's card: its fields, or what became of it."""
    if change.kind in ("added", "removed"):
        return (change.kind,)
    renamed = (f"was {change.was}",) if change.was != change.now else ()
    return renamed + tuple(_field(one) for one in change.fields)


def _thing(change: Change) -> str:
    name = text.one_line(change.name, 80)
    what = f" ({text.one_line(change.what, 60)})" if change.part == "node" and change.what else ""
    part = _PARTS.get(change.part, "")
    if change.kind == "renamed":
        return f"{part}{text.one_line(change.was, 80)} is called {text.one_line(change.now, 80)} now"
    if change.kind in ("added", "removed"):
        shown = _listed(
            f"{one.name} {_said(one.after if change.kind == 'added' else one.before)}"
            if one.name != "value"
            else _said(one.after if change.kind == "added" else one.before)
            for one in change.fields
        )
        return f"{part}{name}{what} {change.kind}{f': {shown}' if shown else ''}"
    was = f" (was {text.one_line(change.was, 80)})" if change.was != change.now else ""
    if [one.name for one in change.fields] == ["value"]:
        return f"{part}{name}{was} {_pair(change.fields[0])}"
    return f"{part}{name}{was}: {', '.join(_field(one) for one in change.fields)}"


def _link(change: Change) -> str:
    target, one = text.one_line(change.name, 80), change.fields[0]
    if change.kind == "added":
        return f"{target} is linked to {_said(one.after)}"
    if change.kind == "removed":
        return f"{target} is no longer linked to {_said(one.before)}"
    return f"{target} comes from {_said(one.after)}, before from {_said(one.before)}"


def _field(one: FieldChange) -> str:
    if one.name == "mode":
        return f"{_MODES.get(str(one.before or ''), '')} → {_MODES.get(str(one.after or ''), '')}"
    return f"{text.one_line(one.name, 60)} {_pair(one)}"


def _pair(one: FieldChange) -> str:
    return f"{_said(one.before)} → {_said(one.after)}"


def _said(value: Value) -> str:
    if value is None:
        return "not set"
    return text.one_line(text.value(value), 80) if value != "" else "“”"


def _listed(parts: Iterable[str]) -> str:
    told = list(parts)
    more = len(told) - MOST_FIELDS
    return ", ".join([*told[:MOST_FIELDS], *([f"and {more} more"] if more > 0 else [])])
