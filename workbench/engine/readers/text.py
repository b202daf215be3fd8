"""A running text as one long row of tokens: characters, words or byte pairs.  May import NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from workbench.catalog.schema import Schema, text_outputs
from workbench.core.errors import DataError
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.files import members, only, opened, slug, suffix_of, title
from workbench.engine.readers.reader import Option, Reader, Reading
from workbench.engine.readers.text_items import (
    ENCODING,
    MAX_TEXT,
    SUFFIXES,
    TOKENS,
    text_of,
    token_bars,
    vocabulary_of,
)
from workbench.engine.readers.tokens import UNKNOWN, Vocabulary, pieces_of

# Shares of the tokens, from the beginning: to train, to validate; the rest tests.
_HELD_BACK = 0.05
_TABLES = (".csv", ".tsv", ".tab", ".parquet", ".xlsx")


def read(path: Path, reading: Reading) -> Content:
    """A text file in its order.  Options: those of tokens, encoding, validation, test."""
    reading.progress("Text", 0, 1)
    text = text_of(path, reading, MAX_TEXT)
    if len(text) < 3:
        raise DataError(f"{path} has {len(text)} characters, too few to learn from.")
    validation, test = (reading.number(name, _HELD_BACK, 0, 0.9) for name in ("validation", "test"))
    if validation + test >= 1:
        raise DataError(f"Validation ({validation:g}) and test ({test:g}) leave nothing to train on.")
    reading.understood |= {"validation": validation, "test": test}
    # Of the part to train on only: what the others have beside is not known.
    end = max(1, int(len(text) * (1 - validation - test)))
    vocabulary = vocabulary_of(reading, [text[:end]], "characters")
    if UNKNOWN not in vocabulary.specials and _is_partial(vocabulary, text[end:]):
        vocabulary = replace(vocabulary, entries=(UNKNOWN, *vocabulary.entries), specials=(UNKNOWN,))
    tokens = _encoded(text, vocabulary, reading)
    if len(tokens) < 3:
        raise DataError(f"{path} has {len(tokens)} tokens, too few to learn from.")
    return _stream(slug(path), title(path), tokens, vocabulary, validation, test, reading)


def _is_partial(vocabulary: Vocabulary, rest: str) -> bool:
    """Whether the rest of a text may have what a vocabulary lacks; byte pairs lack nothing."""
    if vocabulary.kind != "characters":
        return vocabulary.kind == "words"
    return not set(rest.lower() if vocabulary.lower else rest) <= set(vocabulary.entries)


def token_stream(name: str, heading: str, text: str, characters: Sequence[str]) -> Content:
    """The dataset of a text of characters that are all known."""
    vocabulary = Vocabulary("characters", tuple(characters))
    tokens = vocabulary.encode([text])[0].astype(np.int64)
    return _stream(name, heading, tokens, vocabulary, _HELD_BACK, _HELD_BACK, Reading())


def _encoded(text: str, vocabulary: Vocabulary, reading: Reading) -> Array:
    """The tokens, in as few bytes as they need: piece by piece, so that a long text takes little memory."""
    size = len(vocabulary)
    small = np.uint8 if size <= 2**8 else np.int16 if size <= 2**15 else np.int32
    parts: list[Array] = []
    done = 0
    for piece in pieces_of(text, 2**22):
        parts.append(vocabulary.encode(list(pieces_of(piece)))[0].astype(small))
        done += len(piece)
        reading.progress("Tokens", done, len(text))
    return np.concatenate(parts)


def _stream(
    name: str,
    heading: str,
    tokens: Array,
    vocabulary: Vocabulary,
    validation: float,
    test: float,
    reading: Reading,
) -> Content:
    size, unknown = len(vocabulary), vocabulary.special(UNKNOWN)
    facts = {"vocabulary": size}
    schema = Schema(
        id=name,
        title=heading,
        outputs=text_outputs(size),
        facts=facts,
        kind="text",
        items=len(tokens),
        labels=vocabulary.entries if vocabulary.kind == "characters" else (),
    )
    counts = np.zeros(size, dtype=np.int64)
    for start in range(0, len(tokens), 2**22):  # bincount makes eight bytes of each
        counts += np.bincount(tokens[start : start + 2**22], minlength=size)
    reading.figures.append(token_bars(vocabulary, counts, "Most frequent tokens"))
    if unknown is not None and (missing := int(counts[unknown])):
        what = "characters" if vocabulary.kind == "characters" else "words"
        reading.say(
            f"{missing:,} of {len(tokens):,} {what} ({missing / len(tokens):.1%}) are not in the vocabulary of "
            f"{size:,}, which the part to train on gives, and become {UNKNOWN}."
        )
    train = int(len(tokens) * (1 - validation - test) + 1e-6)
    ends = (0, train, train + int(len(tokens) * validation), len(tokens))
    parts = ("train", "validation", "test")
    splits = {part: np.array(ends[place : place + 2], dtype=np.int64) for place, part in enumerate(parts)}
    return Content(schema, {"tokens": tokens}, splits, "stream", vocabularies={"tokens": vocabulary})


def suits(path: Path) -> str:
    """Names of text files, and whatever reads as text."""
    if path.is_dir():
        files = members(path, SUFFIXES)
        alone = len(files) == 1 and not members(path, _TABLES)
        return f"{files[0].name} is its only text" if alone else ""
    if suffix_of(path) in SUFFIXES:
        return f"its name ends in {suffix_of(path)}"
    with opened(path) as stream:
        head = stream.read(65_536)
    # A character may be cut at the end of the head.
    try:
        head[: max(1, len(head) - 4)].decode()
    except UnicodeDecodeError:
        return ""
    return "" if b"\0" in head else "its content is text"


_SHARES = tuple(
    Option(name, f"{name.capitalize()} share", help, "share", _HELD_BACK, min=0, max=0.9)
    for name, help in (
        ("validation", "Share of the text that chooses the best epoch: it follows the part to train on."),
        ("test", "Share of the text held back to the very end: the last part."),
    )
)
READER = Reader(
    "text",
    "running text",
    (*TOKENS, ENCODING, *_SHARES),
    suits,
    lambda path, reading: [only(path, SUFFIXES)],
    lambda path, reading: read(only(path, SUFFIXES), reading),
)
