"""Which metrics matter and which way they should go.  Imports the store's records and the catalog's goals.

A metric is named "<split>/<name>": train/loss, validation/accuracy.
"""

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Final

from workbench.catalog.goals import judges, rising
from workbench.jobs.figures import SPLITS, best_of, rises, split_name, told
from workbench.store.records import Summary
from workbench.store.summaries import Kinds, kinds_of

__all__ = [
    "SPLITS",
    "STYLES",
    "MainNames",
    "best_of",
    "bigger_is_better",
    "main_names",
    "names",
    "recorded",
    "rises",
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


def recorded(several: Iterable[Mapping[str, Summary]]) -> list[str]:
    """The metrics of several runs, in the order in which they came: most runs recorded the same ones."""
    kinds = dict.fromkeys(kinds_of(one)[0] for one in several)
    return list(dict.fromkeys(chain.from_iterable(kinds)))


class MainNames:
    """Which metrics most runs have: the loss, then scores, then what else there is. Counted as runs come and go."""

    def __init__(self) -> None:
        self._runs: dict[Kinds, int] = {}
        """How many runs there are of each kind: most runs of a workspace recorded the same."""
        self._ordered: list[str] | None = None

    def add(self, kinds: Kinds, times: int = 1) -> None:
        """Count a run's metrics; -1 times takes them out again."""
        if kinds[0]:
            self._runs[kinds] = self._runs.get(kinds, 0) + times
            self._ordered = None

    def names(self) -> frozenset[str]:
        """The full names of all metrics."""
        return frozenset(metric for kinds, runs in self._runs.items() if runs > 0 for metric in kinds[0])

    def first(self, most: int) -> list[str]:
        """The names that matter most."""
        if self._ordered is None:
            self._ordered = self._in_order()
        return self._ordered[:most]

    def _in_order(self) -> list[str]:
        counts: dict[str, int] = {}
        types: dict[str, str] = {}
        for kinds, runs in self._runs.items():
            if runs > 0:
                for name in dict.fromkeys(split_name(metric)[1] for metric in kinds[0]):
                    counts[name] = counts.get(name, 0) + runs
                for metric, type in zip(*kinds, strict=True):
                    name = split_name(metric)[1]
                    if name not in types or judges(type):
                        types[name] = type
        scores = {name for name, type in types.items() if judges(type)}
        return sorted(counts, key=lambda name: (name != "loss", name not in scores, -counts[name], name))


def main_names(summaries: Iterable[Mapping[str, Summary]], most: int) -> list[str]:
    """The names that most runs have: the loss, then scores, then what else there is room for."""
    counted = MainNames()
    for one in summaries:
        counted.add(kinds_of(one))
    return counted.first(most)
