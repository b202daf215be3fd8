"""Texts as rows of tokens, with the vocabulary and length of training. Imports the readers of texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from workbench.core.errors import DataError
from workbench.core.text import plural
from workbench.engine.readers.content import Array
from workbench.engine.readers.files import MEGABYTE, read_text, suffix_of
from workbench.engine.readers.table_files import read_table
from workbench.engine.readers.tables import TEXTS, WORKBOOKS
from workbench.engine.readers.tokens import END, PAD, START
from workbench.engine.service.preparing.given import Given, Prepared, Trained, file_of

_TABLES = (*TEXTS, ".parquet", ".pq", *WORKBOOKS)
_MOST = 16 * MEGABYTE


def sentences(trained: Trained, given: Given) -> Prepared:
    """A text as one row; of a table every row is a text, where the dataset was one, too."""
    outputs = trained.content.schema.outputs
    name = "source" if "source" in outputs else "tokens"
    said: list[str] = []
    texts, names = _texts(trained, given, said)
    rows, lengths = _rows(trained, name, texts)
    arrays: dict[str, Array] = {name: rows}
    length = "source_length" if name == "source" else "length"
    if length in outputs:
        arrays[length] = lengths
    return Prepared(arrays, names, said=tuple(said))


def _texts(trained: Trained, given: Given, said: list[str]) -> tuple[list[str], tuple[str, ...]]:
    if given.text is not None:
        return [_filled(given.text, "The text")], (given.name,)
    file = file_of(given, "texts")
    if suffix_of(file) in _TABLES and trained.reading().text("text"):
        return _of_table(trained, given, file, said)
    text = read_text(file, _MOST, trained.reading(anew=True).text("encoding"))
    return [_filled(text, str(file))], (given.name,)


def _of_table(
    trained: Trained, given: Given, file: Path, said: list[str]
) -> tuple[list[str], tuple[str, ...]]:
    """The texts of the columns that held them in training, one a row."""
    reading = trained.reading(anew=True)
    table = read_table(file, reading)
    columns = {column.name: column.texts.to_pylist() for column in table.columns}
    wanted = reading.text("text")
    chosen = [wanted] if wanted in columns else reading.names("text")
    missing = [name for name in chosen if name not in columns]
    if missing:
        raise DataError(
            f"{file} has no column “{missing[0]}” with the texts, as the data of training had; it has "
            f"{', '.join(list(columns)[:12])}."
        )
    joined = zip(*(columns[name] for name in chosen), strict=True)
    texts = [" ".join(cell.strip() for cell in cells if cell and cell.strip()) for cells in joined]
    found = {number: text for number, text in zip(table.numbers(), texts, strict=True) if text}
    if not found:
        raise DataError(f"{file} has no text in the column {' and '.join(chosen)}.")
    said += reading.problems
    if empty := len(texts) - len(found):
        said.append(f"{plural(empty, 'row')} without text left out.")
    return list(found.values()), tuple(f"{given.name} row {number}" for number in found)


def _filled(text: str, what: str) -> str:
    text = text.strip()
    if not text:
        raise DataError(f"{what} is empty: there is nothing to predict of it.")
    return text


def _rows(trained: Trained, name: str, texts: Sequence[str]) -> tuple[Array, Array]:
    """Tokens cut and filled up to the length of training, between the same marks."""
    vocabulary = trained.content.vocabularies.get(name)
    if vocabulary is None:
        raise DataError(
            f"“{trained.title}” does not say what its tokens stand for, so no text can be read for it."
        )
    (width,) = trained.sizes(name)
    start, end = vocabulary.special(START), vocabulary.special(END)
    framed = name == "tokens" and start is not None and end is not None
    room = np.full((len(texts), width), vocabulary.special(PAD) or 0, dtype=np.int32)
    lengths = np.zeros(len(texts), dtype=np.int64)
    flat, counts = vocabulary.encode(texts)
    ends = np.cumsum(counts)
    for row, (last, count) in enumerate(zip(ends.tolist(), counts.tolist(), strict=True)):
        # Of lines between marks the model is fed all but the last mark.
        tokens = [start, *flat[last - count : last]] if framed else flat[last - count : last]
        kept = tokens[:width]
        if not len(kept):
            raise DataError(
                "Nothing of the text is in the vocabulary of the model, so there is nothing to go by."
            )
        room[row, : len(kept)] = kept
        lengths[row] = len(kept)
    return room, lengths
