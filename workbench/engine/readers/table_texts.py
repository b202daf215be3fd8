"""Tables written as text: which character separates the columns, which names they have, the cells.

May import NumPy and pyarrow, which reads the rows; Python's own reader finds the row that is wrong.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from workbench.core import text
from workbench.core.errors import DataError
from workbench.engine.readers.files import decoded
from workbench.engine.readers.reader import Reading

MAX_COLUMNS = 10_000
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}

# Rows with too few or too many columns are left out as long as they are few: a share, and for short tables one.
_RAGGED = 0.05
_NAMED = 10
# In a wrong row a quotation mark that takes in so many lines was probably never meant to be open.
_OPEN = 5

_HEAD = 256 * 1024
_BLOCK = 4 * 2**20


@dataclass(frozen=True)
class Parsed:
    """The cells of a text by column; `nameless` where the header has no name for the first."""

    names: tuple[str, ...]
    nameless: bool
    cells: list[pa.ChunkedArray | None]
    rows: Rows

    def row_number(self, place: int) -> int:
        """The row in the file, counted from 1, of the row at a place of the columns."""
        return self.rows.number(place)


@dataclass(frozen=True)
class Rows:
    """The rows of a text one by one, as Python's reader sees them."""

    path: Path
    data: bytes
    separator: str
    width: int
    header: bool

    def all(self) -> Iterator[tuple[int, list[str]]]:
        """Numbers from 1, and cells; empty rows are left out.  Raises DataError naming the row that is wrong."""
        stream = io.TextIOWrapper(io.BytesIO(self.data), encoding="utf-8", newline=None)
        number = 0
        try:
            for number, row in enumerate(csv.reader(stream, delimiter=self.separator), start=1):
                if row:
                    yield number, row
        except csv.Error as error:
            raise DataError(f"{self.path}, row {number + 1:,}: it is no CSV ({error}).") from error

    def number(self, place: int) -> int:
        """The number of the row that became the one at `place`."""
        return next(islice(self.numbers(), place, None))

    def numbers(self) -> Iterator[int]:
        """The numbers of the rows that are in the table, in order."""
        good = (number for number, row in self.all() if len(row) == self.width)
        return islice(good, int(self.header), None)

    def ragged(self) -> Iterator[tuple[int, str]]:
        """Numbers of the rows that are too narrow or too wide, with what is wrong with them."""
        for number, row in self.all():
            if len(row) != self.width:
                lines = sum(cell.count("\n") for cell in row)
                quote = ""
                if lines >= _OPEN:
                    quote = f" (a quotation mark opens in it, and only {lines:,} lines later it ends)"
                yield number, f"it has {text.plural(len(row), 'column')}{quote}"


def parsed(path: Path, data: bytes, reading: Reading, *, cut: bool = False) -> Parsed:
    """The table in the bytes of a text; of one that is `cut` off, the last row is left out.

    Raises DataError naming the row that is wrong; rows of another width are told in `reading` while they are few.
    """
    if cut:
        data = data[: data.rindex(b"\n") + 1] if b"\n" in data else data
    data = _utf8(path, data, reading)
    if not data.strip():
        raise DataError(f"{path} has no rows.")
    head = _head(data)
    separator = _separator_of(head, reading)
    first, second = _first_rows(path, head, separator)
    if len(first) > MAX_COLUMNS:
        raise DataError(f"{path} has {len(first):,} columns, more than the {MAX_COLUMNS:,} that can be read.")
    header = header_of(first, second, reading)
    rows = Rows(path, data, separator, len(first), header)
    names = names_of(first if header else [""] * len(first), reading)
    table = _table(path, rows, reading)
    if header:
        table = table.slice(1)
    if not table.num_rows:
        raise DataError(f"{path} has a header but no rows.")
    return Parsed(names, header and not first[0].strip(), list(table.columns), rows)


def _utf8(path: Path, data: bytes, reading: Reading) -> bytes:
    """The bytes of the same text in UTF-8, without mark."""
    wish = reading.text("encoding")
    plain = not wish or wish.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")
    if plain and data[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        data = data.removeprefix(codecs.BOM_UTF8)
        if b"\0" not in data:
            place = _wrong_byte(data)
            if place is None:
                return data
            if not wish:
                return _western(data, place, reading)
    return decoded(path, data, wish).encode()


def _wrong_byte(data: bytes) -> int | None:
    """Where the bytes are no UTF-8; None when they are."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    # Piece by piece: the text itself would be a second copy.
    for place in range(0, len(data) + 1, _BLOCK):
        piece = data[place : place + _BLOCK]
        held = len(decoder.getstate()[0])
        try:
            decoder.decode(piece, final=place + _BLOCK > len(data))
        except UnicodeDecodeError as error:
            return place - held + error.start
    return None


def _western(data: bytes, place: int, reading: Reading) -> bytes:
    """The text as Excel writes it in western countries."""
    reading.understood["encoding"] = "cp1252"
    reading.say(
        f"The text is no UTF-8 (the byte 0x{data[place]:02x} at position {place:,}) and is read as Western European. "
        'If its letters look wrong, name its encoding in the option "encoding".'
    )
    try:
        return data.decode("cp1252").encode()
    except UnicodeDecodeError:  # a few bytes mean nothing there
        reading.understood["encoding"] = "latin-1"
        return data.decode("latin-1").encode()


def _head(data: bytes) -> str:
    """The beginning of the text, with the whole first line."""
    end = max(_HEAD, data.find(b"\n") + 1)
    return data[:end].decode(errors="ignore").replace("\r\n", "\n").replace("\r", "\n")


def _separator_of(head: str, reading: Reading) -> str:
    wish = reading.text("separator")
    separator = SEPARATORS.get(wish, wish) or separator_in(head)
    if len(separator) != 1 or separator in '"\n\r':
        raise DataError(f'The option "separator" must be one character, not "{separator}".')
    names = {character: name for name, character in SEPARATORS.items()}
    reading.understood["separator"] = names.get(separator, separator)
    return separator


def separator_in(head: str) -> str:
    """The character that cuts the first lines into the same number of columns, the more the better."""
    lines = list(islice(io.StringIO(head), 50))
    best, best_score = ",", (False, 1)
    for separator in SEPARATORS.values():
        try:
            counts = Counter(len(row) for row in csv.reader(lines, delimiter=separator) if row)
        except csv.Error:
            continue  # this character does not make a table; the others may
        columns = counts.most_common(1)[0][0] if counts else 1
        score = (len(counts) == 1 and columns > 1, columns)
        if score > best_score:
            best, best_score = separator, score
    return best


def _first_rows(path: Path, head: str, separator: str) -> tuple[list[str], list[str]]:
    """The first two rows; the second may be missing, or cut off."""
    rows = (row for row in csv.reader(io.StringIO(head), delimiter=separator) if row)
    try:
        first = next(rows)
    except (csv.Error, StopIteration) as error:
        raise DataError(f"{path}, row 1: it is no CSV ({error}).") from error
    try:
        return first, next(rows, [])
    except csv.Error:  # it is told with the rows of the whole text
        return first, []


def header_of(first: Sequence[str], second: Sequence[str], reading: Reading) -> bool:
    """Whether the first row names the columns: as the option says, else when it has texts and no numbers.

    Where some names are blank, a number must stand below a name.  Names may also be the columns' numbers.
    """
    wish = reading.switch("header")
    found = any(cell.strip() for cell in first) and not any(_is_number(cell) for cell in first)
    if not all(cell.strip() for cell in first[1:]):
        below = zip(first, second, strict=False)
        found = found and any(name.strip() and _is_number(cell) for name, cell in below)
    if wish is None and not found and _counted(first, second):
        found = True
        reading.say(
            f"The first row, {', '.join(first[:3])} …, is taken for the columns' numbers. If it is an example, choose "
            'no for the option "header".'
        )
    header = found if wish is None else wish
    reading.understood["header"] = "yes" if header else "no"
    return header


def _counted(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the first row counts the columns from 0 or 1, as pandas does; its first cell may be blank or a name."""
    some = first[not _is_number(first[0]) :]
    texts = [cell for cell in some if not _is_number(cell)]
    counts = [float(cell.replace(",", ".")) for cell in some if _is_number(cell)]
    if not counts or not all(cell.strip() for cell in texts) or counts[0] not in (0, 1):
        return False
    if counts != [counts[0] + place for place in range(len(counts))]:
        return False
    if not first[0].strip():
        return True
    if len(some) < len(first) or texts:
        below = zip(first, second, strict=False)
        return any(not _is_number(name) and _is_number(cell) for name, cell in below)
    # A few small whole numbers above others may be an example.
    return len(counts) > 3 or (len(counts) > 1 and not all(_is_whole(cell) for cell in second))


def _is_whole(cell: str) -> bool:
    return _is_number(cell) and float(cell.replace(",", ".")).is_integer()


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "."))
    except ValueError:
        return False
    return True


def names_of(cells: Sequence[str], reading: Reading) -> tuple[str, ...]:
    """Column names without blanks and repetitions; what was changed is told."""
    names: list[str] = []
    known: set[str] = set()
    twice = []
    for number, cell in enumerate(cells, start=1):
        name = cell.strip() or f"column{number}"
        if name in known:
            twice.append(name)
            name = f"{name} (column{number})"
        known.add(name)
        names.append(name)
    if twice:
        some = ", ".join(f'"{name}"' for name in dict.fromkeys(twice[:_NAMED]))
        reading.say(f"Several columns are called {some}; the later ones are called so with their number.")
    return tuple(names)


def _table(path: Path, rows: Rows, reading: Reading) -> pa.Table:
    """All rows that have the right width, as texts."""
    names = [str(number) for number in range(rows.width)]
    skipped = 0

    def skip(row: object) -> str:
        nonlocal skipped
        skipped += 1
        return "skip"

    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(rows.data),
            pyarrow.csv.ReadOptions(column_names=names, block_size=max(_BLOCK, rows.data.find(b"\n") + 1)),
            pyarrow.csv.ParseOptions(
                delimiter=rows.separator,
                newlines_in_values=b'"' in rows.data,
                invalid_row_handler=skip,
            ),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        deque(rows.all(), maxlen=0)
        raise DataError(f"{path}: it is no CSV ({str(error).splitlines()[0]}).") from error
    longest = max((pc.max(pc.binary_length(cells)).as_py() or 0 for cells in table.columns), default=0)
    if longest > csv.field_size_limit():
        deque(rows.all(), maxlen=0)
    if skipped:
        _tell_ragged(path, rows, reading, skipped, table.num_rows)
    return table


def _tell_ragged(path: Path, rows: Rows, reading: Reading, count: int, good: int) -> None:
    """Tells which rows are left out.  Raises DataError when they are too many to be slips."""
    first = list(islice(rows.ragged(), _NAMED))
    few = count <= max(1, _RAGGED * (count + good))
    if not few or good - rows.header < 1:
        number, wrong = first[0] if first else (0, "it has other columns")
        raise DataError(
            f"{path}, row {number:,}: {wrong}, but the first row has {rows.width:,}."
            + (f" So it is in {count:,} rows." if count > 1 else "")
        )
    for number, wrong in first:
        reading.say(f"Row {number:,} is left out: {wrong}, the first row has {rows.width:,}.")
    if count > len(first):
        reading.say(f"So are {count - len(first):,} more rows, for the same reason.")
