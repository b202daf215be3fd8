"""Plain text as a stream of characters.  May import NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench.catalog.schema import Schema, text_outputs
from workbench.core.errors import DataError
from workbench.engine.readers.content import Content
from workbench.engine.readers.files import MEGABYTE, read_text, slug, title
from workbench.engine.readers.reader import Reading

MAX_TEXT = 128 * MEGABYTE
MAX_VOCABULARY = 2_000

# Shares of the characters, from the beginning: to train, to validate; the rest tests.
_TRAIN, _VALIDATION = 0.90, 0.05


def read(path: Path, reading: Reading) -> Content:
    """A text file; its vocabulary is the characters that occur in it.  Options: encoding."""
    text = read_text(path, MAX_TEXT, reading.text("encoding"))
    if len(text) < 3:
        raise DataError(f"{path} has {len(text)} characters, too few to learn from.")
    vocabulary = sorted(set(text))
    if len(vocabulary) > MAX_VOCABULARY:
        raise DataError(
            f"{path} has {len(vocabulary):,} different characters; up to {MAX_VOCABULARY:,} can be learned "
            "one by one. Is it a text in an alphabet?"
        )
    return token_stream(slug(path), title(path), text, vocabulary)


def token_stream(name: str, heading: str, text: str, vocabulary: Sequence[str]) -> Content:
    """The dataset of a text whose characters are all in the vocabulary."""
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    places = np.zeros(max(map(ord, vocabulary)) + 1, dtype=np.int64)
    places[[ord(character) for character in vocabulary]] = np.arange(len(vocabulary))
    tokens = places[codes]
    train, validation = int(len(tokens) * _TRAIN), int(len(tokens) * _VALIDATION)
    schema = Schema(
        id=name,
        title=heading,
        outputs=text_outputs(len(vocabulary)),
        facts={"vocabulary": len(vocabulary)},
        kind="text",
        items=len(tokens),
        labels=tuple(vocabulary),
    )
    starts = {"train": 0, "validation": train, "test": train + validation}
    ends = (train, train + validation, len(tokens))
    splits = {name: np.arange(start, end) for (name, start), end in zip(starts.items(), ends, strict=True)}
    return Content(schema, {"tokens": tokens}, splits, "stream")
