"""Numbers, stretches of time and points in time as people type them: 1.5M, 90%, 1h 30min, 7d ago.

Standard library only.
"""

import math
import re
import time
from datetime import datetime, timedelta
from typing import Final

_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_SUFFIXES: Final = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "B": 1e9, "T": 1e12}
UNITS: Final = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604800.0),
}
_STRETCH = re.compile(r"(?:(\d+(?:\.\d*)?|\.\d+)\s*([a-z]+)\s*)+")
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*([a-z]+)")
_DATES: Final = (
    ("%Y-%m-%d", timedelta(days=1)),
    ("%Y-%m-%dT%H:%M", timedelta(minutes=1)),
    ("%Y-%m-%d %H:%M", timedelta(minutes=1)),
    ("%Y-%m-%dT%H:%M:%S", timedelta(seconds=1)),
    ("%Y-%m-%d %H:%M:%S", timedelta(seconds=1)),
)


def number(text: str) -> float | None:
    """A number as people write it: 0.9, 90%, 1.5M, 3e-4, inf, nan; None for no number."""
    if text.lower() in ("nan", "inf", "+inf", "-inf"):
        return float(text)
    found = _NUMBER.match(text)
    if found is None:
        return None
    value, rest = float(found[0].replace("_", "")), text[found.end() :]
    if rest == "%":
        return value / 100
    return value * _SUFFIXES[rest] if rest in _SUFFIXES else None


def seconds(text: str) -> float | None:
    """A stretch of time: 90, 5min, 1h 30min, 2 days; None for none."""
    if (plain := number(text)) is not None and text[-1:].isdigit():
        return plain
    lower = text.strip().lower()
    if not _STRETCH.fullmatch(lower):
        return None
    total = 0.0
    for amount, unit in _PART.findall(lower):
        if unit not in UNITS:
            return None
        total += float(amount) * UNITS[unit]
    return total


def moment(text: str, now: float | None = None) -> tuple[float, float] | None:
    """A point in time as its first moment and the one after its last: 2026-11-21, today, yesterday, 7d ago, now.

    None for what is none.
    """
    lower = text.strip().lower()
    present = time.time() if now is None else now
    if lower == "now":
        return present, present
    if lower.endswith("ago"):
        past = seconds(lower.removesuffix("ago").strip())
        return None if past is None or not math.isfinite(past) else (present - past, present - past)
    today = datetime.fromtimestamp(present).replace(hour=0, minute=0, second=0, microsecond=0)
    if lower in ("today", "yesterday"):
        begun = today - timedelta(days=lower == "yesterday")
        return begun.timestamp(), (begun + timedelta(days=1)).timestamp()
    for form, length in _DATES:
        try:
            begun = datetime.strptime(text.strip(), form)
            return begun.timestamp(), (begun + length).timestamp()
        except (ValueError, OverflowError, OSError):  # another form, or a year that no clock knows
            continue
    return None
