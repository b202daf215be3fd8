"""Dates and times as tables write them, and the numbers that a model can learn from.

A date becomes the year, and as sine and cosine what comes round: month, day of the week, time of day.
May import NumPy and pyarrow.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Dates = NDArray[np.datetime64]

_TIME = r"(?:[T ]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d+))?)?)?"
# A zone is read over: what counts is the clock on the wall where the numbers were taken.  For the order it counts.
_ZONE = r"(?: ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2}))?"
_YEAR_FIRST = rf"^(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})(?:[-/.](?P<day>\d{{1,2}}){_TIME}{_ZONE})?$"
_YEAR_LAST = rf"^(?P<first>\d{{1,2}})[-/.](?P<other>\d{{1,2}})[-/.](?P<year>\d{{4}}){_TIME}{_ZONE}$"
_OFFSET = r":\d{2}(?:[.,]\d+)? ?(?P<zone>Z|UTC|GMT|(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2}))$"

# So many cells must be dates; the others are taken as missing.
_MOST = 0.95


def dates_in(cells: pa.ChunkedArray) -> Dates | None:
    """The cells as dates (NaT where there is none), or None when they are something else.

    They are in seconds, and where some have parts of these, in microseconds.

    03/04/2020 is the 3rd of April, unless a number above 12 tells that the month stands first.
    """
    if pa.types.is_temporal(cells.type):
        if pa.types.is_date(cells.type) or pa.types.is_timestamp(cells.type):
            fine = pa.types.is_timestamp(cells.type) and cells.type.unit != "s"
            whole: Dates = pc.cast(cells, pa.timestamp("us" if fine else "s"), safe=False).to_numpy()
            return _coarse(whole)
        return None
    written = _written(cells) if pa.types.is_string(cells.type) else None
    return None if written is None else written[2]


def dates_like(cells: pa.ChunkedArray, known: pa.ChunkedArray) -> Dates:
    """Other cells as dates that are written as those of a column of dates, with the same order of day and month."""
    written = _written(known)
    assert written is not None, "they are dates"
    pattern, month_first, _ = written
    return _parsed(pc.extract_regex(cells.combine_chunks(), pattern=pattern), pattern, month_first)


def _written(cells: pa.ChunkedArray) -> tuple[str, bool, Dates] | None:
    """By which pattern cells are dates, whether the month stands before the day, and the dates; None of others."""
    known = len(cells) - cells.null_count
    # The first ones tell quickly that a column is something else.
    for pattern in (_YEAR_FIRST, _YEAR_LAST):
        head = cells.slice(0, 1_000).drop_null()
        if not len(head) or not _share(head, pattern):
            continue
        found = pc.extract_regex(cells.combine_chunks(), pattern=pattern)
        month_first = pattern == _YEAR_LAST and _month_first(found)
        dates = _parsed(found, pattern, month_first)
        if known and np.isfinite(dates).sum() >= _MOST * known:
            return pattern, month_first, dates
    return None


def instants_in(cells: pa.ChunkedArray, dates: Dates) -> Dates:
    """The dates of the cells as moments of one clock, where each of them says how far its own is off."""
    if not pa.types.is_string(cells.type):
        return dates
    found = pc.extract_regex(cells.combine_chunks(), pattern=_OFFSET)
    if (found.is_null().to_numpy(zero_copy_only=False) & ~np.isnat(dates)).any():
        return dates
    west = pc.fill_null(pc.equal(pc.struct_field(found, "sign"), "-"), False).to_numpy(zero_copy_only=False)
    offset = _field(found, "hours", 0) * 3_600 + _field(found, "minutes", 0) * 60
    instants: Dates = dates - np.where(west, -offset, offset).astype("timedelta64[s]")
    return instants


def _coarse(dates: Dates) -> Dates:
    """The dates in seconds, where none has parts of one."""
    whole: Dates = dates.astype("datetime64[s]")
    return whole if ((whole == dates) | np.isnat(dates)).all() else dates


def _share(cells: pa.ChunkedArray, pattern: str) -> bool:
    return bool(pc.sum(pc.match_substring_regex(cells, pattern)).as_py() >= _MOST * len(cells))


def _month_first(found: pa.StructArray) -> bool:
    gone = found.is_null().to_numpy(zero_copy_only=False)
    first, other = _field(found, "first", 1), _field(found, "other", 1)
    return bool((other[~gone] > 12).any() and not (first[~gone] > 12).any())


def _parsed(found: pa.StructArray, pattern: str, month_first: bool) -> Dates:
    """Dates of the parts that were found; what is no day of any calendar is NaT."""
    gone = found.is_null().to_numpy(zero_copy_only=False)
    year = _field(found, "year", 1970)
    if pattern == _YEAR_LAST:
        first, other = _field(found, "first", 1), _field(found, "other", 1)
        month, day = (first, other) if month_first else (other, first)
    else:
        month, day = _field(found, "month", 1), _field(found, "day", 1)
    hour, minute, second = (_field(found, name, 0) for name in ("hour", "minute", "second"))
    wrong = gone | (month < 1) | (month > 12) | (hour > 24) | (minute > 59) | (second > 60)
    months = ((year - 1970) * 12 + np.clip(month, 1, 12) - 1).astype("datetime64[M]")
    days = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    wrong |= (day < 1) | (day > days)
    dates: Dates = months.astype("datetime64[D]").astype("datetime64[s]")
    dates = dates + ((day - 1) * 86_400 + hour * 3_600 + minute * 60 + second).astype("timedelta64[s]")
    parts = pc.utf8_slice_codeunits(pc.utf8_rpad(pc.struct_field(found, "part"), 6, "0"), 0, 6)
    micro = pc.fill_null(pc.cast(parts, pa.int64()), 0).to_numpy(zero_copy_only=False)
    dates = dates.astype("datetime64[us]") + micro.astype("timedelta64[us]")
    dates[wrong] = np.datetime64("NaT")
    return _coarse(dates)


def _field(found: pa.StructArray, name: str, absent: int) -> NDArray[np.int64]:
    texts = pc.struct_field(found, name)
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    numbers: NDArray[np.int64] = pc.fill_null(pc.cast(texts, pa.int64()), absent).to_numpy(
        zero_copy_only=False
    )
    return numbers


def parts(dates: Dates) -> dict[str, NDArray[np.float64]]:
    """What a model can learn from dates, by name; NaN where there is no date."""
    gone = np.isnat(dates)
    filled = np.where(gone, np.datetime64(0, "s"), dates)
    months = filled.astype("datetime64[M]").astype(np.int64)
    days = filled.astype("datetime64[D]").astype(np.int64)
    clock = (filled - filled.astype("datetime64[D]")) / np.timedelta64(1, "D")
    found = {"year": 1970 + np.floor_divide(months, 12).astype(np.float64)}
    # The 1st of January 1970 was a Thursday.
    for name, turn in (("month", months % 12 / 12), ("weekday", (days + 3) % 7 / 7), ("time", clock)):
        found[f"{name} sine"] = np.sin(2 * np.pi * turn)
        found[f"{name} cosine"] = np.cos(2 * np.pi * turn)
    return {name: np.where(gone, np.nan, values) for name, values in found.items()}
