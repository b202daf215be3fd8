"""A table as a dataset: the target, the features, the splits, and the cells as they are looked at.

May import NumPy, pyarrow and the other parts of the table reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.core.text import plural
from workbench.engine.readers.columns import Column
from workbench.engine.readers.content import Array, Content
from workbench.engine.readers.features import Block, Codes, Treatment, block_of, codes_of, written
from workbench.engine.readers.files import MEGABYTE, slug, title
from workbench.engine.readers.numbers import table_set
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.table_figures import figures_of_table
from workbench.engine.readers.table_files import Table, read_table
from workbench.engine.readers.targets import (
    listed,
    split_column,
    splits_of,
    target_of,
    target_values,
    time_column,
)

MAX_FEATURES = 8192 * MEGABYTE

# So much of a table is kept to be looked at.
_SHOWN_ROWS, _SHOWN_COLUMNS, _SHOWN_BYTES, _SHOWN = 10_000, 100, 64, 32 * MEGABYTE


def read(path: Path, reading: Reading) -> Content:
    """The table in a file as a dataset; for a preview its beginning, where that is enough."""
    table = read_table(path, reading)
    if table.whole:
        return _dataset(table, reading)
    try:
        return _dataset(table, reading)
    except DataError:  # a table sorted by class has but one in its beginning
        reading.problems.clear()
        reading.figures.clear()
        return _dataset(read_table(path, replace(reading, limit=0)), reading)


def _dataset(table: Table, reading: Reading) -> Content:
    path, columns = table.path, table.columns
    if len(columns) < 2:
        raise DataError(
            f"{path} has only one column; a table needs features and a target. "
            'If another character separates the columns, name it in the option "separator".'
        )
    said, time = split_column(path, columns, reading), time_column(path, columns, reading)
    target, reason = target_of(path, columns, reading, said)
    reading.understood["target"] = target.name
    for column, option in ((said, "split_column"), (time, "time")):
        if column is target:
            raise DataError(
                f'The column "{target.name}" is the target; the option "{option}" needs another one.'
            )
    wish = treatment(path, columns, reading)
    apart = {target.name, *wish.drop, *([said.name] if said else [])}
    if wish.embed & {target.name}:
        raise DataError(f'The column "{target.name}" is the target; the option "embed" needs another one.')
    kept = rows_to_keep(target, [c for c in columns if c.name not in apart], wish, reading)
    if not kept.all():
        columns = tuple(column.of(kept) for column in columns)
        by_name = {column.name: column for column in columns}
        target = by_name[target.name]
        said, time = (by_name[c.name] if c else None for c in (said, time))
    if len(target) < 3:
        raise DataError(f"{path} has only {plural(len(target), 'row')} with a target; at least 3 are needed.")
    values, names = target_values(target, reading.text("task"))
    reading.understood["task"] = "classification" if names else "regression"
    splits = splits_of(reading, values if names else len(values), said, time)
    train = splits["train"]
    used = [column for column in columns if column.name not in apart]
    made = [
        (column.name, block)
        for column in used
        if column.name not in wish.embed and (block := block_of(column, wish, train, reading.problems))
    ]
    codes = [codes_of(column, wish, train, reading.problems) for column in used if column.name in wish.embed]
    blocks = [block for _, block in made]
    if not blocks and not codes:
        said_so = " ".join(reading.problems)
        raise DataError(f'{path} has no column to learn from beside the target "{target.name}". {said_so}')
    features = _features(path, blocks, len(target), reading)
    content = table_set(slug(path), title(path), features, values, names, splits)
    reading.figures += figures_of_table(columns, target, reason, names, wish)
    content = replace(content, arrays={**content.arrays, **shown_cells(columns), **_owners(made)})
    return _with_codes(content, codes)


def treatment(path: Path, columns: Sequence[Column], reading: Reading) -> Treatment:
    """What the options want done with the columns."""
    return Treatment(
        drop=listed(path, columns, reading, "drop"),
        categorical=listed(path, columns, reading, "categorical"),
        embed=listed(path, columns, reading, "embed"),
        missing=reading.choice("missing", ("mean", "frequent", "indicator", "rows")),
        standardise=bool(reading.switch("standardise", True)),
    )


def rows_to_keep(
    target: Column, others: Sequence[Column], wish: Treatment, reading: Reading
) -> NDArray[np.bool_]:
    """Rows with a target and, where the person wants it, without gaps."""
    if wrong := target.wrong_cells():
        reading.say(wrong)
    keep: NDArray[np.bool_] = ~target.gaps
    if not keep.all():
        count = int((~keep).sum())
        be = "is" if count == 1 else "are"
        reading.say(
            f'{plural(count, "row")} without a value in the target column "{target.name}" {be} left out.'
            + target.told_unknown()
        )
    if wish.missing == "rows":
        everyone = np.arange(len(target))
        whole = keep.copy()
        for column in others:
            if column.gaps.any() and not column.useless(wish.is_forced(column), everyone):
                whole &= ~column.gaps
        if count := int((keep & ~whole).sum()):
            reading.say(f"{count:,} rows with missing values are left out.")
        keep = whole
    return keep


def _features(path: Path, blocks: Sequence[Block], rows: int, reading: Reading) -> NDArray[np.float32]:
    """The features of all columns side by side."""
    width = sum(len(block.names) for block in blocks)
    if rows * width * 4 > MAX_FEATURES:
        raise DataError(
            f"{path} would become {rows:,} rows of {width:,} features, more than can be kept. "
            'Name columns in the option "drop" or "embed".'
        )
    room = reading.array("features", (rows, width), np.float32) if width else np.empty((rows, 0), np.float32)
    filled: NDArray[np.float32] = room  # type: ignore[assignment]
    written(blocks, filled)
    return filled


def _owners(made: Sequence[tuple[str, Block]]) -> dict[str, Array]:
    """The name of the column that each feature is of, `_features`; nothing where there are no features."""
    names = [name.encode()[:_SHOWN_BYTES] for name, block in made for _ in block.names]
    return {"_features": np.array(names)} if names else {}


def _with_codes(content: Content, codes: Sequence[Codes]) -> Content:
    """The dataset with an output for each embedded column; without features where there are none."""
    schema = content.schema
    outputs, facts, arrays = dict(schema.outputs), dict(schema.facts), dict(content.arrays)
    last = outputs.popitem()
    for code in codes:
        name, number = code.name, 1
        while name in outputs or name in arrays:
            number += 1
            name = f"{code.name}_{number}"
        outputs[name] = TensorSpec(("N",), "index", code.bound)
        facts[f"{name}_values"] = code.bound
        arrays[name] = code.codes
    outputs[last[0]] = last[1]
    if not facts["features"]:
        del outputs["features"], facts["features"], arrays["features"]
    return replace(content, schema=replace(schema, outputs=outputs, facts=facts), arrays=arrays)


def shown_cells(columns: Sequence[Column]) -> dict[str, Array]:
    """The first cells as texts, `_cells` (rows × columns), and the names of their columns, `_columns`."""
    some = columns[:_SHOWN_COLUMNS]
    rows = min(_SHOWN_ROWS, len(some[0]))
    texts = [_short(column, rows) for column in some]
    width = max(1, *(cells.dtype.itemsize for cells in texts))
    rows = min(rows, max(1, _SHOWN // (width * len(some))))
    names = [column.name.encode()[:_SHOWN_BYTES] for column in some]
    return {"_cells": np.stack([cells[:rows] for cells in texts], axis=1), "_columns": np.array(names)}


def _short(column: Column, rows: int) -> NDArray[np.bytes_]:
    head = replace(column, cells=column.cells.slice(0, rows))
    cells = pc.fill_null(pc.utf8_slice_codeunits(head.texts, 0, _SHOWN_BYTES), "")
    return np.array([text.encode()[:_SHOWN_BYTES] for text in cells.to_pylist()], dtype=np.bytes_)
