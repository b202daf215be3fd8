"""What varies among runs as axes, laid out in the background for the pages that show several at once.

Imports session and relations.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from workbench.gui.compare.relations import (
    RESULT,
    Scale,
    Value,
    by_value,
    causes,
    first_result,
    rank_correlation,
    results,
    scale,
    titled,
)
from workbench.gui.runs.params import params_of
from workbench.gui.session import Session
from workbench.gui.store_thread import Summaries
from workbench.jobs.seeds import SEED
from workbench.store.records import RunRecord


@dataclass(frozen=True, slots=True)
class Dimension:
    """One axis: where each run stands on it, from 0 to 1 (runs without a value are left out), and what it says."""

    key: str
    scale: Scale
    shares: Mapping[int, float]
    values: Mapping[int, Value]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Runs and the keys of axes; without keys, those that go with the result most, and the result."""

    runs: Sequence[RunRecord]
    params: Mapping[int, Mapping[str, Any]]
    summaries: Summaries
    keys: tuple[str, ...]
    result: str
    most: int


@dataclass(frozen=True, slots=True)
class Laid:
    """What may be chosen, as (key, title), and what was; `ranks` is how each goes with the result (Spearman)."""

    causes: Sequence[tuple[str, str]] = ()
    results: Sequence[tuple[str, str]] = ()
    result: str = ""
    dimensions: tuple[Dimension, ...] = ()
    columns: Mapping[str, Mapping[int, Value]] | None = None
    ranks: Mapping[str, float] | None = None


def lay(wanted: Wanted) -> Laid:
    """Lay runs out; with thousands of them it takes a moment, so not on the main thread."""
    runs, params, summaries = wanted.runs, wanted.params, wanted.summaries
    offered = results(runs, summaries)
    if not offered:
        return Laid()
    found = causes(runs, params, summaries)
    result = wanted.result
    if result not in dict(offered):
        result = first_result([run.id for run in runs], summaries)
    titles = dict([*offered, *found])
    settings = [key for key, _ in found if not key.startswith(RESULT)]
    if f"param:{SEED}" in settings:  # the fact says the same once more
        settings = [key for key in settings if key != "fact:seed"]
    columns = {
        key: by_value(key, runs, params, summaries)
        for key in dict.fromkeys([*settings, result, *wanted.keys])
        if key in titles
    }
    ranks = {key: _rank(columns[key], columns[result]) for key in settings}
    keys = [key for key in wanted.keys if key in titles]
    if not keys:
        strength = {key: abs(rank) if rank == rank else 0.0 for key, rank in ranks.items()}
        best = sorted(settings, key=lambda key: -strength[key])[: wanted.most - 1]
        keys = [key for key in settings if key in best]
    if result not in keys:
        keys.append(result)
    dimensions = [_dimension(key, titled(key, titles[key]), columns[key]) for key in keys]
    return Laid(found, offered, result, tuple(one for one in dimensions if one is not None), columns, ranks)


def _rank(one: Mapping[int, Value], other: Mapping[int, Value]) -> float:
    """Spearman's; NaN where one side is words."""
    if any(isinstance(each, str) for each in one.values()):
        return math.nan
    pairs = [
        (each, other[id])
        for id, each in one.items()
        if isinstance(each, float) and math.isfinite(each) and isinstance(other[id], float)
    ]
    known = [(a, b) for a, b in pairs if isinstance(b, float) and math.isfinite(b)]
    return rank_correlation(known)


def _dimension(key: str, title: str, column: Mapping[int, Value]) -> Dimension | None:
    numbers = [one for one in column.values() if isinstance(one, float) and math.isfinite(one)]
    words = any(isinstance(one, str) for one in column.values())
    wide = bool(numbers) and not words and min(numbers) > 0 and max(numbers) / min(numbers) >= 100
    made = scale(title, column.values(), log=wide)
    if made is None:
        return None
    axis, places = made
    shares = {id: axis.share(places[one]) for id, one in column.items() if one in places}
    return Dimension(key, axis, shares, column)


class Layout(QObject):
    """Reads settings and lays out in the background; the newest wish counts."""

    came = Signal(object)
    """Laid."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._settings = params_of(session)
        self._settings.came.connect(self._work)
        session.closing.connect(self._forget)
        self._runs: Sequence[RunRecord] = ()
        self._wish: Callable[[], tuple[tuple[str, ...], str, int]] = lambda: ((), "", 8)
        self._busy = self._stale = False

    @property
    def busy(self) -> bool:
        """Whether what is wanted is not here yet."""
        return self._busy or self._settings.busy

    def lay(self, runs: Sequence[RunRecord], wish: Callable[[], tuple[tuple[str, ...], str, int]]) -> None:
        """Lay these out; `wish` tells keys, result, and how many at most, when it is their turn."""
        self._runs, self._wish = runs, wish
        self._settings.want()
        self._work()

    def _work(self) -> None:
        if self._busy:
            self._stale = True
            return
        runs = [run for run in self._runs if run.id in self._settings.values]
        keys, result, most = self._wish()
        wanted = Wanted(runs, dict(self._settings.values), dict(self._session.summaries), keys, result, most)
        self._busy, self._stale = True, False
        self._session.call(lambda _: lay(wanted), self._on_laid, self._on_failed)

    def _on_laid(self, laid: Laid) -> None:
        self._busy = False
        if self._stale:
            self._work()
        else:
            self.came.emit(laid)

    def _forget(self) -> None:
        self._busy = False  # of another workspace no answer comes any more

    def _on_failed(self, error: Exception) -> None:
        self._busy = False  # asked for again with the next news
        self._session.message.emit(str(error), "error")
