"""Where the ticks of a plot stand and what they say.  Standard library only."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from workbench.core.text import number, one_line, whole

_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_UNITS: Final = ((1e9, " G"), (1e6, " M"), (1e3, " k"))
_SECONDS: Final = (
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0, 10_800.0, 21_600.0,
    43_200.0, 86_400.0,
)  # fmt: skip
_DAY: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class XAxis:
    """What the horizontal axis counts: whole numbers, any numbers, seconds, or points in time (Unix)."""

    label: str
    kind: Literal["whole", "number", "duration", "clock"] = "whole"
    log: bool = False
    """Powers of ten at equal distances; what is not above zero has no place."""

    def logarithmic(self, on: bool) -> "XAxis":
        """The same with equal distances for powers of ten, or for numbers; points in time have no logarithm."""
        return replace(self, log=on and self.kind != "clock")

    def ticks(self, low: float, high: float, most: int) -> "list[Tick]":
        """At most about `most` ticks in [low, high]."""
        if self.log:
            found = log_ticks(low, high, most)
            timed = self.kind == "duration"
            return [Tick(tick.at, _passed(tick.at, tick.at)) for tick in found] if timed else found
        if self.kind in ("duration", "clock"):
            return time_ticks(low, high, most, clock=self.kind == "clock")
        return linear_ticks(low, high, most, whole=self.kind == "whole")

    def place(self, x: float) -> str:
        """A place on it in words: step 1,200."""
        match self.kind:
            case "whole":
                shown = whole(x)
            case "duration":
                shown = _passed(x, 0.1 if x < 60 else 1.0)
            case "clock":
                shown = f"{datetime.fromtimestamp(x):%Y-%m-%d %H:%M:%S}"
            case _:
                shown = number(x)
        return f"{one_line(self.label, 40)} {shown}"


STEPS: Final = XAxis("step")


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis and its label; minor ticks have none."""

    at: float
    text: str = ""


def linear_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[Tick]:
    """At most about `most` ticks at round places in [low, high]; `whole` allows no fractions."""
    span = high - low
    if not (math.isfinite(span) and span > 0) or most < 1:
        return []
    step = _round_up(span / most)
    if whole:
        step = max(1.0, step)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    places = [index * step for index in range(first, min(last, first + 200) + 1)]
    return [Tick(place, text) for place, text in zip(places, _labels(places, step), strict=True)]


def time_ticks(low: float, high: float, most: int, *, clock: bool = False) -> list[Tick]:
    """Ticks at round stretches of time, in seconds; of a `clock` at round times of the day here."""
    span = high - low
    if not (math.isfinite(span) and span > 0) or most < 1:
        return []
    wanted = span / most
    step = next((each for each in _SECONDS if each >= wanted), _DAY * _round_up(wanted / _DAY))
    if wanted < 0.5:
        step = _round_up(wanted)
    shift = 0.0
    if clock:
        here = datetime.fromtimestamp(low).astimezone().utcoffset() or timedelta()
        shift = here.total_seconds()
    first, last = math.ceil((low + shift) / step - 1e-9), math.floor((high + shift) / step + 1e-9)
    places = [index * step - shift for index in range(first, min(last, first + 200) + 1)]
    if not clock:
        return [Tick(place, _passed(place, step)) for place in places]
    form = "%d %b" if step >= _DAY else "%H:%M" if step >= 60 else "%H:%M:%S"
    if step < _DAY < span:
        form = "%d %b %H:%M"
    return [Tick(place, f"{datetime.fromtimestamp(place):{form}}") for place in places]


def _passed(seconds: float, step: float) -> str:
    """A stretch of time, as exact as steps of this size ask for: 0:05, 1:30:00, 2 d 6 h."""
    if step < 1:
        return f"{seconds:.{max(1, -math.floor(math.log10(step)))}f} s"
    total = round(abs(seconds))
    sign = "−" if seconds < 0 and total else ""
    days, rest = divmod(total, int(_DAY))
    hours, rest = divmod(rest, 3600)
    minutes, left = divmod(rest, 60)
    if days:
        return f"{sign}{days} d" + (f" {hours}:{minutes:02}" if hours or minutes else "")
    return f"{sign}{hours}:{minutes:02}:{left:02}" if hours else f"{sign}{minutes}:{left:02}"


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Ticks at the powers of ten in [low, high] (values, not logarithms); also 2 and 5 where there are few."""
    if not (0 < low < high < math.inf):
        return []
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = max(1, math.ceil((last - first) / max(1, most)))
    decades = [Tick(10.0**power, number(10.0**power, 1)) for power in range(first, last + 1, stride)]
    shown = [tick for tick in decades if low <= tick.at <= high]
    if len(shown) >= 2:
        return shown
    if high / low < 3:  # so little of a decade that round values serve better
        return linear_ticks(low, high, most)
    return [
        Tick(factor * 10.0**power, number(factor * 10.0**power, 1))
        for power in range(first, last + 1)
        for factor in (1, 2, 5)
        if low <= factor * 10.0**power <= high
    ]


def _round_up(size: float) -> float:
    power = 10.0 ** math.floor(math.log10(size))
    return next(step * power for step in _STEPS if step * power >= size * (1 - 1e-9))


def _labels(places: list[float], step: float) -> Iterator[str]:
    largest = max((abs(place) for place in places), default=0.0)
    if 0 < largest < 1e-3 or largest >= 1e13:
        digits = max(3, math.ceil(math.log10(largest / step)) + 1)  # neighbours must not read alike
        yield from ("0" if abs(place) < step / 2 else number(place, digits) for place in places)
        return
    unit, name = next(((unit, name) for unit, name in _UNITS if largest >= 10 * unit), (1.0, ""))
    decimals = max(0, -math.floor(math.log10(step / unit) + 1e-9))
    for place in places:
        text = f"{place / unit:.{decimals}f}"
        yield "0" if float(text) == 0 else text.replace("-", "−") + name


@dataclass(frozen=True, slots=True)
class Frame:
    """Maps values to pixels: the rectangle of a plot and the ranges that it shows."""

    left: float
    top: float
    width: float
    height: float
    x0: float
    x1: float
    y0: float
    y1: float
    log: bool = False
    """Whether y counts in powers of ten; `log_x` the same of x."""
    log_x: bool = False

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def across(self, x: float) -> float:
        """Where x stands, in pixels from the left of the widget; NaN where a logarithm has no place for it."""
        if not self.log_x:
            return self.left + (x - self.x0) / (self.x1 - self.x0) * self.width
        return (
            self.left + math.log(x / self.x0) / math.log(self.x1 / self.x0) * self.width
            if x > 0
            else math.nan
        )

    def down(self, y: float) -> float:
        """Where y stands, in pixels from the top of the widget; NaN where a logarithm has no place for it."""
        if not self.log:
            return self.bottom - (y - self.y0) / (self.y1 - self.y0) * self.height
        if y <= 0:
            return math.nan
        low, high = math.log10(self.y0), math.log10(self.y1)
        return self.bottom - (math.log10(y) - low) / (high - low) * self.height

    def x_at(self, pixel: float) -> float:
        """The x value under a pixel."""
        share = (pixel - self.left) / self.width
        if self.log_x:
            return float(self.x0 * (self.x1 / self.x0) ** share)
        return self.x0 + share * (self.x1 - self.x0)


def padded(low: float, high: float, *, log: bool = False) -> tuple[float, float]:
    """A range with a little room on both sides; one value alone gets room of its own size."""
    if log:
        room = (high / low) ** 0.05 if high > low else 2.0
        return low / room, high * room
    span = high - low
    room = 0.05 * span if span > 1e-9 * max(abs(low), abs(high)) else 0.5 * abs(low) or 0.5
    return low - room, high + room
