"""The list in which the run is chosen that is looked into, found by a few letters.  Imports session and records."""

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from workbench.core import text
from workbench.gui import progress, theme
from workbench.gui.fuzzy import score
from workbench.gui.runs.commands import can_inspect
from workbench.gui.session import Session
from workbench.gui.widgets.fields import SearchField
from workbench.gui.widgets.labels import ElidedLabel
from workbench.store.records import RunRecord

Index = QModelIndex | QPersistentModelIndex
RUN: Final = Qt.ItemDataRole.UserRole
ENDED: Final = Qt.ItemDataRole.UserRole + 1
_ROW: Final = 46
_TYPING_MS: Final = 80


class RunList(QAbstractListModel):
    """Runs with the words that stand below their names."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[RunRecord] = []
        self._details: dict[int, str] = {}

    def show(self, runs: Sequence[RunRecord], details: dict[int, str]) -> None:
        """Show these, in this order; nothing happens where they are the same."""
        if list(runs) != self.runs or details != self._details:
            self.beginResetModel()
            self.runs, self._details = list(runs), details
            self.endResetModel()

    def place(self, id: int) -> int:
        """Where a run stands; −1 where it is not shown."""
        return next((place for place, run in enumerate(self.runs) if run.id == id), -1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self.runs)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run = self.runs[index.row()]
        name, detail = named(run), self._details.get(run.id, "")
        if role == RUN:
            return run
        if role == Qt.ItemDataRole.DisplayRole:
            return name
        if role == ENDED:
            return text.ago(run.ended)
        if role == Qt.ItemDataRole.StatusTipRole:
            return detail
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return "\n".join(word for word in (name, detail, text.ago(run.ended)) if word)
        return None


class RunDelegate(QStyledItemDelegate):
    """A run in two lines."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(160, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        style: Any = option  # the stubs leave out the fields of the style options
        area, state = QRect(style.rect), style.state
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme.color("selection" if chosen else "hover"))
        if chosen:
            painter.fillRect(QRect(area.left(), area.top(), 2, area.height()), theme.color("accent"))
        inner = area.adjusted(14, 5, -10, -5)
        middle = Qt.AlignmentFlag.AlignVCenter
        above, below = QRect(inner.left(), inner.top(), inner.width(), 18), inner.adjusted(0, 18, 0, 0)
        font = style.font
        font.setPixelSize(theme.SMALL)
        painter.setFont(font)
        painter.setPen(theme.color("dim"))
        metrics, ended = painter.fontMetrics(), str(index.data(ENDED))
        painter.drawText(above, Qt.AlignmentFlag.AlignRight | middle, ended)
        detail = str(index.data(Qt.ItemDataRole.StatusTipRole))
        shown = metrics.elidedText(detail, Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | middle, shown)
        above.setWidth(above.width() - metrics.horizontalAdvance(ended) - 8)
        font.setPixelSize(theme.TEXT)
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        name = painter.fontMetrics().elidedText(
            str(index.data()), Qt.TextElideMode.ElideMiddle, above.width()
        )
        painter.drawText(above, Qt.AlignmentFlag.AlignLeft | middle, name)
        if state & QStyle.StateFlag.State_HasFocus and not chosen:
            painter.setPen(QPen(theme.color("accent"), 1))
            painter.drawRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.restore()


class RunChooser(QWidget):
    """A field and the runs that fit it.  `chosen` tells a run that was clicked, or on which Enter was pressed."""

    chosen = Signal(int)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.shown = 0
        """The run that is looked into; 0 for none."""
        self.search = SearchField("Find a run", "Find a run", "Letters of its name, model, data or number")
        self.model = RunList(self)
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(RunDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setAccessibleName("Runs to look into")
        self.list.setToolTip("Runs that have ended and kept weights, the newest first; Enter looks into one")
        self.tally = ElidedLabel("", "small")
        self.tally.setContentsMargins(12, 0, 8, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 6)
        column.setSpacing(6)
        field = QVBoxLayout()
        field.setContentsMargins(12, 0, 12, 0)
        field.addWidget(self.search)
        column.addLayout(field)
        column.addWidget(self.list, 1)
        column.addWidget(self.tally)
        self._typing = QTimer(self, singleShot=True, interval=_TYPING_MS)
        self._typing.timeout.connect(self.look)
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.search.returnPressed.connect(self._on_enter)
        self.list.clicked.connect(lambda index: self.chosen.emit(index.data(RUN).id))
        self.list.activated.connect(lambda index: self.chosen.emit(index.data(RUN).id))

    def look(self) -> None:
        """Show the runs that there are now."""
        session = self._session
        fitting = [run for run in session.runs if can_inspect(run)]
        if typed := self.search.text().strip():
            fits = {run.id: score(typed, f"{named(run)} {run.model} {run.dataset}") for run in fitting}
            found = sorted((run for run in fitting if fits[run.id]), key=lambda run: -fits[run.id])
        else:
            found = fitting
        self.model.show(found, {run.id: self._detail(run) for run in found})
        many = text.plural(len(fitting), "run")
        self.tally.setText(f"{len(found)} of {many}" if typed else many)
        self.show_chosen(self.shown)

    def show_chosen(self, id: int) -> None:
        """Mark the run that is looked into."""
        self.shown = id
        place = self.model.place(id)
        if place >= 0:
            self.list.setCurrentIndex(self.model.index(place))
        else:
            self.list.clearSelection()

    def newest(self) -> RunRecord | None:
        """The first of all that can be looked into."""
        return next((run for run in self._session.runs if can_inspect(run)), None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus() and self.model.runs:
            self.list.setFocus()
            if not self.list.currentIndex().isValid():
                self.list.setCurrentIndex(self.model.index(0))
            return
        super().keyPressEvent(event)

    def _on_enter(self) -> None:
        self._typing.stop()
        self.look()
        if self.model.runs:
            self.chosen.emit(self.model.runs[0].id)

    def _detail(self, run: RunRecord) -> str:
        schema = self._session.schemas.get(run.dataset)
        data = schema.title if schema else text.one_line(run.dataset, 40)
        best = progress.best(self._session.summaries.get(run.id, {}))
        figure = f"{text.one_line(best.metric, 24)} {text.number(best.value)}" if best else ""
        return " · ".join(word for word in (data, figure) if word)


def named(run: RunRecord) -> str:
    """A run as it is called everywhere."""
    return f"{text.one_line(run.name, 120)} #{run.id}"
