"""Which metrics matter and which way they should go.  Imports the store's records and the catalog's goals.

A metric is named "<split>/<name>": train/loss, validation/accuracy.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Final

from workbench.catalog.goals import judges, rising
from workbench.jobs.figures import SPLITS, best_of, split_name, told
from workbench.store.records import Summary

__all__ = [
    "SPLITS",
    "STYLES",
    "best",
    "best_of",
    "bigger_is_better",
    "main_names",
    "names",
    "split_name",
    "told",
]

STYLES: Final = {"train": "dash", "validation": "solid", "test": "dot"}


def bigger_is_better(summaries: Iterable[Mapping[str, Summary]], name: str) -> bool:
    """Whether a large value of this metric is the good one; of runs that disagree, the first that has it counts."""
    for one in summaries:
        for split in SPLITS:
            if (found := one.get(f"{split}/{name}")) is not None:
                return rising(found.type)
    return False


def names(metrics: Iterable[str]) -> list[str]:
    """The names without their splits: the loss first, then in the order in which they came."""
    found = dict.fromkeys(split_name(metric)[1] for metric in metrics)
    return sorted(found, key=lambda name: (name != "loss", "loss" in name.lower()))


def main_names(summaries: Iterable[Mapping[str, Summary]], most: int) -> list[str]:
    """The names that most runs have: the loss, then scores, then what else there is room for."""
    counts: dict[str, int] = {}
    scores: set[str] = set()
    for one in summaries:
        named = {split_name(metric)[1]: summary.type for metric, summary in one.items()}
        for name, type in named.items():
            counts[name] = counts.get(name, 0) + 1
            if judges(type):
                scores.add(name)
    ordered = sorted(counts, key=lambda name: (name != "loss", name not in scores, -counts[name], name))
    return ordered[:most]


def best(summaries: Mapping[str, Summary], name: str) -> float:
    """The best value of a metric on the split that counts most; NaN where there is none."""
    for split in SPLITS:
        if (found := summaries.get(f"{split}/{name}")) is not None:
            return best_of(found)[0]
    return best_of(summaries[name])[0] if name in summaries else math.nan
