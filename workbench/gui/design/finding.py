"""Which nodes fit what is typed: by name, type, value of a field or shape, also inside blocks.  No Qt here.

May import core, catalog, faces and fuzzy.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from workbench.catalog.check import Analysis
from workbench.catalog.scope import Scope
from workbench.catalog.spec import node_types
from workbench.core.document import Document, Node
from workbench.core.expressions import Value
from workbench.core.shapes import Shape, TensorSpec
from workbench.gui.design.faces import Place
from workbench.gui.fuzzy import score

MOST = 20_000
"""Nodes that are looked at: a model of blocks in blocks can have any number."""
SHOWN = 200
_DEEPEST = 64
_DIM = r"(?:\d+|[A-Za-wyz]|\*|\?)"
_SHAPE = re.compile(rf"[\[(]?\s*({_DIM}(?:\s*[x×,]\s*{_DIM})+)\s*[\])]?")
_PAIR = re.compile(r"\s*([A-Za-z_][\w ]*?)\s*[=:]\s*(\S.*?)\s*")
_WORDS = re.compile(r"\s*([A-Za-z_][\w]*)\s+(\S+)\s*")
_VALUE, _SPEC = 150.0, 160.0


@dataclass(frozen=True, slots=True)
class Known:
    """A node somewhere in the model, with all that it can be found by."""

    place: Place
    node: Node
    title: str
    family: str
    names: tuple[str, ...]
    values: Mapping[str, Value]
    outputs: Mapping[str, TensorSpec] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where it is, such as “stack/conv1”."""
        return "/".join((*self.place.trail, self.node.id))


@dataclass(frozen=True, slots=True)
class Found:
    """A node that fits, and why."""

    known: Known
    why: str


def everything(document: Document, analysis: Analysis) -> list[Known]:
    """All nodes of a model: of its own graph first, then of the blocks as they are seen through their instances."""
    found: list[Known] = []
    level: list[tuple[Place, Scope | None]] = [(Place(), analysis.root)]
    while level and len(found) < MOST:
        below: list[tuple[Place, Scope | None]] = []
        for place, scope in level:
            for known, inside in _nodes(document, place, scope):
                found.append(known)
                if inside is not None and len(place.trail) < _DEEPEST:
                    below.append(inside)
            if len(found) >= MOST:
                break
        level = below
    return found[:MOST]


def _nodes(
    document: Document, place: Place, scope: Scope | None
) -> Iterator[tuple[Known, tuple[Place, Scope | None] | None]]:
    """The nodes of one graph, and for an instance of a block the graph that it stands for."""
    entered = {place.where}
    where = ""
    for id in place.trail:  # a block that holds itself is entered once
        where = document.graph_of(where).nodes[id].block
        entered.add(where)
    for node in document.graph_of(place.where).nodes.values():
        info = scope.infos.get(node.id) if scope else None
        cls = node_types().get(node.type)
        filled = vars(info.kind) if info and info.kind else {}
        fields = cls.DEFAULTS if cls else node.params
        values = {name: filled.get(name, node.params.get(name)) for name in fields}
        values = {name: value for name, value in values.items() if value is not None}
        if node.block:
            values = {**(info.params if info else {}), **node.params, "repeat": node.repeat}
        title = node.title or (cls.title if cls else node.block or node.type)
        names = (node.type, cls.title, cls.torch, *cls.aliases) if cls else (node.block or node.type,)
        family = cls.family if cls else "block" if node.block else "structure"
        outputs = info.outputs if info else {}
        known = Known(place, node, title, family, tuple(name for name in names if name), values, outputs)
        inside = None
        if node.block in document.blocks and node.block not in entered:
            copy = info.copies[0] if info and info.copies else None
            inside = (Place(node.block, (*place.trail, node.id)), copy)
        yield known, inside


def fitting(query: str, nodes: Iterable[Known], most: int = SHOWN) -> list[Found]:
    """The nodes that fit best, with what fits; with nothing typed, the first ones."""
    text = query.strip()
    if not text:
        return [Found(known, known.title) for known, _ in zip(nodes, range(most), strict=False)]
    wanted = _Wanted(text)
    rated = []
    for index, known in enumerate(nodes):
        fit, why = wanted.fit(known)
        if fit > 0:
            rated.append((-fit, len(known.place.trail), index, Found(known, why)))
    rated.sort(key=lambda entry: entry[:3])
    return [found for *_, found in rated[:most]]


class _Wanted:
    """What was typed, taken apart once for all nodes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._scores: dict[str, float] = {}
        shape = _SHAPE.fullmatch(text)
        self.shape = re.split(r"\s*[x×,]\s*", shape[1]) if shape else []
        pair = _PAIR.fullmatch(text) or _WORDS.fullmatch(text)
        self.field, self.value = (pair[1].replace(" ", "_").lower(), pair[2]) if pair else ("", text)
        self.number = _number(self.value)

    def fit(self, known: Known) -> tuple[float, str]:
        """How well a node fits, 0 for not at all, and what of it does."""
        if self.shape:
            for name, spec in known.outputs.items():
                if _fits_shape(self.shape, spec.shape):
                    return _SPEC, f"{name}  {spec}"
        best = self._value(known)
        if best[0]:
            return best
        own = max(self._score(known.node.id), self._score(known.node.title)) * 1.1
        if known.place.trail:
            own = max(own, self._score(known.path) * 0.7)
        kind, name = max((self._score(name), name) for name in known.names)
        if max(own, kind) <= 0:
            return 0.0, ""
        return max(own, kind), known.title if own >= kind or name == known.node.type else name

    def _value(self, known: Known) -> tuple[float, str]:
        """A field whose name and value were typed, or whose value alone was."""
        for name, value in known.values.items():
            if self.field and self.field not in name.lower():
                continue
            written = known.node.params.get(name, value)
            if self._equal(value) or self._equal(written):
                plain = not self.field and name not in known.node.params and self.number is not None
                shown = _shown(value) if written == value else f"{_shown(value)}  {written}"
                # A default that merely happens to be the number that was typed comes last.
                return (20.0 if plain else _VALUE), f"{name} = {shown}"
        return 0.0, ""

    def _equal(self, value: Value) -> bool:
        if isinstance(value, tuple):
            if self.shape and all(part.isdecimal() for part in self.shape):
                return [str(part) for part in value] == self.shape
            return bool(value) and all(self._equal(part) for part in value)
        if isinstance(value, bool):
            return bool(self.field) and self.value.lower() in (
                ("true", "on", "yes") if value else ("false", "off", "no")
            )
        if isinstance(value, int | float):
            return self.number is not None and float(value) == self.number
        if not isinstance(value, str) or not value:
            return False
        low, wanted = value.lower(), self.value.lower()
        return wanted in low if self.field else low == wanted or (value[0] == "=" and wanted in low)

    def _score(self, text: str) -> float:
        if text not in self._scores:
            self._scores[text] = score(self.text, text) if text else 0.0
        return self._scores[text]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _fits_shape(wanted: list[str], shape: Shape) -> bool:
    """Whether the last sizes are those; a letter stands for itself, * and ? for any size."""
    if len(wanted) > len(shape):
        return False
    return all(
        want in "*?" or want.upper() == str(dim).upper()
        for want, dim in zip(wanted, shape[len(shape) - len(wanted) :], strict=True)
    )


def _shown(value: Value) -> str:
    if isinstance(value, tuple):
        return "×".join(str(part) for part in value)
    return str(value)
