"""Datasets of one graph or of many.  May import torch, the readers' content and the schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor

from workbench.catalog.schema import OUTSIDE, Schema
from workbench.engine.data.loaded import Loaded, Take, chosen
from workbench.engine.readers.content import Content


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
        in_order: bool = False,
    ) -> Iterator[dict[str, Tensor]]:
        """The whole graph once: there is nothing to order."""
        return super().batches(split, batch_size, shuffle=False, skip=skip, outputs=outputs)

    def _take(
        self, split: str, length: int, generator: torch.Generator | None, outputs: Mapping[str, str] | None
    ) -> Take:
        named = chosen({**self.tensors, "label": self.labels[split]}, outputs)
        return lambda index: {key: tensor for _, key, tensor in named}


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

    def rows_of(self, output: str) -> Tensor:
        if output in ("x", "edges"):
            return self.tensors[output]
        return self.tensors[output].index_select(0, torch.cat(list(self.positions.values())))

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
