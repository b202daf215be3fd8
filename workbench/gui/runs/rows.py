"""Rows of a table that keep their place in views while others come, go and change their order.  Imports Qt core.

Sorting here instead of in a proxy: Qt would ask Python twice for every comparison.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex

Index = QModelIndex | QPersistentModelIndex
_MANY: Final = 20
"""More stretches of rows than this are told, and go away, together."""


class RowsModel(QAbstractTableModel):
    """Each row is a number; `_wanted` of a derived class says which rows there shall be, and in what order."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown: list[int] = []
        self._places: dict[int, int] = {}

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._shown)

    def place(self, id: int) -> int:
        """The row of a run; -1 where it is not shown."""
        return self._places.get(id, -1)

    def _wanted(self) -> list[int]:
        """The rows, from the top."""
        raise NotImplementedError

    def _arrange(self) -> None:
        """Bring the rows into their order: what went away first, then what is new, then the order."""
        wanted = self._wanted()
        if wanted == self._shown:
            return
        if self._shown:
            self._remove(set(wanted))
        there = set(self._shown)
        if added := [id for id in wanted if id not in there] if there else wanted:
            self.beginInsertRows(QModelIndex(), len(self._shown), len(self._shown) + len(added) - 1)
            self._shown = [*self._shown, *added]
            self.endInsertRows()
        if self._shown != wanted:
            self._reorder(wanted)
        self._places = {id: row for row, id in enumerate(wanted)}

    def _remove(self, keep: set[int]) -> None:
        """Let go of all rows but these."""
        going = _stretches([row for row, id in enumerate(self._shown) if id not in keep])
        if len(going) > _MANY:  # each stretch costs a view as much as all of them together
            self._reorder(sorted(self._shown, key=lambda id: id not in keep))
            going = [(sum(id in keep for id in self._shown), len(self._shown) - 1)]
        for first, last in reversed(going):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self._shown[first : last + 1]
            self.endRemoveRows()

    def _reorder(self, wanted: list[int]) -> None:
        self.layoutAboutToBeChanged.emit()
        old = self.persistentIndexList()
        places = {id: row for row, id in enumerate(wanted)}
        new = [self.index(places[self._shown[index.row()]], index.column()) for index in old]
        self._shown = wanted
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _tell_rows(self, ids: Iterable[int]) -> None:
        """Something in the rows of these runs is another one."""
        places = self._places
        stretches = _stretches(sorted(places[id] for id in ids if id in places))
        if len(stretches) > _MANY:
            stretches = [(stretches[0][0], stretches[-1][1])]
        for first, last in stretches:
            self.dataChanged.emit(self.index(first, 0), self.index(last, self.columnCount() - 1))

    def _tell_all(self) -> None:
        if self._shown:
            last = self.index(len(self._shown) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)


def _stretches(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Ascending numbers as (first, last) of each unbroken stretch."""
    found: list[tuple[int, int]] = []
    for row in rows:
        if found and found[-1][1] == row - 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found
