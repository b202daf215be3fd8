"""The data of a run as its model takes it: batches of any items of any split. Imports torch, the data and the feeds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from workbench.catalog.check import Analysis
from workbench.catalog.nodes.data import Dataset
from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.engine.data import Loaded, assembled, load, load_sample
from workbench.engine.data.graphs import WholeGraph
from workbench.engine.data.items import ItemSet
from workbench.engine.data.sequences import TokenStream
from workbench.engine.feeds import Feed
from workbench.engine.readers import show
from workbench.engine.readers.content import Content, opened
from workbench.engine.readers.samples import sample
from workbench.engine.service.answers import Answer
from workbench.jobs.datasets import copy_folder
from workbench.store.records import DatasetRecord
from workbench.store.store import Store


@dataclass(frozen=True, slots=True)
class Source:
    """What one dataset node gives: the data in training, and the content of its copy, which can be looked at."""

    node: str
    feed: Feed
    content: Content
    record: DatasetRecord | None
    """None of a sample."""

    @property
    def data(self) -> Loaded:
        return self.feed.data

    @property
    def whole(self) -> bool:
        """Whether it is one graph, of which an item is a node and a batch always the whole."""
        return isinstance(self.data, WholeGraph)

    def place(self, index: int) -> int:
        """Where the readers count an item of a split: of a text by its tokens."""
        return index * self.feed.length if isinstance(self.data, TokenStream) else index

    def shown(self, split: str, index: int) -> dict[str, Any]:
        """An item as the readers show it, see readers/show.py; of a text the tokens that the model reads."""
        place = self.place(index)
        if not isinstance(self.data, TokenStream):
            return show.items(self.content, split, [place])[0]
        # A part that is too short for a window is a shorter one, of all but its last token.
        length = min(self.feed.length, self.data.sizes[split] - 1)
        return show.items(self.content, split, [place], length)[0]


@dataclass(frozen=True, slots=True)
class Data:
    """All data of a run. Items are counted by the first dataset node; another one starts again at its end."""

    sources: tuple[Source, ...]
    batch_size: int
    device: torch.device
    given: frozenset[str] | None = None
    """Of own inputs the outputs that were made of them; the others hold nothing. None for a dataset."""

    @property
    def first(self) -> Source:
        return self.sources[0]

    def source(self, node: str) -> Source:
        """The source of a dataset node."""
        return next(each for each in self.sources if each.node == node)

    @property
    def fingerprint(self) -> str:
        """Tells whether two evaluations saw the same content in the same order."""
        return "|".join(f"{each.data.fingerprint}:{each.feed.length}" for each in self.sources)

    @property
    def splits(self) -> dict[str, int]:
        """How many items each split has."""
        return {split: count for split in self.first.data.sizes if (count := self.count(split))}

    def count(self, split: str) -> int:
        """Raises DataError for a split that there is not."""
        source = self.first
        if source.whole:
            return source.data.slice_of(split)[1]
        try:
            return source.data.count(split, length=source.feed.length)
        except DataError:
            source.data.slice_of(split)
            return 0  # a text that is too short for a window

    def batch(self, split: str, indices: Sequence[int]) -> dict[str, Tensor]:
        """The items at these places of a split, each entry under NODE.PORT; of one graph all of it."""
        count = self.count(split)
        if not indices or not all(0 <= index < count for index in indices):
            raise DataError(f"The {split} part has {count:,} items, numbered from 0.")
        found: dict[str, Tensor] = {}
        for source in self.sources:
            feed = source.feed
            size = max(1, feed.data.count(split, length=feed.length))
            places = torch.tensor([index % size for index in indices])
            if source.whole:
                places = torch.zeros(1, dtype=torch.int64)
            taken = feed.data.at(split, places, length=feed.length, outputs=feed.outputs)
            found |= {name: tensor.to(self.device) for name, tensor in taken.items()}
        return found

    def row(self, split: str, index: int) -> int:
        """Of an item of a batch of its own its row: 0, and of one graph the number of the node."""
        data = self.first.data
        return int(data.nodes[split][index]) if isinstance(data, WholeGraph) else 0

    def item(self, split: str, index: int) -> dict[str, Any]:
        """An item as the readers show it, see readers/show.py; of one graph the node and its neighbours."""
        item = self.first.shown(split, index)
        if self.given is None:
            return item
        empty = self.first.data.schema.outputs.keys() - self.given
        return {**item, "label": "", "parts": [part for part in item["parts"] if part["name"] not in empty]}

    def shown(self, split: str, index: int, answer: Answer) -> dict[str, Any]:
        """An item without the number that is to be predicted, which is told beside it in the units of the data."""
        item = self.item(split, index)
        if answer.kind != "numbers" or answer.origin is None:
            return item
        return {**item, "parts": [part for part in item["parts"] if part["name"] != answer.origin.name]}

    def batches(self, split: str) -> Iterator[tuple[list[int], dict[str, Tensor]]]:
        """The places of the items of each batch of a split, in the order in which the model is to see them."""
        count = self.count(split)
        if self.first.whole:
            yield list(range(count)), self.batch(split, [0])
            return
        feed = self.first.feed
        order = feed.data.order(split, self.batch_size, length=feed.length, in_order=feed.in_order)
        for places in order if count else []:
            indices = [int(place) for place in places]
            yield indices, self.batch(split, indices)


def data_of(store: Store, analysis: Analysis, batch_size: int, device: torch.device) -> Data:
    """The data of all dataset nodes of a drawing. Raises DataError where one is gone."""
    records = {record.id: record for record in store.datasets()}
    loaded: dict[str, tuple[Loaded, Content]] = {}
    sources = []
    for id, info in analysis.root.infos.items():
        if not isinstance(info.kind, Dataset):
            continue
        name, record = info.kind.dataset, records.get(info.kind.dataset)
        if record is None and name not in SAMPLES:
            raise DataError(f"The workspace has no dataset “{name}”, on which this model was trained.")
        if name not in loaded:
            loaded[name] = _loaded(store, name, record, device)
        outputs = {port: f"{id}.{port}" for port in info.outputs}
        data, content = loaded[name]
        feed = Feed(data, info.kind.length, outputs, info.kind.order == "in order")
        sources.append(Source(id, feed, content, record))
    if not sources:
        raise DataError("The model has no dataset.")
    return Data(tuple(sources), batch_size, device)


def _loaded(
    store: Store, name: str, record: DatasetRecord | None, device: torch.device
) -> tuple[Loaded, Content]:
    if record is None:
        return _placed(load_sample(name), device), sample(name)
    # The kept copy is what the model was trained on, also where files were added to its source since.
    try:
        content = opened(copy_folder(store, record))
        data = assembled(content, Schema.from_json(record.schema), fingerprint=record.fingerprint)
    except DataError:  # there is none, or it is damaged: it is made again
        data = load(store, name)
        content = opened(copy_folder(store, record))
    return _placed(data, device), replace(content, schema=data.schema)


def _placed(data: Loaded, device: torch.device) -> Loaded:
    """Items stay in their files, of which only batches are taken; everything else is small."""
    return replace(data, device=device) if isinstance(data, ItemSet) else data.to(device)


def of_content(
    source: Source, content: Content, given: frozenset[str], batch_size: int, device: torch.device
) -> Data:
    """What was made ready for a dataset node, as data of its own with the split “given”."""
    data = _placed(assembled(content, source.data.schema), device)
    return Data(
        (replace(source, feed=replace(source.feed, data=data), content=content),), batch_size, device, given
    )
