"""The items of a dataset for Qt's views: those that came are kept, those that are looked at are asked for.

Imports Qt and the painting of items.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from workbench.core.text import one_line
from workbench.gui.data.items_painting import Item, cell, named_values, parts_of, spoken, values_of

Index = QModelIndex | QPersistentModelIndex
ITEM: Final = Qt.ItemDataRole.UserRole
_KEPT: Final = 2_000
_MOST_ASKED: Final = 120
_AHEAD: Final = 24
_MOST_COLUMNS: Final = 300
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


class ItemsModel(QAbstractTableModel):
    """One row an item; column 0 says all of it, the others are the columns of a table.

    `wanted` asks for places first to end (not included) of which something is seen and missing; answer with
    `give` or `refuse`.  There is one question at a time, so that fast scrolling asks only for where it ends.
    """

    wanted = Signal(int, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._items: OrderedDict[int, Item] = OrderedDict()
        self._missing: set[int] = set()
        self._waits = False
        self._columns: list[tuple[int, int, str]] = []
        self._ask = QTimer(self, singleShot=True, interval=0)
        self._ask.timeout.connect(self._tell_wanted)

    @property
    def items(self) -> Sequence[Item]:
        """The items that are here, the ones last seen last."""
        return list(self._items.values())

    @property
    def columns(self) -> list[str]:
        """The headers of a table of the items."""
        return ["Item", "Label", *(title for _, _, title in self._columns)]

    def reset(self, count: int, first: Sequence[Item] = ()) -> None:
        """There are so many items now, of which the first are known and tell the columns."""
        self.beginResetModel()
        self._count = count
        self._items = OrderedDict(enumerate(first))
        self._missing.clear()
        self._waits = False
        self._columns = _columns(first[0])[:_MOST_COLUMNS] if first else []
        self.endResetModel()

    def give(self, first: int, items: Sequence[Item]) -> None:
        """Items that were asked for, from the place `first` on.  The views are to be painted anew.

        There is no dataChanged: a list would place all its items again, which takes long for many.
        """
        self._waits = False
        self._missing.clear()
        for offset, item in enumerate(items):
            self._items[first + offset] = item
            self._items.move_to_end(first + offset)
        while len(self._items) > max(_KEPT, len(items)):
            self._items.popitem(last=False)

    def refuse(self) -> None:
        """What was asked for will not come."""
        self._waits = False
        self._missing.clear()

    def item(self, place: int) -> Item | None:
        """An item; one that is not here is asked for."""
        found = self._items.get(place)
        if found is None and 0 <= place < self._count:
            self._missing.add(place)
            if not self._ask.isActive():
                self._ask.start()
        return found

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's
        # Qt's own asks for both counts each time, and a list asks for the index of every item.
        fits = 0 <= row < self._count and 0 <= column < 2 + len(self._columns)
        return self.createIndex(row, column) if fits and not parent.isValid() else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else 2 + len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self.columns[section]
        right = section >= 2 and (not self._items or self._is_number(next(iter(self._items)), section))
        return (_RIGHT if right else _LEFT) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        place, column = index.row(), index.column()
        if role == ITEM:
            return self.item(place)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            found = self._items.get(place)
            return f"Item {place + 1}" if found is None else spoken(found)
        if role == Qt.ItemDataRole.ToolTipRole:
            found = self._items.get(place)
            return None if found is None else one_line(spoken(found), 400)
        if role == Qt.ItemDataRole.DisplayRole:
            found = self.item(place)
            return "…" if found is None else self._text(found, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column >= 2 and self._is_number(place, column) else _LEFT
        return None

    def _text(self, item: Item, column: int) -> str:
        if column == 0:
            return f"{int(item.get('place', 0)) + 1:,}"
        return one_line(str(item.get("label", ""))) if column == 1 else cell(self._value(item, column))

    def _value(self, item: Item, column: int) -> object:
        part_place, place, _ = self._columns[column - 2]
        parts = parts_of(item)
        values = values_of(parts[part_place]) if part_place < len(parts) else []
        return values[place] if place < len(values) else None

    def _is_number(self, place: int, column: int) -> bool:
        found = self._items.get(place)
        if found is None:
            return False
        value = self._value(found, column)
        return isinstance(value, int | float) or (isinstance(value, str) and _is_number(value))

    def _tell_wanted(self) -> None:
        missing = sorted(place for place in self._missing if place not in self._items)
        self._missing.clear()
        if self._waits or not missing:  # after an answer what is in sight then is painted, and noted again
            return
        self._waits = True
        first = missing[0]
        self.wanted.emit(first, min(missing[-1] + 1 + _AHEAD, first + _MOST_ASKED, self._count))


def _is_number(words: str) -> bool:
    try:
        float(words)
    except ValueError:
        return False
    return True


def _columns(first: Item) -> list[tuple[int, int, str]]:
    """For each column of a table: which part, which value of it, and its header."""
    return [
        (at, place, title)
        for at, part in enumerate(parts_of(first))
        for place, (title, _) in enumerate(named_values(part))
    ]
