"""Rows of tables in the units of training: new cells stand below those of the source, by whose rows they are measured.

Imports the table reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.core import text
from workbench.core.errors import DataError
from workbench.engine.readers.columns import MISSING, Column
from workbench.engine.readers.content import Array, Index
from workbench.engine.readers.dates import dates_like
from workbench.engine.readers.features import Treatment, block_of, codes_of, written
from workbench.engine.readers.files import only
from workbench.engine.readers.table_files import read_table
from workbench.engine.readers.table_sets import rows_to_keep, shown_cells, treatment
from workbench.engine.readers.tables import SUFFIXES
from workbench.engine.readers.targets import split_column, target_of
from workbench.engine.service.preparing.given import Given, Prepared, Trained, file_of

Cells = Sequence[str | None]
_WHOLE = re.compile(r"^([+-]?\d+)\.0+$")


@dataclass(frozen=True)
class Source:
    """The columns that features were made of, as they were in training, and which of their rows train."""

    columns: tuple[Column, ...]
    names: Mapping[str, tuple[str, ...]]
    """Of each column the features that it became; none for one that is embedded."""
    outputs: Mapping[str, str]
    """Of each embedded column the output of the dataset that it became."""
    wish: Treatment
    train: Index
    every: tuple[str, ...]
    """All columns of the table, also those that the model does not look at."""


def source_of(trained: Trained) -> Source:
    """Reads the source again, as the reader did. Raises DataError where it is gone or has changed."""
    assert trained.source is not None, "only tables of a workspace are made ready"
    if not trained.source.exists():
        raise DataError(
            f"The table {trained.source} is gone, by whose rows new ones are measured. Bring it back to predict rows."
        )
    reading = trained.reading()
    table = read_table(only(trained.source, SUFFIXES), reading)
    said = split_column(table.path, table.columns, reading)
    target, _ = target_of(table.path, table.columns, reading, said)
    wish = treatment(table.path, table.columns, reading)
    apart = {target.name, *wish.drop, *([said.name] if said else [])}
    used = [column for column in table.columns if column.name not in apart]
    keep = rows_to_keep(target, used, wish, reading)
    used = used if keep.all() else [column.of(keep) for column in used]
    train = trained.content.splits["train"]
    names: dict[str, tuple[str, ...]] = {}
    for column in used:
        if column.name in wish.embed:
            names[column.name] = ()
        elif block := block_of(column, wish, train, []):
            names[column.name] = block.names
    columns = tuple(column for column in used if column.name in names)
    # Below cells that are all numbers, a column of few others would become one of numbers.
    named = frozenset(column.name for column in columns if wish.is_category(column))
    wish = replace(wish, categorical=wish.categorical | named)
    every = tuple(column.name for column in table.columns)
    source = Source(columns, names, _outputs(trained, columns, wish, train), wish, train, every)
    width = sum(len(each) for each in names.values())
    if "features" in trained.content.arrays and (width,) != trained.sizes("features"):
        raise DataError(
            f"“{trained.title}” is read in another way by this Workbench. Read it anew and train again."
        )
    return source


def rows(trained: Trained, source: Source, given: Given) -> Prepared:
    """The rows of a table, or one that was filled in: features and codes as of training."""
    problems: list[str] = []
    if given.row is not None:
        cells, label = _filled_in(source, given.row), [given.name]
    else:
        cells, numbers = _of_file(trained, source, file_of(given, "rows of a table"), problems)
        label = [f"{given.name} row {number}" for number in numbers]
    features: list[tuple[tuple[str, ...], Array]] = []
    codes: dict[str, Array] = {}
    for column in source.columns:
        below = _below(column, cells[column.name], source, problems)
        if column.name in source.wish.embed:
            codes[source.outputs[column.name]] = _codes(column, below, source)
            continue
        block = block_of(below, source.wish, source.train, [])
        assert block is not None, "its training rows are as they were"
        room = np.empty((len(below), len(block.names)), dtype=np.float32)
        written([block], room)
        kept = [block.names.index(each) for each in source.names[column.name]]
        features.append((source.names[column.name], room[len(column) :][:, kept]))
    arrays: dict[str, Array] = dict(codes)
    if features:
        arrays["features"] = np.concatenate([values for _, values in features], axis=1)
    texts = [pa.chunked_array([pa.array(cells[column.name], pa.string())]) for column in source.columns]
    shown = shown_cells([replace(one, cells=new) for one, new in zip(source.columns, texts, strict=True)])
    if len(shown["_cells"]) == len(label):  # else there are more rows than are ever looked at
        arrays |= shown
    return Prepared(arrays, tuple(label), said=tuple(problems))


def _of_file(
    trained: Trained, source: Source, file: Path, problems: list[str]
) -> tuple[dict[str, Cells], list[int]]:
    """The cells of a file by column, and the numbers of its rows."""
    if not any(file.name.lower().removesuffix(".gz").endswith(each) for each in SUFFIXES):
        raise DataError(f"{file} is no table; the model was trained on rows of one ({', '.join(SUFFIXES)}).")
    reading = trained.reading(anew=True)
    table = read_table(file, reading)
    problems += reading.problems
    found = {column.name: column for column in table.columns}
    lacking = [column.name for column in source.columns if column.name not in found]
    if lacking:
        raise DataError(f"{file} lacks the column “{lacking[0]}”; it has {', '.join(list(found)[:12])}.")
    cells = {column.name: found[column.name].texts.to_pylist() for column in source.columns}
    return cells, list(table.numbers())


def _filled_in(source: Source, row: Mapping[str, Any]) -> dict[str, Cells]:
    known = [column.name for column in source.columns]
    unknown = [name for name in row if name not in source.every]
    if unknown:
        raise DataError(
            f"There is no column “{unknown[0]}” in the table; the model looks at {', '.join(known[:20])}."
        )
    cells: dict[str, Cells] = {}
    for name in known:
        value = row.get(name)
        shown = "" if value is None else f"{value:.15g}" if isinstance(value, float) else str(value).strip()
        cells[name] = [None if shown.lower() in MISSING else shown]
    return cells


def _below(column: Column, cells: Cells, source: Source, problems: list[str]) -> Column:
    """The column with new cells at its end; those that it could not have held are missing, and told."""
    if source.wish.is_category(column):
        names = column.categories[0]
        seen = {**{_plain(name): name for name in names}, **{name: name for name in names}}
        why = "did not occur in training"
        kept = [None if cell is None else seen.get(cell, seen.get(_plain(cell))) for cell in cells]
        old, new = column.texts, pa.array(kept, pa.string())
    elif column.numbers is not None:
        values = column.read(cells)
        why = "is no number" if column.comma == "," else "is no number as those of training"
        kept = [None if gap else cell for cell, gap in zip(cells, np.isnan(values), strict=True)]
        # Not as texts: how those of training are to be read is decided.
        old = pa.chunked_array([pa.array(column.numbers, from_pandas=True)])
        new = pa.array(values, from_pandas=True)
    else:
        why = "is no date like those of training"
        old, new = _dates(column, cells)
        kept = [
            cell if there else None for cell, there in zip(cells, new.is_valid().to_pylist(), strict=True)
        ]
    lost = [cell for cell, left in zip(cells, kept, strict=True) if cell is not None and left is None]
    if lost:
        named = ", ".join(f"“{text.one_line(each, 40)}”" for each in list(dict.fromkeys(lost))[:3])
        problems.append(f"{named} in the column “{column.name}” {why} and counts as missing.")
    return replace(column, cells=pa.chunked_array([*old.chunks, new], type=old.type))


def _plain(cell: str) -> str:
    """A value as all formats would write it: CSV may have True and 1.0 where Parquet has true and 1."""
    return cell.lower() if cell.lower() in ("true", "false") else _WHOLE.sub(r"\1", cell)


def _dates(column: Column, cells: Cells) -> tuple[pa.ChunkedArray, pa.Array]:
    """The dates of training and those of new cells, null where these are none."""
    kind = column.cells.type
    if pa.types.is_temporal(kind):
        return column.cells, pa.array([_moment(cell, kind) for cell in cells], kind)
    texts = pa.chunked_array([pa.array(cells, pa.string())])
    # Not as texts: new ones must not change whether those of training have the day or the month first.
    return pa.chunked_array([pa.array(column.dates)]), pa.array(dates_like(texts, column.cells))


def _moment(cell: str | None, kind: pa.DataType) -> pa.Scalar | None:
    try:
        return pc.cast(pa.scalar(cell, pa.string()), kind)
    except pa.ArrowInvalid:
        return None


def _codes(column: Column, below: Column, source: Source) -> Array:
    """The numbers of an embedded column's values. Raises DataError where there is none for what is missing."""
    problems: list[str] = []
    known = codes_of(column, source.wish, source.train, problems)
    new = codes_of(below, source.wish, source.train, problems).codes[len(column) :]
    if bool((new >= known.bound).any()):
        raise DataError(
            f"The column “{column.name}” must have a value that occurred in training, such as “{known.values[0]}”: the "
            "model has learned nothing of any other."
        )
    return new


def _outputs(trained: Trained, columns: Sequence[Column], wish: Treatment, train: Index) -> dict[str, str]:
    """Which output of the dataset each embedded column became: those of the same name are numbered."""
    taken = {"features", "label", "target", "_cells", "_columns"}
    found = {}
    for column in columns:
        if column.name in wish.embed:
            stem = codes_of(column, wish, train, []).name
            name, number = stem, 1
            while name in taken:
                number += 1
                name = f"{stem}_{number}"
            taken.add(name)
            found[column.name] = name
    return found
