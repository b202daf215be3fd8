"""Boxes that find something while one types: Enter takes the first row.  The one that adds a node, ranked by use.

Imports Qt, theme, widgets and offers.
"""

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass
from math import isfinite

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.gui import theme
from workbench.gui.design.offers import Offer, ranked
from workbench.gui.widgets.fields import SearchField
from workbench.gui.widgets.labels import Label

_WIDTH, _ROWS, _ROW = 300, 9, 28
_ROLE = Qt.ItemDataRole.UserRole
_FADE = 0.96
_LEAST = 0.02
_Index = QModelIndex


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was found: the family whose colour it has, its title, what stands at the right, `what` it is."""

    title: str
    side: str
    family: str
    help: str
    what: object


class Rows(QAbstractListModel):
    """What was found, as rows of a list."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Row] = []

    def set_rows(self, rows: list[Row]) -> None:
        """Show these."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: object = None) -> int:
        return 0 if isinstance(parent, QModelIndex) and parent.isValid() else len(self.rows)

    def data(self, index: object, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        assert isinstance(index, QModelIndex)
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.title}, {row.side}" if row.side else row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return row.help
        return row if role == _ROLE else None


class RowDelegate(QStyledItemDelegate):
    """A row: the family's colour, the title, and what it is or why it was found at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        return QSize(120, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        assert isinstance(index, QModelIndex)
        row: Row = index.data(_ROLE)
        rect: QRect = option.rect
        state = option.state
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen, hovered = QStyle.StateFlag.State_Selected, QStyle.StateFlag.State_MouseOver
        if state & (chosen | hovered):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if state & chosen else "hover"))
            painter.drawRoundedRect(rect.adjusted(2, 1, -2, -1), 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.family_color(row.family))
        painter.drawRoundedRect(rect.left() + 8, rect.top() + 7, 3, rect.height() - 14, 1.5, 1.5)
        metrics = painter.fontMetrics()
        left, right = rect.left() + 18, rect.right() - 8
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.color("text"))
        title = metrics.elidedText(row.title, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, rect.top(), right - left, rect.height()), middle, title)
        used = metrics.horizontalAdvance(title) + 12
        if row.side:
            painter.setPen(theme.color("dim"))
            room = QRect(left + used, rect.top(), right - left - used, rect.height())
            text = metrics.elidedText(row.side, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, text)
        painter.restore()


class SearchBox(QFrame):
    """A field and what was found. `chosen` gives what the row is; Escape or a click elsewhere closes it."""

    chosen = Signal(object)
    closed = Signal()
    _wide = _WIDTH

    def __init__(self, parent: QWidget, name: str, placeholder: str, does: str, nothing: str) -> None:
        super().__init__(parent)
        self._host = parent
        self.setProperty("box", "popup")
        self.setAccessibleName(name)
        self._find: Callable[[str], list[Row]] = lambda _: []
        self.field = SearchField(placeholder, name, f"Type a few letters; arrows choose, Enter {does}")
        self.list = QListView()
        self.list.setAccessibleName("What was found")
        self.list.setToolTip(f"Enter or a click {does}")
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._model = Rows(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(RowDelegate(self.list))
        self._note = Label("", "small")
        self._nothing = Label(nothing, "dim")
        self._nothing.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(theme.GRID)
        column.addWidget(self.field)
        column.addWidget(self._note)
        column.addWidget(self.list)
        column.addWidget(self._nothing)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list.clicked.connect(self._on_clicked)
        self.hide()

    def open_with(self, at: QPoint, find: Callable[[str], list[Row]], note: str = "") -> None:
        """Open near a place of the parent; `find` gives rows for what is typed, `note` says what will happen."""
        self._find = find
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self.field.clear()
        room = self._host.rect()
        self.setFixedWidth(min(self._wide, room.width() - 8))
        self._filter()
        most = _ROWS * _ROW + 60 + (_ROW if note else 0)
        self.move(
            max(4, min(at.x(), room.width() - self.width() - 4)),
            max(4, min(at.y(), room.height() - most - 4)),
        )
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_box(self) -> None:
        """Close without a choice."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(Qt.Key(event.key()))
        if event.type() == QEvent.Type.FocusOut:
            self.close_box()
        return False

    def _key(self, key: Qt.Key) -> bool:
        steps = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Backtab: -1,
            Qt.Key.Key_PageDown: _ROWS - 1,
            Qt.Key.Key_PageUp: 1 - _ROWS,
        }
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentIndex().row())
        elif key == Qt.Key.Key_Escape:
            self.close_box()
        elif key in steps:
            self._step(steps[key])
        else:
            return False
        return True

    def _step(self, by: int) -> None:
        count = len(self._model.rows)
        if count:
            row = self.list.currentIndex().row() + by
            row = row % count if abs(by) == 1 else max(0, min(count - 1, row))
            self.list.setCurrentIndex(self._model.index(row, 0))

    def _filter(self) -> None:
        self._model.set_rows(self._find(self.field.text()))
        count = len(self._model.rows)
        self._nothing.setVisible(not count)
        self.list.setVisible(bool(count))
        self.list.setFixedHeight(min(_ROWS, max(1, count)) * _ROW)
        self.adjustSize()
        if count:
            self.list.setCurrentIndex(self._model.index(0, 0))

    def _on_clicked(self, index: _Index) -> None:
        self._choose(index.row())

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._model.rows):
            what = self._model.rows[row].what
            self.hide()
            self.closed.emit()
            self.chosen.emit(what)


class Habits:
    """How much a person uses what can be added: each use counts less the longer ago it was."""

    def __init__(self, used: MutableMapping[str, float], remember: Callable[[], object]) -> None:
        self._used = used
        self._remember = remember

    def note(self, key: str) -> None:
        """Something was added."""
        kept = {name: value * _FADE for name, value in self._used.items() if _counts(value)}
        self._used.clear()
        self._used.update(kept)
        self._used[key] = kept.get(key, 0.0) + 1.0
        self._remember()

    def weight(self, key: str) -> float:
        """0 for what was never used, towards 1 for what is used all the time."""
        value = self._used.get(key, 0.0)
        return value / (value + 2.0) if _counts(value) else 0.0


def _counts(value: object) -> bool:
    """Whether an entry of the preferences, which a person may have edited, still says something."""
    return isinstance(value, int | float) and isfinite(value) and value > _LEAST


class AddNodeSearch(SearchBox):
    """The box that opens at the cursor to add a node."""

    def __init__(self, parent: QWidget, habits: Habits) -> None:
        super().__init__(
            parent, "Add a node", "Add a node …", "adds the node", "Nothing here has such a name."
        )
        self._habits = habits
        self._offers: Sequence[Offer] = ()
        self.chosen.connect(self._on_chosen)

    def open_at(self, at: QPoint, offers: Sequence[Offer], note: str) -> None:
        """Open with these offers near a place of the parent; `note` says what will happen."""
        self._offers = offers
        self.open_with(at, self._rows_for, note)

    def _rows_for(self, query: str) -> list[Row]:
        found = ranked(self._offers, query, self._habits.weight)
        return [Row(offer.title, _side(offer), offer.family, offer.help, offer) for offer in found]

    def _on_chosen(self, offer: Offer) -> None:
        self._habits.note(offer.key)


def _side(offer: Offer) -> str:
    plain = offer.family == "block" or offer.name.lower() == offer.title.lower()
    return "" if plain else offer.name
