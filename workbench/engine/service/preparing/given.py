"""What is to be made ready, and by what it was trained: one input, and the dataset of a run. Imports the readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.reader import Reading


@dataclass(frozen=True)
class Given:
    """One thing to be predicted: a file, a text that was typed, or a row that was filled in; `name` is for people."""

    name: str
    file: Path | None = None
    text: str | None = None
    row: Mapping[str, Any] | None = None

    @staticmethod
    def from_json(said: Mapping[str, Any]) -> Given:
        file = said.get("file")
        return Given(str(said["name"]), Path(file) if file else None, said.get("text"), said.get("row"))


_AS_WRITTEN = ("encoding", "separator")
_ONCE = ("_rate", "_columns")
"""Arrays that are not of items × …: they say the same of all."""


@dataclass(frozen=True)
class Trained:
    """The dataset of a run: its content, by which reader with which options, and what the reader made of them."""

    content: Content
    title: str
    reader: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    understood: Mapping[str, object] = field(default_factory=dict)
    source: Path | None = None

    def reading(self, *, anew: bool = False) -> Reading:
        """Everything that the reader is told, and what it once concluded by itself.

        With `anew` without how the source happens to be written: another file may have another encoding.
        """
        own = _AS_WRITTEN if anew else ()
        known = {
            name: value
            for name, value in self.understood.items()
            if value not in ("", None) and name not in own
        }
        return Reading({**known, **{k: v for k, v in self.options.items() if v not in ("", None, [])}})

    def sizes(self, output: str) -> tuple[int, ...]:
        """The sizes of one item of an output."""
        return tuple(int(size) for size in self.content.arrays[output].shape[1:])


@dataclass(frozen=True)
class Prepared:
    """The items that one input became: arrays by the name of the output, of items × …, and a name for each.

    `said` are sentences about what was changed on the way.
    """

    arrays: Mapping[str, Array]
    names: tuple[str, ...]
    divisors: Mapping[str, int] = field(default_factory=dict)
    said: tuple[str, ...] = ()


def kind_of(content: Content, reader: str) -> str:
    """Of what a dataset's items can be made; "" where nothing can be.

    One of image, video, audio, volume, text, table, series (of which the next rows are foretold), molecule and graphs.
    """
    schema = content.schema
    if content.layout == "windows" and reader == "series":
        return "series"
    if content.layout == "graphs" and reader == "molecules":
        return "molecule"
    if content.layout == "graphs" and reader == "tudataset":
        return "graphs"
    if content.layout != "items":
        return ""
    if schema.kind == "volume" and reader == "volumes":
        return "volume"
    if schema.kind == "image" and "image" in schema.outputs and "image" in content.divisors:
        return "image"
    if schema.kind == "video" and reader == "video":
        return "video"
    if schema.kind == "audio" and reader == "audio":
        return "audio"
    if schema.kind == "sentences" and content.vocabularies.keys() & {"tokens", "source"}:
        return "text"
    return "table" if schema.kind == "table" and reader == "table" else ""


def alone(content: Content, title: str, reader: str) -> str:
    """Why nothing of one's own can become an item of such a dataset, and what to do instead; no reader: a sample."""
    if content.layout == "graph":
        why = "is one graph, and its nodes are all that the model can be asked about"
    elif content.layout == "graphs":
        why = "came with Workbench, and nothing says how the nodes of other graphs would be described"
    elif not reader:
        why = "came with Workbench, and nothing says how a file would be measured like its rows"
    else:
        why = f"has items ({content.schema.kind}) that its files tell together"
    return (
        f"“{title}” {why}. Choose its items, or add your own files as a dataset and use that in the drawing."
    )


def file_of(given: Given, what: str) -> Path:
    """The file of an input. Raises DataError where there is none."""
    if given.file is None:
        raise DataError(f"The model was trained on {what}; a typed text or a row is none.")
    if not given.file.exists():
        raise DataError(f"There is no file {given.file}.")
    if not given.file.is_file():
        raise DataError(f"{given.file} is no file.")
    if not given.file.stat().st_size:
        raise DataError(f"{given.file} is empty.")
    return given.file


def finished(trained: Trained, parts: list[Prepared]) -> Content:
    """All items as one content with the split “given”; what the model never looks at, such as labels, is 0."""
    schema = trained.content.schema
    count = sum(len(part.names) for part in parts)
    graphs = trained.content.layout == "graphs"
    if graphs and parts:
        parts = [replace(parts[0], arrays=side_by_side([part.arrays for part in parts]))]
    arrays: dict[str, Array] = {}
    for name, spec in schema.outputs.items():
        if parts and name in parts[0].arrays:
            arrays[name] = np.concatenate([part.arrays[name] for part in parts])
        elif spec.shape[:1] == ("N",) and all(isinstance(size, int) for size in spec.shape[1:]):
            dtype = np.int64 if spec.dtype == "index" else np.float32
            arrays[name] = np.zeros((count, *(int(size) for size in spec.shape[1:])), dtype=dtype)
    own = parts[0].arrays if parts else {}
    extra = [
        name for name in own if name not in (*arrays, *_ONCE) and all(name in each.arrays for each in parts)
    ]
    arrays |= {name: np.concatenate([part.arrays[name] for part in parts]) for name in extra}
    once = {name: array for name, array in {**trained.content.arrays, **own}.items() if name in _ONCE}
    return Content(
        schema,
        {**once, **arrays},
        {"given": np.arange(count, dtype=np.int64)},
        "graphs" if graphs else "items",
        divisors=parts[0].divisors if parts else {},
        vocabularies=trained.content.vocabularies,
    )


def side_by_side(graphs: Sequence[Mapping[str, Array]]) -> dict[str, Array]:
    """Graphs one after the other: where the nodes and links of each begin is counted on."""
    arrays: dict[str, Array] = {
        name: np.concatenate([each[name] for each in graphs], axis=1 if name == "edges" else 0)
        for name in graphs[0]
        if name not in ("nodes", "links")
    }
    for name in ("nodes", "links"):
        sizes = [np.diff(each[name].astype(np.int64)) for each in graphs]
        arrays[name] = np.cumsum(np.concatenate([[0], *sizes]))
    return arrays
