"""The runs as a table that filters and sorts itself: ten thousand rows in a blink.  Imports Qt core and records.

Sorting here instead of in a proxy: Qt would ask Python twice for every comparison.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from workbench.core import text
from workbench.core.errors import FilterError
from workbench.core.filters import Filter, parse
from workbench.gui import progress
from workbench.gui.runs import metrics
from workbench.gui.runs.columns import COLUMNS as COLUMNS
from workbench.gui.runs.columns import FIRST_SLOT as FIRST_SLOT
from workbench.gui.runs.columns import SLOTS as SLOTS
from workbench.gui.runs.columns import Column, column_of
from workbench.gui.runs.columns import epochs as epochs
from workbench.gui.runs.columns import share as share
from workbench.gui.store_thread import MarksOfRuns, Summaries
from workbench.jobs.run_filter import Judge, Names, RunFacts, judge_of, mentions, needs_params
from workbench.jobs.run_filter import spent as spent
from workbench.store.records import UNMARKED, Marks, RunRecord, Summary
from workbench.store.summaries import NO_KINDS, kinds_of

Index = QModelIndex | QPersistentModelIndex
RUN: Final = int(Qt.ItemDataRole.UserRole)
"""Role of the RunRecord of a row."""
MARKS: Final = RUN + 1
"""Role of the Marks of a row."""
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_ROLES = Qt.ItemDataRole
TIMED: Final = (9, 10)
"""Columns that say how long ago something was."""
_NO_FIGURES: Final[Mapping[str, Summary]] = {}
_NOBODY: Final[Any] = None  # stands where a run will be
_MANY: Final = 20
"""More stretches of rows than this go away together."""


class RunsModel(QAbstractTableModel):
    """Rows are runs.  Give it the news with `update`; it tells only what changed."""

    slots_changed = Signal()
    """Other metrics have columns now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._facts: dict[int, RunFacts] = {}
        self._summaries: Summaries = {}
        self._shown: list[int] = []
        self._places: dict[int, int] = {}
        self._columns: list[Column] = list(COLUMNS)
        self._params: Mapping[int, Mapping[str, Any]] = {}
        self._main = metrics.MainNames()
        self._param_names: set[str] = set()
        self._filter: Filter | None = None
        self._judge: Judge | None = None
        self._judged: dict[int, bool] = {}
        self._archived = False
        self._sort: tuple[int, bool] = (0, True)
        self._keys: dict[int, Any] = {}
        """By what the runs are sorted, where that takes long to find out."""
        self._titles: Mapping[str, str] = {}
        self.slots: tuple[str, ...] = ()

    # ------------------------------------------------------------- what is in it

    @property
    def total(self) -> int:
        """How many runs there are, also those that the filter hides."""
        return len(self._facts)

    @property
    def shown(self) -> Sequence[int]:
        """The ids of the rows, from the top."""
        return self._shown

    @property
    def columns(self) -> Sequence[Column]:
        """All columns: those that every table has, and behind them those that were asked for."""
        return self._columns

    def names(self) -> Names:
        """The names of metrics and settings that some run has; settings as far as they were read."""
        return Names(self._main.names(), frozenset(self._param_names))

    def ids(self) -> Sequence[int]:
        """All runs, also those that the filter hides."""
        return list(self._facts)

    def facts(self, id: int) -> RunFacts | None:
        return self._facts.get(id)

    def run(self, id: int) -> RunRecord | None:
        facts = self._facts.get(id)
        return facts.run if facts is not None else None

    def marks(self, id: int) -> Marks:
        facts = self._facts.get(id)
        return facts.marks if facts is not None else UNMARKED

    def summaries(self, id: int) -> Mapping[str, Summary]:
        return self._summaries.get(id, {})

    def run_at(self, index: Index) -> RunRecord | None:
        return self.run(self._shown[index.row()]) if 0 <= index.row() < len(self._shown) else None

    def ids_in(self, row: int) -> Sequence[int]:
        """The runs of a row: one, or those of a group."""
        return (self._shown[row],)

    def uncover(self, id: int) -> None:
        """Open what hides a run that the filter lets through; nothing does in a plain table."""

    def place(self, id: int) -> int:
        """The row of a run; -1 where it is not shown."""
        return self._places.get(id, -1)

    def column(self, key: str) -> int:
        """The place of a column, which is added where it is not there yet; -1 for a key that nobody knows."""
        for place, column in enumerate(self._columns):
            if column.key == key:
                return place
        made = column_of(key, self._rising)
        if made is None:
            return -1
        self.beginInsertColumns(QModelIndex(), len(self._columns), len(self._columns))
        self._columns.append(made)
        self.endInsertColumns()
        return len(self._columns) - 1

    # ------------------------------------------------------------- news

    def set_titles(self, titles: Mapping[str, str]) -> None:
        """What datasets are called, by id."""
        if titles != self._titles:
            self._titles = dict(titles)
            self._renew()

    def set_params(self, params: Mapping[int, Mapping[str, Any]], names: Iterable[str]) -> None:
        """The settings of runs, as far as they were read, and the names of all of them."""
        self._params = params
        self._param_names.update(names)
        for id, facts in self._facts.items():
            if id in params:
                facts.take_params(params[id])
        self._judged.clear()
        self._keys.clear()
        self._arrange()
        self._tell_all()

    def update(
        self, runs: Sequence[RunRecord], summaries: Summaries, marks: MarksOfRuns | None = None
    ) -> None:
        """The news: all runs, their metrics at a glance, and what people say of them."""
        said, before = marks or {}, self._facts
        self._summaries = summaries
        self._facts = {run.id: before.get(run.id, _NOBODY) for run in runs}
        changed = self._take_in(((run, said.get(run.id, UNMARKED)) for run in runs), before)
        for id in before.keys() - self._facts.keys():
            self._main.add(kinds_of(before[id].summaries), -1)
        if self._judge is None and self._filter is not None:  # it was set before there were runs
            self.set_filter(str(self._filter))
        self._spread(changed, in_order=False)

    def take_figures(self, summaries: Summaries, ids: Iterable[int]) -> None:
        """Nothing but metrics at a glance of these runs is new."""
        self._summaries = summaries
        known = (self._facts[id] for id in ids if id in self._facts)
        changed = self._take_in([(facts.run, facts.marks) for facts in known], self._facts)
        self._spread(changed, in_order=self._judge is None and not self._sorts_by_figures())

    def _take_in(self, runs: Iterable[tuple[RunRecord, Marks]], before: Mapping[int, RunFacts]) -> set[int]:
        """Bring the facts of runs up to date; those of which something is new."""
        changed = set[int]()
        for run, marks in runs:
            found, old = self._summaries.get(run.id, _NO_FIGURES), before.get(run.id)
            known = kinds = NO_KINDS
            if old is None or old.summaries is not found:
                known, kinds = kinds_of(old.summaries) if old is not None else NO_KINDS, kinds_of(found)
            if (
                old is not None
                and (old.run is run or old.run == run)
                and (old.marks is marks or old.marks == marks)
                and (old.summaries is found or (known == kinds and old.summaries == found))
            ):
                continue
            if known != kinds:
                self._main.add(known, -1)
                self._main.add(kinds)
            self._facts[run.id] = self._made(run, found, marks)
            self._judged.pop(run.id, None)
            self._keys.pop(run.id, None)
            changed.add(run.id)
        return changed

    def _spread(self, changed: set[int], *, in_order: bool) -> None:
        """Tell that something is new of runs, which may stand elsewhere now unless they are `in_order`."""
        slots = tuple(self._main.first(SLOTS))
        others = slots != self.slots
        if others:
            self.slots = slots
            self._keys.clear()
        if others or not in_order:
            self._arrange()
        if others:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, FIRST_SLOT, FIRST_SLOT + SLOTS - 1)
            self._tell_all()
            self.slots_changed.emit()
        else:
            rows = sorted(self._places[id] for id in changed if id in self._places)
            for first, last in _stretches(rows):
                self.dataChanged.emit(self.index(first, 0), self.index(last, len(self._columns) - 1))

    def _sorts_by_figures(self) -> bool:
        """Whether the order, or what its groups say, comes from metrics."""
        return ":" in self._columns[self._sort[0]].key

    def _made(self, run: RunRecord, summaries: Mapping[str, Summary], marks: Marks) -> RunFacts:
        return RunFacts(
            run, summaries, marks, self._params.get(run.id, {}), self._titles.get(run.dataset, "")
        )

    def _renew(self) -> None:
        """Something that concerns all runs is another one."""
        for id, old in self._facts.items():
            self._facts[id] = self._made(old.run, old.summaries, old.marks)
        self._judged.clear()
        self._keys.clear()
        self._arrange()
        self._tell_all()

    def tick(self) -> None:
        """Time went by: durations and “5 min ago” are others now."""
        if self._shown:
            first, last = self.index(0, TIMED[0]), self.index(len(self._shown) - 1, TIMED[1])
            self.dataChanged.emit(first, last, [int(_ROLES.DisplayRole)])

    def set_filter(self, given: str) -> FilterError | None:
        """Show only the runs that a filter means. One that cannot be understood changes nothing; this says why."""
        try:
            filter = parse(given)
            judge = judge_of(filter, self.names()) if filter is not None and self._facts else None
        except FilterError as error:
            return error
        self._filter, self._judge = filter, judge
        self._judged.clear()
        self._arrange()
        return None

    @property
    def filter(self) -> Filter | None:
        """The filter in force."""
        return self._filter

    def every(self) -> list[RunFacts]:
        """All that a filter can ask of all runs."""
        return list(self._facts.values())

    def wants_params(self, given: str) -> bool:
        """Whether settings of runs must be read before a filter can be judged."""
        try:
            return needs_params(parse(given), self.names())
        except FilterError:
            return False

    def show_archived(self, on: bool) -> None:
        """Show also runs that were put away; a filter that says something about that decides by itself."""
        self._archived = on
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        if column != self._sort[0]:
            self._keys.clear()
        self._sort = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()

    def best_order(self, column: int) -> Qt.SortOrder:
        """The order that a person means by the first click on a header: the best, largest or newest first."""
        name = self._slot(column)
        down = self._columns[column].down if name is None else self._rising(name)
        return Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder

    # ------------------------------------------------------------- Qt's questions

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLES.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column, name = self._columns[section], self._slot(section)
        if role == _ROLES.DisplayRole:
            return column.title if name is None else name
        if role == _ROLES.ToolTipRole:
            return column.tooltip if name is None else self._slot_help(name)
        if role == _ROLES.TextAlignmentRole:
            return _RIGHT if column.right else _LEFT
        return None

    def data(self, index: Index, role: int = _ROLES.DisplayRole) -> Any:
        run = self.run_at(index)
        if run is None:
            return None
        column = index.column()
        if role == _ROLES.DisplayRole:
            return self.shown_text(run, column)
        if role == RUN:
            return run
        if role == MARKS:
            return self.marks(run.id)
        if role == _ROLES.TextAlignmentRole:
            return _RIGHT if self._columns[column].right else _LEFT
        if role == _ROLES.ToolTipRole:
            return self._tooltip(run, column)
        return None

    def shown_text(self, run: RunRecord, column: int) -> str:
        """What a cell says."""
        if (name := self._slot(column)) is not None:
            told = metrics.told(self.summaries(run.id), name)
            return text.number(metrics.best(self.summaries(run.id), told)) if told else text.NONE
        facts = self._facts.get(run.id)
        return self._columns[column].shown(facts) if facts is not None else ""

    # ------------------------------------------------------------- order

    def _slot(self, column: int) -> str | None:
        """The metric of a column ("" for an unused one); None for the other columns."""
        slot = column - FIRST_SLOT
        if not 0 <= slot < SLOTS:
            return None
        return self.slots[slot] if slot < len(self.slots) else ""

    def _rising(self, name: str) -> bool:
        return metrics.bigger_is_better(self._summaries.values(), metrics.split_name(name)[1])

    def _held(self) -> list[RunFacts]:
        """The runs that the filter lets through, in the order of the news."""
        everyone = self._archived or mentions(self._filter, "archived")
        found = [facts for facts in self._facts.values() if everyone or not facts.marks.archived]
        judge, judged = self._judge, self._judged
        if judge is None:
            return found
        for facts in found:
            if facts.run.id not in judged:
                judged[facts.run.id] = judge(facts)
        return [facts for facts in found if judged[facts.run.id]]

    def _wanted(self) -> list[int]:
        held = self._held()
        column, down = self._sort
        name = self._slot(column)
        key = self._columns[column].sorted if name is None else column_key(name)
        if name is None and ":" not in self._columns[column].key:
            values = [(key(facts), facts.run.id) for facts in held]
        else:
            keys = self._keys
            for facts in held:
                if facts.run.id not in keys:
                    keys[facts.run.id] = key(facts)
            values = [(keys[facts.run.id], facts.run.id) for facts in held]
        known = [one for one in values if one[0] is not None]
        known.sort(key=_first, reverse=down)
        return [id for _, id in known] + [id for value, id in values if value is None]

    def _arrange(self) -> None:
        """Bring the rows into their order: what went away first, then what is new, then the order."""
        wanted = self._wanted()
        if wanted == self._shown:
            return
        keep = set(wanted)
        going = _stretches([row for row, id in enumerate(self._shown) if id not in keep])
        if len(going) > _MANY:  # each stretch costs a view as much as all of them together
            self._reorder(sorted(self._shown, key=lambda id: id not in keep))
            going = [(sum(id in keep for id in self._shown), len(self._shown) - 1)]
        for first, last in reversed(going):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._shown[first : last + 1]
            self.endRemoveRows()
        there = set(self._shown)
        if added := [id for id in wanted if id not in there]:
            self.beginInsertRows(QModelIndex(), len(self._shown), len(self._shown) + len(added) - 1)
            self._shown.extend(added)
            self.endInsertRows()
        if self._shown != wanted:
            self._reorder(wanted)
        self._places = {id: row for row, id in enumerate(self._shown)}

    def _reorder(self, wanted: list[int]) -> None:
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        places = {id: row for row, id in enumerate(wanted)}
        new = [self.index(places[self._shown[index.row()]], index.column()) for index in old]
        self._shown = wanted
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _tell_all(self) -> None:
        if self._shown:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(self._columns) - 1))

    def _tooltip(self, run: RunRecord, column: int) -> str:
        if column == 1 and (run.cause or run.message):
            return f"{run.state}: {text.one_line(run.cause or run.message, 600)}"
        if column == 2 and (left := progress.time_left(run)) is not None:
            return f"about {text.duration(left)} left"
        if column == 10:
            return text.moment(run.started)
        if (name := self._slot(column)) is None:
            return self.shown_text(run, column)
        summaries = self.summaries(run.id)
        name = metrics.told(summaries, name)
        lines = []
        for metric, summary in summaries.items():
            if name and metrics.split_name(metric)[1] == name:
                value, step = metrics.best_of(summary)
                best = f"best {text.number(value)} at step {text.whole(step)}"
                lines.append(f"{metric}: last {text.number(summary.last)}, {best}")
        return "\n".join(lines) or "not recorded"

    def _slot_help(self, name: str) -> str:
        word = "Highest" if metrics.bigger_is_better(self._summaries.values(), name) else "Lowest"
        return f"{word} {name} on the validation examples (test or training examples where there are none)"


def column_key(name: str) -> Callable[[RunFacts], float | None]:
    """By what a column of the best values of a metric sorts."""

    def value(facts: RunFacts) -> float | None:
        # Nearly all runs have what the column is named after: asking for that first halves the time of sorting.
        found = metrics.best(facts.summaries, name)
        if math.isnan(found):
            found = metrics.best(facts.summaries, metrics.told(facts.summaries, name))
        return None if math.isnan(found) else found

    return value


def _first(pair: tuple[Any, int]) -> Any:
    return pair[0]


def _stretches(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as (first, last) of each unbroken stretch."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
