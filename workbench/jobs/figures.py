"""What a run's figures say at a glance: the best value of a metric, and where it is taken from.

A metric is named "<split>/<name>": train/loss, validation/accuracy.
Imports the store's records and the catalog's goals.
"""

import math
from collections.abc import Mapping
from typing import Final

from workbench.catalog.goals import judges, rising
from workbench.store.records import Summary
from workbench.store.summaries import kinds_of

SPLITS: Final = ("validation", "test", "train")
"""In the order in which a result is believed."""


def split_name(metric: str) -> tuple[str, str]:
    """The split and the name of a metric: "train/loss" gives ("train", "loss")."""
    split, slash, name = metric.partition("/")
    return (split, name) if slash else ("", metric)


def best_of(summary: Summary) -> tuple[float, int]:
    """The best value of a metric and its step."""
    if rising(summary.type):
        return summary.max, summary.max_step
    return summary.min, summary.min_step


def told(summaries: Mapping[str, Summary], name: str) -> str:
    """Which of a run's metrics a name tells: the one of its name, for the loss else the first loss; "" for none."""
    recorded = {split_name(metric)[1]: type for metric, type in zip(*kinds_of(summaries), strict=True)}
    if name in recorded or name != "loss":
        return name if name in recorded else ""
    return next((one for one, type in recorded.items() if not judges(type)), "")


def believed(summaries: Mapping[str, Summary], name: str) -> Summary | None:
    """A metric by its full name, or by its name on the split that counts most."""
    if (found := summaries.get(name)) is not None:
        return found
    for split in SPLITS:
        if (found := summaries.get(f"{split}/{name}")) is not None:
            return found
    return None


def value(summaries: Mapping[str, Summary], name: str, which: str = "") -> float:
    """The "best", "last", "min" or "max" value of a metric; NaN where there is none. "" is the best."""
    found = believed(summaries, name)
    if found is None and name == "loss" and (other := told(summaries, name)):
        found = believed(summaries, other)
    if found is None:
        return math.nan
    if which in ("", "best"):
        return best_of(found)[0]
    return found.last if which == "last" else found.min if which == "min" else found.max
