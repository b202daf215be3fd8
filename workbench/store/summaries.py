"""A run's metrics at a glance, kept as columns of numbers: a Summary is made when somebody asks for it.

Half a million Summary objects take seconds to make and to look through. Standard library and records only.
"""

import math
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from workbench.store.records import Summary

Kinds = tuple[tuple[str, ...], tuple[str, ...]]
"""The metrics of a run in their order, and the node types that recorded them."""
NO_KINDS: Final[Kinds] = ((), ())
_NUMBERS: Final = "dqdqdqq"
"""last, last_step, min, min_step, max, max_step, count; a value that is None is NaN."""
_VALUES: Final = {"last": 0, "min": 2, "max": 4}


class Same:
    """What runs share that recorded the same metrics; `answers` is what was found out for all of them at once."""

    def __init__(self, kinds: Kinds) -> None:
        self.kinds = kinds
        self.places = {metric: place for place, metric in enumerate(kinds[0])}
        self.answers: dict[tuple[str, str], Any] = {}


class Glance(Mapping[str, Summary]):
    """The metrics of one run by name, in the order in which they were first logged."""

    __slots__ = ("_columns", "_start", "same")

    def __init__(self, same: Same, columns: "Sequence[array[Any]]", start: int) -> None:
        """`columns` hold the metrics of many runs; those of this one stand from `start` on."""
        self.same = same
        self._columns = columns
        self._start = start

    @property
    def kinds(self) -> Kinds:
        return self.same.kinds

    def __getitem__(self, metric: str) -> Summary:
        place = self.same.places[metric]
        at = self._start + place
        last, last_step, low, low_step, high, high_step, count = self._columns
        return Summary(
            metric, _one_nan(last[at]), last_step[at], _one_nan(low[at]), low_step[at], _one_nan(high[at]),
            high_step[at], count[at], self.same.kinds[1][place],
        )  # fmt: skip

    def number(self, metric: str, which: str) -> float:
        """The "last", "min" or "max" value of a metric that it has: without making a Summary."""
        return float(self._columns[_VALUES[which]][self._start + self.same.places[metric]])

    def __contains__(self, metric: object) -> bool:
        return metric in self.same.places

    def __iter__(self) -> Iterator[str]:
        return iter(self.same.places)

    def __len__(self) -> int:
        return len(self.same.places)

    def __eq__(self, other: object) -> bool:
        """Equal where nothing has changed: NaN is equal to NaN."""
        if not isinstance(other, Glance):
            return isinstance(other, Mapping) and len(self) == len(other) and super().__eq__(other)
        return self.kinds == other.kinds and self._numbers() == other._numbers()

    def _numbers(self) -> list[bytes]:
        end = self._start + len(self)
        return [column[self._start : end].tobytes() for column in self._columns]


def glances(rows: Sequence[Sequence[Any]], known: dict[Kinds, Same]) -> dict[int, Glance]:
    """The runs of rows (run, metric, type, numbers…), those of a run one after another.

    `known` is what earlier calls found, so that runs go on sharing it.
    """
    columns = [_column(kind, rows, place) for place, kind in enumerate(_NUMBERS, start=3)]
    metrics, types = [row[1] for row in rows], [row[2] for row in rows]
    found: dict[int, Glance] = {}
    start = 0
    for run, count in Counter(map(itemgetter(0), rows)).items():
        end = start + count
        kinds = tuple(metrics[start:end]), tuple(types[start:end])
        same = known.get(kinds)
        if same is None:
            same = known[kinds] = Same(kinds)
        found[run] = Glance(same, columns, start)
        start = end
    return found


def kinds_of(summaries: Mapping[str, Summary]) -> Kinds:
    """Which metrics there are and which node types recorded them."""
    if type(summaries) is Glance:  # not isinstance, which is slow for what may be any mapping
        return summaries.kinds
    if not summaries:
        return NO_KINDS
    return tuple(summaries), tuple(summary.type for summary in summaries.values())


def _one_nan(value: float) -> float:
    """The same object for every NaN: by that, summaries that hold one are equal."""
    return value if value == value else math.nan


def _column(kind: str, rows: Sequence[Sequence[Any]], place: int) -> "array[Any]":
    values = [row[place] for row in rows]
    try:
        return array(kind, values)
    except TypeError:  # some are None
        return array(kind, [math.nan if value is None else value for value in values])
