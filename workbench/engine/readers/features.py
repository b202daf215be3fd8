"""How the columns of a table become features: numbers standardised, categories one feature a value, dates in parts.

Every number that is learned here (mean, deviation, most frequent value) is that of the training rows.
May import NumPy, core and the columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.core.text import plural
from workbench.engine.readers.columns import Column
from workbench.engine.readers.content import Index
from workbench.engine.readers.dates import parts
from workbench.engine.readers.numbers import Floats, deviation

# A category of more values would need that many features; it can be embedded.
_MOST_VALUES = 1_000

Filled = NDArray[np.float32]


@dataclass(frozen=True)
class Treatment:
    """What a person wants done with the columns, by their names."""

    drop: frozenset[str] = frozenset()
    categorical: frozenset[str] = frozenset()
    embed: frozenset[str] = frozenset()
    missing: str = ""
    standardise: bool = True

    def is_category(self, column: Column) -> bool:
        """Whether the column's cells are names."""
        if column.name in self.categorical or column.name in self.embed:
            return True
        return column.numbers is None and column.dates is None

    def is_forced(self, column: Column) -> bool:
        """Whether somebody said that the column's cells are names, however many there are."""
        return column.name in self.categorical or column.name in self.embed


@dataclass(frozen=True)
class Block:
    """The features of one column: their names, and what writes them into room for rows × features."""

    names: tuple[str, ...]
    fill: Callable[[Filled], None]


@dataclass(frozen=True)
class Codes:
    """A column that is given to the model as numbers of its values; `missing` has the last number."""

    name: str
    values: tuple[str, ...]
    codes: Index
    missing: bool

    @property
    def bound(self) -> int:
        """How many numbers there are."""
        return len(self.values) + self.missing


def block_of(column: Column, wish: Treatment, train: Index, problems: list[str]) -> Block | None:
    """The column's features, or None with a sentence in `problems` when it is of no use."""
    category = wish.is_category(column)
    reason = column.useless(category and wish.is_forced(column), train)
    if reason:
        problems.append(f'The column "{column.name}" is left out: {reason}.')
        return None
    if category:
        return _one_hot(column, wish, train, problems)
    if wrong := column.wrong_cells():
        problems.append(wrong)
    if column.numbers is not None:
        return _numbers(column, column.numbers, wish, train, problems)
    return _dates(column, wish, train, problems)


def codes_of(column: Column, wish: Treatment, train: Index, problems: list[str]) -> Codes:
    """The column as numbers of its values; a missing one gets a number of its own, or the most frequent one."""
    values, codes = column.categories
    if not values:
        raise DataError(f'{column.path}: the column "{column.name}" has no values to embed.')
    gaps = codes < 0
    if gaps.any() and wish.missing == "frequent":
        codes = np.where(gaps, _most_frequent(codes[train]), codes)
        problems.append(
            _filled(column, int(gaps.sum()), f'the most frequent value, "{values[codes[gaps][0]]}"')
        )
        gaps = np.zeros(len(codes), dtype=np.bool_)
    name = re.sub(r"\W+", "_", column.name).strip("_").lower() or "category"
    return Codes(name, values, np.where(gaps, len(values), codes), bool(gaps.any()))


def _numbers(column: Column, values: Floats, wish: Treatment, train: Index, problems: list[str]) -> Block:
    gaps = np.isnan(values)
    known = values[train][~gaps[train]]
    mean, std = _scale(known)
    count = int(gaps.sum())
    fill = mean
    if count:
        if wish.missing == "frequent":
            different, counts = np.unique(known, return_counts=True)
            fill = float(different[counts.argmax()])
            problems.append(_filled(column, count, f"the most frequent value, {fill:g}"))
        else:
            problems.append(_filled(column, count, f"the mean, {mean:g}"))
    shift, scale = (mean, std) if wish.standardise else (0.0, 1.0)
    told = bool(count) and wish.missing == "indicator"

    def write(room: Filled) -> None:
        room[:, 0] = (np.where(gaps, fill, values) - shift) / scale
        if told:
            room[:, 1] = gaps

    return Block((column.name, f"{column.name} missing")[: 1 + told], write)


def _one_hot(column: Column, wish: Treatment, train: Index, problems: list[str]) -> Block:
    if column.distinct > _MOST_VALUES:
        raise DataError(
            f'{column.path}: the column "{column.name}" has {column.distinct:,} different values, too many for a '
            'feature each. Name it in the option "embed" or "drop".'
        )
    values, codes = column.categories
    gaps = codes < 0
    count = int(gaps.sum())
    told = bool(count) and wish.missing == "indicator"
    if count and wish.missing == "frequent":
        codes = np.where(gaps, _most_frequent(codes[train]), codes)
        problems.append(_filled(column, count, f'the most frequent value, "{values[codes[gaps][0]]}"'))
    elif count:
        missing = plural(count, "missing value")
        be = "counts" if count == 1 else "count"
        problems.append(f'{missing} in the column "{column.name}" {be} as none of its texts.')

    def write(room: Filled) -> None:
        room[:] = 0
        rows = np.flatnonzero(codes >= 0)
        room[rows, codes[rows]] = 1
        if told:
            room[:, -1] = gaps

    names = tuple(f"{column.name} = {value}" for value in values)
    return Block((*names, f"{column.name} missing") if told else names, write)


def _dates(column: Column, wish: Treatment, train: Index, problems: list[str]) -> Block | None:
    assert column.dates is not None
    found = parts(column.dates)
    # What is the same in all training rows, such as the hour of dates without a time, tells nothing.
    used = {
        name: values
        for name, values in found.items()
        if np.ptp(values[train][~np.isnan(values[train])]) > 1e-9
    }
    if not used:
        problems.append(f'The column "{column.name}" is left out: it has the same date everywhere.')
        return None
    gaps = column.gaps
    count = int(gaps.sum())
    if count:
        problems.append(_filled(column, count, "the mean of each part"))
    told = bool(count) and wish.missing == "indicator"

    def write(room: Filled) -> None:
        for place, (name, values) in enumerate(used.items()):
            known = values[train][~gaps[train]]
            mean, std = _scale(known) if name == "year" and wish.standardise else (0.0, 1.0)
            room[:, place] = (np.where(gaps, known.mean(), values) - mean) / std
        if told:
            room[:, -1] = gaps

    names = tuple(f"{column.name} {name}" for name in used)
    return Block((*names, f"{column.name} missing") if told else names, write)


def _scale(known: Floats) -> tuple[float, float]:
    """Mean and standard deviation, exactly: years differ little for their size."""
    return float(known.mean()), deviation(known)


def _most_frequent(codes: Index) -> int:
    known = codes[codes >= 0]
    return int(np.bincount(known).argmax()) if len(known) else 0


def _filled(column: Column, count: int, what: str) -> str:
    missing = f"{plural(count, 'missing value')} in the column"
    return f'{missing} "{column.name}" {"is" if count == 1 else "are"} set to {what}.'


def written(blocks: Sequence[Block], room: Filled) -> None:
    """Writes the features of all columns side by side into the room made for them."""
    place = 0
    for block in blocks:
        block.fill(room[:, place : place + len(block.names)])
        place += len(block.names)
