"""Batches for a program: each dataset node of a drawing is a feed, and a batch holds all their outputs by name."""

from collections.abc import Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class Feeds:
    """The data of one run. With several datasets the first one decides how long an epoch is."""

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
        first, *others = (self._training(feed, seed, epoch, skip) for feed in self.feeds)
        return first if not others else _zipped(first, others)

    def split(self, split: str, skip: int = 0) -> Iterator[dict[str, Tensor]]:
        """The batches of a split in their fixed order, without the first ones."""
        first, *others = (
            feed.data.batches(
                split,
                self.batch_size,
                length=feed.length,
                shuffle=False,
                skip=skip,
                outputs=feed.outputs,
                in_order=feed.in_order,
            )
            for feed in self.feeds
        )
        return first if not others else _zipped(first, others)

    def _training(self, feed: Feed, seed: int, epoch: int, skip: int) -> Iterator[dict[str, Tensor]]:
        if feed is self.feeds[0]:
            return self._once(feed, seed, epoch, skip)
        return self._endless(feed, seed, epoch, skip)

    def _once(self, feed: Feed, seed: int, epoch: int, skip: int) -> Iterator[dict[str, Tensor]]:
        return feed.data.batches(
            TRAIN,
            self.batch_size,
            generator=epoch_generator(seed, epoch),
            length=feed.length,
            skip=skip,
            outputs=feed.outputs,
            in_order=feed.in_order,
        )

    def _endless(self, feed: Feed, seed: int, epoch: int, skip: int) -> Iterator[dict[str, Tensor]]:
        """A further dataset starts again when it ends before the first one does."""
        steps = feed.data.steps_per_epoch(TRAIN, self.batch_size, length=feed.length, in_order=feed.in_order)
        turn, skip = divmod(skip, steps)
        while True:
            yield from self._once(feed, seed + 7919 * (turn + 1), epoch, skip)
            turn, skip = turn + 1, 0


def _zipped(
    first: Iterator[dict[str, Tensor]], others: list[Iterator[dict[str, Tensor]]]
) -> Iterator[dict[str, Tensor]]:
    for batch, *more in zip(first, *others, strict=False):
        yield {name: tensor for part in (batch, *more) for name, tensor in part.items()}
