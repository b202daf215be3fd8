"""Which sorts of values a node type takes and gives at its ports, found by trying its shape rule.

Imports core and catalog, no Qt.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import chain, product
from typing import NamedTuple

from workbench.catalog.forms import fields_of
from workbench.catalog.spec import NodeType, Open
from workbench.core.errors import WorkbenchError
from workbench.core.shapes import DType, Shape, TensorSpec

DTYPES: tuple[DType, ...] = ("float", "index", "bool")
_SHAPES: tuple[Shape, ...] = (
    ("N",), ("N", 8), ("N", 4, 8), ("N", 4, 8, 8), ("V",), ("V", 8), (2, "E"), ("N", 8, 8), ("N", 1, 8, 8),
    ("N", 8, 8, 8, 8),
)  # fmt: skip


class Sort(NamedTuple):
    """Values of one kind and rank; `first` tells a batch (N) from nodes of a graph (V) and a number ("")."""

    dtype: DType
    rank: int
    first: str


Ports = Mapping[str, frozenset[Sort]]
_KNOWN: dict[tuple[object, ...], tuple[Ports, Ports]] = {}


def sort_of(spec: TensorSpec) -> Sort:
    """The sort of what flows along a link."""
    first = spec.shape[0] if spec.shape else 0
    return Sort(spec.dtype, spec.rank, "" if isinstance(first, int) else "V" if first == "V" else "N")


def takes(kind: NodeType, port: str, dtype: DType) -> bool:
    """Whether an input of a node type takes such values in any shape."""
    found = tried(kind)[0].get(port)
    return not found or any(sort.dtype == dtype for sort in found)


def suits(kind: NodeType, port: str, spec: TensorSpec) -> bool:
    """Whether an input of a node type takes such values with so many dimensions."""
    found = tried(kind)[0].get(port)
    return not found or sort_of(spec) in found or (spec.rank > 5 and takes(kind, port, spec.dtype))


def tried(kind: NodeType) -> tuple[Ports, Ports]:
    """The sorts that each input takes and each output may give; nothing of a port of which no try tells.

    Numbers in fields do not matter, so that the types of a large drawing are tried once each.
    """
    inputs, outputs = kind.input_ports(), kind.output_ports()
    if not inputs:
        return _tried(kind)  # quickly done, and a dataset of one name may change
    values = (getattr(kind, entry.name) for entry in fields_of(type(kind)))
    key = (type(kind), inputs, outputs, *(value for value in values if isinstance(value, bool | str)))
    if key not in _KNOWN:
        _KNOWN[key] = _tried(kind)
    return _KNOWN[key]


def _tried(kind: NodeType) -> tuple[Ports, Ports]:
    inputs, outputs = kind.input_ports(), kind.output_ports()
    taken: dict[str, set[Sort]] = {}
    given: dict[str, set[Sort]] = {}
    for example in kind.examples:
        _note(taken, example.params.get("linked", inputs), example.inputs)
    for linked in _linkings(kind):
        tried = kind.with_linked(linked) if isinstance(kind, Open) else kind
        for specs in _trials(len(linked)):
            try:
                result = tried.infer(*specs)
            except (WorkbenchError, ArithmeticError, LookupError, TypeError, ValueError, AssertionError):
                continue  # shapes that the type was never meant for: no answer to the question asked here
            _note(taken, linked, specs)
            _note(given, outputs, result if isinstance(result, tuple) else (result,))
    return _frozen(taken), _frozen(given)


def _linkings(kind: NodeType) -> Iterable[tuple[str, ...]]:
    """Which inputs are linked in a try: all; where any may be left out, those that are needed and at most one more."""
    inputs = kind.input_ports()
    if not isinstance(kind, Open):
        yield inputs
        return
    yield tuple(name for name in inputs if name not in kind.optional)
    for more in inputs:
        if more in kind.optional:
            yield tuple(name for name in inputs if name not in kind.optional or name == more)


@cache
def _trials(count: int) -> tuple[tuple[TensorSpec, ...], ...]:
    """Inputs to try: every pair of shapes for up to two ports, the same shape at all of more."""
    ways = [[TensorSpec(shape, dtype, 8 if dtype == "index" else 0) for dtype in DTYPES] for shape in _SHAPES]
    if count <= 2:
        return tuple(product(chain.from_iterable(ways), repeat=count))
    if count == 3:
        return tuple(chain.from_iterable(product(specs, repeat=count) for specs in ways))
    return tuple((spec,) * count for spec in chain.from_iterable(ways))


def _note(found: dict[str, set[Sort]], ports: Sequence[str], specs: Sequence[TensorSpec]) -> None:
    for name, spec in zip(ports, specs, strict=False):
        found.setdefault(name, set()).add(sort_of(spec))


def _frozen(found: dict[str, set[Sort]]) -> Ports:
    return {name: frozenset(sorts) for name, sorts in found.items()}
