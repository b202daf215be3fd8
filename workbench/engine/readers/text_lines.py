"""A text of which every line is one item, such as names: to learn to write more of them.  May import NumPy."""

from __future__ import annotations

from pathlib import Path

from workbench.catalog.schema import OUTSIDE, Schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.engine.readers.content import Content
from workbench.engine.readers.files import members, only, opened, slug, suffix_of, title
from workbench.engine.readers.reader import Reader, Reading
from workbench.engine.readers.split import OPTIONS, divided
from workbench.engine.readers.text_items import (
    ENCODING,
    LENGTH,
    SUFFIXES,
    TOKENS,
    enough,
    following,
    rows_of,
    text_of,
    vocabulary_of,
)
from workbench.engine.readers.tokens import END, PAD, START, UNKNOWN

SPECIALS = (PAD, UNKNOWN, START, END)

# Lines that are names or words: so long at most, of so many words, and so many of them before one can tell.
_SHORT, _WORDS, _FEW = 40, 3, 20


def read(path: Path, reading: Reading) -> Content:
    """The lines of a file, empty ones left out: each from <s> to </s>."""
    lines = [line.strip() for line in text_of(path, reading).removesuffix("\n").split("\n")]
    kept = [line for line in lines if line]
    if len(kept) < len(lines):
        reading.say(f"{len(lines) - len(kept):,} empty lines are left out.")
    kept = kept[: enough(reading, len(kept))]
    if len(kept) < 3:
        raise DataError(f"{path} has {len(kept)} lines with text, too few to learn from.")
    splits = divided(reading, len(kept))
    vocabulary = vocabulary_of(reading, [kept[i] for i in splits["train"]], "characters", SPECIALS)
    before, after = [vocabulary.special(START) or 0], [vocabulary.special(END) or 0]
    rows = rows_of(reading, vocabulary, kept, before=before, after=after, what="lines")
    tokens, following_tokens, lengths = following(rows, OUTSIDE)
    spec = TensorSpec(("N", tokens.shape[1]), "index", len(vocabulary))
    schema = Schema(
        id=slug(path),
        title=title(path),
        outputs={
            "tokens": spec,
            "next": spec,
            "length": TensorSpec(("N",), "index", tokens.shape[1] + 1),
        },
        facts={"vocabulary": len(vocabulary), "length": tokens.shape[1]},
        kind="sentences",
        items=len(kept),
    )
    arrays = {"tokens": tokens, "next": following_tokens, "length": lengths}
    return Content(schema, arrays, splits, vocabularies={"tokens": vocabulary})


def suits(path: Path) -> str:
    """A text whose lines are short."""
    if path.is_dir():
        files = members(path, SUFFIXES)
        return suits(files[0]) if len(files) == 1 else ""
    if suffix_of(path) not in SUFFIXES:
        return ""
    with opened(path) as stream:
        head = stream.read(2**16)
    lines = head.decode("utf-8", errors="replace").removesuffix("\n").split("\n")
    if len(head) == 2**16:
        del lines[-1]
    short = [line for line in lines if 0 < len(line.strip()) <= _SHORT and len(line.split()) <= _WORDS]
    if len(lines) < _FEW or len(short) < 0.95 * len(lines):
        return ""
    return f"its lines are short, such as “{short[0].strip()}”"


READER = Reader(
    "lines",
    "lines of text",
    (*TOKENS, LENGTH, ENCODING, *OPTIONS),
    suits,
    lambda path, reading: [only(path, SUFFIXES)],
    lambda path, reading: read(only(path, SUFFIXES), reading),
)
