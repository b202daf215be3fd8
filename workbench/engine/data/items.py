"""Datasets of items, of which every tensor has one row.  May import torch, the readers' content and the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
import psutil
import torch
from torch import Tensor

from workbench.catalog.schema import Schema
from workbench.engine.data.loaded import Loaded, Take, chosen, taken
from workbench.engine.readers.content import Content

# Up to so many bytes, four times as many are no matter: 16 MB are 20,000 images of 28×28.
_SMALL = 16 * 2**20


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

    def rows_of(self, output: str) -> Tensor:
        rows = list(self.positions.values())
        return self.tensors[output].index_select(0, torch.cat(rows)) if rows else self.tensors[output]

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
        """The same set with its items split after split; nothing is copied where they stand so in their files."""
        rows = torch.cat(list(self.positions.values()))
        first = int(rows[0]) if len(rows) else 0
        if torch.equal(rows, torch.arange(first, first + len(rows))):
            tensors = {name: tensor.narrow(0, first, len(rows)) for name, tensor in self.tensors.items()}
        else:
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
        wanted = chosen(self.tensors, outputs)
        if self.positions:
            rows, device = self.positions[split], self.device
            return lambda index: {
                key: self._finished(name, tensor.index_select(0, rows[index]).to(device))
                for name, key, tensor in wanted
            }
        takes = [(key, self._take_one(name, tensor.narrow(0, start, size))) for name, key, tensor in wanted]
        return lambda index: {key: take(index) for key, take in takes}

    def _take_one(self, name: str, tensor: Tensor) -> Callable[[Tensor | slice], Tensor]:
        """How items of one output are taken."""
        divisor = self.divisors.get(name)
        if divisor is not None and tensor.device.type == "cpu" and torch.get_num_threads() == 1:
            rows, by = tensor.numpy(), np.float32(divisor)

            def divided(index: Tensor | slice) -> Tensor:
                # NumPy is faster with one thread, torch with several; dividing while converting is slower than after.
                batch = rows[index] if isinstance(index, slice) else rows.take(index.numpy(), 0)
                numbers = batch.astype(by.dtype)
                return torch.from_numpy(np.divide(numbers, by, out=numbers))

            return divided
        return lambda index: self._finished(name, taken(tensor, index))

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
