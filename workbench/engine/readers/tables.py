"""CSV tables: separator, header, which column is the target, and the finished dataset.

May import NumPy.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.schema import Schema, table_outputs
from workbench.core.errors import DataError
from workbench.engine.readers.columns import Column, Floats, encoded, standard
from workbench.engine.readers.content import Array, Content, Index
from workbench.engine.readers.files import MEGABYTE, read_text, slug, title
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.split import divided

MAX_TABLE = 256 * MEGABYTE
MAX_COLUMNS = 10_000

# Column names that usually hold what is to be predicted, the likeliest first.
_TARGETS = "target label class species quality outcome survived diagnosis category y".split()

# A target of whole numbers with at most this many different values is a class.
_MAX_NUMBER_CLASSES = 20
_MAX_CLASSES = 1_000

_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")
_TASKS = ("classification", "regression")
_AUTO = ("", "As detected")
TASKS = (_AUTO, ("classification", "A class"), ("regression", "A number"))
SEPARATORS = (_AUTO, *((name, name.capitalize()) for name in _SEPARATORS))
HEADER = (_AUTO, ("yes", "Yes"), ("no", "No"))


def read(path: Path, reading: Reading) -> Content:
    """A CSV file.  Options: target, task, drop, categorical, separator, header, encoding."""
    options = reading.options
    columns = read_columns(path, options)
    reading.choices["columns"] = tuple(column.name for column in columns)
    target = _target(path, columns, options)
    reading.understood["target"] = target.name
    problems = reading.problems
    if target.missing.any():
        count = int(target.missing.sum())
        problems.append(f'{count:,} rows without a value in the target column "{target.name}" are left out.')
        columns = [column.of(~target.missing) for column in columns]
        target = next(column for column in columns if column.name == target.name)
    if len(target.cells) < 3:
        raise DataError(f"{path} has {len(target.cells)} rows with a target; at least 3 are needed.")
    values, names = _target_values(target, str(options.get("task", "")))
    splits = divided(reading, values if names else len(values))
    dropped = _listed(path, columns, options, "drop")
    categorical = _listed(path, columns, options, "categorical")
    blocks = [
        encoded(column, column.name in categorical, splits["train"], problems)
        for column in columns
        if column.name != target.name and column.name not in dropped
    ]
    kept = [block for block in blocks if block is not None]
    if not kept:
        raise DataError(
            f'{path} has no column to learn from beside the target "{target.name}". {" ".join(problems)}'
        )
    return table_set(slug(path), title(path), np.concatenate(kept, axis=1), values, names, splits)


def table_set(
    name: str,
    heading: str,
    features: Floats,
    target: NDArray[np.generic],
    labels: tuple[str, ...],
    splits: Mapping[str, Index],
) -> Content:
    """The dataset of ready features and a class (`labels` names them) or a number, standardised here."""
    facts: dict[str, float | int] = {"features": features.shape[1]}
    arrays: dict[str, Array] = {"features": features.astype(np.float32)}
    if labels:
        facts = {"classes": len(labels), **facts}
        arrays["label"] = target.astype(np.int64)
    else:
        numbers = target.astype(np.float64)
        mean, std = standard(numbers[splits["train"]])
        facts |= {"target_mean": mean, "target_std": std}
        arrays["target"] = ((numbers - mean) / std).astype(np.float32)[:, None]
    schema = Schema(
        id=name,
        title=heading,
        outputs=table_outputs(features.shape[1], classes=len(labels)),
        facts=facts,
        kind="table",
        items=len(features),
        labels=labels,
    )
    return Content(schema, arrays, splits)


def read_columns(path: Path, options: Mapping[str, object]) -> list[Column]:
    """The cells of a CSV file by column.  Raises DataError naming the row that has too few or too many."""
    text = read_text(path, MAX_TABLE, str(options.get("encoding", "")))
    separator = str(options.get("separator", "")) or _separator(text)
    separator = _SEPARATORS.get(separator, separator)
    if len(separator) != 1:
        raise DataError(f'The option "separator" must be one character, not "{separator}".')
    rows: list[list[str]] = []
    row_numbers: list[int] = []
    number = 0
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text), delimiter=separator), start=1):
            if not row:
                continue
            if rows and len(row) != len(rows[0]):
                raise DataError(
                    f"{path}, row {number:,}: it has {len(row):,} columns, but the first row has "
                    f"{len(rows[0]):,}."
                )
            if len(row) > MAX_COLUMNS:
                raise DataError(
                    f"{path} has {len(row):,} columns, more than the {MAX_COLUMNS:,} that can be read."
                )
            rows.append(row)
            row_numbers.append(number)
    except csv.Error as error:
        raise DataError(f"{path}, row {number + 1:,}: it is no CSV ({error}).") from error
    if not rows:
        raise DataError(f"{path} has no rows.")
    if len(rows[0]) < 2:
        raise DataError(
            f"{path} has only one column; a table needs features and a target. "
            'If another character separates the columns, name it in the option "separator".'
        )
    names = [f"column{i + 1}" for i in range(len(rows[0]))]
    if _has_header(rows[0], options):
        names = _unique(rows.pop(0), names)
        row_numbers.pop(0)
    if not rows:
        raise DataError(f"{path} has a header but no rows.")
    return [
        Column(path, name, cells, row_numbers)
        for name, cells in zip(names, zip(*rows, strict=True), strict=True)
    ]


def _separator(text: str) -> str:
    """The character that cuts the first lines into the same number of columns, the more the better."""
    lines = list(islice(io.StringIO(text[: 256 * 1024]), 50))
    best, best_score = ",", (False, 1)
    for separator in _SEPARATORS.values():
        try:
            counts = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if row)
        except csv.Error:
            continue  # this character does not make a table; the others may
        columns = counts.most_common(1)[0][0] if counts else 1
        score = (len(counts) == 1 and columns > 1, columns)
        if score > best_score:
            best, best_score = separator, score
    return best


def _has_header(first: Sequence[str], options: Mapping[str, object]) -> bool:
    """Whether the first row names the columns: as the option says, else when none of it is a number."""
    wish = str(options.get("header", "")).lower()
    if wish in (*_YES, *_NO):
        return wish in _YES
    if wish:
        raise DataError(f'The option "header" is yes or no, not "{wish}".')
    return all(cell.strip() and not _is_number(cell) for cell in first[1:]) and not _is_number(first[0])


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def _unique(cells: Sequence[str], fallback: Sequence[str]) -> list[str]:
    """Column names without blanks and repetitions."""
    names: list[str] = []
    for cell, other in zip(cells, fallback, strict=True):
        name = cell.strip() or other
        names.append(name if name not in names else f"{name} ({other})")
    return names


def _named(path: Path, columns: Sequence[Column], wish: str, option: str) -> Column:
    """The column of that name (case aside) or number."""
    for column in columns:
        if wish == column.name:
            return column
    for column in columns:
        if wish.lower() == column.name.lower():
            return column
    if wish.isdecimal() and 1 <= int(wish) <= len(columns):
        return columns[int(wish) - 1]
    known = ", ".join(column.name for column in columns[:20])
    raise DataError(f'The option "{option}" asks for a column "{wish}" that {path} has not; it has {known}.')


def _listed(path: Path, columns: Sequence[Column], options: Mapping[str, object], option: str) -> set[str]:
    wish = options.get(option, ())
    names = (
        wish.split(",") if isinstance(wish, str) else wish if isinstance(wish, list | tuple) else [str(wish)]
    )
    return {_named(path, columns, str(name).strip(), option).name for name in names if str(name).strip()}


def _target(path: Path, columns: Sequence[Column], options: Mapping[str, object]) -> Column:
    """The column to predict: as the option says, else by its name, else the last one."""
    wish = str(options.get("target", ""))
    if wish:
        return _named(path, columns, wish, "target")
    by_name = {column.name.lower(): column for column in columns}
    return next((by_name[name] for name in _TARGETS if name in by_name), columns[-1])


def _target_values(target: Column, task: str) -> tuple[NDArray[np.generic], tuple[str, ...]]:
    """Numbers without names (regression), or classes with their names."""
    if task and task not in _TASKS:
        raise DataError(f'The option "task" is {" or ".join(_TASKS)}, not "{task}".')
    numbers = target.numbers()
    if numbers is None:
        if task == "regression":
            raise DataError(
                f'{target.path}: the target column "{target.name}" is text; regression needs numbers.'
            )
        names = target.texts()
        if len(names) > _MAX_CLASSES or (len(names) > 2 and len(names) == len(target.cells)):
            raise DataError(
                f'{target.path}: the target column "{target.name}" has {len(names):,} different texts, too '
                'many to be classes. Name another column in the option "target".'
            )
        place = {name: i for i, name in enumerate(names)}
        classes = np.array([place[cell.strip()] for cell in target.cells], dtype=np.int64)
    else:
        different = np.unique(numbers)
        whole = bool((different == np.round(different)).all())
        few = len(different) <= min(_MAX_NUMBER_CLASSES, len(numbers) // 3)
        if task == "regression" or (not task and not (whole and few)):
            return numbers, ()
        if len(different) > _MAX_CLASSES:
            raise DataError(
                f'{target.path}: the target column "{target.name}" has {len(different):,} different numbers, '
                "too many to be classes."
            )
        names = tuple(f"{value:g}" for value in different)
        classes = np.searchsorted(different, numbers).astype(np.int64)
    if len(names) < 2:
        raise DataError(f'{target.path}: the target column "{target.name}" has the same value in every row.')
    return classes, names
