"""Datasets in the order of time or of reading, of which an item is a window.

May import torch, the readers' content and the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import torch
from torch import Tensor

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.engine.data.loaded import TRAIN, Loaded, Take, chosen, taken
from workbench.engine.readers.content import Content


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
        wanted = chosen(views, outputs)
        return lambda index: {key: view.index_select(0, starts[index]) for _, key, view in wanted}

    def followed(self, split: str, length: int) -> Tensor:
        """Windows that begin where the one before ends; those in between overlap."""
        starts = self.starts[split].cpu()
        return torch.nonzero((starts - starts[:1]) % self.window == 0).flatten()


@dataclass(frozen=True, eq=False)
class TokenStream(Loaded):
    """A text as one long row of tokens; an item is a window of `length` tokens and the one a token later.

    Shuffled windows start each epoch at another place; those in order and of other splits are always the same.
    No two windows of an epoch overlap.
    """

    @classmethod
    def of(cls, content: Content, schema: Schema) -> Self:
        """The dataset of one long row of tokens."""
        tokens = torch.from_numpy(content.arrays["tokens"])
        return cls(schema=schema, tensors={"tokens": tokens}, sizes=content.sizes)

    def count(self, split: str, *, length: int = 0) -> int:
        return self._windows(split, length)[0]

    def followed(self, split: str, length: int) -> Tensor:
        return torch.arange(self.count(split, length=length))

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
        wanted = chosen(rows, outputs)
        return lambda index: {key: taken(tensor, index).to(torch.int64) for _, key, tensor in wanted}
