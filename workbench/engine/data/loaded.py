"""What datasets of every kind have in common: tensors, and the batches that the training loop takes from them.

May import torch, the readers and the schema.  The order of the batches is that of a plain loop:
`order = torch.randperm(count, generator=generator)`, then `batch_size` items at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.engine.readers.tokens import Vocabulary

TRAIN = "train"

# Gives the items at some positions, or those of a slice without a copy, by the key that a batch wants.
Take = Callable[[Tensor | slice], dict[str, Tensor]]


def epoch_generator(seed: int, epoch: int) -> torch.Generator:
    """The generator that orders one epoch; made of two numbers, so that a run can resume inside an epoch."""
    return torch.Generator().manual_seed((seed * 1_000_003 + epoch) % 2**63)


@dataclass(frozen=True, eq=False)
class Loaded(ABC):
    """A dataset: tensors by output name, and how many items each split has.

    `problems` are sentences about what was left out or changed while reading.  `fingerprint` tells whether
    two runs saw the same content.  `vocabularies` tell what the tokens of an output stand for.
    """

    schema: Schema
    tensors: dict[str, Tensor]
    sizes: dict[str, int]
    problems: tuple[str, ...] = ()
    fingerprint: str = ""
    vocabularies: Mapping[str, Vocabulary] = field(default_factory=dict)

    def to(self, device: torch.device | str) -> Self:
        """The same dataset with its tensors on `device`; nothing is copied when they are there already."""
        return replace(self, tensors={name: tensor.to(device) for name, tensor in self.tensors.items()})

    def slice_of(self, split: str) -> tuple[int, int]:
        """First position and number of items of a split, where splits stand one after the other.

        Raises DataError for an unknown split.
        """
        start = 0
        for name, size in self.sizes.items():
            if name == split:
                return start, size
            start += size
        raise DataError(f'"{self.schema.title}" has no {split} part; it has {", ".join(self.sizes)}.')

    def rows_of(self, output: str) -> Tensor:
        """What is kept of an output, part after part; without rows that are in no part, as of a damaged picture."""
        return self.tensors[output]

    def count(self, split: str, *, length: int = 0) -> int:
        """Number of items that the batches of one epoch of the split are made of."""
        return self.slice_of(split)[1]

    @abstractmethod
    def _take(
        self, split: str, length: int, generator: torch.Generator | None, outputs: Mapping[str, str] | None
    ) -> Take:
        """How items of the split are taken; without a generator always the same ones."""

    def followed(self, split: str, length: int) -> Tensor | None:
        """The items of which each begins where the one before it ends; None where items have nothing to do with
        each other.
        """
        return None

    def steps_per_epoch(
        self,
        split: str,
        batch_size: int,
        *,
        length: int = 0,
        shuffle: bool | None = None,
        in_order: bool = False,
    ) -> int:
        """Number of batches that `batches` gives for the same arguments."""
        if in_order:
            return len(self._in_order(split, batch_size, length))
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
        in_order: bool = False,
    ) -> Iterator[dict[str, Tensor]]:
        """One epoch of `split` in batches, as dicts from output name to tensor.

        `shuffle` defaults to whether the split is "train" and needs a `generator` on the CPU (see
        `epoch_generator`); shuffled epochs leave out a last batch of a single item, which batch
        normalisation cannot take.  A split that fits into one batch is given whole and in order.
        `length` is the window of a text in tokens.  `skip` leaves out the first batches
        of the same epoch.  `outputs` picks outputs and names their entry in the batch.
        `in_order`: nothing is shuffled; of a text and of windows each row of a batch goes on where that row of
        the batch before stopped.
        """
        if in_order:
            take = self._take(split, length, None, outputs)
            for index in self._in_order(split, batch_size, length)[skip:]:
                yield take(index.to(self._index_device))
            return
        shuffled = split == TRAIN if shuffle is None else shuffle
        if shuffled and generator is None:
            raise ValueError("Shuffled batches need a generator.")
        count = self.count(split, length=length)
        take = self._take(split, length, generator if shuffled else None, outputs)
        steps = _steps(count, batch_size, shuffled)
        if shuffled and count > batch_size:
            order = torch.randperm(count, generator=generator).to(self._index_device, non_blocking=True)
            for index in torch.split(order, batch_size)[skip:steps]:
                yield take(index)
            return
        for step in range(skip, steps):
            start = step * batch_size
            yield take(slice(start, min(start + batch_size, count)))

    def at(
        self, split: str, index: Tensor, *, length: int = 0, outputs: Mapping[str, str] | None = None
    ) -> dict[str, Tensor]:
        """The items at some places of a split, as a batch holds them."""
        return self._take(split, length, None, outputs)(index.to(self._index_device))

    def order(self, split: str, batch_size: int, *, length: int = 0, in_order: bool = False) -> list[Tensor]:
        """Which items each batch of a split has when nothing is shuffled."""
        if in_order:
            return self._in_order(split, batch_size, length)
        return list(torch.split(torch.arange(self.count(split, length=length)), batch_size))

    def _in_order(self, split: str, batch_size: int, length: int) -> list[Tensor]:
        """Which items each batch has. Training leaves out what does not fill a batch of rows that go on."""
        items = self.followed(split, length)
        if items is None or not len(items):
            count = self.count(split, length=length)
            steps = _steps(count, batch_size, split == TRAIN)
            return list(torch.split(torch.arange(count), batch_size))[:steps]
        rows = min(batch_size, len(items))
        steps = len(items) // rows
        batches = list(items[: rows * steps].view(rows, steps).unbind(1))
        rest = items[rows * steps :]
        return batches if split == TRAIN or not len(rest) else [*batches, rest]

    @property
    def _index_device(self) -> torch.device:
        return next(iter(self.tensors.values())).device


def _steps(count: int, batch_size: int, shuffled: bool) -> int:
    if batch_size < 1:
        raise DataError(f"The batch size must be at least 1, it is {batch_size}.")
    lone = shuffled and batch_size > 1 and count > batch_size and count % batch_size == 1
    return count // batch_size if lone else -(-count // batch_size)


def taken(tensor: Tensor, index: Tensor | slice) -> Tensor:
    """Items of a tensor; those of a slice without a copy."""
    if isinstance(index, slice):
        return tensor.narrow(0, index.start, index.stop - index.start)
    return tensor.index_select(0, index)


def chosen(tensors: Mapping[str, Tensor], outputs: Mapping[str, str] | None) -> list[tuple[str, str, Tensor]]:
    """Name, key in the batch and tensor of each output that is asked for; without outputs of all."""
    wanted = outputs or {name: name for name in tensors}
    return [(name, key, tensors[name]) for name, key in wanted.items()]
