"""Datasets in memory, and the batches that the training loop takes from them.

May import torch and the schema.  The order of the batches is that of a plain loop:
`order = torch.randperm(count, generator=generator)`, then `batch_size` items at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor

from workbench.catalog.schema import OUTSIDE, Schema
from workbench.core.errors import DataError

TRAIN = "train"

# Up to so many bytes, four times as many are no matter: 16 MB are 20,000 images of 28×28.
_SMALL = 16 * 2**20


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """The generator that orders one epoch; made of two numbers, so that a run can resume inside an epoch."""
    return torch.Generator().manual_seed((seed * 1_000_003 + epoch) % 2**63)


@dataclass(frozen=True, eq=False)
class Loaded(ABC):
    """A dataset in memory: tensors by output name, and how many items each split has.

    The items stand split after split in the order of `sizes`, so that a split is one slice (not so in a
    graph, whose nodes keep their numbers).  `problems` are sentences about what was left out or changed
    while reading.  `fingerprint` tells whether two runs saw the same content.
    """

    schema: Schema
    tensors: dict[str, Tensor]
    sizes: dict[str, int]
    problems: tuple[str, ...] = ()
    fingerprint: str = ""

    def to(self, device: torch.device | str) -> Self:
        """The same dataset with its tensors on `device`; nothing is copied when they are there already."""
        return replace(
            self,
            tensors={name: tensor.to(device) for name, tensor in self.tensors.items()},
        )

    @property
    def splits(self) -> dict[str, Tensor]:
        """Positions of the items of each split in `tensors`."""
        slices = {name: self.slice_of(name) for name in self.sizes}
        return {name: torch.arange(start, start + size) for name, (start, size) in slices.items()}

    def slice_of(self, split: str) -> tuple[int, int]:
        """First position and number of items of a split.  Raises DataError for an unknown split."""
        start = 0
        for name, size in self.sizes.items():
            if name == split:
                return start, size
            start += size
        raise DataError(f'"{self.schema.title}" has no {split} part; it has {", ".join(self.sizes)}.')

    def count(self, split: str, *, length: int = 0) -> int:
        """Number of items that the batches of one epoch of the split are made of."""
        return self.slice_of(split)[1]

    @abstractmethod
    def _items(self, split: str, length: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        """The items of the split, first dimension the item; without a generator always the same ones."""

    def _finished(self, name: str, batch: Tensor) -> Tensor:
        """One output of a batch as the model takes it."""
        return batch

    def steps_per_epoch(
        self, split: str, batch_size: int, *, length: int = 0, shuffle: bool | None = None
    ) -> int:
        """Number of batches that `batches` gives for the same arguments."""
        shuffled = split == TRAIN if shuffle is None else shuffle
        return _steps(self.count(split, length=length), batch_size, shuffled)

    def batches(
        self,
        split: str,
        batch_size: int,
        *,
        generator: torch.Generator | None = None,
        length: int = 0,
        shuffle: bool | None = None,
        skip: int = 0,
        outputs: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Tensor]]:
        """One epoch of `split` in batches, as dicts from output name to tensor.

        `shuffle` defaults to whether the split is "train" and needs a `generator` on the CPU (see
        `epoch_generator`); shuffled epochs leave out a last batch of a single item, which batch
        normalisation cannot take.  A split that fits into one batch is given whole and in order,
        without a copy.  `length` is the window of a text in tokens.  `skip` leaves out the first batches
        of the same epoch.  `outputs` picks outputs and names their entry in the batch.
        """
        shuffled = split == TRAIN if shuffle is None else shuffle
        if shuffled and generator is None:
            raise ValueError("Shuffled batches need a generator.")
        count = self.count(split, length=length)
        items = self._items(split, length, generator if shuffled else None)
        chosen = [
            (name, key, items[name]) for name, key in (outputs or {name: name for name in items}).items()
        ]
        steps = _steps(count, batch_size, shuffled)
        if shuffled and count > batch_size:
            order = torch.randperm(count, generator=generator).to(chosen[0][2].device, non_blocking=True)
            for index in torch.split(order, batch_size)[skip:steps]:
                yield {
                    key: self._finished(name, tensor.index_select(0, index)) for name, key, tensor in chosen
                }
            return
        for step in range(skip, steps):
            start = step * batch_size
            size = min(batch_size, count - start)
            yield {key: self._finished(name, tensor.narrow(0, start, size)) for name, key, tensor in chosen}


def _steps(count: int, batch_size: int, shuffled: bool) -> int:
    if batch_size < 1:
        raise DataError(f"The batch size must be at least 1, it is {batch_size}.")
    lone = shuffled and batch_size > 1 and count > batch_size and count % batch_size == 1
    return count // batch_size if lone else -(-count // batch_size)


@dataclass(frozen=True, eq=False)
class ItemSet(Loaded):
    """Images or rows of a table.

    `rows` has the place of each item in the source.  A tensor named in `divisors` is kept as bytes and
    divided by that number when a batch is taken: a fourth of the memory, and the same numbers.  A small
    one becomes floats on its way to the device, which saves the division at every step.
    """

    divisors: Mapping[str, int] = field(default_factory=dict)
    rows: Tensor = field(default_factory=lambda: torch.zeros(0, dtype=torch.int64))

    @classmethod
    def arranged(
        cls,
        schema: Schema,
        tensors: Mapping[str, Tensor],
        splits: Mapping[str, Tensor],
        *,
        divisors: Mapping[str, int] | None = None,
        problems: tuple[str, ...] = (),
    ) -> ItemSet:
        """The dataset of the items that `splits` names by their positions in `tensors`, in that order."""
        rows = torch.cat(list(splits.values()))
        return cls(
            schema=schema,
            tensors={name: tensor.index_select(0, rows) for name, tensor in tensors.items()},
            sizes={name: len(index) for name, index in splits.items()},
            problems=problems,
            divisors=divisors or {},
            rows=rows,
        )

    def to(self, device: torch.device | str) -> Self:
        moved = super().to(device)
        small = {name for name in self.divisors if moved.tensors[name].nbytes <= _SMALL}
        return replace(
            moved,
            tensors={n: self._finished(n, t) if n in small else t for n, t in moved.tensors.items()},
            divisors={n: divisor for n, divisor in self.divisors.items() if n not in small},
        )

    def _items(self, split: str, length: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        start, size = self.slice_of(split)
        return {name: tensor.narrow(0, start, size) for name, tensor in self.tensors.items()}

    def _finished(self, name: str, batch: Tensor) -> Tensor:
        divisor = self.divisors.get(name)
        return batch if divisor is None else batch.to(torch.float32).div_(divisor)


@dataclass(frozen=True, eq=False)
class TokenStream(Loaded):
    """A text as one long row of tokens; an item is a window of `length` tokens and the one a token later.

    Training windows start each epoch at another place; those of the other splits are always the same.
    No two windows of an epoch overlap.
    """

    def count(self, split: str, *, length: int = 0) -> int:
        return self._windows(split, length)[0]

    def _windows(self, split: str, length: int) -> tuple[int, int]:
        """Number of windows and their length, which is less than asked where a held-back part is short."""
        if length < 1:
            raise DataError(f"The window of a text must be at least 1 token long, it is {length}.")
        tokens = self.slice_of(split)[1]
        if tokens > length:
            # In training one window less than would fit, so that every offset leaves the same number.
            return max(1, (tokens - (length if split == TRAIN else 1)) // length), length
        if split == TRAIN:
            raise DataError(
                f'The text "{self.schema.title}" has {tokens:,} characters to train on, too few for windows '
                f"of {length:,}: choose a length below {tokens:,}."
            )
        return (1, tokens - 1) if tokens > 1 else (0, length)

    def _items(self, split: str, length: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        start, tokens = self.slice_of(split)
        count, length = self._windows(split, length)
        if generator is not None:
            slack = tokens - 1 - count * length
            start += int(torch.randint(min(length - 1, slack) + 1, (), generator=generator))
        stream = self.tensors["tokens"]
        return {
            "tokens": stream.narrow(0, start, count * length).view(count, length),
            "next": stream.narrow(0, start + 1, count * length).view(count, length),
        }


@dataclass(frozen=True, eq=False)
class WholeGraph(Loaded):
    """One graph: a batch is the whole graph, and an epoch one step.

    `nodes` has the numbers of the nodes of each split; `labels` the classes of all nodes as each split
    sees them, OUTSIDE where a node belongs to another split.
    """

    nodes: dict[str, Tensor] = field(default_factory=dict)
    labels: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def divided(
        cls,
        schema: Schema,
        tensors: Mapping[str, Tensor],
        nodes: Mapping[str, Tensor],
        *,
        problems: tuple[str, ...] = (),
    ) -> WholeGraph:
        """The graph with `tensors` x, edges and label, its nodes divided as `nodes` says."""
        truth = tensors["label"]
        labels = {}
        for split, index in nodes.items():
            labels[split] = torch.full_like(truth, OUTSIDE)
            labels[split][index] = truth[index]
        return cls(
            schema=schema,
            tensors=dict(tensors),
            sizes={split: len(index) for split, index in nodes.items()},
            problems=problems,
            nodes=dict(nodes),
            labels=labels,
        )

    def to(self, device: torch.device | str) -> Self:
        return replace(
            super().to(device), labels={split: labels.to(device) for split, labels in self.labels.items()}
        )

    @property
    def splits(self) -> dict[str, Tensor]:
        return dict(self.nodes)

    def count(self, split: str, *, length: int = 0) -> int:
        self.slice_of(split)
        return 1

    def batches(
        self,
        split: str,
        batch_size: int,
        *,
        generator: torch.Generator | None = None,
        length: int = 0,
        shuffle: bool | None = None,
        skip: int = 0,
        outputs: Mapping[str, str] | None = None,
    ) -> Iterator[dict[str, Tensor]]:
        """The whole graph once, or nothing when `skip` leaves it out."""
        if skip < self.count(split):
            items = self._items(split, length, None)
            yield {key: items[name] for name, key in (outputs or {name: name for name in items}).items()}

    def _items(self, split: str, length: int, generator: torch.Generator | None) -> dict[str, Tensor]:
        return {**self.tensors, "label": self.labels[split]}
