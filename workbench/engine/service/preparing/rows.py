"""Rows of tables in the units of training: new cells stand below those of the source, by whose rows they are measured.

Imports the table reader.
"""

from __future__ import annotations

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
from workbench.engine.readers.features import Treatment, block_of, codes_of, written
from workbench.engine.readers.files import only
from workbench.engine.readers.table_files import read_table
from workbench.engine.readers.table_sets import rows_to_keep, shown_cells, treatment
from workbench.engine.readers.tables import SUFFIXES
from workbench.engine.readers.targets import split_column, target_of
from workbench.engine.service.preparing.given import Given, Prepared, Trained, file_of

Cells = Sequence[str | None]


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
    if given.row is not None:
        cells, count, label = _filled_in(source, given.row), 1, [given.name]
    else:
        cells, count = _of_file(trained, source, file_of(given, "rows of a table"))
        label = [f"{given.name} row {place + 1}" for place in range(count)]
    problems: list[str] = []
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
    if len(shown["_cells"]) == count:  # else there are more rows than are ever looked at
        arrays |= shown
    return Prepared(arrays, tuple(label), said=tuple(problems))


def _of_file(trained: Trained, source: Source, file: Path) -> tuple[dict[str, Cells], int]:
    if not any(file.name.lower().removesuffix(".gz").endswith(each) for each in SUFFIXES):
        raise DataError(f"{file} is no table; the model was trained on rows of one ({', '.join(SUFFIXES)}).")
    table = read_table(file, trained.reading(anew=True))
    found = {column.name: column for column in table.columns}
    lacking = [column.name for column in source.columns if column.name not in found]
    if lacking:
        raise DataError(f"{file} lacks the column “{lacking[0]}”; it has {', '.join(list(found)[:12])}.")
    cells = {column.name: found[column.name].texts.to_pylist() for column in source.columns}
    return cells, table.rows


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
    kind, category = column.cells.type, source.wish.is_category(column)
    kept: list[str | None] = list(cells)
    if category:
        seen = set(column.categories[0])
        why = "did not occur in training"
        kept = [cell if cell in seen else None for cell in cells]
    elif column.numbers is not None:
        why = "is no number"
        kept = [cell if cell is not None and _number(cell) is not None else None for cell in cells]
    else:
        why = "is no date like those of training"
        kept = [cell if cell is not None and _dated(column, cell) else None for cell in cells]
    lost = [cell for cell, new in zip(cells, kept, strict=True) if cell is not None and new is None]
    if lost:
        named = ", ".join(f"“{text.one_line(each, 40)}”" for each in list(dict.fromkeys(lost))[:3])
        problems.append(f"{named} in the column “{column.name}” {why} and counts as missing.")
    return _joined(column, kept, kind)


def _joined(column: Column, cells: Cells, kind: pa.DataType) -> Column:
    old = column.cells
    if pa.types.is_string(kind):
        new = pa.array(cells, pa.string())
    elif pa.types.is_temporal(kind):
        new = pc.cast(pa.array(cells, pa.string()), kind)
    else:
        numbers = [None if cell is None else _number(cell) for cell in cells]
        new = pa.array(numbers, pa.float64())
        old = pc.cast(old, pa.float64(), safe=False)
    return replace(column, cells=pa.chunked_array([*old.chunks, new], type=new.type))


def _number(cell: str) -> float | None:
    for written_as in (cell, cell.replace(",", ".")):
        try:
            value = float(written_as)
        except ValueError:
            continue
        return value if np.isfinite(value) and abs(value) <= float(np.finfo(np.float32).max) else None
    return None


def _dated(column: Column, cell: str) -> bool:
    """Whether a cell among those of training would be a date."""
    try:
        below = _joined(column, [cell], column.cells.type)
    except pa.ArrowInvalid:
        return False
    return below.dates is not None and not bool(np.isnat(below.dates[-1]))


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
