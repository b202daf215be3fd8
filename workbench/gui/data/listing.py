"""The list of datasets: the workspace's own and the samples, each with what it holds and whether its source is there.

Imports Qt, catalog's schema, records and theme.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from workbench.catalog.samples import SAMPLES
from workbench.catalog.schema import Schema
from workbench.core import text
from workbench.gui import theme
from workbench.store.records import DatasetRecord

Index = QModelIndex | QPersistentModelIndex
ENTRY = Qt.ItemDataRole.UserRole
ROW: Final = 46
_HEADER: Final = 30
_ICON: Final = 18
ICONS: Final = {
    "image": "image",
    "table": "matrix",
    "text": "text",
    "sentences": "text",
    "graph": "kind-graph",
    "series": "runs",
    "audio": "kind-audio",
    "volume": "kind-volume",
    "video": "play",
}


@dataclass(frozen=True, slots=True)
class Stock:
    """What is on the disk of a dataset: whether its source is there, and the bytes of its copy (0: none)."""

    source: bool
    copy: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a dataset, or with an empty id the heading of those below it."""

    id: str
    title: str
    kind: str = ""
    line: str = ""
    tip: str = ""
    warning: str = ""


def entries_of(
    schemas: Mapping[str, Schema],
    records: Sequence[DatasetRecord],
    stock: Mapping[str, Stock],
    words: str = "",
) -> list[Entry]:
    """The rows to show: the workspace's datasets, newest first, then the samples; those that have all the words."""
    known = {record.id: record for record in records}
    own = sorted((id for id in schemas if id in known), key=lambda id: -known[id].created)
    groups = {
        "In this workspace": own,
        "Samples": [id for id in schemas if id in SAMPLES and id not in known],
    }
    rows = []
    for title, ids in groups.items():
        made = [_entry(id, schemas[id], known.get(id), stock.get(id)) for id in ids]
        found = [entry for entry in made if _has(entry, words)]
        if found:
            rows += [Entry("", title), *found]
    return rows


def _entry(id: str, schema: Schema, record: DatasetRecord | None, stock: Stock | None) -> Entry:
    parts = [schema.counted]
    if classes := int(schema.facts.get("classes", 0)):
        parts.append(text.plural(classes, "class", "classes"))
    if stock is not None and stock.copy:
        parts.append(text.size(stock.copy))
    warning = ""
    if record is not None and stock is not None and not stock.source:
        warning = "its source is gone" + ("; the copy in the workspace is used" if stock.copy else "")
    where = record.source if record is not None else schema.description or "comes with Workbench"
    tip = f"{schema.title} ({id})\n{' · '.join(parts)}\n{where}" + (f"\n{warning}" if warning else "")
    return Entry(id, schema.title, schema.kind, " · ".join(parts), tip, warning)


def _has(entry: Entry, words: str) -> bool:
    row = f"{entry.title} {entry.id} {entry.kind} {entry.tip}".casefold()
    return all(word in row for word in words.casefold().split())


class DatasetModel(QAbstractListModel):
    """Rows for the list."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Entry] = []

    def show(self, rows: list[Entry]) -> None:
        """Show these rows; where only their texts differ the selection stays."""
        same = [row.id for row in rows] == [row.id for row in self.rows]
        if not same:
            self.beginResetModel()
        self.rows = rows
        if not same:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0), self.index(len(rows) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.rows[index.row()]
        if role == ENTRY:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.tip or None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (entry.title, entry.kind, entry.line, entry.warning) if part)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not self.rows[index.row()].id:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def place(self, id: str) -> int:
        """The row of a dataset, −1 where it is not shown."""
        return next((row for row, entry in enumerate(self.rows) if entry.id == id and id), -1)


class DatasetDelegate(QStyledItemDelegate):
    """An icon by kind, the title, and below it what the dataset holds."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, ROW if index.data(ENTRY).id else _HEADER)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY)
        style: Any = option  # the stubs leave out the fields of the style options
        area = QRect(style.rect)
        small = theme.small(style.font)
        painter.save()
        if not entry.id:
            small.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 1)
            painter.setFont(small)
            painter.setPen(theme.color("dim"))
            at = area.adjusted(12, 0, -8, -4)
            painter.drawText(
                at, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom, entry.title.upper()
            )
            painter.restore()
            return
        chosen = bool(style.state & QStyle.StateFlag.State_Selected)
        over = bool(style.state & QStyle.StateFlag.State_MouseOver)
        if chosen or over:
            painter.fillRect(area, theme.color("selection" if chosen else "hover"))
        ratio = style.widget.devicePixelRatioF() if style.widget is not None else 1.0
        picture = theme.pixmap(ICONS.get(entry.kind, "data"), "text" if chosen else "dim", _ICON, ratio)
        painter.drawPixmap(area.left() + 12, area.top() + (ROW - _ICON) // 2, picture)
        right = area.right() - 10
        if entry.warning:
            right -= _ICON + 4
            sign = theme.pixmap("warning", "warn", 16, ratio)
            painter.drawPixmap(right + 6, area.top() + (ROW - 16) // 2, sign)
        room = right - area.left() - 40
        for words, font, token, top in ((entry.title, style.font, "text", 5), (entry.line, small, "dim", 23)):
            painter.setFont(font)
            painter.setPen(theme.color(token))
            metrics = QFontMetrics(font)
            shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)
            if words is entry.line and shown != words:  # rather no size than half of one
                shorter = words.rpartition(" · ")[0] or words
                shown = metrics.elidedText(shorter, Qt.TextElideMode.ElideRight, room)
            where = QRect(area.left() + 40, area.top() + top, room, 18)
            painter.drawText(where, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()


class DatasetList(QListView):
    """`picked` tells the id of the dataset that was chosen."""

    picked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines = DatasetModel()
        self.setModel(self.lines)
        self.setItemDelegate(DatasetDelegate(self))
        self.setAccessibleName("Datasets")
        self.setToolTip("The datasets of this workspace and the samples")
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.selectionModel().selectionChanged.connect(self._on_selected)
        self._telling = True

    def show_rows(self, rows: list[Entry]) -> None:
        """Show these rows; what is selected stays so, if it is still there."""
        before = self.current()
        self._telling = False
        self.lines.show(rows)
        if before:
            self._select(before)
        self._telling = True

    def current(self) -> str:
        """The id of the dataset that is selected; "" for none."""
        chosen = self.selectionModel().selectedIndexes()
        return self.lines.rows[chosen[0].row()].id if chosen else ""

    def pick(self, id: str) -> bool:
        """Select a dataset, as a click does; False where it is not shown."""
        if self.lines.place(id) < 0:
            return False
        if self.current() == id:
            self.picked.emit(id)
        else:
            self._select(id)
        return True

    def let_go(self) -> None:
        """Select nothing."""
        self.clearSelection()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        rows, at = self.lines.rows, self.currentIndex().row()
        moves = event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up)
        if moves and not self.current() and 0 <= at < len(rows):
            self._select(rows[at].id)  # it has the keyboard but is not selected: Qt would pass it over
            return
        super().keyPressEvent(event)

    def _select(self, id: str) -> None:
        place = self.lines.place(id)
        if place >= 0:
            self.setCurrentIndex(self.lines.index(place))

    def _on_selected(self) -> None:
        if self._telling and (id := self.current()):
            self.picked.emit(id)
