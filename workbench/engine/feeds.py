"""Batches for a program: each dataset node of a drawing is a feed, and a batch holds all their outputs by name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from workbench.catalog.check import Analysis
from workbench.catalog.nodes.data import Dataset
from workbench.core.errors import DataError
from workbench.engine.data import Loaded, epoch_generator

TRAIN, VALIDATION, TEST = "train", "validation", "test"


@dataclass(frozen=True, slots=True)
class Feed:
    """One dataset node: its data, the window of a text, and under which names its outputs enter a batch."""

    data: Loaded
    length: int
    outputs: Mapping[str, str]
    in_order: bool = False

    @property
    def is_graph(self) -> bool:
        """Whether the rows of a batch are nodes, of whose number no batch can be told."""
        return self.data.schema.kind == "graph"


Once = Callable[[Feed, int, int], Iterator[dict[str, Tensor]]]
"""One pass over a feed: which turn it is, and how many batches are left out."""
Part = Callable[[int, int, int], dict[str, Tensor]]
"""What a further feed gives to a batch: its number, the length of a full one, its own length."""


@dataclass(frozen=True, slots=True)
class Feeds:
    """The data of one run. With several datasets the first one decides how long a pass is, in training as in
    evaluation, and how many examples a batch has; the others begin again when they end before it.
    """

    feeds: tuple[Feed, ...]
    batch_size: int

    @classmethod
    def of(
        cls, analysis: Analysis, loaded: Mapping[str, Loaded], batch_size: int, device: torch.device
    ) -> "Feeds":
        """The feeds of a drawing's dataset nodes; `loaded` holds the data by dataset id."""
        moved = {id: data.to(device) for id, data in loaded.items()}
        feeds = []
        for id, info in analysis.root.infos.items():
            if isinstance(info.kind, Dataset):
                outputs = {name: f"{id}.{name}" for name in info.outputs}
                feeds.append(
                    Feed(moved[info.kind.dataset], info.kind.length, outputs, info.kind.order == "in order")
                )
        if not feeds:
            raise DataError("The model has no dataset to train on.")
        return cls(tuple(feeds), batch_size)

    def has(self, split: str) -> bool:
        """Whether there is anything in a split."""
        return all(
            feed.data.sizes.get(split, 0) > 0 and feed.data.count(split, length=feed.length) > 0
            for feed in self.feeds
        )

    def steps(self, split: str) -> int:
        """Number of batches in one pass over a split."""
        first = self.feeds[0]
        return first.data.steps_per_epoch(
            split, self.batch_size, length=first.length, shuffle=split == TRAIN, in_order=first.in_order
        )

    def epoch(self, seed: int, epoch: int, skip: int = 0) -> Iterator[dict[str, Tensor]]:
        """The training batches of one epoch, in an order that the seed and the epoch's number decide."""

        def once(feed: Feed, turn: int, skip: int) -> Iterator[dict[str, Tensor]]:
            return feed.data.batches(
                TRAIN,
                self.batch_size,
                generator=epoch_generator(seed + 7919 * turn, epoch),
                length=feed.length,
                skip=skip,
                outputs=feed.outputs,
                in_order=feed.in_order,
            )

        return self._together(TRAIN, once, skip, fixed=False)

    def split(self, split: str, skip: int = 0) -> Iterator[dict[str, Tensor]]:
        """The batches of a split in their fixed order, without the first ones."""

        def once(feed: Feed, turn: int, skip: int) -> Iterator[dict[str, Tensor]]:
            return feed.data.batches(
                split,
                self.batch_size,
                length=feed.length,
                shuffle=False,
                skip=skip,
                outputs=feed.outputs,
                in_order=feed.in_order,
            )

        return self._together(split, once, skip, fixed=True)

    def _together(self, split: str, once: Once, skip: int, *, fixed: bool) -> Iterator[dict[str, Tensor]]:
        """The batches of the first dataset, each with as many examples of every other.

        Where nothing is shuffled (`fixed`, or a dataset in order), the first example of one goes with the first of
        the other, and so on, in the last batch, too.
        """
        first, *others = self.feeds
        if not others:
            yield from once(first, 0, skip)
            return
        full = min(self.batch_size, len(torch.cat(self._order(first, split))))
        parts = [
            self._aligned(f, split) if fixed or f.in_order else self._shuffled(f, split, once) for f in others
        ]
        for number, batch in enumerate(once(first, 0, skip), skip):
            size = full if first.is_graph else len(next(iter(batch.values())))
            for part in parts:
                batch |= part(number, full, size)
            yield batch

    def _order(self, feed: Feed, split: str) -> list[Tensor]:
        """Which examples each batch has. Raises DataError where there is none."""
        order = feed.data.order(split, self.batch_size, length=feed.length, in_order=feed.in_order)
        if not order or not len(order[0]):
            raise DataError(f"“{feed.data.schema.title}” has nothing in its {split} part.")
        return order

    def _aligned(self, feed: Feed, split: str) -> Part:
        """The examples in their order, from the start again where they end."""
        items = torch.cat(self._order(feed, split))

        def part(number: int, full: int, size: int) -> dict[str, Tensor]:
            index = items[torch.arange(number * full, number * full + size) % len(items)]
            return feed.data.at(split, index, length=feed.length, outputs=feed.outputs)

        return part

    def _shuffled(self, feed: Feed, split: str, once: Once) -> Part:
        """Full batches in an order that is another one each time that the dataset begins again."""
        order = self._order(feed, split)
        steps = sum(len(index) == len(order[0]) for index in order)
        running: tuple[int, Iterator[dict[str, Tensor]]] = -1, iter(())

        def part(number: int, full: int, size: int) -> dict[str, Tensor]:
            nonlocal running
            turn, skip = divmod(number, steps)
            if turn != running[0]:
                running = turn, once(feed, turn + 1, skip)
            batch = next(running[1])
            return batch if feed.is_graph else of_size(batch, size)

        return part


def of_size(batch: dict[str, Tensor], size: int) -> dict[str, Tensor]:
    """A batch of as many examples: without its last ones, or with its first ones once more."""
    rows = next(iter(batch.values()))
    if len(rows) == size:
        return batch
    index = torch.arange(size, device=rows.device) % len(rows)
    return {name: tensor[index] for name, tensor in batch.items()}
