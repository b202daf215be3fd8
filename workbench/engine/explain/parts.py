"""The parts of an example to which weights are given: areas of a picture, steps, columns, tokens, nodes of a graph.

Imports torch, the catalog's specs and vocabularies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Literal

import torch
from torch import Tensor

from workbench.core.errors import JobError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers.tokens import PAD, UNKNOWN, Vocabulary

Kind = Literal["picture", "volume", "series", "columns", "tokens", "nodes"]
Baseline = Literal["zero", "mean"]
MOST_PARTS = 1024
_OF_NUMBERS: Mapping[int, Kind] = {2: "columns", 3: "series", 4: "picture", 5: "volume"}
_OF_INDICES: Mapping[int, Kind] = {1: "columns", 2: "tokens"}
"""What an entry of that many dimensions is."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry of the batch: its value for the example (E), the same with nothing in it, and the part that each
    number belongs to, -1 for what belongs to none, such as padding.
    """

    port: str
    value: Tensor
    base: Tensor
    groups: Tensor

    def variants(self, there: Tensor) -> Tensor:
        """S×E from S rows of ones for the parts that are there and zeros for those that are left out."""
        there = there.to(self.value.device)
        kept = (there[:, self.groups.clamp(min=0)] > 0.5) | (self.groups < 0)
        return torch.where(kept, self.value, self.base)

    def spread(self, weights: Tensor) -> Tensor:
        """A weight for each number, E: that of its part."""
        weights = weights.to(self.value.device)
        return torch.where(self.groups < 0, 0.0, weights[self.groups.clamp(min=0)])


@dataclass(frozen=True, slots=True)
class Parts:
    """All that is explained of an example, in `count` parts. Most kinds have one piece, tables one for each output."""

    kind: Kind
    pieces: tuple[Piece, ...]
    count: int
    names: tuple[str, ...] = ()
    channels_first: bool = True

    def variants(self, there: Tensor) -> dict[str, Tensor]:
        """Values of all pieces for some choices of parts."""
        return {piece.port: piece.variants(there) for piece in self.pieces}

    def sums(self, values: Sequence[Tensor]) -> Tensor:
        """What each part has, of values for each number of the pieces."""
        found = torch.zeros(self.count)
        for piece, value in zip(self.pieces, values, strict=True):
            inside = piece.groups.flatten() >= 0
            groups = piece.groups.flatten()[inside].cpu()
            found.index_add_(0, groups, value.flatten()[inside].float().cpu())
        return found


def picture(port: str, value: Tensor, baseline: Baseline, segments: int) -> Parts:
    """A picture C×H×W or volume C×D×H×W in nearly so many equal areas."""
    sizes = value.shape[1:]
    side = max(1, ceil((sizes.numel() / max(1, segments)) ** (1 / len(sizes))))
    groups, count = _grid(sizes, side)
    kind: Kind = "picture" if len(sizes) == 2 else "volume"
    base = _mean(value, tuple(range(1, value.dim()))) if baseline == "mean" else torch.zeros_like(value)
    return Parts(kind, (Piece(port, value, base, groups.to(value.device).expand_as(value)),), count)


def series(
    port: str, value: Tensor, baseline: Baseline, segments: int, *, length: int, channels_first: bool
) -> Parts:
    """A series of steps and channels: one part for so many neighbouring steps, all their channels together."""
    steps = value.shape[1 if channels_first else 0]
    used = min(steps, max(1, length))
    wide = max(1, ceil(used / max(1, segments)))
    groups = torch.arange(steps) // wide
    groups[used:] = -1
    shaped = groups[None, :] if channels_first else groups[:, None]
    axis = 1 if channels_first else 0
    seen = value.narrow(axis, 0, used)
    mean = seen.mean(axis, keepdim=True).expand_as(value)
    base = mean.clone() if baseline == "mean" else torch.zeros_like(value)
    piece = Piece(port, value, base, shaped.to(value.device).expand_as(value))
    return Parts("series", (piece,), int(groups.max()) + 1, channels_first=channels_first)


def columns(
    values: Mapping[str, Tensor], usual: Mapping[str, Tensor], names: Mapping[str, Sequence[str]]
) -> Parts:
    """A row of a table: of each output its numbers or its category; what is left out becomes what is usual.

    `names` has the column of each number; numbers of one column, such as one for each category, are one part.
    """
    pieces, known = [], list[str]()
    for port, value in values.items():
        places = []
        for place, name in enumerate(names[port]):
            if not place or name != names[port][place - 1]:
                known.append(name)
            places.append(len(known) - 1)
        groups = torch.tensor(places, device=value.device).reshape(value.shape)
        pieces.append(Piece(port, value, usual[port].to(value), groups))
    _few(len(known), "columns")
    return Parts("columns", tuple(pieces), len(known), tuple(known))


def tokens(port: str, value: Tensor, vocabulary: Vocabulary | None, length: int, size: int) -> Parts:
    """A text of tokens; one that is left out becomes padding, or what is nearest to saying nothing."""
    blank = blank_of(vocabulary, size)
    padding = vocabulary.special(PAD) if vocabulary is not None else None
    used = min(len(value), max(1, length))
    inside = torch.arange(len(value), device=value.device) < used
    if padding is not None:
        inside &= value != padding
    _few(int(inside.sum()), "tokens")
    groups = torch.where(inside, inside.long().cumsum(0) - 1, -1)
    shown = value[inside].tolist()
    names = vocabulary.pieces(shown) if vocabulary is not None else [str(each) for each in shown]
    piece = Piece(port, value, torch.full_like(value, blank), groups)
    return Parts("tokens", (piece,), len(shown), tuple(names))


def nodes(port: str, value: Tensor) -> Parts:
    """The nodes of a graph with their features V×F; one that is left out keeps its edges and has features of zero."""
    count = len(value)
    _few(count, "nodes")
    groups = torch.arange(count, device=value.device)[:, None].expand_as(value)
    named = tuple(f"node {place + 1}" for place in range(count))
    return Parts("nodes", (Piece(port, value, torch.zeros_like(value), groups),), count, named)


def blank_of(vocabulary: Vocabulary | None, size: int) -> int:
    """The token that says least: padding, an unknown one, a space, else the first."""
    if vocabulary is None:
        return 0
    for name in (PAD, UNKNOWN):
        if (known := vocabulary.special(name)) is not None and known < max(1, size):
            return known
    return next((place for place, piece in enumerate(vocabulary.entries) if piece == " "), 0)


def kind_of(spec: TensorSpec, ports: Sequence[TensorSpec]) -> Kind | None:
    """What an entry of a batch is, by its shape; None for what no weights can be given to, such as lengths.

    Rows of numbers, and single categories beside them, are columns.
    """
    if spec.shape[:1] == ("V",):
        return "nodes" if spec.dtype == "float" and spec.rank == 2 else None
    if spec.shape[:1] != ("N",):
        return None
    if spec.dtype == "index":
        return None if _is_length(spec, ports) else _OF_INDICES.get(spec.rank)
    return _OF_NUMBERS.get(spec.rank)


def _is_length(spec: TensorSpec, ports: Sequence[TensorSpec]) -> bool:
    """Whether a number says how many steps of another entry count: it can be as large as that is long."""
    longest = [other.shape[1] for other in ports if other.rank in (2, 3) and other.shape[:1] == ("N",)]
    return spec.rank == 1 and any(isinstance(size, int) and spec.bound == size + 1 for size in longest)


def _grid(sizes: Sequence[int], side: int) -> tuple[Tensor, int]:
    """The number of the square, or cube, of that side in which each place lies; and how many there are."""
    total, count = torch.zeros(tuple(sizes), dtype=torch.int64), 1
    for axis, size in enumerate(sizes):
        across = -(-size // side)
        place = (torch.arange(size) // side).reshape(
            [-1 if each == axis else 1 for each in range(len(sizes))]
        )
        total = total * across + place
        count *= across
    return total, count


def _mean(value: Tensor, axes: tuple[int, ...]) -> Tensor:
    return value.mean(axes, keepdim=True).expand_as(value).clone()


def _few(count: int, what: str) -> None:
    if count > MOST_PARTS:
        raise JobError(f"The example has {count:,} {what}; weights are given to {MOST_PARTS:,} at most.")
