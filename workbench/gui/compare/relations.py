"""What of runs can be held against what: their settings, facts and results as numbers or words.  Imports metrics."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from workbench.core import text
from workbench.gui.compare.verdict import figure, main_figure
from workbench.gui.runs import metrics
from workbench.gui.store_thread import Summaries
from workbench.jobs.settings import ENVIRONMENT, ESTIMATE
from workbench.store.records import RunRecord

Value = float | str | None
_FACTS: Final = ("parameters", "seed", "device", "model", "data")
RESULT: Final = "metric:"
"""With the name of a metric behind it: the key of a result."""
_PARAM, _METRIC, _FACT = "param:", RESULT, "fact:"


@dataclass(frozen=True, slots=True)
class Scale:
    """One axis: numbers between two ends, or words beside one another. `log` is for numbers above zero."""

    title: str
    low: float = 0.0
    high: float = 1.0
    words: tuple[str, ...] = ()
    log: bool = False

    def share(self, value: float) -> float:
        """Where a value stands, from 0 to 1."""
        if self.log:
            return (math.log10(value) - math.log10(self.low)) / (math.log10(self.high) - math.log10(self.low))
        return (value - self.low) / (self.high - self.low)


def by_value(
    key: str, runs: Sequence[RunRecord], params: Mapping[int, Mapping[str, Any]], summaries: Summaries
) -> dict[int, Value]:
    """What each of these runs says of this; a result goes the same way in all of them."""
    up = None
    if key.startswith(_METRIC):
        found = (summaries.get(run.id, {}).get(key.removeprefix(_METRIC)) for run in runs)
        up = metrics.rises(one for one in found if one is not None)
    return {run.id: value(key, run, params.get(run.id, {}), summaries, up) for run in runs}


def value(
    key: str, run: RunRecord, params: Mapping[str, Any], summaries: Summaries, up: bool | None = None
) -> Value:
    """What a run says of this; None for nothing. Yes, no and lists are words. `up`: as for `best_of`."""
    if key.startswith(_METRIC):
        one = summaries.get(run.id, {}).get(key.removeprefix(_METRIC))
        return metrics.best_of(one, up)[0] if one is not None else None
    if key.startswith(_FACT):
        return _fact(key.removeprefix(_FACT), run)
    found = params.get(key.removeprefix(_PARAM))
    if found is None or found == "":
        return None
    if isinstance(found, int | float) and not isinstance(found, bool):
        return float(found)
    return text.one_line(text.value(found), 60)


def _fact(name: str, run: RunRecord) -> Value:
    match name:
        case "parameters":
            return float(run.parameters)
        case "seed":
            return float(run.seed)
        case "device":
            return run.used_device or run.device
        case "model":
            return text.one_line(run.model, 60)
        case _:
            return text.one_line(run.dataset, 60)


def causes(
    runs: Sequence[RunRecord], params: Mapping[int, Mapping[str, Any]], summaries: Summaries
) -> list[tuple[str, str]]:
    """What varies among these runs, as (key, title): how they were trained, what was trained, facts, then results."""
    names = {
        name
        for run in runs
        for name in params.get(run.id, {})
        if not name.startswith((ESTIMATE, ENVIRONMENT))
    }
    ordered = sorted(names, key=lambda name: (not name.startswith("training."), name))
    found = [(f"{_PARAM}{name}", name) for name in ordered]
    found += [(f"{_FACT}{name}", name) for name in _FACTS]
    varying = [
        (key, title)
        for key, title in found
        if _varies(value(key, run, params.get(run.id, {}), summaries) for run in runs)
    ]
    return varying + results(runs, summaries)


def _varies(values: Iterable[Value]) -> bool:
    """Whether there are two different ones; looks no further than it must."""
    known = (one for one in values if one is not None)
    first = next(known, None)
    return any(one != first for one in known)


def results(runs: Sequence[RunRecord], summaries: Summaries) -> list[tuple[str, str]]:
    """The metrics of these runs, as (key, title), those that count most first."""
    recorded = set().union(*(summaries.get(run.id, {}).keys() for run in runs)) if runs else set()
    return [
        (f"{_METRIC}{metric}", metric)
        for name in metrics.names(sorted(recorded))
        for split in (*metrics.SPLITS, "")
        if (metric := f"{split}/{name}" if split else name) in recorded
    ]


def titled(key: str, title: str) -> str:
    """What an axis is called: of a result the best value counts."""
    return f"best {title}" if key.startswith(_METRIC) else title


def first_result(ids: Sequence[int], summaries: Summaries) -> str:
    """The key of the result that tells most: a score if there is one."""
    return f"{_METRIC}{figure(summaries, ids, main_figure(summaries, ids))}"


def scale(
    title: str, values: Iterable[Value], *, log: bool = False
) -> tuple[Scale, dict[Value, float]] | None:
    """An axis for these values, and where each of them stands on it. One word among them makes all of them words;
    what is no finite number has no place. None where nothing has one.
    """
    known = [one for one in values if one is not None]
    if any(isinstance(one, str) for one in known):
        shown = {one: one if isinstance(one, str) else text.number(one) for one in known}
        words = tuple(sorted(set(shown.values())))
        return Scale(title, -0.5, len(words) - 0.5, words), {
            one: float(words.index(word)) for one, word in shown.items()
        }
    numbers = [one for one in known if isinstance(one, float) and math.isfinite(one) and (one > 0 or not log)]
    if not numbers:
        return None
    low, high = min(numbers), max(numbers)
    if log:
        room = (high / low) ** 0.06 if high > low else 2.0
        return Scale(title, low / room, high * room, log=True), {one: one for one in numbers}
    room = 0.06 * (high - low) or 0.5 * abs(low) or 0.5
    return Scale(title, low - room, high + room), {one: one for one in numbers}


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float:
    """Spearman's, from −1 to 1; NaN for fewer than three pairs, or where one side does not vary."""
    if len(pairs) < 3:
        return math.nan
    one, other = (_ranks([pair[side] for pair in pairs]) for side in (0, 1))
    mean = (len(pairs) + 1) / 2
    both = math.fsum((a - mean) * (b - mean) for a, b in zip(one, other, strict=True))
    spread = math.fsum((a - mean) ** 2 for a in one) * math.fsum((b - mean) ** 2 for b in other)
    return both / math.sqrt(spread) if spread else math.nan


def _ranks(values: Sequence[float]) -> list[float]:
    """Places in order from 1; equal values share the middle of theirs."""
    order = sorted(range(len(values)), key=lambda place: values[place])
    ranks = [0.0] * len(values)
    start = 0
    for end in range(1, len(order) + 1):
        if end == len(order) or values[order[end]] != values[order[start]]:
            for place in order[start:end]:
                ranks[place] = (start + end + 1) / 2
            start = end
    return ranks
