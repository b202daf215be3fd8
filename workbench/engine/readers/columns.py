"""One column of a table: numbers, categories or neither, and how it becomes features.

May import NumPy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.engine.readers.content import Index

Floats = NDArray[np.float64]

# How tables write "not known"; compared in lower case.
_MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "?"))

_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")

# A text column with more different values than this says too little about any one of them.
MAX_CATEGORIES = 50

# Names of columns that only number the rows (pandas writes the last one).
_ROW_NUMBERS = frozenset(("id", "index", "no", "nr", "rownames", "unnamed: 0"))

# So many cells may fail to be numbers before a column counts as text: a share, and for short tables a number.
_FEW_SHARE, _FEW = 0.05, 2


@dataclass(frozen=True)
class Column:
    """The cells of one column; `row_numbers` are their rows in the file, counted from 1."""

    path: Path
    name: str
    cells: Sequence[str]
    row_numbers: Sequence[int]
    missing: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        missing = np.array([cell.strip().lower() in _MISSING for cell in self.cells], dtype=np.bool_)
        object.__setattr__(self, "missing", missing)

    def of(self, keep: NDArray[np.bool_]) -> Column:
        """The column with only the rows to keep."""
        rows = np.flatnonzero(keep).tolist()
        return Column(
            self.path, self.name, [self.cells[i] for i in rows], [self.row_numbers[i] for i in rows]
        )

    def numbers(self) -> Floats | None:
        """The cells as numbers, NaN where missing; None when the column is text.

        Raises DataError naming the first cell that is no number when nearly all others are.
        """
        values, wrong = self._parsed(_number)
        if wrong and all(_DECIMAL_COMMA.fullmatch(self.cells[i].strip()) for i in wrong):
            values, wrong = self._parsed(lambda cell: _number(cell.replace(",", ".")))
        right = int((~self.missing).sum()) - len(wrong)
        if not wrong:
            return values if right else None
        if right > len(wrong) and len(wrong) <= max(_FEW, _FEW_SHARE * (right + len(wrong))):
            row, cell = self.row_numbers[wrong[0]], self.cells[wrong[0]]
            raise DataError(
                f'{self.path}, row {row:,}, column "{self.name}": "{cell}" is not a number, but nearly all '
                "other cells of the column are. Correct it, or name the column in the option "
                '"drop" or "categorical".'
            )
        return None

    def _parsed(self, number: Callable[[str], float]) -> tuple[Floats, list[int]]:
        values = np.full(len(self.cells), np.nan)
        wrong = []
        for i, cell in enumerate(self.cells):
            if not self.missing[i]:
                values[i] = number(cell)
                if not math.isfinite(values[i]):
                    wrong.append(i)
        return values, wrong

    def texts(self) -> tuple[str, ...]:
        """The different values that are not missing, in order."""
        return tuple(
            sorted({cell.strip() for cell, gap in zip(self.cells, self.missing, strict=True) if not gap})
        )


def _number(cell: str) -> float:
    """The number in a cell, NaN when there is none ("1_000" is a number to Python only)."""
    try:
        return math.nan if "_" in cell else float(cell)
    except ValueError:
        return math.nan


def standard(values: Floats) -> tuple[float, float]:
    """Mean and standard deviation to six digits; the deviation of constant values is given as 1."""
    mean, std = float(f"{values.mean():.6g}"), float(f"{values.std():.6g}")
    return mean, std if std > 0 else 1.0


def encoded(column: Column, categorical: bool, train: Index, problems: list[str]) -> Floats | None:
    """The column as features (rows × features), or None with a note in `problems` when it is of no use.

    Numbers are standardised with the training rows, a missing one becomes their mean; texts become one
    feature a value.
    """
    values = None if categorical else column.numbers()
    reason = _useless(column, values, categorical, train)
    if reason:
        problems.append(f'The column "{column.name}" is left out: {reason}.')
        return None
    gaps = int(column.missing.sum())
    if values is None:
        if gaps:
            problems.append(
                f'{gaps:,} missing values in the column "{column.name}" count as none of its texts.'
            )
        cells = np.array([cell.strip() for cell in column.cells])
        return np.stack([(cells == text) & ~column.missing for text in column.texts()], axis=1).astype(
            np.float64
        )
    mean, std = standard(values[train][~column.missing[train]])
    if gaps:
        problems.append(
            f'{gaps:,} missing values in the column "{column.name}" are set to the mean, {mean:g}.'
        )
        values = np.where(column.missing, mean, values)
    return ((values - mean) / std)[:, None]


def _useless(column: Column, values: Floats | None, categorical: bool, train: Index) -> str:
    """Why a column cannot help to predict anything; empty when it can."""
    if column.missing[train].all():
        return "it has no values to train on"
    if values is None:
        texts = len(column.texts())
        if texts == 1 and not column.missing.any():
            return "it has the same value everywhere"
        if texts > MAX_CATEGORIES and not categorical:
            return f"it has {texts:,} different texts"
        if texts == int((~column.missing).sum()) and texts > 2 and not categorical:
            return "every text in it occurs only once"
        return ""
    known = values[~column.missing]
    if known.min() == known.max() and not column.missing.any():
        return "it has the same value everywhere"
    named = column.name.lower() in _ROW_NUMBERS or column.name.endswith(("Id", "ID", "_id"))
    whole = bool((known == np.round(known)).all())
    if named and whole and len(np.unique(known)) == len(column.cells) > 2:
        return "it numbers the rows"
    return ""
