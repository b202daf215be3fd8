"""Datasets as tensors, and the batches that the training loop takes from them.

May import torch, the readers' content and the schema.  The order of the batches is that of a plain loop:
`order = torch.randperm(count, generator=generator)`, then `batch_size` items at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import psutil
import torch
from torch import Tensor

from workbench.catalog.schema import OUTSIDE, Schema
from workbench.core.errors import DataError
from workbench.engine.readers.content import Content, Layout
from workbench.engine.readers.tokens import Vocabulary

TRAIN = "train"

# Up to so many bytes, four times as many are no matter: 16 MB are 20,000 images of 28×28.
_SMALL = 16 * 2**20

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

    def count(self, split: str, *, length: int = 0) -> int:
        """Number of items that the batches of one epoch of the split are made of."""
        return self.slice_of(split)[1]

    @abstractmethod
    def _take(
        self, split: str, length: int, generator: torch.Generator | None, outputs: Mapping[str, str] | None
    ) -> Take:
        """How items of the split are taken; without a generator always the same ones."""

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
        normalisation cannot take.  A split that fits into one batch is given whole and in order.
        `length` is the window of a text in tokens.  `skip` leaves out the first batches
        of the same epoch.  `outputs` picks outputs and names their entry in the batch.
        """
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

    @property
    def _index_device(self) -> torch.device:
        return next(iter(self.tensors.values())).device


def _steps(count: int, batch_size: int, shuffled: bool) -> int:
    if batch_size < 1:
        raise DataError(f"The batch size must be at least 1, it is {batch_size}.")
    lone = shuffled and batch_size > 1 and count > batch_size and count % batch_size == 1
    return count // batch_size if lone else -(-count // batch_size)


def _taken(tensor: Tensor, index: Tensor | slice) -> Tensor:
    """Items of a tensor; those of a slice without a copy."""
    if isinstance(index, slice):
        return tensor.narrow(0, index.start, index.stop - index.start)
    return tensor.index_select(0, index)


def _chosen(
    tensors: Mapping[str, Tensor], outputs: Mapping[str, str] | None
) -> list[tuple[str, str, Tensor]]:
    wanted = outputs or {name: name for name in tensors}
    return [(name, key, tensors[name]) for name, key in wanted.items()]


@dataclass(frozen=True, eq=False)
class ItemSet(Loaded):
    """Items of which every tensor has one row: images, rows of a table, sentences.

    `positions` has the rows of each split in `tensors`.  A set that fits onto the device goes there as a
    whole, split after split (then `positions` is empty); a larger one stays in its files, mapped into
    memory, and only batches go to `device`.  A tensor named in `divisors` is kept as bytes and divided by
    that number when a batch is taken: a fourth of the memory, and the same numbers.  A small one becomes
    floats on its way to the device, which saves the division at every step.
    """

    divisors: Mapping[str, int] = field(default_factory=dict)
    positions: Mapping[str, Tensor] = field(default_factory=dict)
    device: torch.device | None = None

    @classmethod
    def of(cls, content: Content, schema: Schema) -> Self:
        """The dataset of arrays whose first dimension is the item."""
        return cls(
            schema=schema,
            tensors={name: torch.from_numpy(content.arrays[name]) for name in schema.outputs},
            sizes=content.sizes,
            divisors=content.divisors,
            positions={name: torch.from_numpy(index) for name, index in content.splits.items()},
        )

    def to(self, device: torch.device | str) -> Self:
        device = torch.device(device)
        if not self.positions:
            return self._floats(super().to(device))
        if sum(tensor.nbytes for tensor in self.tensors.values()) > _room(device):
            return replace(self, device=device)
        arranged = self.arranged()
        moved = {name: tensor.to(device) for name, tensor in arranged.tensors.items()}
        return self._floats(replace(arranged, tensors=moved))

    def arranged(self) -> Self:
        """The same set in memory with its items split after split."""
        rows = torch.cat(list(self.positions.values()))
        tensors = {name: tensor.index_select(0, rows) for name, tensor in self.tensors.items()}
        return replace(self, tensors=tensors, positions={})

    def _floats(self, moved: Self) -> Self:
        small = {name for name in moved.divisors if moved.tensors[name].nbytes <= _SMALL}
        return replace(
            moved,
            tensors={n: self._finished(n, t) if n in small else t for n, t in moved.tensors.items()},
            divisors={n: divisor for n, divisor in self.divisors.items() if n not in small},
        )

    def _take(
        self, split: str, length: int, generator: torch.Generator | None, outputs: Mapping[str, str] | None
    ) -> Take:
        start, size = self.slice_of(split)
        chosen = _chosen(self.tensors, outputs)
        if self.positions:
            rows, device = self.positions[split], self.device
            return lambda index: {
                key: self._finished(name, tensor.index_select(0, rows[index]).to(device))
                for name, key, tensor in chosen
            }
        here = [(name, key, tensor.narrow(0, start, size)) for name, key, tensor in chosen]
        return lambda index: {key: self._finished(name, _taken(tensor, index)) for name, key, tensor in here}

    def _finished(self, name: str, batch: Tensor) -> Tensor:
        """The batch as the schema promises it: what is kept in fewer bits becomes float or index here."""
        divisor = self.divisors.get(name)
        if divisor is not None:
            return batch.to(torch.float32).div_(divisor)
        spec = self.schema.outputs.get(name)
        if spec is None or batch.dtype in (torch.float32, torch.float64, torch.int64, torch.bool):
            return batch
        return batch.to(torch.float32 if spec.dtype == "float" else torch.int64)


def _room(device: torch.device) -> int:
    """Bytes that a dataset may take on a device: half of what is free there."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // 2
    return psutil.virtual_memory().available // 2


@dataclass(frozen=True, eq=False)
class Windows(Loaded):
    """Rows in the order of time; an item is `window` rows of x and the `horizon` rows of y that follow."""

    window: int = 1
    horizon: int = 1
    starts: Mapping[str, Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, content: Content, schema: Schema) -> Self:
        """The dataset of the arrays x (rows × features) and y (rows × targets)."""
        return cls(
            schema=schema,
            tensors={name: torch.from_numpy(content.arrays[name]) for name in ("x", "y")},
            sizes=content.sizes,
            window=content.window,
            horizon=content.horizon,
            starts={name: torch.from_numpy(index) for name, index in content.splits.items()},
        )

    def to(self, device: torch.device | str) -> Self:
        starts = {name: index.to(device) for name, index in self.starts.items()}
        return replace(super().to(device), starts=starts)

    def _take(
        self, split: str, length: int, generator: torch.Generator | None, outputs: Mapping[str, str] | None
    ) -> Take:
        self.slice_of(split)
        starts = self.starts[split]
        views = {
            "x": self.tensors["x"].unfold(0, self.window, 1).transpose(1, 2),
            "y": self.tensors["y"][self.window :].unfold(0, self.horizon, 1).transpose(1, 2),
        }
        chosen = _chosen(views, outputs)
        return lambda index: {key: view.index_select(0, starts[index]) for _, key, view in chosen}


@dataclass(frozen=True, eq=False)
class TokenStream(Loaded):
    """A text as one long row of tokens; an item is a window of `length` tokens and the one a token later.

    Training windows start each epoch at another place; those of the other splits are always the same.
    No two windows of an epoch overlap.
    """

    @classmethod
    def of(cls, content: Content, schema: Schema) -> Self:
        """The dataset of one long row of tokens."""
        tokens = torch.from_numpy(content.arrays["tokens"])
        return cls(schema=schema, tensors={"tokens": tokens}, sizes=content.sizes)

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

    def _take(
        self, split: str, length: int, generator: torch.Generator | None, outputs: Mapping[str, str] | None
    ) -> Take:
        start, tokens = self.slice_of(split)
        count, length = self._windows(split, length)
        if generator is not None:
            slack = tokens - 1 - count * length
            start += int(torch.randint(min(length - 1, slack) + 1, (), generator=generator))
        stream = self.tensors["tokens"]
        rows = {
            "tokens": stream.narrow(0, start, count * length).view(count, length),
            "next": stream.narrow(0, start + 1, count * length).view(count, length),
        }
        chosen = _chosen(rows, outputs)
        return lambda index: {key: _taken(tensor, index).to(torch.int64) for _, key, tensor in chosen}


@dataclass(frozen=True, eq=False)
class WholeGraph(Loaded):
    """One graph: a batch is the whole graph, and an epoch one step.

    `nodes` has the numbers of the nodes of each split; `labels` the classes of all nodes as each split
    sees them, OUTSIDE where a node belongs to another split.
    """

    nodes: dict[str, Tensor] = field(default_factory=dict)
    labels: dict[str, Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, content: Content, schema: Schema) -> Self:
        """The graph with arrays x, edges and label, its nodes divided as the splits say."""
        tensors = {name: torch.from_numpy(content.arrays[name]) for name in schema.outputs}
        truth = tensors["label"]
        outside = OUTSIDE if not truth.is_floating_point() else float("nan")
        nodes = {name: torch.from_numpy(index) for name, index in content.splits.items()}
        labels = {}
        for split, index in nodes.items():
            labels[split] = torch.full_like(truth, outside)
            labels[split][index] = truth[index]
        return cls(schema=schema, tensors=tensors, sizes=content.sizes, nodes=nodes, labels=labels)

    def to(self, device: torch.device | str) -> Self:
        return replace(
            super().to(device), labels={split: labels.to(device) for split, labels in self.labels.items()}
        )

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
        """The whole graph once: there is nothing to order."""
        return super().batches(split, batch_size, shuffle=False, skip=skip, outputs=outputs)

    def _take(
        self, split: str, length: int, generator: torch.Generator | None, outputs: Mapping[str, str] | None
    ) -> Take:
        chosen = _chosen({**self.tensors, "label": self.labels[split]}, outputs)
        return lambda index: {key: tensor for _, key, tensor in chosen}


@dataclass(frozen=True, eq=False)
class GraphSet(Loaded):
    """Many graphs; a batch is one graph in which they lie side by side, and `graph` tells whose a node is.

    `nodes` and `links` hold the place where each graph begins in x and edges, and one place more.
    """

    positions: Mapping[str, Tensor] = field(default_factory=dict)
    nodes: Tensor = field(default_factory=lambda: torch.zeros(1, dtype=torch.int64))
    links: Tensor = field(default_factory=lambda: torch.zeros(1, dtype=torch.int64))

    @classmethod
    def of(cls, content: Content, schema: Schema) -> Self:
        """The dataset of the arrays x, edges, nodes, links and one row a graph of all others."""
        return cls(
            schema=schema,
            tensors={
                name: torch.from_numpy(content.arrays[name]) for name in schema.outputs if name != "graph"
            },
            sizes=content.sizes,
            positions={name: torch.from_numpy(index) for name, index in content.splits.items()},
            nodes=torch.from_numpy(content.arrays["nodes"]),
            links=torch.from_numpy(content.arrays["links"]),
        )

    def to(self, device: torch.device | str) -> Self:
        return replace(
            super().to(device),
            positions={name: index.to(device) for name, index in self.positions.items()},
            nodes=self.nodes.to(device),
            links=self.links.to(device),
        )

    def _take(
        self, split: str, length: int, generator: torch.Generator | None, outputs: Mapping[str, str] | None
    ) -> Take:
        self.slice_of(split)
        positions = self.positions[split]
        wanted = outputs or {name: name for name in self.schema.outputs}
        return lambda index: {
            key: tensor
            for name, tensor in self._joined(positions[index]).items()
            if (key := wanted.get(name))
        }

    def _joined(self, graphs: Tensor) -> dict[str, Tensor]:
        """The graphs side by side: the edges of each are counted from its first node in the batch."""
        node_counts = self.nodes[graphs + 1] - self.nodes[graphs]
        link_counts = self.links[graphs + 1] - self.links[graphs]
        first_nodes = node_counts.cumsum(0) - node_counts
        rows = _ranges(self.nodes[graphs], node_counts)
        columns = _ranges(self.links[graphs], link_counts)
        batch = {
            name: tensor.index_select(0, graphs)
            for name, tensor in self.tensors.items()
            if name not in ("x", "edges")
        }
        shifts = torch.repeat_interleave(first_nodes, link_counts)
        batch["x"] = self.tensors["x"].index_select(0, rows)
        batch["edges"] = self.tensors["edges"].index_select(1, columns) + shifts
        batch["graph"] = torch.repeat_interleave(torch.arange(len(graphs), device=graphs.device), node_counts)
        return batch


def _ranges(starts: Tensor, counts: Tensor) -> Tensor:
    """The numbers from each start on, one range after the other: starts 5, 0 and counts 2, 3 give 5 6 0 1 2."""
    ends = counts.cumsum(0)
    total = int(ends[-1]) if len(ends) else 0
    return torch.arange(total, device=starts.device) + torch.repeat_interleave(starts - ends + counts, counts)


_KINDS: Mapping[Layout, type[ItemSet | TokenStream | Windows | WholeGraph | GraphSet]] = {
    "items": ItemSet,
    "stream": TokenStream,
    "windows": Windows,
    "graph": WholeGraph,
    "graphs": GraphSet,
}


def assembled(
    content: Content, schema: Schema | None = None, *, problems: tuple[str, ...] = (), fingerprint: str = ""
) -> Loaded:
    """The dataset of what a reader gave; `schema` is the workspace's own, with the names that people changed."""
    loaded = _KINDS[content.layout].of(content, schema or content.schema)
    return replace(
        loaded, problems=problems, fingerprint=fingerprint, vocabularies=dict(content.vocabularies)
    )
