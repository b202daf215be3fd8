"""What a run's figures say at a glance: the best value of a metric, and where it is taken from.

A metric is named "<split>/<name>": train/loss, validation/accuracy.
Imports the store's records and the catalog's goals.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final

from workbench.catalog.goals import judges, rising
from workbench.store.records import Summary
from workbench.store.summaries import Glance, kinds_of

SPLITS: Final = ("validation", "test", "train")
"""In the order in which a result is believed."""


def split_name(metric: str) -> tuple[str, str]:
    """The split and the name of a metric: "train/loss" gives ("train", "loss")."""
    split, slash, name = metric.partition("/")
    return (split, name) if slash else ("", metric)


def rises(found: Iterable[Summary]) -> bool:
    """Whether a large value of a metric is the good one, in all of the runs that recorded it: one that says so is
    enough, since files of other programs do not say it.
    """
    return any(rising(one.type) for one in found)


def best_of(summary: Summary, up: bool | None = None) -> tuple[float, int]:
    """The best value of a metric and its step; beside other runs `up` says which way it goes in all of them."""
    if rising(summary.type) if up is None else up:
        return summary.max, summary.max_step
    return summary.min, summary.min_step


def told(summaries: Mapping[str, Summary], name: str) -> str:
    """Which of a run's metrics a name tells: the one of its name, for the loss else the first loss; "" for none."""
    recorded = {split_name(metric)[1]: type for metric, type in zip(*kinds_of(summaries), strict=True)}
    if name in recorded or name != "loss":
        return name if name in recorded else ""
    return next((one for one, type in recorded.items() if not judges(type)), "")


def value(summaries: Mapping[str, Summary], name: str, which: str = "best") -> float:
    """The "best", "last", "min" or "max" value of a metric, by its full name or by its name on the split that counts
    most; NaN where there is none.
    """
    if (found := _place(summaries, name, which)) is None:
        return math.nan
    if type(summaries) is Glance:
        return summaries.number(*found)
    return float(getattr(summaries[found[0]], found[1]))


def values(several: Iterable[Mapping[str, Summary]], name: str, which: str = "best") -> list[float | None]:
    """The same value of each of many runs; None where there is none, or NaN."""
    found: list[float | None] = []
    same, place = None, None
    for summaries in several:
        if type(summaries) is not Glance:
            number = value(summaries, name, which)
        else:
            if summaries.same is not same:
                same, place = summaries.same, _place(summaries, name, which)
            number = summaries.number(*place) if place is not None else math.nan
        found.append(number if number == number else None)
    return found


def has(summaries: Mapping[str, Summary], name: str) -> bool:
    """Whether there is a value of a metric, perhaps NaN."""
    return _place(summaries, name, "last") is not None


def _place(summaries: Mapping[str, Summary], name: str, which: str) -> tuple[str, str] | None:
    """The full name of a metric, and which of its values is meant; None where there is none."""
    if type(summaries) is not Glance:
        return _find(summaries, name, which) if summaries else None
    # Thousands of runs recorded the same metrics: found once for all of them.
    answers = summaries.same.answers
    try:
        found: tuple[str, str] | None = answers[name, which]
    except KeyError:
        found = answers[name, which] = _find(summaries, name, which)
    return found


def _find(summaries: Mapping[str, Summary], name: str, which: str) -> tuple[str, str] | None:
    types = dict(zip(*kinds_of(summaries), strict=True))
    wanted = [name, *(f"{split}/{name}" for split in SPLITS)]
    if not types.keys() & set(wanted) and name == "loss" and (other := told(summaries, name)):
        wanted = [other, *(f"{split}/{other}" for split in SPLITS)]
    found = next((metric for metric in wanted if metric in types), None)
    if found is None:
        return None
    return found, ("max" if rising(types[found]) else "min") if which in ("", "best") else which
