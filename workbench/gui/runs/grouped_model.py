"""The runs as a table in groups: one row for each value of a column, with what its runs come to.  Imports the model.

A group's row has a negative number where a run's row has the run's id.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum
from statistics import fmean
from typing import Any, Final, Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from workbench.core import text
from workbench.gui.runs.columns import METRICS, PARAM, SLOT_KEYS
from workbench.gui.runs.table_model import RIGHT, Index, RunsModel

How = Literal["mean", "min", "max"]
GROUP: Final = int(Qt.ItemDataRole.UserRole) + 2
"""Role of the Group of a row; None for a run's."""
_ROLES = Qt.ItemDataRole
_SHOWN: Final[dict[str, Callable[[float], str]]] = {
    "parameters": text.count,
    "duration": text.duration,
    "step": text.whole,
}
_EMPTY: Final = ("progress", "star", "notes", "cause", "started", "created", "ended")
"""Columns that say nothing about several runs."""
_AT_ONCE: Final = 10_000
"""After so many values the window gets its turn."""


@dataclass(frozen=True, slots=True)
class Group:
    """What its runs have in common, and whether they are shown below it."""

    label: str
    runs: tuple[int, ...]
    is_open: bool


class GroupedModel(RunsModel):
    """Without a group it is a table of runs; with one, a group opens and closes."""

    grouped = Signal()
    """Other groups are there, or none."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.group = ""
        """Key of the column whose values make the groups; "" for none."""
        self.how: How = "mean"
        self._open: set[str] = set()
        self._numbers: dict[str, int] = {}
        self._groups: dict[int, Group] = {}
        self._found: list[int] = []
        self._kept: dict[tuple[int, int], list[float]] = {}
        self._texts: dict[tuple[int, int], str] = {}
        self._last: dict[tuple[int, int], str] = {}
        """What was said last: stands there until there is something newer."""
        self._looked_at = 0
        """At how many values it looked in this turn of the event loop."""
        self._waiting = False
        self._turn = QTimer(self, interval=0, singleShot=True)
        self._turn.timeout.connect(self._on_turn)

    @property
    def shown(self) -> Sequence[int]:
        return self._found if self.group else super().shown

    def ids_in(self, row: int) -> Sequence[int]:
        id = self._shown[row]
        return self._groups[id].runs if id in self._groups else (id,)

    def set_group(self, key: str) -> None:
        """Make groups by the values of a column; closed at first."""
        if key != self.group and (not key or self.column(key) >= 0):
            self.group = key
            self._open.clear()
            self._last.clear()
            self._arrange()
            self.grouped.emit()

    def set_how(self, how: How) -> None:
        """What a group's figures are: the mean of its runs, the smallest or the largest."""
        self.how = how
        if self.group:
            self._arrange()
            self._tell_all()
        self.grouped.emit()

    def group_at(self, index: Index) -> Group | None:
        return self._groups.get(self._shown[index.row()]) if 0 <= index.row() < len(self._shown) else None

    def is_group(self, row: int) -> bool:
        return bool(self._groups) and 0 <= row < len(self._shown) and self._shown[row] in self._groups

    def toggle(self, label: str, on: bool | None = None) -> None:
        """Open or close a group."""
        wanted = label not in self._open if on is None else on
        if wanted:
            self._open.add(label)
        else:
            self._open.discard(label)
        self._arrange()
        self._tell_groups()

    def uncover(self, id: int) -> None:
        label = next((group.label for group in self._groups.values() if id in group.runs), None)
        if label is not None:
            self.toggle(label, True)

    def _spread(self, changed: set[int], *, in_order: bool) -> None:
        super()._spread(changed, in_order=in_order)
        self._tell_groups()

    def _orders_by_figures(self) -> bool:
        return bool(self.group) or super()._orders_by_figures()

    def _orders_by_params(self) -> bool:
        return bool(self.group) or super()._orders_by_params()

    def data(self, index: Index, role: int = int(_ROLES.DisplayRole)) -> Any:
        group = self.group_at(index) if self._groups else None
        if group is None or role in (_ROLES.DisplayRole, _ROLES.TextAlignmentRole):
            return super().data(index, role)
        if role == GROUP:
            return group
        return self._told(group, index.column()) if role == _ROLES.ToolTipRole else None

    def cell(self, row: int, column: int) -> str:
        group = self._groups.get(self._shown[row]) if self._groups else None
        return super().cell(row, column) if group is None else self._said(group, column)

    def alignment(self, row: int, column: int) -> Qt.AlignmentFlag:
        group = self._groups.get(self._shown[row]) if self._groups and row >= 0 else None
        numbers = group is not None and self._has_numbers(column)
        if group is not None and numbers and (self._waits(group, column) or self._figures(group, column)):
            return RIGHT
        return super().alignment(row, column)

    # ------------------------------------------------------------- rows

    def _wanted(self) -> list[int]:
        ids = super()._wanted()
        self._found, self._groups = ids, {}
        self._kept.clear()
        self._texts.clear()
        if not self.group:
            return ids
        place = self.column(self.group)
        column = self.columns[place]
        parts: dict[str, list[int]] = {}
        for id in ids:
            facts = self.known.facts[id]
            parts.setdefault(column.shown(facts), []).append(id)
        for label, runs in parts.items():
            number = self._numbers.setdefault(label, -len(self._numbers) - 1)
            self._groups[number] = Group(label, tuple(runs), label in self._open)
        rows = []
        for number in self._ordered():
            rows.append(number)
            if self._groups[number].is_open:
                rows.extend(self._groups[number].runs)
        return rows

    def _ordered(self) -> list[int]:
        """Groups by their figure where the table is sorted by a metric, else in the order of their first runs."""
        sorted_by, down = self._sort
        key = self.columns[sorted_by].key
        if key not in SLOT_KEYS and key.partition(":")[0] not in (*METRICS, PARAM):
            return list(self._groups)
        values = {number: self._value(group, sorted_by) for number, group in self._groups.items()}
        known = [number for number, value in values.items() if not math.isnan(value)]
        known.sort(key=values.__getitem__, reverse=down)
        return known + [number for number, value in values.items() if math.isnan(value)]

    def _tell_groups(self) -> None:
        for row, id in enumerate(self._shown) if self._groups else ():
            if id < 0:
                self.dataChanged.emit(self.index(row, 0), self.index(row, self.columnCount() - 1))

    # ------------------------------------------------------------- what a group says

    def _figures(self, group: Group, place: int) -> list[float]:
        """The numbers that its runs have in a column; none for columns of texts."""
        if not self._has_numbers(place):
            return []
        column, kept = self.columns[place], (self._numbers[group.label], place)
        if kept not in self._kept:
            found = self._keys(place, map(self.known.facts.__getitem__, group.runs))
            values = [_float(value) for value in found if isinstance(value, float | int)]
            least = 0.0 if column.key == "duration" else -math.inf
            self._kept[kept] = [value for value in values if not value < least]
        return self._kept[kept]

    def _has_numbers(self, place: int) -> bool:
        key = self.columns[place].key
        return key in (*SLOT_KEYS, *_SHOWN) or key.partition(":")[0] in (*METRICS, PARAM)

    def _waits(self, group: Group, place: int) -> bool:
        """Whether what a cell says is found out later: many runs in many columns would be a stall."""
        kept = (self._numbers[group.label], place)
        if kept in self._kept or kept in self._texts:
            return False
        if self._looked_at > _AT_ONCE:
            self._waiting = True
            return True
        self._looked_at += len(group.runs)
        if not self._turn.isActive():
            self._turn.start()
        return False

    def _on_turn(self) -> None:
        self._looked_at = 0
        if self._waiting:
            self._waiting = False
            self._tell_groups()

    def _value(self, group: Group, place: int) -> float:
        values = self._figures(group, place)
        if not values:
            return math.nan
        return _mean(values) if self.how == "mean" else min(values) if self.how == "min" else max(values)

    def _said(self, group: Group, place: int) -> str:
        column = self.columns[place]
        if column.key == "run":
            return f"{'▾' if group.is_open else '▸'} {text.one_line(group.label, 60) or text.NONE} ({len(group.runs)})"
        if column.key in _EMPTY:
            return ""
        kept = (self._numbers[group.label], place)
        if not self._waits(group, place):
            self._last[kept] = self._found_out(group, place)
        return self._last.get(kept, "…")

    def _found_out(self, group: Group, place: int) -> str:
        column, kept = self.columns[place], (self._numbers[group.label], place)
        if self._figures(group, place):
            return _SHOWN.get(column.key, text.number)(self._value(group, place))
        if column.key in SLOT_KEYS or column.key.partition(":")[0] in METRICS:
            return text.NONE
        if kept not in self._texts:
            texts = {column.shown(self.known.facts[id]) for id in group.runs}
            self._texts[kept] = texts.pop() if len(texts) == 1 else f"{len(texts)} different"
        return self._texts[kept]

    def _told(self, group: Group, place: int) -> str:
        values = self._figures(group, place)
        if not values:
            return f"{text.plural(len(group.runs), 'run')}: {text.one_line(group.label) or text.NONE}"
        show = _SHOWN.get(self.columns[place].key, text.number)
        parts = (
            f"mean {show(_mean(values))}",
            f"smallest {show(min(values))}",
            f"largest {show(max(values))}",
        )
        return f"{', '.join(parts)} of {text.plural(len(values), 'run')}"


def _float(value: float) -> float:
    """A whole number may be too large for one with a point."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _mean(values: Sequence[float]) -> float:
    try:
        return fmean(values)
    except OverflowError:  # their sum would be too large
        return fsum(value / len(values) for value in values)
    except ValueError:  # infinite both ways
        return math.nan
