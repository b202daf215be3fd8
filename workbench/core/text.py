"""Numbers, durations and names as people read them.  Standard library only."""

import math
import time
from datetime import datetime
from typing import Final
from unicodedata import bidirectional

NONE: Final = "–"
"""What stands where there is no value."""
_JOINERS: Final = ("\u200c", "\u200d")
"""They make one sign of several, as in many emoji and in Persian."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are those of full width, which some spreadsheets read alike."""
_UNITS: Final = ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k"))


def number(value: float, digits: int = 4) -> str:
    """A measured value with so many significant digits: 0.9924, 12.35, 3.2e-05, NaN, ∞."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size and not 1e-4 <= size < 1e6:
        mantissa, _, exponent = f"{value:.{digits - 1}e}".partition("e")
        if "." in mantissa:
            mantissa = mantissa.rstrip("0").rstrip(".")
        return _signed(f"{mantissa}e{int(exponent)}")
    if size >= 10**digits - 0.5:
        return whole(value)
    text = f"{value:#.{digits}g}".removesuffix(".")
    return _signed(text) if value else "0"


def whole(value: float) -> str:
    """A number of things in full, with commas between the thousands: 61,706."""
    return _signed(f"{value:,.0f}")


def count(value: float) -> str:
    """How many, in at most four characters and a unit: 640, 61.7 k, 1.24 M."""
    for size, unit in _UNITS:
        if abs(value) >= size * 0.9995:
            return f"{value / size:.3g}{unit}"
    return f"{value:.0f}"


def size(octets: int) -> str:
    """How much room a file takes: 640 B, 61.7 kB, 1.24 MB."""
    return f"{count(octets)}B" if octets >= 1000 else f"{octets} B"


def duration(seconds: float) -> str:
    """A stretch of time in its two largest units: 0.8 s, 12 s, 1 min 12 s, 3 h 5 min, 2 d 4 h."""
    if seconds < 0 or not math.isfinite(seconds):
        return NONE
    if 0 < seconds < 0.095:
        return "< 0.1 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, name, small, small_name in (
        (86400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // small
            return f"{whole // unit} {name} {rest} {small_name}" if rest else f"{whole // unit} {name}"
    return f"{whole} s"


def ago(then: float, now: float | None = None) -> str:
    """When something was: just now, 5 min ago, 3 h ago, yesterday, 12 Mar, 12 Mar 2024; "–" for never."""
    if then <= 0:
        return NONE
    now = time.time() if now is None else now
    past = now - then
    if past < 45:
        return "just now"
    if past < 3570:
        return f"{max(1, round(past / 60))} min ago"
    day, today = _date(then), datetime.fromtimestamp(now)
    if day is None:
        return NONE
    days = (today.date() - day.date()).days
    if days == 0 or past < 6 * 3600:
        return f"{round(past / 3600)} h ago"
    if days == 1:
        return "yesterday"
    if days < 7:
        return f"{days} days ago"
    return f"{day.day} {day:%b}" if day.year == today.year else f"{day.day} {day:%b %Y}"


def moment(then: float) -> str:
    """A date and time in full, for tooltips; "–" for never."""
    day = _date(then) if then > 0 else None
    return f"{day:%Y-%m-%d %H:%M:%S}" if day is not None else NONE


def clock(then: float) -> str:
    """The time of day, for lines of a log."""
    day = _date(then)
    return f"{day:%H:%M:%S}" if day is not None else NONE


def one_line(text: str, most: int = 300) -> str:
    """A name that came from anywhere, as one line: control characters and breaks become spaces.

    What is written from right to left is set apart, so that it does not turn around what stands beside it.
    """
    part = text[: 4 * most]
    if not part.isprintable():
        part = "".join(c if c.isprintable() or c in _JOINERS else " " for c in part)
    line = " ".join(part.split())
    if len(line) > most:
        line = f"{line[: most - 1]}…"
    if not line.isascii() and any(bidirectional(c) in ("R", "AL", "AN") for c in line):
        return f"\u2068{line}\u2069"
    return line


def cell(given: object) -> object:
    """A cell of a table for other programs: a text that a spreadsheet would take for a formula begins with “'”."""
    return f"'{given}" if isinstance(given, str) and given.startswith(_FORMULA) else given


def value(given: object) -> str:
    """A setting as one line: True is “yes”, floats are short, lists are written out."""
    if given is None or given == "":
        return NONE
    if isinstance(given, bool):
        return "yes" if given else "no"
    if isinstance(given, float):
        return f"{given:.6g}".replace("e-0", "e-").replace("e+0", "e")
    if isinstance(given, list | tuple):
        return one_line(" × ".join(value(item) for item in given))
    return one_line(str(given))


def plural(how_many: int, thing: str, things: str = "") -> str:
    """1 run, 2 runs."""
    return f"{whole(how_many)} {thing if how_many == 1 else things or thing + 's'}"


def _date(then: float) -> datetime | None:
    """None for a time that no calendar knows, as a damaged row may have."""
    try:
        return datetime.fromtimestamp(then)
    except (OverflowError, OSError, ValueError):
        return None


def _signed(text: str) -> str:
    return text.replace("-", "−", 1) if text.startswith("-") else text
