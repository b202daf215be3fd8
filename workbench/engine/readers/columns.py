"""One column of a table: numbers, dates, categories or neither.

May import NumPy and pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from workbench.engine.readers.content import Index
from workbench.engine.readers.dates import Dates, dates_in, instants_in
from workbench.engine.readers.numbers import Floats

# How tables write "not known"; compared in lower case.
MISSING = ("", "na", "n/a", "nan", "null", "none", "?")

_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_dictionary)
_KNOWN = (
    *_TEXTS,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_boolean,
    pa.types.is_date,
    pa.types.is_timestamp,
    pa.types.is_time,
    pa.types.is_null,
)

# What a model computes with holds no larger number.
_LARGEST = float(np.finfo(np.float32).max)

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_DECIMAL_COMMA = r"^[+-]?\d*,\d+([eE][+-]?\d+)?$"
_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$"
# Of such cells these can be nothing else: 1,234,567 and 1,234.5.
_SURELY_THOUSANDS = r",.*[,.]"

# A text column with more different values than this says too little about any one of them.
MAX_CATEGORIES = 50

# Names of columns that only number the rows (pandas writes the last one).
_ROW_NUMBERS = frozenset(("id", "index", "no", "nr", "rownames", "unnamed: 0"))

# What pandas calls the names or numbers of rows in a Parquet file.
INDEX = "__index_level_"

# So many cells may fail to be numbers before a column counts as text: a share, and for short tables a number.
_FEW_SHARE, _FEW = 0.05, 2

# A cell in a sentence; longer ones are cut.
_CELL = 40
_NAMED = 5


@dataclass(frozen=True, eq=False)
class Column:
    """The cells of one column, null where missing; `row_number` tells the row in the file, counted from 1.

    `separator` is what stands between the cells of a text file, `unknown` are the words that were taken for "not
    known", as the file has them.
    """

    path: Path
    name: str
    cells: pa.ChunkedArray
    row_number: Callable[[int], int]
    separator: str = ""
    unknown: tuple[str, ...] = ()

    @staticmethod
    def of_cells(
        path: Path,
        name: str,
        cells: pa.ChunkedArray | pa.Array | Sequence[object],
        row_number: Callable[[int], int],
        separator: str = "",
    ) -> Column:
        """A column of cells as a file has them: blanks around texts go, and what means "not known" is null."""
        unknown: tuple[str, ...] = ()
        chunked = cells if isinstance(cells, pa.ChunkedArray) else pa.chunked_array([pa.array(cells)])
        kind = chunked.type
        if any(is_text(kind) for is_text in _TEXTS):
            texts = pc.utf8_trim_whitespace(pc.cast(chunked, pa.string()))
            gaps = pc.is_in(pc.utf8_lower(pc.utf8_slice_codeunits(texts, 0, 5)), pa.array(MISSING))
            unknown = tuple(word for word in pc.unique(texts.filter(gaps)).to_pylist() if word)
            chunked = pc.if_else(gaps, pa.scalar(None, pa.string()), texts) if pc.any(gaps).as_py() else texts
        elif pa.types.is_floating(kind) or pa.types.is_decimal(kind):
            floats = pc.cast(chunked, pa.float64())
            chunked = pc.if_else(pc.is_nan(floats), pa.scalar(None, pa.float64()), floats)
        elif pa.types.is_boolean(kind) or pa.types.is_null(kind):
            chunked = pc.cast(chunked, pa.string())
        return Column(path, name, chunked, row_number, separator, unknown)

    def told_unknown(self) -> str:
        """A sentence about the words that count as missing where they may be classes; empty elsewhere."""
        if self.numbers is not None:
            return ""
        words = ", ".join(f"“{shortened(word)}”" for word in self.unknown[:_NAMED])
        counts = "count" if len(self.unknown) > 1 else "counts"
        return f" Also {words} {counts} as no value: write another word where it is a class." if words else ""

    def __len__(self) -> int:
        return len(self.cells)

    @cached_property
    def missing(self) -> NDArray[np.bool_]:
        """Which cells are not known."""
        gaps: NDArray[np.bool_] = self.cells.is_null().to_numpy()
        return gaps

    def of(self, keep: NDArray[np.bool_]) -> Column:
        """The column with only the rows to keep."""
        return self.taken(np.flatnonzero(keep))

    def taken(self, rows: Index) -> Column:
        """The column with these rows, in this order."""
        number = self.row_number
        cells = self.cells.take(pa.array(rows))
        return replace(self, cells=cells, row_number=lambda i: number(int(rows[i])))

    @cached_property
    def _parsed(self) -> tuple[Floats, NDArray[np.bool_]]:
        """The cells as numbers, NaN where there is none; and which are there but no numbers."""
        if not pa.types.is_string(self.cells.type):
            if pa.types.is_temporal(self.cells.type):
                return np.full(len(self), np.nan), ~self.missing
            values: Floats = pc.cast(self.cells, pa.float64(), safe=False).to_numpy()
            wrong = ~(np.abs(values) <= _LARGEST) & ~self.missing
            return np.where(wrong, np.nan, values), wrong
        if self.comma == ",":
            return self._as_written
        return _as_numbers(_without_commas(self.cells, self.comma), self.missing)

    @cached_property
    def _as_written(self) -> tuple[Floats, NDArray[np.bool_]]:
        return _as_numbers(self.cells, self.missing)

    @cached_property
    def comma(self) -> str:
        """What stands for a comma in the numbers of texts: a point, nothing between thousands, else the comma."""
        if not pa.types.is_string(self.cells.type) or not self._as_written[1].any():
            return ","
        cells = self._with_commas
        if _all(cells, _THOUSANDS):
            others = len(cells) + int(self.missing.sum()) < len(self)
            sure = pc.any(pc.match_substring_regex(cells, _SURELY_THOUSANDS)).as_py()
            return "" if sure or others or self.separator == "," else "."
        return "." if _all(cells, _DECIMAL_COMMA) else ","

    @property
    def _with_commas(self) -> pa.ChunkedArray:
        return self.cells.filter(pa.array(self._as_written[1]))

    def read(self, cells: Sequence[str | None]) -> Floats:
        """Other cells as numbers, where they are written as those of this column; NaN for what is none then."""
        texts = pa.chunked_array([pa.array(cells, pa.string())])
        return _as_numbers(_without_commas(texts, self.comma), texts.is_null().to_numpy())[0]

    @cached_property
    def numbers(self) -> Floats | None:
        """The cells as numbers, NaN where missing or, in few cells, no number; None when the column is text."""
        values, wrong = self._parsed
        failed = int(wrong.sum())
        right = len(self) - int(self.missing.sum()) - failed
        if right <= failed or (failed and failed > max(_FEW, _FEW_SHARE * (right + failed))):
            return None
        return values

    @cached_property
    def dates(self) -> Dates | None:
        """The cells as dates, NaT where missing; None when the column is something else."""
        return None if self.numbers is not None else dates_in(self.cells)

    @cached_property
    def moments(self) -> Floats | None:
        """The dates or numbers as what orders the rows; None when the column is text."""
        if self.dates is None:
            return self.numbers
        return instants_in(self.cells, self.dates).astype("datetime64[us]").astype(np.float64)

    @cached_property
    def texts(self) -> pa.ChunkedArray:
        """The cells as texts: 3.0 is "3"."""
        if pa.types.is_string(self.cells.type):
            return self.cells
        if pa.types.is_floating(self.cells.type):
            values = self.cells.drop_null().to_numpy()
            # False for what is infinite or too large to be a whole number exactly.
            if len(values) and (np.abs(values) < 2**53).all() and (values == np.round(values)).all():
                return pc.cast(pc.cast(self.cells, pa.int64()), pa.string())
        return pc.cast(self.cells, pa.string())

    @cached_property
    def distinct(self) -> int:
        """How many different texts there are."""
        return int(pc.count_distinct(self.cells, mode="only_valid").as_py())

    @cached_property
    def categories(self) -> tuple[tuple[str, ...], Index]:
        """The different texts in order, and for each row the place of its own; -1 where missing."""
        coded = self.texts.combine_chunks().dictionary_encode()
        names = coded.dictionary.to_pylist()
        order = sorted(range(len(names)), key=names.__getitem__)
        places = np.empty(len(names) + 1, dtype=np.int64)
        places[order], places[-1] = np.arange(len(names)), -1
        codes = coded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)
        return tuple(names[i] for i in order), places[codes]

    def wrong_cells(self) -> str:
        """What to say of the cells of a numeric column that are no numbers, or could be two; mostly nothing."""
        if self.numbers is None:
            return ""
        if self.comma != "," and _all(self._with_commas, _THOUSANDS):
            cell = self._with_commas[0].as_py()
            means = "part thousands" if not self.comma else "are decimal ones"
            number = f"{self.read([cell])[0]:.15g}"
            return f'The commas in the column "{self.name}" {means}: "{shortened(cell)}" is {number}.'
        rows = np.flatnonzero(self._parsed[1])
        named = ", ".join(
            f'"{shortened(str(self.texts[int(i)].as_py()))}" in row {self.row_number(int(i)):,}'
            for i in rows[:_NAMED]
        )
        more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
        count = (
            "one cell is no number and counts" if len(rows) == 1 else f"{len(rows):,} cells are no numbers"
        )
        rest = "" if len(rows) == 1 else " and count"
        return f'In the column "{self.name}", {count}{rest} as missing: {named}{more}.' if len(rows) else ""

    def useless(self, categorical: bool, train: Index) -> str:
        """Why the column cannot help to predict anything; empty when it can."""
        gaps = self.gaps
        if gaps[train].all():
            return "it has no values to train on"
        if categorical or (self.numbers is None and self.dates is None):
            return self._useless_texts(categorical)
        if self.numbers is None:
            return ""
        known = self.numbers[~gaps]
        if known.min() == known.max() and not gaps.any():
            return "it has the same value everywhere"
        named = self.name.lower() in _ROW_NUMBERS or self.name.endswith(("Id", "ID", "_id"))
        whole = bool((known == np.round(known)).all())
        if named and whole and len(np.unique(known)) == len(self) > 2:
            return "it numbers the rows"
        return ""

    def _useless_texts(self, categorical: bool) -> str:
        if self.distinct == 1 and not self.missing.any():
            return "it has the same value everywhere"
        if self.distinct > MAX_CATEGORIES and not categorical:
            return f"it has {self.distinct:,} different texts"
        if self.distinct == int((~self.missing).sum()) and self.distinct > 2 and not categorical:
            return "every text in it occurs only once"
        return ""

    @cached_property
    def gaps(self) -> NDArray[np.bool_]:
        """Which cells give no value: those that are missing, and those among numbers or dates that are none."""
        if self.numbers is not None:
            return np.isnan(self.numbers)
        return self.missing if self.dates is None else np.isnat(self.dates)


def _as_numbers(cells: pa.ChunkedArray, missing: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    try:
        values: Floats = pc.cast(cells, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        fits = pc.match_substring_regex(cells, _NUMBER)
        values = pc.cast(pc.if_else(fits, cells, pa.scalar(None, pa.string())), pa.float64()).to_numpy()
    wrong = ~(np.abs(values) <= _LARGEST) & ~missing
    return np.where(wrong, np.nan, values), wrong


def _all(cells: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.all(pc.match_substring_regex(cells, pattern)).as_py())


def _without_commas(cells: pa.ChunkedArray, comma: str) -> pa.ChunkedArray:
    """Numbers with commas that part thousands, where `comma` is empty, or are decimal ones, as numbers without."""
    fits = pc.match_substring_regex(cells, _DECIMAL_COMMA if comma else _THOUSANDS)
    return cells if comma == "," else pc.if_else(fits, pc.replace_substring(cells, ",", comma), cells)


def counts_rows(column: Column) -> bool:
    """Whether the cells are the numbers of the rows from 0 or 1, in any order; a few rows may be left out."""
    if column.numbers is None or column.gaps.any():
        return False
    ordered = np.sort(column.numbers)
    steps = np.diff(ordered)
    return bool(ordered[0] in (0, 1) and (steps >= 1).all() and (steps == 1).sum() >= 0.95 * len(steps))


def can_hold(kind: pa.DataType) -> bool:
    """Whether a column can have cells of that type."""
    held = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(is_kind(held) for is_kind in _KNOWN)


def shortened(cell: str) -> str:
    """A cell as a sentence can hold it."""
    return cell if len(cell) <= _CELL else cell[: _CELL - 1] + "…"
