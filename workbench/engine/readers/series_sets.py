"""Rows in the order of time as windows: what a model sees, and the rows after it that it foretells.

A window belongs to the split that its foretold rows lie in; what it sees may reach back into the split before,
as usual in the literature (Zhou et al. 2021, Informer).  May import NumPy, pyarrow and the table reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbench.catalog.schema import Schema
from workbench.core.errors import DataError
from workbench.core.shapes import TensorSpec
from workbench.core.text import plural
from workbench.engine.readers.columns import Column
from workbench.engine.readers.content import Content, Index
from workbench.engine.readers.dates import Dates, parts
from workbench.engine.readers.files import slug, title
from workbench.engine.readers.numbers import Floats, standard, target_facts
from workbench.engine.readers.reader import Figure, Reading
from workbench.engine.readers.split import TEST, VALIDATION
from workbench.engine.readers.table_figures import histogram
from workbench.engine.readers.table_files import Table, read_table
from workbench.engine.readers.targets import listed, named

# So much of a file tells whether it is a series.
_LOOKED_AT, _BYTES = 200, 256 * 1024
# The share of steps in time that must be the same.
_EVEN = 0.95
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_STEPS = (
    (_DAY, "day"),
    (3_600 * _SECOND, "hour"),
    (60 * _SECOND, "minute"),
    (_SECOND, "second"),
    (1_000, "millisecond"),
    (1, "microsecond"),
)


def reason(path: Path) -> str:
    """Why the file looks like a series; empty when it does not."""
    whole = read_table(path, Reading(limit=1), _BYTES)
    table = _head(whole)
    numbers = [column for column in table.columns if column.numbers is not None]
    if len(table.columns) == 1:
        return "it has one column, of numbers" if numbers and table.rows >= 10 else ""
    time = _dated(table)
    if time is None or len(numbers) + 1 < len(table.columns) or not numbers:
        return ""
    assert time.dates is not None
    times = next(column for column in whole.columns if column.name == time.name)
    if times.dates is not None and _repeated(times.dates[~times.gaps]):
        return ""
    even = _step(time.dates)
    return f'its column "{time.name}" has dates in even steps ({even}) beside numbers' if even else ""


def _head(table: Table) -> Table:
    some = tuple(replace(column, cells=column.cells.slice(0, _LOOKED_AT)) for column in table.columns)
    return replace(table, columns=some)


def _repeated(moments: NDArray[np.generic]) -> bool:
    """Whether most moments occur more than once, as those of several series do."""
    counts = np.unique(moments, return_counts=True)[1]
    return bool((counts > 1).sum() > len(counts) / 2)


def _dated(table: Table) -> Column | None:
    return next((column for column in table.columns if column.dates is not None), None)


def _step(dates: Dates) -> str:
    """The time between two rows in words, where it is (nearly) always the same; months count as even."""
    known = dates[~np.isnat(dates)]
    if len(known) < 10:
        return ""
    steps = np.diff(known.astype("datetime64[us]").astype(np.int64))
    months = np.diff(known.astype("datetime64[M]").astype(np.int64))
    for values, names in (
        (steps, _STEPS),
        (months, ((12, "year"), (1, "month"))),
    ):
        step = int(np.median(values))
        if step > 0 and (values == step).mean() >= _EVEN:
            size, name = next((size, name) for size, name in names if step % size == 0)
            return f"{step // size} {name}" + ("s" if step != size else "")
    if np.median(steps) == _DAY and ((steps > 0) & (steps <= 5 * _DAY)).mean() >= _EVEN:
        return "working days"
    return ""


@dataclass(frozen=True)
class Rows:
    """The rows of a table in the order of time, and by what each column is measured."""

    table: Table
    time: Column | None
    inputs: list[Column]
    targets: list[Column]
    bounds: dict[str, tuple[int, int]]
    columns: dict[str, Floats]
    """The numbers of each input and target, without gaps."""
    scales: dict[str, tuple[float, float]]

    def stacked(self, names: Sequence[str]) -> NDArray[np.float32]:
        """Columns by their names, and parts of the time such as “date hour”, side by side in the units of training."""
        every: dict[str, NDArray[np.generic]] = {}
        if self.time is not None and self.time.dates is not None:
            every = {f"{self.time.name} {part}": each for part, each in parts(self.time.dates).items()}
        found = [
            (self.columns[name] - self.scales[name][0]) / self.scales[name][1]
            if name in self.columns
            else every[name]
            for name in names
        ]
        return np.stack(found, axis=1).astype(np.float32)


def rows_of(path: Path, reading: Reading) -> Rows:
    """The rows of a file as the options say. Raises DataError where it has none to learn from."""
    table = read_table(path, replace(reading, limit=0))
    time = _time(table, reading)
    if time is not None:
        table, time = _in_order(table, time, reading)
    inputs, targets = _chosen(table, time, reading)
    bounds = _bounds(path, table.rows, reading)
    train = slice(0, bounds["train"][1])
    columns = {column.name: _filled(column, train, reading) for column in dict.fromkeys((*inputs, *targets))}
    scales = {name: standard(values[train]) for name, values in columns.items()}
    if not reading.switch("standardise", True):
        scales = dict.fromkeys(scales, (0.0, 1.0))
    return Rows(table, time, inputs, targets, bounds, columns, scales)


def last_window(
    path: Path, like: Rows, names: Sequence[str], window: int, reading: Reading
) -> NDArray[np.float32]:
    """The last rows of another file as a model sees them, in the units of training: window × names.

    Raises DataError where a column is missing, or where there are too few rows.
    """
    table = read_table(path, replace(reading, limit=0))
    wanted = [*([like.time] if like.time is not None else []), *like.inputs]
    known = {column.name: column for column in table.columns}
    for column in wanted:
        if column.name not in known:
            raise DataError(
                f"{path} has no column “{column.name}”, which the model sees; it has {', '.join(list(known)[:12])}."
            )
    time = known[like.time.name] if like.time is not None else None
    if time is not None and time.dates is None and time.numbers is None:
        raise DataError(f"The column “{time.name}” of {path} has neither dates nor numbers.")
    if time is not None:
        table, time = _in_order(table, time, reading)
        known = {column.name: column for column in table.columns}
    if table.rows < window:
        raise DataError(
            f"{path} has {table.rows:,} rows with a time; the model sees {window:,} before it foretells."
        )
    own = [known[column.name] for column in like.inputs]
    if bad := next((column for column in own if column.numbers is None or column.gaps.all()), None):
        raise DataError(f"The column “{bad.name}” of {path} has no numbers.")
    columns = {column.name: _filled(column, slice(0, table.rows), reading) for column in own}
    rows = Rows(table, time, own, [], {}, columns, like.scales)
    return rows.stacked(names)[-window:]


def read(path: Path, reading: Reading) -> Content:
    """The dataset of windows over all rows of the table.  Raises DataError where they are too few."""
    rows = rows_of(path, reading)
    time, train = rows.time, slice(0, rows.bounds["train"][1])
    dates = time.dates if time is not None else None
    names = [column.name for column in rows.inputs]
    if time is not None and dates is not None and reading.switch("time_features", False):
        known = parts(dates).items()
        names += [
            f"{time.name} {part}" for part, each in known if part != "year" and np.ptp(each[train]) > 1e-9
        ]
    window, horizon = _lengths(path, rows.bounds, reading)
    splits = _windows(path, rows.bounds, window, horizon, reading)
    goals = [column.name for column in rows.targets]
    reading.figures += _figures(rows.table, [*dict.fromkeys((*rows.inputs, *rows.targets))], dates)
    schema = Schema(
        id=slug(path),
        title=title(path),
        outputs={
            "x": TensorSpec(("N", window, len(names)), "float"),
            "y": TensorSpec(("N", horizon, len(goals)), "float"),
        },
        facts=_facts(window, horizon, len(names), [rows.scales[name] for name in goals]),
        kind="series",
        items=rows.table.rows,
        scales={name: rows.scales[name] for name in goals},
    )
    arrays = {
        "x": rows.stacked(names),
        "y": rows.stacked(goals),
        "_inputs": np.array([name.encode() for name in names]),
        "_targets": np.array([name.encode() for name in goals]),
    }
    return Content(schema, arrays, splits, "windows", window=window, horizon=horizon)


def _facts(
    window: int, horizon: int, features: int, scales: Sequence[tuple[float, float]]
) -> dict[str, float | int]:
    facts: dict[str, float | int] = {
        "window": window,
        "horizon": horizon,
        "features": features,
        "targets": len(scales),
    }
    if len(scales) == 1:
        facts |= target_facts(*scales[0])
    return facts


def _time(table: Table, reading: Reading) -> Column | None:
    """The column of dates: as the option says, else the first one; without any the rows are in order."""
    wish = reading.text("time")
    time = named(table.path, table.columns, wish, "time") if wish else _dated(table)
    if time is None:
        reading.say("No column has dates, so the rows are taken to be in order and in even steps.")
        return None
    if time.dates is None and time.numbers is None:
        raise DataError(f'{table.path}: the column "{time.name}" has neither dates nor numbers.')
    reading.understood["time"] = time.name
    return time


def _in_order(table: Table, time: Column, reading: Reading) -> tuple[Table, Column]:
    """Rows by time; those without are left out.  Steps that are not even are told."""
    if time.gaps.any():
        row = time.row_number(int(np.flatnonzero(time.gaps)[0]))
        reading.say(
            f"{plural(int(time.gaps.sum()), 'row is', 'rows are')} left out, without a time in the column "
            f'"{time.name}"; the first is row {row:,}.'
        )
        table = replace(table, columns=tuple(column.of(~time.gaps) for column in table.columns))
        time = next(column for column in table.columns if column.name == time.name)
    if mixed := _mixed(table, time):
        raise DataError(
            f'{table.path} has several series with the same times, which the column "{mixed}" tells apart. '
            "Windows would go from one to the other: keep one series in each file."
        )
    moments = time.moments
    assert moments is not None
    backwards = np.flatnonzero(np.diff(moments) < 0)
    if len(backwards):
        row = time.row_number(int(backwards[0]) + 1)
        reading.say(
            f'The rows are put into the order of "{time.name}"; row {row:,} is the first that goes back.'
        )
        order = np.argsort(moments, kind="stable")
        table = replace(table, columns=tuple(column.taken(order) for column in table.columns))
        time = next(column for column in table.columns if column.name == time.name)
        moments = time.moments
    assert moments is not None
    # The clock on the wall leaps twice a year, where the moments themselves do not.
    clocks = [] if time.dates is None else [time.dates, moments.astype("datetime64[us]")]
    if clocks and len(moments) >= 10 and not any(map(_step, clocks)):
        reading.say(f'The steps in the column "{time.name}" are not even; windows count rows, not time.')
    elif twice := int((np.diff(moments) == 0).sum()):
        reading.say(f'{twice:,} times in the column "{time.name}" occur more than once; windows count rows.')
    return table, time


def _mixed(table: Table, time: Column) -> str:
    """The column that tells apart several series with the same times; empty where there is one series."""
    moments = time.moments
    assert moments is not None
    if not _repeated(moments):
        return ""
    _, place, counts = np.unique(moments, return_inverse=True, return_counts=True)
    for column in table.columns:
        if column.name != time.name and 1 < column.distinct <= counts.max():
            pairs = np.stack([place, column.categories[1]])
            if np.unique(pairs, axis=1).shape[1] >= _EVEN * len(place):
                return column.name
    return ""


def _chosen(table: Table, time: Column | None, reading: Reading) -> tuple[list[Column], list[Column]]:
    """The columns that are seen and those that are foretold: as the options say, else all numbers."""
    known = []
    for column in table.columns:
        if time is not None and column.name == time.name:
            continue
        if column.numbers is None:
            reading.say(f'The column "{column.name}" is left out: it has no numbers.')
        else:
            known.append(column)
    if not known:
        raise DataError(f"{table.path} has no column of numbers to foretell.")
    found = []
    for option in ("inputs", "targets"):
        wish = listed(table.path, table.columns, reading, option)
        if missing := wish - {column.name for column in known}:
            raise DataError(
                f'The option "{option}" names the column "{min(missing)}", which has no numbers to learn from.'
            )
        found.append([column for column in known if column.name in wish] or known)
        reading.understood[option] = [column.name for column in found[-1]]
    return found[0], found[1]


def _bounds(path: Path, rows: int, reading: Reading) -> dict[str, tuple[int, int]]:
    """First row of each split and the one after its last."""
    if reading.text("rows"):
        counts = [_count(part) for part in reading.names("rows")]
        if not 2 <= len(counts) <= 3 or min(counts) < 0 or counts[0] < 1:
            raise DataError(
                'The option "rows" has the number of rows that train, validate and test, such as 8640, 2880, 2880.'
            )
        counts = counts if len(counts) == 3 else [counts[0], 0, counts[1]]
        if sum(counts) > rows:
            raise DataError(f'{path} has {rows:,} rows; the option "rows" asks for {sum(counts):,}.')
        if sum(counts) < rows:
            reading.say(f"The last {rows - sum(counts):,} of {rows:,} rows are in no part.")
    else:
        validation = reading.number("validation", VALIDATION, 0, 0.9)
        test = reading.number("test", TEST, 0, 0.9)
        if validation + test >= 1:
            raise DataError(f"Validation ({validation:g}) and test ({test:g}) leave nothing to train on.")
        held = int(rows * validation + 0.5), int(rows * test + 0.5)
        counts = [rows - sum(held), *held]
        reading.understood |= {"validation": validation, "test": test}
    ends = np.cumsum([0, *counts]).tolist()
    return dict(zip(("train", "validation", "test"), pairwise(ends), strict=True))


def _count(text: str) -> int:
    return int(text) if text.isdecimal() else -1


def _lengths(path: Path, bounds: dict[str, tuple[int, int]], reading: Reading) -> tuple[int, int]:
    """Window and horizon: as the options say, else what fits: up to 96 rows, and a quarter of them."""
    train = bounds["train"][1]
    shortest = min(end - start for start, end in bounds.values() if end > start)
    window = reading.whole("window", max(1, min(96, train // 4)), 1, 100_000)
    horizon = reading.whole("horizon", max(1, min(window // 4, shortest // 2)), 1, 10_000)
    reading.understood |= {"window": window, "horizon": horizon}
    if window + horizon > train:
        raise DataError(
            f"{path} has {train:,} rows to train on, too few for a window of {window:,} and a horizon of "
            f'{horizon:,} rows: choose smaller ones in the options "window" and "horizon".'
        )
    return window, horizon


def _windows(
    path: Path, bounds: dict[str, tuple[int, int]], window: int, horizon: int, reading: Reading
) -> dict[str, Index]:
    """First rows of the windows whose foretold rows lie in each split."""
    stride = reading.whole("stride", 1, 1, 10_000)
    splits = {}
    for name, (start, end) in bounds.items():
        first = max(0, start - window)
        splits[name] = np.arange(
            first, end - window - horizon + 1, stride if name == "train" else 1, dtype=np.int64
        )
        if not len(splits[name]) and end > start:
            reading.say(
                f"The {name} part has {plural(end - start, 'row')}, fewer than the horizon of {horizon:,}, "
                "and so no window."
            )
    return splits


def _filled(column: Column, train: slice, reading: Reading) -> Floats:
    """The numbers of a column with its gaps closed."""
    assert column.numbers is not None
    values, gaps = column.numbers, column.gaps
    if wrong := column.wrong_cells():
        reading.say(wrong)
    if gaps[train].all():
        raise DataError(f'{column.path}: the column "{column.name}" has no values to train on.')
    if not gaps.any():
        return values
    known = np.flatnonzero(~gaps)
    # A line runs towards a value that is still to come: a window that ends in a gap would show what is foretold.
    if reading.choice("missing", ("line", "last"), "last") == "last":
        before = np.maximum.accumulate(np.where(gaps, known[0], np.arange(len(values))))
        values, how = values[before], "the last one before them"
    else:
        values, how = (
            np.interp(np.arange(len(values)), known, values[known]),
            "a line between their neighbours",
        )
    reading.say(f'{int(gaps.sum()):,} missing values in the column "{column.name}" are set to {how}.')
    return values


def _figures(table: Table, columns: Sequence[Column], dates: Dates | None) -> list[Figure]:
    about = {"rows": f"{table.rows:,}", "columns": f"{len(columns):,}"}
    if dates is not None:
        about |= {"from": str(dates[0]).replace("T", " "), "to": str(dates[-1]).replace("T", " ")}
        about["step"] = _step(dates) or "not even"
    figures = [Figure("Time", "numbers", tuple(about), tuple(about.values()))]
    lines = []
    for column in columns[:200]:
        assert column.numbers is not None
        known = column.numbers[~column.gaps]
        gaps = f"{int(column.gaps.sum()):,} missing · " if column.gaps.any() else ""
        lines.append(f"{gaps}{known.min():.4g} to {known.max():.4g}, mean {known.mean():.4g}")
    figures.append(Figure("Columns", "numbers", tuple(c.name for c in columns[:200]), tuple(lines)))
    return figures + [histogram(c.name, c.numbers) for c in columns[:12] if c.numbers is not None]
