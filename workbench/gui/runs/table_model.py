"""The runs as a table that filters and sorts itself: ten thousand rows in a blink.  Imports Qt core and records.

Sorting here instead of in a proxy: Qt would ask Python twice for every comparison.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from workbench.core import text
from workbench.gui import progress
from workbench.gui.runs import metrics
from workbench.gui.store_thread import Summaries
from workbench.jobs.run_filter import spent as spent
from workbench.store.records import RunRecord, Summary

Index = QModelIndex | QPersistentModelIndex
RUN: Final = int(Qt.ItemDataRole.UserRole)
"""Role of the RunRecord of a row."""
SLOTS: Final = 3
"""Columns kept for metrics; unused ones are hidden."""
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_ROLES = Qt.ItemDataRole


@dataclass(frozen=True, slots=True)
class Column:
    """What a column says of a run, and by what it sorts."""

    title: str
    tooltip: str
    width: int
    shown: Callable[[RunRecord], str]
    key: Callable[[RunRecord], Any]
    right: bool = False


def epochs(run: RunRecord) -> str:
    """How far a run came: "epoch 12 of 30", "30 epochs"."""
    if run.state == "queued" or not (run.epoch or run.step):
        return text.NONE
    if run.state == "completed" and run.epoch >= run.epochs:
        return text.plural(run.epoch, "epoch")
    return f"epoch {run.epoch} of {run.epochs}" if run.epochs else text.plural(run.step, "step")


def share(run: RunRecord) -> float:
    """The part of a run that is done, from 0 to 1."""
    if run.steps:
        return min(1.0, run.step / run.steps)
    return min(1.0, run.epoch / run.epochs) if run.epochs else 0.0


COLUMNS: Final = (
    Column("Run", "Name and number", 150, lambda r: f"{text.one_line(r.name)} #{r.id}", lambda r: r.id),
    Column("State", "What the run does now", 116, lambda r: r.state, lambda r: r.state),
    Column("Progress", "Epochs done of those planned", 126, epochs, share),
    *(Column("", "", 96, lambda _: "", lambda _: 0, right=True) for _ in range(SLOTS)),
    Column(
        "Model",
        "The model that was trained",
        112,
        lambda r: text.one_line(r.model),
        lambda r: r.model.lower(),
    ),
    Column(
        "Data",
        "The dataset",
        112,
        lambda r: text.one_line(r.dataset) or text.NONE,
        lambda r: r.dataset.lower(),
    ),
    Column(
        "Parameters",
        "Numbers that were learned",
        108,
        lambda r: text.count(r.parameters),
        lambda r: r.parameters,
        True,
    ),
    Column("Duration", "Time in training", 100, lambda r: text.duration(spent(r)), spent, True),
    Column(
        "Started",
        "When the training began",
        96,
        lambda r: text.ago(r.started),
        lambda r: r.started or r.created,
    ),
    Column(
        "Device",
        "Where it trained",
        72,
        lambda r: r.used_device or r.device,
        lambda r: r.used_device or r.device,
    ),
)
FIRST_SLOT: Final = 3
_TIMED: Final = (9, 10)


class RunsModel(QAbstractTableModel):
    """Rows are runs.  Give it the news with `update`; it tells only what changed."""

    slots_changed = Signal()
    """Other metrics have columns now."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: dict[int, RunRecord] = {}
        self._summaries: Summaries = {}
        self._shown: list[int] = []
        self._places: dict[int, int] = {}
        self._texts: dict[int, tuple[RunRecord, str]] = {}
        self._words: tuple[str, ...] = ()
        self._sort: tuple[int, bool] = (0, True)
        self._titles: Mapping[str, str] = {}
        self.slots: tuple[str, ...] = ()

    # ------------------------------------------------------------- what is in it

    @property
    def total(self) -> int:
        """How many runs there are, also those that the filter hides."""
        return len(self._runs)

    @property
    def shown(self) -> Sequence[int]:
        """The ids of the rows, from the top."""
        return self._shown

    def run(self, id: int) -> RunRecord | None:
        return self._runs.get(id)

    def summaries(self, id: int) -> Mapping[str, Summary]:
        return self._summaries.get(id, {})

    def run_at(self, index: Index) -> RunRecord | None:
        return self._runs.get(self._shown[index.row()]) if 0 <= index.row() < len(self._shown) else None

    def place(self, id: int) -> int:
        """The row of a run; -1 where it is not shown."""
        return self._places.get(id, -1)

    def set_titles(self, titles: Mapping[str, str]) -> None:
        """What datasets are called, by id."""
        if titles != self._titles:
            self._titles = dict(titles)
            self._texts.clear()
            self._tell_all()

    def update(self, runs: Sequence[RunRecord], summaries: Summaries) -> None:
        """The news: all runs and their metrics at a glance."""
        before, before_summaries = self._runs, self._summaries
        self._runs = {run.id: run for run in runs}
        self._summaries = summaries
        slots = tuple(metrics.main_names(summaries.values(), SLOTS))
        self._arrange()
        changed = [
            row
            for row, id in enumerate(self._shown)
            if self._runs[id] != before.get(id) or summaries.get(id) != before_summaries.get(id)
        ]
        if slots != self.slots:
            self.slots = slots
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, FIRST_SLOT, FIRST_SLOT + SLOTS - 1)
            self._tell_all()
            self.slots_changed.emit()
        else:
            for first, last in _stretches(changed):
                self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    def tick(self) -> None:
        """Time went by: durations and “5 min ago” are others now."""
        if self._shown:
            first, last = self.index(0, _TIMED[0]), self.index(len(self._shown) - 1, _TIMED[1])
            self.dataChanged.emit(first, last, [int(_ROLES.DisplayRole)])

    def set_filter(self, words: str) -> None:
        """Show only runs in whose row every one of these words occurs."""
        wanted = tuple(words.lower().split())
        if wanted != self._words:
            self._words = wanted
            self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self._sort = (column, order == Qt.SortOrder.DescendingOrder)
        self._arrange()

    def best_order(self, column: int) -> Qt.SortOrder:
        """The order that a person means by the first click on a header: the best, largest or newest first."""
        up, down = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder
        if (name := self._slot(column)) is not None:
            return down if metrics.bigger_is_better(self._summaries.values(), name) else up
        return (
            down if COLUMNS[column].right or COLUMNS[column].title in ("Run", "Progress", "Started") else up
        )

    # ------------------------------------------------------------- Qt's questions

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLES.DisplayRole) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        column, name = COLUMNS[section], self._slot(section)
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
        if role == _ROLES.TextAlignmentRole:
            return _RIGHT if COLUMNS[column].right else _LEFT
        if role == _ROLES.ToolTipRole:
            return self._tooltip(run, column)
        return None

    def shown_text(self, run: RunRecord, column: int) -> str:
        """What a cell says."""
        if (name := self._slot(column)) is not None:
            told = metrics.told(self.summaries(run.id), name)
            return text.number(metrics.best(self.summaries(run.id), told)) if told else text.NONE
        if column == 7:
            return text.one_line(self._titles.get(run.dataset, run.dataset)) or text.NONE
        return COLUMNS[column].shown(run)

    # ------------------------------------------------------------- order

    def _slot(self, column: int) -> str | None:
        """The metric of a column ("" for an unused one); None for the other columns."""
        slot = column - FIRST_SLOT
        if not 0 <= slot < SLOTS:
            return None
        return self.slots[slot] if slot < len(self.slots) else ""

    def _wanted(self) -> list[int]:
        runs = self._runs.values()
        if self._words:
            runs_shown = [run for run in runs if all(word in self._text(run) for word in self._words)]
        else:
            runs_shown = list(runs)
        column, down = self._sort
        if (name := self._slot(column)) is not None:
            values = {run.id: self._value(run.id, name) for run in runs_shown}
            known = [run for run in runs_shown if not math.isnan(values[run.id])]
            known.sort(key=lambda run: values[run.id], reverse=down)
            return [run.id for run in known] + [run.id for run in runs_shown if math.isnan(values[run.id])]
        runs_shown.sort(key=COLUMNS[column].key, reverse=down)
        return [run.id for run in runs_shown]

    def _value(self, id: int, name: str) -> float:
        summaries = self.summaries(id)
        # Nearly all runs have what the column is named after: asking for that first halves the time of sorting.
        value = metrics.best(summaries, name)
        return metrics.best(summaries, metrics.told(summaries, name)) if math.isnan(value) else value

    def _text(self, run: RunRecord) -> str:
        """All that the filter looks at, kept until the run changes."""
        kept = self._texts.get(run.id)
        if kept is None or kept[0] is not run:
            title = self._titles.get(run.dataset, "")
            parts = (
                run.name,
                f"#{run.id}",
                run.model,
                run.dataset,
                title,
                run.state,
                run.used_device,
                run.cause,
            )
            kept = run, " ".join(parts).lower()
            self._texts[run.id] = kept
        return kept[1]

    def _arrange(self) -> None:
        """Bring the rows into their order: what went away first, then what is new, then the order."""
        wanted = self._wanted()
        if wanted == self._shown:
            return
        keep = set(wanted)
        for first, last in reversed(_stretches([r for r, id in enumerate(self._shown) if id not in keep])):
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
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._shown) - 1, len(COLUMNS) - 1))

    def _tooltip(self, run: RunRecord, column: int) -> str:
        if column == 1 and (run.cause or run.message):
            return f"{run.state}: {run.cause or run.message}"
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


def _stretches(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as (first, last) of each unbroken stretch."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
