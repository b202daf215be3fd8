"""Tables that come with graphs: cells as texts, which column is which, and cells as features of nodes.

May import NumPy.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.core.errors import DataError
from workbench.core.text import plural
from workbench.engine.readers.content import Index
from workbench.engine.readers.files import MEGABYTE, read_text
from workbench.engine.readers.graphs import Floats, classes_of, one_hot, scaled, tell
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.split import SPLIT_NAMES, part_words

MAX_TABLE = 512 * MEGABYTE

SUFFIXES = (".csv", ".tsv", ".tab")
_MISSING = frozenset(("", "na", "n/a", "nan", "null", "none", "?"))
_LABELS = "label class target y category group club community".split()
_SPLITS = (*SPLIT_NAMES, "mask")
_NODES = "id node node_id nodeid name index".split()
# A column of more different texts than this says too little about any one of them.
_MOST_KINDS = 50
_MOST_COLUMNS = 20_000


@dataclass(frozen=True)
class Table:
    """The cells of a file by column; `rows` are the lines' numbers, counted from 1."""

    path: Path
    columns: Mapping[str, Sequence[str]]
    rows: Sequence[int]

    def named(self, names: Sequence[str]) -> str:
        """The first column with one of these names, whatever its case; empty when there is none."""
        by_name = {column.strip().lower(): column for column in self.columns}
        return next((by_name[name] for name in names if name in by_name), "")


def read_table(path: Path, reading: Reading, *, header: bool | None = None) -> Table:
    """A file with commas, tabs, semicolons or blanks between its cells; rows of another width are left out.

    Without `header` given, a first row without any number is one.
    """
    text = read_text(path, MAX_TABLE)
    first = next((line for line in text.split("\n") if line.strip() and not line.startswith("#")), "")
    separator = next((each for each in "\t;," if each in first), " ")
    lines = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    names: list[str] = []
    cells: list[list[str]] = []
    rows: list[int] = []
    wrong: list[str] = []
    try:
        for row in lines:
            if not any(cell.strip() for cell in row) or row[0].startswith("#"):
                continue
            row = [cell for cell in row if cell] if separator == " " else row
            if not names:
                headed = not any(_is_number(cell) for cell in row) if header is None else header
                names = _distinct(row) if headed else [f"column {n}" for n in range(1, len(row) + 1)]
                if len(names) > _MOST_COLUMNS:
                    raise DataError(f"{path} has {len(names):,} columns, more than {_MOST_COLUMNS:,}.")
                if headed:
                    continue
            if len(row) != len(names):
                wrong.append(
                    f"{path.name}, row {lines.line_num:,} has {len(row)} cells instead of {len(names)} "
                    "and is left out."
                )
                continue
            cells.append(row)
            rows.append(lines.line_num)
    except csv.Error as error:
        raise DataError(f"{path}, row {lines.line_num:,} is no row of a table: {error}.") from error
    tell(reading, wrong, path.name)
    if not cells:
        raise DataError(f"{path} has no rows.")
    columns = dict(
        zip(names, ([cell.strip() for cell in column] for column in zip(*cells, strict=True)), strict=True)
    )
    return Table(path, columns, rows)


def chosen(table: Table, reading: Reading, option: str, likely: Sequence[str]) -> str:
    """The column that an option names, or the one with a likely name.  Raises DataError when there is none."""
    wanted = reading.text(option)
    if wanted and wanted not in table.columns:
        raise DataError(
            f'{table.path} has no column "{wanted}"; it has {", ".join(list(table.columns)[:20])}.'
        )
    return wanted or table.named(likely)


def label_column(table: Table, reading: Reading) -> str:
    """The column with the classes of nodes, or an empty text."""
    return chosen(table, reading, "target", _LABELS)


def node_column(table: Table) -> str:
    """The column that names the nodes: by its name, or the first one."""
    return table.named(_NODES) or next(iter(table.columns))


def labels_of(table: Table, column: str, reading: Reading) -> tuple[Index, tuple[str, ...]]:
    """Class of every row, -1 where none is given, and the classes' names."""
    texts = ["" if missing(cell) else cell for cell in table.columns[column]]
    reading.understood["target"] = column
    if gaps := texts.count(""):
        reading.say(f'{gaps:,} nodes have no class in the column "{column}" and are in no part.')
    return classes_of(table.path, texts, "nodes")


def split_of(table: Table, reading: Reading) -> tuple[str, dict[str, Index] | None]:
    """The column that deals the rows out, and the rows of each part; none where there is no such column."""
    column = table.named(_SPLITS)
    if not column:
        return "", None
    words = table.columns[column]
    known = part_words(set(words))
    if "train" not in known.values():
        return "", None
    if odd := [word for word in words if word not in known]:
        some = ", ".join(f"“{word}”" for word in dict.fromkeys(odd) if not missing(word)) or "nothing"
        reading.say(
            f'Left in no part: {plural(len(odd), "node")} of which the column "{column}" says {some}.'
        )
    parts = np.array([known.get(word, "") for word in words])
    return column, {
        name: np.flatnonzero(parts == name)
        for name in ("train", "validation", "test")
        if (parts == name).any()
    }


def features(table: Table, leave: Sequence[str], train: NDArray[np.bool_], reading: Reading) -> Floats | None:
    """Columns as features: numbers standardised, texts one feature a value; None where none is of use."""
    blocks: list[Floats] = []
    for name, cells in table.columns.items():
        if name in leave:
            continue
        numbers = _numbers(cells)
        if numbers is None:
            kinds = sorted({cell for cell in cells if not missing(cell)})
            if len(kinds) > _MOST_KINDS or len(kinds) < 2:
                reading.say(f'The column "{name}" is left out: it has {len(kinds):,} different texts.')
                continue
            place = {kind: number for number, kind in enumerate(kinds)}
            blocks.append(
                one_hot(np.array([place.get(cell, len(kinds)) for cell in cells]), len(kinds) + 1)[:, :-1]
            )
            continue
        known = numbers[np.isfinite(numbers)]
        if not len(known) or (known.min() == known.max() and len(known) == len(numbers)):
            reading.say(f'The column "{name}" is left out: it has the same value everywhere.')
            continue
        if gaps := len(numbers) - len(known):
            reading.say(f'{gaps:,} missing values in the column "{name}" are set to the mean.')
        # Marks such as the words of a paper stay the 0 and 1 that they are.
        if set(np.unique(known)) <= {0.0, 1.0}:
            blocks.append(np.nan_to_num(numbers, nan=float(known.mean())).astype(np.float32)[:, None])
        else:
            blocks.append(scaled(numbers[:, None], train))
    return np.concatenate(blocks, axis=1) if blocks else None


def missing(cell: str) -> bool:
    """Whether a cell says that nothing is known."""
    return cell.strip().lower() in _MISSING


def _numbers(cells: Sequence[str]) -> NDArray[np.float64] | None:
    try:
        numbers = np.array([np.nan if missing(cell) else float(cell) for cell in cells], dtype=np.float64)
    except ValueError:
        return None
    return np.where(np.isfinite(numbers), numbers, np.nan)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _distinct(names: Sequence[str]) -> list[str]:
    """Names of columns, each once: a second "x" becomes "x 2"."""
    taken: dict[str, int] = {}
    found = []
    for place, name in enumerate(names, start=1):
        plain = name.strip() or f"column {place}"
        taken[plain] = taken.get(plain, 0) + 1
        found.append(plain if taken[plain] == 1 else f"{plain} {taken[plain]}")
    return found
