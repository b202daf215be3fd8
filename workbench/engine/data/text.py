"""Plain text as a stream of characters.  May import NumPy and torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from workbench.catalog.schema import Schema, text_outputs
from workbench.core.errors import DataError
from workbench.engine.data.files import MEGABYTE, read_text, slug, title
from workbench.engine.data.loaded import TokenStream

MAX_TEXT = 128 * MEGABYTE
MAX_VOCABULARY = 2_000

# Shares of the characters, from the beginning: to train, to validate; the rest tests.
_TRAIN, _VALIDATION = 0.90, 0.05


def read(path: Path, options: Mapping[str, object]) -> TokenStream:
    """A text file; its vocabulary is the characters that occur in it.  Options: encoding."""
    text = read_text(path, MAX_TEXT, str(options.get("encoding", "")))
    if len(text) < 3:
        raise DataError(f"{path} has {len(text)} characters, too few to learn from.")
    vocabulary = sorted(set(text))
    if len(vocabulary) > MAX_VOCABULARY:
        raise DataError(
            f"{path} has {len(vocabulary):,} different characters; up to {MAX_VOCABULARY:,} can be learned "
            "one by one. Is it a text in an alphabet?"
        )
    return token_stream(slug(path), title(path), text, vocabulary)


def token_stream(name: str, heading: str, text: str, vocabulary: Sequence[str]) -> TokenStream:
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
    return TokenStream(
        schema=schema,
        tensors={"tokens": torch.from_numpy(tokens)},
        sizes={"train": train, "validation": validation, "test": len(tokens) - train - validation},
    )
