"""What a table is to predict, and which of its rows train: by a column, by time, or as the person says.

May import NumPy, core and the columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.engine.readers.columns import INDEX, Column
from workbench.engine.readers.content import Index
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.split import SPLIT_NAMES, divided, part_words

# Column names that usually hold what is to be predicted, the likeliest first.
_TARGETS = "target label class species quality outcome survived diagnosis category y".split()

# A target of whole numbers with at most this many different values is a class.
_MAX_NUMBER_CLASSES = 20
_MAX_CLASSES = 1_000

_TASKS = ("classification", "regression")

# A column of more words than this divides nothing.
_MOST_WORDS = 20
_OTHERWISE = ' Correct it, or choose how to divide in the option "split".'


def named(path: Path, columns: Sequence[Column], wish: str, option: str) -> Column:
    """The column of that name (case aside) or number.  Raises DataError naming those there are."""
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


def listed(path: Path, columns: Sequence[Column], reading: Reading, option: str) -> frozenset[str]:
    """Names of the columns that an option lists."""
    return frozenset(named(path, columns, wish, option).name for wish in reading.names(option))


def target_of(
    path: Path, columns: Sequence[Column], reading: Reading, said: Column | None = None
) -> tuple[Column, str]:
    """The column to predict and why: as the option says, else by its name, else the last one.

    It is not the one in which it is `said` which rows train, nor one without any value.
    """
    if wish := reading.text("target"):
        return named(path, columns, wish, "target"), "it was chosen"
    columns = [
        column
        for column in columns
        if column is not said and not column.missing.all() and not column.name.startswith(INDEX)
    ] or columns
    by_name = {column.name.strip().lower(): column for column in columns}
    for name in _TARGETS:
        if name in by_name:
            return by_name[name], "targets are often called so"
    return columns[-1], "it is the last column"


def target_values(target: Column, task: str) -> tuple[NDArray[np.generic], tuple[str, ...]]:
    """Numbers without names (regression), or classes with their names; the target has no gaps."""
    if task and task not in _TASKS:
        raise DataError(f'The option "task" is {" or ".join(_TASKS)}, not "{task}".')
    numbers = target.numbers
    if numbers is None:
        if task == "regression":
            raise DataError(
                f'{target.path}: the target column "{target.name}" is text; regression needs numbers.'
            )
        count = target.distinct
        if count > _MAX_CLASSES or (count > 2 and count == len(target)):
            raise DataError(
                f'{target.path}: the target column "{target.name}" has {count:,} different texts, too '
                'many to be classes. Name another column in the option "target".'
            )
        names, classes = target.categories
    else:
        different = np.unique(numbers)
        whole = bool((different == np.round(different)).all())
        few = len(different) <= min(_MAX_NUMBER_CLASSES, len(numbers) // 3)
        if task == "regression" or (not task and not (whole and few)):
            if len(different) < 2:
                raise _same(target)
            return numbers, ()
        if len(different) > _MAX_CLASSES:
            raise DataError(
                f'{target.path}: the target column "{target.name}" has {len(different):,} different numbers, '
                "too many to be classes."
            )
        names = tuple(f"{value:.15g}" for value in different)
        classes = np.searchsorted(different, numbers).astype(np.int64)
    if len(names) < 2:
        raise _same(target)
    return classes, names


def _same(target: Column) -> DataError:
    return DataError(
        f'{target.path}: the target column "{target.name}" has the same value in every row. '
        'Name another column in the option "target".'
    )


def split_column(path: Path, columns: Sequence[Column], reading: Reading) -> Column | None:
    """The column that says which rows train: as the option says, or one that is called so and says “train”."""
    if wish := reading.text("split_column"):
        return named(path, columns, wish, "split_column")
    target = named(path, columns, reading.text("target"), "target") if reading.text("target") else None
    apart = listed(path, columns, reading, "drop")
    for column in columns:
        if column is target or column.name in apart or column.name.strip().lower() not in SPLIT_NAMES:
            continue
        if column.distinct <= _MOST_WORDS and "train" in part_words(column.categories[0]).values():
            reading.understood["split_column"] = column.name
            return column
    return None


def time_column(path: Path, columns: Sequence[Column], reading: Reading) -> Column | None:
    """The column that orders the rows in time: as the option says, or the only one of dates for a split by time."""
    if wish := reading.text("time"):
        return named(path, columns, wish, "time")
    if reading.text("split") == "time":
        dated = [column for column in columns if column.dates is not None]
        if len(dated) == 1:
            reading.understood["time"] = dated[0].name
            return dated[0]
    return None


def splits_of(
    reading: Reading,
    classes_or_count: int | NDArray[np.generic],
    said: Column | None,
    time: Column | None,
) -> dict[str, Index]:
    """The rows of each split: by the column that says it, in the order of time, or as the person wants."""
    given = _given(said) if said is not None and not reading.text("split") else None
    if time is None:
        return divided(reading, classes_or_count, given)
    order = _order(time)
    ordered = classes_or_count if isinstance(classes_or_count, int) else classes_or_count[order]
    if given is not None:
        return divided(reading, classes_or_count, given)
    found = divided(reading, ordered, ordered=True)
    return {name: np.sort(order[index]) for name, index in found.items()}


def _order(time: Column) -> Index:
    moments = time.moments
    if moments is None:
        raise DataError(
            f'{time.path}: the column "{time.name}" has neither dates nor numbers, so it gives no order in time.'
        )
    if time.gaps.any():
        row = time.row_number(int(np.flatnonzero(time.gaps)[0]))
        raise DataError(
            f'{time.path}, row {row:,}: the column "{time.name}" that gives the order in time has no value there.'
        )
    return np.argsort(moments, kind="stable")


def _given(said: Column) -> Mapping[str, Index]:
    words, codes = said.categories
    known = part_words(words)
    places: dict[str, list[int]] = {}
    for code, word in enumerate(words):
        if word not in known:
            row = said.row_number(int(np.flatnonzero(codes == code)[0]))
            raise DataError(
                f'{said.path}, row {row:,}: the column "{said.name}" divides the rows by the words train, '
                f'validation and test; "{word}" is none of them.{_OTHERWISE}'
            )
        places.setdefault(known[word], []).append(code)
    if (codes < 0).any():
        row = said.row_number(int(np.flatnonzero(codes < 0)[0]))
        raise DataError(
            f'{said.path}, row {row:,}: the column "{said.name}" does not say where the row belongs.{_OTHERWISE}'
        )
    if "train" not in places:
        raise DataError(f'{said.path}: no row is to train on, as the column "{said.name}" says.')
    return {name: np.flatnonzero(np.isin(codes, members)) for name, members in places.items()}
