"""The runs as a table that filters and sorts itself: ten thousand rows in a blink.  Imports Qt core and records."""

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final

from PySide6.QtCore import QModelIndex, QObject, Qt, QTimer, Signal

from workbench.core import text
from workbench.core.errors import FilterError
from workbench.core.filters import Filter
from workbench.gui import progress
from workbench.gui.runs import metrics
from workbench.gui.runs.columns import COLUMNS as COLUMNS
from workbench.gui.runs.columns import FIRST_SLOT as FIRST_SLOT
from workbench.gui.runs.columns import METRICS, PARAM, Column, column_of
from workbench.gui.runs.columns import SLOTS as SLOTS
from workbench.gui.runs.columns import epochs as epochs
from workbench.gui.runs.columns import share as share
from workbench.gui.runs.known import KnownRuns
from workbench.gui.runs.rows import Index as Index
from workbench.gui.runs.rows import RowsModel
from workbench.gui.store_thread import MarksOfRuns, Summaries
from workbench.jobs import figures
from workbench.jobs.run_filter import Names, RunFacts
from workbench.jobs.run_filter import spent as spent
from workbench.store.records import UNMARKED, Marks, RunRecord, Summary

RUN: Final = int(Qt.ItemDataRole.UserRole)
"""Role of the RunRecord of a row."""
MARKS: Final = RUN + 1
"""Role of the Marks of a row."""
RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_ROLES = Qt.ItemDataRole
_DISPLAY, _ALIGNMENT, _TOOLTIP = (
    int(role) for role in (_ROLES.DisplayRole, _ROLES.TextAlignmentRole, _ROLES.ToolTipRole)
)
TIMED: Final = (9, 10)
"""Columns that say how long ago something was."""
_FEW: Final = 1000
"""So many runs are brought into their order at once whenever figures come."""
_GATHER_MS: Final = 250
"""More are brought into it so long after figures came, with all that come meanwhile."""


class RunsModel(RowsModel):
    """Rows are runs.  Give it the news with `update`; it tells only what changed."""

    slots_changed = Signal()
    """Other metrics have columns now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.known = KnownRuns()
        self._columns: list[Column] = list(COLUMNS)
        self._sort: tuple[int, bool] = (0, True)
        self._untold: set[int] = set()
        """Runs whose figures came and whose rows wait to be brought into their order."""
        self._gather = QTimer(self, interval=_GATHER_MS, singleShot=True)
        self._gather.timeout.connect(self._gathered)
        self.slots: tuple[str, ...] = ()

    # ------------------------------------------------------------- what is in it

    @property
    def total(self) -> int:
        """How many runs there are, also those that the filter hides."""
        return len(self.known.facts)

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
        return self.known.names()

    def ids(self) -> Sequence[int]:
        """All runs, also those that the filter hides."""
        return list(self.known.facts)

    def facts(self, id: int) -> RunFacts | None:
        return self.known.facts.get(id)

    def run(self, id: int) -> RunRecord | None:
        facts = self.known.facts.get(id)
        return facts.run if facts is not None else None

    def marks(self, id: int) -> Marks:
        facts = self.known.facts.get(id)
        return facts.marks if facts is not None else UNMARKED

    def summaries(self, id: int) -> Mapping[str, Summary]:
        return self.known.summaries.get(id, {})

    def facts_at(self, row: int) -> RunFacts | None:
        return self.known.facts.get(self._shown[row]) if 0 <= row < len(self._shown) else None

    def run_at(self, index: Index) -> RunRecord | None:
        facts = self.facts_at(index.row())
        return facts.run if facts is not None else None

    def ids_in(self, row: int) -> Sequence[int]:
        """The runs of a row: one, or those of a group."""
        return (self._shown[row],)

    def is_group(self, row: int) -> bool:
        """Whether a row stands for several runs."""
        return False

    def uncover(self, id: int) -> None:
        """Open what hides a run that the filter lets through; nothing does in a plain table."""

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
        if self.known.set_titles(titles):
            self._arrange()
            self._tell_all()

    def set_params(self, params: Mapping[int, Mapping[str, Any]], names: Iterable[str]) -> None:
        """The settings of runs, as far as they were read, and the names of all of them."""
        self.known.set_params(params, names)
        if self._orders_by_params():
            self._arrange()
        self._tell_all()

    def update(
        self, runs: Sequence[RunRecord], summaries: Summaries, marks: MarksOfRuns | None = None
    ) -> None:
        """The news: all runs, their metrics at a glance, and what people say of them."""
        self._spread(self.known.update(runs, summaries, marks or {}), in_order=False)

    def take_figures(self, summaries: Summaries, ids: Iterable[int]) -> None:
        """Nothing but metrics at a glance of these runs is new."""
        changed = self.known.take_figures(summaries, ids)
        if self._orders_by_figures() and self.total > _FEW:
            self._untold |= changed
            if changed and not self._gather.isActive():
                self._gather.start()
        else:
            self._spread(changed, in_order=not self._orders_by_figures())

    def _gathered(self) -> None:
        self._spread(self._untold, in_order=False)

    def _spread(self, changed: set[int], *, in_order: bool) -> None:
        """Tell that something is new of runs, which may stand elsewhere now unless they are `in_order`."""
        slots = tuple(self.known.main.first(SLOTS))
        others = slots != self.slots
        if others:
            self.slots = slots
        if others or not in_order:
            changed = changed | self._untold
            self._untold = set()
            self._gather.stop()
            self._arrange()
        if others:
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, FIRST_SLOT, FIRST_SLOT + SLOTS - 1)
            self._tell_all()
            self.slots_changed.emit()
        else:
            self._tell_rows(changed)

    def _orders_by_figures(self) -> bool:
        """Whether the order, or which runs are shown, or what their groups say, may come from metrics."""
        return self.known.judges or ":" in self._columns[self._sort[0]].key

    def _orders_by_params(self) -> bool:
        """Whether the order, or which runs are shown, may come from settings."""
        return self.known.judges or self._columns[self._sort[0]].key.startswith(f"{PARAM}:")

    def tick(self) -> None:
        """Time went by: durations and “5 min ago” are others now."""
        if self._shown:
            first, last = self.index(0, TIMED[0]), self.index(len(self._shown) - 1, TIMED[1])
            self.dataChanged.emit(first, last, [_DISPLAY])

    def set_filter(self, given: str) -> FilterError | None:
        """Show only the runs that a filter means. One that cannot be understood changes nothing; this says why."""
        before, error = self.known.filter, self.known.set_filter(given)
        if error is None and (before is not None or self.known.filter is not None):
            self._arrange()
        return error

    @property
    def filter(self) -> Filter | None:
        """The filter in force."""
        return self.known.filter

    def every(self) -> list[RunFacts]:
        """All that a filter can ask of all runs."""
        return list(self.known.facts.values())

    def wants_params(self, given: str) -> bool:
        """Whether settings of runs must be read before a filter can be judged."""
        return self.known.wants_params(given)

    def show_archived(self, on: bool) -> None:
        """Show also runs that were put away; a filter that says something about that decides by itself."""
        self.known.archived = on
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        wanted = (column, order == Qt.SortOrder.DescendingOrder)
        if wanted != self._sort:
            self._sort = wanted
            self._arrange()

    def best_order(self, column: int) -> Qt.SortOrder:
        """The order that a person means by the first click on a header: the best, largest or newest first."""
        name = self._slot(column)
        down = self._columns[column].down if name is None else self._rising(name)
        return Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder

    # ------------------------------------------------------------- Qt's questions

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column, name = self._columns[section], self._slot(section)
        if role == _DISPLAY:
            return column.title if name is None else text.one_line(name, 60)
        if role == _TOOLTIP:
            return column.tooltip if name is None else self._slot_help(name)
        if role == _ALIGNMENT:
            return self.alignment(-1, section).value
        return None

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        if role == _DISPLAY:
            return self.cell(index.row(), index.column())
        if role == _ALIGNMENT:
            return self.alignment(index.row(), index.column()).value
        if role not in (RUN, MARKS, _TOOLTIP):
            return None
        facts = self.facts_at(index.row())
        if facts is None:
            return None
        return (
            facts.run
            if role == RUN
            else facts.marks
            if role == MARKS
            else self._tooltip(facts, index.column())
        )

    def cell(self, row: int, column: int) -> str:
        """What a cell says."""
        facts = self.facts_at(row)
        return self._said_of(facts, column) if facts is not None else ""

    def alignment(self, row: int, column: int) -> Qt.AlignmentFlag:
        """Where the text of a cell stands."""
        return RIGHT if self._columns[column].right else LEFT

    def _said_of(self, facts: RunFacts, column: int) -> str:
        if (name := self._slot(column)) is None:
            return self._columns[column].shown(facts)
        known = name and figures.has(facts.summaries, name)
        return text.number(figures.value(facts.summaries, name)) if known else text.NONE

    # ------------------------------------------------------------- order

    def _slot(self, column: int) -> str | None:
        """The metric of a column ("" for an unused one); None for the other columns."""
        slot = column - FIRST_SLOT
        if not 0 <= slot < SLOTS:
            return None
        return self.slots[slot] if slot < len(self.slots) else ""

    def _keys(self, column: int, several: Iterable[RunFacts]) -> list[Any]:
        """By what a column sorts these runs: None where there is nothing."""
        which, _, name = self._columns[column].key.partition(":")
        if (slot := self._slot(column)) is not None:
            which, name = "best", slot
        if which in METRICS:
            return list(figures.values([facts.summaries for facts in several], name, which))
        return list(map(self._columns[column].sorted, several))

    def _rising(self, name: str) -> bool:
        return metrics.bigger_is_better(self.known.summaries.values(), metrics.split_name(name)[1])

    def _wanted(self) -> list[int]:
        column, down = self._sort
        held = self.known.held()
        values = list(zip(self._keys(column, held), [facts.run.id for facts in held], strict=True))
        known = [one for one in values if one[0] is not None]
        try:
            known = sorted(known, key=itemgetter(0), reverse=down)
        except TypeError:  # a setting that is a number in some runs and a text in others: numbers come first
            known = sorted(known, key=lambda one: (isinstance(one[0], str), one[0]), reverse=down)
        ids = [id for _, id in known]
        return ids if len(ids) == len(values) else ids + [id for value, id in values if value is None]

    def _tooltip(self, facts: RunFacts, column: int) -> str:
        run = facts.run
        if column == 1 and (run.cause or run.message):
            return f"{run.state}: {text.one_line(run.cause or run.message, 600)}"
        if column == 2 and (left := progress.time_left(run)) is not None:
            return f"about {text.duration(left)} left"
        if column == 10:
            return text.moment(run.started)
        if (name := self._slot(column)) is None:
            return self._said_of(facts, column)
        name = metrics.told(facts.summaries, name)
        lines = []
        for metric, summary in facts.summaries.items():
            if name and metrics.split_name(metric)[1] == name:
                value, step = metrics.best_of(summary)
                best = f"best {text.number(value)} at step {text.whole(step)}"
                lines.append(f"{text.one_line(metric)}: last {text.number(summary.last)}, {best}")
        return "\n".join(lines) or "not recorded"

    def _slot_help(self, name: str) -> str:
        word = "Highest" if self._rising(name) else "Lowest"
        where = "on the validation examples (test or training examples where there are none)"
        return f"{word} {text.one_line(name)} {where}"
