"""Runs taken together: by what they have in common, and the mean of their curves with what lies around it.

Imports session, relations and jobs' seeds; numpy only in the background.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from workbench.core import text
from workbench.core.errors import WorkbenchError
from workbench.gui.compare.relations import RESULT, Value, by_value, causes
from workbench.gui.runs.x_axes import against
from workbench.gui.session import Session
from workbench.gui.store_thread import Summaries
from workbench.jobs import seeds
from workbench.store.records import RunRecord

if TYPE_CHECKING:
    from workbench.gui.widgets.bands import How
    from workbench.gui.widgets.curves import Band
    from workbench.gui.widgets.series import Series
    from workbench.gui.widgets.smoothing import Floats
    from workbench.store.store import Store

    Points = tuple[Floats, Floats]

SEEDS: Final = "seeds"
"""The key of groups of runs that differ in nothing but the seed."""
_WHOLE: Final = 1e15
Params = Mapping[int, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Group:
    """Runs that are taken together, with what they have in common in words."""

    label: str
    runs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be averaged: runs by a key, and their curves as (x, y) by metric with its split, then by run.

    Over another metric, `across` has what that one's curves are, in the same way: both go by steps.
    """

    key: str
    how: "How"
    runs: tuple[RunRecord, ...]
    params: Params
    summaries: Summaries
    curves: "Mapping[str, Mapping[int, Points]]"
    across: "Mapping[str, Mapping[int, Points]]"
    mark: object
    """What tells this question from another one."""


@dataclass(frozen=True, slots=True)
class Averaged:
    """The groups, and for each metric and place of a group its mean."""

    groups: tuple[Group, ...] = ()
    means: "Mapping[tuple[str, int], tuple[Series, Band | None]]" = field(default_factory=dict)


def offered(runs: Sequence[RunRecord], params: Params, summaries: Summaries) -> list[tuple[str, str]]:
    """By what curves may be told apart, as (key, title): what varies among these runs, but not their results."""
    known = [run for run in runs if run.id in params]
    return [(key, title) for key, title in causes(known, params, summaries) if not key.startswith(RESULT)]


def shown(found: Value) -> str:
    """A value in words."""
    if found is None:
        return "not set"
    if isinstance(found, float) and found.is_integer() and abs(found) < _WHOLE:
        return text.value(int(found))
    return text.value(found)


def short(key: str, params: Params) -> str:
    """What a setting is called where there is little room: its last words, as many as tell it from the others."""
    title = key.partition(":")[2]
    words = title.split(".")
    titles = {name for given in params.values() for name in given} | {title}
    for count in range(1, len(words)):
        last = ".".join(words[-count:])
        if sum(name == last or name.endswith(f".{last}") for name in titles) == 1:
            return last
    return title


def distinct(values: Mapping[int, Value]) -> list[Value]:
    """The different values in order: numbers, words, then nothing."""
    return sorted(
        dict.fromkeys(values.values()),
        key=lambda one: (one is None, isinstance(one, str), one if isinstance(one, float) else 0.0, str(one)),
    )


def grouped(wanted: Wanted, programs: Callable[[], Mapping[int, str]]) -> list[Group]:
    """The groups in their order."""
    if wanted.key == SEEDS:
        runs = sorted(wanted.runs, key=lambda run: run.id)  # whatever was ticked first
        by_id = {run.id: run for run in runs}
        return [
            Group(_named([by_id[id] for id in ids]), ids)
            for ids in seeds.groups(runs, wanted.params, programs())
        ]
    values = by_value(wanted.key, wanted.runs, wanted.params, wanted.summaries)
    name = short(wanted.key, wanted.params)
    return [
        Group(f"{name} {shown(each)}", tuple(id for id, found in values.items() if found == each))
        for each in distinct(values)
    ]


def _named(runs: Sequence[RunRecord]) -> str:
    name = text.one_line(runs[0].name, 24)
    if len(runs) == 1:
        return f"#{runs[0].id} {name}"
    listed = " ".join(f"#{run.id}" for run in runs[:4]) + (" …" if len(runs) > 4 else "")
    return f"{name} · {len(runs)} seeds ({listed})"


def averaged(wanted: Wanted, programs: Callable[[], Mapping[int, str]]) -> Averaged:
    """Group and average; takes a while for many points."""
    groups = grouped(wanted, programs)
    means: dict[tuple[str, int], tuple[Series, Band | None]] = {}
    for metric, curves in wanted.curves.items():
        across = wanted.across.get(metric, {})
        for place, group in enumerate(groups):
            ids = [id for id in group.runs if id in curves]
            if not ids:
                continue
            series, band = _mean([curves[id] for id in ids], wanted.how)
            if not across:
                means[metric, place] = series, band
            elif trace := against(series, _mean([across[id] for id in ids], wanted.how)[0]):
                means[metric, place] = trace, None  # both of them vary: nothing lies above and below
    return Averaged(tuple(groups), means)


def _mean(members: "Sequence[Points]", how: "How") -> "tuple[Series, Band | None]":
    from workbench.gui.widgets.bands import average
    from workbench.gui.widgets.series import Series

    return average(members, how) if len(members) > 1 else (Series(*members[0]), None)


class Groups(QObject):
    """Averages in the background, one question at a time; the newest one counts."""

    came = Signal()
    """`found` answers what was asked last, or something before it while that is being worked out."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._programs: dict[int, str] = {}
        self._asked: object = None
        self._next: Wanted | None = None
        self._busy = False
        self.found = Averaged()
        session.closing.connect(self._on_closing)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._busy

    def ask(self, wanted: Wanted) -> None:
        """Ask this, unless it was asked last."""
        if wanted.mark == self._asked:
            return
        self._asked = wanted.mark
        if self._busy:
            self._next = wanted
        else:
            self._work(wanted)

    def forget(self) -> None:
        """Nothing is averaged now."""
        self._asked = self._next = None
        self.found = Averaged()

    def _work(self, wanted: Wanted) -> None:
        self._busy, self._next = True, None
        known = self._programs

        def work(store: "Store") -> Averaged:
            def programs() -> Mapping[int, str]:
                for run in wanted.runs:
                    if run.id not in known:
                        known[run.id] = _program(store, run.id)
                return known

            return averaged(wanted, programs)

        self._session.call(work, self._on_found, self._on_failed)

    def _on_found(self, found: Averaged) -> None:
        self._busy = False
        if self._asked is not None:
            self.found = found
            self.came.emit()
        if self._next is not None:
            self._work(self._next)

    def _on_closing(self) -> None:
        self.forget()
        self._busy = False  # of another workspace no answer comes any more
        self._programs.clear()

    def _on_failed(self, error: Exception) -> None:
        self._busy, self._asked = False, None
        self._session.message.emit(str(error), "error")


def _program(store: "Store", run: int) -> str:
    try:
        return store.program_text(run)
    except WorkbenchError:
        return ""  # the run was deleted meanwhile, which the next look at the runs tells
