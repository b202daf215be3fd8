"""What a probe has at hand when it looks: its values for batches, and where it records. Imports torch and the store."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from workbench.catalog.goals import figure_of
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.schema import Schema
from workbench.catalog.scope import NodeInfo, Scope
from workbench.engine.checkpoint import Progress
from workbench.engine.feeds import Feed, Feeds
from workbench.engine.loop import Stopped
from workbench.engine.program import method
from workbench.engine.recorder import Recorder
from workbench.store.records import MediaKind

Batch = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Look:
    """One probe at one point of the training. `split` was just evaluated, with `totals` as its summed states."""

    id: str
    info: NodeInfo
    root: Scope
    program: nn.Module
    feeds: Feeds
    recorder: Recorder
    device: torch.device
    progress: Progress
    split: str
    totals: Mapping[str, Tensor]

    def param(self, name: str) -> Any:
        """A field of the probe's form."""
        return getattr(self.info.kind, name)

    @property
    def schemas(self) -> dict[str, Schema]:
        """The schema of each dataset node."""
        infos = self.root.infos.items()
        kinds = {id: info.kind for id, info in infos if isinstance(info.kind, Dataset)}
        return {id: kind.schema for id, kind in kinds.items() if kind.schema is not None}

    def generator(self) -> torch.Generator:
        """Random numbers that the run's seed decides, whatever other probes drew."""
        return torch.Generator(self.device).manual_seed(torch.initial_seed())

    def seen(self, batch: Batch) -> dict[str, Tensor]:
        """What stands at the inputs of the probe, by port."""
        if self.recorder.wish() == "stop":
            raise Stopped
        found = cast("Tensor | tuple[Tensor, ...]", method(self.program, f"probe_{self.id}")(batch))
        values = (found,) if isinstance(found, Tensor) else found
        return dict(zip(self.info.ports, values, strict=True))

    def scores(self, batch: Batch) -> Tensor:
        """What stands at the input of a probe that has one."""
        return self.seen(batch)["input"]

    def first(self, count: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The first examples of the split: what stands at the inputs, and the batch itself."""
        values: dict[str, list[Tensor]] = {}
        entries: dict[str, list[Tensor]] = {}
        for batch in self.feeds.split(self.split):
            for name, tensor in self.seen(batch).items():
                values.setdefault(name, []).append(tensor)
            for name, tensor in batch.items():
                entries.setdefault(name, []).append(tensor)
            if sum(map(len, next(iter(values.values())))) >= count:
                break
        return _joined(values, count), _joined(entries, count)

    def spread(self, count: int) -> tuple[dict[str, Tensor], list[int]]:
        """Examples from the whole split, equally far from each other: what stands at the inputs, and their places.

        Neighbours show nearly the same where examples are windows of a series. Of data in order, whose batches only
        make sense one after the other, the first ones.
        """
        feed, size = self.feeds.feeds[0], self.feeds.batch_size
        whole = feed.data.count(self.split, length=feed.length)
        if feed.in_order or whole <= count:
            values, _ = self.first(count)
            return values, list(range(len(next(iter(values.values())))))
        places = [index * (whole - 1) // max(1, count - 1) for index in range(count)]
        values_of: dict[str, list[Tensor]] = {}
        for number in dict.fromkeys(place // size for place in places):
            seen = self.seen(next(self.feeds.split(self.split, skip=number)))
            rows = [place % size for place in places if place // size == number]
            for name, tensor in seen.items():
                values_of.setdefault(name, []).append(tensor[rows])
        return _joined(values_of, count), places

    def pairs(self, *outputs: str) -> Iterator[tuple[str, Feed]]:
        """The dataset nodes, each with its feed, that give all these outputs and have vocabularies."""
        for feed in self.feeds.feeds:
            node = next(iter(feed.outputs.values())).partition(".")[0]
            if feed.data.vocabularies and all(name in feed.outputs for name in outputs):
                yield node, feed

    def add(self, kind: MediaKind, data: bytes, caption: str = "") -> None:
        """Records something to look at."""
        recorder, place = self.recorder, self.progress
        said = caption or f"epoch {place.epoch}"
        recorder.insist(
            lambda: recorder.store.add_media(recorder.run, self.id, kind, place.step, place.epoch, data, said)
        )

    def add_json(self, kind: MediaKind, content: Mapping[str, object], caption: str = "") -> None:
        """Records something to look at that is described by numbers and texts."""
        self.add(kind, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), caption)

    def log(self, value: float) -> None:
        """Records a figure: it gets a curve, and stands among the metrics."""
        name = figure_of(self.id, self.root.infos)
        self.recorder.log(f"{self.split}/{name}", self.progress.step, self.progress.epoch, value)


def _joined(parts: Mapping[str, list[Tensor]], count: int) -> dict[str, Tensor]:
    return {name: torch.cat(tensors)[:count] for name, tensors in parts.items()}
