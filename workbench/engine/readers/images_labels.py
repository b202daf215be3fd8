"""The classes of pictures from a table beside them: file and label, several labels, or numbers.

May import NumPy, core and trees.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest

import numpy as np

from workbench.core.errors import DataError
from workbench.engine.readers.arrangement import Entry, several
from workbench.engine.readers.content import Array
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.split import SPLIT_NAMES, said_parts
from workbench.engine.readers.trees import Tree, ends, is_about, last

TABLES = frozenset((".csv", ".tsv", ".tab", ".txt"))

# More than this is no table of labels, or one for another program.
_MAX_BYTES = 512 * 2**20
_LABEL_NAMES = ("label", "labels", "class", "classes", "category", "target", "tags", "tag", "y")
_SEPARATORS = ("|", ";", ",")
_YES_NO = frozenset(("0", "1", "0.0", "1.0", "-1", "true", "false", "True", "False"))


@dataclass(frozen=True)
class Labels:
    """What a table says about pictures: one row for each name in `rows`, under `header`.

    What it says `again` of pictures are further rows.
    """

    name: str
    header: tuple[str, ...]
    rows: Mapping[str, Sequence[str]]
    file_column: int
    problems: tuple[str, ...] = ()
    again: tuple[tuple[str, Sequence[str]], ...] = ()

    def differing(self, columns: Iterable[int]) -> set[str]:
        """The names of which several rows say different things in these columns."""
        places = list(columns)
        return {
            name
            for name, row in self.again
            if any(row[i].strip() != self.rows[name][i].strip() for i in places)
        }


def found(tree: Tree, names: Sequence[str], pictures: Sequence[str], wanted: str) -> Labels | None:
    """The table that names most of the pictures, or the wanted one.  Raises DataError where that is none."""
    if wanted:
        match = [name for name in names if wanted in (last(name), name)]
        if not match:
            raise DataError(f'There is no file "{wanted}" for the labels in {tree.path}.')
        labels = _table(tree, match[0], pictures)
        if labels is None or not labels.rows:
            why = f" {labels.problems[0]}" if labels is not None and labels.problems else ""
            raise DataError(f"{tree.shown(match[0])} has no column that names pictures in {tree.path}.{why}")
        return labels
    near = [name for name in names if ends(name, TABLES) and name.count("/") < 2 and not is_about(name)]
    tables = [table for name in near[:20] if (table := _table(tree, name, pictures))]
    best = max(tables, key=lambda table: len(table.rows), default=None)
    return best if best and len(best.rows) * 2 >= len(pictures) else None


def _table(tree: Tree, name: str, pictures: Sequence[str]) -> Labels | None:
    with tree.open(name) as stream:
        data = stream.read(_MAX_BYTES)
    text, strange = _decoded(data, tree.shown(name))
    known = _known(pictures, name[: -len(last(name))].lower())
    try:
        separator = _separator(list(islice(io.StringIO(text), 200)), known)
        lines = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    except csv.Error as error:
        raise DataError(f"{tree.shown(name)} is no readable table ({error}).") from error
    sample = lines[:200]
    columns = max((len(row) for row in sample), default=0)
    hits = [sum(len(row) > i and _key(row[i]) in known for row in sample) for i in range(columns)]
    if not hits or not max(hits):
        return None
    column = hits.index(max(hits))
    width = max(len(lines[0]), column + 1)
    first_row = [*lines[0], *("" for _ in range(width - len(lines[0])))]
    has_header = _key(first_row[column]) not in known
    header = tuple(first_row) if has_header else tuple(f"column {i + 1}" for i in range(width))
    rows: dict[str, Sequence[str]] = {}
    again: list[tuple[str, Sequence[str]]] = []
    strays: list[str] = []
    for number, row in enumerate(lines[has_header:], 1 + has_header):
        meant = known.get(_key(row[column]), ()) if len(row) > column else ()
        if len(meant) == 1 and len(row) >= len(header):
            if meant[0] in rows:
                again.append((meant[0], row))
            else:
                rows[meant[0]] = row
            continue
        what = "is too short"
        if len(meant) > 1:
            what = f"may mean {meant[0]} or {meant[1]} ({row[column]}: name the folder too)"
        elif len(row) > column and not meant:
            what = f"names no picture that is there ({row[column]})"
        strays.append(f"Row {number:,} of {tree.shown(name)} {what} and is left out.")
    return Labels(name, header, rows, column, (*strange, *several(strays, "rows of it")), tuple(again))


def _decoded(data: bytes, shown: str) -> tuple[str, Sequence[str]]:
    """The text of a table, and what is to be said of its encoding."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace").replace("\0", ""), ()
    try:
        return data.decode("utf-8-sig").replace("\0", ""), ()
    except UnicodeDecodeError:
        # As Excel writes it in western countries; a few bytes mean nothing there.
        text = data.decode("cp1252", errors="replace").replace("\0", "")
        return text, (f"{shown} is no UTF-8 and is read as Western European; save it as UTF-8 otherwise.",)


def _separator(lines: Sequence[str], known: Mapping[str, object]) -> str:
    """The character that cuts out the most names of pictures, else the most frequent one of the first line."""

    def hits(separator: str) -> int:
        columns = zip_longest(*csv.reader(lines, delimiter=separator), fillvalue="")
        return max((sum(_key(cell) in known for cell in column) for column in columns), default=0)

    first = lines[0] if lines else ""
    return max(sorted("\t,;| ", key=first.count, reverse=True), key=hits)


def _known(pictures: Sequence[str], folder: str) -> dict[str, Sequence[str]]:
    """Pictures by all that a table in a folder may call them, several where that is not the name of one alone.

    What is a path from the folder of the table counts before a path from the root, that before a mere name, and a
    whole name before one without its suffix.
    """
    ranks: list[dict[str, list[str]]] = [{} for _ in range(6)]
    for picture in pictures:
        path = picture.lower()
        beside = path.startswith(folder)
        for rank, name in enumerate((path.removeprefix(folder), path, last(path))):
            if rank or beside:
                ranks[2 * rank].setdefault(name, []).append(picture)
                ranks[2 * rank + 1].setdefault(name[: name.rfind(".")], []).append(picture)
    known: dict[str, Sequence[str]] = {}
    for names in ranks:
        known = {**names, **known}
    return known


def _key(cell: str) -> str:
    return cell.strip().replace("\\", "/").removeprefix("./").lower()


@dataclass(frozen=True)
class Labelled:
    """The pictures that a table knows, with what it says: classes, several labels each, or numbers."""

    entries: tuple[Entry, ...]
    kind: str
    names: tuple[str, ...]
    values: Array


def dealt(table: Labels, files: Sequence[str], reading: Reading) -> tuple[int | None, list[str]]:
    """The column that says which files train, if there is one, and the part of each of these files."""
    for i, name in enumerate(table.header):
        if (
            i != table.file_column
            and name.strip().lower() in SPLIT_NAMES
            and name not in reading.names("target")
        ):
            words = [table.rows[file][i] for file in files]
            parts = said_parts(words, f"“{name}” of {table.name}", reading)
            if parts is not None:
                return i, parts
    return None, ["train"] * len(files)


def applied(table: Labels, entries: Sequence[Entry], reading: Reading, shown: Tree) -> Labelled:
    """The pictures with their labels.  Raises DataError where the table has none."""
    others = [i for i in range(len(table.header)) if i != table.file_column]
    names = [table.header[i] for i in others]
    reading.choices["columns"] = tuple(names)
    reading.understood["labels"] = table.name
    for problem in table.problems:
        reading.say(problem)
    known = [entry for entry in entries if entry.file in table.rows]
    missing = [entry.file for entry in entries if entry.file not in table.rows]
    for problem in several(
        [f"{shown.shown(file)} has no row in {table.name} and is left out." for file in missing],
        "pictures without a row",
    ):
        reading.say(problem)
    cells = {i: [table.rows[entry.file][i].strip() for entry in known] for i in others}
    split, parts = dealt(table, [entry.file for entry in known], reading)
    if split is not None:
        known = [Entry(entry.file, part) for entry, part in zip(known, parts, strict=True)]
        others.remove(split)
    columns = _targets(table, others, cells, reading)
    reading.understood["target"] = [table.header[i] for i in columns]
    said = columns if split is None else [*columns, split]
    unsure = told_differing(table, said, [entry.file for entry in known], reading, shown)
    cells = {
        i: [cell for entry, cell in zip(known, cells[i], strict=True) if entry.file not in unsure]
        for i in columns
    }
    known = [entry for entry in known if entry.file not in unsure]
    kind, labels, values = _values([cells[i] for i in columns], [table.header[i] for i in columns])
    empty = [entry.file for entry, value in zip(known, values, strict=True) if _is_empty(value)]
    if empty:
        for problem in several(
            [f"{shown.shown(file)} has no label in {table.name} and is left out." for file in empty],
            "pictures without a label",
        ):
            reading.say(problem)
        keep = np.array([not _is_empty(value) for value in values])
        known, values = [e for e, k in zip(known, keep, strict=True) if k], values[keep]
    return Labelled(tuple(known), kind, labels, values)


def told_differing(
    table: Labels, columns: Iterable[int], files: Sequence[str], reading: Reading, shown: Tree
) -> set[str]:
    """The files that are left out, as the table says different things of them.  Raises DataError where all are."""
    unsure = table.differing(columns) & set(files)
    if unsure and len(unsure) == len(files):
        raise DataError(
            f"{table.name} says different things of the same file in several rows, such as {min(unsure)}. It needs "
            "one row for each file; several labels of a picture stand in one cell, with “|” between them."
        )
    problems = [
        f"{shown.shown(file)} has several rows in {table.name} that differ and is left out."
        for file in sorted(unsure)
    ]
    for problem in several(problems, "files with several rows"):
        reading.say(problem)
    return unsure


def _targets(
    table: Labels, others: Sequence[int], cells: Mapping[int, list[str]], reading: Reading
) -> list[int]:
    wanted = reading.names("target")
    for name in wanted:
        if name not in table.header:
            raise DataError(
                f'{table.name} has no column "{name}"; it has {", ".join(table.header[i] for i in others)}.'
            )
    if wanted:
        return [table.header.index(name) for name in wanted]
    if not others:
        raise DataError(
            f"{table.name} names the pictures and nothing else: it needs a column with their labels."
        )
    named = [i for i in others if table.header[i].strip().lower() in _LABEL_NAMES]
    yes_no = [i for i in others if set(cells[i]) <= _YES_NO]
    if named:
        return named[:1]
    if len(yes_no) > 1:
        return yes_no
    numbered = [i for i in others if table.header[i].strip().lower().rstrip("0123456789_ ") in _LABEL_NAMES]
    if len(numbered) > 1:
        return numbered
    # A column in which every cell is another one is a name, not a class.
    classes = [i for i in others if 1 < len(set(cells[i])) <= max(2, len(cells[i]) // 2)]
    return (classes or list(others))[:1]


def _values(columns: Sequence[list[str]], header: Sequence[str]) -> tuple[str, tuple[str, ...], Array]:
    """Kind (classes, labels or numbers), the names of the classes, and the values."""
    if len(columns) > 1:
        if all(set(column) <= _YES_NO for column in columns):
            yes = [[cell.lower() in ("1", "1.0", "true") for cell in column] for column in columns]
            return "labels", tuple(header), np.array(yes, dtype=np.float32).T
        rows = [tuple(filter(None, row)) for row in zip(*columns, strict=True)]
        return _several(rows)
    cells = columns[0]
    separator = next((mark for mark in _SEPARATORS if any(mark in cell for cell in cells)), "")
    numbers = _numbers(cells)
    if numbers is not None and (numbers[np.isfinite(numbers)] % 1 != 0).any():
        return "numbers", (), numbers.astype(np.float32)[:, None]
    if separator and numbers is None:
        return _several([tuple(filter(None, map(str.strip, cell.split(separator)))) for cell in cells])
    names = sorted(set(filter(None, cells)), key=_order)
    if len(names) < 2:
        raise DataError(
            f'The column "{header[0]}" says "{"".join(names)}" of all pictures; two classes are needed.'
        )
    place = {name: i for i, name in enumerate(names)}
    return "classes", tuple(names), np.array([place.get(cell, -1) for cell in cells], dtype=np.int64)


def _several(rows: Sequence[tuple[str, ...]]) -> tuple[str, tuple[str, ...], Array]:
    names = tuple(sorted({label for row in rows for label in row}, key=_order))
    if len(names) > 10_000:
        raise DataError(f"The labels have {len(names):,} different names, more than 10,000.")
    place = {name: i for i, name in enumerate(names)}
    values = np.zeros((len(rows), len(names)), dtype=np.float32)
    for i, row in enumerate(rows):
        for label in row:
            values[i, place[label]] = 1
    return "labels", names, values


def _order(name: str) -> tuple[bool, float, str]:
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name


def _numbers(cells: Sequence[str]) -> np.ndarray | None:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return None


def _is_empty(value: np.generic | Array) -> bool:
    """Whether a picture has no label: no class, or no number.  None of several labels is an answer too."""
    number = float(np.ravel(value)[0]) if np.ndim(value) == 0 or np.size(value) == 1 else 0.0
    return number == -1 if np.ndim(value) == 0 else bool(np.isnan(number))
