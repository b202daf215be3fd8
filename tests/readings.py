"""What readers give, as tensors: of items split after split, with bytes as bytes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from workbench.catalog.schema import Schema
from workbench.engine.readers.content import Content
from workbench.engine.readers.detect import read as read_any
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.samples import sample as read_sample


@dataclass(frozen=True)
class Read:
    """A dataset as it was read; `rows` has the place of each item in the source."""

    schema: Schema
    tensors: dict[str, Tensor]
    sizes: dict[str, int]
    splits: dict[str, Tensor]
    rows: Tensor
    problems: tuple[str, ...] = ()
    fingerprint: str = ""
    reader: str = ""


def arranged(
    content: Content, problems: tuple[str, ...] = (), fingerprint: str = "", reader: str = ""
) -> Read:
    """The content with its items in the order of the splits."""
    tensors = {
        name: torch.from_numpy(array)
        for name, array in content.arrays.items()
        if not name.startswith("_")  # only there to be looked at
    }
    splits = {name: torch.from_numpy(index) for name, index in content.splits.items()}
    rows = torch.cat(list(splits.values()))
    if content.layout == "items":
        tensors = {name: tensor.index_select(0, rows) for name, tensor in tensors.items()}
        splits = dict(
            zip(splits, torch.split(torch.arange(len(rows)), list(content.sizes.values())), strict=True)
        )
    return Read(content.schema, tensors, content.sizes, splits, rows, problems, fingerprint, reader)


def loaded(
    read: Callable[[Path, Reading], Content], path: Path, options: Mapping[str, object] | None = None
) -> Read:
    """What one reader makes of a path."""
    reading = Reading(options or {})
    content = read(path, reading)
    return arranged(content, tuple(reading.problems))


def detected(path: Path | str, *, reader: str = "", options: Mapping[str, object] | None = None) -> Read:
    """What the reader that suits a path best makes of it."""
    reading = Reading(options or {})
    found = read_any(path, reader, reading)
    return arranged(found.content, tuple(reading.problems), found.mark.fingerprint, found.reader)


def sample(id: str) -> Read:
    """An embedded sample."""
    return arranged(read_sample(id))
