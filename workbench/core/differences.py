"""What differs between two documents: nodes, links, blocks, variables, training. Core only.

What is there for people only is no difference: places, bends, frames, notes, looks, the model's name and description.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from workbench.core.document import FEEDS, Document, Graph, Node, Port, Update
from workbench.core.errors import EditError
from workbench.core.expressions import Value
from workbench.core.matching import Inputs, Matches, inputs_of, match, renamed_names
from workbench.core.parameters import substituted
from workbench.core.sameness import same

Part = Literal["node", "link", "block", "variable", "setting", "update"]
Kind = Literal["added", "removed", "changed", "renamed"]
Defaults = Callable[[str], Mapping[str, Value]]
"""What the fields of a node type are where a node does not say; of no type, the settings of training."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; None where it is not set."""

    name: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `was` and `now` are its names in the two documents, "" where it is not there.

    `where` and `there` are the blocks in which it stands, by their names in the two documents ("": the model itself).
    A link goes by its target ("fc.x"), which is there in both, with its source as the one field. Of what was added or
    removed, `fields` tells what it says itself. `what` is the type or block of a node.
    """

    part: Part
    kind: Kind
    was: str
    now: str
    where: str = ""
    there: str = ""
    fields: tuple[FieldChange, ...] = ()
    what: str = ""

    @property
    def name(self) -> str:
        """What it is called, in the second document if it is there."""
        return self.now or self.was

    @property
    def nodes(self) -> tuple[str, str]:
        """The node at which it stands in the first and in the second document; "" for none."""
        if self.part == "link":
            return self.was.rpartition(".")[0], self.now.rpartition(".")[0]
        return (self.was, self.now) if self.part == "node" else ("", "")


@dataclass(frozen=True, slots=True)
class Differences:
    """All that differs, in the order in which the second document works; and which part is which."""

    changes: tuple[Change, ...] = ()
    matches: Matches = field(default_factory=Matches)

    def __bool__(self) -> bool:
        return bool(self.changes)

    def count(self, kind: Kind, part: Part) -> int:
        """How many there are of one sort."""
        return sum(change.kind == kind and change.part == part for change in self.changes)


def compare(
    before: Document, after: Document, *, same_model: bool = False, defaults: Defaults | None = None
) -> Differences:
    """What was done to get from one document to the other; `same_model` where ids stand for the same nodes.

    With `defaults`, a field that is not set is the same as one that is set to its default.
    """
    found = _Comparison(before, after, match(before, after, same_model=same_model), defaults or _none)
    return Differences(tuple(found.all()), found.matches)


def _none(type: str) -> Mapping[str, Value]:
    return {}


class _Comparison:
    """Compares part by part."""

    def __init__(self, before: Document, after: Document, matches: Matches, defaults: Defaults) -> None:
        self.before, self.after, self.matches = before, after, matches
        self.defaults = defaults
        self.renamed = {old: new for old, new in matches.variables.items() if old != new}

    def all(self) -> Iterator[Change]:
        """Variables, the drawing, the blocks, then how it is trained."""
        yield from self._values(
            "variable", self.before.variables, self.after.variables, self.matches.variables
        )
        yield from self._graph("", "", self.renamed)
        for name, twin in self.matches.blocks.items():
            yield from self._block(name, twin)
        for name, block in self.before.blocks.items():
            if name not in self.matches.blocks:
                yield Change("block", "removed", name, "", fields=_alone(block.params, gone=True))
        news = set(self.matches.blocks.values())
        for name, block in self.after.blocks.items():
            if name not in news:
                yield Change("block", "added", "", name, fields=_alone(block.params))
        usual = self.defaults("")
        old, new = {**usual, **self.before.training.settings}, {**usual, **self.after.training.settings}
        yield from self._values("setting", old, new, {name: name for name in old if name in new})
        yield from self._updates()

    # ------------------------------------------------------------- blocks and graphs

    def _block(self, name: str, twin: str) -> Iterator[Change]:
        block, other = self.before.blocks[name], self.after.blocks[twin]
        params = renamed_names(block.params, other.params)
        names = {old: new for old, new in self.renamed.items() if old not in block.params}
        names |= {old: new for old, new in params.items() if old != new}
        fields = [
            FieldChange(f"{old} → {new}" if old != new else old, value, other.params[new])
            for old, value in block.params.items()
            if (new := params.get(old)) is not None
            and (old != new or not same(self._put(value, self.renamed), other.params[new]))
        ]
        fields += [FieldChange(old, value, None) for old, value in block.params.items() if old not in params]
        fields += [
            FieldChange(new, None, value) for new, value in other.params.items() if new not in params.values()
        ]
        pairs = self.matches.nodes.get(name, {})
        for side, old_ports, new_ports in (
            ("inputs", block.inputs, other.inputs),
            ("outputs", block.outputs, other.outputs),
        ):
            kept = [pairs.get(id) for id in old_ports if pairs.get(id) in new_ports]
            if kept != [id for id in new_ports if id in kept]:
                fields.append(FieldChange(f"order of its {side}", old_ports, new_ports))
        if fields or name != twin:
            yield Change("block", "changed" if fields else "renamed", name, twin, fields=tuple(fields))
        yield from self._graph(name, twin, names)

    def _graph(self, where: str, there: str, names: Mapping[str, str]) -> Iterator[Change]:
        old, new = self.before.graph_of(where), self.after.graph_of(there)
        if old is new and not names:
            return
        pairs = self.matches.nodes[where]
        twins = {twin: id for id, twin in pairs.items()}
        sources, new_sources = inputs_of(old), inputs_of(new)
        for id, side in _merged(old, new, pairs, twins):
            if side == "before":
                node = old.nodes[id]
                yield Change(
                    "node", "removed", id, "", where, there, _own(node, gone=True), node.type or node.block
                )
            elif id not in twins:
                node = new.nodes[id]
                yield Change("node", "added", "", id, where, there, _own(node), node.type or node.block)
            else:
                yield from self._node(old.nodes[twins[id]], new.nodes[id], where, there, names)
                yield from self._links(twins[id], id, where, there, sources, new_sources)

    def _node(
        self, node: Node, other: Node, where: str, there: str, names: Mapping[str, str]
    ) -> Iterator[Change]:
        block = self.matches.blocks.get(node.block, node.block)
        pairs = self.matches.nodes[where]
        fields: list[FieldChange] = []
        if (node.type, block) != (other.type, other.block):
            fields.append(
                FieldChange(
                    "block" if node.block else "type", node.type or node.block, other.type or other.block
                )
            )
        fields += self._params(node, other, names, pairs)
        for name, value, new in (
            ("repeat", self._put(node.repeat, names), other.repeat),
            ("shares", pairs.get(node.linked_to, node.linked_to), other.linked_to),
            ("mode", node.mode, other.mode),
            ("title", node.title, other.title),
        ):
            if not same(value, new):
                old = node.linked_to if name == "shares" else node.repeat if name == "repeat" else value
                fields.append(FieldChange(name, old or None, new or None))
        if fields or node.id != other.id:
            kind: Kind = "changed" if fields else "renamed"
            what = other.type or other.block
            yield Change("node", kind, node.id, other.id, where, there, tuple(fields), what)

    def _params(
        self, node: Node, other: Node, names: Mapping[str, str], pairs: Mapping[str, str]
    ) -> Iterator[FieldChange]:
        params = {**(self.defaults(node.type) if node.type else {}), **node.params}
        others = {**(self.defaults(other.type) if other.type else {}), **other.params}
        if node.block in self.matches.blocks:
            inner = (
                renamed_names(self.before.blocks[node.block].params, self.after.blocks[other.block].params)
                if other.block in self.after.blocks
                else {}
            )
            params = {inner.get(name, name): value for name, value in params.items()}
        for name in dict.fromkeys((*params, *others)):
            old, new = params.get(name), others.get(name)
            if name not in node.params and name not in other.params:
                continue  # defaults of different types
            meant = self._put(old, names)
            if name == FEEDS and isinstance(old, str):
                meant = pairs.get(old, old)
            if not same(meant, new):
                yield FieldChange(name, old, new)

    def _links(
        self, id: str, twin: str, where: str, there: str, inputs: Inputs, new_inputs: Inputs
    ) -> Iterator[Change]:
        """Links into a node that is in both drawings; those that went with what was removed do not count."""
        old, sources = self.before.graph_of(where), new_inputs.get(twin, {})
        seen = set()
        for name, source in inputs.get(id, {}).items():
            target = Port(id, name)
            meant, end = self.matches.port(source, where, old), self.matches.port(target, where, old)
            assert end is not None  # the node has a twin
            seen.add(end.name)
            now = sources.get(end.name)
            if now == meant and now is not None:
                continue
            change = (FieldChange("source", str(source), str(now) if now else None),)
            if now is not None:
                yield Change("link", "changed", str(target), str(end), where, there, change)
            elif meant is not None:
                yield Change("link", "removed", str(target), str(end), where, there, change)
        for name, source in sources.items():
            if name not in seen:
                change = (FieldChange("source", None, str(source)),)
                yield Change(
                    "link", "added", str(Port(id, name)), str(Port(twin, name)), where, there, change
                )

    # ------------------------------------------------------------- values and training

    def _put(self, value: Value, names: Mapping[str, str]) -> Value:
        """A field with the new names of what it uses."""
        if not names:
            return value
        try:
            return substituted(value, {old: f"= {new}" for old, new in names.items()})
        except EditError:  # an expression that would be too long by its new names is another one
            return value

    def _values(
        self, part: Part, old: Mapping[str, Value], new: Mapping[str, Value], pairs: Mapping[str, str]
    ) -> Iterator[Change]:
        for name, value in old.items():
            twin = pairs.get(name)
            if twin is None:
                yield Change(part, "removed", name, "", fields=(FieldChange("value", value, None),))
            elif not same(self._put(value, self.renamed), new[twin]):
                yield Change(part, "changed", name, twin, fields=(FieldChange("value", value, new[twin]),))
            elif twin != name:
                yield Change(part, "renamed", name, twin)
        news = set(pairs.values())
        for name, value in new.items():
            if name not in news:
                yield Change(part, "added", "", name, fields=(FieldChange("value", None, value),))

    def _updates(self) -> Iterator[Change]:
        """Updates by name; one that has another name and says the same was renamed."""
        old = {
            update.name: self._flat(update, self.matches.path, self.renamed)
            for update in self.before.training.updates
        }
        new = {update.name: self._flat(update, str, {}) for update in self.after.training.updates}
        pairs = renamed_names(old, new)
        for name, fields in old.items():
            if name not in pairs:
                yield Change("update", "removed", name, "", fields=_alone(fields, gone=True))
                continue
            others = new[pairs[name]]
            changed = tuple(
                FieldChange(one, fields.get(one), others.get(one))
                for one in dict.fromkeys((*fields, *others))
                if not same(fields.get(one), others.get(one))
            )
            if changed or pairs[name] != name:
                yield Change("update", "changed" if changed else "renamed", name, pairs[name], fields=changed)
        for name, fields in new.items():
            if name not in pairs.values():
                yield Change("update", "added", "", name, fields=_alone(fields))
        kept = [pairs[name] for name in old if name in pairs]
        now = [name for name in new if name in kept]
        if kept != now:
            order = FieldChange("order", tuple(kept), tuple(now))
            yield Change("update", "changed", "all updates", "all updates", fields=(order,))

    def _flat(self, update: Update, path: Callable[[str], str], names: Mapping[str, str]) -> dict[str, Value]:
        """The fields of an update by name, with nodes and variables called as in the second document."""
        flat: dict[str, Value] = {f"minimise {path(id)}": value for id, value in update.minimise.items()}
        flat["trains"] = tuple(path(id) for id in update.train) or "everything"
        flat |= {f"optimizer {name}" if name == "type" else name: v for name, v in update.optimizer.items()}
        flat |= {f"schedule {name}": value for name, value in update.schedule.items()}
        flat |= {"every": update.every, "clip": update.clip}
        flat |= {f"rate of {path(id)}": value for id, value in update.rates.items()}
        return {name: self._put(value, names) for name, value in flat.items()}


def _alone(values: Mapping[str, Value], *, gone: bool = False) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(name, value, None) if gone else FieldChange(name, None, value)
        for name, value in values.items()
    )


def _own(node: Node, *, gone: bool = False) -> tuple[FieldChange, ...]:
    """What a node says that is there once only."""
    more: dict[str, Value] = {"repeat": node.repeat} if node.repeat != 1 else {}
    more |= {"shares": node.linked_to} if node.linked_to else {}
    more |= {"mode": node.mode} if node.mode else {}
    return _alone({**node.params, **more}, gone=gone)


def _merged(
    old: Graph, new: Graph, pairs: Mapping[str, str], twins: Mapping[str, str]
) -> Iterable[tuple[str, str]]:
    """Nodes of the second graph in the order in which it works, and behind what stood before them those that are
    only in the first.
    """
    order = [id for part in new.order() for id in part]
    behind: dict[str, list[str]] = {}
    last = ""
    for id in (id for part in old.order() for id in part):
        if id in pairs:
            last = pairs[id]
        else:
            behind.setdefault(last, []).append(id)
    for id in ("", *order):
        if id:
            yield id, "after"
        yield from ((gone, "before") for gone in behind.get(id, ()))
