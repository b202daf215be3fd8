"""A dataset as arrays, as readers give it, and as it is kept beside the workspace.

May import NumPy, the schema and core.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.schema import COPY_FORMAT, Schema
from workbench.core.errors import DataError
from workbench.core.files import write_atomically
from workbench.engine.readers.tokens import Vocabulary

Array = NDArray[np.generic]
Index = NDArray[np.int64]
Layout = Literal["items", "stream", "windows", "graph", "graphs"]


@dataclass(frozen=True, eq=False)
class Content:
    """A dataset as arrays.

    `layout` says what an item is:
    items – the first dimension of every array is the item;
    stream – `tokens` is one long row, an item is a window of it with the length that the model asks for;
    windows – `x` and `y` are rows in the order of time, an item is `window` rows of x and the `horizon`
    rows of y that follow; splits name the first rows of the windows;
    graph – one graph of `x` (nodes × features), `edges` (2 × edges) and `label`; splits name nodes;
    graphs – many: `x` and `edges` (numbered inside each graph) of all of them one after the other, `nodes`
    and `links` with the place where each begins and one more; every other array has one row a graph.

    `splits` names positions of items; of a stream the first token of a split and the one after its last.
    An array in `divisors` is kept as bytes and divided by that number when a batch is taken.  `vocabularies`
    tell what the tokens of an output stand for.  Arrays that are no outputs of the schema are there to be looked at.
    """

    schema: Schema
    arrays: Mapping[str, Array]
    splits: Mapping[str, Index]
    layout: Layout = "items"
    divisors: Mapping[str, int] = field(default_factory=dict)
    window: int = 0
    horizon: int = 0
    vocabularies: Mapping[str, Vocabulary] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[str, int]:
        """How many items each split has; of a stream, how many tokens."""
        if self.layout == "stream":
            return {name: int(end - start) for name, (start, end) in self.splits.items()}
        return {name: len(index) for name, index in self.splits.items()}

    def named(self, id: str, title: str) -> Content:
        """The same content under another name."""
        return replace(self, schema=replace(self.schema, id=id, title=title))


_FACTS = "content.json"


def write(content: Content, folder: Path) -> None:
    """Writes arrays as .npy files and the rest as JSON.  Raises OSError, as when the disk is full.

    Arrays that were made by Reading.array for this folder and kept whole are there already.
    """
    for name, array in {**content.arrays, **_splits(content)}.items():
        file = folder / f"{name}.npy"
        if isinstance(array, np.memmap) and Path(str(array.filename)) == file.absolute() and _whole(array):
            array.flush()
            continue
        if array.dtype.hasobject:
            raise ValueError(f"the array {name} holds Python objects")
        whole = np.ascontiguousarray(array)
        del array
        # A piece of a memory-mapped file must not be written over the file that it is read from.
        partial = folder / f"{name}.partial.npy"
        _save(partial, whole)
        partial.replace(file)
    facts = {
        "version": COPY_FORMAT,
        "schema": content.schema.to_json(),
        "arrays": sorted(content.arrays),
        "splits": list(content.splits),
        "layout": content.layout,
        "divisors": dict(content.divisors),
        "window": content.window,
        "horizon": content.horizon,
        "vocabularies": {name: known.to_json() for name, known in content.vocabularies.items()},
    }
    # Last, when all the rest is safe: a copy that has it is whole, even after the power went.
    write_atomically(folder / _FACTS, json.dumps(facts, ensure_ascii=False).encode())


def _save(file: Path, array: Array) -> None:
    with file.open("wb") as stream:
        try:
            np.save(stream, array, allow_pickle=False)
        except OSError as error:
            if error.errno is None:  # NumPy says no more than how much could be written
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file)) from error
            raise
        stream.flush()
        os.fsync(stream.fileno())


def opened(folder: Path) -> Content:
    """The content that `write` left, its arrays mapped into memory.  Raises DataError when it is damaged."""
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        if facts["version"] != COPY_FORMAT:
            raise DataError(f"The kept copy in {folder} was written by another Workbench.")
        return Content(
            schema=Schema.from_json(facts["schema"]),
            arrays={name: _mapped(folder / f"{name}.npy") for name in facts["arrays"]},
            splits={name: _mapped(folder / f"split-{name}.npy").astype(np.int64) for name in facts["splits"]},
            layout=facts["layout"],
            divisors=facts["divisors"],
            window=facts["window"],
            horizon=facts["horizon"],
            vocabularies={name: Vocabulary.from_json(known) for name, known in facts["vocabularies"].items()},
        )
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"The kept copy in {folder} is damaged ({error}).") from error


def _mapped(file: Path) -> Array:
    # Copy on write: nobody's change reaches the file, and torch asks for arrays that can be written.
    mapped: Array = np.load(file, mmap_mode="c", allow_pickle=False)
    return mapped


def _splits(content: Content) -> dict[str, Array]:
    return {f"split-{name}": index for name, index in content.splits.items()}


def _whole(array: np.memmap) -> bool:
    return bool(array.nbytes + array.offset == Path(str(array.filename)).stat().st_size)
