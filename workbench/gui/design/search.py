"""The box that opens at the cursor to add a node: type a few letters, Enter adds the first that fits.

Imports Qt, theme, widgets and offers.
"""

from collections.abc import Sequence

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
_Index = QModelIndex


class OfferList(QAbstractListModel):
    """Offers as rows of a list."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Offer] = []

    def set_rows(self, rows: list[Offer]) -> None:
        """Show these offers."""
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def rowCount(self, parent: object = None) -> int:
        return 0 if isinstance(parent, QModelIndex) and parent.isValid() else len(self.rows)

    def data(self, index: object, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        assert isinstance(index, QModelIndex)
        offer = self.rows[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return offer.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return offer.help
        return offer if role == _ROLE else None


class OfferDelegate(QStyledItemDelegate):
    """A row: the family's colour, the title, and torch's name at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: object) -> QSize:
        return QSize(120, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: object) -> None:
        assert isinstance(index, QModelIndex)
        offer = index.data(_ROLE)
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
        painter.setBrush(theme.family_color(offer.family))
        painter.drawRoundedRect(rect.left() + 8, rect.top() + 7, 3, rect.height() - 14, 1.5, 1.5)
        metrics = painter.fontMetrics()
        left, right = rect.left() + 18, rect.right() - 8
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(theme.color("text"))
        title = metrics.elidedText(offer.title, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, rect.top(), right - left, rect.height()), middle, title)
        used = metrics.horizontalAdvance(title) + 12
        side = offer.name if offer.name.lower() != offer.title.lower() else ""
        if side and offer.family != "block":
            painter.setPen(theme.color("dim"))
            room = QRect(left + used, rect.top(), right - left - used, rect.height())
            text = metrics.elidedText(side, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, text)
        painter.restore()


class AddNodeSearch(QFrame):
    """The box itself. `chosen` gives the offer; Escape or a click elsewhere closes it."""

    chosen = Signal(object)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self.setProperty("box", "popup")
        self.setAccessibleName("Add a node")
        self._offers: Sequence[Offer] = ()
        self.field = SearchField("Add a node …", "Name of the node to add", "Type a name, then press Enter")
        self.list = QListView()
        self.list.setAccessibleName("Nodes that fit")
        self.list.setToolTip("Enter or a click adds the node")
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._model = OfferList(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(OfferDelegate(self.list))
        self._note = Label("", "small")
        self._nothing = Label("Nothing here has such a name.", "dim")
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

    def open_at(self, at: QPoint, offers: Sequence[Offer], note: str) -> None:
        """Open with these offers near a place of the parent; `note` says what will happen."""
        self._offers = offers
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self.field.clear()
        self._filter()
        room = self._host.rect()
        most = _ROWS * _ROW + 60 + (_ROW if note else 0)
        self.setFixedWidth(min(_WIDTH, room.width() - 8))
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
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.list.currentIndex().row())
        elif key == Qt.Key.Key_Escape:
            self.close_box()
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Tab):
            self._step(1)
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Backtab):
            self._step(-1)
        else:
            return False
        return True

    def _step(self, by: int) -> None:
        count = len(self._model.rows)
        if count:
            row = (self.list.currentIndex().row() + by) % count
            self.list.setCurrentIndex(self._model.index(row, 0))

    def _filter(self) -> None:
        self._model.set_rows(ranked(self._offers, self.field.text()))
        count = len(self._model.rows)
        self._nothing.setVisible(not count)
        self.list.setVisible(bool(count))
        self.list.setFixedHeight(min(_ROWS, max(1, count)) * _ROW)
        self.adjustSize()
        if self._model.rows:
            self.list.setCurrentIndex(self._model.index(0, 0))

    def _on_clicked(self, index: _Index) -> None:
        self._choose(index.row())

    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._model.rows):
            offer = self._model.rows[row]
            self.hide()
            self.closed.emit()
            self.chosen.emit(offer)
