"""Tables as files have them: CSV, Parquet and Excel, by column; what begins like another kind is read as that.

May import NumPy, pyarrow and, for workbooks, python-calamine.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from workbench.core.errors import DataError
from workbench.engine.readers.columns import INDEX, Column, can_hold, counts_rows
from workbench.engine.readers.files import MEGABYTE, opened, read_bytes, size_text
from workbench.engine.readers.reader import Reading
from workbench.engine.readers.table_texts import MAX_COLUMNS, header_of, names_of, parsed

MAX_TABLE = 512 * MEGABYTE
MAX_CELLS = 200_000_000
MAX_SHEET = 512 * MEGABYTE

# Of a larger file, a preview takes the beginning only.
_PREVIEW = 16 * MEGABYTE

_PARQUET, _ZIP, _OLD_EXCEL = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@dataclass(frozen=True)
class Table:
    """A table by column, all of the same length.  `whole` tells whether rows may be missing: a preview.

    `numbers` gives the number of each row in the file, counted from 1.
    """

    path: Path
    columns: tuple[Column, ...]
    numbers: Callable[[], Iterable[int]]
    whole: bool = True

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.columns[0])


def read_table(path: Path, reading: Reading, preview: int = 0) -> Table:
    """The table in a file, with the options separator, header, encoding and sheet.

    For a preview, so many bytes of a text are read.

    Raises DataError naming the row that is wrong.  Tells in `reading` the names of the columns, and what
    was left out.
    """
    with opened(path) as stream:
        head = stream.read(4)
    if head == _PARQUET:
        table = _parquet(path, reading)
    elif head in (_ZIP, _OLD_EXCEL):
        table = _workbook(path, reading, head)
    else:
        table = _text(path, reading, preview or _PREVIEW)
    reading.choices["columns"] = tuple(column.name for column in table.columns)
    return table


def _text(path: Path, reading: Reading, preview: int) -> Table:
    limit = preview if reading.limit else 0
    with opened(path) as stream:
        data = stream.read((limit or MAX_TABLE) + 1)
    if len(data) <= (limit or MAX_TABLE):
        limit = 0
    elif not limit:
        raise DataError(
            f"{path} has more than {size_text(MAX_TABLE)} of content, too much for a CSV table. "
            "A Parquet file takes less."
        )
    if not data:
        raise DataError(f"{path} is empty.")
    found = parsed(path, data, reading, cut=bool(limit))
    del data
    columns = []
    for number, name in enumerate(found.names):
        reading.progress("Columns", number, len(found.names))
        columns.append(
            Column.of_cells(path, name, found.cells[number], found.row_number, found.rows.separator)
        )
        found.cells[number] = None
    kept = tuple(_uncounted(columns, found.nameless, reading))
    return Table(path, kept, found.rows.numbers, whole=not limit)


def _uncounted(columns: list[Column], nameless: bool, reading: Reading) -> list[Column]:
    """The columns without a first one that has no name and numbers the rows, as pandas writes it."""
    if nameless and len(columns) > 1 and counts_rows(columns[0]):
        reading.say("The first column, which has no name, is left out: it numbers the rows.")
        return columns[1:]
    return columns


def _parquet(path: Path, reading: Reading) -> Table:
    try:
        with path.open("rb") as stream:
            packed = stream.read(4) != _PARQUET
        # A packed one is unpacked in memory, another one is read piece by piece.
        file = parquet.ParquetFile(pa.BufferReader(read_bytes(path, MAX_TABLE)) if packed else path)
        facts = file.metadata
        if facts.num_columns > MAX_COLUMNS:
            raise DataError(
                f"{path} has {facts.num_columns:,} columns, more than the {MAX_COLUMNS:,} that can be read."
            )
        size = sum(facts.row_group(i).total_byte_size for i in range(facts.num_row_groups))
        if facts.num_rows * facts.num_columns > MAX_CELLS or size > 4 * MAX_TABLE:
            raise DataError(
                f"{path} has {facts.num_rows:,} rows of {facts.num_columns:,} columns, more than the "
                f"{MAX_CELLS:,} cells that fit into memory."
            )
        groups = list(range(facts.num_row_groups))
        if reading.limit:
            groups = groups[:1]
        table = file.read_row_groups(groups)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{path} is no proper Parquet file ({str(error).splitlines()[0]}).") from error
    if not table.num_rows:
        raise DataError(f"{path} has no rows.")
    columns = []
    for name, cells in zip(names_of(table.column_names, reading), table.columns, strict=True):
        if not can_hold(cells.type):
            reading.say(f'The column "{name}" is left out: {cells.type} is no type of numbers or texts.')
            continue
        if name.startswith(INDEX) and not pa.types.is_temporal(cells.type):
            reading.say(
                f'The column "{name}" is left out: it numbers or names the rows, as pandas writes it.'
            )
            continue
        columns.append(Column.of_cells(path, name, cells, lambda place: place + 1))
    if len(columns) < 1:
        raise DataError(f"{path} has no column of numbers or texts.")
    count = table.num_rows
    return Table(path, tuple(columns), lambda: range(1, count + 1), whole=len(groups) == facts.num_row_groups)


def _workbook(path: Path, reading: Reading, head: bytes) -> Table:
    """One sheet of an Excel or OpenDocument workbook."""
    import python_calamine as calamine

    data = read_bytes(path, MAX_TABLE)
    try:
        if head == _ZIP:
            with zipfile.ZipFile(io.BytesIO(data)) as parts:
                size = sum(part.file_size for part in parts.infolist())
            if size > MAX_SHEET:
                raise DataError(
                    f"{path} unpacks to {size_text(size)}, more than the {size_text(MAX_SHEET)} allowed."
                )
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheet = _sheet(path, book.sheet_names, reading)
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except (calamine.CalamineError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise DataError(f"{path} is no workbook that can be read ({error}).") from error
    numbered = [(number, row) for number, row in enumerate(rows, start=1) if any(cell != "" for cell in row)]
    if not numbered:
        raise DataError(f'{path} has no rows in its sheet "{sheet}".')
    first, second = ([str(cell) for cell in row] for _, row in (*numbered[:2], *numbered[:1])[:2])
    if len(first) > MAX_COLUMNS:
        raise DataError(f"{path} has {len(first):,} columns, more than the {MAX_COLUMNS:,} that can be read.")
    if header := header_of(first, second, reading):
        numbered.pop(0)
    if not numbered:
        raise DataError(f"{path} has a header but no rows.")
    numbers = [number for number, _ in numbered]
    names = names_of(first if header else [""] * len(first), reading)
    columns = [
        Column.of_cells(path, name, _typed([row[place] for _, row in numbered]), numbers.__getitem__)
        for place, name in enumerate(names)
    ]
    nameless = header and not first[0].strip()
    return Table(path, tuple(_uncounted(columns, nameless, reading)), lambda: numbers)


def _sheet(path: Path, names: Sequence[str], reading: Reading) -> str:
    """The sheet of the option: by its name or number, else the first one."""
    wish = reading.text("sheet")
    reading.choices["sheet"] = tuple(names)
    if not names:
        raise DataError(f"{path} has no sheets.")
    if not wish:
        reading.understood["sheet"] = names[0]
        if len(names) > 1:
            reading.say(f'Of the sheets {", ".join(names[:20])} the first one, "{names[0]}", is read.')
        return names[0]
    if wish in names:
        return wish
    if wish.isdecimal() and 1 <= int(wish) <= len(names):
        return names[int(wish) - 1]
    raise DataError(f'{path} has no sheet "{wish}"; it has {", ".join(names[:20])}.')


def _typed(cells: Sequence[object]) -> pa.Array:
    """Cells of a workbook as one type: numbers, dates, or else texts."""
    kinds = {type(cell) for cell in cells if cell != ""}
    if kinds and kinds <= {int, float}:
        return pa.array([None if cell == "" else float(cell) for cell in cells], pa.float64())  # type: ignore[arg-type]
    if kinds and kinds <= {date, datetime}:
        return pa.array([None if cell == "" else cell for cell in cells], pa.timestamp("s"))
    return pa.array([_text_of(cell) for cell in cells], pa.string())


def _text_of(cell: object) -> str:
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)
